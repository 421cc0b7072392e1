"""A GOV.UK Notify of our own, on loopback: its shapes, its checks, and whatever goes wrong with it.

It answers as the real one does to a test key: nothing reaches anybody, and a few numbers and
addresses decide what becomes of a message. As there, what is sent to a smoke-test number is taken
with a smile and kept nowhere: it is never reported, and never found.
"""

import asyncio
import re
import ssl
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final, TypeVar
from uuid import UUID, uuid4

import httpx2
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from services.notify.providers.govuk_notify import Account
from shared.events import Channel
from tests.stubs.govuk_shapes import TEMPLATES, Kept, receipt, refused, shape, taken, told
from tests.stubs.wire import Request, read_request, say

SERVICE: Final = "6f1d7c7e-30c7-4f5e-9a52-6c8d2a3b4c01"
SECRET: Final = "b3f6a1de-5e44-4f0b-8c0d-7a9b1c2d3e02"
KEY: Final = f"stub_key-{SERVICE}-{SECRET}"
BEARER: Final = "a-bearer-token-of-the-stub"

SMOKE_TEST: Final = frozenset(
    ["07700900000", "07700900111", "07700900222"]
    + [f"simulate-delivered{n}@notifications.service.gov.uk" for n in ("", "-2", "-3")]
)
TEST_KEY_FAILURES: Final = {
    "07700900003": "temporary-failure",
    "07700900002": "permanent-failure",
    "temp-fail@simulator.notify": "temporary-failure",
    "perm-fail@simulator.notify": "permanent-failure",
}

_TOKEN_SECONDS: Final = 30


@dataclass(frozen=True)
class Answer:
    """What happens to one request.

    `status`, `error` and `says`: of a refusal. `takes`: whether it has the message afterwards, and
    `takes_late`: only once `may_answer` is set. `hangs_up`: instead of an answer. `is_held`: the
    answer waits for `may_answer`. `leaves`: the status in which the message stays. `before` and
    `after`: what is reported of it before and after the answer, such as ("delivered",).
    """

    status: int = 201
    error: str = ""
    says: str = ""
    takes: bool = True
    takes_late: bool = False
    hangs_up: bool = False
    is_held: bool = False
    leaves: str = "delivered"
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()


TAKEN: Final = Answer()


def refusal(status: int, error: str, says: str) -> Answer:
    """It says no, and has nothing."""
    return Answer(status, error, says, takes=False)


TRIAL_MODE: Final = refusal(
    400, "BadRequestError", "Cannot send to this recipient when service is in trial mode"
)
CLOCK: Final = refusal(
    403, "AuthError", "Error: Your system clock must be accurate to within 30 seconds"
)
TOO_FAST: Final = refusal(
    429,
    "RateLimitError",
    "Exceeded rate limit for key type TEST of 3000 requests per 60 seconds",
)
TOO_MANY: Final = refusal(
    429, "TooManyRequestsError", "Exceeded send limits (sms: 250000) for today"
)
BROKEN: Final = refusal(500, "Exception", "Internal server error")


