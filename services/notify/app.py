"""Notify put together: the only place that builds its engine, broker and providers."""

from collections.abc import Mapping
from functools import partial
from typing import assert_never

from fastapi import FastAPI

from services.notify import callbacks_api
from services.notify.addressing import AUDITORS, Addressing
from services.notify.digest import Digests
from services.notify.following import Following
from services.notify.forgetting import Forgetting
from services.notify.handlers import Handlers
from services.notify.links_pages import links_router
from services.notify.pages import TEMPLATES, inbox_router, sign_in_router
from services.notify.preview import preview_router
from services.notify.providers.govuk_notify import THREADS, GovukNotify
from services.notify.providers.local_inbox import LocalInbox
from services.notify.providers.routing import Line, Route
from services.notify.providers.sms_gateway import SmsGateway
from services.notify.providers.smtp import Smtp
from services.notify.replies_answer import Answers
from services.notify.replies_api import gateway_router, govuk_router
from services.notify.reports import Reports
from services.notify.sending import Sending
from services.notify.settings import NotifySettings, ProviderName
from services.notify.undelivered import UNDELIVERED, open_undelivered
from services.notify.watching import Watching
from services.notify.wording_files import load_wording
from shared.bus.consumer import Consumer, open_event
from shared.events import Channel
from shared.pages import Pages
from shared.registry import Registry
from shared.service import Ground
from shared.subjects import EVENTS, FOLLOWS


def create_app(settings: NotifySettings) -> FastAPI:
    """The service, ready to be served."""
    ground = Ground.build("notify", settings)
    wording = load_wording(settings.public_url, settings.wording_dir)
    registry = Registry.load(settings.agencies_file)
    mailboxes = {each.slug: each.mailbox for each in registry.agencies if each.mailbox}
    mailboxes |= {f"{AUDITORS}{n}": each for n, each in enumerate(settings.auditors, start=1)}
    addressing = Addressing(
        ground.engine,
        settings.public_url,
        wording=wording,
        mailboxes=mailboxes,
        by_text=settings.sms_replies,
    )
    routes = _routes(settings, ground)
    following = Following(addressing, settings.in_time)
    reports = Reports(ground.unit, following)
    handlers = Handlers(addressing, settings.in_time)
    ground.listen(EVENTS, open_event(handlers.by_type(), frozenset(FOLLOWS["notify"])))
    # Fed by replays alone, so it needs no loop of its own.
    undelivered = partial(open_undelivered, in_time=settings.in_time)
    ground.consumers[UNDELIVERED] = Consumer(ground.unit, undelivered)
    ground.tasks.append(Sending(ground.unit, routes, addressing.compose, following).run)
    ground.tasks.append(Watching(ground.unit, routes, following, reports).run)
    ground.tasks.append(Digests(ground.unit).run)
    ground.tasks.append(Forgetting(ground.unit).run)

    app = ground.app("Fingerpost notify")
    pages = Pages("notify", TEMPLATES, settings.public_url)
    pages.install(app)
    secure = settings.public_url.startswith("https:")
    app.include_router(sign_in_router(pages, ground.doorkeeper, secure=secure))
    app.include_router(inbox_router(pages, ground.doorkeeper, ground.engine))
    app.include_router(preview_router(pages, ground.doorkeeper, wording, settings.public_url))
    app.include_router(links_router(pages, ground.doorkeeper, ground.unit))
    _take_reports(app, settings, reports)
    if settings.sms_replies:
        _take_replies(app, settings, Answers(ground.unit))
    return app


def _routes(settings: NotifySettings, ground: Ground) -> Mapping[Channel, Route]:
    """Each channel's providers in their order. One that carries both is one, with one breaker."""
    lines: dict[ProviderName, Line] = {
        name: _line(name, settings, ground)
        for name in {*settings.email_providers, *settings.sms_providers}
    }
    return {
        "email": Route([lines[name] for name in settings.email_providers]),
        "sms": Route([lines[name] for name in settings.sms_providers]),
    }


def _line(name: ProviderName, settings: NotifySettings, ground: Ground) -> Line:
    match name:
        case "local_inbox":
            return Line(LocalInbox(ground.engine))
        case "smtp":
            return Line(Smtp(settings.smtp_server()))
        case "govuk_notify":
            govuk_notify = GovukNotify(settings.govuk_account())
            ground.closing.append(govuk_notify.close)
            return Line(govuk_notify, slots=THREADS)
        case "sms_gateway":
            return Line(SmsGateway(settings.gateway()))
        case _:
            assert_never(name)


def _take_reports(app: FastAPI, settings: NotifySettings, reports: Reports) -> None:
    """Hear what became of messages from each provider that calls back."""
    bearer = settings.govuk_notify_callback_token
    if bearer is not None:
        app.include_router(callbacks_api.govuk_router(reports, bearer.get_secret_value()))
    if "sms_gateway" in settings.sms_providers:
        token = settings.gateway().token
        app.include_router(callbacks_api.gateway_router(reports, settings.public_url, token))


def _take_replies(app: FastAPI, settings: NotifySettings, answers: Answers) -> None:
    """Hear the texts of every provider that is set: a reply goes to whoever sent the text."""
    if "sms_gateway" in settings.sms_providers:
        token = settings.gateway().token
        app.include_router(gateway_router(answers, settings.public_url, token))
    bearer = settings.govuk_notify_callback_token
    if "govuk_notify" in settings.sms_providers and bearer is not None:
        app.include_router(govuk_router(answers, bearer.get_secret_value()))
