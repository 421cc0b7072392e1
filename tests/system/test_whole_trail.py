"""What real services tell of real referrals is whole in audit's eyes; what is taken away is not."""

import asyncio
from datetime import UTC, datetime

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from deploy.postgres import roles
from services.audit.whole.completeness import HOUR, SETTLED
from services.audit.whole.watching import Watching
from shared.bus.work import UnitOfWork
from tests.system.running import EXAMPLES, Running, example, running

MOVING = "SELECT count(*) AS entries FROM audit.entry"


@pytest.mark.system
async def test_nothing_is_found_on_what_the_services_tell() -> None:
    """Every example, sent as its agency and passed on by whoever is asked; looked at when all of it
    has settled. Of what one event less would show, something is found."""
    async with running() as system:
        with system.client() as client:
            for file in sorted(EXAMPLES.glob("*.json")):
                document = example(file.stem[:2])
                agency = document["source"]["agency"]
                client.post("/intake/api/referrals", "sender", document, agency)
            await settled(system)
            asked = await system.rows(
                "SELECT id, holder FROM triage.assignment WHERE state = 'offered' LIMIT 5"
            )
            for each in asked:
                path = f"/triage/api/assignments/{each['id']}/decline"
                client.post(path, "practitioner", {"reason": "no_room"}, who=each["holder"])
            entries = await settled(system)
        assert entries > 60
        assert await found(system) == []

        await system.rows("ALTER TABLE audit.entry DISABLE TRIGGER USER")
        await system.rows(
            "DELETE FROM audit.entry WHERE type = 'referral.triaged.v1' AND leaf_index ="
            " (SELECT min(leaf_index) FROM audit.entry WHERE type = 'referral.triaged.v1')"
        )
        # By its number; and the entries beside it can no longer be proved.
        assert await found(system) == ["entry_altered", "number_missing"]


async def settled(system: Running) -> int:
    """How many entries there are once nothing more comes."""
    before = -1
    while True:
        (row,) = await system.rows(MOVING)
        if row["entries"] == before:
            return before
        before = row["entries"]
        await asyncio.sleep(3)


async def found(system: Running) -> list[str]:
    """The kinds of all findings, looked for a little later than now, twice over the whole log."""
    url = roles.url(system.keys, "audit", "127.0.0.1", system.system.ports["postgres"])
    engine = create_async_engine(url)
    later = datetime.now(UTC) + SETTLED + HOUR / 60
    unit = UnitOfWork(engine, "audit", lambda: None, clock=lambda: later)
    watching = Watching(unit)
    try:
        for _ in range(3):
            await watching.look()
        async with engine.connect() as connection:
            rows = await connection.execute(text("SELECT kind FROM finding ORDER BY kind"))
            return list(rows.scalars())
    finally:
        await engine.dispose()
