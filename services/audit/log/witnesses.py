"""Asks witnesses for their cosignatures (c2sp.org/tlog-witness), each in its own time.

A witness that is slow, away or wrong holds up neither the signer nor another witness. What it
saw last is what it cosigned last, as far as is known here; where it says otherwise, the proof
begins where it says.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

import httpx2
import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from services.audit.log import checkpoints, log
from services.audit.log.checkpoints import Signed
from services.audit.tlog.checkpoint import Checkpoint, cosigned
from services.audit.tlog.notes import (
    Note,
    NoteRefused,
    Signature,
    VerifierKey,
    exact_decimal,
    parse_signatures,
)
from services.audit.tlog.witness_policy import Policy
from services.audit.witness import request
from shared.bus.errors import describe

logger = structlog.get_logger()

ANSWER_SECONDS: Final = 10.0
LONGEST_ANSWER: Final = 64 * 1024
LOOK_SECONDS: Final = 5.0
"""Another process of this service may have signed: its news does not come here."""
PAUSES: Final = (1.0, 5.0, 15.0, 60.0)
"""Seconds after each failure in a row."""


class WitnessFailed(Exception):
    """A witness did not cosign; why."""


class WitnessObjects(WitnessFailed):
    """A witness says that the log does not go on from what it saw before."""


@dataclass
class Witnesses:
    """Those of a policy that have an address. `objected` is told, once, what a witness holds
    against the log."""

    engine: AsyncEngine
    policy: Policy
    objected: Callable[[str], Awaitable[None]]
    _news: list[asyncio.Event] = field(default_factory=list, init=False)

    def nudge(self) -> None:
        """There is a new checkpoint."""
        for each in self._news:
            each.set()

    async def run(self) -> None:
        """Ask all of them, for ever."""
        # The client's own patience is half as long.
        async with (
            httpx2.AsyncClient(timeout=ANSWER_SECONDS) as client,
            asyncio.TaskGroup() as group,
        ):
            for name, witness in self.policy.witnesses.items():
                if witness.url is not None:
                    news = asyncio.Event()
                    self._news.append(news)
                    group.create_task(self._follow(client, name, witness.key, witness.url, news))

    async def _follow(
        self,
        client: httpx2.AsyncClient,
        name: str,
        key: VerifierKey,
        url: str,
        news: asyncio.Event,
    ) -> None:
        """Ask one witness whenever there is something new."""
        failures, objection = 0, ""
        while True:
            news.clear()
            try:
                await self.ask(client, key, url)
                failures, objection = 0, ""
            except Exception as error:
                failures += 1
                reason = str(error) if isinstance(error, WitnessFailed) else describe(error)
                logger.warning("witness.failed", witness=name, reason=reason, failures=failures)
                if isinstance(error, WitnessObjects) and reason != objection:
                    objection = reason
                    await self._tell(name, reason)
                await asyncio.sleep(PAUSES[min(failures, len(PAUSES)) - 1])
                continue
            with suppress(TimeoutError):
                await asyncio.wait_for(news.wait(), LOOK_SECONDS)

    async def _tell(self, name: str, reason: str) -> None:
        try:
            await self.objected(f"{name}: {reason}")
        except Exception as error:  # it is in the log already, and the witness asks again
            logger.warning("alarm.failed", error=describe(error))

    async def ask(self, client: httpx2.AsyncClient, key: VerifierKey, url: str) -> None:
        """Have the latest checkpoint cosigned, if it is not yet. WitnessFailed, and whatever
        connecting to the witness or to the database raises."""
        async with self.engine.connect() as connection:
            signed = await checkpoints.latest(connection)
            if signed is None:
                return
            origin, size = signed.checkpoint.origin, signed.checkpoint.size
            seen = await checkpoints.size_seen_by(connection, origin, key)
            if seen == size and await checkpoints.is_cosigned_by(connection, signed, key):
                return
        answer = await self._post(client, url, signed, min(seen, size))
        if answer.status == HTTPStatus.CONFLICT:
            seen = _size_in(answer.body)
            if seen > size:
                raise await self._behind(seen)
            answer = await self._post(client, url, signed, seen)
        if answer.status == HTTPStatus.CONFLICT:
            raise WitnessFailed("it names another size each time")
        if answer.status == HTTPStatus.UNPROCESSABLE_ENTITY:
            # Of no size: each alarm is an entry, and another reason is another alarm.
            raise WitnessObjects("it does not find that the log goes on from what it saw")
        if answer.status != HTTPStatus.OK:
            raise WitnessFailed(f"it answered {answer.status}")
        async with self.engine.begin() as connection:
            await checkpoints.add_cosignatures(
                connection, signed.checkpoint, _cosignatures(signed.checkpoint, answer.body, key)
            )

    async def _behind(self, seen: int) -> WitnessFailed:
        """What it means that a witness saw more than what it was asked about."""
        async with self.engine.connect() as connection:
            newest = await checkpoints.latest(connection)
        size = newest.checkpoint.size if newest else 0
        if size >= seen:  # another process of this service was faster
            return WitnessFailed("there is a newer checkpoint already")
        return WitnessObjects(f"it saw {seen} entries, and fewer are signed")

    async def _post(
        self, client: httpx2.AsyncClient, url: str, signed: Signed, seen: int
    ) -> "_Answer":
        async with self.engine.connect() as connection:
            proof = await log.prove_consistency(connection, seen, signed.checkpoint.size)
        body = request(seen, proof, signed.note)
        # Of the whole exchange: a witness that answers byte by byte is slow, too.
        async with (
            asyncio.timeout(ANSWER_SECONDS),
            client.stream("POST", f"{url.rstrip('/')}/add-checkpoint", content=body) as response,
        ):
            answered = b""
            async for chunk in response.aiter_bytes():
                answered += chunk
                if len(answered) > LONGEST_ANSWER:
                    raise WitnessFailed("its answer is too long")
            return _Answer(response.status_code, answered)


@dataclass(frozen=True)
class _Answer:
    status: int
    body: bytes


def _size_in(body: bytes) -> int:
    """The size that a witness saw last, as it says with 409."""
    try:
        return exact_decimal(body.decode("ascii").removesuffix("\n"))
    except ValueError as error:
        raise WitnessFailed("it does not say which size it saw") from error


def _cosignatures(checkpoint: Checkpoint, body: bytes, key: VerifierKey) -> list[Signature]:
    """What the witness's own key signed, checked; other keys' lines are left."""
    try:
        signatures = tuple(s for s in parse_signatures(body.decode()) if s.is_of(key))
        if not cosigned(Note(checkpoint.text, signatures), [key]):
            raise WitnessFailed("its answer is of another key")
    except (NoteRefused, UnicodeDecodeError) as error:
        raise WitnessFailed("its answer is no cosignature") from error
    return list(signatures)
