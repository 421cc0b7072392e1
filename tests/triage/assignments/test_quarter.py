"""A simulated quarter keeps the promises; and the account that checks it notices what is broken."""

import json
from collections.abc import Callable
from random import Random
from typing import Any, Final

import pytest
from typer.testing import CliRunner

from deploy.cli import app
from deploy.commands import simulate
from deploy.simulation import quarter
from deploy.simulation.ledger import Ledger
from deploy.simulation.quarter import SINCE, UNTIL, Quarter, simulated, staffed
from deploy.simulation.referrals import Referrals
from services.triage.assignments import allocation
from services.triage.assignments.allocation import Load
from services.triage.assignments.assigning import Assigning
from services.triage.assignments.book import Referral
from services.triage.assignments.clocks import Clocks
from services.triage.assignments.placing import Case
from services.triage.assignments.planning import Plan
from services.triage.directory.entries import Directory, Practitioner
from services.triage.policy.catalogue import Capacity
from services.triage.sweeping import DueClocks
from shared.bus.work import Work
from tests.triage.cases import library

REFERRALS: Final = 250


def _small(directory: Directory) -> Directory:
    """The same people, each with room for two cases at a time and five in a year."""
    people = [
        each.model_copy(update={"max_caseload": 2, "capacity": 5})
        for each in directory.practitioners
    ]
    return Directory(practitioners=tuple(people), teams=directory.teams, duty=directory.duty)


def _one_team(directory: Directory) -> Directory:
    """Barnet's advocates for victims run the programme for perpetrators too."""
    advocates = directory.entry("barnet", "solace_advocacy")
    assert advocates
    teams = [
        each.model_copy(update={"members": advocates.members})
        if (each.catalogue, each.team) == ("barnet", "dvip")
        else each
        for each in directory.teams
    ]
    people, duty = directory.practitioners, directory.duty
    return Directory(practitioners=people, teams=tuple(teams), duty=duty)


async def _lived(change: Callable[[Directory], Directory], few_places: bool = False) -> Ledger:
    """The account of a quarter, after a change to its directory."""
    random = Random(3)  # noqa: S311 - made up
    coming = tuple(Referrals(random).between(SINCE, UNTIL, REFERRALS))
    lived = Quarter(library(), change(staffed(coming, library(), random)), random)
    if few_places:
        one = Capacity(places=1, per="at_once")
        lived.ledger.places = dict.fromkeys(lived.ledger.places, one)
    await lived.run(coming)
    return lived.ledger


@pytest.mark.parametrize("change", [lambda same: same, _small, _one_team])
async def test_a_quarter_keeps_its_promises(change: Callable[[Directory], Directory]) -> None:
    """Nobody over capacity, no wall crossed, nobody forgotten, whatever the teams are like."""
    ledger = await _lived(change)
    acts = {act for each in ledger.figures.values() for act in each.acts}
    assert ledger.breaches == []
    assert {
        *("offered", "accepted", "declined", "overdue", "escalated", "transferred"),
        *("in time", "late", "closed"),
    } <= acts


async def test_where_there_is_no_room_people_wait() -> None:
    """With room for two cases each, many wait at the end."""
    ledger = await _lived(_small)
    assert sum(one.waiting_since is not None for one in ledger.cases.values()) > 20


async def test_the_same_seed_makes_the_same_quarter() -> None:
    """To the last figure; another seed makes another."""
    once, again, other = [await simulated(100, seed) for seed in (1, 1, 2)]
    assert once == again
    assert once["teams"] != other["teams"]


async def _zero(*_: Any) -> int:
    return 0


async def _asks_nobody(self: Assigning, referral: Referral, _: Plan, work: Work) -> None:
    await (await self.casework(work)).keep(referral)


def _year_apart(_: Practitioner, load: Load) -> bool:
    return load.open < 2


BROKEN: Final[dict[str, tuple[Any, str, Any, Any, str]]] = {
    "caseloads": (allocation, "has_room", lambda *_: True, _small, "open cases of 2"),
    "the year": (allocation, "has_room", _year_apart, _small, "cases of 5 this year"),
    "walls": (Case, "walled_off", frozenset(), _one_team, "on both sides of a pair"),
    "waiting lists": (Clocks, "offer_places", _zero, _small, "is free"),
    "clocks": (DueClocks, "step", _zero, _small, "a clock did not fire"),
    "offers": (Assigning, "follow", _asks_nobody, _small, "a referral came to nobody"),
}


@pytest.mark.parametrize("what", BROKEN)
async def test_the_account_notices_what_is_broken(
    what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each promise, broken on purpose in the code that keeps it."""
    where, name, broken, change, breach = BROKEN[what]
    monkeypatch.setattr(where, name, broken)
    ledger = await _lived(change)
    assert any(breach in each for each in ledger.breaches), set(ledger.breaches)


async def test_the_account_counts_places_by_itself() -> None:
    """Where it is told of fewer places than the policy names, there are too many cases."""
    ledger = await _lived(lambda same: same, few_places=True)
    assert any("has more cases than places" in each for each in ledger.breaches)


def test_the_command_prints_the_figures() -> None:
    """For people and for programs; 0 where every promise was kept."""
    shown = CliRunner().invoke(app, ["simulate", "--referrals", "50"])
    given = CliRunner().invoke(app, ["simulate", "--referrals", "50", "--json"])
    figures = json.loads(given.stdout)
    assert (shown.exit_code, given.exit_code) == (0, 0)
    assert "Nobody was over capacity, no wall was crossed, nobody was forgotten." in shown.stdout
    assert (figures["ok"], figures["referrals"], figures["breaches"]) == (True, 50, [])


def test_the_command_tells_a_broken_promise(monkeypatch: pytest.MonkeyPatch) -> None:
    """In words, and with exit 1."""
    monkeypatch.setattr(allocation, "has_room", lambda *_: True)
    monkeypatch.setattr(quarter, "staffed", lambda *those: _small(staffed(*those)))
    told = CliRunner().invoke(app, ["simulate", "--referrals", "200"])
    assert told.exit_code == 1
    assert "NOT KEPT: " in told.stderr


def test_a_directory_that_cannot_be_read_is_refused() -> None:
    """With exit 2."""
    told = CliRunner().invoke(app, ["simulate", "--directory", simulate.__file__])
    assert told.exit_code == 2
