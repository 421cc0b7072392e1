"""Checks a log and what was taken from it, without trusting who wrote it.

It needs no database and shares nothing with the writer but the hash and the formats. Whom it trusts
stands in a policy that the checker brings along.
"""

from services.audit.verify.trail import Broken, Verified, verify_trail

__all__ = ["Broken", "Verified", "verify_trail"]
