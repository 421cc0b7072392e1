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
    """ALTER TABLE notify.message
        DROP CONSTRAINT message_purpose_check,
        ADD CONSTRAINT message_purpose_check CHECK (purpose IN ('offered', 'escalated',
            'place_came_free', 'reminder', 'first_contact_overdue', 'withdrawn', 'action_overdue',
            'information_asked', 'digest', 'checkpoint', 'trail_alarm')),
        DROP CONSTRAINT about_an_assignment,
        ADD CONSTRAINT about_an_assignment CHECK ((assignment_id IS NULL) = (purpose IN
            ('action_overdue', 'information_asked', 'digest', 'checkpoint', 'trail_alarm'))),
        DROP CONSTRAINT to_somebody,
        ADD CONSTRAINT to_somebody CHECK ((agency IS NOT NULL) = (practitioner_id IS NULL)
            AND (agency IS NOT NULL)
                = (purpose IN ('information_asked', 'checkpoint', 'trail_alarm'))),
        DROP CONSTRAINT of_a_referral,
        ADD CONSTRAINT of_a_referral CHECK ((referral_id IS NULL)
            = (purpose IN ('digest', 'checkpoint', 'trail_alarm')))""",
    # What auditors are told word for word: the signed note; what is wrong.
    """CREATE TABLE notify.told_to_auditors (
        notice uuid PRIMARY KEY,
        said jsonb NOT NULL)""",
    "GRANT SELECT, INSERT ON notify.told_to_auditors TO notify",
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
