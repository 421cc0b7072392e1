"""The benchmark's arithmetic on hand-written figures, and one tiny run of ours, untimed."""

import json
from pathlib import Path
from uuid import UUID

import pytest

from services.intake.matching import match_keys
from services.intake.reading import read_stored
from tests.performance.way.arithmetic import at, due_ns, latencies, medians, percentile, ratio
from tests.performance.way.checking import Books, faults
from tests.performance.way.documents import bromley_examples, document
from tests.performance.way.measuring import Plan, measure
from tests.performance.way.ours import Ours
from tests.performance.way.rounds import summary

HUNDRED = [float(number) for number in range(1, 101)]


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [
        (HUNDRED, 0.50, 50.0),
        (HUNDRED, 0.95, 95.0),
        (HUNDRED, 0.99, 99.0),
        (HUNDRED, 1.00, 100.0),
        ([7.0], 0.50, 7.0),
        ([7.0], 0.99, 7.0),
        ([1.0, 2.0, 3.0], 0.50, 2.0),
        ([1.0, 2.0, 3.0, 4.0], 0.95, 4.0),
    ],
)
def test_percentiles_are_of_the_nearest_rank(
    values: list[float], share: float, expected: float
) -> None:
    """A percentile is a value that was measured: the least that so many do not exceed."""
    assert percentile(values, share) == expected


def test_an_open_loop_is_due_by_the_clock_alone() -> None:
    """At 50 a second number n is due 20 ms after the one before, whenever that was sent."""
    assert [due_ns(1_000, number, 50.0) for number in range(4)] == [
        1_000,
        20_001_000,
        40_001_000,
        60_001_000,
    ]


def test_a_third_of_a_second_does_not_drift() -> None:
    """Due times are reckoned from the start, not added up: after an hour they are right still."""
    assert due_ns(0, 10_800, 3.0) == 3_600_000_000_000


def test_latency_counts_from_when_a_document_was_due() -> None:
    """One sender that was late by 30 ms has made its document late by as much."""
    due, reached = [0, 20_000_000, 40_000_000], [5_000_000, 55_000_000, 50_000_000]
    assert latencies(due, reached) == {"p50": 10.0, "p95": 35.0, "p99": 35.0, "max": 35.0}


def test_medians_go_down_to_the_numbers() -> None:
    """Every number has the median of the rounds that have it; words and lists have none."""
    rounds = [
        {"burst": {"per_s": 10, "parts": {"a": 1.0}}, "title": "x", "faults": []},
        {"burst": {"per_s": 30, "parts": {"a": 3.0}}, "title": "x", "faults": []},
        {"burst": {"per_s": 20, "parts": {"a": 9.0, "b": 5}}, "title": "x", "faults": []},
    ]
    assert medians(rounds) == {"burst": {"per_s": 20, "parts": {"a": 3.0, "b": 5}}}


def test_ratios_are_made_within_a_round() -> None:
    """A machine that slows down by half in one round changes no ratio of that round."""
    ours = [{"a": {"b": 100.0}}, {"a": {"b": 50.0}}, {"a": {"b": 120.0}}]
    theirs = [{"a": {"b": 200.0}}, {"a": {"b": 100.0}}, {"a": {"b": 80.0}}]
    assert ratio(ours, theirs, "a.b") == 0.5
    assert ratio(ours, theirs, "a.c") is None
    assert ratio(ours, [{"a": {"b": 0.0}}] * 3, "a.b") is None


def test_what_is_no_number_is_none() -> None:
    """A missing figure is missing, not nought."""
    assert at({"a": {"b": 0}}, "a.b") == 0
    assert at({"a": {"b": "much"}}, "a.b") is None
    assert at({}, "a.b") is None


