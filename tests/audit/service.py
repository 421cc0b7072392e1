"""Audit as it runs: its app with real settings, and somebody who signs in to it."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import httpx2
from fastapi import FastAPI
from joserfc import jwt
from joserfc.jwk import ECKey

from deploy.keys import LOCAL_LOG, Keys
from services.audit.app import create_app
from services.audit.settings import AuditSettings
from shared.sign_in import ALGORITHM, AUDIENCE
from tests.servers import Database

NO_BROKER: Final = "nats://127.0.0.1:9"
"""The discard port: nobody listens there."""


def audit_app(database: Database, nats_url: str = NO_BROKER, **more: Any) -> FastAPI:
    """The app; without a broker its HTTP side stands all the same. `more`: other settings.

    It signs with the keys of the database, and remembers what it signed in a file of that one
    database."""
    settings: dict[str, Any] = {
        "log_origin": LOCAL_LOG,
        "log_key_files": (database.keys.log_key_file,),
        "log_memory_file": database.keys.log_memory_file.with_name(database.name),
        "witness_policy_file": database.keys.log_policy_file,
    }
    return create_app(
        AuditSettings(
            nats_url=nats_url,
            nats_seed_file=database.keys.seed_file("audit"),
            database_url=database.url("audit"),
            token_keys_file=database.keys.token_keys_file,
            port=0,
            **settings | more,
        )
    )


@asynccontextmanager
async def client(app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of the running app."""
    transport = httpx2.ASGITransport(app=app)
    async with (
        app.router.lifespan_context(app),
        httpx2.AsyncClient(transport=transport, base_url="http://audit.test") as http,
    ):
        yield http


def signed_in(keys: Keys, role: str) -> dict[str, str]:
    """The header of somebody with one role."""
    key = ECKey.import_key(json.loads(keys.token_signing_file.read_text()))
    expires = datetime.now(UTC) + timedelta(minutes=5)
    claims = {
        "sub": f"{role}-1",
        "roles": [role],
        "aud": AUDIENCE,
        "exp": int(expires.timestamp()),
    }
    token = jwt.encode({"alg": ALGORITHM, "kid": key.kid}, claims, key)
    return {"Authorization": f"Bearer {token}"}


async def until(holds: Callable[[], Awaitable[bool]], seconds: float = 30.0) -> None:
    """Ask again and again until it holds; TimeoutError if it does not in time."""
    async with asyncio.timeout(seconds):
        while not await holds():
            await asyncio.sleep(0.05)
