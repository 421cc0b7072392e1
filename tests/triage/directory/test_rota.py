"""Who is on call, and when nobody is."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from services.triage.directory.rota import alarming, coordinator_for, gaps, on_call
from tests.triage.directory.staff import directory, practitioner

WORKING_DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday"]
ALL_DAYS = [*WORKING_DAYS, "saturday", "sunday"]
ANN, BEA = practitioner("p-anna"), practitioner("p-beaa")
BY_DAY = {"days": ALL_DAYS, "from": "08:00", "until": "20:00", "who": "p-anna"}
BY_NIGHT = {"days": ALL_DAYS, "from": "20:00", "until": "08:00", "who": "p-beaa"}
ROUND_THE_CLOCK = directory(ANN, BEA, rota=[BY_DAY, BY_NIGHT])


def _at(moment: str) -> datetime:
    return datetime.fromisoformat(moment)


def _away(id_: str, first: str, last: str) -> Any:
    return practitioner(id_, leave=[{"from": first, "until": last}])


@pytest.mark.parametrize(
    ("at", "who"),
    [
        ("2026-11-18T08:00:00Z", "p-anna"),
        ("2026-11-18T19:59:00Z", "p-anna"),
        ("2026-11-18T20:00:00Z", "p-beaa"),
        ("2026-11-19T03:00:00Z", "p-beaa"),
        # On bank holidays as on any day.
        ("2026-12-25T12:00:00Z", "p-anna"),
        # Eight in London's summer is seven in UTC.
        ("2026-07-15T07:00:00Z", "p-anna"),
        ("2026-07-15T06:59:00Z", "p-beaa"),
        # The nights in which the clocks change.
        ("2026-03-29T01:30:00Z", "p-beaa"),
        ("2026-03-29T07:00:00Z", "p-anna"),
        ("2026-10-25T07:30:00Z", "p-beaa"),
        ("2026-10-25T08:00:00Z", "p-anna"),
    ],
)
def test_somebody_is_on_call_at_any_hour(at: str, who: str) -> None:
    """By the rota, in London's time, past midnight too."""
    for catalogue in ("bromley", None):
        found = on_call(ROUND_THE_CLOCK, catalogue, _at(at))
        assert found
        assert found.id == who


def test_nobody_is_on_call_while_on_leave() -> None:
    """Then it is the next in the rota for the same hours, or nobody."""
    instead = {**BY_DAY, "who": "p-beaa"}
    away = _away("p-anna", "2026-11-18", "2026-11-18")
    found = on_call(
        directory(away, BEA, rota=[BY_DAY, instead]), "bromley", _at("2026-11-18T12:00Z")
    )
    assert found == BEA
    assert on_call(directory(away, BEA, rota=[BY_DAY]), "bromley", _at("2026-11-18T12:00Z")) is None


def test_a_rota_is_its_catalogues_alone() -> None:
    """Nobody of Bromley is on call for Barnet."""
    assert on_call(ROUND_THE_CLOCK, "barnet", _at("2026-11-18T12:00Z")) is None


@pytest.mark.parametrize(
    ("coordinators", "at", "who"),
    [
        # On call before at work.
        ((BEA, ANN), "2026-11-18T12:00Z", "p-anna"),
        # At night the rota has nobody, and nobody works: the first of the list.
        ((BEA, ANN), "2026-11-18T22:00Z", "p-beaa"),
        # In the rota's gap from seven to eight: who works then.
        (
            (BEA, practitioner("p-cora", hours={"wednesday": {"from": "07:00", "until": "09:00"}})),
            "2026-11-18T07:30Z",
            "p-cora",
        ),
        # Not who is away, if there is another; even so if there is none.
        ((_away("p-beaa", "2026-11-18", "2026-11-18"), ANN), "2026-11-18T22:00Z", "p-anna"),
        ((_away("p-beaa", "2026-11-18", "2026-11-18"),), "2026-11-18T22:00Z", "p-beaa"),
    ],
)
def test_a_coordinator_always_answers(coordinators: Any, at: str, who: str) -> None:
    """On call, else at work, else not away, else the first."""
    rota = [BY_DAY] if ANN in coordinators else []
    assert coordinator_for(directory(*coordinators, rota=rota), "bromley", _at(at)).id == who


def test_a_catalogue_without_coordinators_has_anothers() -> None:
    """Rather somebody of the next borough than nobody."""
    assert coordinator_for(ROUND_THE_CLOCK, "barnet", _at("2026-11-18T22:00Z")) == ANN
    assert coordinator_for(ROUND_THE_CLOCK, None, _at("2026-11-18T22:00Z")) == BEA


