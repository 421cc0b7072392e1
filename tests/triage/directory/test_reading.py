"""A directory is read whole, from YAML or from a spreadsheet, or refused with every fault."""

import re
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from services.triage.directory import cells
from services.triage.directory.entries import Directory
from services.triage.directory.faults import DirectoryRefused
from services.triage.directory.reading import read_directory, read_whole
from services.triage.directory.rota import gaps
from services.triage.directory.spreadsheet import write_tables
from services.triage.policy.library import SHIPPED
from tests.triage.directory.staff import directory, practitioner
from tests.triage.directory.tables import (
    DUTY,
    PRACTITIONERS,
    ROTA,
    TEAMS,
    YAML,
    in_csv,
    in_yaml,
)

CATALOGUES = sorted(SHIPPED.glob("*.yaml"))
LOCAL = Path(__file__).parents[3] / "deploy" / "local" / "directory.yaml"


def faults(paths: list[Path]) -> list[str]:
    """What is said of files that are refused, each file by its name alone."""
    with pytest.raises(DirectoryRefused) as refused:
        read_directory(paths)
    folder = f"{paths[0].parent}/"
    return [str(fault).replace(folder, "") for fault in refused.value.faults]


def changed(content: str, before: str, after: str) -> str:
    """The content with one place of it written otherwise."""
    assert content.count(before) == 1
    return content.replace(before, after)


def test_yaml_and_tables_say_the_same(tmp_path: Path) -> None:
    """Whichever an officer keeps, the directory is the same one."""
    assert read_directory(in_yaml(tmp_path)) == read_directory(in_csv(tmp_path))


def test_a_time_is_what_is_written(tmp_path: Path) -> None:
    """YAML reads 17:00 without quotation marks as the number 1020; here it is five o'clock."""
    found = read_directory(in_yaml(tmp_path))

    assert found.practitioners[0].hours["monday"].last == time(17)


def test_what_is_written_as_tables_is_read_as_the_same(tmp_path: Path) -> None:
    """The directory of this machine survives the way to a spreadsheet and back."""
    local = read_directory([LOCAL])

    assert read_directory(write_tables(local, tmp_path)) == local


def test_who_works_on_no_day_stays_so(tmp_path: Path) -> None:
    """Said to be empty is something else than not said, in a spreadsheet too."""
    whole = read_directory(in_yaml(tmp_path))
    never = whole.practitioners[0].model_copy(update={"hours": {}, "languages": ()})
    other = whole.model_copy(update={"practitioners": (never, *whole.practitioners[1:])})

    assert read_directory(write_tables(other, tmp_path)) == other


def test_a_spreadsheets_ways_make_no_difference(tmp_path: Path) -> None:
    """The mark that Excel puts first, its line ends, capital letters, empty lines and columns."""
    head, rest = PRACTITIONERS.split("\n", 1)
    theirs = f"{head.replace('stand_in', 'Stand in').replace('id,', 'ID,', 1)},,\n\n{rest},,,\n"
    paths = in_csv(tmp_path, {"practitioners": theirs.replace("\n", "\r\n")}, "utf-8-sig")

    assert read_directory(paths) == read_directory(in_csv(tmp_path))


