"""Referrals, the vault, and who went to MARAC with whom."""

from alembic import op

from deploy.migrations import bus_1

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create everything that intake has at first."""
    bus_1.create("intake")
    for statement in _STATEMENTS:
        op.execute(statement)


_STATEMENTS = (
    """CREATE TABLE intake.referral (
        id uuid PRIMARY KEY,
        agency text NOT NULL,
        reference_key bytea NOT NULL,
        revision integer NOT NULL,
        document_key bytea NOT NULL,
        made_at timestamptz NOT NULL,
        person_ref uuid NOT NULL,
        pair_ref uuid,
        UNIQUE (agency, reference_key))""",
    # The vault: bytes sealed with a key that is not in the database; keys are keyed HMACs.
    """CREATE TABLE intake.vault_document (
        referral_id uuid NOT NULL REFERENCES intake.referral,
        revision integer NOT NULL,
        body bytea NOT NULL,
        received_at timestamptz NOT NULL,
        PRIMARY KEY (referral_id, revision))""",
    "CREATE TABLE intake.vault_person_key (key bytea PRIMARY KEY, person_ref uuid NOT NULL)",
    """CREATE TABLE intake.pair (
        pair_ref uuid PRIMARY KEY,
        victim_ref uuid NOT NULL,
        perpetrator_ref uuid NOT NULL,
        last_on date NOT NULL)""",
    """CREATE TABLE intake.pair_marac (
        pair_ref uuid NOT NULL,
        referral_id uuid NOT NULL,
        heard_of_on date NOT NULL,
        PRIMARY KEY (pair_ref, referral_id))""",
    """GRANT SELECT, INSERT, UPDATE ON intake.referral, intake.vault_document,
        intake.vault_person_key, intake.pair, intake.pair_marac TO intake""",
    "GRANT DELETE ON intake.vault_document, intake.vault_person_key TO intake",
)
