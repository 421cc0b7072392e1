"""Entries made up, events rewritten, tables emptied, forks, old backups, other keys: and several of
all these at once."""

from datetime import timedelta
from hashlib import sha256
from random import Random
from typing import Any, Final
from uuid import UUID

from shared.events import AssignmentWithdrawn
from tests.faults.tampering import edits, honest
from tests.faults.tampering.mutation import TABLES, Hiding, Mutation, Step, Weighted, step


def made_up(random: Random, indexes: list[int]) -> tuple[Step, ...]:
    """Entries that nobody told, whole and by every rule, at these indexes."""
    rows: list[tuple[Any, ...]] = []
    for index in indexes:
        subject = UUID(int=random.randrange(1, 123))
        said = AssignmentWithdrawn(
            assignment_id=UUID(int=random.getrandbits(128)),
            referral_id=subject,
            pathway="refuge",
            practitioner_id="idsva-9",
            reason="the referral was withdrawn",
        )
        at = honest.BEGAN + timedelta(seconds=index)
        number = random.randrange(1, 6)
        message = honest.told_event(said, "triage", subject, at, number, random.getrandbits(60))
        salt = random.randbytes(32)
        leaf = sha256(salt + message.body).digest()
        rows.append((index, message.message_id, subject, at, number, leaf, salt, message.body))
    columns = [list(column) for column in zip(*rows, strict=True)]
    return (
        step(
            "INSERT INTO audit.entry (leaf_index, event_id, type, producer, referral, time,"
            " practitioner, leaf, sequence) SELECT i, id, 'assignment.withdrawn.v1', 'triage', s,"
            " t, 'idsva-9', l, n FROM unnest($1::bigint[], $2::uuid[], $3::uuid[],"
            " $4::timestamptz[], $5::integer[], $6::bytea[]) AS u(i, id, s, t, n, l)",
            *columns[:6],
        ),
        step(
            "INSERT INTO audit.content (leaf_index, salt, body) SELECT * FROM"
            " unnest($1::bigint[], $2::bytea[], $3::bytea[])",
            columns[0],
            *columns[6:],
        ),
    )


def insert(random: Random) -> Mutation:
    """Entries that nobody told: at the end, between others, beyond a gap, or beside another."""
    count = random.choice((1, 1, 1, random.randrange(2, 20)))
    before: tuple[Step, ...] = ()
    match random.randrange(4):
        case 0:
            first = honest.LOGGED
            what = "an entry at the end, by every rule"
        case 1:
            first = any_index(random)
            before, what = edits.shifted(first, count), "an entry between others"
        case 2:
            first = honest.LOGGED + random.randrange(1, 300)
            what = "an entry beyond a gap"
        case _:
            first = any_index(random)
            what = "a second entry of an index"
    return Mutation("insert", what, (*before, *made_up(random, list(range(first, first + count)))))


any_index = edits.any_index


def insert_beside(random: Random) -> Mutation:
    """Rows that do not belong, in the other tables."""
    match random.randrange(5):
        case 0:
            sql = "INSERT INTO audit.content (leaf_index, salt, body) VALUES ($1, $2, $3)"
            given: tuple[Any, ...] = (
                any_index(random),
                random.randbytes(32),
                b'{"specversion":"1.0"}',
            )
            return Mutation("insert", "content that is not an event's", (step(sql, *given),))
        case 1:
            sql = "INSERT INTO audit.tile_hash (level, number, hash) VALUES ($1, $2, $3)"
            given = (random.randrange(1, 5), random.randrange(3), random.randbytes(32))
            return Mutation("insert", "a tile's hash", (step(sql, *given),))
        case 2:
            sql = (
                "INSERT INTO audit.checkpoint (origin, size, root, note)"
                " SELECT origin, size, root, note FROM audit.checkpoint WHERE size = $1"
            )
            again = step(sql, random.choice(honest.SIZES[:-1]))
            return Mutation("insert", "an old checkpoint as the newest", (again,))
        case 3:
            sql = (
                "INSERT INTO audit.checkpoint (origin, size, root, note) SELECT $1, size + $2,"
                " $3, note FROM audit.checkpoint WHERE size = $4"
            )
            name = random.choice((honest.KEY.name, "another.example/log"))
            size = random.choice(honest.SIZES[:-1])
            given = (name, random.randrange(20), random.randbytes(32), size)
            return Mutation("insert", "a checkpoint that nobody signed", (step(sql, *given),))
        case _:
            sql = (
                "INSERT INTO audit.cosignature (origin, size, root, name, key_id, line)"
                " SELECT c.origin, c.size, c.root, g.name, g.key_id, g.line FROM audit.checkpoint"
                " c, audit.cosignature g WHERE c.size = $1"
            )
            on = step(sql, random.choice((256, honest.REMEMBERED, honest.SIGNED)))
            return Mutation("insert", "a cosignature on another checkpoint", (on,))


