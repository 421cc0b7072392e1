"""The floor: the official client in a bare loop of threads, and somebody who hears the reports.

    python -m tests.performance.messages.floor PROVIDER_URL CALLBACK_PORT COUNT

The same requests to the same provider with the same concurrency as ours, and nothing around them:
no queue, no database, no events. Says how many seconds it took from the first request until the
last report was heard.
"""

import asyncio
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

from notifications_python_client.notifications import NotificationsAPIClient

from services.notify.providers.govuk_notify import THREADS
from tests.stubs.govuk_notify import KEY
from tests.stubs.govuk_shapes import TEMPLATES
from tests.stubs.wire import read_request, say

SUBJECT = "Please answer: 3f2a9c41"
BODY = "Something waits for your answer.\n\n" + "As long as one of ours is, to the letter. " * 8

_own = threading.local()


def hand_over(url: str) -> None:
    """One message."""
    if not hasattr(_own, "client"):
        _own.client = NotificationsAPIClient(KEY, base_url=url)
    _own.client.send_email_notification(
        email_address="ada@team.example",
        template_id=str(TEMPLATES["email"]),
        personalisation={"subject": SUBJECT, "body": BODY},
        reference=str(uuid4()),
    )


async def run(url: str, port: int, count: int) -> float:
    """Seconds until everything is sent and reported."""
    heard, over = 0, asyncio.Event()

    async def hear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal heard
        await read_request(reader)
        await say(writer, 200, {})
        heard += 1
        if heard == count:
            over.set()

    server = await asyncio.start_server(hear, "127.0.0.1", port)
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(THREADS) as threads:
        began = time.monotonic()
        await asyncio.gather(*(loop.run_in_executor(threads, hand_over, url) for _ in range(count)))
        await over.wait()
        took = time.monotonic() - began
    server.close()
    return took


if __name__ == "__main__":
    sys.stdout.write(f"{asyncio.run(run(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))}\n")
