"""Senders and practitioners on a running system: what they send and answer, and what they hear."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from nats.aio.client import Client as Nats
from nats.aio.subscription import Subscription

from tests.performance.way.documents import name_anew
from tests.servers import until
from tests.system.running import Running, example

AGENCY = "met-police"


def document(reference: str, **changes: Any) -> dict[str, Any]:
    """A referral of the police that one IDSVA team takes and that can wait for a working day.

    So whoever is asked does not depend on the hour or the day at which a test runs. Each reference
    is about people of their own.
    """
    made = example("01") | {"reference": reference, "risk": {"tool": "dash", "score": 11}}
    del made["children"]
    name_anew(made["person"], f"{reference}/person")
    name_anew(made["other_party"], f"{reference}/other")
    return {**made, **changes}


@dataclass
class Police:
    """A police system on its own connection, with everything that it was told so far."""

    _nats: Nats
    _receipts: Subscription

    async def send(self, made: dict[str, Any]) -> UUID:
        """A referral, until there is a receipt; its id."""
        body = json.dumps(made).encode()
        await self._nats.jetstream().publish(f"submit.{AGENCY}", body, stream="SUBMISSIONS")
        return UUID((await self.hears(made["reference"], "accepted"))["referral_id"])

    async def hears(self, reference: str, outcome: str) -> dict[str, Any]:
        """The next receipt of this outcome for a reference."""
        async with asyncio.timeout(30):
            while True:
                said: dict[str, Any] = json.loads((await self._receipts.next_msg(30)).data)
                if (said["reference"], said["outcome"]) == (reference, outcome):
                    return said


@asynccontextmanager
async def police(whole: Running) -> AsyncIterator[Police]:
    """The police, signed in."""
    client = await whole.sender(AGENCY)
    try:
        yield Police(client, await client.subscribe(f"receipt.{AGENCY}"))
    finally:
        await client.close()


@dataclass(frozen=True)
class Asked:
    """An assignment as it stands in the database."""

    id: UUID
    pathway: str
    holder: str | None
    state: str
    level: str
    offer: int


async def asked(whole: Running, referral: UUID) -> list[Asked]:
    """A referral's assignments."""
    rows = await whole.rows(
        "SELECT id, pathway, holder, state, level, offer FROM triage.assignment"
        f" WHERE referral_id = '{referral}' ORDER BY pathway"
    )
    return [Asked(**row) for row in rows]


async def is_asked(whole: Running, referral: UUID, offer: int = 1) -> Asked:
    """The one assignment of a referral, once it has been offered so often."""
    found: list[Asked] = []

    async def there() -> bool:
        found[:] = await asked(whole, referral)
        return bool(found) and found[0].offer >= offer

    await until(there, 30)
    (one,) = found
    return one


async def letters(whole: Running, one: Asked, count: int) -> list[dict[str, Any]]:
    """The messages about an assignment in the local inbox, once there are so many."""
    found: list[dict[str, Any]] = []

    async def there() -> bool:
        with whole.client() as client:
            found[:] = client.get("/notify/api/inbox", "coordinator", assignment=str(one.id))
        return len(found) >= count

    await until(there, 30)
    return found


async def mailbox(whole: Running, practitioner: str | None) -> str:
    """A practitioner's email address: what can wait is told there alone."""
    (row,) = await whole.rows(
        f"SELECT email FROM triage.address WHERE practitioner_id = '{practitioner}'"
    )
    return str(row["email"])


async def told(whole: Running, referral: UUID, event_type: str, count: int) -> list[dict[str, Any]]:
    """The data of a referral's events of a type in the trail, once so many are signed."""
    found: list[dict[str, Any]] = []

    async def there() -> bool:
        rows = await whole.rows(
            "SELECT convert_from(body, 'UTF8') AS body"
            " FROM audit.entry JOIN audit.content USING (leaf_index, logged_at)"
            f" WHERE referral = '{referral}' AND type = '{event_type}.v1'"
            " AND leaf_index < (SELECT max(size) FROM audit.checkpoint) ORDER BY leaf_index"
        )
        found[:] = [json.loads(row["body"])["data"] for row in rows]
        return len(found) >= count

    await until(there, 30)
    return found