@dataclass
class StubNotify:
    """`next_answer` decides on each message; unless set, the `answers` are used up, then all is
    taken. `tells`: the answer to every question, in place of the true one. `kept`: by id, in the
    order in which they were taken. `seconds`: how long it takes over each. `called` has each
    request's path, as it comes.
    """

    port: int = 0
    answers: list[Answer] = field(default_factory=list)
    next_answer: Callable[[Request], Answer] | None = None
    tells: Answer | None = None
    callback_url: str | None = None
    seconds: float = 0.0
    kept: dict[UUID, Kept] = field(default_factory=dict)
    may_answer: asyncio.Event = field(default_factory=asyncio.Event)
    called: "asyncio.Queue[str]" = field(default_factory=asyncio.Queue)
    _under_way: set["asyncio.Task[None]"] = field(default_factory=set)
    _http: httpx2.AsyncClient = field(default_factory=httpx2.AsyncClient)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def account(self) -> Account:
        """How Fingerpost is told of it."""
        return Account(KEY, TEMPLATES, self.url, connect_seconds=5, answer_seconds=5)

    def of(self, reference: UUID) -> Sequence[Kept]:
        """The messages that it has under a reference."""
        return [each for each in self.kept.values() if each.reference == str(reference)]

    async def report(self, message: Kept, status: str, bearer: str = BEARER) -> int | None:
        """Send a delivery receipt; the answer's status, None if nobody is there."""
        self.kept[message.id] = replace(message, status=status)
        if self.callback_url is None:
            return None
        with suppress(httpx2.TransportError):  # the real one comes again after five minutes
            response = await self._http.post(
                self.callback_url,
                json=receipt(message, status),
                headers={"Authorization": f"Bearer {bearer}"},
            )
            return response.status_code
        return None

    async def finish(self) -> None:
        """Let what is still to be answered and reported come to its end."""
        self.may_answer.set()
        await asyncio.gather(*self._under_way)

    async def close(self) -> None:
        """Hang up with whoever hears its reports."""
        await self._http.aclose()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, one request."""
        task = asyncio.current_task()
        assert task is not None
        self._under_way.add(task)
        try:
            await self._answer(await read_request(reader), writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # whoever called went away
        finally:
            self._under_way.discard(task)
            writer.close()

    async def _answer(self, request: Request, writer: asyncio.StreamWriter) -> None:
        self.called.put_nowait(request.path)
        if (fault := _fault_of_token(request)) is not None:
            await say(writer, fault.status, _words(fault))
        elif request.method == "POST":
            await self._take_or_refuse(request, writer)
        elif self.tells is None:
            await say(writer, 200, self._page(request))
        else:
            await say(writer, self.tells.status, _words(self.tells))

    async def _take_or_refuse(self, request: Request, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(self.seconds)
        answer = _fault_of_form(request) or self._next(request)
        if answer.takes_late:
            await self.may_answer.wait()
        message = _message(request, answer.leaves) if answer.takes else None
        if message is not None and message.to not in SMOKE_TEST:
            self.kept[message.id] = message
            await self._report_all(message, answer.before)
        if answer.is_held:
            await self.may_answer.wait()
        if answer.hangs_up:
            writer.transport.abort()
        elif message is None or answer.status >= 400:
            await say(writer, answer.status, _words(answer))
        else:
            await say(writer, answer.status, taken(message))
        if message is not None and message.to not in SMOKE_TEST:
            await self._report_all(message, answer.after)

    def _next(self, request: Request) -> Answer:
        if self.next_answer is not None:
            return self.next_answer(request)
        return self.answers.pop(0) if self.answers else TAKEN

    async def _report_all(self, message: Kept, statuses: tuple[str, ...]) -> None:
        for status in statuses:
            await self.report(message, status)

    def _page(self, request: Request) -> dict[str, Any]:
        page = shape("govuk_page")
        [like] = page["notifications"]
        reference = request.query.get("reference")
        found = [m for m in self.kept.values() if reference in (None, m.reference)]
        page["notifications"] = [told(like, each) for each in reversed(found)]
        page["links"] = {"current": f"{self.url}{request.path}"}
        return page


Stub = TypeVar("Stub", bound=StubNotify)


@asynccontextmanager
async def stub_notify(tls: ssl.SSLContext | None = None) -> AsyncIterator[StubNotify]:
    """A Notify that takes everything, until it is told otherwise."""
    async with listening(StubNotify(), tls) as stub:
        yield stub


@asynccontextmanager
async def listening(stub: Stub, tls: ssl.SSLContext | None = None) -> AsyncIterator[Stub]:
    """One of any kind, on a port of its own."""
    server = await asyncio.start_server(stub.serve, "127.0.0.1", 0, ssl=tls)
    stub.port = server.sockets[0].getsockname()[1]
    try:
        yield stub
    finally:
        server.close()
        await stub.finish()
        await stub.close()
        await server.wait_closed()


def _words(answer: Answer) -> dict[str, Any]:
    return refused(answer.status, answer.error, answer.says)


def _message(request: Request, leaves: str) -> Kept:
    form, channel = request.form, _channel(request)
    to = str(form["email_address"]) if channel == "email" else _digits(form["phone_number"])
    words = form["personalisation"]
    return Kept(
        id=uuid4(),
        reference=form.get("reference"),
        channel=channel,
        to=to,
        subject=words.get("subject", ""),
        body=words["body"],
        status=TEST_KEY_FAILURES.get(to, leaves),
        at=datetime.now(UTC),
    )


def _channel(request: Request) -> Channel:
    return "email" if request.path.endswith("/email") else "sms"


def _fault_of_token(request: Request) -> Answer | None:
    """HS256 over the service's id and the time, by the key's secret, half a minute old at most."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme != "Bearer":
        return refusal(401, "AuthError", "Unauthorized: authentication token must be provided")
    try:
        claims = jwt.decode(token, OctKey.import_key(SECRET), algorithms=["HS256"]).claims
    except (JoseError, ValueError):
        return refusal(403, "AuthError", "Invalid token: API key not found")
    if claims.get("iss") != SERVICE:
        return refusal(403, "AuthError", "Invalid token: service not found")
    if abs(time.time() - claims.get("iat", 0)) > _TOKEN_SECONDS:
        return CLOCK
    return None


def _fault_of_form(request: Request) -> Answer | None:
    if request.path not in ("/v2/notifications/email", "/v2/notifications/sms"):
        return refusal(404, "NotFound", "The requested URL was not found on the server.")
    form, channel = request.form, _channel(request)
    if (wrong := _fault_of_address(form, channel)) is not None:
        return refusal(400, "ValidationError", wrong)
    if form.get("template_id") != str(TEMPLATES[channel]):
        return refusal(400, "BadRequestError", "Template not found")
    needed = {"subject", "body"} if channel == "email" else {"body"}
    if missing := sorted(needed - form.get("personalisation", {}).keys()):
        return refusal(400, "BadRequestError", f"Missing personalisation: {', '.join(missing)}")
    return None


def _fault_of_address(form: Mapping[str, Any], channel: Channel) -> str | None:
    if channel == "email":
        is_one = re.fullmatch(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+", form["email_address"])
        return None if is_one else "email_address Not a valid email address"
    number = _digits(form["phone_number"])
    if not number.isdecimal():
        return "phone_number Must not contain letters or symbols"
    if not number.startswith("07"):
        return "phone_number Not a UK mobile number"
    if len(number) != 11:
        return f"phone_number {'Too many' if len(number) > 11 else 'Not enough'} digits"
    return None


def _digits(number: str) -> str:
    return re.sub(r"^(\+44|0044)", "0", re.sub(r"[\s()-]", "", number))
