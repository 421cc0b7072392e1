"""Storing what became of messages: what is told of it, and what is tried instead, all at once.

Each state of a message is told once, in the transaction of its change. Its events take their ids
from the provider's reference, which is another one when a person sends the message again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID, uuid5

import structlog

from services.notify import delivery, notices, store, undelivered
from services.notify.addressing import Addressing
from services.notify.delivery import IN_TIME, InTime, Message, State
from services.notify.notices import FellBack
from services.notify.outcomes import DidNotArrive, Outcome, Report, Undeliverable
from services.notify.reach import BY_EMAIL, Reach
from shared.bus.work import Transaction, Work
from shared.events import AddressRefused, NotificationFellBack

log = structlog.get_logger()

PRACTITIONERS: Final = UUID("0b0f1c0e-4f5c-5c0f-8f5d-1d0f9a1f2f33")
"""What an event about a practitioner alone is told under is derived from this and their id."""


@dataclass(frozen=True)
class Following:
    """What follows when messages change. `in_time`: how long each may take."""

    addressing: Addressing
    in_time: InTime = IN_TIME

    async def happened(
        self,
        transaction: Transaction,
        locked: Sequence[Sequence[Message]],
        outcomes: Mapping[UUID, Outcome | Report],
        now: datetime,
    ) -> None:
        """Store and tell what `outcomes` (by message) make of the messages of `locked` notices,
        and what follows for each of these notices, be it only that time has passed."""
        changed: list[Message] = []
        instead: list[Message] = []
        for notice in locked:
            after = [
                delivery.after(each, outcomes[each.id], now) if each.id in outcomes else each
                for each in notice
            ]
            fell_back = await self._fall_back(transaction, after, now)
            marked = {each.id: each for each in (fell_back.failed if fell_back else ())}
            kept = _settled([marked.get(each.id, each) for each in after])
            for before, message in zip(notice, kept, strict=True):
                if message == before:
                    continue
                changed.append(message)
                work = Work(transaction, message.sent_as, now)
                await self._tell(before, message, outcomes.get(message.id), work)
            if fell_back:
                _tell_of(fell_back, transaction, now)
                instead += [fell_back.instead] if fell_back.instead else []
        await store.save(transaction.connection, changed, now)
        await store.queue(transaction, instead, now)

    async def _fall_back(
        self, transaction: Transaction, notice: Sequence[Message], now: datetime
    ) -> FellBack | None:
        if not notices.is_exhausted(notice, now):
            return None
        level = await store.level(transaction.connection, notice[0])
        reach = await self._reach(notice[0], transaction)
        return notices.fall_back(notice, reach, level, now, self.in_time)

    async def _reach(self, message: Message, transaction: Transaction) -> Reach:
        if message.practitioner_id is None or message.purpose in notices.BY_EMAIL_ALONE:
            return BY_EMAIL
        return await self.addressing.reach(message.practitioner_id, transaction.connection)

    async def _tell(
        self, before: Message, message: Message, outcome: Outcome | Report | None, work: Work
    ) -> None:
        log.info(
            "message.settled",
            message_id=str(message.id),
            purpose=message.purpose,
            about=str(message.assignment_id or message.action_id or message.referral_id),
            state=message.state,
            tries=message.tries,
            fell_back_to=message.fell_back_to,
        )
        if outcome is not None:
            for event in delivery.told(before, message, outcome):
                work.emit(event, message.subject, about=message.channel)
            if _refuses_address(outcome) and message.practitioner_id and before != message:
                refused = AddressRefused(
                    practitioner_id=message.practitioner_id, channel=message.channel
                )
                work.emit(refused, uuid5(PRACTITIONERS, message.practitioner_id))
        if delivery.waits(message) and not delivery.waits(before):
            await undelivered.park(message, _why(message, outcome), work)


def _settled(notice: Sequence[Message]) -> Sequence[Message]:
    """Once one message has told the recipient, nobody waits for the others to arrive."""
    if not any(delivery.has_told(each) for each in notice):
        return notice
    return [replace(each, deliver_by=None) if each.state is State.SENT else each for each in notice]


def _tell_of(fell_back: FellBack, transaction: Transaction, now: datetime) -> None:
    message = fell_back.failed[0]
    about = delivery.about_it(message)
    event = NotificationFellBack.model_validate(
        about | {"offer": message.offer, "to": fell_back.to}
    )
    Work(transaction, message.sent_as, now).emit(event, message.subject)
    log.info("message.fell_back", message_id=str(message.id), to=fell_back.to)


def _refuses_address(outcome: Outcome | Report) -> bool:
    return isinstance(outcome, Undeliverable | DidNotArrive) and outcome.address_refused


def _why(message: Message, outcome: Outcome | Report | None) -> str:
    if outcome is None:
        return "it failed, and no other way was left"
    return delivery.reason(message, outcome)
