"""Fixtures of this folder."""

from tests.audit.conftest import connection, log_database, unit
from tests.browser.visits import context, visit
from tests.intake.fixtures import intake_database, intake_service, served
from tests.notify.fixtures import emptied, notify, notify_database, service
from tests.triage.service import triage_service

__all__ = [
    "connection",
    "context",
    "emptied",
    "intake_database",
    "intake_service",
    "log_database",
    "notify",
    "notify_database",
    "served",
    "service",
    "triage_service",
    "unit",
    "visit",
]
