"""What coordinators decided against the rules, or beside them; and whose pair a decision was on."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the table of overrides."""
    for statement in _STATEMENTS:
        op.execute(statement)


_STATEMENTS = (
    "ALTER TABLE triage.decision ADD COLUMN pair_ref uuid",
    """CREATE TABLE triage.override (
        id uuid PRIMARY KEY,
        referral_id uuid NOT NULL,
        decision_id uuid NOT NULL REFERENCES triage.decision,
        action text NOT NULL CHECK (action IN ('route', 'withdraw')),
        pathway text NOT NULL,
        made_by text NOT NULL,
        made_at timestamptz NOT NULL,
        -- In the coordinator's words, for those who may read the decision; never told in an event.
        reason text NOT NULL)""",
    "CREATE INDEX ON triage.override (referral_id)",
    "GRANT SELECT, INSERT ON triage.override TO triage",
)
