"""demo: sample referrals from their senders to practitioners' phones, back, and to the trail.

The police publish over NATS through `examples/send_over_nats.py`, a client that knows nothing of
this code; the others use HTTP with their own agency's token. Everything shown comes back out of the
running system.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer
from rich.panel import Panel
from rich.progress import Progress

from deploy import keys as key_folder
from deploy.client import Answered, Client
from deploy.commands.console import AsJson, cannot, err, give, out, say
from deploy.commands.demo_answers import answers, sender_hears
from deploy.commands.trail import pages_of, policy_of
from deploy.commands.wording import summary
from deploy.local import home as homes
from deploy.local.child import LocalServerError
from deploy.local.home import ROOT
from deploy.local.system import System
from services.audit.verify import Verified, verify_trail

EXAMPLES = ROOT / "examples"
SENDS_OVER_NATS = "met-police"
FOLLOW_SECONDS = 45.0

Names = Mapping[str, str]
"""Of practitioners, by their ids."""


def demo(
    data: Annotated[
        Path | None, typer.Option("--data", help="Keep what the demo leaves in this folder.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Start everything, send the sample referrals, follow each to its end, and stop."""
    with tempfile.TemporaryDirectory(prefix="fingerpost-demo-") as passing:
        system = System(homes.make(data or Path(passing)), say)
        try:
            system.start()
        except LocalServerError as error:
            cannot(str(error))
        try:
            stories = _run(system)
        finally:
            say("stopping")
            system.stop()
    if as_json:
        give(stories)
    else:
        _show(stories)
    raise typer.Exit(0 if all(story["verified"] for story in stories) else 1)


def _run(system: System) -> list[dict[str, Any]]:
    files = sorted(EXAMPLES.glob("*.json"))
    documents = {file: json.loads(file.read_text())["document"] for file in files}
    by_police = [f for f in files if documents[f]["source"]["agency"] == SENDS_OVER_NATS]
    receipts = _send_over_nats(system, by_police)
    with Client(system.home) as client, Progress(console=err, transient=True) as progress:
        for file in progress.track(files, description="sending"):
            if file not in by_police:
                agency = documents[file]["source"]["agency"]
                body = json.dumps(documents[file]).encode()
                receipt = client.post("/intake/api/referrals", "sender", body, agency)
                receipts[receipt["reference"]] = receipt
        directory = client.get("/triage/api/directory", "coordinator")["directory"]
        names = {each["id"]: each["name"] for each in directory["practitioners"]}
        until = time.monotonic() + FOLLOW_SECONDS
        stories = [
            _asked(client, names, documents[file], receipts, until)
            for file in progress.track(files, description="following")
        ]
        return [
            _answered(client, names, story, until)
            for story in progress.track(stories, description="answering")
        ]


def _send_over_nats(system: System, files: Iterable[Path]) -> dict[str, dict[str, Any]]:
    seed = key_folder.load(system.home.keys).agency_seed_file(SENDS_OVER_NATS)
    command = [
        sys.executable,
        str(EXAMPLES / "send_over_nats.py"),
        *("--url", f"nats://127.0.0.1:{system.ports['nats']}", "--seed", str(seed)),
        *("--agency", SENDS_OVER_NATS, *map(str, files)),
    ]
    sent = subprocess.run(  # noqa: S603 - our own example, no shell
        command, capture_output=True, text=True, timeout=60, check=False, env={}
    )
    if sent.returncode != 0:
        cannot(f"sending over NATS failed:\n{sent.stderr[-2000:]}")
    receipts = [json.loads(line)["receipt"] for line in sent.stdout.splitlines()]
    return {receipt["reference"]: receipt for receipt in receipts}


def _asked(
    client: Client,
    names: Names,
    document: dict[str, Any],
    receipts: dict[str, dict[str, Any]],
    until: float,
) -> dict[str, Any]:
    """One referral's story, up to the messages of those who are asked."""
    agency = document["source"]["agency"]
    story = {
        "reference": document["reference"],
        "sent_by": agency,
        "sent_over": "NATS" if agency == SENDS_OVER_NATS else "HTTP",
        "referral_id": receipts[document["reference"]]["referral_id"],
    }
    story |= _follow(client, names, story, (), until)
    return story | {"asked": story["assignments"]}


