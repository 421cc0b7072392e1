"""What a trail is looked for by: indexes in the log's order, and tables beside it.

Every way of looking is a list of indexes of entries in the log's order, so that a page is read from
where the one before ended, however many entries there are. None of it is proved by the tree: it
says where to look, and what is found there is proved.
"""

from alembic import op

from deploy.migrations import insert_only_1

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the tables, and fill them with what the log has already."""
    for statement in _TABLES:
        op.execute(statement)
    for table in ("named", "concerned", "merged", "parted", "span"):
        insert_only_1.create(table)
    for statement in (*_WORDS, *_FILLED):
        op.execute(statement)


_TABLES = (
    "CREATE INDEX ON audit.entry (type, leaf_index)",
    "CREATE INDEX ON audit.entry (agency, leaf_index) WHERE agency IS NOT NULL",
    # Everybody whom an entry names, in whatever part: who is asked, who decided, who has read.
    """CREATE TABLE audit.named (
        name text,
        leaf_index bigint,
        PRIMARY KEY (name, leaf_index))""",
    # `ref`: a person's reference or a pair's. `leaf_index`: the entry that said so first.
    """CREATE TABLE audit.concerned (
        ref uuid,
        referral uuid,
        leaf_index bigint NOT NULL,
        PRIMARY KEY (ref, referral))""",
    # Two references were found to be of one person, or of one pair. Both ways are looked along.
    """CREATE TABLE audit.merged (
        merge_id uuid,
        ref uuid,
        into_ref uuid,
        leaf_index bigint NOT NULL,
        PRIMARY KEY (merge_id, ref, into_ref))""",
    "CREATE INDEX ON audit.merged (ref)",
    "CREATE INDEX ON audit.merged (into_ref)",
    # A merge that was undone.
    """CREATE TABLE audit.parted (
        merge_id uuid PRIMARY KEY,
        leaf_index bigint NOT NULL)""",
    # The events of 256 entries happened between these times. An entry may come long after its
    # event, so that times do not follow the log's order; a row for 256 costs an append next to
    # nothing, where an index of every time would cost as much as that of every referral.
    """CREATE TABLE audit.span (
        number bigint PRIMARY KEY,
        earliest timestamptz NOT NULL,
        latest timestamptz NOT NULL)""",
    "GRANT SELECT, INSERT ON audit.named, audit.concerned, audit.merged, audit.parted,"
    " audit.span TO audit",
)

_WORDS = (
    # The words of the reasons that entries carry, reduced to their stems. Ordered lists, not GIN:
    # of a frequent word GIN would bring every entry before the first page could be shown.
    """CREATE TABLE audit.word (
        word text,
        leaf_index bigint,
        PRIMARY KEY (word, leaf_index))""",
    # They may be deleted, by the owner alone: words are content, and go when the content does.
    """CREATE TRIGGER never_changed BEFORE UPDATE ON audit.word
        FOR EACH ROW EXECUTE FUNCTION audit.refuse_change()""",
    """CREATE TRIGGER never_emptied BEFORE TRUNCATE ON audit.word
        FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change()""",
    "ALTER TABLE audit.word ENABLE ALWAYS TRIGGER never_changed",
    "ALTER TABLE audit.word ENABLE ALWAYS TRIGGER never_emptied",
    "GRANT SELECT, INSERT ON audit.word TO audit",
    # As it was, and the words with the content.
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
                EXECUTE format('DELETE FROM audit.word w USING audit.%I c'
                               ' WHERE w.leaf_index = c.leaf_index', old.relname);
                EXECUTE format('DROP TABLE audit.%I', old.relname);
                destroyed := destroyed + held;
            END LOOP;
            RETURN destroyed;
        END $$""",
)

# What the log has from before these tables is found as what comes after.
_FILLED = (
    """CREATE VIEW audit.said AS
        SELECT leaf_index, type, referral, convert_from(body, 'UTF8')::json -> 'data' AS data
        FROM audit.content JOIN audit.entry USING (leaf_index)""",
    """INSERT INTO audit.named (name, leaf_index)
        SELECT DISTINCT name, leaf_index FROM audit.said, LATERAL unnest(ARRAY[
            data ->> 'practitioner_id', data ->> 'to_practitioner_id', data ->> 'by',
            data ->> 'coordinator', data ->> 'reader', data ->> 'owner', data ->> 'told'])
            AS name WHERE length(name) BETWEEN 1 AND 500""",
    """INSERT INTO audit.concerned (ref, referral, leaf_index)
        SELECT ref::uuid, referral, min(leaf_index)
        FROM audit.said, LATERAL unnest(ARRAY[
            data ->> 'person_ref', data ->> 'pair_ref']) AS ref
        WHERE ref IS NOT NULL AND type IN ('referral.received.v1', 'referral.amended.v1')
        GROUP BY 1, 2""",
    """INSERT INTO audit.concerned (ref, referral, leaf_index)
        SELECT ref::uuid, referral, min(leaf_index)
        FROM audit.said, LATERAL unnest(ARRAY[
            data ->> 'person_ref', data ->> 'into_ref', data ->> 'from_ref']) AS ref
        WHERE ref IS NOT NULL AND type IN ('person.merged.v1', 'person.split.v1')
        GROUP BY 1, 2""",
    """INSERT INTO audit.merged (merge_id, ref, into_ref, leaf_index)
        SELECT (data ->> 'merge_id')::uuid, (data ->> 'person_ref')::uuid,
            (data ->> 'into_ref')::uuid, leaf_index
        FROM audit.said WHERE type = 'person.merged.v1'""",
    """INSERT INTO audit.merged (merge_id, ref, into_ref, leaf_index)
        SELECT (data ->> 'merge_id')::uuid, (moved ->> 'pair_ref')::uuid,
            (moved ->> 'into_ref')::uuid, leaf_index
        FROM audit.said,
            LATERAL json_array_elements(data -> 'pairs') AS moved
        WHERE type = 'person.merged.v1'""",
    """INSERT INTO audit.parted (merge_id, leaf_index)
        SELECT (data ->> 'merge_id')::uuid, leaf_index
        FROM audit.said WHERE type = 'person.split.v1'""",
    """INSERT INTO audit.span (number, earliest, latest)
        SELECT leaf_index / 256, min(time), max(time) FROM audit.entry
        GROUP BY 1 HAVING count(*) = 256""",
    """INSERT INTO audit.word (word, leaf_index)
        SELECT DISTINCT word, leaf_index FROM audit.said, LATERAL unnest(tsvector_to_array(
            to_tsvector('pg_catalog.english', left(translate(concat_ws(' ', data ->> 'reason',
                data ->> 'because', data ->> 'why', data ->> 'outcome', data ->> 'triggers',
                data ->> 'marac_triggers', data ->> 'problems'), '_', ' '), 2000)))) AS word""",
    "DROP VIEW audit.said",
)