def test_a_formula_is_neutral_in_what_we_write(tmp_path: Path) -> None:
    """A name that a spreadsheet would calculate is written so that it does not, and read back."""
    sly = changed(YAML, "name: Cora Nunn", 'name: "=1+1"')
    whole = read_directory(in_yaml(tmp_path, sly))

    written = write_tables(whole, tmp_path)

    text = written[0].read_text(encoding="utf-8-sig")
    assert "'=1+1" in text
    assert "'+44 7700 900302" in text
    assert read_directory(written) == whole


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("stand_in: p-beaa", "stand_in: p-anna", "p-anna.stand_in: nobody stands in for herself"),
        (
            "stand_in: p-beaa",
            "stand_in: p-gone",
            "p-anna.stand_in: p-gone is no practitioner of this directory",
        ),
        (
            "from: 2026-12-21, until: 2027-01-02",
            "from: 2027-01-02, until: 2026-12-21",
            "p-anna.leave.0: ends before it begins",
        ),
        ("from: 2026-12-21", "from: 5", "p-anna.leave.0.from: is not a day such as 2026-12-21"),
        (
            "from: 2026-12-21",
            'from: "2026-02-30"',
            "p-anna.leave.0.from: is not on the clock, or not in the calendar",
        ),
        (
            'until: "06:00"',
            "until: 1020",
            "p-anna.hours.tuesday.until: is not a time such as 09:00",
        ),
        (
            'until: "06:00"',
            'until: "25:00"',
            "p-anna.hours.tuesday.until: is not on the clock, or not in the calendar",
        ),
        ("tuesday: {from", "tusday: {from", "p-anna.hours.tusday: is no day of the week"),
        ("mash: [wednesday]", "mush: [wednesday]", "p-anna.on_site.mush: is no team of the"),
        ("[wednesday]", "[never]", "p-anna.on_site.mash.0: is no day of the week"),
        ("languages: [en, pl]", "languages: [english]", "p-anna.languages.0: is no language's"),
        ("languages: [en, pl]", "languages: [no]", "p-anna.languages.0: is no text: write it in"),
        ("languages: [en, pl]", "languages: pl", "p-anna.languages: is no list"),
        ("capacity: 60", "capacity: 0", "p-anna.capacity: is under 1"),
        ("capacity: 60", "capacity: many", "p-anna.capacity: is no whole number"),
        ("phone: 07700 900301", "phone: 7700900301", "p-anna.phone: is no text: write it in"),
        ("phone: 07700 900301", 'phone: "7700"', "p-anna.phone: is no telephone number"),
        ("email: anna.keld@example.org", "email: anna.keld", "p-anna.email: is no email address"),
        (", email: cora.nunn@example.org", "", "p-cora.email: is missing"),
        ("name: Cora Nunn", 'name: ""', "p-cora.name: is empty"),
        ("name: Cora Nunn", 'name: " Cora"', "p-cora.name: is not one line, without white space"),
        ("name: Cora Nunn", f"name: {'C' * 201}", "p-cora.name: is longer than 200 characters"),
        ("job: IDSVA", "task: IDSVA", "p-anna.task: is no field that belongs here"),
        ("prefers: sms", "prefers: letter", "p-anna.prefers: is neither email nor sms"),
        (" phone: 07700 900301,", "", "p-anna.prefers: there is no number for texts"),
        (
            "quiet: {from: 20:30",
            "quiet: {from: 08:00",
            "p-anna.quiet: never ends: nothing could be told",
        ),
        ("quiet: {from: 20:30", "quiet: {from: 8", "p-anna.quiet.from: is not a time such as"),
        ("id: p-cora", "id: p-anna", "p-anna.id: p-anna is given twice"),
        ("id: p-cora", "id: Cora Nunn", "practitioners.2.id: is no practitioner's id"),
    ],
)
def test_what_is_wrong_with_a_practitioner(
    tmp_path: Path, before: str, after: str, said: str
) -> None:
    """Each fault is told by file and field, under the practitioner's id where she has one."""
    told = faults(in_yaml(tmp_path, changed(YAML, before, after)))

    assert any(fault.startswith("directory.yaml: practitioners.") for fault in told)
    assert any(said in fault for fault in told), told


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("lead: p-anna", "lead: p-gone", "teams.bromley/idsva.lead: p-gone is no practitioner"),
        ("contact: p-cora", "contact: p-gone", "teams.bromley/idsva.contact: p-gone is no"),
        ("[p-beaa]", "[p-gone]", "teams.bromley/outreach.members.0: p-gone is no practitioner"),
        ("[p-beaa]", "[p-beaa, p-beaa]", "teams.bromley/outreach.members.1: p-beaa stands here"),
        ("[p-beaa]", "[]", "teams.bromley/outreach.members: is empty"),
        ("team: outreach", "team: idsva", "teams.bromley/idsva.team: bromley/idsva is given twice"),
        ("team: outreach", "team: Out Reach", "teams.1.team: is no team's name"),
        (
            "team: outreach, catalogue: bromley",
            "team: outreach, catalogue: barnet",
            "teams.barnet/outreach.catalogue: barnet has teams and no coordinators on duty",
        ),
        ("[p-cora, p-beaa]", "[p-gone]", "duty.bromley.coordinators.0: p-gone is no"),
        ("[p-cora, p-beaa]", "[p-cora, p-cora]", "duty.bromley.coordinators.1: p-cora stands"),
        ("who: p-cora", "who: p-gone", "duty.bromley.rota.0.who: p-gone is no practitioner"),
        ("who: p-cora", "by: p-cora", "duty.bromley.rota.0.who: is missing"),
        ("duty:\n", "coordinators:\n", "coordinators: is no part of a directory"),
        ("teams:\n", "teams: everybody\nstaff:\n", "directory.yaml: teams: is no list"),
    ],
)
def test_what_is_wrong_with_teams_and_duty(
    tmp_path: Path, before: str, after: str, said: str
) -> None:
    """Nobody is named who is not there, nobody twice, and every catalogue has coordinators."""
    told = faults(in_yaml(tmp_path, changed(YAML, before, after)))

    assert any(said in fault for fault in told), told


