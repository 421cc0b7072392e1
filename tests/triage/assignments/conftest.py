"""Fixtures of this folder."""

from tests.triage.assignments.fixtures import place, triage_tables

__all__ = ["place", "triage_tables"]
