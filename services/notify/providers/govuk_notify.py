"""Email and text messages by GOV.UK Notify, through its official client.

Notify has no idempotency key: the same message handed over twice is sent twice. Ours go with the
message's id as their `reference`, by which Notify is asked what became of them. The client blocks
and is not safe between threads, so each of a few threads has one of its own.

The client's errors quote what Notify says, and Notify may quote the address: no text of theirs is
kept or logged. By its documentation only the status and the kind of an error may be relied upon.
"""

import asyncio
import logging
import re
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, ClassVar, Final, TypeVar, assert_never
from uuid import UUID

import structlog
from notifications_python_client.errors import APIError, InvalidResponse
from notifications_python_client.notifications import NotificationsAPIClient
from requests import ConnectTimeout, RequestException
from urllib3.exceptions import MaxRetryError, NewConnectionError, SSLError

from services.notify.messages import Outgoing
from services.notify.providers import (
    AddressRefused,
    Fate,
    OutcomeUnknown,
    PermanentFailure,
    TemporaryFailure,
)
from services.notify.providers.threads import Threads
from shared.events import Channel

log = structlog.get_logger()

T = TypeVar("T")

THREADS: Final = 10
"""At a fifth of a second a call ten threads hand over 3,000 messages a minute: Notify's limit."""
BEGIN_SECONDS: Final = 5.0
"""A call that found no free thread by then is not made at all."""

_FATES: Final[Mapping[str, Fate]] = {
    "created": "taken",
    "sending": "taken",
    "pending": "taken",
    # To a number abroad, of which no more may ever be heard.
    "sent": "taken",
    "delivered": "delivered",
    "permanent-failure": "refused_address",
    "temporary-failure": "undeliverable",
    "technical-failure": "undeliverable",
}
_LIKELIEST: Final[tuple[Fate, ...]] = ("delivered", "taken", "refused_address", "undeliverable")
_ADDRESS_ERRORS: Final = ("InvalidPhoneError", "InvalidEmailError")
_ADDRESS_FIELDS: Final = ("phone_number ", "email_address ")
_UUID: Final = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_KEY: Final = re.compile(rf".+-{_UUID}-{_UUID}")


@dataclass(frozen=True)
class Account:
    """Our service at GOV.UK Notify: its key, and by channel the template that our words are put
    into: ((subject)) and ((body)) for email, ((body)) for text messages.

    `settle_seconds`: how long after a call without an answer Notify may still come to take it.
    Notify ends a request after half a minute, and a token is void after as long.
    """

    api_key: str = field(repr=False)
    templates: Mapping[Channel, UUID]
    base_url: str = "https://api.notifications.service.gov.uk"
    connect_seconds: float = 5.0
    answer_seconds: float = 15.0
    settle_seconds: float = 30.0

    def __post_init__(self) -> None:
        if not _KEY.fullmatch(self.api_key):
            raise ValueError("a key of GOV.UK Notify is a name and two UUIDs")


@dataclass
class GovukNotify:
    """Hands each message over in a thread."""

    account: Account
    name: ClassVar[str] = "govuk_notify"
    reports_delivery: ClassVar[bool] = True
    _threads: Threads = field(init=False)
    _own: threading.local = field(init=False, default_factory=threading.local)
    _clients: list[NotificationsAPIClient] = field(init=False, default_factory=list)
    _unanswered: dict[UUID, float] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._threads = Threads(THREADS, self.name)
        # Its warnings quote what Notify says.
        logging.getLogger("notifications_python_client").setLevel(logging.CRITICAL + 1)

    @property
    def longest_call(self) -> timedelta:
        """Waiting for a thread, then the connection, then the answer."""
        account = self.account
        return timedelta(
            seconds=BEGIN_SECONDS + account.connect_seconds + account.answer_seconds + 1
        )

    async def send(self, message: Outgoing) -> None:
        """Hand it over, once: nothing here tries again."""
        try:
            await self._in_a_thread(lambda client: _hand_over(client, self.account, message))
        except (_NoAnswer, asyncio.CancelledError):
            self._remember_unanswered(message.message_id)
            raise

    async def find(self, message_id: UUID) -> Fate | None:
        """What became of it, as far as Notify knows by now."""
        unanswered_at = self._unanswered.get(message_id)
        asked_at = time.monotonic()
        fate = await self._in_a_thread(lambda client: _ask(client, message_id))
        if (
            fate == "absent"
            and unanswered_at is not None
            and asked_at < unanswered_at + self.account.settle_seconds
        ):
            raise TemporaryFailure("GOV.UK Notify may still come to take it")
        return fate

    def close(self) -> None:
        """End its threads and its connections, at once: nobody waits for a call under way."""
        self._threads.close()
        for client in self._clients:
            client.request_session.close()

    async def _in_a_thread(self, call: Callable[[NotificationsAPIClient], T]) -> T:
        begin_by = time.monotonic() + BEGIN_SECONDS

        def begin() -> T:
            # By now whoever asked may be gone, and may have been told that Notify has nothing.
            if time.monotonic() > begin_by:
                raise TemporaryFailure("every line to GOV.UK Notify is busy")
            return call(self._client())

        return await asyncio.wrap_future(self._threads.submit(begin))

    def _client(self) -> NotificationsAPIClient:
        """This thread's own."""
        if not hasattr(self._own, "client"):
            account = self.account
            self._own.client = NotificationsAPIClient(
                account.api_key,
                base_url=account.base_url,
                timeout=(account.connect_seconds, account.answer_seconds),
            )
            self._clients.append(self._own.client)
        client: NotificationsAPIClient = self._own.client
        return client

    def _remember_unanswered(self, message_id: UUID) -> None:
        now = time.monotonic()
        settled = now - self.account.settle_seconds
        self._unanswered = {i: at for i, at in self._unanswered.items() if at > settled}
        self._unanswered[message_id] = now


