"""The way through, end to end: what the examples say must become of them does."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from deploy.commands.demo_answers import PASSED_ON, TAKEN
from tests.system.running import EXAMPLES, Running, running

ROOT = Path(__file__).parents[2]


def command(*arguments: str) -> Any:
    """What a command of the command line prints as JSON."""
    done = subprocess.run(
        [sys.executable, "-m", "deploy", *arguments, "--json"],
        cwd=ROOT,
        capture_output=True,
        timeout=110,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def demo() -> dict[str, Any]:
    """The stories that `demo --json` tells, by reference."""
    return {story["reference"]: story for story in command("demo")}


def expected(file: Path) -> dict[str, Any]:
    """An example, with what must become of it."""
    example: dict[str, Any] = json.loads(file.read_text())
    return example


@pytest.mark.system
@pytest.mark.parametrize("file", sorted(EXAMPLES.glob("*.json")), ids=lambda file: file.stem[:2])
def test_the_demo_shows_what_the_examples_say(demo: dict[str, Any], file: Path) -> None:
    """Decided as the example says, everybody asked told twice, every trail verified."""
    example = expected(file)
    story = demo[example["document"]["reference"]]
    decision = story["decision"]
    wanted = example["expect"]
    assert decision["outcome"] == wanted["outcome"]
    assert decision["risk_level"] == wanted["risk_level"]
    assert decision["marac_triggers"] == wanted["marac_triggers"]
    assert sorted(route["pathway"] for route in decision["routes"]) == wanted["routes"]
    # Where nobody of an urgent lead pathway is at work just now, another of its group takes it.
    may_move = {r["pathway"] for r in decision["routes"] if r["kind"] == "lead"}
    moved = set(wanted["routes"]) - {a["pathway"] for a in story["assignments"]}
    assert moved <= (may_move if decision["urgent"] else set())
    assert len(story["assignments"]) >= max(1, len(wanted["routes"]))
    assert all(a["practitioner_id"] or a["state"] == "waitlisted" for a in story["assignments"])
    channels = sorted(message["channel"] for message in story["messages"])
    offers = story["trail"].count("assignment.offered.v1")
    assert channels == ["email"] * offers + ["sms"] * (offers if decision["urgent"] else 0)
    assert story["sender_hears"][0] == "We have your referral."
    assert story["verified"] is True


@pytest.mark.system
def test_the_demo_takes_one_to_its_end(demo: dict[str, Any]) -> None:
    """Accepted, contacted, closed by the one who was asked; and its sender hears of both."""
    story = demo[TAKEN]
    assert [each["act"] for each in story["answers"]] == ["accept", "contact", "close"]
    assert [each["state"] for each in story["assignments"]] == ["closed"]
    assert story["sender_hears"][-2:] == [
        "A service has taken it up.",
        "The work on it has ended.",
    ]


@pytest.mark.system
def test_the_demo_passes_one_on(demo: dict[str, Any]) -> None:
    """Who was asked declines, and another of the team is asked and told."""
    story = demo[PASSED_ON]
    (asked,), (now,) = story["asked"], story["assignments"]
    assert [each["act"] for each in story["answers"]] == ["decline"]
    assert now["practitioner_id"] not in (None, asked["practitioner_id"])
    assert story["trail"].count("assignment.offered.v1") == 2


@pytest.mark.system
async def test_route_says_what_the_system_decides() -> None:
    """`route`, with no server, prints the very decision that the running system stores."""
    async with running() as whole:
        for name in ("01-police-high-risk", "07-consent-not-sought", "08-professional-judgement"):
            file = EXAMPLES / f"{name}.json"
            stored = await _decided_by_the_system(whole, file)
            alone = await asyncio.to_thread(command, "route", str(file), "--catalogue", "bromley")
            assert _but_for_pairs(alone) == _but_for_pairs(stored)


async def _decided_by_the_system(whole: Running, file: Path) -> dict[str, Any]:
    document = expected(file)["document"]
    with whole.client() as client:
        body = json.dumps(document).encode()
        agency = document["source"]["agency"]
        receipt = client.post("/intake/api/referrals", "sender", body, agency)
        path = f"/triage/api/referrals/{receipt['referral_id']}/decision"
        async with asyncio.timeout(30):
            while not await whole.rows(
                f"SELECT 1 FROM triage.decision WHERE referral_id = '{receipt['referral_id']}'"
            ):
                await asyncio.sleep(0.05)
        decision: dict[str, Any] = client.get(path, "coordinator")["decision"]
        return decision


def _but_for_pairs(decision: dict[str, Any]) -> dict[str, Any]:
    """The running system also asks who the other party is, since it remembers pairs."""
    asks = [ask for ask in decision["asks"] if ask["fact"] != "other_party"]
    return {**decision, "asks": asks}
