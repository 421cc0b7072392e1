"""Whom a message goes to is looked up when it is sent, in triage's directory."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy.pool import AsyncAdaptedQueuePool

from deploy.keys import OWNER
from services.notify.messages import Outgoing
from tests.notify.ground import Notify, Remembering, heard, offer
from tests.servers import Database

TABLE = "triage.directory_entry"


async def as_owner(database: Database, statement: str) -> None:
    """Change what triage keeps."""
    owner = await database.connect(OWNER)
    await owner.execute(statement)
    await owner.close()


async def test_a_new_address_counts_at_once(notify: Notify, notify_database: Database) -> None:
    """What changes between hearing and sending is what the message goes to."""
    await notify.hear(heard(offer(urgent=True)))
    await as_owner(
        notify_database,
        f"""UPDATE {TABLE} SET body = body || '{{"email": "ada@new.example"}}'
            WHERE key = 'p-k4wz7m'""",
    )
    provider = Remembering()

    await notify.send(provider)

    assert {letter.recipient for letter in provider.letters} == {"ada@new.example", "07700 900111"}


async def test_who_has_no_number_is_told_by_email_alone(notify: Notify) -> None:
    """And so is an id that nobody has: its email fails and comes before a person."""
    for nobody in ("p-nophone", "p-nobody"):
        async with notify.engine.connect() as connection:
            assert (await notify.addressing.reach(nobody, connection)).channels == ("email",)


async def test_a_directory_that_cannot_be_read_only_delays(
    notify: Notify, notify_database: Database
) -> None:
    """Nobody was called: the message waits for its next try and is in no doubt, even where its
    provider cannot be asked."""
    await notify.hear(heard(offer(practitioner_id="p-nophone")))
    provider = Remembering(forgetful=True)
    await as_owner(notify_database, "REVOKE SELECT ON triage.address FROM notify")
    try:
        await notify.send(provider)
    finally:
        await as_owner(notify_database, "GRANT SELECT ON triage.address TO notify")
    assert await notify.states() == {"email": "queued"}

    notify.clock.advance(timedelta(seconds=6))
    await notify.send(provider)

    assert await notify.states() == {"email": "sent"}


async def test_no_connection_is_held_while_a_provider_is_called(notify: Notify) -> None:
    """A slow provider keeps nobody else from the database."""
    in_use: list[int] = []

    class Counting(Remembering):
        async def send(self, message: Outgoing) -> None:
            await super().send(message)
            pool = notify.engine.pool
            assert isinstance(pool, AsyncAdaptedQueuePool)
            in_use.append(pool.checkedout())

    await notify.hear(heard(offer(practitioner_id="p-nophone")))

    await notify.send(Counting())

    assert in_use == [0]


async def test_a_look_that_takes_too_long_is_given_up(
    notify: Notify, notify_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message's holder must not lose it to another who takes him for dead."""
    monkeypatch.setattr("services.notify.addressing.LOOK_UP_SECONDS", 0.05)
    await notify.hear(heard(offer(practitioner_id="p-nophone")))
    owner = await notify_database.connect(OWNER)
    transaction = owner.transaction()
    await transaction.start()
    await owner.execute(f"LOCK TABLE {TABLE} IN ACCESS EXCLUSIVE MODE")
    try:
        await asyncio.wait_for(notify.send(Remembering()), 20)
    finally:
        await transaction.rollback()
        await owner.close()
    assert await notify.states() == {"email": "queued"}
