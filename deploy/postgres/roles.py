"""The database `fingerpost`: an owner, and for each service a role and a schema of its own.

The owner's part is to migrate; a service's role may use its own schema alone. What it may do to a
table there is granted by the migration that makes the table, since audit's log is for inserting
only.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final
from urllib.parse import quote

import asyncpg

from deploy.keys import OWNER, SUPERUSER, Keys
from shared.subjects import SERVICES

DATABASE: Final = "fingerpost"


class RolesError(Exception):
    """The roles cannot be declared; the text says why and holds no password."""


def url(keys: Keys, role: str, host: str, port: int, database: str = DATABASE) -> str:
    """The address of the database for one role, password and all, as SQLAlchemy takes it."""
    password = quote(keys.password(role), safe="")
    return f"postgresql+asyncpg://{role}:{password}@{host}:{port}/{database}"


async def declare(keys: Keys, host: str, port: int, database: str = DATABASE) -> None:
    """Make the roles, the database, its schemas and their rights, or bring them up to date.

    Passwords become those of `keys`. Needs the superuser's password there; RolesError if the
    server cannot be reached or refuses.
    """
    async with _superuser(keys, host, port, SUPERUSER) as server:
        # Two that declare at once would both miss a role and both make it.
        await server.execute("SELECT pg_advisory_lock(hashtext('fingerpost roles'))")
        for role in (OWNER, *SERVICES):
            await _role(server, role, keys.password(role))
        exists = await server.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", database)
        if not exists:
            await _execute(
                server,
                "CREATE DATABASE %I OWNER %I ENCODING 'UTF8' TEMPLATE template0",
                database,
                OWNER,
            )
        for everybodys in (database, "postgres", "template1"):
            await _execute(server, "REVOKE ALL ON DATABASE %I FROM PUBLIC", everybodys)
        for role in (OWNER, *SERVICES):
            await _execute(server, "GRANT CONNECT ON DATABASE %I TO %I", database, role)
        async with _superuser(keys, host, port, database) as inside:
            await _schemas(inside, database)


async def _role(server: asyncpg.Connection, role: str, password: str) -> None:
    exists = await server.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", role)
    async with server.transaction():
        # The statement holds the password: it is not for the server's log.
        await server.execute("SET LOCAL log_statement = 'none'")
        await server.execute("SET LOCAL log_min_error_statement = 'panic'")
        await server.execute("SET LOCAL log_min_duration_statement = -1")
        await _execute(
            server,
            f"{'ALTER' if exists else 'CREATE'} ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE"
            " NOREPLICATION NOBYPASSRLS PASSWORD %L",
            role,
            password,
        )


async def _schemas(inside: asyncpg.Connection, database: str) -> None:
    async with inside.transaction():
        await inside.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
        for service in SERVICES:
            await _execute(
                inside, "CREATE SCHEMA IF NOT EXISTS %I AUTHORIZATION %I", service, OWNER
            )
            await _execute(inside, "REVOKE ALL ON SCHEMA %I FROM PUBLIC", service)
            await _execute(inside, "GRANT USAGE ON SCHEMA %I TO %I", service, service)
            await _execute(
                inside,
                "ALTER ROLE %I IN DATABASE %I SET search_path = %I",
                service,
                database,
                service,
            )


async def _execute(connection: asyncpg.Connection, statement: str, *names: str) -> None:
    """Run a statement that takes no parameters, its names and texts quoted by the server."""
    marks = ", ".join(f"${number}::text" for number in range(2, len(names) + 2))
    await connection.execute(
        await connection.fetchval(f"SELECT format($1::text, {marks})", statement, *names)
    )


@asynccontextmanager
async def _superuser(
    keys: Keys, host: str, port: int, database: str
) -> AsyncIterator[asyncpg.Connection]:
    try:
        connection = await asyncpg.connect(
            host=host,
            port=port,
            user=SUPERUSER,
            password=keys.password(SUPERUSER),
            database=database,
            timeout=10,
        )
    except (OSError, asyncpg.PostgresError) as error:
        raise RolesError(f"no connection to PostgreSQL at {host}:{port}: {error}") from error
    try:
        yield connection
    except asyncpg.PostgresError as error:
        raise RolesError(f"PostgreSQL refused: {error}") from error
    finally:
        await connection.close()
