"""A bundle is checked off line: every byte of every event, its place in the log, its number."""

import zipfile
from functools import cache
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.audit.formats import Asked
from services.audit.tlog.proof_file import ProofFile
from services.audit.verify import CannotCheck, Memory, check_bundle
from tests.audit.heard import MOMENT
from tests.audit.verify.laid import (
    ALONE,
    LOG,
    MAYOR,
    OTHER_LOG,
    POLICE,
    WITNESSED,
    checked,
    entries,
    flip,
    lay,
    policy,
    wrong,
)
from tests.audit.verify.packed import (
    PLACES,
    REFERRAL,
    Parts,
    checked_bundle,
    event,
    packed,
    with_line,
)


@cache
def honest() -> bytes:
    """A bundle of four events, of which the third has no content any more."""
    return packed(Parts(destroyed=(256,)).files())


def test_an_honest_bundle_holds(tmp_path: Path) -> None:
    """What was checked is said, and what no bundle can show."""
    report = checked_bundle(tmp_path, honest())

    assert report.holds, report.problems
    assert any("3 events are shown as their bytes say" in each for each in report.checked)
    assert any(
        "1 event whose content was destroyed: its hash is" in each for each in report.unchecked
    )
    assert any("of the referral asked for no event is missing" in each for each in report.checked)


@given(st.integers(0, len(honest()) * 8 - 1))
def test_a_bit_flipped_in_a_bundle_is_found_or_reads_the_same(bit: int) -> None:
    """The archive's own dates and attributes may change; nothing that it holds may."""
    flipped = flip(honest(), bit)
    with TemporaryDirectory() as folder:
        report = checked_bundle(Path(folder), flipped)

    assert not report.holds or contents(flipped) == contents(honest())


def contents(bundle: bytes) -> dict[str, bytes]:
    """The files of an archive."""
    with zipfile.ZipFile(BytesIO(bundle)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@given(st.data())
def test_a_bit_flipped_in_any_file_and_packed_again_is_found(data: st.DataObject) -> None:
    """The archive's checksums are no help to who alters a bundle, and none against him."""
    files = Parts(destroyed=(256,)).files()
    name = data.draw(st.sampled_from(sorted(set(files) - {"policy", "query.json"})))
    files[name] = flip(files[name], data.draw(st.integers(0, len(files[name]) * 8 - 1)))

    with TemporaryDirectory() as folder:
        assert not checked_bundle(Path(folder), files).holds


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"event_id": str(uuid4())}, "what is shown is not what the bytes say"),
        ({"type": "assignment.offered.v1"}, "what is shown is not what the bytes say"),
        ({"time": "2026-11-03T09:31:00Z"}, "what is shown is not what the bytes say"),
        ({"producer": "intake"}, "what is shown is not what the bytes say"),
        ({"referral": str(uuid4())}, "what is shown is not what the bytes say"),
        ({"leaf_data": "00" * 32}, "salt and bytes do not make the leaf data"),
        ({"destroyed": True}, "said to be destroyed, and is there"),
        ({"index": 7}, "proofs/7.tlog-proof is missing"),
        ({"index": -1}, "line 1 of entries.jsonl is no entry"),
        ({"note": "unseen"}, "line 1 of entries.jsonl is no entry"),
    ],
)
def test_what_is_shown_is_what_the_bytes_say(
    changed: dict[str, object], reason: str, tmp_path: Path
) -> None:
    """Every field of a line is held against the event."""
    report = checked_bundle(tmp_path, with_line(Parts().files(), 0, **changed))

    assert reason in report.problems[0].said


def test_what_is_said_of_destroyed_content_is_the_logs_word(tmp_path: Path) -> None:
    """Only the leaf is proved; the reader is told so."""
    files = with_line(Parts(destroyed=PLACES).files(), 0, leaf_data="00" * 32)

    report = checked_bundle(tmp_path, files)

    assert "not in the log at its index" in report.problems[0].said
    assert report.problems[0].index == PLACES[0]


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("readme.html", b"<p>all is well</p>", "'readme.html', which is no part of a bundle"),
        ("../checkpoint", b"", "no part of a bundle"),
        ("events/7.json", b"{}", "holds events/7.json for no entry that it shows"),
        ("query.json", b"{}", "query.json is no query"),
        ("proofs/3.tlog-proof", b"", "Entry 3 does not hold: no empty line"),
        ("events/3.json", b"{}", "Entry 3 does not hold: salt and bytes"),
        ("events/3.json", bytes(2_000_000), "longer than it can be"),
    ],
)
def test_a_file_that_does_not_belong_is_found(
    name: str, content: bytes, reason: str, tmp_path: Path
) -> None:
    """What stands in a bundle is what was checked, and nothing else."""
    report = checked_bundle(tmp_path, {**Parts().files(), name: content})

    assert reason in report.problems[0].said


