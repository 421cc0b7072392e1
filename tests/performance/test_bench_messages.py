"""The benchmark of messages: one tiny round, untimed."""

from pathlib import Path

import pytest

from tests.performance.messages.measuring import run


@pytest.mark.system
async def test_a_tiny_round_has_every_figure(tmp_path: Path) -> None:
    """Twenty messages by the bare loop and by ours, and ten texts beside either email: all of them
    arrive, and emails that wait for a slow provider are not waited for."""
    found = await run(tmp_path, rounds=1, count=20, say=print)
    assert found["messages"] == 20
    assert all(found["medians"][name] > 0 for name in found["medians"] if name.endswith("per_s"))
    assert found["ours_by_floor"] > 0
    [each] = found["rounds"]
    assert each["emails_delivered_by_then_slow"] < 10
    assert list(tmp_path.iterdir()) == []
