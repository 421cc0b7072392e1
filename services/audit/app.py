"""Audit put together: the only place that builds its engine and broker."""

from fastapi import FastAPI

from services.audit.api import api_router
from services.audit.handlers import Handlers
from services.audit.retention import Retention
from services.audit.settings import AuditSettings
from shared.service import Ground
from shared.subjects import EVENTS


def create_app(settings: AuditSettings) -> FastAPI:
    """The service, ready to be served."""
    ground = Ground.build("audit", settings)
    ground.listen(EVENTS, Handlers().open_event)
    ground.tasks.append(Retention(ground.engine, settings.retain_days).run)
    app = ground.app("Fingerpost audit")
    app.include_router(api_router(ground.unit, ground.doorkeeper))
    return app
