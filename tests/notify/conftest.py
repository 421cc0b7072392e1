"""Fixtures of this folder."""

from tests.notify.fixtures import emptied, notify, notify_database, service

__all__ = ["emptied", "notify", "notify_database", "service"]
