"""Who may be the same person beyond exact keys: what finds them, merges, and what a person settles.

Of referrals that are there already it is noted whom they speak of. What finds people by likeness
is made from documents, which nothing here can open: it comes with each document from now on.
"""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add what matching by likeness stands on."""
    for statement in _STATEMENTS:
        op.execute(statement)


_STATEMENTS = (
    # Whom each part of a referral's newest document speaks of, under the reference by which they
    # were recognised. Merges change nothing here, so that they can be undone.
    """CREATE TABLE intake.vault_record (
        referral_id uuid NOT NULL REFERENCES intake.referral,
        is_other_party boolean NOT NULL,
        person_ref uuid NOT NULL,
        seen_at timestamptz NOT NULL,
        PRIMARY KEY (referral_id, is_other_party))""",
    "CREATE INDEX ON intake.vault_record (person_ref, seen_at DESC)",
    """INSERT INTO intake.vault_record
        SELECT id, false, person_ref, made_at FROM intake.referral""",
    """INSERT INTO intake.vault_record
        SELECT r.id, true,
            CASE WHEN p.victim_ref = r.person_ref THEN p.perpetrator_ref ELSE p.victim_ref END,
            r.made_at
        FROM intake.referral r JOIN intake.pair p USING (pair_ref)""",
    # Keyed HMACs of what people who may be the same have in common. Not unique: two transactions
    # that meet the same person at once need not wait for each other.
    """CREATE TABLE intake.vault_block (
        key bytea NOT NULL,
        person_ref uuid NOT NULL,
        referral_id uuid NOT NULL,
        is_other_party boolean NOT NULL,
        seen_at timestamptz NOT NULL)""",
    "CREATE INDEX ON intake.vault_block (key, seen_at DESC)",
    """CREATE TABLE intake.person_merge (
        merge_id uuid PRIMARY KEY,
        person_ref uuid NOT NULL,
        into_ref uuid NOT NULL,
        merged_by text NOT NULL,
        merged_at timestamptz NOT NULL,
        reason bytea NOT NULL, -- sealed: in words, which may name somebody
        undone_by text,
        undone_at timestamptz,
        CHECK (person_ref <> into_ref),
        CHECK ((undone_by IS NULL) = (undone_at IS NULL)))""",
    """CREATE UNIQUE INDEX ON intake.person_merge (person_ref) WHERE undone_at IS NULL""",
    """CREATE INDEX ON intake.person_merge (into_ref) WHERE undone_at IS NULL""",
    # The reference that a person goes by; and all that they were ever known by, that one first.
    # Hardly anybody was ever merged, and these are asked for every referral: a loop that ends at
    # once costs a tenth of a recursive query.
    """CREATE FUNCTION intake.person_of(ref uuid) RETURNS uuid LANGUAGE plpgsql STABLE AS $$
        DECLARE
            up uuid;
        BEGIN
            LOOP
                SELECT into_ref INTO up FROM intake.person_merge
                    WHERE person_ref = ref AND undone_at IS NULL;
                IF NOT FOUND THEN
                    RETURN ref;
                END IF;
                ref := up;
            END LOOP;
        END $$""",
    """CREATE FUNCTION intake.refs_of(ref uuid) RETURNS uuid[] LANGUAGE plpgsql STABLE AS $$
        DECLARE
            found uuid[] := ARRAY[intake.person_of(ref)];
            next uuid[] := found;
        BEGIN
            LOOP
                SELECT array_agg(person_ref) INTO next FROM intake.person_merge
                    WHERE into_ref = ANY(next) AND undone_at IS NULL;
                IF next IS NULL THEN
                    RETURN found;
                END IF;
                found := found || next;
            END LOOP;
        END $$""",
    """CREATE TABLE intake.match_review (
        review_id uuid PRIMARY KEY,
        referral_id uuid NOT NULL REFERENCES intake.referral,
        is_other_party boolean NOT NULL,
        person_ref uuid NOT NULL,
        known_referral_id uuid NOT NULL REFERENCES intake.referral,
        known_is_other_party boolean NOT NULL,
        other_ref uuid NOT NULL,
        score real NOT NULL,
        lines bytea NOT NULL, -- sealed: what was seen, field by field
        opened_at timestamptz NOT NULL,
        state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'same', 'different')),
        settled_by text,
        settled_at timestamptz,
        merge_id uuid REFERENCES intake.person_merge,
        CHECK ((state = 'open') = (settled_at IS NULL)))""",
    "CREATE INDEX ON intake.match_review (person_ref)",
    "CREATE INDEX ON intake.match_review (other_ref)",
    "CREATE INDEX ON intake.match_review (opened_at) WHERE state = 'open'",
    # Who a person has said are two people. Asked about once, they are not asked about again.
    """CREATE VIEW intake.told_apart AS
        SELECT person_ref, other_ref FROM intake.match_review WHERE state = 'different'
        UNION ALL
        SELECT person_ref, into_ref FROM intake.person_merge WHERE undone_at IS NOT NULL""",
    """GRANT SELECT, INSERT, UPDATE ON intake.vault_record, intake.person_merge,
        intake.match_review TO intake""",
    "GRANT SELECT, INSERT, DELETE ON intake.vault_block TO intake",
    "GRANT DELETE ON intake.vault_record TO intake",
    "GRANT SELECT ON intake.told_apart TO intake",
)