@pytest.mark.parametrize(
    "name",
    ["checkpoint", "query.json", "entries.jsonl", "proofs/3.tlog-proof", "events/3.json"],
)
def test_a_missing_file_is_found(name: str, tmp_path: Path) -> None:
    """Only the log's copy of the policy is not needed."""
    files = Parts().files()
    del files[name]

    assert any(
        f"{name} is missing" in each.said for each in checked_bundle(tmp_path, files).problems
    )


def test_a_name_that_stands_twice_is_refused(tmp_path: Path) -> None:
    """Readers of archives differ in which one they see."""
    archive = BytesIO(packed(Parts().files()))
    with zipfile.ZipFile(archive, "a") as bundle, pytest.warns(UserWarning, match="Duplicate"):
        bundle.writestr("events/3.json", b"{}")

    report = checked_bundle(tmp_path, archive.getvalue())

    assert "holds a file twice" in report.problems[0].said


@given(st.binary(max_size=400))
def test_what_is_no_archive_does_not_hold(content: bytes) -> None:
    """And says so."""
    with TemporaryDirectory() as folder:
        report = checked_bundle(Path(folder), content)

    assert "damaged, or is none" in report.problems[0].said


def test_a_proof_of_another_entry_or_under_another_checkpoint_is_found(tmp_path: Path) -> None:
    """Each is under the one checkpoint whose signatures were checked."""
    files = Parts().files()
    proof = ProofFile.parse(files["proofs/3.tlog-proof"])
    other = Parts(keys=(LOG, POLICE)).files()["checkpoint"]
    under_another = ProofFile(3, proof.inclusion, other, proof.extra).encode()

    swapped = checked_bundle(
        tmp_path, {**files, "proofs/3.tlog-proof": files["proofs/255.tlog-proof"]}
    )
    elsewhere = checked_bundle(tmp_path, {**files, "proofs/3.tlog-proof": under_another})

    assert "its proof is of another entry" in swapped.problems[0].said
    assert "its proof is under another checkpoint" in elsewhere.problems[0].said


def test_the_log_must_have_signed_it(tmp_path: Path) -> None:
    """Another key signs another bundle."""
    assert wrong(checked_bundle(tmp_path, Parts(keys=(OTHER_LOG,)).files())) == ["signature"]


def test_the_policys_witnesses_must_stand_by_it(tmp_path: Path) -> None:
    """Off line there is no later checkpoint to wait for."""
    alone, with_all = Parts().files(), Parts(keys=(LOG, POLICE, MAYOR)).files()

    assert wrong(checked_bundle(tmp_path, alone, WITNESSED)) == ["cosignatures"]
    assert checked_bundle(tmp_path, with_all, WITNESSED).holds


def test_an_event_left_out_leaves_a_gap_in_the_numbers(tmp_path: Path) -> None:
    """Of those of one producer on the referral."""
    report = checked_bundle(tmp_path, Parts(shown=(3, 256, 299)).files())

    assert wrong(report) == ["events"]
    assert (
        report.problems[0].said
        == f"1 event that triage told of referral {REFERRAL} is missing: the numbers leave a gap."
    )


def test_the_first_event_left_out_is_a_gap_too(tmp_path: Path) -> None:
    """Numbers begin with 1."""
    assert not checked_bundle(tmp_path, Parts(shown=(255, 256, 299)).files()).holds


def test_the_last_event_left_out_cannot_be_seen_and_that_is_said(tmp_path: Path) -> None:
    """No bundle shows that nothing came after."""
    report = checked_bundle(tmp_path, Parts(shown=(3, 255, 256)).files())

    assert report.holds
    assert any("later events" in each for each in report.unchecked)


def test_destroyed_content_explains_so_many_numbers_and_no_more(tmp_path: Path) -> None:
    """One destroyed, one left out: there is a gap."""
    assert checked_bundle(tmp_path, Parts(destroyed=(255,)).files()).holds
    assert not checked_bundle(tmp_path, Parts(destroyed=(255,), shown=(3, 255, 299)).files()).holds


