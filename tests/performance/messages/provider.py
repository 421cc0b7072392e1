"""A provider of our own as a process, which takes everything and reports it delivered.

    python -m tests.performance.messages.provider govuk|gateway SECONDS CALLBACK_URL

Its port is its first line. SECONDS: how long GOV.UK Notify takes over each message. The gateway is
told with each message where to report. It ends with its standard input.
"""

import asyncio
import sys

from tests.stubs.govuk_notify import Answer, StubNotify, listening
from tests.stubs.sms_gateway import Answer as GatewayAnswer
from tests.stubs.sms_gateway import stub_gateway


async def govuk(seconds: float, callback_url: str) -> None:
    """GOV.UK Notify, until nobody needs it."""
    stub = StubNotify(
        seconds=seconds,
        callback_url=callback_url,
        next_answer=lambda _: Answer(leaves="sending", after=("delivered",)),
    )
    async with listening(stub):
        await _until_the_end(stub.port)


async def gateway() -> None:
    """A gateway, until nobody needs it."""
    async with stub_gateway() as stub:
        stub.next_answer = lambda: GatewayAnswer(after=("delivered",))
        await _until_the_end(stub.port)


async def _until_the_end(port: int) -> None:
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["govuk", waits, url]:
            asyncio.run(govuk(float(waits), url))
        case ["gateway", _, _]:
            asyncio.run(gateway())
