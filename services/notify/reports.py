"""What providers report afterwards: recorded first, then applied to the message.

A report may come before the answer to the call that it is about, twice, out of order, after
somebody was told by other means. What was recorded and not applied, because a process died in
between, is applied by the next look.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final, Literal, assert_never
from uuid import UUID

import structlog
from sqlalchemy import text

from services.notify import store
from services.notify.following import Following
from services.notify.outcomes import Arrived, DidNotArrive, Report
from services.notify.providers import Fate
from services.notify.together import Together, WriteFailed
from shared.bus.errors import describe
from shared.bus.work import UnitOfWork

log = structlog.get_logger()

Says = Literal["delivered", "undeliverable", "refused_address"]
"""The fates that end a message."""

LEFT_OVER_AFTER: Final = timedelta(seconds=10)
"""By then whoever recorded a report has applied it, or is dead."""


@dataclass
class Heard:
    """What a provider says of the message that it knows as `sent_as`. `known`: whether there is
    one, once it is recorded."""

    sent_as: UUID
    says: Says
    provider: str
    known: bool = False


def heard(sent_as: UUID, fate: Fate, provider: str) -> Heard | None:
    """A report of this fate; None where it says nothing final."""
    match fate:
        case "absent" | "taken":
            return None
        case "delivered" | "undeliverable" | "refused_address":
            return Heard(sent_as, fate, provider)
        case _:
            assert_never(fate)


def as_report(says: Says, provider: str | None) -> Report:
    """What it means for the message."""
    match says:
        case "delivered":
            return Arrived(provider)
        case "undeliverable":
            return DidNotArrive("the provider could not deliver it", provider)
        case "refused_address":
            return DidNotArrive("the provider says that the address is wrong", provider, True)
        case _:
            assert_never(says)


@dataclass
class Reports:
    """Records and applies; those that come together share their transactions."""

    unit: UnitOfWork
    following: Following
    _recording: Together[Heard] = field(init=False)
    _applying: Together[UUID] = field(init=False)

    def __post_init__(self) -> None:
        self._recording = Together(self._record)
        self._applying = Together(self._apply)

    async def take(self, report: Heard) -> None:
        """Return once it is recorded, and applied if that was possible at once.

        WriteFailed if it could not be recorded: then whoever told it must tell it again.
        """
        await self._recording.add(report)
        if not report.known:
            log.info("report.of_nothing_known", provider=report.provider)
            return
        try:
            await self._applying.add(report.sent_as)
        except WriteFailed as error:
            log.warning("report.not_applied", error=describe(error.__cause__ or error))

    async def apply_left_over(self, limit: int) -> None:
        """Apply what was recorded a while ago and never applied."""
        async with self.unit.engine.connect() as connection:
            found = await connection.execute(
                text(
                    "SELECT DISTINCT sent_as FROM delivery_report"
                    " WHERE applied_at IS NULL AND heard_at <= :until LIMIT :limit"
                ),
                {"until": self.unit.clock() - LEFT_OVER_AFTER, "limit": limit},
            )
            left_over = list(found.scalars())
        if left_over:
            await self._apply(left_over)

    async def _record(self, reports: Sequence[Heard]) -> None:
        async with self.unit.engine.begin() as connection:
            found = await connection.execute(
                text("SELECT sent_as FROM message WHERE sent_as = ANY(:ids)"),
                {"ids": [each.sent_as for each in reports]},
            )
            known = set(found.scalars())
            for each in reports:
                each.known = each.sent_as in known
            if not known:
                return
            await connection.execute(
                text(
                    "INSERT INTO delivery_report (sent_as, says, provider, heard_at)"
                    " VALUES (:sent_as, :says, :provider, :now) ON CONFLICT DO NOTHING"
                ),
                [
                    {
                        "sent_as": each.sent_as,
                        "says": each.says,
                        "provider": each.provider,
                        "now": self.unit.clock(),
                    }
                    # In one order: two transactions with the same reports cannot deadlock.
                    for each in sorted(reports, key=lambda each: (each.sent_as, each.says))
                    if each.known
                ],
            )

    async def _apply(self, sent_as: Collection[UUID]) -> None:
        async with self.unit.transaction() as transaction:
            now = self.unit.clock()
            # Whoever applies a report holds its message: of two, the second finds it applied.
            locked = await store.notices(transaction.connection, sent_as=set(sent_as))
            rows = await transaction.connection.execute(
                text(
                    "UPDATE delivery_report SET applied_at = :now"
                    " WHERE sent_as = ANY(:ids) AND applied_at IS NULL"
                    " RETURNING sent_as, says, provider"
                ),
                {"ids": sorted(set(sent_as)), "now": now},
            )
            said: dict[UUID, Report] = {}
            # What arrived has arrived, whatever else is said of it.
            for row in sorted(rows, key=lambda row: row.says == "delivered"):
                said[row.sent_as] = as_report(row.says, row.provider)
            outcomes = {m.id: said[m.sent_as] for ms in locked for m in ms if m.sent_as in said}
            await self.following.happened(transaction, locked, outcomes, now)
