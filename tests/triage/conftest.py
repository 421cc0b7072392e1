"""Fixtures of this folder."""

from tests.triage.service import triage_service

__all__ = ["triage_service"]
