"""Fixtures of this folder."""

from tests.intake.fixtures import intake_database, intake_service, served

__all__ = ["intake_database", "intake_service", "served"]
