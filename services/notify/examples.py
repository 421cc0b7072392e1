"""Values to try the words with: such as people would read, and the longest that there can be."""

from collections.abc import Iterator
from dataclasses import asdict
from itertools import product
from typing import Final
from uuid import UUID

from services.notify.messages import DESK, LOG, TO_BE_ANSWERED, OnTheDesk, Value, Values
from shared.events import Purpose

_ABOUT: Final = UUID("6b1f6d1e-58d2-4d0c-9a3e-5f8c1d2e3f40")
_ONE_TIME: Final = "/notify/l/k9dw3m2vx7cqa"
_PATHS: Final[dict[Purpose, str]] = {
    "information_asked": f"/intake/api/referrals/{_ABOUT}",
    "action_overdue": f"/triage/panels/cases/{_ABOUT}",
    "digest": DESK,
    "checkpoint": LOG,
    "trail_alarm": LOG,
}
LONGEST_BY: Final = "by the end of Wed 30 Sep"
"""As long as a time to answer by gets."""
CODE: Final = "K7MP"
SOME: Final = OnTheDesk(for_coordinators=3, late=1, waiting=12, untold=1)
NOTHING: Final = OnTheDesk(for_coordinators=0, late=0, waiting=0, untold=0)


_OF_THE_TRAIL: Final[dict[Purpose, Values]] = {
    "checkpoint": {
        "size": "20852163",
        "note": "fingerpost.example.gov.uk/audit\n20852163\n"
        "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
        "— fingerpost.example.gov.uk/audit Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URY"
        "N7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n",
    },
    "trail_alarm": {"kind": "number missing", "about": f"triage {_ABOUT}"},
}


def link_of(purpose: Purpose, public_url: str) -> str:
    """A link as a message of this purpose has it; all of them are as long."""
    return public_url + _PATHS.get(purpose, _ONE_TIME)


def examples(purpose: Purpose, public_url: str) -> Iterator[tuple[str, Values]]:
    """What a reader may get, and when in words."""
    link: dict[str, Value] = {"link": link_of(purpose, public_url)}
    if purpose == "digest":
        yield "On a morning with work", link | asdict(SOME)
        yield "On a morning without", link | asdict(NOTHING)
        return
    if purpose in _OF_THE_TRAIL:
        yield "Always", {**link, **_OF_THE_TRAIL[purpose]}
        return
    about: dict[str, Value] = {**link, "reference": _reference(purpose)}
    if purpose not in TO_BE_ANSWERED:
        yield "Always", about
        return
    yield "As a rule", about | {"by": "tomorrow, by 17:00", "urgent": False, "code": ""}
    urgent: dict[str, Value] = {"by": "today, by 14:30", "urgent": True, "code": CODE}
    yield "Urgent, where it may be taken by text", about | urgent


def extremes(purpose: Purpose, public_url: str) -> Iterator[Values]:
    """The longest of every value, with and without what may be missing."""
    link: dict[str, Value] = {"link": link_of(purpose, public_url)}
    if purpose == "digest":
        for counts in product((0, 99_999), repeat=4):
            yield link | asdict(OnTheDesk(*counts))
        return
    if purpose in _OF_THE_TRAIL:
        yield {**link, **_OF_THE_TRAIL[purpose]}
        return
    about: dict[str, Value] = {**link, "reference": _reference(purpose)}
    if purpose not in TO_BE_ANSWERED:
        yield about
        return
    for urgent, code in product((False, True), ("", CODE)):
        yield about | {"by": LONGEST_BY, "urgent": urgent, "code": code}


def _reference(purpose: Purpose) -> str:
    return str(_ABOUT) if purpose == "information_asked" else str(_ABOUT)[:8]
