"""When a provider is left alone, and when it is tried again. Written as a table, by hand."""

from datetime import UTC, datetime, timedelta

import pytest

from services.notify.providers.breaker import Breaker

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
PAUSE = timedelta(seconds=30)


def at(seconds: int) -> datetime:
    """So long after noon."""
    return NOON + timedelta(seconds=seconds)


def failing(times: int) -> Breaker:
    """A breaker after so many failures at noon."""
    breaker = Breaker(PAUSE)
    for _ in range(times):
        breaker.failed(NOON)
    return breaker


@pytest.mark.parametrize(
    ("failures", "seconds", "admitted"),
    [
        (0, 0, True),
        (4, 0, True),
        (5, 0, False),
        (5, 29, False),
        (5, 30, True),
        (6, 29, False),
        (6, 30, True),
    ],
)
def test_it_opens_after_five_failures_for_half_a_minute(
    failures: int, seconds: int, admitted: bool
) -> None:
    """Not after four, and not for good."""
    assert failing(failures).admits(at(seconds)) is admitted


def test_a_success_in_between_begins_the_count_anew() -> None:
    """Only failures one after another say that a provider is away."""
    breaker = failing(4)
    breaker.took_one()
    for _ in range(4):
        breaker.failed(NOON)
    assert breaker.admits(NOON)


def test_one_message_tries_for_all() -> None:
    """After the pause the first is let through, and nobody else before it has come back."""
    breaker = failing(5)
    assert [breaker.admits(at(30)), breaker.admits(at(30)), breaker.admits(at(59))] == [
        True,
        False,
        False,
    ]


def test_a_try_that_fails_opens_it_for_another_pause() -> None:
    """One failure is enough then, and the pause counts from it."""
    breaker = failing(5)
    breaker.admits(at(30))
    breaker.failed(at(40))
    assert [breaker.admits(at(69)), breaker.admits(at(70))] == [False, True]


def test_a_try_that_succeeds_closes_it() -> None:
    """And it takes five failures again to open it."""
    breaker = failing(5)
    breaker.admits(at(30))
    breaker.took_one()
    for _ in range(4):
        breaker.failed(at(31))
    assert breaker.admits(at(31))


def test_a_try_of_which_nothing_is_heard_gives_way_to_the_next() -> None:
    """Its message was refused for itself, or its process was stopped: after a pause another may."""
    breaker = failing(5)
    breaker.admits(at(30))
    assert [breaker.admits(at(59)), breaker.admits(at(60))] == [False, True]


def test_it_says_when_it_opens_and_closes_and_no_oftener() -> None:
    """So that a log has one line for each."""
    breaker = Breaker(PAUSE)
    opened = [breaker.failed(NOON) for _ in range(7)]
    closed = [breaker.took_one(), breaker.took_one()]
    assert opened == [False, False, False, False, True, False, False]
    assert closed == [True, False]
