"""The catalogue commands, as a commissioner's officer and a program use them."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from deploy.cli import app
from services.triage.policy.library import SHIPPED

BROMLEY = SHIPPED / "bromley-2022-10-01.yaml"
COUNSELLING = "  - id: counselling\n"


def run(*arguments: str) -> Result:
    """One command of the command line."""
    return CliRunner().invoke(app, ["catalogue", *arguments])


def answer(*arguments: str) -> Any:
    """What a program reads from a command that succeeds."""
    ran = run(*arguments, "--json")
    assert ran.exit_code == 0, ran.stderr
    return json.loads(ran.stdout)


@pytest.fixture
def draft(tmp_path: Path) -> Path:
    """A proposal: Bromley's policy from April 2097, counselling only for those of 18 and over."""
    text = BROMLEY.read_text().replace("in_force_from: 2022-10-01", "in_force_from: 2097-04-01", 1)
    head, counselling = text.split(COUNSELLING)
    file = tmp_path / "bromley-2097-04-01.yaml"
    file.write_text(head + COUNSELLING + counselling.replace("- aged_16", "- aged_18", 1))
    return file


def test_list_tells_each_version_and_which_is_in_force_today() -> None:
    """Names, dates, how many pathways, and the hash of the file's bytes."""
    barnet, earlier, later = answer("list")[:3]

    assert (barnet["name"], barnet["in_force_from"], barnet["until"]) == (
        "barnet",
        "2013-04-19",
        None,
    )
    assert (earlier["in_force_from"], earlier["until"]) == ("2017-04-01", "2022-09-30")
    assert [each["in_force_today"] for each in (barnet, earlier, later)] == [True, False, True]
    assert [each["pathways"] for each in (barnet, earlier, later)] == [21, 26, 44]
    assert later["sha256"] == hashlib.sha256(BROMLEY.read_bytes()).hexdigest()


def test_list_for_a_person_is_a_table() -> None:
    """On standard output, nothing beside it."""
    ran = run("list")

    assert (ran.exit_code, ran.stderr) == (0, "")
    assert ran.stdout.count("bromley") >= 2


def test_show_tells_a_pathway_with_source_and_assumptions() -> None:
    """Each rule in words."""
    (row,) = answer("show", "bromley", "idsva_young_person")["pathways"]

    assert (row["kind"], row["group"], row["place"], row["from"]) == ("lead", "idsva", 4, None)
    assert row["rules"][2] == {
        "text": "age: 13 to 24",
        "source": "000, Domestic Violence and Violence against Women and Girls Service",
        "assumed": ["The paper says young victims. Confirm 13 to 24."],
    }


def test_show_on_another_day_is_the_policy_of_that_day() -> None:
    """With the dates of its rows."""
    shown = answer("show", "bromley", "--on", "2020-01-01", "drive")

    assert shown["in_force_from"] == "2017-04-01"
    assert shown["pathways"][0]["from"] == "2021-10-01"


def test_show_marks_for_a_person_what_is_assumed() -> None:
    """Beside the rule, and for what stands outside the rows at the end, with the documents."""
    shown = run("show", "bromley").stdout

    assert (
        "  - age: 13 to 24\n      assumed: The paper says young victims. Confirm 13 to 24.\n"
        in shown
    )
    assert "\n  districts: The papers name only hot spots." in shown
    assert "\n  care_act: Care Act 2014\n" in shown


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("show", "camden"), "no catalogue is called camden"),
        (("show", "bromley", "--on", "2017-03-31"), "no policy in force on 2017-03-31"),
        (("show", "bromley", "nowhere"), "has no pathway nowhere"),
        (("check", "no-such-file.yaml"), "No such file"),
        (("diff", "bromley@2010-01-01", "bromley@2020-01-01"), "no policy in force on 2010-01-01"),
        (("diff", "bromley@spring", "bromley@2020-01-01"), "write NAME@YYYY-MM-DD"),
        (("diff", "no-such-file.yaml", "bromley@2020-01-01"), "No such file"),
    ],
)
def test_what_cannot_be_done_ends_with_2_and_its_reason(
    arguments: tuple[str, ...], reason: str
) -> None:
    """On standard error; standard output stays empty for whoever reads it."""
    ran = run(*arguments)

    assert (ran.exit_code, ran.stdout) == (2, "")
    assert reason in ran.stderr


def test_a_sound_draft_is_a_yes(draft: Path) -> None:
    """And what ships is sound too."""
    assert run("check", str(draft)).exit_code == 0
    assert answer("check", str(BROMLEY)) == {"file": str(BROMLEY), "sound": True, "faults": []}


def test_every_fault_is_told_with_its_line(draft: Path) -> None:
    """Exit 1, a line of output each, in the order of the file."""
    lines = draft.read_text().splitlines()
    first, last = lines.index("victims_group: idsva"), lines.index("  - id: fathers_to_fathers")
    lines[first] = "victims_group: nobody"
    lines[last] = "  - id: marac"
    draft.write_text("\n".join(lines))

    ran = run("check", str(draft))

    assert ran.exit_code == 1
    assert ran.stdout.splitlines() == [
        f"{draft}:{first + 1}: no lead pathway is of the group nobody",
        f"{draft}:{last + 1}: marac stands here twice",
    ]


def test_two_versions_of_a_name_cannot_begin_on_one_day(draft: Path) -> None:
    """A draft whose date was left as it was is refused on the line of the date."""
    text = draft.read_text().replace("in_force_from: 2097-04-01", "in_force_from: 2017-04-01")
    draft.write_text(text)
    line = text.splitlines().index("in_force_from: 2017-04-01") + 1

    ran = run("check", str(draft), "--json")

    (fault,) = json.loads(ran.stdout)["faults"]
    assert ran.exit_code == 1
    assert fault["line"] == line
    assert fault["reason"].startswith("bromley-2017-04-01.yaml is also the bromley catalogue")


def test_diff_tells_what_a_draft_changes_and_nothing_else(draft: Path) -> None:
    """One row, one criterion."""
    told = answer("diff", "bromley@2026-12-01", str(draft))

    (change,) = told["changes"]
    assert (change["what"], change["turn"]) == ("pathway counselling", "changed")
    assert (change["gone"], change["new"]) == (["age: 16 or over"], ["age: 18 or over"])
    assert (told["old"]["in_force_from"], told["new"]["in_force_from"]) == (
        "2022-10-01",
        "2097-04-01",
    )


def test_diff_of_a_version_with_itself_is_no_failure() -> None:
    """It reports that nothing differs, and exits 0."""
    ran = run("diff", "bromley@2023-01-01", "bromley@2026-01-01")

    assert ran.exit_code == 0
    assert "No pathway, no criterion and no other part differs." in ran.stdout


def test_diff_for_a_person_names_what_came_and_went() -> None:
    """Rows that are new, dates that went, and on what a criterion bears."""
    told = run("diff", "bromley@2018-01-01", "bromley@2023-01-01").stdout

    assert "\npathway safebeds: added\n" in told
    assert "\npathway drive: changed\n  - from 1 October 2021\n" in told
    assert "\ncriterion risk_open: added\n  bears on idsva_hospital, iris_advocate," in told
