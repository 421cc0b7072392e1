"""A witness vouches for one history of a log, whoever asks it, how often, and when it dies."""

import os
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from services.audit.log import tiles
from services.audit.tlog.checkpoint import Checkpoint, cosigned, parse_checkpoint
from services.audit.tlog.merkle import EMPTY_ROOT, consistency_holds
from services.audit.tlog.notes import MAX_NOTE_BYTES, Note, Signature, parse_note
from services.audit.witness import (
    Conflict,
    Cosigned,
    MemoryLost,
    Outcome,
    Rejected,
    Witness,
    request,
)
from tests.audit.verify.laid import (
    LOG,
    MAYOR,
    NOON,
    OTHER_LOG,
    POLICE,
    checkpoint,
    entries,
    note,
    policy,
    tree,
)

DATA = entries(200)
FORKED = [*DATA[:50], bytes(32), *DATA[51:]]


def proof(old: int, new: int, data: list[bytes] = DATA) -> list[bytes]:
    """That a log of some of these entries goes on from fewer."""
    hashes = tree(data)
    return [hashes.of(range_) for range_ in tiles.consistency(old, new)]


def ask(witness: Witness, old: int, new: int, data: list[bytes] = DATA) -> Outcome:
    """What a witness answers a log that grew."""
    signed = note(checkpoint(data[:new]), LOG)
    return witness.add_checkpoint(request(old, proof(old, new, data), signed), NOON)


def full(_file: int) -> None:
    """What a disk answers that takes no more."""
    raise OSError("no space left")


@pytest.fixture
def memory(tmp_path: Path) -> Path:
    """Where a witness keeps what it saw."""
    return tmp_path / "witness.json"


@pytest.fixture
def witness(memory: Path) -> Witness:
    """A witness of one log, that has seen nothing yet."""
    return Witness(policy(), POLICE, memory)


def test_it_cosigns_what_goes_on_from_what_it_saw(witness: Witness) -> None:
    """From nothing, on to more, and the same again."""
    for old, new in [(0, 10), (10, 10), (10, 64), (64, 200)]:
        outcome = ask(witness, old, new)

        assert isinstance(outcome, Cosigned)
        signed = Note(checkpoint(DATA[:new]).text, (outcome.signature,))
        assert cosigned(signed, [POLICE.verifier]) == {POLICE.verifier: NOON}


def test_what_it_vouched_for_is_read_after_a_restart(witness: Witness, memory: Path) -> None:
    """One file is all that it needs."""
    ask(witness, 0, 100)

    again = Witness(policy(), POLICE, memory)

    assert ask(again, 0, 100) == Conflict(100)
    assert isinstance(ask(again, 100, 150), Cosigned)
    assert [file.name for file in memory.parent.iterdir()] == [memory.name]


def test_it_serves_the_checkpoint_with_both_signatures(witness: Witness) -> None:
    """The log's, which it verified, and its own; not the lines of others."""
    signed = note(checkpoint(DATA[:9]), LOG, MAYOR)
    witness.add_checkpoint(request(0, [], signed), NOON)

    kept = witness.latest(sha(LOG.name))

    assert kept is not None
    assert [each.name for each in parse_note(kept).signatures] == [LOG.name, POLICE.name]
    assert parse_checkpoint(parse_note(kept).text) == checkpoint(DATA[:9])
    assert witness.latest(sha("other.example")) is None


def sha(text: str) -> str:
    """Hexadecimal SHA-256."""
    return sha256(text.encode()).hexdigest()


def test_a_rollback_is_answered_with_what_it_saw(witness: Witness) -> None:
    """There is no proof that a smaller log goes on from a larger one."""
    ask(witness, 0, 100)

    assert ask(witness, 0, 50) == Conflict(100)
    assert ask(witness, 50, 60) == Conflict(100)
    assert isinstance(ask(witness, 100, 101), Cosigned)


def test_a_fork_is_not_vouched_for(witness: Witness) -> None:
    """Neither larger nor of the same size, whatever proof comes with it."""
    ask(witness, 0, 100)
    outcomes = [ask(witness, 100, new, FORKED) for new in (100, 101, 200)]

    assert [isinstance(each, Rejected) and each.status for each in outcomes] == [422] * 3
    assert isinstance(ask(witness, 100, 200), Cosigned)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"old 0\n", 400),
        (b"new 0\n\n" + note(checkpoint(DATA), LOG), 400),
        (b"old 00\n\n" + note(checkpoint(DATA), LOG), 400),
        (b"old 0\nAAAA\n\n" + note(checkpoint(DATA), LOG), 400),
        (b"old \xff\n\n" + note(checkpoint(DATA), LOG), 400),
        (request(0, [bytes(32)] * 64, note(checkpoint(DATA), LOG)), 400),
        (request(0, [], b"no note"), 400),
        (request(0, [], note(checkpoint(DATA), LOG)[:-1]), 400),
        (request(0, [], b"x" * MAX_NOTE_BYTES * 2), 400),
        (request(201, [], note(checkpoint(DATA), LOG)), 400),
        (request(0, [], note(Checkpoint("other.example", 1, bytes(32)), LOG)), 404),
        (request(0, [], note(checkpoint(DATA), OTHER_LOG)), 403),
        (request(0, [], note(checkpoint(DATA), POLICE)), 403),
        (
            request(
                0,
                [],
                Note(
                    checkpoint(DATA).text, (Signature(LOG.name, LOG.verifier.key_id, bytes(64)),)
                ).encode(),
            ),
            403,
        ),
        (request(0, [], note(Checkpoint(LOG.name, 0, bytes(32)), LOG)), 422),
        (request(0, [bytes(32)], note(checkpoint(DATA), LOG)), 422),
    ],
)
def test_each_refusal_has_the_status_of_the_protocol(
    body: bytes, status: int, witness: Witness, memory: Path
) -> None:
    """Unreadable, unknown, unsigned, no continuation; and nothing is remembered."""
    outcome = witness.add_checkpoint(body, NOON)

    assert isinstance(outcome, Rejected)
    assert outcome.status == status
    assert not memory.exists()


