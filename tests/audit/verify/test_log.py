"""A log is checked from outside: by its signatures, its tiles, and what was seen of it before."""

import shutil
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.audit.tlog.checkpoint import Checkpoint
from services.audit.tlog.notes import Note, Signature, parse_note
from services.audit.verify import CannotCheck, Folder, Memory, check_log
from tests.audit.verify.laid import (
    ALONE,
    LOG,
    MAYOR,
    ORIGIN,
    OTHER_LOG,
    POLICE,
    WITNESSED,
    checked,
    checkpoint,
    entries,
    flip,
    lay,
    note,
    policy,
    wrong,
)

# Three levels would take 65,536 leaves; two, and a part of each, take 600.
SIZE = 600


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A log of 600 entries."""
    return lay(tmp_path / "log", entries(SIZE))


@pytest.fixture
def memory(tmp_path: Path) -> Path:
    """A memory that knows nothing yet."""
    return tmp_path / "memory"


@pytest.mark.parametrize("size", [0, 1, 2, 255, 256, 257, 511, 512, 600, 70_000])
def test_an_honest_log_of_any_size_holds(size: int, tmp_path: Path, memory: Path) -> None:
    """Whatever parts its tiles have."""
    report = checked(lay(tmp_path / "log", entries(size)), memory)

    assert report.holds, report.problems
    assert report.checkpoint == checkpoint(entries(size))


@given(old=st.integers(0, SIZE), new=st.integers(0, SIZE))
def test_a_log_that_grew_goes_on_and_one_that_shrank_does_not(old: int, new: int) -> None:
    """Between any two sizes."""
    with TemporaryDirectory() as folder:
        memory = Path(folder) / "memory"
        assert checked(lay(Path(folder) / "old", entries(old)), memory).holds

        report = checked(lay(Path(folder) / "new", entries(new)), memory)

        assert report.holds == (old <= new)
        assert wrong(report) == ([] if old <= new else ["memory"])


@given(changed=st.integers(0, 499))
def test_a_rewritten_log_that_its_own_key_signs_is_found_by_memory(changed: int) -> None:
    """Whoever has the key can sign another history; not to somebody who remembers the first."""
    with TemporaryDirectory() as folder:
        memory = Path(folder) / "memory"
        assert checked(lay(Path(folder) / "old", entries(500)), memory).holds
        rewritten = entries(SIZE)
        rewritten[changed] = bytes(32)

        report = checked(lay(Path(folder) / "new", rewritten), memory)

        assert wrong(report) == ["memory"]
        assert "the log was rewritten" in report.problems[0].said


def test_of_one_entry_it_is_said_that_it_is_one(tmp_path: Path, memory: Path) -> None:
    """By whatever is said, of the log and of what is remembered."""
    first = checked(lay(tmp_path / "one", entries(1)), memory)
    second = checked(lay(tmp_path / "two", entries(2)), memory)
    checked(tmp_path / "one", tmp_path / "memory of one")
    forked = checked(lay(tmp_path / "forked", [bytes(32)] * 2), tmp_path / "memory of one")

    said = [each for report in (first, second) for each in (*report.checked, *report.unchecked)]
    assert not [each for each in said if "1 entries" in each or "1 keys" in each]
    assert "The first entry is the one that the checkpoint remembered here covers." in said
    assert "The first entry is not the one that was signed" in forked.problems[0].said


def test_two_histories_of_one_size_are_a_fork(log: Path, memory: Path, tmp_path: Path) -> None:
    """And the remembered one stays: it is the proof."""
    checked(log, memory)
    before = {file: file.read_bytes() for file in memory.iterdir()}

    report = checked(lay(tmp_path / "fork", [*entries(SIZE)[:-1], bytes(32)]), memory)

    assert wrong(report) == ["memory"]
    assert "Two different logs of 600 entries were signed" in report.problems[0].said
    assert {file: file.read_bytes() for file in memory.iterdir()} == before


def test_what_holds_is_remembered_as_it_was_signed(log: Path, memory: Path) -> None:
    """One file for the log, which whoever has the key can check again."""
    checked(log, memory)

    (file,) = memory.iterdir()
    assert file.read_bytes() == (log / "checkpoint").read_bytes()


@cache
def signed_files() -> dict[str, bytes]:
    """Every file of a log of 600 entries, all of which its checkpoint covers."""
    with TemporaryDirectory() as folder:
        log = lay(Path(folder), entries(SIZE), LOG, POLICE, MAYOR)
        return {
            str(file.relative_to(log)): file.read_bytes()
            for file in log.rglob("*")
            if file.is_file()
        }


@given(st.data())
def test_any_bit_flipped_in_any_file_is_found(data: st.DataObject) -> None:
    """Checkpoint, tiles, entries: there is no bit of a log that may change."""
    name = data.draw(st.sampled_from(sorted(signed_files())))
    bit = data.draw(st.integers(0, len(signed_files()[name]) * 8 - 1))

    assert problems_with({**signed_files(), name: flip(signed_files()[name], bit)})


@given(st.data())
def test_any_file_cut_lengthened_or_missing_is_found(data: st.DataObject) -> None:
    """A tile has its length."""
    name = data.draw(st.sampled_from(sorted(set(signed_files()) - {"checkpoint"})))
    whole = signed_files()[name]
    changed = data.draw(
        st.integers(0, len(whole) - 1).map(lambda length: whole[:length])
        | st.binary(min_size=1, max_size=300).map(lambda more: whole + more)
    )

    assert problems_with({**signed_files(), name: changed}) == ["tree"]
    assert problems_with({n: c for n, c in signed_files().items() if n != name}) == ["tree"]


def problems_with(files: dict[str, bytes]) -> list[str]:
    """Which checks find something wrong with these files."""
    with TemporaryDirectory() as folder:
        for name, content in files.items():
            (Path(folder) / name).parent.mkdir(parents=True, exist_ok=True)
            (Path(folder) / name).write_bytes(content)
        return wrong(checked(Path(folder), Path(folder) / "memory", WITNESSED))


def test_a_full_tile_stands_for_the_part_that_is_no_longer_kept(log: Path, memory: Path) -> None:
    """A log that has grown since the checkpoint may have let go of the part."""
    more = lay(log.parent / "more", entries(768))
    for level in ("0", "entries"):
        shutil.rmtree(log / "tile" / level / "002.p")
        shutil.copy(more / "tile" / level / "002", log / "tile" / level)

    assert checked(log, memory).holds


def test_enough_witnesses_stand_by_it(tmp_path: Path, memory: Path) -> None:
    """All that the policy asks for, by name and time."""
    log = lay(tmp_path / "log", entries(3), LOG, POLICE, MAYOR)

    report = checked(log, memory, WITNESSED)

    assert report.holds
    assert any(
        "police.example/w at 2026-11-03 12:00:00 UTC, mayor.example/w at" in each
        for each in report.checked
    )


@pytest.mark.parametrize("cosigners", [(), (POLICE,), (MAYOR,)])
def test_too_few_witnesses_are_not_enough(
    cosigners: tuple[object, ...], tmp_path: Path, memory: Path
) -> None:
    """The log's own word alone is not what the policy asks for; and it is not remembered."""
    log = lay(tmp_path / "log", entries(3))
    keys = [key for key in (POLICE, MAYOR) if key in cosigners]
    (log / "checkpoint").write_bytes(note(checkpoint(entries(3)), LOG, *keys))

    assert wrong(checked(log, memory, WITNESSED)) == ["cosignatures"]
    assert not memory.exists()


