"""Audit put together: the only place that builds its engine and broker."""

from fastapi import FastAPI

from services.audit.handlers import Handlers
from services.audit.keeping.retention import Retention
from services.audit.keeping.schedule import parse_schedule
from services.audit.log.key_memory import Memory
from services.audit.log.signer import Signer, check_named, read_keys
from services.audit.log.stating import Stating
from services.audit.log.tile_routes import public_router
from services.audit.log.witnesses import Witnesses
from services.audit.settings import AuditSettings
from services.audit.tlog.witness_policy import NO_WITNESSES, parse_policy
from services.audit.trail.api import api_router
from services.audit.trail.pages import TEMPLATES, pages_router
from services.audit.whole.alarm import Alarm
from services.audit.whole.findings_api import findings_router
from services.audit.whole.watching import Watching
from shared.pages import Pages
from shared.service import Ground
from shared.subjects import EVENTS


def create_app(settings: AuditSettings) -> FastAPI:
    """The service, ready to be served."""
    keys = read_keys(settings.log_key_files, settings.log_origin)
    file = settings.witness_policy_file
    policy_text = file.read_text() if file else ""
    policy = parse_policy(policy_text) if file else NO_WITNESSES
    if file:
        check_named(keys, policy, file)
    ground = Ground.build("audit", settings)
    ground.listen(EVENTS, Handlers().open_event)
    schedule = parse_schedule(settings.retention_file.read_text())
    ground.tasks += [
        Retention(ground.unit, schedule).run,
        Watching(ground.unit).run,
        Stating(ground.unit).run,
    ]
    refused = Alarm(ground.unit, settings.log_origin).refused
    witnesses = Witnesses(ground.engine, policy, refused)
    memory = Memory(settings.log_memory_file, settings.log_origin)
    signer = Signer(
        ground.engine, settings.log_origin, keys, memory, signed=witnesses.nudge, refused=refused
    )
    ground.tasks += [signer.run, witnesses.run]
    app = ground.app("Fingerpost audit")
    app.include_router(api_router(ground.unit, ground.doorkeeper, policy, policy_text))
    app.include_router(findings_router(ground.unit, ground.doorkeeper))
    app.include_router(public_router(ground.engine, policy))
    # No form on these pages changes anything, so that none needs to know where it was sent from.
    pages = Pages("audit", TEMPLATES, public_url="")
    pages.install(app)
    app.include_router(pages_router(pages, ground.unit, ground.doorkeeper, policy))
    return app
