"""What GOV.UK Notify may answer its official client, and what that means for the message."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from structlog.testing import capture_logs

from deploy.local.child import free_port
from services.notify.addressing import LOOK_UP_SECONDS
from services.notify.messages import Outgoing
from services.notify.providers import (
    AddressRefused,
    Fate,
    OutcomeUnknown,
    PermanentFailure,
    TemporaryFailure,
)
from services.notify.providers import govuk_notify as module
from services.notify.providers.govuk_notify import Account, GovukNotify, fate_of
from services.notify.sending import HOLD_BEYOND_CALL
from tests.stubs.certificate import self_signed
from tests.stubs.govuk_notify import (
    BROKEN,
    CLOCK,
    KEY,
    TOO_FAST,
    TOO_MANY,
    TRIAL_MODE,
    Answer,
    StubNotify,
    refusal,
    stub_notify,
)
from tests.stubs.govuk_shapes import TEMPLATES

PEOPLE = ("ada", "07700", "waits")


@pytest.fixture
async def stub() -> AsyncIterator[StubNotify]:
    """A Notify of our own."""
    async with stub_notify() as running:
        yield running


@asynccontextmanager
async def client_of(account: Account) -> AsyncIterator[GovukNotify]:
    """The official client, until it is closed."""
    provider = GovukNotify(account)
    try:
        yield provider
    finally:
        provider.close()


@pytest.fixture
async def notify(stub: StubNotify) -> AsyncIterator[GovukNotify]:
    """The official client, before it."""
    async with client_of(stub.account()) as provider:
        yield provider


def email(to: str = "ada@team.example") -> Outgoing:
    """An email to Ada Lark."""
    return Outgoing(uuid4(), "email", to, "Fingerpost: something waits", "Something waits.\n")


def text(to: str = "07700 900123") -> Outgoing:
    """A text message to her."""
    return Outgoing(uuid4(), "sms", to, "", "Fingerpost. Something waits.")


async def raised_by(call: Awaitable[Any]) -> Exception:
    """What it raises, which names nobody and quotes nothing."""
    with pytest.raises(Exception) as raised:  # noqa: PT011 - which one, the tests say
        await call
    assert not any(each in str(raised.value) for each in PEOPLE)
    assert raised.value.__cause__ is None
    return raised.value


@pytest.mark.parametrize("message", [email(), text()], ids=["email", "text"])
async def test_it_goes_under_our_own_id(
    stub: StubNotify, notify: GovukNotify, message: Outgoing
) -> None:
    """Its reference is the message's id, and neither a person nor a case."""
    await notify.send(message)
    [kept] = stub.kept.values()
    assert (kept.channel, kept.reference) == (message.channel, str(message.message_id))


@pytest.mark.parametrize(
    "message",
    [email("nobody"), email("a b@team.example"), text("07700 90"), text("0770x900123")],
    ids=["no @", "a space", "too short", "a letter"],
)
async def test_an_address_that_cannot_be_right_is_refused_for_good(
    stub: StubNotify, notify: GovukNotify, message: Outgoing
) -> None:
    """400 ValidationError of the address: so that the directory can be marked."""
    failure = await raised_by(notify.send(message))
    assert isinstance(failure, AddressRefused)
    assert stub.kept == {}


@pytest.mark.parametrize(
    "answer",
    [
        TRIAL_MODE,
        refusal(400, "BadRequestError", "Cannot send to international mobile numbers"),
        refusal(400, "ValidationError", "template_id is not a valid UUID"),
        refusal(404, "NoResultFound", "No result found"),
    ],
    ids=lambda answer: answer.says,
)
async def test_a_refusal_says_nothing_against_the_address(
    stub: StubNotify, notify: GovukNotify, answer: Answer
) -> None:
    """Any other 400 is about our service or our form: this message fails, the address stands."""
    stub.answers = [answer]
    failure = await raised_by(notify.send(text()))
    assert type(failure) is PermanentFailure


async def test_a_template_that_is_not_there_fails_the_message(stub: StubNotify) -> None:
    """A wrong id in the settings is found by the first message."""
    account = replace(stub.account(), templates={"email": uuid4(), "sms": uuid4()})
    async with client_of(account) as notify:
        assert type(await raised_by(notify.send(email()))) is PermanentFailure


@pytest.mark.parametrize("answer", [CLOCK, TOO_FAST, TOO_MANY], ids=lambda answer: answer.says)
async def test_what_it_does_not_take_now_it_may_take_later(
    stub: StubNotify, notify: GovukNotify, answer: Answer
) -> None:
    """403 is our clock or our key, 429 a limit: no message is at fault, and it has none."""
    stub.answers = [answer]
    message = email()
    assert isinstance(await raised_by(notify.send(message)), TemporaryFailure)
    assert await notify.find(message.message_id) == "absent"


