"""What becomes of an assignment after it was offered: answers, clocks, waiting, closing."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add what triage knows of a referral; give assignments their life and their history."""
    for statement in _STATEMENTS:
        op.execute(statement)


_STATEMENTS = (
    # What is needed of a referral to offer it again, of its newest revision.
    """CREATE TABLE triage.referral (
        id uuid PRIMARY KEY,
        revision integer NOT NULL,
        person_ref uuid NOT NULL,
        pair_ref uuid,
        -- Whose teams take it; null where no policy has been settled on.
        catalogue text,
        -- Whose measures and times hold for it, even then.
        measure text NOT NULL,
        made_on date NOT NULL,
        role text NOT NULL,
        team text NOT NULL,
        language text,
        urgent boolean NOT NULL,
        risk_level text NOT NULL,
        -- For each lead pathway that was chosen, those of its group that would do as well.
        next_in_group jsonb NOT NULL DEFAULT '{}',
        closed_at timestamptz)""",
    "CREATE INDEX ON triage.referral (pair_ref) WHERE pair_ref IS NOT NULL",
    "CREATE INDEX ON triage.referral (person_ref)",
    # Until now only the facts of each decision were kept; the person was not.
    """INSERT INTO triage.referral
        SELECT DISTINCT ON (referral_id) referral_id, revision, referral_id, pair_ref,
            CASE WHEN names NOT LIKE '% or %' THEN names END, split_part(names, ' or ', 1),
            CAST(CAST(facts ->> 'made_at' AS timestamptz) AT TIME ZONE 'Europe/London' AS date),
            facts ->> 'role', facts ->> 'source.team', facts ->> 'person.language',
            CAST(decision ->> 'urgent' AS boolean), decision ->> 'risk_level', '{}', NULL
        FROM triage.decision, LATERAL (SELECT decision #>> '{catalogue,name}' AS names) AS policy
        ORDER BY referral_id, revision DESC""",
    "ALTER TABLE triage.assignment DROP CONSTRAINT assignment_state_check",
    "ALTER TABLE triage.assignment RENAME COLUMN practitioner_id TO holder",
    """ALTER TABLE triage.assignment
        ALTER COLUMN holder DROP NOT NULL,
        ALTER COLUMN offered_at DROP NOT NULL,
        ALTER COLUMN acknowledge_by DROP NOT NULL,
        ALTER COLUMN first_contact_by DROP NOT NULL,
        DROP COLUMN pair_ref,
        DROP COLUMN role,
        ADD CHECK (state IN
            ('waitlisted', 'offered', 'escalated', 'accepted', 'closed', 'withdrawn')),
        ADD CHECK ((holder IS NOT NULL) = (state IN ('offered', 'escalated', 'accepted', 'closed'))
            OR state = 'withdrawn'),
        -- Whose team; the referral's may have become another since.
        ADD COLUMN catalogue text,
        ADD COLUMN team text,
        ADD COLUMN level text NOT NULL DEFAULT 'practitioner'
            CHECK (level IN ('practitioner', 'stand_in', 'coordinator', 'contact')),
        ADD COLUMN because text NOT NULL DEFAULT '',
        ADD COLUMN offer integer NOT NULL DEFAULT 1,
        ADD COLUMN passed text[] NOT NULL DEFAULT '{}',
        ADD COLUMN waiting_since timestamptz,
        ADD COLUMN awaited text CHECK (awaited IN ('acknowledgement', 'first_contact')),
        ADD COLUMN due_at timestamptz,
        ADD COLUMN late text,
        ADD COLUMN accepted_at timestamptz,
        ADD COLUMN attempts integer NOT NULL DEFAULT 0,
        ADD COLUMN reached boolean NOT NULL DEFAULT false,
        ADD COLUMN closed_at timestamptz,
        ADD COLUMN outcome text,
        ADD COLUMN steps integer NOT NULL DEFAULT 1,
        ADD CHECK ((awaited IS NULL) = (due_at IS NULL))""",
    # Whoever was asked under the older form has a clock from now on. Which team it was is not
    # known: what they pass on goes to a coordinator.
    """UPDATE triage.assignment SET awaited = 'acknowledgement', due_at = acknowledge_by
        WHERE state = 'offered'""",
    """UPDATE triage.assignment AS a SET catalogue = r.catalogue
        FROM triage.referral AS r WHERE r.id = a.referral_id""",
    # One assignment of a referral on a pathway at a time.
    """CREATE UNIQUE INDEX ON triage.assignment (referral_id, pathway)
        WHERE state NOT IN ('closed', 'withdrawn')""",
    "CREATE INDEX ON triage.assignment (due_at) WHERE due_at IS NOT NULL",
    "CREATE INDEX ON triage.assignment (holder, offered_at)",
    "CREATE INDEX ON triage.assignment (catalogue, pathway, offered_at)",
    """CREATE INDEX ON triage.assignment (catalogue, pathway, waiting_since)
        WHERE state = 'waitlisted'""",
    "DROP TABLE triage.caseload",
    # Everything that was ever done with an assignment, in order; notes are told in no event.
    """CREATE TABLE triage.step (
        assignment_id uuid NOT NULL REFERENCES triage.assignment,
        number integer NOT NULL,
        referral_id uuid NOT NULL,
        at timestamptz NOT NULL,
        act text NOT NULL,
        state text NOT NULL,
        level text NOT NULL,
        pathway text NOT NULL,
        holder text,
        by text,
        -- A code or our own words: why it was declined, withdrawn, put on the list; how the person
        -- was contacted; how it ended.
        reason text,
        -- Of a contact.
        reached boolean,
        note text,
        PRIMARY KEY (assignment_id, number))""",
    "CREATE INDEX ON triage.step (referral_id)",
    """INSERT INTO triage.step
        SELECT id, 1, referral_id, offered_at, 'offer', 'offered', 'practitioner', pathway,
            holder, NULL, NULL, NULL, NULL FROM triage.assignment""",
    # A practitioner who may not work with a person.
    """CREATE TABLE triage.conflict (
        practitioner_id text NOT NULL,
        person_ref uuid NOT NULL,
        declared_at timestamptz NOT NULL,
        PRIMARY KEY (practitioner_id, person_ref))""",
    "CREATE INDEX ON triage.conflict (person_ref)",
    # A pair that was found to be another, by the merge that found it.
    """CREATE TABLE triage.pair_alias (
        merge_id uuid NOT NULL,
        pair_ref uuid NOT NULL,
        into_ref uuid NOT NULL,
        PRIMARY KEY (merge_id, pair_ref))""",
    "CREATE INDEX ON triage.pair_alias (pair_ref)",
    "CREATE INDEX ON triage.pair_alias (into_ref)",
    # The same for one person.
    """CREATE TABLE triage.person_alias (
        merge_id uuid PRIMARY KEY,
        person_ref uuid NOT NULL,
        into_ref uuid NOT NULL)""",
    "CREATE INDEX ON triage.person_alias (person_ref)",
    "CREATE INDEX ON triage.person_alias (into_ref)",
    "GRANT SELECT, INSERT, UPDATE ON triage.referral, triage.assignment TO triage",
    "GRANT SELECT, INSERT ON triage.step, triage.conflict TO triage",
    "GRANT SELECT, INSERT, DELETE ON triage.pair_alias, triage.person_alias TO triage",
)
