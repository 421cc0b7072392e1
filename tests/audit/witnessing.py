"""Witnesses on ports of their own, as other parties run them; some of them are slow or wrong."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path

from fastapi import FastAPI, Request, Response

from deploy.local.child import free_port
from services.audit.tlog.notes import Algorithm, SigningKey
from services.audit.tlog.witness_policy import Policy, parse_policy
from services.audit.witness import Conflict, Cosigned, Rejected, Witness
from tests.audit.served import served
from tests.audit.signing import OLD


def witness_key(name: str) -> SigningKey:
    """A witness's key, always the same for a name."""
    return SigningKey.generate(name, name.encode().ljust(32), Algorithm.COSIGNATURE)


def policy_of(urls: dict[str, str], quorum: str, log: SigningKey = OLD) -> str:
    """The log's key, witnesses by their names (no address: it comes by itself), and the quorum."""
    lines = [f"log {log.verifier}"]
    lines += [f"witness {name} {witness_key(name).verifier} {url}" for name, url in urls.items()]
    return "\n".join([*lines, f"group both all {' '.join(urls)}", f"quorum {quorum}", ""])


@dataclass
class OtherParty:
    """A witness with a memory of its own. `says`: what it answers instead of what it should;
    `takes`: the seconds over each answer."""

    name: str
    core: Witness
    says: tuple[int, bytes] | None = None
    silent: bool = False
    takes: float = 0.0
    asked: list[bytes] = field(default_factory=list)
    url: str = ""
    left: asyncio.Event = field(default_factory=asyncio.Event)

    def app(self) -> FastAPI:
        """Its HTTP side."""
        app = FastAPI()

        @app.post("/add-checkpoint")
        async def add_checkpoint(request: Request) -> Response:
            self.asked.append(await request.body())
            with suppress(TimeoutError):
                await asyncio.wait_for(self.left.wait(), self.takes)
            while self.silent and not self.left.is_set():
                await asyncio.sleep(0.05)
            if self.says is not None:
                return Response(self.says[1], self.says[0])
            outcome = await asyncio.to_thread(
                self.core.add_checkpoint, self.asked[-1], datetime.now(UTC)
            )
            match outcome:
                case Cosigned(signature):
                    return Response(signature.line.encode())
                case Conflict(size):
                    return Response(f"{size}\n", HTTPStatus.CONFLICT, media_type="text/x.tlog.size")
                case Rejected(status, reason):
                    return Response(reason, status)

        return app


@asynccontextmanager
async def other_party(
    folder: Path, name: str = "police", log: SigningKey = OLD
) -> AsyncIterator[OtherParty]:
    """A witness of the log, reachable until it is left."""
    knows = parse_policy(f"log {log.verifier}\nquorum none\n")
    party = OtherParty(name, Witness(knows, witness_key(name), folder / f"{name}.json"))
    async with served(party.app()) as party.url:
        try:
            yield party
        finally:
            # What is still waited for is answered, so that nothing has to be cut off.
            party.left.set()
        party.silent = False


def policy_for(parties: Iterable[OtherParty], quorum: str = "none") -> Policy:
    """The policy that asks these."""
    return parse_policy(policy_of({each.name: each.url for each in parties}, quorum))


def nobody_listens() -> str:
    """An address at which a witness is dead."""
    return f"http://127.0.0.1:{free_port()}"
