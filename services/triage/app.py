"""Triage put together: the only place that builds its engine and broker, and reads the policies."""

from fastapi import FastAPI

from services.triage.api import api_router
from services.triage.assignments.assignment_page import assignment_router
from services.triage.assignments.offering import Offering
from services.triage.assignments.override_api import override_router
from services.triage.handlers import Handlers
from services.triage.pages import TEMPLATES, catalogue_router, check_router
from services.triage.policy.library import load_library
from services.triage.settings import TriageSettings
from shared.bus.consumer import open_event
from shared.directory import Directory
from shared.events import ReferralAmended, ReferralReceived
from shared.pages import Pages
from shared.service import Ground
from shared.subjects import EVENTS, FOLLOWS


def create_app(settings: TriageSettings) -> FastAPI:
    """The service, ready to be served."""
    library = load_library(settings.catalogues_dir)
    directory = Directory.load(settings.directory_file)
    ground = Ground.build("triage", settings)
    handlers = Handlers(library, directory)
    ground.listen(
        EVENTS,
        open_event(
            {
                ReferralReceived.TYPE: handlers.on_referral_received,
                ReferralAmended.TYPE: handlers.on_referral_amended,
            },
            frozenset(FOLLOWS["triage"]),
        ),
    )
    app = ground.app("Fingerpost triage")
    app.include_router(api_router(ground.unit, library, ground.doorkeeper))
    app.include_router(
        override_router(ground.unit, library, Offering(directory), ground.doorkeeper)
    )
    pages = Pages("triage", TEMPLATES, settings.public_url)
    pages.install(app)
    app.include_router(catalogue_router(pages, library, ground.doorkeeper))
    app.include_router(check_router(pages, library, ground.doorkeeper))
    app.include_router(assignment_router(pages, ground.unit, library, ground.doorkeeper))
    return app
