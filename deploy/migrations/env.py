"""Alembic's entry: runs on the connection that it is given, with a version table a schema."""

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    version_table="schema_version",
    version_table_schema=context.config.attributes["schema"],
    transactional_ddl=True,
)

with context.begin_transaction():
    context.run_migrations()
