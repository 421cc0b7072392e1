"""An SMS gateway of our own, on loopback: Twilio's shapes, and whatever goes wrong with it.

It answers one request a connection, so that it can also hang up at any moment. It keeps what it
took, and reports on it, signed, when it is told to or as each answer says.
"""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qsl

import httpx2

from services.notify.providers.sms_callbacks import SIGNATURE_HEADER, sign
from services.notify.providers.sms_gateway import Gateway

ACCOUNT: Final = "AC00000000000000000000000000000001"
TOKEN: Final = "a-token-of-the-stub"
SENDER: Final = "+447700900999"


@dataclass(frozen=True)
class Answer:
    """What happens to one request.

    `status` and `code`: of HTTP and of the gateway. `takes`: whether it has the message afterwards.
    `hangs_up`: instead of an answer. `is_held`: the answer waits for `may_answer`. `before` and
    `after`: what is reported of the message before and after the answer, such as ("delivered",).
    """

    status: int = 201
    code: int | None = None
    takes: bool = True
    hangs_up: bool = False
    is_held: bool = False
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()


TAKEN: Final = Answer()


def refusal(status: int, code: int | None) -> Answer:
    """It says no, and has nothing."""
    return Answer(status, code, takes=False)


@dataclass(frozen=True)
class Text:
    """One message that it has."""

    sid: str
    to: str
    sender: str
    body: str
    callback: str


@dataclass
class StubGateway:
    """`next_answer` decides on each request; unless set, the `answers` are used up, then all is
    taken. `called` has each request's path, as it comes."""

    port: int = 0
    answers: list[Answer] = field(default_factory=list)
    next_answer: Callable[[], Answer] | None = None
    texts: list[Text] = field(default_factory=list)
    may_answer: asyncio.Event = field(default_factory=asyncio.Event)
    called: "asyncio.Queue[str]" = field(default_factory=asyncio.Queue)
    _under_way: set["asyncio.Task[None]"] = field(default_factory=set)
    _http: httpx2.AsyncClient = field(default_factory=httpx2.AsyncClient)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def gateway(self, public_url: str = "https://fp.example.gov.uk") -> Gateway:
        """How Fingerpost is told of it."""
        return Gateway(self.url, ACCOUNT, TOKEN, public_url, sender=SENDER)

    async def report(self, text: Text, status: str, error: int | None = None) -> int:
        """Tell what became of a message; the answer's status."""
        form = {
            "AccountSid": ACCOUNT,
            "ApiVersion": "2010-04-01",
            "From": text.sender,
            "MessageSid": text.sid,
            "MessageStatus": status,
            "SmsSid": text.sid,
            "SmsStatus": status,
            "To": text.to,
        }
        if error is not None:
            form["ErrorCode"] = str(error)
        return await self.post(text.callback, form)

    async def post(self, url: str, form: dict[str, str], token: str = TOKEN) -> int:
        """A signed form to somebody; the answer's status."""
        signature = sign(token, url, tuple(form.items()))
        headers = {SIGNATURE_HEADER: signature}
        return (await self._http.post(url, data=form, headers=headers)).status_code

    async def finish(self) -> None:
        """Let what is still to be reported be reported."""
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
            await self._answer(await _request(reader), writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # whoever called went away
        finally:
            self._under_way.discard(task)
            writer.close()

    async def _answer(self, request: "_Request", writer: asyncio.StreamWriter) -> None:
        self.called.put_nowait(request.path)
        answer = self._judge(request)
        text = self._take(request) if answer.takes else None
        if text is not None:
            await self._report_all(text, answer.before)
        if answer.is_held:
            await self.may_answer.wait()
        if answer.hangs_up:
            writer.transport.abort()
        else:
            writer.write(_response(answer, text))
            await writer.drain()
            writer.close()
        if text is not None:
            await self._report_all(text, answer.after)

    async def _report_all(self, text: Text, statuses: tuple[str, ...]) -> None:
        for status in statuses:
            with suppress(httpx2.TransportError):  # nobody there: it does not report again
                await self.report(text, status)

    def _judge(self, request: "_Request") -> Answer:
        expected = base64.b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()
        if request.headers.get("authorization") != f"Basic {expected}":
            return refusal(401, 20003)
        if request.line != f"POST /2010-04-01/Accounts/{ACCOUNT}/Messages.json HTTP/1.1":
            return refusal(404, 20404)
        if not request.form.get("To", "").startswith("+"):
            return refusal(400, 21211)
        if self.next_answer is not None:
            return self.next_answer()
        return self.answers.pop(0) if self.answers else TAKEN

    def _take(self, request: "_Request") -> Text:
        form = request.form
        sender = form.get("From") or form["MessagingServiceSid"]
        sid = f"SM{len(self.texts) + 1:032x}"
        text = Text(sid, form["To"], sender, form["Body"], form["StatusCallback"])
        self.texts.append(text)
        return text


@asynccontextmanager
async def stub_gateway() -> AsyncIterator[StubGateway]:
    """A gateway that takes everything, until it is told otherwise."""
    stub = StubGateway()
    listening = await asyncio.start_server(stub.serve, "127.0.0.1", 0)
    stub.port = listening.sockets[0].getsockname()[1]
    try:
        yield stub
    finally:
        listening.close()
        await stub.finish()
        await stub.close()
        await listening.wait_closed()


@dataclass(frozen=True)
class _Request:
    line: str
    headers: dict[str, str]
    form: dict[str, str]

    @property
    def path(self) -> str:
        return self.line.split(" ")[1]


async def _request(reader: asyncio.StreamReader) -> _Request:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    line, *fields = head.strip().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (f.partition(":") for f in fields)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return _Request(line, headers, dict(parse_qsl(body.decode(), keep_blank_values=True)))


def _response(answer: Answer, text: Text | None) -> bytes:
    said: dict[str, object]
    if answer.status < 400 and text is not None:
        said = {
            "account_sid": ACCOUNT,
            "api_version": "2010-04-01",
            "body": text.body,
            "direction": "outbound-api",
            "error_code": None,
            "error_message": None,
            "from": text.sender,
            "num_segments": "1",
            "sid": text.sid,
            "status": "queued",
            "to": text.to,
        }
    else:
        said = {
            "code": answer.code,
            # As the real ones do, it quotes the number in its words: they must go nowhere.
            "message": "+447700900111 is not wanted here",
            "more_info": f"https://www.twilio.com/docs/errors/{answer.code}",
            "status": answer.status,
        }
    body = json.dumps(said).encode()
    head = (
        f"HTTP/1.1 {answer.status} Stub\r\n"
        "Content-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n"
        "Connection: close\r\n\r\n"
    )
    return head.encode() + body