@pytest.mark.parametrize(
    "changed",
    [
        {"altered": "content"},
        {"altered": "place"},
        {"producer": "intake"},
        {"leaf_data": "00" * 32},
    ],
)
def test_an_altered_event_is_wrong_and_not_missing_besides(
    changed: dict[str, str], tmp_path: Path
) -> None:
    """It excuses one number, and no more than that."""
    one = checked_bundle(tmp_path, with_line(Parts().files(), 1, **changed))
    two = checked_bundle(tmp_path, with_line(Parts(shown=(3, 255, 299)).files(), 1, **changed))

    assert [each.index for each in one.problems] == [255]
    assert [each.index for each in two.problems] == [255, None]
    assert "1 event that triage told" in two.problems[1].said
    assert any("3 events are shown as their bytes say" in each for each in one.checked)


def test_an_event_with_other_bytes_is_wrong_and_not_missing_besides(tmp_path: Path) -> None:
    """Nor is one whose proof is away."""
    files = Parts().files()
    other = checked_bundle(tmp_path, {**files, "events/255.json": b"{}"})
    del files["proofs/255.tlog-proof"], files["events/255.json"]
    away = checked_bundle(tmp_path, files)

    assert [each.index for each in other.problems] == [255]
    assert [each.index for each in away.problems] == [255]


def test_two_events_of_one_number_are_found(tmp_path: Path) -> None:
    """A producer gives each number once."""
    twice = Parts(events=[event(1), event(2), event(3, sequence=2), event(4, sequence=3)])

    report = checked_bundle(tmp_path, twice.files())

    assert "numbered two events" in report.problems[0].said


def test_of_a_part_no_gap_can_be_told_and_that_is_said(tmp_path: Path) -> None:
    """Who asks for a time or a type has asked for gaps."""
    part = Parts(shown=(256, 299), asked=Asked(referral=REFERRAL, since=MOMENT))

    report = checked_bundle(tmp_path, part.files())

    assert report.holds
    assert any("asked for a part alone, by since" in each for each in report.unchecked)


@pytest.mark.parametrize("asked", [Asked(referral=UUID(int=9)), Asked(type="referral.closed.v1")])
def test_another_question_does_not_explain_a_gap(tmp_path: Path, asked: Asked) -> None:
    """What is shown has to be what was asked for, as far as it says so itself."""
    report = checked_bundle(tmp_path, Parts(shown=(3, 299), asked=asked).files())

    assert "it is not what was asked for" in report.problems[0].said


def test_entries_stand_in_the_logs_order(tmp_path: Path) -> None:
    """Each once."""
    files = Parts().files()
    lines = files["entries.jsonl"].splitlines(keepends=True)

    for order in ((1, 0, 2, 3), (0, 0, 1, 2, 3)):
        turned = {**files, "entries.jsonl": b"".join(lines[at] for at in order)}
        assert "not in the log's order" in checked_bundle(tmp_path, turned).problems[0].said


def test_a_bundle_is_the_first_thing_that_is_remembered(tmp_path: Path) -> None:
    """A log that shows something else later is found out by it."""
    assert checked_bundle(tmp_path, Parts().files()).holds

    report = checked(lay(tmp_path / "log", entries(400)), tmp_path / "memory", ALONE)

    assert wrong(report) == ["memory"]


def test_a_bundle_of_another_history_of_the_same_size_is_a_fork(tmp_path: Path) -> None:
    """Of another size, it is said that the log itself is needed to tell."""
    checked(lay(tmp_path / "log", entries(300)), tmp_path / "memory", ALONE)
    assert wrong(checked_bundle(tmp_path, Parts().files())) == ["memory"]

    checked(lay(tmp_path / "more", entries(400)), tmp_path / "memory", ALONE)
    report = checked_bundle(tmp_path, Parts().files())

    assert report.holds
    assert any("takes the log itself" in each for each in report.unchecked)


def test_a_bundle_that_is_not_there_cannot_be_checked(tmp_path: Path) -> None:
    """That is another answer than no."""
    with pytest.raises(CannotCheck, match="cannot be read"):
        check_bundle(tmp_path / "none.zip", policy(), Memory(tmp_path / "memory"))


def test_what_the_bundle_says_of_its_policy_is_not_looked_at(tmp_path: Path) -> None:
    """A policy of the forger's own makes nothing hold."""
    forged = Parts(keys=(OTHER_LOG,)).files()
    forged["policy"] = f"log {OTHER_LOG.verifier}\nquorum none\n".encode()

    assert not checked_bundle(tmp_path, forged).holds
