"""Tiles of 16 where they were of 256: a proof of one leaf hashes and fetches a tenth as much.

The roots are made anew from the leaves: nothing is taken over that the leaves do not say. A service
of before would go on appending without them, and no tree over such a log could be signed: it has
to be stopped first.
"""

from alembic import op

from deploy.migrations import insert_only_1

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the table anew, and fill it for what the log has already."""
    for statement in (_ALONE, *_TABLE, _FILLED):
        op.execute(statement)
    insert_only_1.create("tile_hash")


_ALONE = """DO $$ BEGIN
    IF EXISTS (SELECT FROM audit.entry) AND EXISTS (SELECT FROM pg_stat_activity
        WHERE usename = 'audit' AND datname = current_database())
    THEN
        RAISE 'audit is running: stop it before this migration, and start it after';
    END IF;
END $$"""
_TABLE = (
    "DROP TABLE audit.tile_hash",
    # Level 1: the root of 16 leaves; level 2: the root of 16 of those; and so on.
    """CREATE TABLE audit.tile_hash (
        level smallint CHECK (level BETWEEN 1 AND 15),
        number bigint CHECK (number >= 0),
        hash bytea NOT NULL CHECK (length(hash) = 32),
        PRIMARY KEY (level, number))""",
    "GRANT SELECT, INSERT ON audit.tile_hash TO audit",
)
# The whole tree height by height; every fourth is kept.
_FILLED = """DO $$ BEGIN
    CREATE TEMPORARY TABLE node ON COMMIT DROP AS
        SELECT leaf_index AS number, sha256('\\x00' || leaf) AS hash FROM audit.entry;
    FOR height IN 1..60 LOOP
        CREATE TEMPORARY TABLE above ON COMMIT DROP AS
            SELECT l.number / 2 AS number, sha256('\\x01' || l.hash || r.hash) AS hash
            FROM node l JOIN node r ON r.number = l.number + 1 WHERE l.number % 2 = 0;
        DROP TABLE node;
        ALTER TABLE above RENAME TO node;
        EXIT WHEN NOT EXISTS (SELECT FROM node);
        CONTINUE WHEN height % 4 <> 0;
        INSERT INTO audit.tile_hash (level, number, hash)
            SELECT height / 4, number, hash FROM node;
    END LOOP;
    DROP TABLE IF EXISTS node;
END $$"""
