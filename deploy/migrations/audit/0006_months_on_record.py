"""A month of content that goes is noted entry by entry, as all other destruction is.

So content that is gone without a note was taken away by somebody, and the watch says so.
"""

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Let the function note what it destroys; note what it destroyed so far."""
    for statement in _STATEMENTS:
        op.execute(statement)


_STATEMENTS = (
    """CREATE OR REPLACE FUNCTION audit.destroy_content(before timestamptz) RETURNS bigint
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog SET lock_timeout = '2s'
        AS $$
        DECLARE
            old record;
            held bigint;
            destroyed bigint := 0;
        BEGIN
            IF before IS NULL OR before > now() - interval '400 days' THEN
                RAISE insufficient_privilege
                    USING MESSAGE = 'content younger than 400 days is not destroyed';
            END IF;
            FOR old IN SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
                WHERE i.inhparent = 'audit.content'::regclass
            LOOP
                CONTINUE WHEN
                    (to_date(right(old.relname, 7), 'YYYY_MM') + interval '1 month')
                    AT TIME ZONE 'UTC' > before;
                EXECUTE format('SELECT count(*) FROM audit.%I', old.relname) INTO held;
                EXECUTE format('INSERT INTO audit.destruction (leaf_index, because)'
                               ' SELECT leaf_index, ''schedule'' FROM audit.%I'
                               ' ON CONFLICT DO NOTHING', old.relname);
                EXECUTE format('DELETE FROM audit.word w USING audit.%I c'
                               ' WHERE w.leaf_index = c.leaf_index', old.relname);
                EXECUTE format('DROP TABLE audit.%I', old.relname);
                destroyed := destroyed + held;
            END LOOP;
            RETURN destroyed;
        END $$""",
    # Whole months went without a note until now, and nothing younger could.
    """INSERT INTO audit.destruction (leaf_index, because)
        SELECT leaf_index, 'schedule' FROM audit.entry e
        WHERE logged_at < now() - interval '400 days'
        AND NOT EXISTS (SELECT FROM audit.content c
            WHERE c.leaf_index = e.leaf_index AND c.logged_at = e.logged_at)
        ON CONFLICT DO NOTHING""",
)
