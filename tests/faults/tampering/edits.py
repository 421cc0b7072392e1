"""Edits of every column, rows taken away, added and exchanged."""

from collections.abc import Callable
from random import Random
from typing import Final
from uuid import UUID

from tests.faults.tampering import honest
from tests.faults.tampering.mutation import Maker, Mutation, Step, Weighted, step

SHOWN: Final = ("event_id", "type", "producer", "referral", "time")
SEARCHED: Final = ("practitioner", "agency", "person_ref", "sequence", "logged_at")

_KEYS: Final = {
    "entry": "leaf_index",
    "content": "leaf_index",
    "tile_hash": "level * 100 + number",
    "checkpoint": "size",
    "cosignature": "size",
}
_COLUMNS: Final[dict[str, dict[str, str]]] = {
    "entry": {
        "leaf_index": "number",
        "event_id": "uuid",
        "type": "text",
        "producer": "text",
        "referral": "uuid",
        "time": "time",
        "practitioner": "text",
        "agency": "text",
        "person_ref": "uuid",
        "leaf": "bytes",
        "logged_at": "time",
        "sequence": "number",
    },
    "content": {"leaf_index": "number", "salt": "bytes", "body": "bytes", "logged_at": "time"},
    "tile_hash": {"level": "number", "number": "number", "hash": "bytes"},
    "checkpoint": {
        "number": "number",
        "origin": "text",
        "size": "number",
        "root": "bytes",
        "note": "bytes",
        "signed_at": "time",
    },
    "cosignature": {
        "origin": "text",
        "size": "number",
        "root": "bytes",
        "name": "text",
        "key_id": "bytes",
        "line": "text",
        "received_at": "time",
    },
}
COLUMNS: Final = frozenset(
    f"{table}.{column}" for table, columns in _COLUMNS.items() for column in columns
)
_SHORT: Final = {"leaf", "salt", "hash", "root"}
_SPEAKS: Final = {"body": 200, "note": 150, "key_id": 4}
"""A byte below this place there is in every row."""


def any_index(random: Random) -> int:
    """An entry, as often of the few that nobody remembers as of the many that somebody does."""
    borders = (0, honest.COSIGNED, honest.REMEMBERED, honest.SIGNED, honest.LOGGED)
    part = random.choice((0, 0, 1, 1, 2, 3))
    return random.randrange(borders[part], borders[part + 1])


def any_row(random: Random, table: str) -> int:
    """What names a row of a table."""
    match table:
        case "tile_hash":
            return random.choice((200 + random.randrange(2), 100 + random.randrange(38)))
        case "checkpoint":
            return random.choice(honest.SIZES[:-1])
        case "cosignature":
            return honest.COSIGNED
        case _:
            return any_index(random)


def edit_of(table: str, column: str) -> Maker:
    """An edit of one column in one row, or in a few rows."""

    def make(random: Random) -> Mutation:
        row = any_row(random, table)
        value, given = _value(random, table, column)
        where = f"{_KEYS[table]} = {row}"
        if table in ("entry", "content") and column != "leaf_index" and random.random() < 0.15:
            where = f"leaf_index BETWEEN {row} AND {row + random.randrange(1, 30)}"
        sql = f"UPDATE audit.{table} SET {column} = {value} WHERE {where}"
        edited = frozenset({f"{table}.{column}"})
        return Mutation("edit", _what(table, column), (Step(sql, given),), columns=edited)

    return make


def _what(table: str, column: str) -> str:
    match table, column:
        case "entry", "leaf" | "leaf_index":
            return "a leaf, or its index"
        case "entry", _ if column in SHOWN:
            return "what is shown of an event"
        case "entry", _:
            return "what an event is only searched by"
        case "content", "salt" | "body":
            return "an event's bytes or salt"
        case "content", _:
            return "which event bytes are of"
        case "tile_hash", _:
            return "a tile's hash"
        case _:
            return f"a {table}'s row"


def _value(random: Random, table: str, column: str) -> tuple[str, tuple[object, ...]]:
    """An expression of SQL, and what it is given."""
    if random.random() < 0.04:
        return column, ()  # the value that it has
    if random.random() < 0.04 and (table, column) not in _NEVER_NULL:
        return "NULL", ()
    others = f"{_KEYS[table]} = {any_row(random, table)}"
    if random.random() < 0.2:
        return f"(SELECT {column} FROM audit.{table} WHERE {others} LIMIT 1)", ()
    kind = _COLUMNS[table][column]
    return _NEW_VALUE[kind](random, column)


_NEVER_NULL: Final = {("checkpoint", "number"), ("content", "logged_at")}


def _new_bytes(random: Random, column: str) -> tuple[str, tuple[object, ...]]:
    length = 32 if column in _SHORT else _SPEAKS[column]
    match random.randrange(4):
        case 0 | 1:
            at, bit = random.randrange(length), 1 << random.randrange(8)
            return f"set_byte({column}, {at}, get_byte({column}, {at}) # {bit})", ()
        case 2:
            return "$1", (random.randbytes(length),)
        case _:
            return f"substring({column} FOR length({column}) - {random.randrange(1, 4)})", ()


def _new_number(random: Random, column: str) -> tuple[str, tuple[object, ...]]:
    by = random.choice((-2, -1, 1, 2, random.randrange(3, 1000)))
    return f"{column} + {by}", ()