def _answered(client: Client, names: Names, story: dict[str, Any], until: float) -> dict[str, Any]:
    """The story to its end: with what the practitioners answer, and what the sender hears."""
    done = list(answers(client, story["reference"], story["asked"]))
    closed = any(each["act"] == "close" for each in done)
    if done:
        awaited = ["referral.closed.v1"] if closed else ["assignment.declined.v1"]
        story |= _follow(client, names, story, awaited, until)
    heard = sender_hears(client, story, "closed" if closed else None, until)
    return story | {"answers": done, "sender_hears": heard}


def _follow(
    client: Client,
    names: Names,
    story: dict[str, Any],
    awaited: Collection[str],
    until: float,
) -> dict[str, Any]:
    """A referral's decision, assignments, messages and trail, once nothing more is to come.

    `awaited`: events that are still to come, by their types.
    """
    referral = UUID(story["referral_id"])
    while (found := _look(client, referral, Counter(awaited))) is None:
        if time.monotonic() > until:
            cannot(f"{story['reference']} did not come through in {FOLLOW_SECONDS:.0f} seconds")
        time.sleep(0.1)
    decided, messages, pages = found
    policy = policy_of(client)
    checks = [verify_trail(page, policy) for page in pages]
    return {
        "decision": decided["decision"],
        "assignments": [
            {**each, "practitioner": names.get(each["practitioner_id"], "")}
            for each in decided["assignments"]
        ],
        "messages": messages,
        "trail": [entry["type"] for page in pages for entry in page["entries"]],
        "verified": all(isinstance(check, Verified) for check in checks),
    }


def _look(
    client: Client, referral: UUID, awaited: Counter[str]
) -> tuple[dict[str, Any], list[dict[str, Any]], list[dict[str, Any]]] | None:
    """Decision, messages and trail; None while something is still on its way."""
    try:
        decided = client.get(f"/triage/api/referrals/{referral}/decision", "coordinator")
    except Answered as error:
        if error.status == 404:
            return None
        raise
    messages = [
        message
        for each in decided["assignments"]
        for message in client.get(
            "/notify/api/inbox", "coordinator", assignment=each["assignment_id"]
        )
    ]
    pages = list(pages_of(client, referral))
    told = Counter(entry["type"] for page in pages for entry in page["entries"])
    asked = sum(each["practitioner_id"] is not None for each in decided["assignments"])
    offers = told["assignment.offered.v1"]
    # Who is asked is told by email; and where it is urgent, by text as well.
    due = offers * (2 if decided["decision"]["urgent"] else 1)
    complete = offers >= asked and len(messages) == due <= told["notification.sent.v1"]
    return (decided, messages, pages) if complete and awaited <= told else None


def _show(stories: list[dict[str, Any]]) -> None:
    for story in stories:
        out.print(Panel("\n".join(_lines(story)), title=story["reference"], title_align="left"))
    messages = sum(len(story["messages"]) for story in stories)
    verified = sum(story["verified"] for story in stories)
    out.print(
        f"{len(stories)} referrals, {messages} messages, {verified} trails checked entry by entry."
        "\nNext: ./fingerpost up"
    )


def _asked_in_words(each: dict[str, Any]) -> str:
    if each["practitioner_id"] is None:
        return f"waits      for {each['pathway']}: nobody is free"
    by = each["acknowledge_by"][:16].replace("T", " ")
    return f"asked      {each['practitioner']} for {each['pathway']}, to answer by {by} UTC"


def _messages_in_words(messages: list[dict[str, Any]]) -> Iterable[str]:
    texts = [message["body"] for message in messages if message["channel"] == "sms"]
    if messages:
        yield f"messages   by email {len(messages) - len(texts)}, by text {len(texts)}; the first:"
        # The inbox has the newest first.
        yield f'           "{texts[-1] if texts else messages[-1]["subject"]}"'


def _lines(story: dict[str, Any]) -> Iterable[str]:
    yield f"from {story['sent_by']} over {story['sent_over']}"
    yield f"decision   {summary(story['decision'])}"
    for each in story["asked"]:
        yield _asked_in_words(each)
    yield from _messages_in_words(story["messages"])
    for each in story["answers"]:
        yield f"answer     {each['who']} {each['in_words']}"
    if any(each["act"] == "decline" for each in story["answers"]):
        yield from map(_asked_in_words, story["assignments"])
    yield f"sender     hears: {' '.join(story['sender_hears'])}"
    check = "every entry verified" if story["verified"] else "NOT AS IT WAS WRITTEN"
    yield f"trail      {len(story['trail'])} events, {check}"
