"""Links and codes whose time is over are forgotten: whoever tries one is answered as before."""

import asyncio
from dataclasses import dataclass
from typing import Final

import structlog
from sqlalchemy import text

from shared.bus.errors import describe
from shared.bus.work import UnitOfWork

log = structlog.get_logger()

EVERY_SECONDS: Final = 24 * 3600


@dataclass(frozen=True)
class Forgetting:
    """Removes what is over, once a day."""

    unit: UnitOfWork

    async def run(self) -> None:
        """For as long as the service runs."""
        while True:
            try:
                await self.forget()
            except Exception as error:  # tried again tomorrow; what is over opens nothing anyway
                log.warning("links.not_forgotten", error=describe(error))
            await asyncio.sleep(EVERY_SECONDS)

    async def forget(self) -> None:
        """What is over now."""
        async with self.unit.transaction() as transaction:
            for table in ("link", "short_code"):
                await transaction.connection.execute(
                    text(f"DELETE FROM {table} WHERE expires_at <= :now"),  # noqa: S608 - ours
                    {"now": self.unit.clock()},
                )
