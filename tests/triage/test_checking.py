"""Answers on the checker's form, read as facts."""

from datetime import UTC, datetime
from typing import Any

import pytest

from services.triage.checking import (
    Trial,
    Unreadable,
    fields_of,
    kept,
    read_answers,
    start,
    told,
)
from services.triage.policy.decide import decide
from services.triage.questions import sections_for
from shared.facts import Child, Facts
from tests.triage.cases import decided, in_force, library

NAMES = library().names
SECTIONS = sections_for([each.policy for name in NAMES for each in library().versions(name)])
QUESTIONS = [question for section in SECTIONS for question in section.questions]

LEAST: dict[str, list[str]] = {
    "catalogue": ["bromley"],
    "on-day": ["18"],
    "on-month": ["11"],
    "on-year": ["2026"],
    "at": ["10:00"],
    "role": ["victim"],
    "source.team": ["police_response"],
    "concerns": ["domestic_abuse"],
}


def trial(**answers: list[str]) -> Trial:
    """The least form with more answers; a field's dots are written as two underscores."""
    read = read_answers(_form(answers), SECTIONS, NAMES)
    assert isinstance(read, Trial), read
    return read


def faults(**answers: list[str]) -> list[tuple[str, str]]:
    """What is to be mended in the least form with other answers."""
    read = read_answers(_form(answers), SECTIONS, NAMES)
    assert isinstance(read, Unreadable)
    return [(fault.field, fault.problem) for fault in read.faults]


def _form(answers: dict[str, list[str]]) -> dict[str, list[str]]:
    named = {name.replace("__", "."): given for name, given in answers.items()}
    return LEAST | {name.replace("on_", "on-"): given for name, given in named.items()}


def test_what_is_left_out_stays_missing() -> None:
    """The least form tells the least facts, and nothing about earlier referrals."""
    read = trial()
    assert set(read.facts.by_path) == {
        "made_at",
        "source.agency",
        "source.team",
        "source.route",
        "role",
        "concerns",
    }
    assert read.history is None
    assert read.facts.made_at == datetime(2026, 11, 18, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("field", "answer", "fact", "value"),
    [
        ("age", ["19"], "age", 19),
        ("age", [" 0 "], "age", 0),
        ("person.gender", ["female"], "person.gender", "female"),
        ("person.borough", ["another-borough"], "person.borough", "another-borough"),
        ("district", ["br5"], "district", "BR5"),
        ("district", ["se20 9ab"], "district", "SE20"),
        ("district", ["BR51AB"], "district", "BR5"),
        ("risk.score", ["14"], "risk.score", 14),
        ("children", ["2"], "children", (Child(), Child())),
        ("children", ["0"], "children", ()),
        ("needs", ["housing", "nrpf"], "needs", ("housing", "nrpf")),
        ("needs", ["none"], "needs", ()),
        ("lives_with_perpetrator", ["no"], "lives_with_perpetrator", False),
        ("offending.serial", ["yes"], "offending.serial", True),
        ("consent.status", ["not_possible"], "consent.status", "not_possible"),
    ],
)
def test_an_answer_is_a_fact(field: str, answer: list[str], fact: str, value: object) -> None:
    """As written, and "none of these" is an answer."""
    assert trial(**{field: answer}).facts.by_path[fact] == value


@pytest.mark.parametrize("blank", [[], [""], ["  "]])
@pytest.mark.parametrize("field", ["age", "district", "needs", "person.gender", "offending.serial"])
def test_a_blank_is_no_answer(field: str, blank: list[str]) -> None:
    """Unknown is not no, and no zero."""
    assert field not in trial(**{field: blank}).facts.by_path


CASES: list[tuple[str, dict[str, list[str]], dict[str, Any]]] = [
    ("bromley", {}, {}),
    (
        "bromley",
        {
            "source.team": ["leaving_care"],
            "age": ["19"],
            "district": ["BR5"],
            "risk.score": ["11"],
            "consent.status": ["given"],
        },
        {
            "team": "leaving_care",
            "age": 19,
            "district": "BR5",
            "risk_score": 11,
            "consent_status": "given",
        },
    ),
    (
        "bromley",
        {
            "role": ["perpetrator"],
            "age": ["40"],
            "other_party.relationship": ["former_partner"],
            "offending.serial": ["yes"],
        },
        {"role": "perpetrator", "age": 40, "relationship": "former_partner", "serial": True},
    ),
    (
        "bromley",
        {"role": ["resident"], "concerns": ["noise"], "person.borough": ["bromley"]},
        {"role": "resident", "concerns": ("noise",), "borough": "bromley"},
    ),
    (
        "barnet",
        {
            "on-day": ["20"],
            "on-year": ["2013"],
            "role": ["offender"],
            "concerns": ["anti_social_behaviour"],
            "source.team": ["housing"],
            "offending.admits_responsibility": ["yes"],
            "other_party_consents": ["yes"],
            "consent.status": ["given"],
        },
        {
            "role": "offender",
            "concerns": ("anti_social_behaviour",),
            "team": "housing",
            "admits_responsibility": True,
            "other_party_consents": True,
            "consent_status": "given",
        },
    ),
]


@pytest.mark.parametrize(("catalogue", "answers", "known"), CASES)
def test_a_try_is_decided_as_a_referral(
    catalogue: str, answers: dict[str, list[str]], known: dict[str, Any]
) -> None:
    """The form's facts bring the decision that the same facts, written by hand, bring."""
    read = trial(catalogue=[catalogue], **answers)
    decision = decide(read.facts, in_force(catalogue, read.facts.made_at), read.history)
    by_hand = decided(catalogue, **known)
    assert decision.as_route_json() == by_hand.as_route_json()
    assert decision.considered


