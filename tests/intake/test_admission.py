"""A referral comes in: known once, amended, recognised, on a real database."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from services.intake.admission import Admission, Receipt
from services.intake.handlers import Handlers
from services.intake.reading import UnreadableReferral, read_document
from services.intake.store import IntakeStore, WrongVaultKey
from services.intake.vault import Vault
from shared.bus.consumer import Received
from shared.bus.work import outbox_place
from shared.events import DecidedBy, ReferralTriaged, RouteTaken
from shared.registry import Registry
from tests.servers import Postgres
from tests.shared.ground import Bench, bench

ROOT = Path(__file__).parents[2]
POLICE = json.loads((ROOT / "examples" / "01-police-high-risk.json").read_text())["document"]
SAME_TWO_REVERSED = json.loads((ROOT / "examples" / "06-serial-perpetrator.json").read_text())[
    "document"
]
NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


@dataclass
class Intake:
    """Intake without a broker."""

    ground: Bench
    admission: Admission
    handlers: Handlers

    async def admit(self, document: dict[str, Any], cause: UUID | None = None) -> Receipt:
        """One document through the door."""
        read = read_document(json.dumps(document).encode(), NOW)
        async with self.ground.unit.work(cause or uuid4()) as work:
            return await self.admission.admit(read, work)

    async def submit(self, raw: bytes, agency: str = "met-police") -> None:
        """One submission as the bus brings it."""
        received = Received(uuid4(), "SUBMISSIONS", f"submit.{agency}", raw)
        async with self.ground.unit.work(received.message_id) as work:
            await self.handlers.on_submission(received, work)

    async def told(self) -> list[dict[str, Any]]:
        """Every event told so far, in order."""
        rows = sorted(await self.ground.rows("outbox"), key=lambda row: row.position)
        return [json.loads(row.body) for row in rows if row.subject.startswith("event.")]

    async def receipts(self) -> list[dict[str, Any]]:
        """Every receipt so far, in order, as the relay would publish them."""
        rows = sorted(await self.ground.rows("outbox"), key=lambda row: row.position)
        return [
            json.loads(self.ground.seal.open(row.body, outbox_place(row.message_id)))
            for row in rows
            if row.subject.startswith("receipt.")
        ]


@pytest.fixture
async def intake(postgres: Postgres) -> AsyncIterator[Intake]:
    """Intake's domain on its own tables."""
    ground = await bench(postgres, "intake")
    vault = Vault([bytes(range(32))])
    ground.seal = vault
    store = IntakeStore(vault)
    registry = Registry.load(ROOT / "deploy" / "local" / "agencies.yaml")
    admission = Admission(registry, store)
    yield Intake(ground, admission, Handlers(admission, store))
    await ground.engine.dispose()


