"""Intake put together: the only place that builds its engine, broker and vault."""

from pathlib import Path
from typing import Final

import httpx2
from fastapi import FastAPI

from services.intake.admission import Admission
from services.intake.api import api_router
from services.intake.cases import case_router
from services.intake.dry_run import dry_run_router
from services.intake.erasing_api import erasing_router
from services.intake.following import Following
from services.intake.handlers import Handlers
from services.intake.reviews_api import Reviewing, reviews_router
from services.intake.reviews_pages import reviews_pages
from services.intake.sender_api import sender_router
from services.intake.settings import IntakeSettings
from services.intake.store import IntakeStore
from services.intake.vault import Vault
from shared.bus.consumer import open_event
from shared.events import ReferralTriaged
from shared.pages import Pages
from shared.registry import Registry
from shared.service import Ground
from shared.subjects import EVENTS, FOLLOWS, SUBMISSIONS

TEMPLATES: Final = Path(__file__).parent / "templates"


def create_app(settings: IntakeSettings) -> FastAPI:
    """The service, ready to be served."""
    vault = Vault.from_file(settings.vault_key_file)
    registry = Registry.load(settings.agencies_file)
    ground = Ground.build("intake", settings, seal=vault)
    store = IntakeStore(vault)
    ground.checks.append(store.check_key)
    admission = Admission(registry, store)
    handlers = Handlers(admission, store)
    ground.listen(SUBMISSIONS, handlers.open_submission)
    ground.listen(
        EVENTS,
        open_event(
            {
                ReferralTriaged.TYPE: handlers.on_referral_triaged,
                **Following(store).handlers,
            },
            frozenset(FOLLOWS["intake"]),
        ),
    )
    app = ground.app("Fingerpost intake")
    app.include_router(api_router(ground.unit, admission, ground.doorkeeper))
    app.include_router(sender_router(ground.unit, admission, ground.doorkeeper))
    app.include_router(erasing_router(ground.unit, store, ground.doorkeeper))
    triage = httpx2.AsyncClient(base_url=settings.triage_url, timeout=10)
    app.include_router(dry_run_router(triage, ground.doorkeeper, ground.unit.clock))
    pages = Pages("intake", TEMPLATES, settings.public_url)
    pages.install(app)
    app.include_router(case_router(pages, ground.unit, store, registry, ground.doorkeeper))
    reviewing = Reviewing(ground.unit, store, registry)
    app.include_router(reviews_router(reviewing, ground.doorkeeper))
    app.include_router(reviews_pages(pages, reviewing, ground.doorkeeper))
    return app
