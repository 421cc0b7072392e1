"""The schedule by which content is destroyed: whole months, once they are older than is kept."""

import asyncio
from dataclasses import dataclass

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.bus.errors import describe

logger = structlog.get_logger()

DAY_SECONDS = 24 * 3600


@dataclass(frozen=True)
class Retention:
    """Opens the coming months of content, and destroys those that are over."""

    engine: AsyncEngine
    retain_days: int

    async def keep(self) -> int:
        """Once. Returns how many entries lost their content; a month goes when all of it is older
        than `retain_days`."""
        async with self.engine.begin() as connection:
            await connection.execute(text("SELECT open_content_months()"))
            destroyed = await connection.execute(
                text("SELECT destroy_content(now() - make_interval(days => :days))"),
                {"days": self.retain_days},
            )
            return int(destroyed.scalar_one())

    async def run(self) -> None:
        """Every day, for ever. A day that fails is made up for by the next."""
        while True:
            try:
                destroyed = await self.keep()
                if destroyed:
                    logger.info("content.destroyed", entries=destroyed)
            except Exception as error:  # the months are open a year ahead: tomorrow will do
                logger.warning("retention.failed", error=describe(error))
            await asyncio.sleep(DAY_SECONDS)