def _new_text(random: Random, column: str) -> tuple[str, tuple[object, ...]]:
    if random.random() < 0.4:
        at = random.randrange(1, 9)
        letter = random.choice("abcdefghijkmnopqrstuvwxyz")
        return f"overlay({column} PLACING '{letter}' FROM {at} FOR 1)", ()
    return "$1", (f"{random.choice(_WORDS)}{random.randrange(1000)}",)


_WORDS: Final = ("notify", "referral.closed.v", "met-police", "idsva-", "— nobody AAAA", "a/log\n")


def _new_time(random: Random, column: str) -> tuple[str, tuple[object, ...]]:
    return f"{column} + interval '{random.choice((1, 60, 86400))} seconds'", ()


def _new_uuid(random: Random, column: str) -> tuple[str, tuple[object, ...]]:
    return "$1", (UUID(int=random.getrandbits(128)),)


_NEW_VALUE: Final[dict[str, Callable[[Random, str], tuple[str, tuple[object, ...]]]]] = {
    "bytes": _new_bytes,
    "number": _new_number,
    "text": _new_text,
    "time": _new_time,
    "uuid": _new_uuid,
}


def delete(random: Random) -> Mutation:
    """Entries, or what belongs to them, are taken away: one or a run, the gap closed or left."""
    first = any_index(random)
    last = first + random.choice((0, 0, 0, random.randrange(1, 40)))
    run = f"WHERE leaf_index BETWEEN {first} AND {last}"
    match random.randrange(4):
        case 0:
            return Mutation(
                "delete", "an event's content", (step(f"DELETE FROM audit.content {run}"),)
            )
        case 1:
            return Mutation("delete", "an entry", (step(f"DELETE FROM audit.entry {run}"),))
        case 2:
            both = _without(run)
            return Mutation("delete", "an entry with its content", both)
        case _:
            closed = (*_without(run), *shifted(last + 1, first - last - 1))
            return Mutation("delete", "an entry, and the gap is closed", closed)


def _without(run: str) -> tuple[Step, ...]:
    return step(f"DELETE FROM audit.content {run}"), step(f"DELETE FROM audit.entry {run}")


def shifted(first: int, by: int) -> tuple[Step, ...]:
    """Every entry from `first` on has another index."""
    return tuple(
        step(f"UPDATE audit.{table} SET leaf_index = leaf_index + {by} WHERE leaf_index >= {first}")
        for table in ("entry", "content")
    )


def delete_hash_or_signature(random: Random) -> Mutation:
    """A row of the other tables is taken away, or several."""
    table = random.choice(("tile_hash", "checkpoint", "cosignature"))
    where = f"{_KEYS[table]} = {any_row(random, table)}"
    if table == "checkpoint" and random.random() < 0.5:
        where = f"size >= {any_row(random, table)}"
    named = {"tile_hash": "a tile's hash"}.get(table, f"a {table}'s row")
    return Mutation("delete", named, (step(f"DELETE FROM audit.{table} WHERE {where}"),))


def swap(random: Random) -> Mutation:
    """Two things change places."""
    one, other = any_index(random), any_index(random)
    table, column, what = random.choice(
        (
            ("entry", "leaf", "two leaves"),
            ("entry", "leaf_index", "two entries' indexes"),
            ("content", "body", "two events' bytes"),
            ("content", "leaf_index", "two events' content"),
            ("entry", "referral", "two events' referrals"),
            ("tile_hash", "hash", "two hashes of tiles"),
            ("checkpoint", "note", "two checkpoints' rows"),
            ("checkpoint", "number", "two checkpoints' rows"),
        )
    )
    if table == "tile_hash":
        one, other = random.choice(((200, 201), random.sample(range(100, 138), 2)))
    elif table == "checkpoint":
        one, other = random.sample(honest.SIZES[:-1], 2)
    key = _KEYS[table]
    sql = (
        f"WITH two AS (SELECT {key} AS place, {column} AS it FROM audit.{table}"
        f" WHERE {key} IN ({one}, {other})) UPDATE audit.{table} SET {column} = it FROM two"
        f" WHERE {key} IN ({one}, {other}) AND {key} <> place"
    )
    return Mutation("reorder", what, (step(sql),))


def rotate(random: Random) -> Mutation:
    """A run of entries goes around by some places, with or without their content."""
    first, length = any_index(random), random.randrange(3, 40)
    by = random.randrange(1, length)
    tables = ("entry", "content") if random.random() < 0.6 else ("entry",)
    length = min(length, honest.LOGGED - first)
    if length < 2:
        first, length = first - 5, 5
    steps = tuple(
        step(
            f"UPDATE audit.{table} SET leaf_index = {first} + (leaf_index - {first} + {by})"
            f" % {length} WHERE leaf_index >= {first} AND leaf_index < {first + length}"
        )
        for table in tables
    )
    return Mutation("reorder", "a run of entries", steps)


EDITS: Final[Weighted] = tuple(
    (_weight, edit_of(_table, _column))
    for _table, _columns in _COLUMNS.items()
    for _column in _columns
    for _weight in ((12 if _column in ("leaf", "salt", "body", "hash", "note") else 4),)
)
OTHERS: Final[Weighted] = ((60, delete), (20, delete_hash_or_signature), (45, swap), (25, rotate))
