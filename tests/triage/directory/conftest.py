"""Fixtures of this folder."""

from tests.triage.directory.kept import kept, kept_database

__all__ = ["kept", "kept_database"]
