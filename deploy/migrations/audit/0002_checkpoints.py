"""What the log's keys signed, and what witnesses cosigned. For inserting only, as the log is."""

from alembic import op

from deploy.migrations import insert_only_1

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Keep every checkpoint and every cosignature."""
    for statement in _STATEMENTS:
        op.execute(statement)
    insert_only_1.create("checkpoint")
    insert_only_1.create("cosignature")


_STATEMENTS = (
    # `note`: the signed note, byte for byte, with the signatures of the log's own keys. While keys
    # are changed one tree may be signed a second time, by others.
    """CREATE TABLE audit.checkpoint (
        number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        origin text NOT NULL,
        size bigint NOT NULL CHECK (size >= 0),
        root bytea NOT NULL CHECK (length(root) = 32),
        note bytea NOT NULL,
        signed_at timestamptz NOT NULL DEFAULT now(),
        UNIQUE (origin, size, note))""",
    # Of a tree, whoever signed it. `line`: the signature line that is added to the note.
    """CREATE TABLE audit.cosignature (
        origin text,
        size bigint,
        root bytea,
        name text,
        key_id bytea CHECK (length(key_id) = 4),
        line text NOT NULL,
        received_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (origin, size, root, name, key_id))""",
    "CREATE INDEX ON audit.cosignature (origin, name, key_id, size)",
    # Whoever inserts, and however many at once: no checkpoint comes after a larger one, and none
    # beside another of its size. The lock is the signer's own, so that it costs nothing there.
    """CREATE FUNCTION audit.refuse_step_back() RETURNS trigger
        LANGUAGE plpgsql SET search_path = pg_catalog AS $$
        BEGIN
            PERFORM pg_advisory_xact_lock(hashtext('audit checkpoint'));
            IF EXISTS (SELECT FROM audit.checkpoint WHERE origin = NEW.origin
                       AND (size > NEW.size OR (size = NEW.size AND root <> NEW.root))) THEN
                RAISE integrity_constraint_violation
                    USING MESSAGE = 'the checkpoint contradicts one that was signed';
            END IF;
            RETURN NEW;
        END $$""",
    """CREATE TRIGGER goes_on BEFORE INSERT ON audit.checkpoint
        FOR EACH ROW EXECUTE FUNCTION audit.refuse_step_back()""",
    "ALTER TABLE audit.checkpoint ENABLE ALWAYS TRIGGER goes_on",
    "REVOKE ALL ON FUNCTION audit.refuse_step_back() FROM PUBLIC",
    "GRANT SELECT ON audit.checkpoint, audit.cosignature TO audit",
    "GRANT INSERT (origin, size, root, note) ON audit.checkpoint TO audit",
    "GRANT INSERT (origin, size, root, name, key_id, line) ON audit.cosignature TO audit",
)
