"""The tables that entries are found by, beside the log's own. Commits nothing by itself."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.audit.finding import FoundBy
from services.audit.tiles import WIDTH

_NAMED = (
    "INSERT INTO named (name, leaf_index)"
    " SELECT * FROM unnest(CAST(:names AS text[]), CAST(:indexes AS bigint[]))"
)
# One configuration for what is kept and what is asked: the same words have the same stems.
_WORDS = (
    "INSERT INTO word (word, leaf_index) SELECT stem, leaf_index"
    " FROM unnest(CAST(:reasons AS text[]), CAST(:indexes AS bigint[])) AS t(reason, leaf_index),"
    " unnest(tsvector_to_array(to_tsvector('pg_catalog.english', reason))) AS stem"
)
_STEMS = text("SELECT tsvector_to_array(to_tsvector('pg_catalog.english', :words))")
_CONCERNED = (
    "INSERT INTO concerned (ref, referral, leaf_index) SELECT * FROM unnest(CAST(:refs AS uuid[]),"
    " CAST(:referrals AS uuid[]), CAST(:indexes AS bigint[])) ON CONFLICT DO NOTHING"
)
_MERGED = (
    "INSERT INTO merged (merge_id, ref, into_ref, leaf_index)"
    " SELECT * FROM unnest(CAST(:merges AS uuid[]), CAST(:refs AS uuid[]),"
    " CAST(:into AS uuid[]), CAST(:indexes AS bigint[])) ON CONFLICT DO NOTHING"
)
_PARTED = (
    "INSERT INTO parted (merge_id, leaf_index)"
    " SELECT * FROM unnest(CAST(:merges AS uuid[]), CAST(:indexes AS bigint[]))"
    " ON CONFLICT DO NOTHING"
)
_SPAN = text(
    "INSERT INTO span (number, earliest, latest) SELECT :number, min(time), max(time) FROM entry"
    " WHERE leaf_index >= :first AND leaf_index < :below"
)


async def add(
    connection: AsyncConnection,
    first: int,
    found_by: Sequence[FoundBy],
    referrals: Sequence[UUID],
) -> None:
    """Say by what the entries from index `first` on are found."""
    numbered = list(enumerate(found_by, first))
    await _insert(
        connection, _NAMED, "names indexes", [(n, i) for i, f in numbered for n in f.names]
    )
    await _insert(
        connection, _WORDS, "reasons indexes", [(f.reason, i) for i, f in numbered if f.reason]
    )
    concerned = [
        (ref, referral, index)
        for (index, found), referral in zip(numbered, referrals, strict=True)
        for ref in found.concerns
    ]
    await _insert(connection, _CONCERNED, "refs referrals indexes", concerned)
    merged = [
        (found.merge.merge_id, was, into, index)
        for index, found in numbered
        if found.merge
        for was, into in found.merge.pairs
    ]
    await _insert(connection, _MERGED, "merges refs into indexes", merged)
    await _insert(
        connection, _PARTED, "merges indexes", [(f.parted, i) for i, f in numbered if f.parted]
    )


async def add_span(connection: AsyncConnection, number: int) -> None:
    """Keep between which times the events of a full tile of leaves happened."""
    given = {"number": number, "first": number * WIDTH, "below": (number + 1) * WIDTH}
    await connection.execute(_SPAN, given)


async def stems(connection: AsyncConnection, words: str) -> list[str]:
    """What words are found by; empty if they are of those that every text has ("the", "of")."""
    found: list[str] = (await connection.execute(_STEMS, {"words": words})).scalar_one()
    return found


async def _insert(
    connection: AsyncConnection, statement: str, columns: str, rows: Sequence[tuple[Any, ...]]
) -> None:
    if rows:
        given = dict(zip(columns.split(), map(list, zip(*rows, strict=True)), strict=True))
        await connection.execute(text(statement), given)
