"""The directory as a kept, versioned thing; and the one look that notify has into it."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the directory's tables, empty, and the view of addresses."""
    for statement in _STATEMENTS:
        op.execute(statement)


_STATEMENTS = (
    # key: a practitioner's id, `catalogue/team` for a team, the catalogue for a duty.
    """CREATE TABLE triage.directory_entry (
        kind text NOT NULL CHECK (kind IN ('practitioner', 'team', 'duty')),
        key text NOT NULL,
        body jsonb NOT NULL,
        PRIMARY KEY (kind, key))""",
    # One row: whoever writes counts it up from the version that they read, so that of two writers
    # at once the second sees that it was too late. 0: nothing was ever loaded.
    """CREATE TABLE triage.directory_version (
        the_one boolean PRIMARY KEY DEFAULT true CHECK (the_one),
        version integer NOT NULL)""",
    "INSERT INTO triage.directory_version (version) VALUES (0)",
    """CREATE TABLE triage.directory_change (
        version integer NOT NULL,
        at timestamptz NOT NULL,
        by text NOT NULL,
        kind text NOT NULL,
        key text NOT NULL,
        action text NOT NULL CHECK (action IN ('added', 'changed', 'removed')),
        before jsonb,
        after jsonb,
        PRIMARY KEY (version, kind, key))""",
    "CREATE INDEX ON triage.directory_change (kind, key)",
    # With the owner's rights: notify may read it and none of the tables behind it.
    """CREATE VIEW triage.address WITH (security_barrier) AS
        SELECT key AS practitioner_id, body ->> 'email' AS email, body ->> 'phone' AS phone
        FROM triage.directory_entry WHERE kind = 'practitioner'""",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON triage.directory_entry TO triage",
    "GRANT SELECT, UPDATE ON triage.directory_version TO triage",
    "GRANT SELECT, INSERT ON triage.directory_change TO triage",
    "GRANT USAGE ON SCHEMA triage TO notify",
    "GRANT SELECT ON triage.address TO notify",
)