def test_witnesses_may_be_a_moment_behind(log: Path, memory: Path) -> None:
    """What they have not cosigned yet is said, and is not held against the log."""
    (log / "witnessed").write_bytes(note(checkpoint(entries(500)), LOG, POLICE, MAYOR))

    report = checked(log, memory, WITNESSED)

    assert report.holds, report.problems
    assert report.checkpoint == checkpoint(entries(SIZE))
    assert any("newest 100 entries" in each for each in report.unchecked)


@pytest.mark.parametrize(
    "other",
    [
        checkpoint([*entries(500)[:-1], bytes(32)]),
        checkpoint(entries(700)),
        checkpoint([bytes(32), *entries(599)]),
    ],
)
def test_what_the_witnesses_saw_must_be_the_same_log(
    other: Checkpoint, log: Path, memory: Path
) -> None:
    """Another history, or a later one than the log now shows, contradicts it."""
    (log / "witnessed").write_bytes(note(other, LOG, POLICE, MAYOR))

    assert wrong(checked(log, memory, WITNESSED)) == ["tree"]


def test_a_forged_cosignature_is_found(log: Path, memory: Path) -> None:
    """Though the policy would not have needed it."""
    signed = parse_note((log / "checkpoint").read_bytes())
    forged = Signature(POLICE.name, POLICE.verifier.key_id, bytes(72))
    (log / "checkpoint").write_bytes(Note(signed.text, (*signed.signatures, forged)).encode())

    text = f"{ALONE}witness police {POLICE.verifier}\n"

    assert wrong(checked(log, memory, text)) == ["cosignatures"]


