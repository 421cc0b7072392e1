"""Who may do what in the database, as each role."""

import asyncpg
import pytest
import pytest_asyncio

from deploy.keys import OWNER, SUPERUSER
from deploy.postgres import roles
from tests.servers import Database, Postgres

SERVICES = ("intake", "triage", "notify", "audit")
OF_ANOTHER = [(role, schema) for role in SERVICES for schema in SERVICES if role != schema]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def tables(postgres: Postgres) -> Database:
    """A database in which each schema has a table that its service may read."""
    database = await postgres.fresh_database()
    owner = await database.connect(OWNER)
    for service in SERVICES:
        await owner.execute(f"CREATE TABLE {service}.kept AS SELECT '{service}' AS whose")
        await owner.execute(f"GRANT SELECT ON {service}.kept TO {service}")
    await owner.close()
    return database


async def refused(database: Database, role: str, statement: str) -> None:
    """Assert that a role lacks the privilege for a statement."""
    connection = await database.connect(role)
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)
    finally:
        await connection.close()


async def sign_in(database: Database, role: str, password: str | None) -> None:
    """Sign in as a role with a password of the test's choice."""
    connection = await asyncpg.connect(
        host=database.host,
        port=database.port,
        user=role,
        password=password,
        database=database.name,
    )
    await connection.close()


@pytest.mark.parametrize("service", SERVICES)
async def test_a_service_finds_its_own_schema(tables: Database, service: str) -> None:
    """A table is found without its schema's name: it is the service's own."""
    connection = await tables.connect(service)

    assert await connection.fetchval("SELECT whose FROM kept") == service
    await connection.close()


@pytest.mark.parametrize(("role", "schema"), OF_ANOTHER)
async def test_another_schema_is_closed(tables: Database, role: str, schema: str) -> None:
    """No service reads a table of another, whatever was granted there to its own service."""
    await refused(tables, role, f"TABLE {schema}.kept")


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE mine (x int)",
        "CREATE TABLE public.mine (x int)",
        "CREATE TEMPORARY TABLE mine (x int)",
        "CREATE SCHEMA mine",
        "DROP TABLE kept",
        "DELETE FROM kept",
        "TRUNCATE kept",
        "CREATE ROLE mine",
        "CREATE DATABASE mine",
        "ALTER ROLE intake SUPERUSER",
        "SET ROLE fingerpost_owner",
        "SELECT pg_read_file('postgresql.conf')",
        "COPY kept TO PROGRAM 'true'",
    ],
)
async def test_a_service_has_no_more_than_was_granted(
    tables: Database, service: str, statement: str
) -> None:
    """A service makes nothing, changes nothing that was not granted, and becomes nobody else."""
    await refused(tables, service, statement)


@pytest.mark.parametrize("role", [*SERVICES, OWNER])
async def test_other_databases_are_closed(tables: Database, role: str) -> None:
    """A role enters its own database: the server's own one refuses it."""
    elsewhere = Database(tables.keys, tables.host, tables.port, "postgres")

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await elsewhere.connect(role)


async def test_the_owner_is_no_superuser(tables: Database) -> None:
    """Who migrates owns the schemas and nothing beside them."""
    await refused(tables, OWNER, "CREATE ROLE mine")
    await refused(tables, OWNER, "ALTER ROLE intake PASSWORD 'mine'")


@pytest.mark.parametrize("password", [None, "", "guessed"])
@pytest.mark.parametrize("role", [*SERVICES, OWNER, SUPERUSER])
async def test_nobody_is_trusted(tables: Database, role: str, password: str | None) -> None:
    """Without its password no role is let in, from this machine neither."""
    with pytest.raises((asyncpg.InvalidPasswordError, asyncpg.InterfaceError)):
        await sign_in(tables, role, password)


@pytest.mark.parametrize("role", [*SERVICES, OWNER, SUPERUSER])
async def test_a_password_opens_one_role(tables: Database, role: str) -> None:
    """No role is let in with the password of another."""
    another = tables.keys.password("triage" if role != "triage" else "intake")

    with pytest.raises(asyncpg.InvalidPasswordError):
        await sign_in(tables, role, another)


async def test_declaring_again_changes_nothing(tables: Database) -> None:
    """A second declaration leaves tables and rights as they are."""
    await roles.declare(tables.keys, tables.host, tables.port, tables.name)

    connection = await tables.connect("triage")
    assert await connection.fetchval("SELECT whose FROM kept") == "triage"
    await connection.close()
