"""Answers by text at a running notify: heard where the partnership allows them, and else not."""

from pathlib import Path
from uuid import uuid4

import httpx2

from services.notify.providers import sms_callbacks
from services.notify.replies_api import GATEWAY_PATH, GOVUK_PATH
from tests.notify.fixtures import NO_BROKER
from tests.notify.ground import heard, offer
from tests.notify.service import Service, started
from tests.notify.ways import way_of
from tests.servers import Broker, Postgres

TOKEN = "invented-account-token"


async def test_no_text_is_taken_unless_it_is_allowed(service: Service) -> None:
    """It is not, unless SMS_REPLIES says so."""
    async with httpx2.AsyncClient(base_url=service.url) as provider:
        answers = [await provider.post(path) for path in (GATEWAY_PATH, GOVUK_PATH)]
    assert [each.status_code for each in answers] == [404, 404]


async def test_a_running_notify_takes_an_answer(
    nats_broker: Broker, postgres: Postgres, tmp_path: Path
) -> None:
    """Of the gateway that it is set to, signed for the address that is its own; nothing of it is
    logged but ids."""
    settings = {
        "NATS_URL": NO_BROKER,
        "SMS_REPLIES": "yes",
        "SMS_PROVIDERS": "sms_gateway",
        "SMS_GATEWAY_URL": "http://127.0.0.1:9",
        "SMS_GATEWAY_ACCOUNT": "AC00",
        "SMS_GATEWAY_TOKEN": TOKEN,
        "SMS_GATEWAY_FROM": "+447700900999",
    }
    async with (
        started(nats_broker, postgres, tmp_path, "live", **settings) as service,
        service.emptied() as notify,
    ):
        asked = offer(practitioner_id="p-k4wz7m")
        await notify.hear(heard(asked))
        code = (await way_of(notify, asked)).code
        form = {"MessageSid": uuid4().hex, "From": "+447700900111", "Body": f"YES {code}"}
        signature = sms_callbacks.sign(TOKEN, f"{service.url}{GATEWAY_PATH}", list(form.items()))
        async with httpx2.AsyncClient(base_url=service.url) as provider:
            answer = await provider.post(
                GATEWAY_PATH, data=form, headers={sms_callbacks.SIGNATURE_HEADER: signature}
            )
        assert answer.text == "<Response/>"
        assert "event.notification.answered" in await notify.told()
        log = service.log.read_text()
    assert "text.received" in log
    assert not any(each in log for each in (code, "7700", "YES"))
