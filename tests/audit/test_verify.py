"""The verifier takes an honest answer, and no answer in which anything was changed."""

import base64
import copy
import json
from functools import cache
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.audit import tiles
from services.audit.formats import Trail
from services.audit.log import leaf_data
from services.audit.merkle import leaf_hash
from services.audit.verify import Broken, Verified, verify_trail
from tests.audit.heard import received, withdrawn
from tests.audit.test_merkle import hashes_over

REFERRAL = UUID("8f8f2ad4-7c2a-4a94-8f0e-0c3f5ff1ba5c")
SIZE = 300
SHOWN = (3, 255, 256, 299)
DESTROYED = 255


@cache
def honest() -> str:
    """A page of four entries, of which one is destroyed, from a log of 300; as JSON."""
    messages = [received(withdrawn(REFERRAL), REFERRAL) for _ in range(SIZE)]
    salts = [index.to_bytes(32, "big") for index in range(SIZE)]
    data = [leaf_data(salt, m.body) for salt, m in zip(salts, messages, strict=True)]
    hashes = hashes_over([leaf_hash(each) for each in data])
    entries = []
    for index in SHOWN:
        body = messages[index].body
        event = json.loads(body)
        content = {"text": body.decode(), "bytes": body, "salt": salts[index]}
        entries.append(
            {
                "index": index,
                "event_id": event["id"],
                "type": event["type"],
                "time": event["time"],
                "producer": "triage",
                "content": None if index == DESTROYED else content,
                "leaf_data": data[index],
                "leaf_hash": leaf_hash(data[index]),
                "inclusion": [hashes.of(range_) for range_ in tiles.inclusion(index, SIZE)],
            }
        )
    tree = {"size": SIZE, "root": hashes.of(tiles.whole(SIZE))}
    page = {"referral": REFERRAL, "tree": tree, "entries": entries, "next": None}
    return Trail.model_validate(page).model_dump_json()


def answer() -> Any:
    """The honest answer, to be changed."""
    return json.loads(honest())


def places(value: Any, here: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """The path of every base64 field."""
    if isinstance(value, dict):
        return [p for key, inner in value.items() for p in places(inner, (*here, key))]
    if isinstance(value, list):
        return [p for number, inner in enumerate(value) for p in places(inner, (*here, number))]
    plain = ("text", "event_id", "type", "time", "producer", "referral")
    return [here] if isinstance(value, str) and here[-1] not in plain else []


def change(whole: Any, place: tuple[str | int, ...], value: Any) -> Any:
    """The answer with another value at one place."""
    changed = copy.deepcopy(whole)
    inner = changed
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = value
    return changed


def test_an_honest_answer_is_verified() -> None:
    """Entries, the tree, and of which entries only hashes are left."""
    verified = verify_trail(answer())

    assert isinstance(verified, Verified)
    assert (verified.tree.size, verified.entries, verified.destroyed) == (SIZE, 4, (DESTROYED,))


@given(st.data())
def test_any_bit_flipped_is_found(data: st.DataObject) -> None:
    """Bytes, salts, leaves, proofs and the root: one other bit in any of them breaks the answer."""
    page = answer()
    place = data.draw(st.sampled_from(places(page)))
    value = page
    for key in place:
        value = value[key]
    flipped = bytearray(base64.b64decode(value))
    bit = data.draw(st.integers(0, len(flipped) * 8 - 1))
    flipped[bit // 8] ^= 1 << bit % 8

    found = verify_trail(change(page, place, base64.b64encode(flipped).decode()))

    assert isinstance(found, Broken)


@pytest.mark.parametrize(
    ("place", "value", "reason"),
    [
        (("entries", 0, "event_id"), str(uuid4()), "what is shown is not what the bytes say"),
        (("entries", 0, "type"), "assignment.offered.v1", "what is shown is not what the bytes"),
        (("entries", 0, "time"), "2026-11-03T09:31:00Z", "what is shown is not what the bytes say"),
        (("entries", 0, "producer"), "intake", "what is shown is not what the bytes say"),
        (("referral",), str(uuid4()), "what is shown is not what the bytes say"),
        (("entries", 0, "content", "text"), "{}", "the text is not that of the bytes"),
        (("entries", 0, "index"), 4, "the leaf is not in the tree at its index"),
        (("entries", 0, "index"), SIZE, "not in the tree"),
        (("entries", 1, "index"), 3, "the entries are not in the log's order"),
        (("tree", "size"), 3, "the leaf is not in the tree at its index"),
        (("entries", 0, "inclusion"), [], "the leaf is not in the tree at its index"),
        (("entries", 0, "leaf_hash"), "", "the answer is no trail: entries.0.leaf_hash"),
        (("entries", 0, "note"), "unseen", "the answer is no trail: entries.0.note"),
        (("tree", "root"), "not base64", "the answer is no trail: tree.root"),
    ],
)
def test_what_was_changed_is_said(place: tuple[str | int, ...], value: Any, reason: str) -> None:
    """A changed answer is broken, with the reason in words."""
    found = verify_trail(change(answer(), place, value))

    assert isinstance(found, Broken)
    assert reason in found.reason


def test_the_entry_at_fault_is_named() -> None:
    """The reader is told which entry does not hold."""
    found = verify_trail(change(answer(), ("entries", 2, "producer"), "intake"))

    assert isinstance(found, Broken)
    assert found.index == 256


def test_an_empty_page_of_an_empty_log_is_verified_by_its_root_alone() -> None:
    """Where there is nothing to prove, the root must be that of nothing."""
    empty = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
    page = {"referral": str(REFERRAL), "tree": {"size": 0, "root": empty}, "entries": []}

    assert isinstance(verify_trail({**page, "next": None}), Verified)
    other = change({**page, "next": None}, ("tree", "root"), base64.b64encode(bytes(32)).decode())
    assert isinstance(verify_trail(other), Broken)