async def test_a_wrong_key_is_loud(stub: StubNotify) -> None:
    """The token of another key is refused, and whoever reads the log sees why nothing goes."""
    other = stub.account().api_key[:-36] + str(uuid4())
    with capture_logs() as logged:
        async with client_of(replace(stub.account(), api_key=other)) as notify:
            assert isinstance(await raised_by(notify.send(email())), TemporaryFailure)
    assert logged == [{"event": "govuk_notify.shut_out", "status": 403, "log_level": "error"}]


async def test_a_key_that_is_none_is_not_begun_with() -> None:
    """It is named in no complaint."""
    with pytest.raises(ValueError, match="two UUIDs") as raised:
        Account("not-a-key", {})
    assert "not-a-key" not in str(raised.value)


async def test_an_internal_error_leaves_a_doubt_that_asking_ends(
    stub: StubNotify, notify: GovukNotify
) -> None:
    """500 may come before a message is kept or after; either way it is known by its reference."""
    stub.answers = [BROKEN, replace(BROKEN, takes=True)]
    lost, kept = email(), email()
    assert isinstance(await raised_by(notify.send(lost)), OutcomeUnknown)
    assert isinstance(await raised_by(notify.send(kept)), OutcomeUnknown)
    assert await notify.find(lost.message_id) == "absent"
    assert await notify.find(kept.message_id) == "delivered"


async def test_a_connection_that_breaks_after_it_was_taken_leaves_a_doubt(
    stub: StubNotify, notify: GovukNotify
) -> None:
    """Nothing here sends it again, and asking finds it, once."""
    stub.answers = [Answer(hangs_up=True)]
    message = text()
    assert isinstance(await raised_by(notify.send(message)), OutcomeUnknown)
    assert await notify.find(message.message_id) == "delivered"
    assert len(stub.kept) == 1


async def test_a_connection_that_breaks_before_leaves_a_doubt_for_a_while(
    stub: StubNotify,
) -> None:
    """That Notify does not know it proves nothing until the request can no longer be under way."""
    stub.answers = [Answer(hangs_up=True, takes=False)]
    message = email()
    async with client_of(stub.account()) as notify:
        assert isinstance(await raised_by(notify.send(message)), OutcomeUnknown)
        assert isinstance(await raised_by(notify.find(message.message_id)), TemporaryFailure)
    stub.answers = [Answer(hangs_up=True, takes=False)]
    async with client_of(replace(stub.account(), settle_seconds=0)) as notify:
        assert isinstance(await raised_by(notify.send(message)), OutcomeUnknown)
        assert await notify.find(message.message_id) == "absent"


async def test_a_slow_answer_is_given_up_and_what_comes_of_it_is_found(stub: StubNotify) -> None:
    """Asked while Notify is still at it, nobody says that it has nothing; then it has it."""
    stub.answers = [Answer(takes_late=True)]
    message = email()
    async with client_of(replace(stub.account(), answer_seconds=0.2)) as notify:
        assert isinstance(await raised_by(notify.send(message)), OutcomeUnknown)
        assert isinstance(await raised_by(notify.find(message.message_id)), TemporaryFailure)
        await stub.finish()
        assert await notify.find(message.message_id) == "delivered"


async def test_a_call_that_is_cut_off_counts_as_unanswered(
    stub: StubNotify, notify: GovukNotify
) -> None:
    """Its thread goes on, whoever gave up on it."""
    stub.answers = [Answer(takes_late=True)]
    message = email()
    sending = asyncio.create_task(notify.send(message))
    await stub.called.get()
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
    assert isinstance(await raised_by(notify.find(message.message_id)), TemporaryFailure)
    await stub.finish()
    assert await notify.find(message.message_id) == "delivered"


async def test_after_a_crash_it_is_not_asked_while_it_may_still_be_at_it() -> None:
    """Nobody remembers then when the call was made: the sender's hold must outlast the latest."""
    account = Account(KEY, TEMPLATES)
    async with client_of(account) as notify:
        held = notify.longest_call + HOLD_BEYOND_CALL
    begun = LOOK_UP_SECONDS + module.BEGIN_SECONDS + account.connect_seconds
    assert held.total_seconds() > begun + account.settle_seconds


