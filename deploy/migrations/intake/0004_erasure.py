"""Who was erased, and of which referrals; and how many events intake told."""

from alembic import op

from deploy.migrations import bus_2

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the tally, and what erasing a person needs."""
    bus_2.create("intake")
    for statement in _STATEMENTS:
        op.execute(statement)


_STATEMENTS = (
    # The row of a referral stays, since its id stands in the trail and its reference must not be
    # taken for a new one. Of the document nothing can be told from it any more.
    "ALTER TABLE intake.referral ADD COLUMN erased_at timestamptz",
    "CREATE INDEX ON intake.referral (person_ref)",
    "CREATE INDEX ON intake.vault_block (person_ref)",
    "CREATE INDEX ON intake.vault_block (referral_id)",
    "CREATE INDEX ON intake.vault_person_key (person_ref)",
    """CREATE TABLE intake.erasure (
        event_id uuid PRIMARY KEY,
        person_ref uuid NOT NULL,
        referrals integer NOT NULL,
        because text NOT NULL,
        erased_by text NOT NULL,
        erased_at timestamptz NOT NULL)""",
    "CREATE INDEX ON intake.erasure (person_ref)",
    "GRANT SELECT, INSERT ON intake.erasure TO intake",
    # Of two of whom one was erased nothing is left to compare.
    "GRANT DELETE ON intake.match_review TO intake",
)
