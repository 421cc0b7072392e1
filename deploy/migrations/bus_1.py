"""The bus's tables in a service's schema, first form. Applied already: never change it here."""

from alembic import op


def create(service: str) -> None:
    """Inbox, outbox (a partition a month), parked and event numbers; with what the role may do."""
    for statement in _STATEMENTS:
        op.execute(statement.format(s=service))


_STATEMENTS = (
    """CREATE TABLE {s}.inbox (
        message_id uuid PRIMARY KEY,
        producer text,
        subject uuid,
        sequence integer,
        handled_at timestamptz NOT NULL,
        UNIQUE (producer, subject, sequence))""",
    "CREATE INDEX ON {s}.inbox USING brin (handled_at)",
    """CREATE TABLE {s}.outbox (
        position bigint GENERATED ALWAYS AS IDENTITY,
        message_id uuid NOT NULL,
        subject text NOT NULL,
        body bytea NOT NULL,
        created_at timestamptz NOT NULL,
        published_at timestamptz,
        stream_sequence bigint,
        PRIMARY KEY (position, created_at)) PARTITION BY RANGE (created_at)""",
    "CREATE INDEX ON {s}.outbox (position) WHERE published_at IS NULL",
    """CREATE TABLE {s}.parked (
        id uuid PRIMARY KEY,
        message_id uuid NOT NULL,
        stream text NOT NULL,
        subject text NOT NULL,
        reason text NOT NULL,
        body bytea,
        parked_at timestamptz NOT NULL,
        settled_at timestamptz,
        settled_how text CHECK (settled_how IN ('replayed', 'discarded')),
        settled_by text,
        settled_why text)""",
    "CREATE TABLE {s}.event_sequence (subject uuid PRIMARY KEY, last integer NOT NULL)",
    # A role without the right to create tables still opens the coming months, and closes those
    # whose events the stream no longer keeps.
    """CREATE FUNCTION {s}.keep_outbox(keep interval) RETURNS void
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
        DECLARE
            month date;
            old record;
        BEGIN
            FOR ahead IN 0..12 LOOP
                month := date_trunc('month', now() AT TIME ZONE 'UTC')::date
                         + make_interval(months => ahead);
                IF to_regclass(format('{s}.outbox_%s', to_char(month, 'YYYY_MM'))) IS NULL THEN
                    EXECUTE format(
                        'CREATE TABLE {s}.outbox_%s PARTITION OF {s}.outbox'
                        ' FOR VALUES FROM (%L) TO (%L)',
                        to_char(month, 'YYYY_MM'),
                        month::timestamp AT TIME ZONE 'UTC',
                        (month + interval '1 month') AT TIME ZONE 'UTC');
                END IF;
            END LOOP;
            FOR old IN SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
                WHERE i.inhparent = '{s}.outbox'::regclass
            LOOP
                -- In the query the planner may ask every table's name for a month first.
                CONTINUE WHEN
                    to_date(right(old.relname, 7), 'YYYY_MM') + interval '1 month' >= now() - keep;
                EXECUTE format('DROP TABLE {s}.%I', old.relname);
            END LOOP;
        END $$""",
    "REVOKE ALL ON FUNCTION {s}.keep_outbox(interval) FROM PUBLIC",
    "GRANT EXECUTE ON FUNCTION {s}.keep_outbox(interval) TO {s}",
    "SELECT {s}.keep_outbox(interval '400 days')",
    "GRANT SELECT, INSERT, DELETE ON {s}.inbox TO {s}",
    "GRANT SELECT, INSERT, UPDATE ON {s}.outbox, {s}.parked, {s}.event_sequence TO {s}",
)
