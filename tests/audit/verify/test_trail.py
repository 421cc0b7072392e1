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

from services.audit.formats import Asked, Trail
from services.audit.log.log import leaf_data
from services.audit.tlog.checkpoint import Checkpoint
from services.audit.tlog.merkle import leaf_hash
from services.audit.verify import Broken, Verified, verify_trail
from tests.audit.heard import received, withdrawn
from tests.audit.verify.laid import (
    ALONE,
    LOG,
    ORIGIN,
    OTHER_LOG,
    POLICE,
    WITNESSED,
    checkpoint,
    flip,
    inclusion,
    note,
    policy,
    tree,
)

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
    hashes = tree(data)
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
                "referral": REFERRAL,
                "content": None if index == DESTROYED else content,
                "leaf_data": data[index],
                "leaf_hash": leaf_hash(data[index]),
                "inclusion": inclusion(hashes, index, SIZE),
            }
        )
    page = {
        "asked": Asked(referral=REFERRAL),
        "checkpoint": note(checkpoint(data), LOG, POLICE).decode(),
        "unsigned": 0,
        "entries": entries,
        "next": None,
    }
    return Trail.model_validate(page).model_dump_json()


def answer() -> Any:
    """The honest answer, to be changed."""
    return json.loads(honest())


PLAIN = ("text", "event_id", "type", "time", "producer", "referral", "checkpoint")


def places(value: Any, here: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """The path of every base64 field."""
    if isinstance(value, dict):
        return [p for key, inner in value.items() for p in places(inner, (*here, key))]
    if isinstance(value, list):
        return [p for number, inner in enumerate(value) for p in places(inner, (*here, number))]
    return [here] if isinstance(value, str) and here[-1] not in PLAIN else []


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
    assert verified.tree is not None
    assert (verified.tree.size, verified.entries, verified.destroyed) == (SIZE, 4, (DESTROYED,))


@pytest.mark.parametrize("text", [ALONE, WITNESSED])
def test_with_a_policy_the_signature_is_checked_as_well(text: str) -> None:
    """Whether there are enough cosignatures yet is not asked of the newest checkpoint."""
    with_policy, without = verify_trail(answer(), policy(text)), verify_trail(answer())

    assert isinstance(with_policy, Verified)
    assert with_policy.signed
    assert isinstance(without, Verified)
    assert not without.signed


def test_a_checkpoint_by_another_key_is_found() -> None:
    """The tree is right, and the signature is not the log's."""
    size, root = SIZE, verified_root()
    forged = note(Checkpoint(ORIGIN, size, root), OTHER_LOG).decode()

    found = verify_trail(change(answer(), ("checkpoint",), forged), policy())

    assert isinstance(found, Broken)
    assert "the log's key was changed, or somebody else signs in its name" in found.reason


def verified_root() -> bytes:
    """The root of the honest answer."""
    verified = verify_trail(answer())
    assert isinstance(verified, Verified)
    assert verified.tree is not None
    return verified.tree.root


@given(st.data())
def test_any_bit_flipped_is_found(data: st.DataObject) -> None:
    """Bytes, salts, leaves and proofs: one other bit in any of them breaks the answer."""
    page = answer()
    place = data.draw(st.sampled_from(places(page)))
    value = page
    for key in place:
        value = value[key]
    bit = data.draw(st.integers(0, len(base64.b64decode(value)) * 8 - 1))
    flipped = base64.b64encode(flip(base64.b64decode(value), bit)).decode()

    assert isinstance(verify_trail(change(page, place, flipped)), Broken)


@given(st.data())
def test_a_bit_flipped_in_the_checkpoint_is_found_or_claims_nothing(data: st.DataObject) -> None:
    """An unknown witness's line may change; the tree and the log's signature may not."""
    page = answer()
    signed = page["checkpoint"].encode()
    flipped = flip(signed, data.draw(st.integers(0, len(signed) * 8 - 1))).decode(errors="replace")

    found = verify_trail(change(page, ("checkpoint",), flipped), policy(WITNESSED))

    assert isinstance(found, Broken) or (
        flipped.split("\n\n")[0] == page["checkpoint"].split("\n\n")[0]
        and flipped.count(LOG.name) == page["checkpoint"].count(LOG.name)
    )


@pytest.mark.parametrize(
    ("place", "value", "reason"),
    [
        (("entries", 0, "event_id"), str(uuid4()), "what is shown is not what the bytes say"),
        (("entries", 0, "type"), "assignment.offered.v1", "what is shown is not what the bytes"),
        (("entries", 0, "time"), "2026-11-03T09:31:00Z", "what is shown is not what the bytes say"),
        (("entries", 0, "producer"), "intake", "what is shown is not what the bytes say"),
        (("entries", 0, "referral"), str(uuid4()), "not of the referral that was asked for"),
        (("asked", "referral"), str(uuid4()), "not of the referral that was asked for"),
        (("entries", 0, "content", "text"), "{}", "the text is not that of the bytes"),
        (("entries", 0, "index"), 4, "the leaf is not in the tree at its index"),
        (("entries", 0, "index"), SIZE, "not in the tree"),
        (("entries", 1, "index"), 3, "the entries are not in the log's order"),
        (("entries", 0, "inclusion"), [], "the leaf is not in the tree at its index"),
        (("entries", 0, "leaf_hash"), "", "the answer is no trail: entries.0.leaf_hash"),
        (("entries", 0, "note"), "unseen", "the answer is no trail: entries.0.note"),
        (("checkpoint",), "no note", "the checkpoint cannot be read"),
        (("checkpoint",), None, "no checkpoint covers what is shown"),
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


def test_an_empty_page_of_a_log_that_nobody_signed_yet_shows_nothing() -> None:
    """There is neither an entry nor a tree to check."""
    page: dict[str, Any] = {
        "asked": {},
        "checkpoint": None,
        "unsigned": 3,
        "entries": [],
        "next": None,
    }

    assert verify_trail(page, policy()) == Verified(None, 0, (), signed=False)
