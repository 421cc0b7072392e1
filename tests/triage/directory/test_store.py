"""The directory in triage's tables: read by version, changed all at once, remembered for ever."""

import asyncio
import json
from datetime import time
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

from services.triage.directory.changes import DIRECTORY_ID, differences, entries_of
from services.triage.directory.entries import Directory
from services.triage.directory.faults import DirectoryRefused
from services.triage.directory.store import ChangedMeanwhile, DirectoryMissing, apply, seed
from tests.triage.directory.kept import NOW, KeptDirectory

FINE = (False, False)
"""Neither address is refused."""


def without_cora_s_rota(directory: Directory) -> Directory:
    """A later directory: nobody is on call any more, and Anna speaks English alone."""
    anna, *others = directory.practitioners
    english = anna.model_copy(update={"languages": ("en",)})
    (duty,) = directory.duty
    return directory.model_copy(
        update={
            "practitioners": (english, *others),
            "duty": (duty.model_copy(update={"rota": ()}),),
        }
    )


async def test_nothing_is_there_before_it_is_loaded(kept: KeptDirectory) -> None:
    """An empty table is told apart from a directory of nobody."""
    with pytest.raises(DirectoryMissing):
        await kept.current()


async def test_what_is_stored_is_read_as_the_same(kept: KeptDirectory) -> None:
    """Hours, leave, rota and all."""
    await kept.become(kept.sample, 0)

    assert await kept.current() == kept.sample


async def test_a_change_is_seen_at_once(kept: KeptDirectory) -> None:
    """What a process read before is not believed when there is a newer version."""
    await kept.become(kept.sample, 0)
    await kept.current()

    await kept.become(without_cora_s_rota(kept.sample), 1)

    assert await kept.current() == without_cora_s_rota(kept.sample)
    assert await kept.version() == 2


async def test_an_unchanged_directory_is_read_once(kept: KeptDirectory) -> None:
    """The same version gives the very same object, without reading its entries."""
    await kept.become(kept.sample, 0)

    assert await kept.current() is await kept.current()


async def test_what_is_rolled_back_is_not_believed(kept: KeptDirectory) -> None:
    """A transaction that saw its own version 2 leaves no trace of it when it fails, though
    another's version 2 follows."""
    await kept.become(kept.sample, 0)
    with pytest.raises(ZeroDivisionError):
        await _see_a_version_that_fails(kept)
    named = kept.sample.practitioners[2].model_copy(update={"name": "Cora Nunn-Keld"})
    later = kept.sample.model_copy(
        update={"practitioners": (*kept.sample.practitioners[:2], named)}
    )

    assert await kept.become(later, 1) == 2

    assert await kept.current() == later


async def _see_a_version_that_fails(kept: KeptDirectory) -> None:
    async with kept.unit.work(uuid4()) as work:
        before = entries_of(kept.sample)
        changes = differences(before, entries_of(without_cora_s_rota(kept.sample)))
        await apply(work, changes, "coordinator-1", 1)
        assert await kept.directories.current(work.connection) != kept.sample
        raise ZeroDivisionError


async def test_of_two_writers_the_second_is_told(kept: KeptDirectory) -> None:
    """Both read version 1; whoever comes second changes nothing."""
    await kept.become(kept.sample, 0)
    await kept.become(without_cora_s_rota(kept.sample), 1)

    with pytest.raises(ChangedMeanwhile):
        await kept.become(kept.sample, 1)

    assert await kept.current() == without_cora_s_rota(kept.sample)


async def test_every_change_is_remembered(kept: KeptDirectory) -> None:
    """Who changed what, when, and what it was before."""
    await kept.become(kept.sample, 0)
    await kept.become(without_cora_s_rota(kept.sample), 1)

    rows = await kept.rows("directory_change", "version, kind, key")
    second = [row for row in rows if row.version == 2]

    assert [(row.kind, row.key, row.action) for row in second] == [
        ("duty", "bromley", "changed"),
        ("practitioner", "p-anna", "changed"),
    ]
    assert {(row.by, row.at) for row in rows} == {("coordinator-1", NOW)}
    assert second[1].before["languages"] == ["en", "pl"]
    assert "languages" not in second[1].after


