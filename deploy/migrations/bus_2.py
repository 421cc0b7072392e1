"""Of which hours a service has stated how many events it told, and by what it counts them."""

from alembic import op


def create(service: str) -> None:
    """A row an hour, inserted once and never changed; with what the service's role may do."""
    for statement in _STATEMENTS:
        op.execute(statement.format(s=service))


_STATEMENTS = (
    "CREATE TABLE {s}.tally (until timestamptz PRIMARY KEY)",
    "GRANT SELECT, INSERT ON {s}.tally TO {s}",
    # Rows lie in the order of their times, so a small index leads to the few pages of one hour.
    "CREATE INDEX ON {s}.outbox USING brin (created_at) WITH (pages_per_range = 16)",
)
