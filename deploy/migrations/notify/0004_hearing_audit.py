"""Notify hears audit, mails auditors, and states how many events it told."""

from alembic import op

from deploy.migrations import bus_2

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the tally, and note what audit has said."""
    bus_2.create("notify")
    for statement in _STATEMENTS:
        op.execute(statement)


_STATEMENTS = (
    # Notify hears audit from now on. What was said before is past, and its numbers are not missed.
    # A new system has no audit yet.
    """DO $$ BEGIN
        IF to_regclass('audit.outbox') IS NOT NULL THEN
            INSERT INTO notify.inbox (message_id, producer, subject, sequence, handled_at)
            SELECT said.message_id, 'audit', CAST(event ->> 'subject' AS uuid),
                CAST(event ->> 'sequence' AS integer), said.created_at
            FROM audit.outbox said,
                LATERAL (SELECT CAST(convert_from(said.body, 'UTF8') AS jsonb)) AS read(event)
            WHERE said.subject LIKE 'event.%'
            ON CONFLICT (message_id) DO UPDATE SET producer = excluded.producer,
                subject = excluded.subject, sequence = excluded.sequence;
        END IF;
    END $$""",
)
