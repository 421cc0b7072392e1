"""A catalogue that makes no sense is refused, with the line that says why."""

import pytest

from services.triage.policy.library import SHIPPED, Library, load_library, read_catalogue
from services.triage.policy.policy_file import CatalogueRefused

WHOLE = (SHIPPED / "bromley-2022-10-01.yaml").read_text()


def _refused(text: str) -> list[str]:
    with pytest.raises(CatalogueRefused) as refused:
        read_catalogue(text.encode(), "policy.yaml")
    return str(refused.value).splitlines()


def _with(old: str, new: str) -> tuple[str, int]:
    """The catalogue with its first `old` replaced, and the line where that begins."""
    assert old in WHOLE
    return WHOLE.replace(old, new, 1), WHOLE[: WHOLE.index(old)].count("\n") + 1


def test_the_shipped_catalogues_are_sound() -> None:
    """All three load, under their names and days."""
    library = load_library()

    days = [str(each.in_force_from) for name in library.names for each in library.versions(name)]
    assert library.names == ("barnet", "bromley")
    assert days == ["2013-04-19", "2017-04-01", "2022-10-01"]


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("", 1, "the file is empty"),
        ("[]", 1, "a catalogue is a mapping"),
        ("a: 1\nb: }\n", 2, "not YAML"),
        ("name: \x00", 1, "not YAML"),
        ("a: 1\nb: 2\na: 3\n", 3, "a stands here twice"),
        ("a: &x 1\nb: *x\n", 1, "anchors and aliases"),
        ("a:\n  b:\n", 2, "a value is missing"),
        ("a: 2022-02-30\n", 1, "not a day of the calendar"),
        ("a: " + "[" * 30 + "]" * 30, 1, "nested too deep"),
    ],
)
def test_a_file_that_is_no_plain_yaml(text: str, line: int, reason: str) -> None:
    """It is refused before anything is made of it."""
    (fault,) = _refused(text)

    assert fault.startswith(f"policy.yaml:{line}: ")
    assert reason in fault


NOISE = "{fact: concerns, holds: [noise]}"


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("{fact: role, is: victim}", "{fact: rolle, is: victim}", "there is no fact rolle"),
        ("{fact: role, is: victim}", "{fact: role, is: vicim}", "role cannot be vicim"),
        ("{fact: role, is: victim}", "{fact: role, holds: [victim]}", "holds does not fit role"),
        ("{fact: role, is: victim}", "{fact: role}", "exactly one operator"),
        ("{fact: role, is: victim}", "{fact: role, is: victim, was: x}", "was is no name"),
        ("{fact: role, is: victim}", "{all: []}", "at least 1 item"),
        ("{fact: role, is: victim}", "{any: []}", "at least 1 item"),
        ("{fact: role, is: victim}", "{who: victim}", "a criterion is a name, or has one of"),
        ("{fact: role, is: victim}", "{fact: consent.status, is: given}", "no fact consent.status"),
        (
            "{fact: role, is: victim}",
            "{fact: person.borough, is: bromley}",
            "no fact person.borough",
        ),
        ("{fact: age, at_least: 16}", "{fact: age, at_least: 160}", "between 0 and 120, not 160"),
        ("{fact: age, at_least: 16}", "{fact: age, at_least: '16'}", "valid integer"),
        ("at_least: 10, at_most: 17}", "at_least: 17, at_most: 10}", "nothing is both"),
        ("one_of: [en, cy, ur", "one_of: [eng, cy, ur", "person.language cannot be eng"),
        ("{fact: age, at_least: 50}", "{fact: age, at_least: 50, missing: maybe}", "'met'"),
        (
            "- {fact: age, at_least: 50}",
            "- {fact: age, at_least: 50, assumed: true}",
            "needs a note",
        ),
        (
            "- {made_in: out_of_hours_noise}",
            "- {made_in: night}",
            "no service hours are called night",
        ),
        (
            "    criteria: [perpetrator, domestic_abuse, aged_18]",
            "    criteria: []",
            "at least 1 item",
        ),
        ("criteria: [victim, male, aged_16", "criteria: [victm, male, aged_16", "called victm"),
        ("    order: 2\n", "    order: 1\n", "order 1 of idsva is used twice"),
        ("  - id: iris_advocate", "  - id: marac", "marac stands here twice"),
        ("    kind: lead\n", "    kind: leading\n", "'statutory', 'lead', 'additional' or 'offer'"),
        ("in_force_from: 2022-10-01", "in_force_from: soon", "date"),
        ("in_force_from: 2022-10-01", "in_force_form: 2022-10-01", "in_force_form is no name"),
        (
            "victims_group: idsva",
            "victims_group: victims",
            "no lead pathway is of the group victims",
        ),
        ("  medium_from: 10", "  medium_from: 14", "the medium band begins below the high one"),
        ("  abuse: DV", "  abuse: H", "abuse is told by the concerns alone"),
        ("shared: [BR8", "shared: [BR1", "BR1 is both the borough's own and shared"),
        ('{document: "002", section: 5. Make', '{document: "005", section: 5. Make', "called 005"),
        ("respond_within: {hours: 1}", "respond_within: {}", "name one of hours"),
        ("places: 37", "places: 0", "greater than or equal to 1"),
    ],
)
def test_a_fault_is_told_with_its_line(old: str, new: str, reason: str) -> None:
    """A slip, a contradiction and a value that cannot be are refused where they stand."""
    text, line = _with(old, new)

    faults = _refused(text)

    told = [fault for fault in faults if reason in fault]
    assert told, faults
    # A row is named by its first line where the fault is about the row as a whole.
    lines = [int(fault.split(":")[1]) for fault in told]
    assert any(abs(each - line) <= 1 for each in lines), (line, told)


