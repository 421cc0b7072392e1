"""A witness over HTTP: c2sp.org/tlog-witness. Whoever may reach it may ask; the signature on the
checkpoint is all the sign-in that there is."""

from asyncio import to_thread
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, assert_never

from fastapi import FastAPI, Path, Request, Response

from services.audit.witness import (
    MAX_REQUEST_BYTES,
    Conflict,
    Cosigned,
    MemoryLost,
    Outcome,
    Rejected,
    Witness,
)
from shared.words import counted

TEXT = "text/plain; charset=utf-8"


def witness_app(
    witness: Witness, now: Callable[[], datetime], tell: Callable[[str], None]
) -> FastAPI:
    """`POST /add-checkpoint` and `GET /<origin hash>/checkpoint`. `tell` hears what a person who
    runs the witness should know."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)

    @app.post("/add-checkpoint")
    async def add_checkpoint(request: Request) -> Response:
        body = b""
        async for chunk in request.stream():
            body += chunk
            if len(body) > MAX_REQUEST_BYTES:
                break
        # On a thread: it waits for its turn, and for the disk.
        outcome = await to_thread(witness.add_checkpoint, body, now())
        tell(words(outcome))
        return _answer(outcome)

    @app.get("/{origin_hash}/checkpoint")
    async def checkpoint(
        origin_hash: Annotated[str, Path(pattern="^[0-9a-f]{64}$")],
    ) -> Response:
        note = await to_thread(witness.latest, origin_hash)
        if note is None:
            return Response("nothing of that log was cosigned here\n", 404, media_type=TEXT)
        return Response(note, media_type=TEXT, headers={"Cache-Control": "no-cache"})

    @app.exception_handler(MemoryLost)
    async def memory_lost(_request: Request, error: Exception) -> Response:
        tell(f"nothing is cosigned: {error}")
        return Response("the witness has lost its memory\n", 500, media_type=TEXT)

    return app


def words(outcome: Outcome) -> str:
    """What happened, for a person."""
    match outcome:
        case Cosigned(checkpoint=checkpoint):
            return (
                f"cosigned {checkpoint.origin} with {counted(checkpoint.size, 'entry', 'entries')}"
            )
        case Conflict(size):
            return f"asked from another size than {size}, which was cosigned last"
        case Rejected(status, reason):
            return f"NOT COSIGNED ({status}): {reason}"
        case _:
            assert_never(outcome)


def _answer(outcome: Outcome) -> Response:
    match outcome:
        case Cosigned(signature=signature):
            return Response(signature.line, media_type=TEXT)
        case Conflict(size):
            # As a header: given as a media type, a charset would be added.
            return Response(f"{size}\n", 409, headers={"Content-Type": "text/x.tlog.size"})
        case Rejected(status, reason):
            return Response(f"{reason}\n", status, media_type=TEXT)
        case _:
            assert_never(outcome)
