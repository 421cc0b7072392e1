"""No name, number, address, reference or story gets out, whichever way a document goes, and no
word that is written about a case while it is worked on."""

import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import nats
import pytest
from nats.js.errors import NotFoundError

from deploy.client import Answered, Client
from shared.subjects import SERVICES
from tests.servers import until
from tests.system.canary_work import NOTES, work_on
from tests.system.people import AGENCY
from tests.system.running import Running, example, running

RECEIPTS = ("accepted", "already_known", "rejected")
# Every field that says who somebody is or tells their story, each with a word of its own.
PERSON = {
    "given_name": "Cangivenary",
    "family_name": "Canfamilyary",
    "also_known_as": ["Canaliasary"],
    "date_of_birth": "1991-03-04",
    "address": {"lines": ["9 Canstreetary Road"], "postcode": "BR5 3ZZ"},
    "contact": {"phone": "07700 900987", "email": "canmailary@example.org"},
    "safe_contact": {"call": True, "when": "Canwhenary", "note": "Cannoteary"},
    "identifiers": [{"type": "local_case", "value": "CANIDARY-1"}],
}
STORY = {
    "source": {
        "agency": AGENCY,
        "team": "police_csu",
        "route": "system",
        "referrer": {"name": "Canreferrerary", "phone": "07700 900988"},
    },
    "narrative": "Canstoryary",
    "risk": {"tool": "dash", "score": 16, "rationale": "Canreasonary"},
    "consent": {
        "status": "refused",
        "override": {"rationale": "Canoverrideary", "authorised_by_role": "Canroleary"},
    },
}
IDENTITIES = (
    *("Cangivenary", "Canfamilyary", "Canaliasary", "Canstreetary", "5 3ZZ", "900987", "900988"),
    *("canmailary", "Canwhenary", "Cannoteary", "CANIDARY", "Canreferrerary", "Canstoryary"),
    *("Canreasonary", "Canoverrideary", "Canroleary", "Canotherary", "Canfieldary"),
)
REFERENCE = "CANREF"


def canary(number: int, **changes: Any) -> bytes:
    """A document full of canaries."""
    other = {"given_name": "Canotherary", "date_of_birth": "1988-01-19"}
    made = example("01") | STORY | {"person": PERSON, "reference": f"{REFERENCE}-{number}"}
    made["other_party"] = other | {"relationship": "former_partner"}
    return json.dumps({**made, **changes}).encode()


@pytest.fixture
async def whole() -> AsyncIterator[Running]:
    """A whole system."""
    async with running() as system:
        yield system


def _searched(data: bytes, words: tuple[str, ...], where: str) -> Iterator[str]:
    for word in words:
        if word.lower().encode() in data.lower():
            yield f"{word} in {where}"


@pytest.mark.system
@pytest.mark.timeout(200)
async def test_nothing_gets_out(whole: Running) -> None:
    """Canaries through the good and the failing paths, and through the work that follows; then a
    search of everything written."""
    over_nats = [
        canary(1),
        canary(1),
        canary(1, made_at="2026-11-18T08:00:00+00:00", needs=["housing"]),
        # Refused: another person under an old number, unknown fields, other agencies, no JSON.
        canary(
            1,
            made_at="2026-11-19T08:00:00+00:00",
            person=PERSON | {"given_name": "Canotherary", "date_of_birth": "1970-01-01"},
        ),
        canary(2, Canfieldary="Canstoryary"),
        canary(3, role="Canroleary"),
        canary(4, source={**STORY["source"], "agency": "bromley-council"}),  # type: ignore[dict-item]
        b'{"reference": "CANREF-5", "narrative": "Canstoryary',
        canary(6, narrative="Canstoryary" * 10_000),
    ]
    sender = await whole.sender(AGENCY)
    receipts = await sender.subscribe(f"receipt.{AGENCY}")
    for body in over_nats:
        await sender.jetstream().publish(f"submit.{AGENCY}", body, stream="SUBMISSIONS")
    outcomes: list[dict[str, Any]] = []
    while len(outcomes) < len(over_nats):
        said = json.loads((await receipts.next_msg(timeout=20)).data)
        # What is told of a referral later on is no receipt of a document.
        outcomes += [said] if said["outcome"] in RECEIPTS else []
    await sender.close()
    assert [o["outcome"] for o in outcomes].count("rejected") == 6
    answers: list[bytes] = []
    with whole.client() as client:
        client.post("/intake/api/referrals", "sender", canary(7), AGENCY)
        for body in (canary(8, role="Canroleary"), b"Canstoryary", canary(9, person=[])):
            with pytest.raises(Answered) as refusal:
                client.post("/intake/api/referrals", "sender", body, AGENCY)
            answers.append(json.dumps(refusal.value.problem).encode())
        for receipt in outcomes[:1]:
            await _read_everything(whole, client, receipt["referral_id"])
            answers += await work_on(whole, client, UUID(receipt["referral_id"]))
        answers.append(json.dumps(client.get("/intake/api/parked", "coordinator")).encode())

    await _all_is_told(whole)
    both = (*IDENTITIES, REFERENCE)
    written = (*both, *NOTES)
    found = [hit for body in answers for hit in _searched(body, IDENTITIES, "an answer")]
    found += [hit async for hit in _on_the_streams(whole, written)]
    for row in await whole.rows("SELECT subject, body FROM notify.local_inbox"):
        found += _searched(f"{row['subject']}\n{row['body']}".encode(), written, "a message")
    for log in whole.system.home.logs.iterdir():
        found += _searched(log.read_bytes(), written, f"log {log.name}")
    await whole.rows("CHECKPOINT")
    found += _on_disk(whole.system.home.folder, both)
    assert found == []


async def _read_everything(whole: Running, client: Client, referral: str) -> None:
    """Wait until the practitioners have their messages, and read what auditors read."""

    async def told() -> bool:
        rows = await whole.rows("SELECT 1 FROM notify.message WHERE state = 'sent'")
        waiting = await whole.rows("SELECT 1 FROM notify.message WHERE state <> 'sent'")
        return len(rows) >= 4 and not waiting

    await until(told, 30)
    client.get(f"/triage/api/referrals/{referral}/decision", "auditor")
    client.get("/audit/api/trail", "auditor", referral=referral, why="routine_check", reference="")


async def _all_is_told(whole: Running) -> None:
    """Wait until nothing waits to be published or sent any more."""

    async def told() -> bool:
        waiting = [
            f"SELECT 1 FROM {service}.outbox WHERE published_at IS NULL" for service in SERVICES
        ]
        sending = "SELECT 1 FROM notify.message WHERE state IN ('queued', 'sending')"
        return not await whole.rows(" UNION ALL ".join([*waiting, sending]))

    await until(told, 30)


async def _on_the_streams(whole: Running, words: tuple[str, ...]) -> AsyncIterator[str]:
    async with whole.operations() as client:
        for stream in ("EVENTS", "PARKED"):
            state = (await client.jetstream().stream_info(stream)).state
            assert state.messages
            for sequence in range(state.first_seq, state.last_seq + 1):
                try:
                    message = await client.jetstream().get_msg(stream, sequence)
                except (NotFoundError, nats.errors.TimeoutError):
                    continue
                written = f"{message.subject} {message.headers} ".encode() + (message.data or b"")
                for hit in _searched(written, words, f"{stream} {sequence}"):
                    yield hit


def _on_disk(folder: Path, words: tuple[str, ...]) -> Iterator[str]:
    for file in folder.rglob("*"):
        if file.is_file():
            yield from _searched(file.read_bytes(), words, str(file.relative_to(folder)))
