"""Decisions with every reason, assignments, and how many cases each practitioner has."""

from alembic import op

from deploy.migrations import bus_1

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create everything that triage has at first."""
    bus_1.create("triage")
    for statement in _STATEMENTS:
        op.execute(statement)


_STATEMENTS = (
    """CREATE TABLE triage.decision (
        id uuid PRIMARY KEY,
        referral_id uuid NOT NULL,
        revision integer NOT NULL,
        decided_at timestamptz NOT NULL,
        facts jsonb NOT NULL,
        history jsonb NOT NULL,
        -- Read whole and never searched: kept as it was written, some 40 KB of reasons.
        decision json NOT NULL,
        UNIQUE (referral_id, revision))""",
    """CREATE TABLE triage.assignment (
        id uuid PRIMARY KEY,
        referral_id uuid NOT NULL,
        pathway text NOT NULL,
        kind text NOT NULL,
        practitioner_id text NOT NULL,
        state text NOT NULL CHECK (state IN ('offered', 'withdrawn')),
        pair_ref uuid,
        role text NOT NULL,
        urgent boolean NOT NULL,
        offered_at timestamptz NOT NULL,
        acknowledge_by timestamptz NOT NULL,
        first_contact_by timestamptz NOT NULL,
        withdrawn_because text)""",
    "CREATE INDEX ON triage.assignment (referral_id)",
    "CREATE INDEX ON triage.assignment (pair_ref) WHERE pair_ref IS NOT NULL",
    "CREATE TABLE triage.caseload (practitioner_id text PRIMARY KEY, open integer NOT NULL)",
    "GRANT SELECT, INSERT ON triage.decision TO triage",
    "GRANT SELECT, INSERT, UPDATE ON triage.assignment, triage.caseload TO triage",
)