async def test_a_call_that_finds_no_free_thread_is_never_made(
    stub: StubNotify, notify: GovukNotify, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever waited for it has been told that Notify has nothing, and may send it elsewhere."""
    stub.answers = [Answer(is_held=True)] * module.THREADS
    busy = [asyncio.create_task(notify.send(email())) for _ in range(module.THREADS)]
    for _ in busy:
        await stub.called.get()
    monkeypatch.setattr(module, "BEGIN_SECONDS", 0)
    late = email()
    waiting = asyncio.create_task(notify.send(late))
    stub.may_answer.set()
    assert isinstance(await raised_by(waiting), TemporaryFailure)
    await asyncio.gather(*busy)
    assert stub.of(late.message_id) == []


async def test_nobody_there_has_nothing(stub: StubNotify) -> None:
    """A connection that is refused costs no doubt, so that another provider may be tried."""
    account = replace(stub.account(), base_url=f"http://127.0.0.1:{free_port()}")
    async with client_of(account) as notify:
        assert isinstance(await raised_by(notify.send(email())), TemporaryFailure)


async def test_a_stranger_who_offers_encryption_is_given_nothing(tmp_path: Path) -> None:
    """A certificate that nobody vouches for ends the call before anything of it is sent."""
    async with stub_notify(self_signed(tmp_path)) as stub:
        account = replace(stub.account(), base_url=stub.url.replace("http:", "https:"))
        async with client_of(account) as notify:
            assert isinstance(await raised_by(notify.send(email())), TemporaryFailure)
        assert stub.called.empty()


@pytest.mark.parametrize("status", [502, 503, 504])
async def test_what_stands_before_it_does_not_know(
    stub: StubNotify, notify: GovukNotify, status: int
) -> None:
    """A balancer's error says nothing of the request, which may still be worked on."""
    stub.answers = [refusal(status, "Exception", "Timeout serving request")]
    message = email()
    assert isinstance(await raised_by(notify.send(message)), OutcomeUnknown)
    assert isinstance(await raised_by(notify.find(message.message_id)), TemporaryFailure)


@pytest.mark.parametrize(
    ("status", "fate"),
    [
        ("created", "taken"),
        ("sending", "taken"),
        ("pending", "taken"),
        ("sent", "taken"),
        ("delivered", "delivered"),
        ("permanent-failure", "refused_address"),
        ("temporary-failure", "undeliverable"),
        ("technical-failure", "undeliverable"),
        ("a-status-of-tomorrow", "taken"),
    ],
)
async def test_each_status_is_a_fate(
    stub: StubNotify, notify: GovukNotify, status: str, fate: Fate
) -> None:
    """Asked, or told by a receipt."""
    stub.answers = [Answer(leaves=status)]
    message = email()
    await notify.send(message)
    assert await notify.find(message.message_id) == fate_of(status) == fate


@pytest.mark.parametrize(
    ("message", "fate"),
    [
        (text("07700 900003"), "undeliverable"),
        (text("07700 900002"), "refused_address"),
        (email("temp-fail@simulator.notify"), "undeliverable"),
        (email("perm-fail@simulator.notify"), "refused_address"),
    ],
    ids=lambda each: each.recipient if isinstance(each, Outgoing) else each,
)
async def test_a_test_key_has_numbers_that_fail(
    notify: GovukNotify, message: Outgoing, fate: Fate
) -> None:
    """With a test key an operator can try each way a message may end."""
    await notify.send(message)
    assert await notify.find(message.message_id) == fate


async def test_a_smoke_test_number_leaves_no_trace(stub: StubNotify, notify: GovukNotify) -> None:
    """It is taken, and nobody hears of it again: such a number belongs in no directory."""
    message = text("07700 900111")
    await notify.send(message)
    assert await notify.find(message.message_id) == "absent"


async def test_sent_twice_the_better_end_counts(stub: StubNotify, notify: GovukNotify) -> None:
    """Where a person had it sent again, one that arrived is enough."""
    stub.answers = [Answer(leaves="delivered"), Answer(leaves="temporary-failure")]
    message = email()
    await notify.send(message)
    await notify.send(message)
    assert await notify.find(message.message_id) == "delivered"


@pytest.mark.parametrize("tells", [CLOCK, TOO_FAST, BROKEN], ids=lambda answer: answer.error)
async def test_a_question_without_an_answer_decides_nothing(
    stub: StubNotify, notify: GovukNotify, tells: Answer
) -> None:
    """Least of all that Notify does not have it."""
    stub.tells = tells
    assert isinstance(await raised_by(notify.find(uuid4())), TemporaryFailure)


async def test_the_clients_own_log_is_silent(
    stub: StubNotify, notify: GovukNotify, caplog: pytest.LogCaptureFixture
) -> None:
    """It would quote what Notify says, and Notify may quote an address."""
    caplog.set_level(logging.INFO)
    stub.answers = [refusal(400, "BadRequestError", "ada@team.example is not on the list")]
    await raised_by(notify.send(email()))
    assert caplog.text == ""
