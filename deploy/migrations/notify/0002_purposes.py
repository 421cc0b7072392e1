"""What a message is for: an offer, one of several of an assignment, or a reminder."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Tell messages apart by purpose, offer and recipient; those there are of first offers."""
    for statement in _STATEMENTS:
        op.execute(statement)


_STATEMENTS = (
    """ALTER TABLE notify.message
        ADD COLUMN purpose text NOT NULL DEFAULT 'offered'
            CHECK (purpose IN ('offered', 'first_contact_overdue', 'action_overdue')),
        ADD COLUMN offer integer NOT NULL DEFAULT 1,
        ADD COLUMN action_id uuid,
        ADD COLUMN case_id uuid,
        ALTER COLUMN assignment_id DROP NOT NULL,
        ALTER COLUMN acknowledge_by DROP NOT NULL,
        DROP CONSTRAINT message_assignment_id_channel_key,
        ADD UNIQUE (assignment_id, offer, purpose, practitioner_id, channel),
        ADD UNIQUE (action_id, practitioner_id, channel),
        ADD CHECK ((assignment_id IS NULL) = (purpose = 'action_overdue')),
        ADD CHECK ((action_id IS NOT NULL) = (purpose = 'action_overdue')),
        ADD CHECK ((case_id IS NOT NULL) = (purpose = 'action_overdue')),
        ADD CHECK ((acknowledge_by IS NOT NULL) = (purpose = 'offered'))""",
    # Whoever writes a message says what it is for.
    "ALTER TABLE notify.message ALTER COLUMN purpose DROP DEFAULT, ALTER COLUMN offer DROP DEFAULT",
)