def test_every_fault_is_told_at_once(tmp_path: Path) -> None:
    """Of the shape of one entry and of the fit of others, in one answer; and no others."""
    wrong = changed(YAML, "capacity: 60", "capacity: 0")
    wrong = changed(wrong, "lead: p-anna", "lead: p-gone")
    wrong = changed(wrong, "who: p-cora", "who: p-lost")

    assert faults(in_yaml(tmp_path, wrong)) == [
        "directory.yaml: practitioners.p-anna.capacity: is under 1",
        "directory.yaml: teams.bromley/idsva.lead: p-gone is no practitioner of this directory",
        "directory.yaml: duty.bromley.rota.0.who: p-lost is no practitioner of this directory",
    ]


def test_no_fault_repeats_a_name(tmp_path: Path) -> None:
    """What stands in the wrong field may be somebody's name: it is told where, not what."""
    wrong = changed(YAML, "id: p-cora", "id: Canary Quill")
    wrong = changed(wrong, "team: outreach", "team: Canary Quill")

    assert "Canary" not in "".join(faults(in_yaml(tmp_path, wrong)))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("practitioners: [}\n", "directory.yaml: line 1: "),
        ("a: 1\na: 2\n", "directory.yaml: line 2: a is given twice"),
        ("- a\n", "directory.yaml: has no practitioners, teams and duty"),
        ("practitioners: []\n", "practitioners: there are none"),
    ],
)
def test_what_is_no_directory_at_all(tmp_path: Path, content: str, said: str) -> None:
    """A fault of YAML has its line."""
    assert said in "\n".join(faults(in_yaml(tmp_path, content)))


@pytest.mark.parametrize(
    ("table", "before", "after", "said"),
    [
        (
            "practitioners",
            "p-beaa,sms",
            "p-gone,sms",
            "line 2: stand_in: p-gone is no practitioner",
        ),
        ("practitioners", "mon 09:00-17:00", "monday", "line 2: hours: is not like mon-fri"),
        ("practitioners", "mon 09:00", "tue 09:00", "line 2: hours: gives hours for tuesday"),
        ("practitioners", "tue 22:00", "xyz 22:00", "line 2: hours: names no day of the week"),
        ("practitioners", "tue 22:00", "tue 27:00", "line 2: hours: is not on the clock"),
        ("practitioners", "2026-12-21..", "21/12/2026..", "line 2: leave: is not like 2026-"),
        ("practitioners", "2027-02-01", "2027-02-31", "line 2: leave: is not on the clock, or"),
        ("practitioners", "mash wed", "mash", "line 2: on_site: is not like leaving_care"),
        ("practitioners", "mash wed", "mash xyz", "line 2: on_site: names no day of the week"),
        ("practitioners", "mash wed", "mush wed", "line 2: on_site: is no team of the referral"),
        ("practitioners", "20:30-8:00", "at night", "line 2: quiet: is not like 20:00-08:00"),
        ("practitioners", ",60,", ",sixty,", "line 2: capacity: is no whole number"),
        ("practitioners", "+44 7700 900302", "7700900302", "line 3: phone: is no telephone"),
        ("practitioners", "Cora Nunn", "", "line 4: name: is missing"),
        (
            "practitioners",
            "900302,",
            "900302,x,x,x,x,x,x,x,x,x,x,x,x,x",
            "line 3: has more cells than",
        ),
        ("practitioners", "job", "task", "line 1: task: is no column of practitioners"),
        ("practitioners", "job", "phone", "line 1: phone: is a column twice"),
        ("practitioners", "name", "called", "line 1: has the columns of no table"),
        ("practitioners", "Cora Nunn", '"Cora" Nunn', "cannot be read as CSV"),
        ("teams", "p-anna; p-beaa", "p-anna; p-anna", "line 2: members: p-anna stands here twice"),
        ("teams", "p-beaa,,", ",,", "line 3: members: is missing"),
        ("duty", "p-cora; p-beaa", "none", "line 2: coordinators: is empty"),
        ("duty", "bromley", "barnet", "line 2: catalogue: has no line in the table of duty"),
        ("rota", "mon-tue,fri 8:00-20:00", "always", "line 2: when: is not like mon-fri"),
        ("rota", "sat-sun 20:00-08:00", "", "line 3: when: is missing"),
        ("rota", "sat-sun 20:00", "sat-sun 25:00", "line 3: when: is not on the clock"),
        ("rota", "p-cora", "p-gone", "line 2: who: p-gone is no practitioner of this directory"),
        ("rota", "p-cora", "", "line 2: who: is missing"),
        ("rota", "bromley,sat", ",sat", "line 3: catalogue: is missing"),
    ],
)
def test_what_is_wrong_in_a_spreadsheet(
    tmp_path: Path, table: str, before: str, after: str, said: str
) -> None:
    """Each fault is told by file, line and column."""
    tables = {"practitioners": PRACTITIONERS, "teams": TEAMS, "duty": DUTY, "rota": ROTA}
    content = changed(tables[table], before, after)

    told = faults(in_csv(tmp_path, {table: content}))

    assert any(said in fault for fault in told), told


