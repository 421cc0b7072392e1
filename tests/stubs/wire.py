"""As much of HTTP as a stub needs: one request a connection, JSON both ways."""

import asyncio
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Request:
    """What was asked. `headers`: by their names in small letters; `form`: the body's JSON."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    form: dict[str, Any]


async def read_request(reader: asyncio.StreamReader) -> Request:
    """The one request of a connection; IncompleteReadError if it ends before."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    line, *fields = head.strip().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (f.partition(":") for f in fields)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    method, target, _ = line.split(" ")
    parts = urlsplit(target)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    return Request(method, parts.path, query, headers, json.loads(body) if body else {})


async def say(writer: asyncio.StreamWriter, status: int, said: dict[str, Any]) -> None:
    """Answer it, and hang up."""
    body = json.dumps(said).encode()
    head = (
        f"HTTP/1.1 {status} Stub\r\n"
        "Content-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n"
        "Connection: close\r\n\r\n"
    )
    writer.write(head.encode() + body)
    await writer.drain()
    writer.close()
