"""Checks a log and what was taken from it, without trusting who wrote it.

It needs no database and shares nothing with the writer but the hash and the formats. Whom it trusts
stands in a policy that the checker brings along.
"""

from services.audit.verify.bundle import check_bundle
from services.audit.verify.memory import Memory
from services.audit.verify.report import CannotCheck, DoesNotHold, Problem, Report
from services.audit.verify.source import Folder, Source
from services.audit.verify.trail import Broken, Verified, verify_trail
from services.audit.verify.whole import check_log

__all__ = [
    "Broken",
    "CannotCheck",
    "DoesNotHold",
    "Folder",
    "Memory",
    "Problem",
    "Report",
    "Source",
    "Verified",
    "check_bundle",
    "check_log",
    "verify_trail",
]
