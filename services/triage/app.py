"""Triage put together: the only place that builds its engine and broker, and reads the policies."""

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
from services.triage.assignments.reaching import Reaching
from services.triage.assignments.same_people import SamePeople
from services.triage.directory.alarm import RotaAlarm
from services.triage.directory.api import directory_router
from services.triage.directory.refused import on_address_refused
from services.triage.directory.store import Directories, seed
from services.triage.handlers import Handlers
from services.triage.pages import TEMPLATES, catalogue_router, check_router
from services.triage.panels.api import panels_api
from services.triage.panels.meetings import Meetings
from services.triage.panels.overdue import OverdueActions
from services.triage.panels.pages import panel_pages
from services.triage.panels.rhythm import Panels
from services.triage.policy.library import load_library
from services.triage.settings import TriageSettings
from services.triage.sweeping import DueClocks, FreePlaces, Sweeper
from shared.bus.consumer import open_event
from shared.events import (
    AddressRefused,
    AnsweredByText,
    NotificationFellBack,
    PersonsMerged,
    PersonsSplit,
    ReferralAmended,
    ReferralReceived,
)
from shared.pages import Pages
from shared.service import Ground
from shared.subjects import EVENTS, FOLLOWS


def create_app(settings: TriageSettings) -> FastAPI:
    """The service, ready to be served."""
    library = load_library(settings.catalogues_dir)
    directories = Directories()
    ground = Ground.build("triage", settings)

    async def load_the_first_directory(_connection: AsyncConnection) -> None:
        await seed(ground.unit, settings.directory_file)

    ground.checks.append(load_the_first_directory)
    assigning = Assigning(library, directories)
    handlers = Handlers(library, assigning)
    same_people = SamePeople(library, directories)
    reaching = Reaching(library, directories)
    ground.listen(
        EVENTS,
        open_event(
            {
                ReferralReceived.TYPE: handlers.on_referral_received,
                ReferralAmended.TYPE: handlers.on_referral_amended,
                PersonsMerged.TYPE: same_people.on_person_merged,
                PersonsSplit.TYPE: same_people.on_person_split,
                NotificationFellBack.TYPE: reaching.on_notification_fell_back,
                AnsweredByText.TYPE: reaching.on_notification_answered,
                AddressRefused.TYPE: on_address_refused,
            },
            frozenset(FOLLOWS["triage"]),
        ),
    )
    clocks = Clocks(library, directories)
    panels = Panels(library)
    sweeper = Sweeper(
        [
            DueClocks(ground.unit, clocks).step,
            FreePlaces(ground.unit, clocks).step,
            RotaAlarm(ground.unit, directories).step,
            OverdueActions(ground.unit, panels, directories).step,
        ],
    )
    ground.tasks.append(sweeper.run)
    app = ground.app("Fingerpost triage")
    app.include_router(api_router(ground.unit, library, ground.doorkeeper))
    app.include_router(override_router(ground.unit, assigning, ground.doorkeeper))
    acting = Acting(ground.unit, assigning)
    app.include_router(assignments_api(acting, ground.doorkeeper))
    app.include_router(directory_router(ground.unit, directories, ground.doorkeeper))
    meetings = Meetings(panels, directories)
    app.include_router(panels_api(ground.unit, meetings, ground.doorkeeper))
    pages = Pages("triage", TEMPLATES, settings.public_url)
    pages.install(app)
    app.include_router(catalogue_router(pages, library, ground.doorkeeper))
    app.include_router(check_router(pages, library, ground.doorkeeper))
    work_pages = WorkPages(pages, acting, library, directories)
    app.include_router(work_router(work_pages, ground.doorkeeper))
    app.include_router(desk_router(work_pages, ground.doorkeeper))
    app.include_router(panel_pages(pages, ground.unit, meetings, ground.doorkeeper))
    return app
