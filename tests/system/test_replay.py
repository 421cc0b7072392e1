"""A small system: referrals come in, a policy is tried on them, and a document is tried."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from deploy.cli import app
from services.triage.policy.library import SHIPPED
from tests.servers import until
from tests.system.running import Running, example, running

BROMLEY = SHIPPED / "bromley-2022-10-01.yaml"


def run(whole: Running, catalogue: Path, *more: str) -> Result:
    """The command, over all of 2026."""
    days = ("--from", "2026-01-01", "--to", "2026-12-31")
    data = ("--data", str(whole.system.home.folder))
    return CliRunner().invoke(app, ["replay", *days, "--catalogue", str(catalogue), *data, *more])


async def send(whole: Running, number: str, agency: str) -> str:
    """One example, until it is decided; the referral's id."""
    with whole.client() as client:
        receipt = client.post("/intake/api/referrals", "sender", example(number), agency)
    decided = f"SELECT 1 FROM triage.decision WHERE referral_id = '{receipt['referral_id']}'"

    async def is_decided() -> bool:
        return bool(await whole.rows(decided))

    await until(is_decided)
    return str(receipt["referral_id"])


@pytest.mark.system
async def test_a_policy_is_tried_on_what_was_decided(tmp_path: Path) -> None:
    """Its own policy changes nothing; a draft changes what it says; who read is in the trail."""
    draft = tmp_path / "draft.yaml"
    text = BROMLEY.read_text().replace("in_force_from: 2022-10-01", "in_force_from: 2027-04-01")
    draft.write_text(text.replace("high_from: 14", "high_from: 20"))
    async with running() as whole:
        high = await send(whole, "01", "met-police")
        await send(whole, "04", "public-form")

        same = await asyncio.to_thread(run, whole, BROMLEY, "--json")
        other = await asyncio.to_thread(run, whole, draft, "--json")
        shown = await asyncio.to_thread(run, whole, draft)
        with whole.client() as client:
            tried = client.post(
                "/triage/api/decide?catalogue=bromley", "practitioner", example("01")
            )
        logs = "".join(log.read_text() for log in whole.system.home.logs.iterdir())

    assert same.exit_code == other.exit_code == shown.exit_code == 0
    unchanged: dict[str, Any] = json.loads(same.stdout)
    assert (unchanged["compared"], unchanged["differ"], unchanged["decisions"]) == (2, 0, [])
    told: dict[str, Any] = json.loads(other.stdout)
    (differs,) = told["decisions"]
    assert (told["compared"], told["differ"], differs["referral_id"]) == (2, 1, high)
    assert differs["lost"] == ["marac"]
    assert differs["risk_level"] == {"was": "high", "would_be": "medium"}
    assert "2 decisions of bromley" in shown.stdout
    assert high in shown.stdout
    assert {route["pathway"] for route in tried["routes"]} >= {"marac"}
    assert example("01")["person"]["family_name"] not in logs


def test_without_a_system_there_is_nothing_to_replay(tmp_path: Path) -> None:
    """Exit 2 and how to start one; a catalogue with faults is told line by line, before."""
    days = ("--from", "2026-01-01", "--to", "2026-12-31", "--data", str(tmp_path))
    broken = tmp_path / "broken.yaml"
    broken.write_text(BROMLEY.read_text().replace("victims_group: idsva", "victims_group: none"))

    none = CliRunner().invoke(app, ["replay", *days, "--catalogue", str(BROMLEY)])
    faulty = CliRunner().invoke(app, ["replay", *days, "--catalogue", str(broken)])

    assert (none.exit_code, none.stdout) == (2, "")
    assert "start it with ./fingerpost up" in none.stderr
    assert (faulty.exit_code, faulty.stdout) == (2, "")
    assert "no lead pathway is of the group none" in faulty.stderr
