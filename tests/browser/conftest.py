"""Fixtures of this folder."""

from tests.browser.visits import context, visit
from tests.notify.fixtures import emptied, notify, notify_database, service
from tests.triage.service import triage_service

__all__ = [
    "context",
    "emptied",
    "notify",
    "notify_database",
    "service",
    "triage_service",
    "visit",
]
