"""Reaching people: when somebody may be told, which address was refused, who could not be told."""

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add what notify hears of, and show more of each practitioner to it."""
    for statement in _STATEMENTS:
        op.execute(statement)


_STATEMENTS = (
    # An address that a provider called wrong for good, by its digest: what is refused is that
    # address, and no longer the practitioner's next one.
    """CREATE TABLE triage.refused_address (
        practitioner_id text NOT NULL,
        channel text NOT NULL CHECK (channel IN ('email', 'sms')),
        sha256 bytea NOT NULL,
        at timestamptz NOT NULL,
        PRIMARY KEY (practitioner_id, channel))""",
    # Whom no message reached: a person must tell them.
    """CREATE TABLE triage.untold (
        -- The last message that was tried.
        notification_id uuid PRIMARY KEY,
        purpose text NOT NULL,
        -- What it was about; neither, of the day's digest and of what is asked of an agency.
        assignment_id uuid REFERENCES triage.assignment,
        action_id uuid,
        -- The assignment's, as it was told, and how many steps it had by then.
        offer integer NOT NULL,
        steps integer NOT NULL,
        -- To whom.
        practitioner_id text,
        agency text,
        at timestamptz NOT NULL,
        -- Who told them by other means; an act on the assignment settles it too.
        told_by text,
        told_at timestamptz,
        UNIQUE NULLS NOT DISTINCT
            (assignment_id, action_id, purpose, offer, practitioner_id, agency),
        CHECK ((practitioner_id IS NULL) <> (agency IS NULL)),
        CHECK ((told_by IS NULL) = (told_at IS NULL)))""",
    "CREATE INDEX ON triage.untold (at) WHERE told_at IS NULL",
    # With the owner's rights, as before. The hours are London's.
    """CREATE OR REPLACE VIEW triage.address WITH (security_barrier) AS
        SELECT e.key AS practitioner_id, e.body ->> 'email' AS email, e.body ->> 'phone' AS phone,
            coalesce(e.body ->> 'prefers', 'email') AS prefers,
            CAST(e.body #>> '{quiet,from}' AS time) AS quiet_from,
            CAST(e.body #>> '{quiet,until}' AS time) AS quiet_until,
            coalesce(email.sha256 = sha256(convert_to(e.body ->> 'email', 'UTF8')), false)
                AS email_refused,
            coalesce(phone.sha256 = sha256(convert_to(e.body ->> 'phone', 'UTF8')), false)
                AS phone_refused
        FROM triage.directory_entry e
        LEFT JOIN triage.refused_address email
            ON email.practitioner_id = e.key AND email.channel = 'email'
        LEFT JOIN triage.refused_address phone
            ON phone.practitioner_id = e.key AND phone.channel = 'sms'
        WHERE e.kind = 'practitioner'""",
    "GRANT SELECT, INSERT, UPDATE ON triage.refused_address, triage.untold TO triage",
    # A coordinator who knows better takes a refusal back.
    "GRANT DELETE ON triage.refused_address TO triage",
    # What it shows of refused addresses is what the directory's readers see.
    "GRANT SELECT ON triage.address TO triage",
    # Triage hears notify from now on. What was said before is past, and its numbers are not missed;
    # some of it (access.recorded) came without a number. A new system has no notify yet.
    """DO $$ BEGIN
        IF to_regclass('notify.outbox') IS NOT NULL THEN
            INSERT INTO triage.inbox (message_id, producer, subject, sequence, handled_at)
            SELECT said.message_id, 'notify', CAST(event ->> 'subject' AS uuid),
                CAST(event ->> 'sequence' AS integer), said.created_at
            FROM notify.outbox said,
                LATERAL (SELECT CAST(convert_from(said.body, 'UTF8') AS jsonb)) AS read(event)
            WHERE said.subject LIKE 'event.%'
            ON CONFLICT (message_id) DO UPDATE SET producer = excluded.producer,
                subject = excluded.subject, sequence = excluded.sequence;
        END IF;
    END $$""",
)