def test_one_fault_anywhere_makes_the_whole_wrong() -> None:
    """The figures of a run that lost something are not right, whoever lost it."""
    right = {"title": "x", "faults": [], "burst": {"referrals_per_s": 10.0}}
    wrong = {**right, "faults": ["burst: t1-0000001 was promised and is not there"]}
    plan = Plan(10, 1.0)
    good = summary(plan, [{"ours": right, "floor": right, "celery": right}])
    bad = summary(plan, [{"ours": right, "floor": right, "celery": wrong}])
    assert (good["ok"], bad["ok"]) == (True, False)
    assert good["ratios"]["ours/floor"]["burst.referrals_per_s"] == 1.0


REFERRAL, ASSIGNMENT = UUID(int=1), UUID(int=2)
RIGHT = Books(
    referrals={"t1-0000000": REFERRAL},
    decisions=[REFERRAL],
    assignments={ASSIGNMENT: REFERRAL},
    urgent={ASSIGNMENT},
    asked_back=(),
    sent=[ASSIGNMENT] * 2,
    taken=[ASSIGNMENT] * 2,
    trail=[
        (REFERRAL, "referral.received.v1"),
        (REFERRAL, "referral.triaged.v1"),
        (REFERRAL, "assignment.offered.v1"),
        (REFERRAL, "notification.sent.v1"),
        (REFERRAL, "notification.sent.v1"),
    ],
)


@pytest.mark.parametrize(
    ("books", "fault"),
    [
        (RIGHT, None),
        (Books({}, [], {}, (), (), [], [], []), "was promised and is not there"),
        (Books(**(vars(RIGHT) | {"decisions": [REFERRAL] * 2})), "decisions: 2 instead of 1"),
        (Books(**(vars(RIGHT) | {"assignments": {}, "urgent": ()})), "nobody was asked"),
        (Books(**(vars(RIGHT) | {"urgent": ()})), "messages marked sent: 2 instead of 1"),
        (Books(**(vars(RIGHT) | {"asked_back": [REFERRAL]})), "sent in the trail: 2 instead of 3"),
        (Books(**(vars(RIGHT) | {"sent": [ASSIGNMENT]})), "messages marked sent: 1 instead of 2"),
        (Books(**(vars(RIGHT) | {"taken": [ASSIGNMENT] * 3})), "at the provider: 3 instead of 2"),
        (Books(**(vars(RIGHT) | {"trail": RIGHT.trail[1:]})), "received in the trail: 0"),
        (
            Books(**(vars(RIGHT) | {"trail": [*RIGHT.trail, RIGHT.trail[-1]]})),
            "sent in the trail: 3",
        ),
    ],
)
def test_whatever_is_not_there_once_is_a_fault(books: Books, fault: str | None) -> None:
    """Lost, not decided, told once too little, told once too often: each is seen and named."""
    found = faults(["t1-0000000"], books)
    assert found == [] if fault is None else any(fault in each for each in found)


def test_documents_are_the_same_every_time_and_meet_again() -> None:
    """The same phase and number make the same bytes; some people are met more than once."""
    examples = bromley_examples()
    made = [document(examples, "t1", number) for number in range(400)]
    assert made == [document(examples, "t1", number) for number in range(400)]
    assert len({each.reference for each in made}) == 400
    people = [
        keys for each in made if (keys := match_keys(read_stored(each.body).person, each.agency))
    ]
    assert 20 < len(people) - len(set(people)) < 100


@pytest.mark.system
async def test_a_tiny_run_of_ours_is_verified(tmp_path: Path) -> None:
    """Twenty referrals and a second of open loop: figures of every kind, and nothing wrong."""
    result = await measure(Ours(tmp_path), Plan(count=20, seconds=1.0), tmp_path, print)
    assert result["faults"] == []
    assert (result["burst"]["n"], result["open_loop"]["n"]) == (20, 50)
    for path in (
        "burst.referrals_per_s",
        "burst.cpu_s_per_1000.total",
        "open_loop.latency_ms.p99",
        "peak_mb.total",
    ):
        assert at(result, path), path
    assert set(result["burst"]["cpu_s_per_1000"]["by_process"]) == {
        *("nats", "postgres", "intake", "triage", "notify", "audit", "http")
    }
    json.dumps(result)
