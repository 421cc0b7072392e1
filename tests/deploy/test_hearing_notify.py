"""A system in which a service begins to hear another: what was said before is not missed."""

from datetime import UTC, datetime
from importlib import import_module
from uuid import UUID, uuid4

from deploy.keys import OWNER
from deploy.migrations import migrate
from shared.events import AccessRecorded, EventData, NotificationSent, envelope
from shared.subjects import Service
from shared.subjects import event as subject_of
from tests.servers import Postgres

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
REFERRAL = uuid4()


def said(event: EventData, sequence: int, producer: Service = "notify") -> tuple[UUID, str, bytes]:
    """A row of a producer's outbox."""
    told = envelope(
        event, event_id=uuid4(), producer=producer, subject=REFERRAL, time=NOW, sequence=sequence
    )
    return told.id, subject_of(event.TYPE), told.model_dump_json(exclude_none=True).encode()


async def test_what_notify_said_before_counts_as_heard(postgres: Postgres) -> None:
    """By id and number, also what was heard without its number; what was parked is no event."""
    database = await postgres.fresh_database()
    await migrate(database.url(OWNER))
    owner = await database.connect(OWNER)
    sent = NotificationSent(
        notification_id=uuid4(), assignment_id=uuid4(), practitioner_id="p-anna", channel="sms"
    )
    read = AccessRecorded(reader="c-1", roles=("coordinator",), what="inbox", why="duty")
    rows = [said(sent, 1), said(read, 2), (uuid4(), "parked.notify", b"{}")]
    for row in rows:
        await owner.execute("INSERT INTO notify.outbox VALUES (DEFAULT, $1, $2, $3, $4)", *row, NOW)
    await owner.execute(
        "INSERT INTO triage.inbox VALUES ($1, NULL, NULL, NULL, $2)", rows[1][0], NOW
    )
    migration = import_module("deploy.migrations.triage.0006_reaching")

    await owner.execute(migration._STATEMENTS[-1])

    heard = await owner.fetch("SELECT * FROM triage.inbox ORDER BY sequence")
    await owner.close()
    assert [tuple(row.values())[:4] for row in heard] == [
        (rows[0][0], "notify", REFERRAL, 1),
        (rows[1][0], "notify", REFERRAL, 2),
    ]


async def test_what_audit_said_before_counts_as_heard(postgres: Postgres) -> None:
    """Notify heard who read what of everybody, and without a number; it waits for none of them."""
    database = await postgres.fresh_database()
    await migrate(database.url(OWNER))
    owner = await database.connect(OWNER)
    read = AccessRecorded(reader="a-1", roles=("auditor",), what="trail", why="inspection")
    row = said(read, 1, "audit")
    await owner.execute("INSERT INTO audit.outbox VALUES (DEFAULT, $1, $2, $3, $4)", *row, NOW)
    await owner.execute("INSERT INTO notify.inbox VALUES ($1, NULL, NULL, NULL, $2)", row[0], NOW)
    migration = import_module("deploy.migrations.notify.0004_hearing_audit")

    await owner.execute(migration._STATEMENTS[-1])

    heard = await owner.fetch("SELECT * FROM notify.inbox")
    await owner.close()
    assert [tuple(row.values())[:4] for row in heard] == [(row[0], "audit", REFERRAL, 1)]
