"""What a sender hears after its receipt, each thing once, and nothing that it may not know."""

import json
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.intake.progress import progress_of
from tests.intake import triage_says as says
from tests.intake.ground import Serving, document


async def told(served: Serving, referral: UUID) -> list[dict[str, Any]]:
    """What the sender was told, without the times."""
    receipts = await served.receipts(referral)
    for receipt in receipts:
        assert receipt.pop("at")
    return receipts


async def test_what_is_missing(served: Serving) -> None:
    """A sender hears which fields are missing, under its own number, in the receipt's shape."""
    sent = document()
    referral = await served.send(sent)
    await served.hear(referral, says.asked(referral, "other_party", "children"))
    assert await told(served, referral) == [
        {
            "reference": sent["reference"],
            "outcome": "information_requested",
            "referral_id": str(referral),
            "problems": [],
            "asks": ["other_party", "children"],
        }
    ]


async def test_taken_up(served: Serving) -> None:
    """Of a service that the event does not name a sender hears that it is one, and no more."""
    referral = await served.send(document())
    await served.hear(referral, says.accepted(referral, uuid4()))
    (receipt,) = await told(served, referral)
    assert (receipt["outcome"], receipt["service"]) == ("taken_up", "a service")
    assert "idsva" not in json.dumps(receipt)


async def test_taken_up_by_a_service_that_may_be_known(served: Serving) -> None:
    """Where the event carries the programme's name, the sender hears it."""
    referral = await served.send(document())
    await served.hear(referral, says.accepted(referral, uuid4(), service="Out of hours noise"))
    (receipt,) = await told(served, referral)
    assert receipt["service"] == "Out of hours noise"


async def test_a_coordinator_looks(served: Serving) -> None:
    """A coordinator who takes a referral to find its way is no service; the one found later is."""
    referral = await served.send(document())
    await served.hear(referral, says.accepted(referral, uuid4(), pathway="coordination"))
    assert await told(served, referral) == []
    await served.hear(referral, says.accepted(referral, uuid4()))
    assert [receipt["outcome"] for receipt in await told(served, referral)] == ["taken_up"]


async def test_closed(served: Serving) -> None:
    """A sender hears that the work ended; not how, and not of which service."""
    referral = await served.send(document())
    await served.hear(referral, says.all_closed(referral))
    (receipt,) = await told(served, referral)
    assert receipt["outcome"] == "closed"
    assert set(receipt) == {"reference", "outcome", "referral_id", "problems"}


async def test_each_thing_once_however_often_it_comes(served: Serving) -> None:
    """A redelivered event tells nothing again, nor does another event that says the same."""
    referral, one = await served.send(document()), uuid4()
    for _ in range(2):
        await served.hear(referral, says.asked(referral, "children"), times=3)
        await served.hear(referral, says.accepted(referral, one), times=3)
        await served.hear(referral, says.accepted(referral, uuid4()), times=3)
    for _ in range(2):
        await served.hear(referral, says.all_closed(referral), times=3)
    outcomes = [receipt["outcome"] for receipt in await told(served, referral)]
    assert outcomes == ["information_requested", "taken_up", "closed"]


async def test_taken_up_once_a_service(served: Serving) -> None:
    """Two services that may be known are told apart; a colleague's acceptance is no news."""
    referral, one = await served.send(document()), uuid4()
    await served.hear(referral, says.accepted(referral, one, service="Housing"))
    await served.hear(referral, says.transferred(referral, one))
    await served.hear(referral, says.accepted(referral, one, who="p-other1", service="Housing"))
    await served.hear(referral, says.accepted(referral, uuid4(), service="Noise"))
    services = [receipt["service"] for receipt in await told(served, referral)]
    assert services == ["Housing", "Noise"]


async def test_other_things_missing_are_asked_for_anew(served: Serving) -> None:
    """A later revision that lacks something asks again; an older question comes too late."""
    referral = await served.send(document())
    await served.hear(referral, says.asked(referral, "needs", revision=2))
    await served.hear(referral, says.asked(referral, "needs", revision=3))
    await served.hear(referral, says.asked(referral, "wants", revision=3))
    await served.hear(referral, says.asked(referral, "children", revision=2))
    asks = [receipt["asks"] for receipt in await told(served, referral)]
    assert asks == [["needs"], ["needs"], ["wants"]]


async def test_the_work_begins_again(served: Serving) -> None:
    """A referral that is opened again is taken up, and closed, once more."""
    referral, one = await served.send(document()), uuid4()
    for _ in range(2):
        await served.hear(referral, says.offered(referral, one))
        await served.hear(referral, says.accepted(referral, one))
        await served.hear(referral, says.closed(referral, one))
        await served.hear(referral, says.all_closed(referral))
    outcomes = [receipt["outcome"] for receipt in await told(served, referral)]
    assert outcomes == ["taken_up", "closed"] * 2


async def test_what_is_heard_together_happens_in_its_order(served: Serving) -> None:
    """After an outage one transaction may hear that a referral was opened and closed, or again."""
    referral, one = await served.send(document()), uuid4()
    open_, close = says.offered(referral, one), says.all_closed(referral)
    closed = []
    for together in ([open_, close], [open_], [open_, close, open_]):
        await served.hear(referral, *together)
        async with served.engine.connect() as connection:
            closed.append((await progress_of(connection, referral)).closed_at is not None)
    assert closed == [True, False, False]
    outcomes = [receipt["outcome"] for receipt in await told(served, referral)]
    assert outcomes == ["closed"] * 2


@pytest.mark.parametrize("safe", [{}, {"call": False}])
async def test_nothing_is_asked_where_nobody_may_be_asked(
    served: Serving, safe: dict[str, bool]
) -> None:
    """Who refers herself and has marked no channel as safe is not asked: triage then tells what it
    lacks in its decision alone, and a decision's asks are asked of nobody here."""
    sent = document(source={"agency": "bromley-council", "team": "self", "route": "form"})
    sent["person"] = {**sent["person"], "safe_contact": safe}
    referral = await served.send(sent, "bromley-council")
    await served.hear(referral, says.triaged(referral, asks=("children", "needs")))
    assert await told(served, referral) == []


async def test_the_decision_alone_is_no_news(served: Serving) -> None:
    """Being decided, offered, declined, waitlisted, withdrawn: none of it is a sender's to hear."""
    referral, one = await served.send(document()), uuid4()
    for event in (
        says.triaged(referral),
        says.offered(referral, one),
        says.declined(referral, one),
        says.waitlisted(referral, one),
        says.withdrawn(referral, one),
    ):
        await served.hear(referral, event)
    assert await told(served, referral) == []


async def test_what_is_told_lies_sealed(served: Serving) -> None:
    """The sender's number stands in no readable byte of a table, in the outbox neither."""
    sent = document()
    referral = await served.send(sent)
    await served.hear(referral, says.accepted(referral, uuid4()))
    connection = await served.database.connect("intake")
    rows = await connection.fetch("SELECT body FROM outbox WHERE subject LIKE 'receipt.%'")
    remembered = await connection.fetch("SELECT * FROM taken_up NATURAL JOIN holding")
    await connection.close()
    everything = b"".join(bytes(row["body"]) for row in rows) + str(remembered).encode()
    assert sent["reference"].encode() not in everything
    assert b"Amara" not in everything
