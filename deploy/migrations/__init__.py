"""Each service's schema, brought to its newest form by the owner of the tables.

A service's own role may read and write as its migrations grant, and cannot change its tables.
"""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

from shared.subjects import SERVICES, Service

_HERE = Path(__file__).parent


async def migrate(owner_url: str) -> None:
    """Apply what is missing, service by service. `owner_url`: postgresql+asyncpg://, the owner."""
    engine = create_async_engine(owner_url, hide_parameters=True)
    try:
        for service in SERVICES:
            async with engine.begin() as connection:
                await connection.run_sync(_upgrade, service)
    finally:
        await engine.dispose()


def _upgrade(connection: Connection, service: Service) -> None:
    config = Config()
    config.set_main_option("script_location", str(_HERE))
    config.set_main_option("version_locations", str(_HERE / service))
    config.set_main_option("path_separator", "newline")
    config.attributes.update(connection=connection, schema=service)
    command.upgrade(config, "head")