def fate_of(status: str) -> Fate:
    """What a status of Notify's means. One that is not documented says only that it has it."""
    return _FATES.get(status, "taken")


class _NoAnswer(OutcomeUnknown):
    """The request may still be on its way, or Notify still at it."""


def _hand_over(client: NotificationsAPIClient, account: Account, message: Outgoing) -> None:
    template, reference = str(account.templates[message.channel]), str(message.message_id)
    try:
        match message.channel:
            case "email":
                client.send_email_notification(
                    email_address=message.recipient,
                    template_id=template,
                    personalisation={"subject": message.subject, "body": message.body},
                    reference=reference,
                )
            case "sms":
                client.send_sms_notification(
                    phone_number=message.recipient,
                    template_id=template,
                    personalisation={"body": message.body},
                    reference=reference,
                )
            case _:
                assert_never(message.channel)
    except APIError as error:
        raise _failure(error) from None


def _ask(client: NotificationsAPIClient, message_id: UUID) -> Fate:
    try:
        page = client.get_all_notifications(reference=str(message_id))
        fates = {fate_of(each["status"]) for each in page["notifications"]}
    except APIError as error:
        _note_if_shut_out(error)
        raise TemporaryFailure("GOV.UK Notify does not tell now") from None
    except (KeyError, TypeError):
        raise TemporaryFailure("GOV.UK Notify answered in an unknown way") from None
    return next((each for each in _LIKELIEST if each in fates), "absent")


def _failure(error: APIError) -> TemporaryFailure | PermanentFailure | OutcomeUnknown:
    """What it means for a message that its call ended in `error`."""
    if isinstance(error, InvalidResponse):
        return OutcomeUnknown("GOV.UK Notify answered in an unknown way")
    if error.response is None:
        if _never_left(error.__cause__):
            return TemporaryFailure("GOV.UK Notify is not to be had")
        return _NoAnswer("GOV.UK Notify was given the message and did not answer")
    _note_if_shut_out(error)
    match error.status_code:
        case 401 | 403:
            return TemporaryFailure("GOV.UK Notify does not let us in: our key, or our clock")
        case 408 | 429:
            return TemporaryFailure(f"GOV.UK Notify takes no more for now ({error.status_code})")
        case 400 if _names_the_address(error.message):
            return AddressRefused("GOV.UK Notify says that the address cannot be right")
        case status if status < 500:
            return PermanentFailure(f"GOV.UK Notify refused it ({status})")
        case 500:
            # It failed somewhere between reading the message and queueing it, and is done with it.
            return OutcomeUnknown("GOV.UK Notify failed (500)")
        case status:
            # Said by what stands before it, which knows nothing of what became of the request.
            return _NoAnswer(f"GOV.UK Notify was not reached, or not heard ({status})")


def _never_left(cause: BaseException | None) -> bool:
    """Whether the request failed before anything of it was sent."""
    if isinstance(cause, ConnectTimeout):
        return True
    if not (isinstance(cause, RequestException) and cause.args):
        return False
    wrapped = cause.args[0]
    reason = wrapped.reason if isinstance(wrapped, MaxRetryError) else None
    if isinstance(reason, SSLError):
        return any(isinstance(each, ssl.SSLCertVerificationError) for each in reason.args)
    return isinstance(reason, NewConnectionError)


def _names_the_address(errors: Any) -> bool:
    """Whether what was refused is the address: a fault of the form is told by its field."""
    return isinstance(errors, list) and any(
        each.get("error") in _ADDRESS_ERRORS
        or (
            each.get("error") == "ValidationError"
            and str(each.get("message")).startswith(_ADDRESS_FIELDS)
        )
        for each in errors
        if isinstance(each, dict)
    )


def _note_if_shut_out(error: APIError) -> None:
    if error.status_code in (401, 403):
        # Until a person sees to the key or to the clock no message goes this way.
        log.error("govuk_notify.shut_out", status=error.status_code)