def test_a_new_log_may_be_empty(witness: Witness) -> None:
    """Its root is that of nothing."""
    empty = note(Checkpoint(LOG.name, 0, EMPTY_ROOT), LOG)

    assert isinstance(witness.add_checkpoint(request(0, [], empty), NOON), Cosigned)
    assert isinstance(ask(witness, 0, 5), Cosigned)


@given(st.data())
@settings(max_examples=200)
def test_a_request_with_any_bit_flipped_is_not_cosigned(data: st.DataObject) -> None:
    """Size, proof, checkpoint, signature: all of it has to be as it was."""
    body = request(70, proof(70, 150), note(checkpoint(DATA[:150]), LOG))
    bit = data.draw(st.integers(0, len(body) * 8 - 1))
    flipped = bytearray(body)
    flipped[bit // 8] ^= 1 << bit % 8
    with TemporaryDirectory() as folder:
        witness = Witness(policy(), POLICE, Path(folder) / "memory")
        ask(witness, 0, 70)

        outcome = witness.add_checkpoint(bytes(flipped), NOON)

        assert not isinstance(outcome, Cosigned)


@pytest.mark.parametrize("content", [b"", b"[]", b'{"a": 1}', b'{"a": "b"}', b"\xff"])
def test_a_memory_that_cannot_be_read_is_no_new_one(content: bytes, memory: Path) -> None:
    """A witness that forgets would vouch for any history."""
    memory.write_bytes(content)

    with pytest.raises(MemoryLost):
        Witness(policy(), POLICE, memory)


def test_a_memory_damaged_while_it_runs_stops_it(witness: Witness, memory: Path) -> None:
    """It looks each time."""
    ask(witness, 0, 10)
    memory.write_bytes(memory.read_bytes().replace(b"audit", b"audet", 1))

    with pytest.raises(MemoryLost):
        ask(witness, 10, 20)


def test_it_answers_only_when_its_memory_is_on_the_disk(
    witness: Witness, memory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that is full leaves the memory as it was, and no signature."""
    ask(witness, 0, 10)
    before = memory.read_bytes()

    with monkeypatch.context() as disk:
        disk.setattr(os, "fsync", full)
        with pytest.raises(MemoryLost):
            ask(witness, 10, 20)

    assert memory.read_bytes() == before
    assert isinstance(ask(witness, 10, 30), Cosigned)


def test_of_two_that_ask_at_once_one_is_cosigned(memory: Path) -> None:
    """Threads or processes: two witnesses on one file stand for both."""
    pair = [Witness(policy(), POLICE, memory) for _ in range(2)]
    ask(pair[0], 0, 100)
    histories = [(DATA, 150), (FORKED[:], 160), (DATA, 170), (DATA, 180)]
    bodies = [
        request(100, proof(100, new, data), note(checkpoint(data[:new]), LOG))
        for data, new in histories * 4
    ]

    with ThreadPoolExecutor(8) as pool:
        asked = [
            pool.submit(partial(pair[at % 2].add_checkpoint, body, NOON))
            for at, body in enumerate(bodies)
        ]
        outcomes = [each.result() for each in asked]

    granted = [each.checkpoint for each in outcomes if isinstance(each, Cosigned)]
    assert len(granted) == 1
    assert pair[0].size(LOG.name) == granted[0].size


def test_it_cosigns_with_a_witnesss_key_alone(memory: Path) -> None:
    """A log's key signs other things."""
    with pytest.raises(ValueError, match="does not cosign"):
        Witness(policy(), LOG, memory)


class AnyHistory(RuleBasedStateMachine):
    """Whatever two histories ask, in whatever order: what was vouched for is one of them."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        self.memory = Path(self.folder.name) / "memory"
        self.witness = Witness(policy(), POLICE, self.memory)
        self.granted: list[tuple[Checkpoint, list[bytes]]] = []

    @rule(
        data=st.sampled_from([DATA, FORKED]),
        old=st.integers(0, 200),
        new=st.integers(0, 200),
        honest=st.booleans(),
    )
    def asked(self, data: list[bytes], old: int, new: int, honest: bool) -> None:
        old = self.witness.size(LOG.name) if honest else old
        steps = proof(old, new, data) if old <= new else []
        body = request(old, steps, note(checkpoint(data[:new]), LOG))
        outcome = self.witness.add_checkpoint(body, NOON)
        if isinstance(outcome, Cosigned):
            self.granted.append((outcome.checkpoint, data))

    @rule()
    def restarted(self) -> None:
        self.witness = Witness(policy(), POLICE, self.memory)

    @invariant()
    def one_history(self) -> None:
        for (older, _), (newer, data) in zip(self.granted, self.granted[1:], strict=False):
            assert older.size <= newer.size
            steps = proof(older.size, newer.size, data)
            assert consistency_holds(older.size, newer.size, older.root, newer.root, steps)

    def teardown(self) -> None:
        self.folder.cleanup()


TestAnyHistory = AnyHistory.TestCase
TestAnyHistory.settings = settings(max_examples=20, stateful_step_count=15, deadline=None)
