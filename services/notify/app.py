"""Notify put together: the only place that builds its engine, broker and providers."""

from collections.abc import Mapping

from fastapi import FastAPI

from services.notify.addressing import Addressing
from services.notify.following import Following
from services.notify.handlers import Handlers
from services.notify.links_pages import links_router
from services.notify.pages import TEMPLATES, inbox_router, sign_in_router
from services.notify.providers import Provider
from services.notify.providers.local_inbox import LocalInbox
from services.notify.providers.routing import Line, Route
from services.notify.providers.smtp import Smtp
from services.notify.reports import Reports
from services.notify.sending import Sending
from services.notify.settings import NotifySettings
from services.notify.undelivered import UNDELIVERED, open_undelivered
from services.notify.watching import Watching
from services.notify.wording_files import load_wording
from shared.bus.consumer import Consumer, open_event
from shared.events import Channel
from shared.pages import Pages
from shared.service import Ground
from shared.subjects import EVENTS, FOLLOWS


def create_app(settings: NotifySettings) -> FastAPI:
    """The service, ready to be served."""
    ground = Ground.build("notify", settings)
    wording = load_wording(settings.public_url, settings.wording_dir)
    addressing = Addressing(ground.engine, settings.public_url, wording=wording)
    inbox = LocalInbox(ground.engine)
    providers: Mapping[Channel, Provider] = {
        "email": Smtp(settings.smtp_server()) if settings.email_provider == "smtp" else inbox,
        "sms": inbox,
    }
    routes: Mapping[Channel, Route] = {
        channel: Route([Line(provider)]) for channel, provider in providers.items()
    }
    following = Following(addressing)
    reports = Reports(ground.unit, following)
    handlers = Handlers(addressing)
    ground.listen(EVENTS, open_event(handlers.by_type(), frozenset(FOLLOWS["notify"])))
    # Fed by replays alone, so it needs no loop of its own.
    ground.consumers[UNDELIVERED] = Consumer(ground.unit, open_undelivered)
    ground.tasks.append(Sending(ground.unit, routes, addressing.compose, following).run)
    ground.tasks.append(Watching(ground.unit, routes, following, reports).run)

    app = ground.app("Fingerpost notify")
    pages = Pages("notify", TEMPLATES, settings.public_url)
    pages.install(app)
    secure = settings.public_url.startswith("https:")
    app.include_router(sign_in_router(pages, ground.doorkeeper, secure=secure))
    app.include_router(inbox_router(pages, ground.doorkeeper, ground.engine))
    app.include_router(links_router(pages, ground.doorkeeper, ground.unit))
    return app
