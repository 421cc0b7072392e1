"""What auditors get by mail: the signed checkpoint, intact, and what is wrong with the trail."""

import json
from uuid import uuid4

from services.notify.messages import Outgoing
from services.notify.providers.smtp import Smtp
from shared.events import CheckpointStated, TrailAlarmed
from tests.notify.ground import Notify, Remembering, audited
from tests.notify.mail_server import mail_server

NOTE = (
    "fingerpost.example.gov.uk/audit\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
    "— fingerpost.example.gov.uk/audit Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URY"
    "N7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
    "— witness.example.org/w1 3o4IpAAAAABqI1Fh9zjYt1vb2M6iqDgGJv6oQDq1oKqhW4Yz2Y1vVn8Hq0vS8e1r"
    "C1Q8u2GkT5n0mJ8n4cQw6b3Y1n0cDw==\n"
)
STATED = CheckpointStated(
    origin="fingerpost.example.gov.uk/audit", size=20852163, root="00" * 32, note=NOTE
)


async def mails(notify: Notify, *events: CheckpointStated | TrailAlarmed) -> list[Outgoing]:
    """What leaves once these were heard, twice each."""
    provider = Remembering()
    for number, event in enumerate(events, start=1):
        said = audited(event, number)
        await notify.hear(said)
        await notify.hear(said)
    await notify.send(provider)
    return provider.letters


async def test_each_auditor_gets_the_note_as_it_was_signed(notify: Notify) -> None:
    """To the last byte, at the end of the message, so that it can be compared."""
    letters = await mails(notify, STATED)
    assert sorted(each.recipient for each in letters) == [
        "audit@council.example",
        "inspector@elsewhere.example",
    ]
    assert all(each.body.rstrip("\n").endswith(f"\n\n{NOTE}".rstrip("\n")) for each in letters)


async def test_a_mail_server_hands_the_note_on_as_it_is(notify: Notify) -> None:
    """Its lines are long, and one character is none of ASCII's: nothing is folded or replaced."""
    letter, *_ = await mails(notify, STATED)
    async with mail_server() as mail:
        await Smtp(mail.server()).send(letter)
    [arrived] = mail.letters
    assert NOTE in arrived.get_content().replace("\r\n", "\n")


async def test_a_finding_is_mailed_once(notify: Notify) -> None:
    """However often it is told, under whatever event."""
    alarm = TrailAlarmed(finding_id=uuid4(), kind="number_missing", about="triage")
    letters = await mails(notify, alarm, alarm)
    assert len(letters) == 2
    assert all("number missing\nIt is about: triage\n" in each.body for each in letters)


async def test_it_is_told_that_they_were_told(notify: Notify) -> None:
    """By the name of the mailbox, never its address."""
    await mails(notify, STATED)
    told = [json.loads(row.body)["data"] for row in await notify.rows("outbox")]
    assert {(each["agency"], each["purpose"]) for each in told} == {
        ("auditors/1", "checkpoint"),
        ("auditors/2", "checkpoint"),
    }
    assert "example" not in json.dumps(told)