@pytest.mark.parametrize(
    ("rota", "found"),
    [
        ([BY_DAY, BY_NIGHT], []),
        # No rota: one gap.
        ([], ["2026-11-18T12:00 2026-11-20T12:00"]),
        # Nights are missing.
        (
            [BY_DAY],
            ["2026-11-18T20:00 2026-11-19T08:00", "2026-11-19T20:00 2026-11-20T08:00"],
        ),
        # An hour between two turns, and hours that overlap.
        (
            [BY_DAY, {**BY_NIGHT, "from": "21:00"}, {**BY_NIGHT, "from": "23:00"}],
            ["2026-11-18T20:00 2026-11-18T21:00", "2026-11-19T20:00 2026-11-19T21:00"],
        ),
        # Nobody at either end.
        (
            [{**BY_DAY, "days": ["thursday"]}],
            ["2026-11-18T12:00 2026-11-19T08:00", "2026-11-19T20:00 2026-11-20T12:00"],
        ),
    ],
)
def test_gaps_are_the_hours_of_nobody(rota: list[Any], found: list[str]) -> None:
    """Between two noons, Wednesday to Friday."""
    staff = directory(ANN, BEA, rota=rota)
    seen = gaps(staff, staff.duty[0], _at("2026-11-18T12:00Z"), _at("2026-11-20T12:00Z"))
    assert [f"{a.isoformat()[:16]} {b.isoformat()[:16]}" for a, b in seen] == found


def test_leave_makes_a_gap() -> None:
    """Of the turns that begin on a day away, to their ends."""
    staff = directory(ANN, _away("p-beaa", "2026-11-18", "2026-11-18"), rota=[BY_DAY, BY_NIGHT])
    seen = gaps(staff, staff.duty[0], _at("2026-11-17T12:00Z"), _at("2026-11-21T12:00Z"))
    assert seen == ((_at("2026-11-18T20:00Z"), _at("2026-11-19T08:00Z")),)


@pytest.mark.parametrize("night", ["2026-03-28", "2026-10-24"])
def test_the_change_of_the_clocks_makes_no_gap(night: str) -> None:
    """Turns that meet by the wall clock meet, within the hour that is skipped or repeated too."""
    halves = [{**BY_NIGHT, "until": "01:30"}, {**BY_NIGHT, "from": "01:30"}]
    staff = directory(ANN, BEA, rota=[BY_DAY, *halves])
    since = _at(f"{night}T12:00Z")
    assert gaps(staff, staff.duty[0], since, since + timedelta(days=1)) == ()


def test_an_alarm_is_a_week_ahead() -> None:
    """A gap of the coming week is told, whole; a later one and one that is over are not."""
    staff = directory(ANN, BEA, rota=[BY_DAY, {**BY_NIGHT, "days": ["monday", "thursday"]}])
    seen = alarming(staff, _at("2026-11-18T21:00Z"))
    # Wednesday's night has begun, Tuesday's is over, and next Friday's is more than a week ahead.
    assert [each.since.isoformat()[:13] for each in seen] == [
        "2026-11-18T20",
        "2026-11-20T20",
        "2026-11-21T20",
        "2026-11-22T20",
        "2026-11-24T20",
        "2026-11-25T20",
    ]
    assert {(each.until - each.since, each.catalogue) for each in seen} == {
        (timedelta(hours=12), "bromley")
    }


def test_a_gap_is_the_same_however_often_it_is_found() -> None:
    """From a week ahead until it is over, across the turn of the week."""
    staff = directory(ANN, BEA, rota=[BY_DAY, {**BY_NIGHT, "days": [*WORKING_DAYS, "saturday"]}])
    sunday_night = {
        each.id
        for hours in range(7 * 24 + 12)
        for each in alarming(staff, _at("2026-11-15T21:00Z") + timedelta(hours=hours))
        if each.since == _at("2026-11-22T20:00Z")
    }
    other = alarming(staff, _at("2026-11-15T12:00Z"))
    assert len(sunday_night) == 1
    assert len({each.id for each in other} | sunday_night) == 2


def test_no_rota_at_all_is_told_once_a_week() -> None:
    """It has no beginning to go by; each Monday it is told again until there is a rota."""
    staff = directory(ANN)
    monday = _at("2026-11-16T00:00Z")
    found = {
        each.id
        for hours in range(14 * 24)
        for each in alarming(staff, monday + timedelta(hours=hours))
    }
    assert len(found) == 2


def test_each_catalogue_has_its_own_alarm() -> None:
    """The same hours in two boroughs are two gaps."""
    two = ROUND_THE_CLOCK.model_copy(
        update={
            "duty": tuple(
                each.model_copy(update={"catalogue": name, "rota": ()})
                for each in ROUND_THE_CLOCK.duty
                for name in ("bromley", "barnet")
            )
        }
    )
    seen = alarming(two, _at("2026-11-18T12:00Z"))
    assert {each.catalogue for each in seen} == {"bromley", "barnet"}
    assert len({each.id for each in seen}) == 2
