"""What became of a referral, as far as its sender may hear it, and who works on it now."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Create the three tables. Nobody's name stands in one: referrals, pathways, services, ids."""
    for statement in _STATEMENTS:
        op.execute(statement)


_STATEMENTS = (
    # What is asked for, and of which revision; when the newest was decided; when the work ended.
    """CREATE TABLE intake.progress (
        referral_id uuid PRIMARY KEY REFERENCES intake.referral,
        decided_revision integer,
        decided_at timestamptz,
        asked_revision integer,
        asked_at timestamptz,
        asks text[] NOT NULL DEFAULT '{}',
        closed_at timestamptz)""",
    # Each service that took it up, as its sender was told of it.
    """CREATE TABLE intake.taken_up (
        referral_id uuid NOT NULL REFERENCES intake.referral,
        service text NOT NULL,
        at timestamptz NOT NULL,
        PRIMARY KEY (referral_id, service))""",
    # Who holds an accepted assignment at this moment, and so may see whom it is about.
    """CREATE TABLE intake.holding (
        assignment_id uuid PRIMARY KEY,
        referral_id uuid NOT NULL REFERENCES intake.referral,
        pathway text NOT NULL,
        practitioner_id text NOT NULL,
        since timestamptz NOT NULL)""",
    "CREATE INDEX holding_of_referral ON intake.holding (referral_id, practitioner_id)",
    "GRANT SELECT, INSERT, UPDATE ON intake.progress TO intake",
    "GRANT SELECT, INSERT, DELETE ON intake.taken_up TO intake",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON intake.holding TO intake",
)
