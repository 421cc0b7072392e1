"""The benchmark of signing: a short run, untimed."""

from pathlib import Path

import pytest

from tests.performance.signing.measuring import run


@pytest.mark.system
async def test_a_short_run_has_every_figure(tmp_path: Path) -> None:
    """Every event is covered in each case; the quick witness cosigns, whatever the others do."""
    found = await run(tmp_path, seconds=2, a_second=20, say=print)
    assert all(case["events"] > 20 for case in found["cases"].values())
    assert all(case["p50_s"] <= case["p99_s"] <= case["max_s"] for case in found["cases"].values())
    cosigned = found["cases"]["three_witnesses"]["cosigned"]
    assert cosigned["quick"]
    assert "dead" not in cosigned
    assert list(tmp_path.iterdir()) == []
