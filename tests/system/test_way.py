"""The way through, end to end: what the examples say must become of them does."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

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
    assert {a["pathway"] for a in story["assignments"]} >= set(wanted["routes"])
    channels = sorted(message["channel"] for message in story["messages"])
    people = len(story["assignments"])
    assert people >= 1
    assert channels == ["email"] * people + ["sms"] * people
    assert story["verified"] is True


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
