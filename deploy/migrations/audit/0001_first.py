"""The transparency log: what was heard, in order, and the hashes of the tree over it.

Nothing here is ever changed. The service's role may insert and read; triggers refuse the rest to
everybody, the tables' owner too, so that a slip with the owner's password alters nothing either.
(Who means to can drop a trigger: that the log was rewritten is shown by its proofs.)
"""

from alembic import op

from deploy.migrations import bus_1

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create everything that audit has at first."""
    bus_1.create("audit")
    for statement in _STATEMENTS:
        op.execute(statement)


def _insert_only(table: str) -> tuple[str, ...]:
    """Statements that refuse every change of a table's rows; ALWAYS: in a replica's session too."""
    return (
        f"""CREATE TRIGGER insert_only BEFORE UPDATE OR DELETE ON audit.{table}
            FOR EACH ROW EXECUTE FUNCTION audit.refuse_change()""",
        f"""CREATE TRIGGER never_emptied BEFORE TRUNCATE ON audit.{table}
            FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change()""",
        f"ALTER TABLE audit.{table} ENABLE ALWAYS TRIGGER insert_only",
        f"ALTER TABLE audit.{table} ENABLE ALWAYS TRIGGER never_emptied",
    )


_STATEMENTS = (
    """CREATE FUNCTION audit.refuse_change() RETURNS trigger
        LANGUAGE plpgsql SET search_path = pg_catalog AS $$
        BEGIN
            RAISE insufficient_privilege
                USING MESSAGE = format('%I.%I is for inserting only', TG_TABLE_SCHEMA,
                                       TG_TABLE_NAME);
        END $$""",
    # What a later question selects by stands here from the first day: a row cannot be filled in
    # afterwards. `leaf` is SHA-256(salt || received bytes), the data of the tree's leaf. The age
    # of a row is the server's to say (the role may not insert `logged_at`): content that claimed
    # to be old would be destroyed early.
    """CREATE TABLE audit.entry (
        leaf_index bigint PRIMARY KEY CHECK (leaf_index >= 0),
        event_id uuid NOT NULL UNIQUE,
        type text NOT NULL,
        producer text NOT NULL,
        referral uuid NOT NULL,
        time timestamptz NOT NULL,
        practitioner text,
        agency text,
        person_ref uuid,
        leaf bytea NOT NULL CHECK (length(leaf) = 32),
        logged_at timestamptz NOT NULL DEFAULT now())""",
    "CREATE INDEX ON audit.entry (referral, leaf_index)",
    # A month a partition: a month that is too old goes as a file, and no statement ever deletes
    # a row. Deleted rows would lie in their pages until a vacuum came by.
    """CREATE TABLE audit.content (
        leaf_index bigint NOT NULL,
        salt bytea NOT NULL CHECK (length(salt) = 32),
        body bytea NOT NULL,
        logged_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (leaf_index, logged_at)) PARTITION BY RANGE (logged_at)""",
    # Level 1: the root of 256 leaves; level 2: the root of 256 of those; and so on.
    """CREATE TABLE audit.tile_hash (
        level smallint CHECK (level BETWEEN 1 AND 7),
        number bigint CHECK (number >= 0),
        hash bytea NOT NULL CHECK (length(hash) = 32),
        PRIMARY KEY (level, number))""",
    *_insert_only("entry"),
    *_insert_only("content"),
    *_insert_only("tile_hash"),
    # Rows' triggers pass on to a partition; the one against emptying does not.
    """CREATE FUNCTION audit.open_content_months() RETURNS void
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
            END LOOP;
        END $$""",
    # 400 days: as long as the stream keeps the events themselves. It gives up after two seconds
    # rather than hold the sequencer up behind a long reader.
    """CREATE FUNCTION audit.destroy_content(before timestamptz) RETURNS bigint
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
                -- In the query the planner may ask every table's name for a month first.
                CONTINUE WHEN
                    (to_date(right(old.relname, 7), 'YYYY_MM') + interval '1 month')
                    AT TIME ZONE 'UTC' > before;
                EXECUTE format('SELECT count(*) FROM audit.%I', old.relname) INTO held;
                EXECUTE format('DROP TABLE audit.%I', old.relname);
                destroyed := destroyed + held;
            END LOOP;
            RETURN destroyed;
        END $$""",
    """REVOKE ALL ON FUNCTION audit.refuse_change(), audit.open_content_months(),
        audit.destroy_content(timestamptz) FROM PUBLIC""",
    """GRANT EXECUTE ON FUNCTION audit.open_content_months(),
        audit.destroy_content(timestamptz) TO audit""",
    "SELECT audit.open_content_months()",
    "GRANT SELECT ON audit.entry, audit.content, audit.tile_hash TO audit",
    """GRANT INSERT (leaf_index, event_id, type, producer, referral, time, practitioner,
        agency, person_ref, leaf) ON audit.entry TO audit""",
    "GRANT INSERT (leaf_index, salt, body) ON audit.content TO audit",
    "GRANT INSERT ON audit.tile_hash TO audit",
)
