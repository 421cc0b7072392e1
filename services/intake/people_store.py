"""Who is known, in the vault's tables: by exact keys, by blocking keys, by what was said of them.

People are kept under the reference by which they were recognised. That several references are one
person stands in `person_merge` alone, so that it can be undone: `person_of` and `refs_of` follow.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.intake.likeness.choosing import Place
from services.intake.likeness.record import Record
from services.intake.reading import read_stored
from services.intake.vault import Vault

MOST_OF_A_KEY: Final = 20
"""So many who share one blocking key are looked at, the newest first: a refuge's telephone may be
shared by hundreds."""

MOST_RECORDS: Final = 3
"""By so many of their records, the newest first, somebody found by an exact key is compared."""


Refs = tuple[UUID, ...]
"""Every reference of one person. By the first they go now; the others were merged into it."""


class Held(NamedTuple):
    """Whom an exact key belongs to: the reference it was given to, and all of that person's.

    `is_doubted`: somebody was asked, or has said, whether this is another person too.
    """

    person_ref: UUID
    refs: Refs
    is_doubted: bool


class Hit(NamedTuple):
    """A blocking key that somebody has, and where they were spoken of with it."""

    key: bytes
    place: Place
    seen_at: datetime


class Said(NamedTuple):
    """What one part of a referral says of a person known."""

    refs: Refs
    place: Place
    record: Record


@dataclass(frozen=True)
class Mention:
    """A part of a referral that is to be remembered, with its blocking keys that are new."""

    is_other_party: bool
    person_ref: UUID
    keys: Sequence[bytes]


@dataclass(frozen=True)
class PeopleStore:
    """Reads and writes on the connection of whoever asks; commits nothing."""

    vault: Vault

    def key(self, exact: str) -> bytes:
        """The fingerprint of an exact key."""
        return self.vault.fingerprint(exact, "person")

    def block(self, blocking: str) -> bytes:
        """The fingerprint of a blocking key."""
        return self.vault.fingerprint(blocking, "likeness")

    async def look_up(
        self, connection: AsyncConnection, keys: Sequence[bytes], blocks: Sequence[bytes]
    ) -> tuple[dict[bytes, Held], list[Hit]]:
        """Whoever has one of these exact keys, and whoever has one of these blocking keys."""
        rows = await connection.execute(
            text(
                "SELECT key, person_ref, refs, EXISTS (SELECT FROM match_review r"
                " WHERE state <> 'same' AND (r.person_ref = ANY(refs) OR r.other_ref = ANY(refs)))"
                " OR EXISTS (SELECT FROM person_merge m WHERE undone_at IS NOT NULL"
                " AND (m.person_ref = ANY(refs) OR m.into_ref = ANY(refs))) AS is_doubted,"
                " NULL::uuid AS referral_id, NULL::boolean AS is_other_party,"
                " NULL::timestamptz AS seen_at"
                " FROM vault_person_key, LATERAL (SELECT refs_of(person_ref) AS refs) known"
                " WHERE key = ANY(CAST(:keys AS bytea[]))"
                " UNION ALL SELECT b.key, v.person_ref, NULL, NULL, v.referral_id,"
                " v.is_other_party, v.seen_at FROM unnest(CAST(:blocks AS bytea[])) AS b(key)"
                " CROSS JOIN LATERAL (SELECT * FROM vault_block v WHERE v.key = b.key"
                " ORDER BY seen_at DESC LIMIT :most) v"
            ),
            {"keys": list(keys), "blocks": list(blocks), "most": MOST_OF_A_KEY},
        )
        held: dict[bytes, Held] = {}
        hits: list[Hit] = []
        for row in rows:
            if row.referral_id is None:
                held[row.key] = Held(row.person_ref, tuple(row.refs), row.is_doubted)
            else:
                place = Place(row.referral_id, row.is_other_party, row.person_ref)
                hits.append(Hit(row.key, place, row.seen_at))
        return held, hits

    async def asked_about_with(
        self, connection: AsyncConnection, people: Iterable[UUID]
    ) -> list[UUID]:
        """With whom these people were once taken to be the same, or still may be."""
        rows = await connection.execute(
            text(
                "WITH known AS (SELECT refs_of(ref) AS refs FROM unnest(CAST(:people AS uuid[]))"
                " AS t(ref)), asked AS (SELECT person_ref, other_ref FROM match_review"
                " WHERE state = 'open' UNION ALL SELECT person_ref, other_ref FROM told_apart)"
                " SELECT DISTINCT person_of(CASE WHEN person_ref = ANY(refs) THEN other_ref"
                " ELSE person_ref END) AS person FROM asked, known"
                " WHERE person_ref = ANY(refs) OR other_ref = ANY(refs)"
            ),
            {"people": list(people)},
        )
        return [row.person for row in rows]

    async def said_of(
        self,
        connection: AsyncConnection,
        *,
        people: Iterable[UUID] = (),
        places: Iterable[Place] = (),
    ) -> list[Said]:
        """What the newest referrals say of these people, and what is said in these places.

        The documents are opened in memory alone. A place that speaks of somebody else by now is
        left out.
        """
        at = list(places)
        rows = await connection.execute(
            text(
                "WITH meant AS (SELECT v.* FROM unnest(CAST(:people AS uuid[])) AS p(ref)"
                " CROSS JOIN LATERAL (SELECT referral_id, is_other_party, person_ref"
                " FROM vault_record WHERE person_ref = ANY(refs_of(p.ref))"
                " ORDER BY seen_at DESC LIMIT :most) v"
                " UNION SELECT * FROM unnest(CAST(:referrals AS uuid[]), CAST(:parts AS boolean[]),"
                " CAST(:refs AS uuid[])))"
                " SELECT m.referral_id, m.is_other_party, m.person_ref,"
                " refs_of(m.person_ref) AS refs, r.revision, d.body FROM meant m"
                " JOIN vault_record USING (referral_id, is_other_party, person_ref)"
                " JOIN referral r ON r.id = referral_id"
                " JOIN vault_document d ON d.referral_id = r.id AND d.revision = r.revision"
                " ORDER BY m.referral_id, m.is_other_party"
            ),
            {
                "people": list(people),
                "most": MOST_RECORDS,
                "referrals": [place.referral_id for place in at],
                "parts": [place.is_other_party for place in at],
                "refs": [place.person_ref for place in at],
            },
        )
        found = []
        for row in rows:
            place = Place(row.referral_id, row.is_other_party, row.person_ref)
            where = f"vault_document/{row.referral_id}/{row.revision}"
            document = read_stored(self.vault.open(row.body, where))
            record = Record.of(document, row.is_other_party)
            found.append(Said(tuple(row.refs), place, record))
        return found

    async def give_keys(
        self, connection: AsyncConnection, keys: Sequence[tuple[bytes, UUID]]
    ) -> set[bytes]:
        """Remember keys, each for a person; returns those that somebody had a moment earlier."""
        if not keys:
            return set()
        in_order = sorted(keys)  # so that two transactions with the same people do not deadlock
        added = await connection.execute(
            text(
                "INSERT INTO vault_person_key (key, person_ref)"
                " SELECT * FROM unnest(CAST(:keys AS bytea[]), CAST(:people AS uuid[]))"
                " ON CONFLICT DO NOTHING RETURNING key, person_ref"
            ),
            {"keys": [key for key, _ in in_order], "people": [ref for _, ref in in_order]},
        )
        given = {(row.key, row.person_ref) for row in added}
        return {key for key, ref in keys if (key, ref) not in given}

    async def remember(
        self,
        connection: AsyncConnection,
        referral_id: UUID,
        mentions: Sequence[Mention],
        now: datetime,
    ) -> None:
        """Whom a referral speaks of, and by what they are found again."""
        keys = [(key, m) for m in mentions for key in m.keys]
        await connection.execute(
            text(
                "WITH spoken AS (INSERT INTO vault_record"
                " (referral_id, is_other_party, person_ref, seen_at)"
                " SELECT :id, part, ref, :now"
                " FROM unnest(CAST(:parts AS boolean[]), CAST(:refs AS uuid[])) AS t(part, ref)"
                " ON CONFLICT (referral_id, is_other_party) DO UPDATE"
                " SET person_ref = excluded.person_ref, seen_at = excluded.seen_at)"
                " INSERT INTO vault_block (key, person_ref, referral_id, is_other_party, seen_at)"
                " SELECT key, ref, :id, part, :now FROM unnest(CAST(:keys AS bytea[]),"
                " CAST(:key_refs AS uuid[]), CAST(:key_parts AS boolean[])) AS t(key, ref, part)"
            ),
            {
                "id": referral_id,
                "now": now,
                "parts": [m.is_other_party for m in mentions],
                "refs": [m.person_ref for m in mentions],
                "keys": [key for key, _ in keys],
                "key_refs": [m.person_ref for _, m in keys],
                "key_parts": [m.is_other_party for _, m in keys],
            },
        )

    async def spoken_of(
        self, connection: AsyncConnection, referral_id: UUID
    ) -> dict[bool, tuple[UUID, Refs]]:
        """By part of a referral (is it the other party?) who it is: the reference it was given,
        and all of that person's."""
        rows = await connection.execute(
            text(
                "SELECT is_other_party, person_ref, refs_of(person_ref) AS refs"
                " FROM vault_record WHERE referral_id = :id"
            ),
            {"id": referral_id},
        )
        return {row.is_other_party: (row.person_ref, tuple(row.refs)) for row in rows}
