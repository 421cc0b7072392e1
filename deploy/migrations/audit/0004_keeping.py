"""What is missing, what is kept how long, who is erased: what audit knows of it, and may do.

Content is deleted by two functions alone, and only what stands in `destruction` by then, which is
for inserting only: of every leaf whose content is gone it is known why. The one function destroys
what is older than 400 days; the other what an erasure lists that is itself in the log.
"""

from alembic import op

from deploy.migrations import bus_2, insert_only_1

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the tables and the functions."""
    bus_2.create("audit")
    for statement in _STATEMENTS:
        op.execute(statement)
    insert_only_1.create("finding")
    insert_only_1.create("destruction")


_STATEMENTS = (
    # The producer's own number of an event. Of what was logged before it stays unknown.
    "ALTER TABLE audit.entry ADD COLUMN sequence integer",
    "GRANT INSERT (sequence) ON audit.entry TO audit",
    """CREATE TABLE audit.finding (
        finding_id uuid PRIMARY KEY,
        kind text NOT NULL,
        about text NOT NULL,
        referral uuid,
        detail text NOT NULL,
        found_at timestamptz NOT NULL)""",
    "CREATE INDEX ON audit.finding (found_at DESC, finding_id)",
    "GRANT SELECT, INSERT ON audit.finding TO audit",
    # Since when the trail is watched; the entries below `upto` were looked at as they came, those
    # below `again` once more in the present round over the whole log.
    """CREATE TABLE audit.watch (
        one boolean PRIMARY KEY DEFAULT true CHECK (one),
        since timestamptz NOT NULL,
        upto bigint NOT NULL,
        again bigint NOT NULL)""",
    # When a referral is to be looked at because by then something more must have happened.
    """CREATE TABLE audit.awaited (
        referral uuid PRIMARY KEY,
        due_at timestamptz NOT NULL)""",
    "CREATE INDEX ON audit.awaited (due_at)",
    "GRANT SELECT, INSERT, UPDATE ON audit.watch TO audit",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON audit.awaited TO audit",
    # The days of which the checkpoint was told; the erasures that were carried out.
    "CREATE TABLE audit.stated_day (day date PRIMARY KEY)",
    """CREATE TABLE audit.carried_out (
        erasure uuid PRIMARY KEY,
        entries bigint NOT NULL,
        at timestamptz NOT NULL)""",
    "GRANT SELECT, INSERT ON audit.stated_day, audit.carried_out TO audit",
    """CREATE TABLE audit.destruction (
        leaf_index bigint PRIMARY KEY,
        because text NOT NULL CHECK (because IN ('schedule', 'erasure')),
        erasure uuid,
        at timestamptz NOT NULL DEFAULT now(),
        CHECK ((because = 'erasure') = (erasure IS NOT NULL)))""",
    "CREATE INDEX ON audit.destruction (erasure) WHERE erasure IS NOT NULL",
    "GRANT SELECT ON audit.destruction TO audit",
    """CREATE FUNCTION audit.refuse_unrecorded() RETURNS trigger
        LANGUAGE plpgsql SET search_path = pg_catalog AS $$
        BEGIN
            IF EXISTS (SELECT FROM audit.destruction WHERE leaf_index = OLD.leaf_index) THEN
                RETURN OLD;
            END IF;
            RAISE insufficient_privilege
                USING MESSAGE = 'content goes by the schedule or by an erasure, and is noted then';
        END $$""",
    "DROP TRIGGER insert_only ON audit.content",
    """CREATE TRIGGER insert_only BEFORE UPDATE ON audit.content
        FOR EACH ROW EXECUTE FUNCTION audit.refuse_change()""",
    """CREATE TRIGGER destroyed_on_record BEFORE DELETE ON audit.content
        FOR EACH ROW EXECUTE FUNCTION audit.refuse_unrecorded()""",
    "ALTER TABLE audit.content ENABLE ALWAYS TRIGGER insert_only",
    "ALTER TABLE audit.content ENABLE ALWAYS TRIGGER destroyed_on_record",
    """CREATE FUNCTION audit.destroy_content_of_types(types text[], before timestamptz)
        RETURNS bigint
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog SET lock_timeout = '2s'
        AS $$
        DECLARE
            destroyed bigint;
        BEGIN
            IF before IS NULL OR before > now() - interval '400 days' THEN
                RAISE insufficient_privilege
                    USING MESSAGE = 'content younger than 400 days is not destroyed';
            END IF;
            CREATE TEMPORARY TABLE gone ON COMMIT DROP AS
                SELECT c.leaf_index, c.logged_at FROM audit.content c
                JOIN audit.entry e USING (leaf_index)
                WHERE c.logged_at < before AND e.type = ANY(types);
            INSERT INTO audit.destruction (leaf_index, because)
                SELECT leaf_index, 'schedule' FROM pg_temp.gone ON CONFLICT DO NOTHING;
            DELETE FROM audit.word w USING pg_temp.gone g WHERE w.leaf_index = g.leaf_index;
            DELETE FROM audit.content c USING pg_temp.gone g
                WHERE c.leaf_index = g.leaf_index AND c.logged_at = g.logged_at;
            GET DIAGNOSTICS destroyed = ROW_COUNT;
            DROP TABLE pg_temp.gone;
            RETURN destroyed;
        END $$""",
    # The log says whom; nobody else can. That somebody was erased, who read what, and the tallies
    # stay in any case.
    """CREATE FUNCTION audit.destroy_content_of_erased(erased uuid, types text[]) RETURNS bigint
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog SET lock_timeout = '2s'
        AS $$
        DECLARE
            referrals uuid[];
            destroyed bigint;
        BEGIN
            SELECT array(SELECT jsonb_array_elements_text(
                    convert_from(c.body, 'UTF8')::jsonb #> '{data,referral_ids}')::uuid)
                INTO referrals FROM audit.entry e JOIN audit.content c USING (leaf_index, logged_at)
                WHERE e.event_id = erased AND e.type = 'person.erased.v1' AND e.producer = 'intake';
            IF referrals IS NULL OR types && ARRAY[
                    'person.erased.v1', 'access.recorded.v1', 'tally.stated.v1'] THEN
                RAISE insufficient_privilege
                    USING MESSAGE = 'no such erasure is in the log, or it does not reach so far';
            END IF;
            INSERT INTO audit.destruction (leaf_index, because, erasure)
                SELECT c.leaf_index, 'erasure', erased FROM audit.entry e
                JOIN audit.content c USING (leaf_index, logged_at)
                WHERE e.referral = ANY(referrals) AND e.type = ANY(types) ON CONFLICT DO NOTHING;
            DELETE FROM audit.word w USING audit.destruction d
                WHERE d.erasure = erased AND w.leaf_index = d.leaf_index;
            DELETE FROM audit.content c USING audit.destruction d
                JOIN audit.entry e USING (leaf_index)
                WHERE d.erasure = erased AND c.leaf_index = e.leaf_index
                AND c.logged_at = e.logged_at;
            GET DIAGNOSTICS destroyed = ROW_COUNT;
            RETURN destroyed;
        END $$""",
    """REVOKE ALL ON FUNCTION audit.refuse_unrecorded(),
        audit.destroy_content_of_types(text[], timestamptz),
        audit.destroy_content_of_erased(uuid, text[]) FROM PUBLIC""",
    """GRANT EXECUTE ON FUNCTION audit.destroy_content_of_types(text[], timestamptz),
        audit.destroy_content_of_erased(uuid, text[]) TO audit""",
    # Deleted rows lie in their pages until a vacuum comes by, which is audit's to call.
    "GRANT MAINTAIN ON audit.content, audit.word TO audit",
    """DO $$ DECLARE month regclass; BEGIN
        FOR month IN SELECT inhrelid::regclass FROM pg_inherits
            WHERE inhparent = 'audit.content'::regclass
        LOOP
            EXECUTE format('GRANT MAINTAIN ON %s TO audit', month);
        END LOOP;
    END $$""",
    # As it was, with that right for each new month.
    """CREATE OR REPLACE FUNCTION audit.open_content_months() RETURNS void
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog SET lock_timeout = '2s'
        AS $$
        DECLARE
            month date;
            name text;
        BEGIN
            FOR ahead IN 0..12 LOOP
                month := date_trunc('month', now() AT TIME ZONE 'UTC')::date
                         + make_interval(months => ahead);
                name := to_char(month, '"content_"YYYY_MM');
                CONTINUE WHEN to_regclass('audit.' || name) IS NOT NULL;
                EXECUTE format(
                    'CREATE TABLE audit.%I PARTITION OF audit.content FOR VALUES FROM (%L) TO (%L)',
                    name,
                    month::timestamp AT TIME ZONE 'UTC',
                    (month + interval '1 month') AT TIME ZONE 'UTC');
                EXECUTE format(
                    'CREATE TRIGGER never_emptied BEFORE TRUNCATE ON audit.%I'
                    ' FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change()', name);
                EXECUTE format(
                    'ALTER TABLE audit.%I ENABLE ALWAYS TRIGGER never_emptied', name);
                EXECUTE format('GRANT MAINTAIN ON audit.%I TO audit', name);
            END LOOP;
        END $$""",
)
