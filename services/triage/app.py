"""Triage put together: the only place that builds its engine and broker, and reads the policies."""

from pathlib import Path

from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncConnection

from services.triage.api import api_router
from services.triage.assignments.acts import Acting
from services.triage.assignments.api import assignments_api
from services.triage.assignments.assigning import Assigning
from services.triage.assignments.clocks import Clocks
from services.triage.assignments.desk_page import desk_router
from services.triage.assignments.override_api import override_router
from services.triage.assignments.pages import WorkPages, work_router
from services.triage.directory.entries import Directory
from services.triage.handlers import Handlers
from services.triage.pages import TEMPLATES, catalogue_router, check_router
from services.triage.policy.library import load_library
from services.triage.settings import TriageSettings
from services.triage.sweeping import DueClocks, FreePlaces, Sweeper
from shared.bus.consumer import open_event
from shared.directory import Directory as FileDirectory
from shared.events import ReferralAmended, ReferralReceived
from shared.pages import Pages
from shared.service import Ground
from shared.subjects import EVENTS, FOLLOWS


class FromFile:
    """The directory of a file, until there is one in the database."""

    def __init__(self, path: Path) -> None:
        """RegisterRefused where the file does not hold together."""
        read = FileDirectory.load(path)
        duty = [{"catalogue": name, "coordinators": ids} for name, ids in read.duty.items()]
        tree = read.model_dump(exclude={"duty"}) | {"duty": duty}
        self.directory = Directory.model_validate(tree)

    async def current(self, connection: AsyncConnection) -> Directory:  # noqa: ARG002 - not needed
        """The same for as long as the process lives."""
        return self.directory


def create_app(settings: TriageSettings) -> FastAPI:
    """The service, ready to be served."""
    library = load_library(settings.catalogues_dir)
    directories = FromFile(settings.directory_file)
    ground = Ground.build("triage", settings)
    assigning = Assigning(library, directories)
    handlers = Handlers(library, assigning)
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
    clocks = Clocks(library, directories)
    sweeper = Sweeper(
        [DueClocks(ground.unit, clocks).step, FreePlaces(ground.unit, clocks).step],
    )
    ground.tasks.append(sweeper.run)
    app = ground.app("Fingerpost triage")
    app.include_router(api_router(ground.unit, library, ground.doorkeeper))
    app.include_router(override_router(ground.unit, assigning, ground.doorkeeper))
    acting = Acting(ground.unit, assigning)
    app.include_router(assignments_api(acting, ground.doorkeeper))
    pages = Pages("triage", TEMPLATES, settings.public_url)
    pages.install(app)
    app.include_router(catalogue_router(pages, library, ground.doorkeeper))
    app.include_router(check_router(pages, library, ground.doorkeeper))
    work_pages = WorkPages(pages, acting, library, directories)
    app.include_router(work_router(work_pages, ground.doorkeeper))
    app.include_router(desk_router(work_pages, ground.doorkeeper))
    return app
