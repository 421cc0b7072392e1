"""What an SMS gateway may answer, and what that means for the message."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

import pytest

from services.notify.messages import Outgoing
from services.notify.providers import (
    AddressRefused,
    OutcomeUnknown,
    PermanentFailure,
    TemporaryFailure,
)
from services.notify.providers.sms_gateway import SmsGateway, international
from tests.stubs.sms_gateway import SENDER, Answer, StubGateway, refusal, stub_gateway

TEXT: Final = Outgoing(
    UUID("0d4f0c54-5b2a-4c58-a3ab-5b7c1e0d9f11"),
    "sms",
    "07700 900111",
    "",
    "Fingerpost. Please answer today, by 14:30.",
)


@dataclass(frozen=True)
class Case:
    """One answer, and what is raised for it, in these words."""

    answer: Answer
    failure: type[Exception]
    says: str


@pytest.fixture
async def stub() -> AsyncIterator[StubGateway]:
    """A gateway on loopback."""
    async with stub_gateway() as stub:
        yield stub


async def test_the_form_is_the_one_that_is_documented(stub: StubGateway) -> None:
    """The number as the world writes it, and our reference in the address of the report."""
    await SmsGateway(stub.gateway()).send(TEXT)
    [text] = stub.texts
    assert (text.to, text.sender, text.body) == ("+447700900111", SENDER, TEXT.body)
    assert text.callback == (
        "https://fp.example.gov.uk/notify/callbacks/sms"
        "?message=0d4f0c54-5b2a-4c58-a3ab-5b7c1e0d9f11"
    )


async def test_a_set_of_numbers_may_send_in_place_of_one(stub: StubGateway) -> None:
    """The gateway chooses from it."""
    service = replace(stub.gateway(), sender=None, service="MG01")
    await SmsGateway(service).send(TEXT)
    assert stub.texts[0].sender == "MG01"


@pytest.mark.parametrize(
    "case",
    [
        Case(refusal(400, 21211), AddressRefused, "refuses the number (21211)"),
        Case(refusal(400, 21614), AddressRefused, "refuses the number (21614)"),
        Case(refusal(400, 21635), AddressRefused, "refuses the number (21635)"),
        Case(refusal(400, 21610), PermanentFailure, "refused it (21610)"),
        Case(refusal(400, None), TemporaryFailure, "does not let us in (400)"),
        Case(refusal(401, 20003), TemporaryFailure, "does not let us in (401)"),
        Case(refusal(404, 20404), TemporaryFailure, "does not let us in (404)"),
        Case(refusal(429, 20429), TemporaryFailure, "too much at once"),
        Case(refusal(503, 20503), TemporaryFailure, "out of service"),
        Case(refusal(503, None), OutcomeUnknown, "neither yes nor no (503)"),
        Case(refusal(500, 20500), OutcomeUnknown, "neither yes nor no (500)"),
        Case(Answer(500, 20500, takes=True), OutcomeUnknown, "neither yes nor no (500)"),
        Case(refusal(302, None), OutcomeUnknown, "neither yes nor no (302)"),
        Case(refusal(200, None), OutcomeUnknown, "neither yes nor no (200)"),
        Case(Answer(hangs_up=True), OutcomeUnknown, "did not answer"),
        Case(Answer(takes=False, hangs_up=True), OutcomeUnknown, "did not answer"),
    ],
    ids=lambda case: f"{case.answer.status}-{case.answer.code}-{case.failure.__name__}",
)
async def test_every_answer_has_its_meaning(stub: StubGateway, case: Case) -> None:
    """Refused for good, not now, or nobody knows; the number, which the gateway quotes, stays
    outside."""
    stub.answers = [case.answer]
    with pytest.raises(case.failure) as raised:
        await SmsGateway(stub.gateway()).send(TEXT)
    assert type(raised.value) is case.failure
    assert case.says in str(raised.value)
    assert "900111" not in str(raised.value)


async def test_a_wrong_password_is_not_the_messages_fault(stub: StubGateway) -> None:
    """It waits until somebody has mended the settings."""
    with pytest.raises(TemporaryFailure, match=r"does not let us in \(401\)"):
        await SmsGateway(replace(stub.gateway(), token="another")).send(TEXT)


async def test_an_answer_that_does_not_come_leaves_a_doubt(stub: StubGateway) -> None:
    """The gateway has it, here, and nobody could know."""
    stub.answers = [Answer(is_held=True)]
    impatient = SmsGateway(replace(stub.gateway(), answer_seconds=0.1))
    with pytest.raises(OutcomeUnknown):
        await impatient.send(TEXT)
    assert len(stub.texts) == 1


async def test_it_cannot_be_asked(stub: StubGateway) -> None:
    """Not even for what it has."""
    gateway = SmsGateway(stub.gateway())
    await gateway.send(TEXT)
    assert await gateway.find(TEXT.message_id) is None


async def test_many_at_once_are_each_taken_once(stub: StubGateway) -> None:
    """On connections of their own."""
    gateway = SmsGateway(stub.gateway())
    await asyncio.gather(*(gateway.send(TEXT) for _ in range(40)))
    assert len(stub.texts) == 40


@pytest.mark.parametrize(
    ("written", "dialled"),
    [
        ("07700 900111", "+447700900111"),
        ("+44 7700 900111", "+447700900111"),
        ("0044 7700 900111", "+447700900111"),
        ("+353 20 910 0000", "+353209100000"),
    ],
)
def test_a_number_is_dialled_from_anywhere(written: str, dialled: str) -> None:
    """As the directory has it, and as ITU-T E.164 writes it."""
    assert international(written) == dialled


@pytest.mark.parametrize("written", ["", "7700 900111", "+", "0", "07700 900111x", "+٠٧٧٠٠٩٠٠١١١"])
def test_what_is_no_number_is_refused_before_it_is_sent(written: str) -> None:
    """And is marked in the directory."""
    with pytest.raises(AddressRefused):
        international(written)


def test_the_password_is_not_shown(stub: StubGateway) -> None:
    """Not where somebody prints what it is set to."""
    assert "a-token" not in repr(stub.gateway())