def test_a_name_may_not_lead_back_to_itself() -> None:
    """A criterion that is defined by itself could never be judged."""
    text, line = _with(
        "  high_risk: {fact: risk_level, is: high}",
        "  high_risk: {not: low}\n  low: {not: high_risk}",
    )

    faults = _refused(text)

    assert f"policy.yaml:{line}: high_risk is defined by itself" in faults


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (
            "criteria: [victim, male, aged_16, domestic_abuse]",
            "criteria: [victim, perpetrator, male]",
            "nobody can reach mens_advice_line: perpetrator contradicts",
        ),
        (
            "criteria: [victim, male, aged_16, domestic_abuse]",
            "criteria: [victim, aged_18, {fact: age, at_most: 17}]",
            "nobody can reach mens_advice_line: the test of age contradicts",
        ),
        (
            "criteria: [victim, male, aged_16, domestic_abuse]",
            "criteria: [domestic_abuse, {not: DV}]",
            "nobody can reach mens_advice_line: domestic_abuse contradicts",
        ),
        (
            "criteria: [victim, male, aged_16, domestic_abuse]",
            "criteria: [male, {any: [{all: [male, female]}, female]}]",
            "nobody can reach mens_advice_line: a criterion contradicts",
        ),
    ],
)
def test_a_pathway_that_nobody_can_reach(old: str, new: str, reason: str) -> None:
    """Criteria that exclude each other are refused."""
    text, line = _with(old, new)

    (fault,) = _refused(text)

    assert fault.startswith(f"policy.yaml:{line}: ")
    assert reason in fault


def test_a_lead_pathway_that_always_comes_too_late() -> None:
    """One whose every referral is taken by an earlier one of its group is refused."""
    text, _ = _with(
        "      - standard_or_medium_risk\n      - L\n", "      - risk_open\n      - L\n"
    )
    text = text.replace(
        "      - aged_16_or_presumed\n      - in_borough", "      - aged_16\n      - in_borough"
    )

    (fault,) = _refused(text)

    assert "nobody can reach community_outreach: idsva_community_safety_unit comes first" in fault


def test_two_versions_may_not_begin_on_one_day() -> None:
    """Then nobody could say which decides."""
    catalogue = read_catalogue(WHOLE.encode(), "one.yaml")

    with pytest.raises(ValueError, match="two catalogues of bromley begin on 2022-10-01"):
        Library([catalogue, catalogue])


def test_a_folder_without_catalogues_is_refused(tmp_path: object) -> None:
    """An empty policy is an error, not a yes."""
    with pytest.raises(ValueError, match="there is no catalogue"):
        Library([])


def test_a_new_pathway_of_known_criteria_needs_no_python() -> None:
    """A row that names existing criteria is loaded and considered."""
    row = (
        "\n  - id: walking_group\n    programme: Walking group\n    team: walking\n"
        "    kind: additional\n    criteria: [victim, DV, in_borough, A]\n"
        '    source: {document: "002", section: Appendix 1}\n'
    )

    catalogue = read_catalogue((WHOLE + row).encode(), "policy.yaml")

    assert "walking_group" in [each.row.id for each in catalogue.rules.pathways]
