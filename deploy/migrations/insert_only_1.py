"""Audit's tables that are for inserting only, first form. Applied already: never change it here."""

from alembic import op


def create(table: str) -> None:
    """Refuse every change of a table's rows, to its owner too; the first migration of audit made
    the function. ALWAYS: in a replica's session as well."""
    for statement in _STATEMENTS:
        op.execute(statement.format(table=table))


_STATEMENTS = (
    """CREATE TRIGGER insert_only BEFORE UPDATE OR DELETE ON audit.{table}
        FOR EACH ROW EXECUTE FUNCTION audit.refuse_change()""",
    """CREATE TRIGGER never_emptied BEFORE TRUNCATE ON audit.{table}
        FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change()""",
    "ALTER TABLE audit.{table} ENABLE ALWAYS TRIGGER insert_only",
    "ALTER TABLE audit.{table} ENABLE ALWAYS TRIGGER never_emptied",
)
