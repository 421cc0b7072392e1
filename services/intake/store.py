"""Intake's tables. Names and stories lie sealed in the vault; what matches them is keyed HMACs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID, uuid5

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.intake.vault import SealBroken, Vault
from shared.events import roles_reversed
from shared.facts import History


class WrongVaultKey(Exception):
    """The key ring is not the one that sealed what the database holds."""


@dataclass(frozen=True)
class Known:
    """A referral that intake has, at its newest revision."""

    referral_id: UUID
    revision: int
    document_key: bytes
    made_at: datetime
    person_ref: UUID
    is_erased: bool = False
    """Nothing is left of what it said: its person was erased."""


@dataclass(frozen=True)
class Pair:
    """The same victim and the same alleged perpetrator, whoever refers them and as whom."""

    pair_ref: UUID
    victim_ref: UUID
    perpetrator_ref: UUID


@dataclass(frozen=True)
class IntakeStore:
    """Reads and writes on the connection of whoever asks; commits nothing."""

    vault: Vault

    def reference_key(self, agency: str, reference: str) -> bytes:
        """By what a sender's reference is found again."""
        return self.vault.fingerprint(f"{agency}\n{reference}", "reference")

    async def find(
        self, connection: AsyncConnection, agency: str, reference_key: bytes
    ) -> Known | None:
        """The referral of a sender's reference, held against others until the commit."""
        rows = await connection.execute(
            text(
                "SELECT id, revision, document_key, made_at, person_ref, erased_at IS NOT NULL"
                " FROM referral WHERE agency = :agency AND reference_key = :key FOR UPDATE"
            ),
            {"agency": agency, "key": reference_key},
        )
        row = rows.one_or_none()
        return None if row is None else Known(*row)

    async def of_id(
        self, connection: AsyncConnection, referral_id: UUID, *, hold: bool = False
    ) -> tuple[str, Known] | None:
        """A referral, and the agency that sends it; None if there is none, or it was erased.

        `hold`: against others until the commit, as `find` does.
        """
        query = (
            "SELECT agency, id, revision, document_key, made_at, person_ref FROM referral"
            " WHERE id = :id AND erased_at IS NULL"
        )
        rows = await connection.execute(
            text(f"{query} FOR UPDATE" if hold else query), {"id": referral_id}
        )
        row = rows.one_or_none()
        return None if row is None else (row.agency, Known(*row[1:]))

    async def ids_of(
        self, connection: AsyncConnection, agency: str, references: Sequence[str]
    ) -> tuple[UUID, ...]:
        """The referrals of several references of one sender; unknown ones are left out."""
        rows = await connection.execute(
            text(
                "SELECT id FROM referral WHERE agency = :agency"
                " AND reference_key = ANY(CAST(:keys AS bytea[])) ORDER BY id"
            ),
            {"agency": agency, "keys": [self.reference_key(agency, r) for r in references]},
        )
        return tuple(row.id for row in rows)

    async def add(
        self,
        connection: AsyncConnection,
        known: Known,
        *,
        agency: str,
        reference_key: bytes,
        pair: Pair | None,
    ) -> bool:
        """A new referral; False if another transaction had the same reference a moment earlier."""
        rows = await connection.execute(
            text(
                "INSERT INTO referral (id, agency, reference_key, revision, document_key, made_at,"
                " person_ref, pair_ref) VALUES (:id, :agency, :reference_key, :revision,"
                " :document_key, :made_at, :person_ref, :pair_ref)"
                " ON CONFLICT (agency, reference_key) DO NOTHING RETURNING id"
            ),
            {
                "id": known.referral_id,
                "agency": agency,
                "reference_key": reference_key,
                "revision": known.revision,
                "document_key": known.document_key,
                "made_at": known.made_at,
                "person_ref": known.person_ref,
                "pair_ref": pair.pair_ref if pair else None,
            },
        )
        return rows.first() is not None

    async def revise(self, connection: AsyncConnection, known: Known, pair: Pair | None) -> None:
        """The next revision of a referral that `find` holds."""
        await connection.execute(
            text(
                "UPDATE referral SET revision = :revision, document_key = :document_key,"
                " made_at = :made_at, pair_ref = :pair_ref WHERE id = :id"
            ),
            {
                "id": known.referral_id,
                "revision": known.revision,
                "document_key": known.document_key,
                "made_at": known.made_at,
                "pair_ref": pair.pair_ref if pair else None,
            },
        )

    async def keep_document(
        self, connection: AsyncConnection, known: Known, canonical: bytes, now: datetime
    ) -> None:
        """Seal a revision's document in the vault."""
        await connection.execute(
            text(
                "INSERT INTO vault_document (referral_id, revision, body, received_at)"
                " VALUES (:id, :revision, :body, :now)"
            ),
            {
                "id": known.referral_id,
                "revision": known.revision,
                "body": self.vault.seal(canonical, _place(known.referral_id, known.revision)),
                "now": now,
            },
        )

    async def document(self, connection: AsyncConnection, known: Known) -> bytes:
        """A revision's document as it was sealed."""
        rows = await connection.execute(
            text("SELECT body FROM vault_document WHERE referral_id = :id AND revision = :n"),
            {"id": known.referral_id, "n": known.revision},
        )
        return self.vault.open(rows.scalar_one(), _place(known.referral_id, known.revision))

    async def revisions(
        self, connection: AsyncConnection, referral_id: UUID
    ) -> tuple[datetime, ...]:
        """When each revision of a referral came, the first one first."""
        rows = await connection.execute(
            text(
                "SELECT received_at FROM vault_document WHERE referral_id = :id ORDER BY revision"
            ),
            {"id": referral_id},
        )
        return tuple(rows.scalars())

    async def check_key(self, connection: AsyncConnection) -> None:
        """Raise WrongVaultKey unless the vault opens what is there: with another key a referral
        that is known would be taken for a new one."""
        rows = await connection.execute(
            text("SELECT referral_id, revision, body FROM vault_document LIMIT 1")
        )
        row = rows.one_or_none()
        if row is None:
            return
        try:
            self.vault.open(row.body, _place(row.referral_id, row.revision))
        except SealBroken:
            raise WrongVaultKey from None

    async def history(
        self,
        connection: AsyncConnection,
        pairs: Sequence[Pair],
        *,
        referral_id: UUID,
        on: date,
        reversed_since: date,
    ) -> History:
        """What is remembered on a day of a pair, by all that it was known as; this referral left
        out."""
        if not pairs:
            return History()
        rows = await connection.execute(
            text(
                "SELECT (SELECT max(heard_of_on) FROM pair_marac"
                " WHERE pair_ref = ANY(CAST(:pairs AS uuid[]))"
                " AND referral_id <> :referral AND heard_of_on <= :on) AS marac_on,"
                " EXISTS (SELECT 1 FROM pair WHERE pair_ref = ANY(CAST(:reversed AS uuid[]))"
                " AND last_on >= :since) AS cross_allegation"
            ),
            {
                "pairs": [pair.pair_ref for pair in pairs],
                "referral": referral_id,
                "on": on,
                "reversed": [roles_reversed(pair.pair_ref) for pair in pairs],
                "since": reversed_since,
            },
        )
        row = rows.one()
        return History(
            marac_on=row.marac_on, pair_known=True, cross_allegation=row.cross_allegation
        )

    async def remember_pair(self, connection: AsyncConnection, pair: Pair, on: date) -> None:
        """These two were referred on a day."""
        await connection.execute(
            text(
                "INSERT INTO pair AS p (pair_ref, victim_ref, perpetrator_ref, last_on)"
                " VALUES (:pair, :victim, :perpetrator, :on) ON CONFLICT (pair_ref) DO UPDATE"
                " SET last_on = greatest(p.last_on, excluded.last_on)"
            ),
            {
                "pair": pair.pair_ref,
                "victim": pair.victim_ref,
                "perpetrator": pair.perpetrator_ref,
                "on": on,
            },
        )

    async def remember_marac(
        self, connection: AsyncConnection, referral_id: UUID, on: date
    ) -> None:
        """The pair of a referral went to MARAC. Triage may know the pair by the reference of a
        merge; the one kept here outlives it."""
        await connection.execute(
            text(
                "INSERT INTO pair_marac (pair_ref, referral_id, heard_of_on)"
                " SELECT pair_ref, id, :on FROM referral"
                " WHERE id = :referral AND pair_ref IS NOT NULL ON CONFLICT DO NOTHING"
            ),
            {"referral": referral_id, "on": on},
        )


def pair_of(victim_ref: UUID, perpetrator_ref: UUID) -> Pair:
    """The pair of two people. Its reference follows from theirs, so it is the same every time."""
    one, other = sorted((victim_ref, perpetrator_ref))
    couple = UUID(int=uuid5(one, str(other)).int & ~1)
    # The last bit says which of the two is the victim.
    pair_ref = couple if victim_ref == one else roles_reversed(couple)
    return Pair(pair_ref, victim_ref, perpetrator_ref)


def _place(referral_id: UUID, revision: int) -> str:
    return f"vault_document/{referral_id}/{revision}"