def rewrite(random: Random) -> Mutation:
    """An event says something else, everywhere: bytes, columns and, if it is hidden, its leaf."""
    index = any_index(random)
    renamed = f"idsva-{random.randrange(10, 99)}"
    body = (
        "UPDATE audit.content SET body = convert_to(regexp_replace(convert_from(body, 'UTF8'),"
        f" '(idsva|officer)-[0-9]', '{renamed}'), 'UTF8') WHERE leaf_index = {index}"
    )
    column = f"UPDATE audit.entry SET practitioner = '{renamed}' WHERE leaf_index = {index}"
    return Mutation("edit", "an event everywhere", (step(body), step(column)))


def empty(random: Random) -> Mutation:
    """A table is emptied, or several."""
    tables = random.sample(TABLES, random.choice((1, 1, 2, 3)))
    steps = tuple(step(f"TRUNCATE audit.{table}") for table in sorted(tables))
    return Mutation(
        "truncate", " and ".join(sorted(tables)) if len(tables) == 1 else "several tables", steps
    )


def cut(random: Random) -> Mutation:
    """The end of the log is missing; its checkpoints may have gone with it."""
    first = any_index(random)
    steps = _from(first, TABLES[:3] if random.random() < 0.5 else TABLES)
    return Mutation("truncate", "the end of the log", steps)


def _from(size: int, tables: tuple[str, ...]) -> tuple[Step, ...]:
    where = {
        "entry": f"leaf_index >= {size}",
        "content": f"leaf_index >= {size}",
        "tile_hash": f"(number + 1) * 16 ^ level > {size}",
        "checkpoint": f"size > {size}",
        "cosignature": f"size > {size}",
    }
    return tuple(step(f"DELETE FROM audit.{table} WHERE {where[table]}") for table in tables)


def backup(random: Random) -> Mutation:
    """The database as it was once; and it may go on from there."""
    size = any_index(random)
    steps = _from(size, TABLES)
    if random.random() < 0.5:
        return Mutation("restore of an old backup", "", steps)
    upto = random.choice((size + random.randrange(1, 100), honest.LOGGED + random.randrange(1, 60)))
    on = made_up(random, list(range(size, upto)))
    return Mutation("restore of an old backup", "and other events follow", (*steps, *on))


def fork(random: Random) -> Mutation:
    """From some entry on another history, of another length or the same."""
    size = any_index(random)
    upto = max(size + 1, random.choice((honest.LOGGED, honest.SIGNED, honest.LOGGED + 40)))
    steps = (*_from(size, TABLES[:3]), *made_up(random, list(range(size, upto))))
    return Mutation("fork", "", steps)


def other_key(random: Random) -> Mutation:
    """Nothing but the signatures is another's."""
    later = random.choice((0, *honest.SIZES[:-1]))
    steps = (
        step(f"DELETE FROM audit.cosignature WHERE size >= {later}"),
        step(f"DELETE FROM audit.checkpoint WHERE size >= {later}"),
    )
    return Mutation("key swap", "", steps, Hiding.OWN_KEY)


def combined(random: Random) -> Mutation:
    """Two or three of all that is here."""
    chosen = [one_of(random, ALONE) for _ in range(random.choice((2, 2, 3)))]
    steps = tuple(each for mutation in chosen for each in mutation.steps)
    columns = frozenset(column for mutation in chosen for column in mutation.columns)
    return Mutation("combination", "", steps, columns=columns)


def one_of(random: Random, weighted: Weighted) -> Mutation:
    """A mutation by one of the makers."""
    weights, makers = zip(*weighted, strict=True)
    (maker,) = random.choices(makers, weights)
    made: Mutation = maker(random)
    return made


ALONE: Final[Weighted] = (
    *edits.EDITS,
    *edits.OTHERS,
    (45, insert),
    (30, insert_beside),
    (35, rewrite),
    (15, empty),
    (20, cut),
    (35, backup),
    (40, fork),
)
ALL: Final[Weighted] = (*ALONE, (12, other_key), (60, combined))


def generate(seed: int, count: int) -> list[Mutation]:
    """So many different mutations, the same for the same seed; a third has the log's key."""
    random = Random(seed)  # noqa: S311 - it is to be the same each time
    made: dict[Mutation, None] = {}
    while len(made) < count:
        one = one_of(random, ALL)
        hiding = random.choice(_HIDINGS)
        if one.hiding is Hiding.NOTHING:
            one = Mutation(one.kind, one.what, one.steps, hiding, one.columns)
        made[_hashable(one)] = None
    return list(made)


def _hashable(one: Mutation) -> Mutation:
    steps = tuple(
        Step(each.sql, tuple(tuple(g) if isinstance(g, list) else g for g in each.given))
        for each in one.steps
    )
    return Mutation(one.kind, one.what, steps, one.hiding, one.columns)


_HIDINGS: Final = (
    *[Hiding.NOTHING] * 3,
    *[Hiding.HASHES] * 2,
    Hiding.OWN_KEY,
    *[Hiding.KEY_ALONE] * 2,
    Hiding.KEY_KEPT,
    Hiding.KEY_MOVED,
)
