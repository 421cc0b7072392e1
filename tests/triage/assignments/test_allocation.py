"""Who of a team is offered a case."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.triage.assignments.allocation import (
    Chosen,
    Load,
    NobodyFree,
    choose,
    has_room,
    year_start,
)
from services.triage.directory.availability import first_working_moment
from services.triage.directory.entries import Practitioner
from tests.triage.directory.staff import NINE_TO_FIVE, practitioner

NOW: Final = datetime(2026, 11, 18, 10, tzinfo=UTC)  # a Wednesday
A_DAY: Final = timedelta(days=1)
ANN, BEA, CAZ = practitioner("p-anna"), practitioner("p-beaa"), practitioner("p-caza")
AWAY: Final = {"leave": [{"from": "2026-11-18", "until": "2026-11-20"}]}
MONDAYS: Final = {"leaving_care": ["monday"]}


def _choose(team: Sequence[Practitioner], open_: dict[str, int] | None = None, **how: Any) -> Any:
    usual: dict[str, Any] = {
        "excluded": (),
        "since": NOW,
        "until": NOW + A_DAY,
        "pathway_days": {},
        "referring_team": "leaving_care",
        "language": None,
    }
    loads = {who: Load(open=cases) for who, cases in (open_ or {}).items()}
    return choose(team, **{"loads": loads} | usual | how)


@pytest.mark.parametrize(
    ("team", "open_", "how", "who", "because"),
    [
        # Nobody but her.
        ((ANN,), {}, {}, "p-anna", "no open cases, and nobody else is free"),
        ((ANN,), {"p-anna": 1}, {}, "p-anna", "1 open case, and nobody else is free"),
        # The fewest open cases; then the first id.
        (
            (ANN, BEA, CAZ),
            {"p-anna": 3, "p-beaa": 2, "p-caza": 4},
            {},
            "p-beaa",
            "2 open cases, the fewest of three",
        ),
        (
            (CAZ, BEA, ANN),
            {"p-anna": 3, "p-beaa": 2, "p-caza": 2},
            {},
            "p-beaa",
            "2 open cases, nobody of the three has fewer",
        ),
        # On site soonest, whatever she carries.
        (
            (ANN, practitioner("p-beaa", on_site={"leaving_care": ["friday"]})),
            {"p-beaa": 9},
            {"pathway_days": MONDAYS},
            "p-beaa",
            "on site with leaving care on Friday 20 November; 9 open cases",
        ),
        # Among those who are as soon, the fewest.
        (
            (
                ANN,
                BEA,
                practitioner("p-caza", leave=[{"from": "2026-11-23", "until": "2026-11-23"}]),
            ),
            {"p-anna": 4, "p-beaa": 3},
            {"pathway_days": MONDAYS},
            "p-beaa",
            "on site with leaving care on Monday 23 November; 3 open cases, the fewest of two",
        ),
        # Whoever is there some time comes before who never is.
        (
            (practitioner("p-anna", hours={"wednesday": NINE_TO_FIVE}), BEA),
            {"p-beaa": 1},
            {"pathway_days": MONDAYS},
            "p-beaa",
            "on site with leaving care on Monday 23 November; 1 open case",
        ),
        # Her language before all else, where it matters.
        (
            (ANN, practitioner("p-beaa", languages=["en", "pl"])),
            {"p-beaa": 9},
            {"language": "pl"},
            "p-beaa",
            "speaks the person's language; 9 open cases",
        ),
        (
            (ANN, BEA),
            {"p-anna": 1},
            {"language": "pl"},
            "p-beaa",
            "nobody who is free speaks the person's language; no open cases, the fewest of two",
        ),
        (
            (practitioner("p-anna", languages=["pl"]), BEA),
            {},
            {"language": "en"},
            "p-anna",
            "no open cases, nobody of the two has fewer",
        ),
        # Twelve are counted in figures.
        (
            tuple(practitioner(f"p-abc{letter}") for letter in "abcdefghijkl"),
            {},
            {},
            "p-abca",
            "no open cases, nobody of the 12 has fewer",
        ),
    ],
)
def test_who_is_chosen_and_why(
    team: tuple[Practitioner, ...],
    open_: dict[str, int],
    how: dict[str, Any],
    who: str,
    because: str,
) -> None:
    """Language, then the day on site, then open cases, then the id; said in a sentence."""
    found = _choose(team, open_, **how)
    assert found == Chosen(who, f"works within the time to answer; {because}")


def test_todays_day_on_site_is_over_after_work() -> None:
    """On Monday evening the next Monday is meant."""
    monday_evening = datetime(2026, 11, 23, 18, tzinfo=UTC)
    found = _choose([ANN], since=monday_evening, until=monday_evening + A_DAY, pathway_days=MONDAYS)
    assert "on Monday 30 November" in found.because


@pytest.mark.parametrize(
    ("team", "how", "because"),
    [
        # Whom nobody may be asked of, no room helps; a team of nobody is the same.
        ((ANN, BEA), {"excluded": {"p-anna", "p-beaa"}}, "all_excluded"),
        ((), {}, "all_excluded"),
        ((practitioner("p-anna", **AWAY), BEA), {"excluded": {"p-beaa"}}, "nobody_at_work"),
        # Two hours in the night.
        (
            (ANN,),
            {"since": NOW + A_DAY / 2, "until": NOW + A_DAY / 2 + timedelta(hours=2)},
            "nobody_at_work",
        ),
        # A bank holiday that the caller knows of.
        (
            (ANN,),
            {"bank_holidays": {date(2026, 11, 18), date(2026, 11, 19)}},
            "nobody_at_work",
        ),
        # One is full, the other away.
        (
            (practitioner("p-anna", max_caseload=3), practitioner("p-beaa", **AWAY)),
            {"loads": {"p-anna": Load(3, 3)}},
            "nobody_has_room",
        ),
        # No room at one time, or this year.
        (
            (practitioner("p-anna", max_caseload=3), practitioner("p-beaa", capacity=60)),
            {"loads": {"p-anna": Load(3, 3), "p-beaa": Load(1, 60)}},
            "nobody_has_room",
        ),
    ],
)
def test_nobody_is_free(team: tuple[Practitioner, ...], how: dict[str, Any], because: str) -> None:
    """And the reason tells whether waiting would help."""
    assert _choose(team, **how) == NobodyFree(because)  # type: ignore[arg-type]  # one of three


@pytest.mark.parametrize(
    ("entry", "load", "room"),
    [
        ({}, Load(69, 69), True),
        ({}, Load(0, 70), False),
        ({"capacity": 200}, Load(150, 199), True),
        ({"max_caseload": 25}, Load(24, 60), True),
        ({"max_caseload": 25}, Load(25, 60), False),
    ],
)
def test_room_is_at_one_time_and_in_the_year(entry: dict[str, Any], load: Load, room: bool) -> None:
    """Where no caseload is set, only the year counts."""
    assert has_room(practitioner("p-anna", **entry), load) is room


@pytest.mark.parametrize(
    ("day", "first"),
    [
        (date(2026, 4, 1), date(2026, 4, 1)),
        (date(2026, 12, 31), date(2026, 4, 1)),
        (date(2027, 3, 31), date(2026, 4, 1)),
        (date(2027, 4, 1), date(2027, 4, 1)),
    ],
)
def test_the_year_begins_in_april(day: date, first: date) -> None:
    """As funding years do."""
    assert year_start(day) == first


IDS = tuple(f"p-abc{letter}" for letter in "abcde")


@st.composite
def _teams(draw: st.DrawFn) -> list[Practitioner]:
    days = st.sampled_from(["monday", "tuesday", "wednesday", "thursday"])
    hours = st.sets(days).map(lambda found: dict.fromkeys(found, NINE_TO_FIVE))
    return [
        practitioner(
            each,
            hours=draw(hours),
            capacity=draw(st.integers(1, 4)),
            max_caseload=draw(st.none() | st.integers(1, 3)),
            languages=draw(st.sampled_from([["en"], ["en", "pl"]])),
            on_site={"leaving_care": draw(st.lists(days, max_size=2))},
        )
        for each in draw(st.sets(st.sampled_from(IDS)))
    ]


_LOADS = st.dictionaries(
    st.sampled_from(IDS), st.builds(Load, st.integers(0, 4), st.integers(0, 5))
)
_EXCLUDED = st.sets(st.sampled_from(IDS), max_size=3)
_LANGUAGES = st.sampled_from([None, "en", "pl"])


@given(_teams(), _LOADS, _EXCLUDED, _LANGUAGES)
def test_the_walls_hold(
    team: list[Practitioner], loads: dict[str, Load], excluded: set[str], language: str | None
) -> None:
    """Never one who is excluded, over capacity or not at work; but somebody, if anybody is free."""
    free = {
        each.id
        for each in team
        if each.id not in excluded
        and loads.get(each.id, Load()).this_year < each.capacity
        and (each.max_caseload is None or loads.get(each.id, Load()).open < each.max_caseload)
        and first_working_moment(each, NOW, NOW + A_DAY)
    }
    found = _choose(team, loads=loads, excluded=excluded, language=language)
    assert (found.practitioner_id in free) if free else isinstance(found, NobodyFree)


@given(_teams(), _LOADS, _EXCLUDED, _LANGUAGES, st.randoms())
def test_the_order_of_the_team_makes_no_difference(
    team: list[Practitioner],
    loads: dict[str, Load],
    excluded: set[str],
    language: str | None,
    random: Any,
) -> None:
    """The same people and loads, the same answer, reason included."""
    shuffled = random.sample(team, len(team))
    how: dict[str, Any] = {"loads": loads, "excluded": excluded, "language": language}
    assert _choose(team, **how) == _choose(shuffled, **how)
