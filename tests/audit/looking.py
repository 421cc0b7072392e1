"""An auditor who looks, and a log that is signed up to its end."""

from typing import Any, Final

import httpx2
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from tests.audit.service import until

PURPOSE: Final = {"why": "inspection", "reference": "HMI/2026-7"}

_UNSIGNED: Final = text(
    "SELECT (SELECT coalesce(max(leaf_index) + 1, 0) FROM entry)"
    " > (SELECT coalesce(max(size), 0) FROM checkpoint)"
)


async def is_signed(connection: AsyncConnection) -> None:
    """Wait until a checkpoint covers all that the log has."""

    async def signed() -> bool:
        return not (await connection.execute(_UNSIGNED)).scalar_one()

    await until(signed)


async def pages(
    http: httpx2.AsyncClient, headers: dict[str, str], path: str = "trail", **asked: str
) -> list[dict[str, Any]]:
    """The pages of an answer, to its end."""
    found: list[dict[str, Any]] = []
    cursor: int | None = 0
    while cursor is not None:
        query = PURPOSE | asked | {"cursor": str(cursor)}
        answer = await http.get(f"/audit/api/{path}", params=query, headers=headers)
        assert answer.status_code == 200, answer.text
        found.append(answer.json())
        cursor = found[-1]["next"]
    return found


async def indexes(
    http: httpx2.AsyncClient, headers: dict[str, str], path: str = "trail", **asked: str
) -> list[int]:
    """Which entries an answer shows, over all its pages."""
    found = await pages(http, headers, path, **asked)
    return [entry["index"] for page in found for entry in page["entries"]]
