"""Fixtures of this folder."""

from tests.notify.fixtures import notify, notify_database

__all__ = ["notify", "notify_database"]
