"""Fixtures of this folder."""

from tests.intake.fixtures import intake_database, served

__all__ = ["intake_database", "served"]