async def test_a_change_is_told_without_a_value(kept: KeptDirectory) -> None:
    """Which entries and which of their fields; no name, no address, no number."""
    await kept.become(kept.sample, 0)
    await kept.become(without_cora_s_rota(kept.sample), 1)

    first, second = await kept.told("directory.changed")

    assert (first["subject"], second["sequence"]) == (str(DIRECTORY_ID), 2)
    assert second["data"] == {
        "version": 2,
        "by": "coordinator-1",
        "changes": [
            {
                "kind": "practitioner",
                "key": "p-anna",
                "action": "changed",
                "fields": ["languages"],
            },
            {"kind": "duty", "key": "bromley", "action": "changed", "fields": ["rota"]},
        ],
    }
    said = json.dumps([first, second])
    assert not any(word in said for word in ("Anna", "Keld", "07700", "+44", "@"))


@pytest.mark.parametrize("statement", ["UPDATE directory_change SET by = 'x'", "DELETE FROM {}"])
async def test_the_history_cannot_be_rewritten(kept: KeptDirectory, statement: str) -> None:
    """Triage itself may only add to it."""
    triage = await kept.database.connect("triage")

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await triage.execute(statement.format("directory_change"))

    await triage.close()


async def test_notify_sees_addresses_and_nothing_else(kept: KeptDirectory) -> None:
    """How everybody is reached, and when; how much is on a desk; and no table of triage."""
    await kept.become(kept.sample, 0)
    notify = await kept.database.connect("notify")

    seen = await notify.fetch("SELECT * FROM triage.address ORDER BY practitioner_id")

    assert [tuple(row.values()) for row in seen] == [
        ("p-anna", "anna.keld@example.org", "07700 900301", "sms", time(20, 30), time(8), *FINE),
        ("p-beaa", "bea.arkell@example.org", "+44 7700 900302", "email", None, None, *FINE),
        ("p-cora", "cora.nunn@example.org", None, "email", None, None, *FINE),
    ]
    tables = await notify.fetch(
        "SELECT table_name FROM information_schema.tables WHERE table_schema = 'triage'"
    )
    assert sorted(row["table_name"] for row in tables) == ["address", "desk_counts"]
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await notify.execute("SELECT body FROM triage.directory_entry")
    with pytest.raises(asyncpg.PostgresError, match="cannot delete from view"):
        await notify.execute("DELETE FROM triage.address")
    await notify.close()


async def test_the_seed_is_loaded_once(kept: KeptDirectory) -> None:
    """At the first start; afterwards the file is not even read."""
    await seed(kept.unit, kept.file)
    await kept.become(without_cora_s_rota(kept.sample), 1)
    kept.file.write_text("this is no directory any more")

    await seed(kept.unit, kept.file)

    assert await kept.current() == without_cora_s_rota(kept.sample)
    (first, _second) = await kept.told("directory.changed")
    assert first["data"]["by"] == "first-start"


async def test_of_two_first_starts_at_once_one_loads(kept: KeptDirectory) -> None:
    """Two processes of a new system: one version, told once, and neither fails."""
    await asyncio.gather(*(seed(kept.unit, kept.file) for _ in range(4)))

    assert await kept.version() == 1
    assert len(await kept.told("directory.changed")) == 1


async def test_a_seed_that_does_not_hold_together_is_not_loaded(
    kept: KeptDirectory, tmp_path: Path
) -> None:
    """A new system does not start on it, and nothing of it is stored."""
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(kept.file.read_text().replace("lead: p-anna", "lead: p-gone"))

    with pytest.raises(DirectoryRefused, match="p-gone is no practitioner"):
        await seed(kept.unit, wrong)

    assert await kept.version() == 0
