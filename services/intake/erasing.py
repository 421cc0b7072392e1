"""A person is erased: all that says who they are, and what their referrals said of them.

What is about them goes: documents, keys that they would be found again by, what was seen between
them and others. In somebody else's referral the other party becomes nobody; what that referral's
story says in words stays until its own person is erased. What is kept are opaque references, codes
and times: the trail speaks of them, and names nobody.

A person of whom a case is open is not erased: somebody works with them, or must decide.
"""

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.intake import erasing_store
from services.intake.matching import canonical
from services.intake.reading import read_stored
from services.intake.referral import OtherParty
from services.intake.store import IntakeStore
from shared import subjects
from shared.bus.work import Work, outbox_place, parked_place
from shared.events import ErasedBecause, PersonErased

Why = Literal["unknown", "open"]
"""No such person is known; or a case is open."""


class CannotErase(Exception):
    """Nothing was erased; `why` says why."""

    def __init__(self, why: Why) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True)
class Erased:
    """What was done. `referrals`: how many were about the person. `unread`: parked documents that
    nobody could read, so that nobody can say whether they name the person."""

    referrals: int
    unread: int


@dataclass(frozen=True)
class Erasing:
    """Erases in the unit of work that it is given, wholly or not at all."""

    store: IntakeStore

    async def erase(self, person_ref: UUID, because: ErasedBecause, by: str, work: Work) -> Erased:
        """Erase whoever goes, or went, by a reference; once more changes and tells nothing.

        Raises CannotErase.
        """
        connection = work.connection
        # One at a time, so that the same erasure asked for twice is told once.
        await connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('intake erasure'))"))
        concerned = await erasing_store.concerned(connection, person_ref)
        before = await erasing_store.erased_before(connection, concerned.refs)
        if before is not None and not await erasing_store.is_left(connection, concerned):
            return Erased(before, await self._unread(connection))
        if (
            before is None
            and not concerned.about
            and not await erasing_store.is_left(connection, concerned)
        ):
            raise CannotErase("unknown")
        if await erasing_store.is_open(connection, concerned):
            raise CannotErase("open")
        await self._forget_in_others(connection, concerned.naming)
        await self._forget_receipts(connection, concerned.about)
        await self._forget_parked(connection, concerned.about, by)
        await self._forget_merges(connection, concerned.refs)
        await erasing_store.destroy(connection, concerned, secrets.token_bytes(32), work.now)
        event_id = work.emit(
            PersonErased(
                person_ref=concerned.refs[0],
                person_refs=tuple(concerned.refs),
                referral_ids=tuple(concerned.about),
                by=by,
                because=because,
            ),
            concerned.refs[0],
        )
        await erasing_store.note(connection, event_id, concerned, because, by, work.now)
        return Erased(len(concerned.about), await self._unread(connection))

    async def _forget_in_others(self, connection: AsyncConnection, naming: Sequence[UUID]) -> None:
        """In others' referrals they are somebody of whom only the relationship is known."""
        rows = await connection.execute(
            text(
                "SELECT referral_id, revision, body FROM vault_document"
                " WHERE referral_id = ANY(CAST(:ids AS uuid[]))"
            ),
            {"ids": list(naming)},
        )
        for row in rows.all():
            place = f"vault_document/{row.referral_id}/{row.revision}"
            document = read_stored(self.store.vault.open(row.body, place))
            other = document.other_party
            if other is None:
                continue
            nobody = OtherParty(relationship=other.relationship)
            kept = canonical(document.model_copy(update={"other_party": nobody}))
            await connection.execute(
                text(
                    "UPDATE vault_document SET body = :body"
                    " WHERE referral_id = :id AND revision = :revision"
                ),
                {
                    "body": self.store.vault.seal(kept, place),
                    "id": row.referral_id,
                    "revision": row.revision,
                },
            )

    async def _forget_receipts(self, connection: AsyncConnection, about: Sequence[UUID]) -> None:
        """A sender's reference may name somebody; what was told of it lies in the outbox."""
        rows = await connection.execute(
            text(
                "SELECT position, created_at, message_id, body FROM outbox WHERE subject IN"
                " (SELECT DISTINCT 'receipt.' || agency FROM referral"
                " WHERE id = ANY(CAST(:ids AS uuid[])))"
            ),
            {"ids": list(about)},
        )
        theirs = set(map(str, about))
        for row in rows.all():
            place = outbox_place(row.message_id)
            receipt = json.loads(self.store.vault.open(row.body, place))
            if receipt.get("referral_id") not in theirs:
                continue
            nameless = json.dumps({**receipt, "reference": None}).encode()
            await connection.execute(
                text(
                    "UPDATE outbox SET body = :body"
                    " WHERE position = :position AND created_at = :created_at"
                ),
                {
                    "body": self.store.vault.seal(nameless, place),
                    "position": row.position,
                    "created_at": row.created_at,
                },
            )

    async def _forget_parked(
        self, connection: AsyncConnection, about: Sequence[UUID], by: str
    ) -> None:
        """What waits to be looked at under a reference of theirs is given up."""
        keys = await connection.execute(
            text("SELECT reference_key FROM referral WHERE id = ANY(CAST(:ids AS uuid[]))"),
            {"ids": list(about)},
        )
        theirs = set(keys.scalars())
        given_up = [
            parked_id
            for parked_id, document in (await self._parked(connection)).items()
            if document and self.store.reference_key(*document) in theirs
        ]
        await connection.execute(
            text(
                "UPDATE parked SET body = NULL, settled_at = now(), settled_how = 'discarded',"
                " settled_by = :by, settled_why = 'person erased'"
                " WHERE id = ANY(CAST(:ids AS uuid[]))"
            ),
            {"ids": given_up, "by": by},
        )

    async def _unread(self, connection: AsyncConnection) -> int:
        return sum(document is None for document in (await self._parked(connection)).values())

    async def _parked(self, connection: AsyncConnection) -> Mapping[UUID, tuple[str, str] | None]:
        """What waits, with the agency and the reference that a document has; None of neither."""
        rows = await connection.execute(
            text("SELECT id, body FROM parked WHERE body IS NOT NULL AND stream = :stream"),
            {"stream": subjects.SUBMISSIONS},
        )
        return {
            row.id: _named(self.store.vault.open(row.body, parked_place(row.id))) for row in rows
        }

    async def _forget_merges(self, connection: AsyncConnection, refs: Sequence[UUID]) -> None:
        """Why two references were found to be one was said in words."""
        rows = await connection.execute(
            text(
                "SELECT merge_id FROM person_merge WHERE person_ref = ANY(CAST(:refs AS uuid[]))"
                " OR into_ref = ANY(CAST(:refs AS uuid[]))"
            ),
            {"refs": list(refs)},
        )
        for merge_id in rows.scalars().all():
            sealed = self.store.vault.seal(b"", f"person_merge/{merge_id}")
            await connection.execute(
                text("UPDATE person_merge SET reason = :reason WHERE merge_id = :id"),
                {"reason": sealed, "id": merge_id},
            )


def _named(body: bytes) -> tuple[str, str] | None:
    try:
        document: Any = json.loads(body)
        agency, reference = document["source"]["agency"], document["reference"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    both = isinstance(agency, str) and isinstance(reference, str)
    return (agency, reference) if both else None
