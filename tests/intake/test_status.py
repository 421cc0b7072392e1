"""How far a referral is, for its sender and for nobody else's."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import httpx2
import pytest

from services.intake.progress import Progress, TakenUp
from services.intake.status import Code, status_of
from shared.sign_in import Role
from tests.intake import triage_says as says
from tests.intake.ground import Serving, document

REFERRAL = uuid4()
CAME = datetime(2026, 11, 16, 22, 41, tzinfo=UTC)
HOUR = timedelta(hours=1)
TAKEN = (TakenUp("a service", CAME + 3 * HOUR),)


@pytest.mark.parametrize(
    ("revisions", "progress", "expected"),
    [
        (1, Progress(), "received"),
        (1, Progress(decided_revision=1, decided_at=CAME), "decided"),
        (2, Progress(decided_revision=1, decided_at=CAME), "received"),
        (1, Progress(asked_revision=1, asked_at=CAME, asks=("needs",)), "information_requested"),
        (2, Progress(asked_revision=1, asked_at=CAME, asks=("needs",)), "received"),
        (1, Progress(asked_revision=1, asked_at=CAME, asks=("needs",), taken_up=TAKEN), "taken_up"),
        (2, Progress(taken_up=TAKEN, closed_at=CAME + 4 * HOUR), "closed"),
    ],
)
def test_where_it_stands(revisions: int, progress: Progress, expected: Code) -> None:
    """The furthest that was reached; of a revision that is not decided yet, that it came."""
    times = [CAME + n * HOUR for n in range(revisions)]
    assert status_of(REFERRAL, "MP-1", times, progress).status == expected


def test_what_is_asked_of_an_older_revision_is_asked_no_more() -> None:
    """What the sender has answered since is not asked again before it is decided on."""
    progress = Progress(asked_revision=1, asked_at=CAME, asks=("needs",))
    assert status_of(REFERRAL, "MP-1", [CAME], progress).asks == ("needs",)
    assert status_of(REFERRAL, "MP-1", [CAME, CAME + HOUR], progress).asks == ()


async def test_the_way_of_a_referral(served: Serving) -> None:
    """Each step stands there in words with its time, in order; no pathway and no outcome."""
    sent = document()
    referral, one = await served.send(sent), uuid4()
    await served.hear(referral, says.triaged(referral, asks=("children", "wants")))
    await served.hear(referral, says.asked(referral, "children"))
    await served.hear(referral, says.accepted(referral, one))
    await served.hear(referral, says.accepted(referral, uuid4(), service="Housing"))
    await served.hear(referral, says.all_closed(referral))
    answer = await _status(served, referral)
    status = answer.json()
    assert (status["reference"], status["status"]) == (sent["reference"], "closed")
    assert status["asks"] == ["children"]
    assert [step["in_words"] for step in status["steps"]] == [
        "We have your referral.",
        "It is decided what happens with it.",
        "Something is missing. Please answer what is asked.",
        "A service has taken it up.",
        "Housing has taken it up.",
        "The work on it has ended.",
    ]
    assert all(step["at"] for step in status["steps"])
    assert answer.headers["cache-control"] == "no-store"
    for kept in ("idsva", "declined_by_person", "p-k4wz7m", "high", "Amara", "Quill"):
        assert kept not in answer.text


async def test_a_revision_is_counted(served: Serving) -> None:
    """Each revision stands there with its number and time."""
    sent = document()
    referral = await served.send(sent)
    await served.send({**sent, "needs": ["housing"]})
    steps = (await _status(served, referral)).json()["steps"]
    assert [(step["code"], step["revision"]) for step in steps] == [
        ("received", 1),
        ("received", 2),
    ]


async def test_reading_it_is_told(served: Serving) -> None:
    """Who looks at a status has left an event before the answer."""
    referral = await served.send(document())
    await _status(served, referral)
    read = (await served.told(referral))[-1]
    assert read["type"] == "access.recorded.v1"
    assert read["data"] == {
        "reader": "a-system",
        "roles": ["sender"],
        "what": "status",
        "why": "own referral",
    }


@pytest.mark.parametrize(
    ("roles", "agency", "expected"),
    [
        (("sender",), "met-police", 200),
        (("sender",), "bromley-council", 404),
        (("sender",), None, 404),
        (("coordinator",), None, 200),
        (("practitioner",), None, 403),
        (("auditor",), None, 403),
    ],
)
async def test_who_may_ask(
    served: Serving, roles: tuple[Role, ...], agency: str | None, expected: int
) -> None:
    """Its own sender and coordinators; for another sender it is not there."""
    referral = await served.send(document())
    answer = await served.get(f"/intake/api/referrals/{referral}", *roles, agency=agency)
    assert answer.status_code == expected


async def test_a_referral_that_is_not_there(served: Serving) -> None:
    """It is told in the words of one that is another's."""
    theirs = await served.send(document())
    answers = [
        await served.get(f"/intake/api/referrals/{one}", "sender", agency="bromley-council")
        for one in (theirs, uuid4())
    ]
    assert answers[0].json() == answers[1].json()
    assert answers[0].status_code == 404


async def _status(served: Serving, referral: UUID) -> httpx2.Response:
    return await served.get(
        f"/intake/api/referrals/{referral}", "sender", who="a-system", agency="met-police"
    )