def test_an_earlier_marac_referral_is_a_repeat() -> None:
    """Said in the form, it is the trigger; denied or not said, nothing is asked about it."""
    read = trial(repeat_of_marac=["yes"])
    decision = decide(read.facts, in_force("bromley", read.facts.made_at), read.history)
    assert decision.marac_triggers == ("repeat",)
    assert trial(repeat_of_marac=["no"]).history is None


@pytest.mark.parametrize(
    ("field", "answer", "problem"),
    [
        ("catalogue", [], "Choose whose policy to try"),
        ("catalogue", ["atlantis"], "Choose whose policy to try"),
        ("role", [], "Choose whom you would refer"),
        ("role", ["victim", "child"], "Give one answer to: Who would you refer?"),
        ("concerns", [], "Choose at least one thing that you are worried about"),
        ("concerns", ["dragons"], "Choose one of the answers to: What are you worried about?"),
        ("age", ["121"], "Enter a whole number from 0 to 120, or nothing: How old is the person?"),
        ("age", ["-1"], "Enter a whole number from 0 to 120, or nothing: How old is the person?"),
        ("age", ["old"], "Enter a whole number from 0 to 120, or nothing: How old is the person?"),
        ("age", ["１９"], "Enter a whole number from 0 to 120, or nothing: How old is the person?"),
        ("risk.score", ["25"], "Enter a whole number from 0 to 24, or nothing: DASH score"),
        ("district", ["Orpington"], "Enter the first part of a postcode, such as BR5, or nothing"),
        (
            "needs",
            ["none", "housing"],
            "Choose either what applies or none of these: What does the person need help with?",
        ),
        ("at", ["25:00"], "Enter a time of day, such as 9:30 or 21:15"),
    ],
)
def test_what_cannot_be_read_names_its_field(field: str, answer: list[str], problem: str) -> None:
    """And says what to do."""
    assert faults(**{field: answer}) == [(field, problem)]


@pytest.mark.parametrize(
    ("day", "problem"),
    [
        (("31", "2", "2026"), "Enter a day that exists, such as 27 3 2026"),
        (("", "", ""), "Enter a day that exists, such as 27 3 2026"),
        (("1", "1", "0"), "Enter a day that exists, such as 27 3 2026"),
        (("1", "1", "1999"), "Enter a year from 2000 to 2099"),
        (("31", "12", "9999"), "Enter a year from 2000 to 2099"),
    ],
)
def test_a_day_that_is_none(day: tuple[str, str, str], problem: str) -> None:
    """Three fields, one fault."""
    of, month, year = ([part] for part in day)
    assert faults(on_day=of, on_month=month, on_year=year) == [("on", problem)]


def test_every_fault_is_told_at_once_and_repeats_nothing() -> None:
    """In the order of the questions; what somebody typed stands in no message."""
    told_ = faults(role=["Canary"], age=["Canary"], district=["Canary Quill"], needs=["Canary"])
    assert [field for field, _ in told_] == ["role", "age", "district", "needs"]
    assert "Canary" not in str(told_)


def test_every_answer_that_is_offered_can_be_read() -> None:
    """Each option of each question is a value that the fact may take."""
    for question in QUESTIONS:
        for value, _ in question.options:
            trial(**{question.field: [value]})


def test_what_rules_look_at_is_asked_and_nothing_besides() -> None:
    """No rule of ours waits for a fact that the form cannot give; none is asked in vain."""
    asked = {question.field for question in QUESTIONS}
    seen = {
        fact
        for name in NAMES
        for each in library().versions(name)
        for found in decide(trial().facts, each).considered
        for finding in found.findings
        for fact in finding.saw
    }
    derived = {"risk_level", "marac_triggers", "made_at"}
    assert seen - derived <= asked
    assert not asked & {"person.interpreter", "offending.statutory", "risk.answers"}
    assert not {each for each in asked if "name" in each or "contact" in each or "phone" in each}


def test_every_language_that_a_rule_names_is_offered() -> None:
    """Bromley's groups are held in six languages, and one is for speakers of Japanese."""
    (language,) = (each for each in QUESTIONS if each.field == "person.language")
    assert {"en", "cy", "ur", "bn", "pl", "gu", "ja"} <= dict(language.options).keys()


def test_the_form_begins_now_in_london() -> None:
    """On a summer's night it is tomorrow there already."""
    answers = start(datetime(2026, 7, 31, 23, 30, tzinfo=UTC), None)
    assert answers == {"on-day": ["1"], "on-month": ["8"], "on-year": ["2026"], "at": ["00:30"]}
    assert set(start(datetime(2026, 7, 31, tzinfo=UTC), "bromley")) <= fields_of(SECTIONS)


def test_a_whole_postcode_does_not_come_back() -> None:
    """What is shown again is what was read: the district."""
    answers = LEAST | {"district": ["br5 3zz"]}
    read = read_answers(answers, SECTIONS, NAMES)
    assert isinstance(read, Trial)
    assert kept(answers, read)["district"] == ["BR5"]


def test_the_answers_are_told_in_words() -> None:
    """For whoever reads the answer beside a colleague."""
    said = {question.text: answer for question, answer in told(LEAST, SECTIONS)}
    assert said == {
        "Who would you refer?": "Victim or survivor, of abuse or another crime",
        "Which team do you refer from?": "Police response",
        "What are you worried about?": "Domestic abuse",
    }


def test_facts_carry_no_more_than_their_kind() -> None:
    """The form's fields are facts of a referral, and no others."""
    paths = {field.alias or name for name, field in Facts.model_fields.items()}
    assert {each.field for each in QUESTIONS} - paths == {"repeat_of_marac"}
