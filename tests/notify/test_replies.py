"""What counts as an answer by text, and the codes for it."""

import secrets
from datetime import timedelta

import pytest

from services.notify import gsm, replies
from services.notify.telling import telling_words
from tests.notify.ground import NOON


@pytest.mark.parametrize(
    "words", ["YES 4KT9", "yes 4kt9", "Accept 4KT9", "ACCEPT  4kt9.", " Yes, 4KT9!\n", '"YES 4KT9"']
)
def test_an_answer_as_people_type_it(words: str) -> None:
    """Large or small, with the marks that telephones add."""
    assert replies.accepted(words) == "4KT9"


@pytest.mark.parametrize(
    "words",
    [
        "STOP",
        "stop 4KT9",
        "4KT9",
        "YES",
        "YES4KT9",
        "NO 4KT9",
        "not YES 4KT9",
        "YES 4KT9 or maybe not",
        "YES 4KT9 YES 4KT9",
        "YES 4KT99",
        "YES 4KT",
        "YES 4KTI",
        "YES ４KT9",
        "",
        "YES " * 5000,
    ],
)
def test_other_words_are_no_answer(words: str) -> None:
    """The word and the code, and nothing else: nobody accepts by mistake."""
    assert replies.accepted(words) is None


def test_a_new_code_can_be_sent_back() -> None:
    """Every code is understood as it is written, and is none that the person already has."""
    drawn = iter("4KT94KT94KTC")
    assert replies.new_code(lambda _of: next(drawn), {"4KT9"}) == "4KTC"
    for _ in range(200):
        code = replies.new_code(secrets.choice, ())
        assert replies.accepted(f"YES {code}") == code


def test_a_code_says_nothing() -> None:
    """It has no vowel, so it is no word; and it fits into a text as four characters."""
    offered: list[str] = []

    def first(of: str) -> str:
        offered.append(of)
        return of[0]

    replies.new_code(first, ())
    [alphabet] = set(offered)
    assert not set(alphabet) & set("AEIOUY01")
    assert gsm.length(alphabet) == len(alphabet)
    assert not telling_words(" ".join(replies.new_code(secrets.choice, ()) for _ in range(500)))


@pytest.mark.parametrize(
    ("answer_in", "works_for"),
    [
        (timedelta(days=1), timedelta(days=1)),
        (timedelta(minutes=10), timedelta(hours=1)),
        (timedelta(hours=-2), timedelta(hours=1)),
        (None, timedelta(hours=1)),
    ],
)
def test_how_long_a_code_works(answer_in: timedelta | None, works_for: timedelta) -> None:
    """As long as there is time to answer: then somebody else is asked. An hour at least."""
    by = None if answer_in is None else NOON + answer_in
    assert replies.expires(by, NOON) == NOON + works_for
