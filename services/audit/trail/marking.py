"""The tables that entries are found by, beside the log's own. Commits nothing by itself."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.audit.trail.finding import FoundBy

SPAN: Final = 256
"""Of so many entries it is kept between which times their events happened."""

# Three tables in one statement: each has few rows of an append, and a statement has its own price.
# One configuration for what is kept and what is asked: the same words have the same stems.
_MARKS = text(
    "WITH names AS (INSERT INTO named (name, leaf_index)"
    " SELECT * FROM unnest(CAST(:names AS text[]), CAST(:named AS bigint[]))),"
    " words AS (INSERT INTO word (word, leaf_index) SELECT stem, leaf_index"
    " FROM unnest(CAST(:reasons AS text[]), CAST(:reasoned AS bigint[])) AS t(reason, leaf_index),"
    " unnest(tsvector_to_array(to_tsvector('pg_catalog.english', reason))) AS stem)"
    " INSERT INTO concerned (ref, referral, leaf_index) SELECT * FROM unnest(CAST(:refs AS uuid[]),"
    " CAST(:referrals AS uuid[]), CAST(:concerned AS bigint[])) ON CONFLICT DO NOTHING"
)
_STEMS = text("SELECT tsvector_to_array(to_tsvector('pg_catalog.english', :words))")
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
_SPANS = text(
    "INSERT INTO span (number, earliest, latest) SELECT leaf_index / :span, min(time), max(time)"
    " FROM entry WHERE leaf_index >= :first AND leaf_index < :below GROUP BY 1"
)


async def add(
    connection: AsyncConnection,
    first: int,
    found_by: Sequence[FoundBy],
    referrals: Sequence[UUID],
) -> None:
    """Say by what the entries from index `first` on are found."""
    numbered = list(enumerate(found_by, first))
    named = [(name, index) for index, found in numbered for name in found.names]
    reasoned = [(found.reason, index) for index, found in numbered if found.reason]
    concerned = [
        (ref, referral, index)
        for (index, found), referral in zip(numbered, referrals, strict=True)
        for ref in found.concerns
    ]
    await connection.execute(
        _MARKS,
        _columns("names named", named)
        | _columns("reasons reasoned", reasoned)
        | _columns("refs referrals concerned", concerned),
    )
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


async def add_spans(connection: AsyncConnection, size: int, new_size: int) -> None:
    """Keep between which times the events of each SPAN happened that the log has whole by now."""
    first, below = size // SPAN * SPAN, new_size // SPAN * SPAN
    if first < below:
        await connection.execute(_SPANS, {"span": SPAN, "first": first, "below": below})


async def stems(connection: AsyncConnection, words: str) -> list[str]:
    """What words are found by; empty if they are of those that every text has ("the", "of")."""
    found: list[str] = (await connection.execute(_STEMS, {"words": words})).scalar_one()
    return found


async def _insert(
    connection: AsyncConnection, statement: str, columns: str, rows: Sequence[tuple[Any, ...]]
) -> None:
    if rows:
        await connection.execute(text(statement), _columns(columns, rows))


def _columns(names: str, rows: Sequence[tuple[Any, ...]]) -> dict[str, list[Any]]:
    """Rows turned into one list a column, all of them empty where there are no rows."""
    return {name: [row[at] for row in rows] for at, name in enumerate(names.split())}