def test_a_table_that_is_not_in_utf_8(tmp_path: Path) -> None:
    """What Excel saves by default is told how to save it instead."""
    accented = changed(PRACTITIONERS, "Cora Nunn", "Córa Nunn")

    told = faults(in_csv(tmp_path, {"practitioners": accented}, encoding="cp1252"))

    assert told == ["practitioners.csv: is not in UTF-8: save it as CSV UTF-8"]


def test_a_table_is_known_by_its_columns(tmp_path: Path) -> None:
    """A file may be called as it pleases; two of one kind are one too many."""
    paths = in_csv(tmp_path)
    renamed = paths[0].rename(tmp_path / "Staff 2026.csv")
    assert read_directory([renamed, *paths[1:]]) == read_directory(in_yaml(tmp_path))

    twice = tmp_path / "again.csv"
    twice.write_bytes(renamed.read_bytes())
    assert faults([renamed, twice, *paths[1:]]) == [
        "again.csv: line 1: is a second table of practitioners"
    ]


def test_a_missing_table_is_told(tmp_path: Path) -> None:
    """The rota may be left out; the other three may not."""
    practitioners, teams, duty, _rota = in_csv(tmp_path)

    assert isinstance(read_directory([practitioners, teams, duty]), Directory)
    assert "there is no table of teams" in "".join(faults([practitioners, duty]))


def test_yaml_and_tables_are_not_mixed(tmp_path: Path) -> None:
    """Of two sources neither would be the directory."""
    assert "one YAML file" in faults([*in_yaml(tmp_path), *in_csv(tmp_path)])[0]


def test_plain_values_are_read_alike() -> None:
    """What a request holds has no file: its faults name the field alone."""
    with pytest.raises(DirectoryRefused) as refused:
        read_whole({"practitioners": [{}], "teams": [], "duty": []})

    assert {fault.place.field for fault in refused.value.faults} == {
        "practitioners.0.id",
        "practitioners.0.name",
        "practitioners.0.email",
        "teams",
        "duty",
    }


_SHIFTS = st.builds(
    lambda first, last: {"from": f"{first:%H:%M}", "until": f"{last:%H:%M}"}, st.times(), st.times()
)
_WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1) | (
    st.sampled_from(["=1+1", "'=1", "''-2", "'", "none", "a; b", '"', "p-anna"])
)


@given(
    name=_WORDS,
    job=_WORDS,
    languages=st.lists(st.sampled_from(["en", "pl", "ur"]), unique=True),
    hours=st.dictionaries(st.sampled_from(cells.WEEK), _SHIFTS),
    on_site=st.dictionaries(
        st.sampled_from(["mash", "gp"]),
        st.lists(st.sampled_from(cells.WEEK), unique=True, min_size=1),
    ),
    prefers=st.sampled_from(["email", "sms"]),
    quiet=st.none() | _SHIFTS.filter(lambda hours: hours["from"] != hours["until"]),
)
def test_whatever_stands_in_a_spreadsheet_comes_back(
    tmp_path_factory: pytest.TempPathFactory, **entry: Any
) -> None:
    """Anybody whom the directory can hold survives the way to a spreadsheet and back."""
    anna = practitioner("p-anna", phone="07700 900301", **entry)

    written = write_tables(directory(anna), tmp_path_factory.mktemp("tables"))

    assert read_directory(written).practitioners == (anna,)


def test_this_machines_directory_is_sound() -> None:
    """The one that ships can be loaded; all its people are invented, and have somebody to go to."""
    found = read_directory([LOCAL])

    for each in found.practitioners:
        assert each.email.endswith("@example.org")
        assert re.fullmatch(r"07700 900[0-9]{3}", each.phone or "")
    assert all(team.contact for team in found.teams)


def test_somebody_is_on_call_here_at_every_hour() -> None:
    """The rota that ships has no gap in any week."""
    found = read_directory([LOCAL])
    since = datetime(2026, 3, 27, tzinfo=UTC)

    for duty in found.duty:
        assert gaps(found, duty, since, since + timedelta(days=365)) == ()


@pytest.mark.parametrize("catalogue", CATALOGUES, ids=lambda path: path.stem)
def test_every_pathway_has_a_team_here(catalogue: Path) -> None:
    """No pathway of a shipped catalogue leads to a team without members."""
    policy = yaml.safe_load(catalogue.read_text(encoding="utf-8"))
    found = read_directory([LOCAL])

    teams = {pathway["team"] for pathway in policy["pathways"]}

    assert sorted(team for team in teams if not found.team(policy["name"], team)) == []