def changed(document: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A copy with some top-level fields replaced."""
    return {**json.loads(json.dumps(document)), **changes}


async def test_accepted_and_told(intake: Intake) -> None:
    """A new referral is accepted, and its facts are told without its identities."""
    receipt = await intake.admit(POLICE)
    (event,) = await intake.told()
    assert (receipt.outcome, receipt.reference) == ("accepted", "MP-26-000101")
    assert (event["type"], event["sequence"]) == ("referral.received.v1", 1)
    facts = event["data"]["facts"]
    assert (facts["age"], facts["district"], facts["risk.score"]) == (35, "BR5", 16)
    assert event["data"]["catalogues"] == ["bromley", "barnet"]


async def test_the_same_again(intake: Intake) -> None:
    """The same document again, written in another order, is already known; nothing is told."""
    first = await intake.admit(POLICE)
    again = await intake.admit(dict(reversed(POLICE.items())))
    assert (again.outcome, again.referral_id) == ("already_known", first.referral_id)
    assert len(await intake.told()) == 1


async def test_both_doors_at_once(intake: Intake) -> None:
    """The same reference from several connections at the same time is one referral."""
    receipts = await asyncio.gather(*(intake.admit(POLICE) for _ in range(8)))
    assert len({receipt.referral_id for receipt in receipts}) == 1
    assert [r.outcome for r in receipts].count("accepted") == 1
    assert len(await intake.told()) == 1


async def test_amended(intake: Intake) -> None:
    """Other content under the same reference is the next revision of the same referral."""
    first = await intake.admit(POLICE)
    later = changed(POLICE, made_at="2026-11-17T08:00:00+00:00", needs=["housing"])
    amended = await intake.admit(later)
    received, event = await intake.told()
    assert (amended.outcome, amended.referral_id) == ("accepted", first.referral_id)
    assert (event["type"], event["data"]["revision"]) == ("referral.amended.v1", 2)
    assert event["data"]["facts"]["needs"] == ["housing"]
    assert event["sequence"] == received["sequence"] + 1


async def test_an_older_document_changes_nothing(intake: Intake) -> None:
    """A document that was made before the one that is known comes too late."""
    await intake.admit(POLICE)
    older = changed(POLICE, made_at="2026-11-15T08:00:00+00:00", needs=["housing"])
    assert (await intake.admit(older)).outcome == "already_known"


async def test_another_person_under_an_old_number(intake: Intake) -> None:
    """An amendment that changes name and date of birth together is refused."""
    await intake.admit(POLICE)
    person = {**POLICE["person"], "given_name": "Petra", "date_of_birth": "1970-01-01"}
    other = changed(POLICE, made_at="2026-11-17T08:00:00+00:00", person=person)
    with pytest.raises(UnreadableReferral) as refusal:
        await intake.admit(other)
    assert [problem.field for problem in refusal.value.problems] == ["person"]


async def test_the_same_person_again(intake: Intake) -> None:
    """The same name, written otherwise, with the same date of birth is the same person."""
    await intake.admit(POLICE)
    person = {**POLICE["person"], "given_name": "AMARA", "family_name": "Quíll"}
    await intake.admit(changed(POLICE, reference="MP-2", person=person))
    first, second = await intake.told()
    assert first["data"]["person_ref"] == second["data"]["person_ref"]


async def test_the_same_two_with_roles_reversed(intake: Intake) -> None:
    """Victim and alleged perpetrator are one pair, whichever of them is referred."""
    await intake.admit(POLICE)
    await intake.admit(SAME_TWO_REVERSED)
    victim, perpetrator = await intake.told()
    assert victim["data"]["pair_ref"] == perpetrator["data"]["pair_ref"]
    assert victim["data"]["person_ref"] != perpetrator["data"]["person_ref"]
    assert perpetrator["data"]["history"]["cross_allegation"] is False


async def test_cross_allegation(intake: Intake) -> None:
    """The one who was the alleged perpetrator is referred as the victim of the same other."""
    await intake.admit(POLICE)
    reversed_ = changed(
        POLICE,
        reference="MP-3",
        person=POLICE["person"] | _named(POLICE["other_party"]),
        other_party=_named(POLICE["person"]) | {"relationship": "intimate_partner"},
    )
    await intake.admit(reversed_)
    _, event = await intake.told()
    assert event["data"]["history"] == {"pair_known": True, "cross_allegation": True}


async def test_repeat_of_marac(intake: Intake) -> None:
    """A pair that went to MARAC is remembered with the day; the referral itself is no repeat."""
    first = await intake.admit(POLICE)
    (received,) = await intake.told()
    await _went_to_marac(intake, received)
    amended = changed(POLICE, made_at="2026-11-17T08:00:00+00:00", needs=["housing"])
    await intake.admit(amended)
    await intake.admit(changed(POLICE, reference="MP-4", made_at="2026-11-20T08:00:00+00:00"))
    histories = [event["data"]["history"] for event in await intake.told()]
    assert first.referral_id is not None
    assert [history.get("marac_on") for history in histories] == [None, None, "2026-11-16"]


async def test_rejected_over_the_bus(intake: Intake) -> None:
    """A faulty submission is answered with every fault, parked sealed, and told without names."""
    await intake.submit(json.dumps(changed(POLICE, role="victm", surname="Quill")).encode())
    (receipt,) = await intake.receipts()
    (event,) = await intake.told()
    (parked,) = await intake.ground.rows("parked")
    assert (receipt["outcome"], receipt["reference"]) == ("rejected", "MP-26-000101")
    assert sorted(p["field"] for p in receipt["problems"]) == ["role", "surname"]
    assert event["type"] == "referral.rejected.v1"
    assert "surname" not in json.dumps(event) + parked.reason
    assert b"Amara" not in bytes(parked.body)


async def test_back_to_what_it_was(intake: Intake) -> None:
    """A document sent again after another one is an amendment, and is told as one."""
    other = changed(POLICE, needs=["housing"])
    cause, other_cause = uuid4(), uuid4()
    for document, same_cause in ((POLICE, cause), (other, other_cause)) * 2:
        await intake.admit(document, same_cause)
    told = await intake.told()
    assert [event["data"]["revision"] for event in told] == [1, 2, 3, 4]
    assert len({event["id"] for event in told}) == 4


async def test_the_key_is_checked(intake: Intake) -> None:
    """A vault with another key than the one that sealed what is there is noticed."""
    other = IntakeStore(Vault([bytes(32)]))
    async with intake.ground.engine.connect() as connection:
        await other.check_key(connection)  # nothing is sealed yet
    await intake.admit(POLICE)
    async with intake.ground.engine.connect() as connection:
        await intake.handlers.store.check_key(connection)
        with pytest.raises(WrongVaultKey):
            await other.check_key(connection)


async def test_the_wrong_agency(intake: Intake) -> None:
    """A document that names another agency than the one that sends is refused."""
    await intake.submit(json.dumps(POLICE).encode(), agency="bromley-council")
    (receipt,) = await intake.receipts()
    assert receipt["problems"] == [
        {"field": "source.agency", "problem": "is not the agency that sends"}
    ]


async def test_a_team_that_is_not_theirs(intake: Intake) -> None:
    """A document for a team that the agency is not registered for is refused."""
    source = {**POLICE["source"], "team": "hospital"}
    await intake.submit(json.dumps(changed(POLICE, source=source)).encode())
    (receipt,) = await intake.receipts()
    assert [problem["field"] for problem in receipt["problems"]] == ["source.team"]


async def test_nothing_readable_in_the_database(intake: Intake) -> None:
    """No table holds a name, a reference, an address or a story that can be read."""
    await intake.submit(json.dumps(POLICE).encode())
    async with intake.ground.engine.connect() as connection:
        tables = await connection.execute(
            text(
                "SELECT tablename FROM pg_tables WHERE schemaname = 'intake'"
                " AND tablename NOT LIKE 'outbox\\_%' AND tablename <> 'schema_version'"
            )
        )
        names = tables.scalars().all()
    rows = [row for name in names for row in await intake.ground.rows(name)]
    everything = b" ".join(
        value if isinstance(value, bytes) else str(value).encode() for row in rows for value in row
    )
    assert len(rows) >= 4
    for canary in (b"Amara", b"Quill", b"MP-26-000101", b"Example Road", b"Orpington", b"900101"):
        assert canary not in everything


def _named(person: dict[str, Any]) -> dict[str, Any]:
    fields = ("given_name", "family_name", "date_of_birth", "gender")
    return {field: person[field] for field in fields}


async def _went_to_marac(intake: Intake, received: dict[str, Any]) -> None:
    async with intake.ground.unit.work(uuid4()) as work:
        await intake.handlers.on_referral_triaged(_triaged(received), work)


def _triaged(received: dict[str, Any]) -> ReferralTriaged:
    return ReferralTriaged(
        referral_id=received["data"]["referral_id"],
        revision=1,
        decision_id=uuid4(),
        pair_ref=received["data"]["pair_ref"],
        made_on=date(2026, 11, 16),
        catalogue=DecidedBy(name="bromley", in_force_from=date(2022, 10, 1), sha256="0" * 64),
        outcome="routed",
        urgent=True,
        risk_level="high",
        marac_triggers=("visible_high_risk",),
        routes=(RouteTaken(pathway="marac", kind="statutory", bases=("statutory",)),),
        suggestions=(),
        asks=(),
    )
