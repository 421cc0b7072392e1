"""Addresses that a provider refused: kept, shown beside the entry, forgotten with the address."""

from typing import Any
from uuid import uuid4

from services.triage.directory.entries import Directory
from services.triage.directory.refused import on_address_refused
from shared.events import AddressRefused, Channel
from tests.triage.directory.kept import KeptDirectory


async def hear(kept: KeptDirectory, practitioner: str, *channels: Channel) -> None:
    """Notify says that these addresses of somebody are refused."""
    for channel in channels:
        async with kept.unit.work(uuid4()) as work:
            event = AddressRefused(practitioner_id=practitioner, channel=channel)
            await on_address_refused(event, work)


async def seen_by_notify(kept: KeptDirectory) -> dict[str, tuple[bool, bool]]:
    """Whose email and number are refused, as notify reads it."""
    notify = await kept.database.connect("notify")
    rows = await notify.fetch("SELECT * FROM triage.address")
    await notify.close()
    return {row["practitioner_id"]: (row["email_refused"], row["phone_refused"]) for row in rows}


def with_anna(directory: Directory, **entry: Any) -> Directory:
    """The directory with another entry of hers."""
    anna, *others = directory.practitioners
    return directory.model_copy(update={"practitioners": (anna.model_copy(update=entry), *others)})


async def test_a_refused_address_is_shown(kept: KeptDirectory) -> None:
    """To coordinators beside the entries, and to notify; heard twice, it is the same."""
    await kept.become(kept.sample, 0)
    await hear(kept, "p-anna", "sms", "email", "sms")
    await hear(kept, "p-beaa", "sms")

    answer = await kept.call("GET")

    assert answer.json()["refused"] == {"p-anna": ["email", "sms"], "p-beaa": ["sms"]}
    assert await seen_by_notify(kept) == {
        "p-anna": (True, True),
        "p-beaa": (False, True),
        "p-cora": (False, False),
    }


async def test_another_address_is_not_refused(kept: KeptDirectory) -> None:
    """The refusal counts for the address that it was of, and for that again if it comes back."""
    await kept.become(kept.sample, 0)
    await hear(kept, "p-anna", "email")

    await kept.become(with_anna(kept.sample, email="anna@example.org", capacity=50), 1)
    after = (await kept.call("GET")).json()["refused"]
    await kept.become(with_anna(kept.sample, capacity=50), 2)

    assert (after, (await kept.call("GET")).json()["refused"]) == ({}, {"p-anna": ["email"]})


async def test_what_is_not_there_cannot_be_refused(kept: KeptDirectory) -> None:
    """Somebody who has left, a number that was taken out: nothing is kept."""
    await kept.become(kept.sample, 0)

    await hear(kept, "p-gone", "email")
    await hear(kept, "p-cora", "sms")

    assert await kept.rows("refused_address", "at") == []