def test_a_key_that_the_policy_does_not_name_is_said_to_be_another(
    tmp_path: Path, memory: Path
) -> None:
    """In the log's own name, by somebody else's key."""
    report = checked(lay(tmp_path / "log", entries(3), OTHER_LOG), memory)

    assert wrong(report) == ["signature"]
    assert "the log's key was changed, or somebody else signs" in report.problems[0].said
    assert report.checkpoint is None


def test_a_key_that_the_policy_names_newly_is_pointed_out(log: Path, memory: Path) -> None:
    """It holds: whoever wrote the policy knows the key. Whether it was announced is asked."""
    checked(log, memory)
    (log / "checkpoint").write_bytes(note(checkpoint(entries(SIZE)), OTHER_LOG))

    report = checked(log, memory, f"log {LOG.verifier}\nlog {OTHER_LOG.verifier}\nquorum none")

    assert report.holds
    assert any("log's key has changed" in each for each in report.unchecked)


def test_while_keys_change_nothing_is_pointed_out(log: Path, memory: Path) -> None:
    """As long as the old key signs as well."""
    checked(log, memory)
    (log / "checkpoint").write_bytes(note(checkpoint(entries(SIZE)), LOG, OTHER_LOG))

    report = checked(log, memory, f"log {LOG.verifier}\nlog {OTHER_LOG.verifier}\nquorum none")

    assert report.holds
    assert not any("key has changed" in each for each in report.unchecked)


def test_a_log_that_the_policy_does_not_know_does_not_hold(log: Path, memory: Path) -> None:
    """Which it is, and which is known, is said."""
    (log / "checkpoint").write_bytes(note(Checkpoint("elsewhere.example", 0, bytes(32)), LOG))

    report = checked(log, memory)

    assert wrong(report) == ["signature"]
    assert "elsewhere.example" in report.problems[0].said
    assert ORIGIN in report.problems[0].said


def test_without_a_checkpoint_or_a_key_nothing_can_be_checked(log: Path, memory: Path) -> None:
    """That is another answer than no."""
    with pytest.raises(CannotCheck, match="names no log's key"):
        checked(log, memory, "quorum none")
    (log / "checkpoint").unlink()
    with pytest.raises(CannotCheck, match="there is no checkpoint"):
        checked(log, memory)


@pytest.mark.parametrize("content", [b"", b"scribble", note(Checkpoint("x", 0, bytes(32)), LOG)])
def test_a_memory_that_cannot_be_read_is_not_forgotten(
    content: bytes, log: Path, memory: Path
) -> None:
    """To go on as if nothing were remembered would be what a forger hopes for."""
    checked(log, memory)
    next(memory.iterdir()).write_bytes(content)

    with pytest.raises(CannotCheck, match="what was remembered"):
        check_log(Folder(log), policy(), Memory(memory))
