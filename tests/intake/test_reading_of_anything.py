"""Any bytes give a referral or a refusal, and the published schema agrees with the reader."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from services.intake.reading import UnreadableReferral, read_document
from services.intake.schema import referral_schema
from tests.intake.documents import FULL, NOW, raw

_ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(st.characters(), max_size=5),
    st.sampled_from(["", " ", "\r\n", "\ud800", "yes", "2026-11-16", "2026-11-16T00:00:00Z"]),
    st.sampled_from(["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-23:59", 10**400, 1e308]),
)
_NAMES = st.one_of(
    st.text(st.characters(), max_size=5), st.sampled_from(["[key]", "", "1", "age", "risk"])
)
_ANYTHING = st.recursive(
    _ODD, lambda inner: st.one_of(st.lists(inner), st.dictionaries(_NAMES, inner)), max_leaves=6
)


def _places(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    children: Any = ()
    if isinstance(value, dict):
        children = value.items()
    elif isinstance(value, list):
        children = enumerate(value)
    return [path] + [place for key, item in children for place in _places(item, (*path, key))]


_PLACES = st.sampled_from(_places(FULL)[1:])


@st.composite
def _bent_documents(draw: st.DrawFn) -> Any:
    """The fullest document with a few of its places replaced, removed or given a new neighbour."""
    document = json.loads(json.dumps(FULL))
    for place in draw(st.lists(_PLACES, min_size=1, max_size=4)):
        part = document
        try:
            for step in place[:-1]:
                part = part[step]
            match draw(st.sampled_from(["replace", "remove", "beside"])):
                case "replace":
                    part[place[-1]] = draw(_ANYTHING)
                case "remove":
                    del part[place[-1]]
                case _ if isinstance(part, dict):
                    part[draw(_NAMES)] = draw(_ANYTHING)
        except (KeyError, IndexError, TypeError):
            continue  # an earlier change took this place away
    return document


@pytest.mark.parametrize("place", _places(FULL)[1:])
@pytest.mark.parametrize("odd", [None, [], {}, "", 0, True, 1e400])
def test_every_place_in_turn(place: tuple[str | int, ...], odd: object) -> None:
    """No place of the document takes a reader by surprise; null is refused at every one."""
    document: Any = json.loads(json.dumps(FULL))
    part = document
    for step in place[:-1]:
        part = part[step]
    part[place[-1]] = odd
    assert not (_outcome(raw(document)) and odd is None)


def _outcome(content: bytes) -> bool:
    """Whether it was read; anything but a referral or a refusal with reasons is an error."""
    try:
        read_document(content, NOW)
    except UnreadableReferral as refusal:
        problems = refusal.problems
    else:
        return True
    assert problems
    assert len(problems) == len(set(problems))
    assert all("as the contract has it" not in p.problem for p in problems)
    json.dumps([p.model_dump() for p in problems], ensure_ascii=False).encode()
    return False


@given(st.binary(max_size=200))
def test_any_bytes(content: bytes) -> None:
    """Bytes that nobody shaped raise nothing foreign."""
    _outcome(content)


@given(st.binary(max_size=3), st.integers(min_value=0), st.integers(0, 8))
def test_damaged_document(patch: bytes, at: int, cut: int) -> None:
    """A good document with some bytes overwritten raises nothing foreign."""
    whole = raw(FULL)
    at %= len(whole)
    _outcome(whole[:at] + patch + whole[at + cut :])


@given(_bent_documents())
def test_any_tree(document: Any) -> None:
    """A document with anything anywhere raises nothing foreign, and each fault has its words."""
    _outcome(raw(document))


_schema = Draft202012Validator(referral_schema())


@given(_bent_documents())
def test_schema_refuses_nothing_that_is_read(document: Any) -> None:
    """What the reader takes, a sender's schema validator takes too."""
    if _outcome(raw(document)):
        assert list(_schema.iter_errors(document)) == []
