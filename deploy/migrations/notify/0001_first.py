"""One row a message to a practitioner, and the local inbox of a system without providers."""

from alembic import op

from deploy.migrations import bus_1

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create everything that notify has at first."""
    bus_1.create("notify")
    for statement in _STATEMENTS:
        op.execute(statement)


_STATEMENTS = (
    """CREATE TABLE notify.message (
        id uuid PRIMARY KEY,
        assignment_id uuid NOT NULL,
        referral_id uuid NOT NULL,
        practitioner_id text NOT NULL,
        channel text NOT NULL CHECK (channel IN ('email', 'sms')),
        urgent boolean NOT NULL,
        acknowledge_by timestamptz NOT NULL,
        state text NOT NULL
            CHECK (state IN ('queued', 'sending', 'sent', 'failed', 'doubtful', 'dropped')),
        tries integer NOT NULL,
        due_at timestamptz NOT NULL,
        withdrawn boolean NOT NULL,
        changed_at timestamptz NOT NULL,
        UNIQUE (assignment_id, channel))""",
    """CREATE INDEX ON notify.message (urgent DESC, due_at)
        WHERE state IN ('queued', 'sending')""",
    """CREATE TABLE notify.local_inbox (
        message_id uuid PRIMARY KEY,
        channel text NOT NULL,
        recipient text NOT NULL,
        subject text NOT NULL,
        body text NOT NULL,
        taken_at timestamptz NOT NULL)""",
    "CREATE INDEX ON notify.local_inbox (taken_at DESC, message_id DESC)",
    "GRANT SELECT, INSERT, UPDATE ON notify.message TO notify",
    "GRANT SELECT, INSERT ON notify.local_inbox TO notify",
)
