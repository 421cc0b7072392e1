"""The benchmark of the log: its own parts, and one tiny run, untimed."""

import sys
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from services.audit.formats import Asked, Trail
from services.audit.handlers import read
from services.audit.tlog.merkle import EMPTY_ROOT, leaf_hash, root
from shared.bus.consumer import Received
from shared.subjects import EVENTS, event
from tests.performance.log import measuring, peers
from tests.performance.log.asking import Question, answers
from tests.performance.log.frontier import Frontier
from tests.performance.log.growing import Known
from tests.performance.log.lives import tell


def test_the_events_are_what_audit_hears() -> None:
    """They are the same in every run, each has an id of its own, and audit reads every one."""
    events = list(islice(tell(), 2000))

    assert events == list(islice(tell(), 2000))
    assert len({told.heard.event_id for told in events}) == 2000
    assert len({told.heard.type for told in events}) > 10
    for told in events:
        heard = told.heard
        kind = event(heard.type.removesuffix(".v1"))
        assert read(Received(heard.event_id, EVENTS, kind, heard.body)) == heard


def test_what_a_producer_tells_of_a_referral_is_numbered() -> None:
    """Each producer counts its own events on a referral from 1, as the services do."""
    last: dict[tuple[str, UUID], int] = {}
    for told in islice(tell(), 5000):
        whose = told.heard.producer, told.heard.referral
        assert told.heard.sequence == last.get(whose, 0) + 1
        last[whose] = told.heard.sequence


@pytest.mark.parametrize("size", [0, 1, 2, 3, 7, 8, 255, 256, 257, 1000])
def test_the_frontiers_root_is_the_trees(size: int) -> None:
    """Leaf by leaf it comes to the root that the RFC's definition gives."""
    leaves = [number.to_bytes(32, "big") for number in range(size)]
    frontier = Frontier()

    frontier.add(leaves)

    assert frontier.root == (root([leaf_hash(each) for each in leaves]) if leaves else EMPTY_ROOT)


def _page(shown: int | None, beyond: int | None) -> bool:
    known = Known()
    known.frontier.add([bytes(32)] * 10)
    page = Trail(asked=Asked(), checkpoint=None, unsigned=0, entries=(), next=beyond)
    return answers(page, Question(Asked(), 0, [] if shown is None else [shown]), known)


def test_an_answer_that_leaves_something_out_is_a_fault() -> None:
    """An empty page is right where nothing is, or where what there is comes later."""
    assert _page(None, None)
    assert _page(7, 5)
    assert not _page(7, None)
    assert not _page(3, 5)


def test_what_is_wanted_is_held_against_what_was_found() -> None:
    """A ratio at its target meets it, one beyond does not."""
    appends = {"100": {"ours_by_plain": 0.6, "ours_by_one_by_one": 9.9, "ours_by_batches": 1.0}}

    found = measuring.wanted(appends, {"type": 3.0, "agency": 3.01})

    assert [each["met"] for each in found] == [True, False, True, True, False]


@pytest.mark.system
async def test_a_tiny_run_has_every_figure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every row, root, answer and proof is right; nothing is left behind. pymerkle, which is not
    installed here, is left out."""

    def unmeasured(_python: Path, _folder: Path, _bodies: list[bytes]) -> dict[str, Any]:
        return {"per_s": {"1": 1.0, "100": 1.0, "500": 1.0}, "faults": []}

    monkeypatch.setattr(peers, "measure", unmeasured)
    plan = measuring.Plan(rounds=1, count=500, sizes=(300, 600, 1200), asks=2, proofs=5)

    found = await measuring.run(tmp_path, Path(sys.executable), plan, print)

    assert found["ok"], found["faults"]
    assert set(found["appends"]) == {"100", "500"}
    assert all(rate > 0 for each in found["proofs_per_s"].values() for rate in each.values())
    assert set(found["trail_ms"]) == {"300", "600", "1200"}
    assert list(tmp_path.iterdir()) == []
