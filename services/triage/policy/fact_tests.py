"""Judging one fact, with a sentence that a practitioner reads: "age 12 is under 13"."""

from collections.abc import Callable
from typing import Any

from services.triage.policy.criteria import Case, Finding, Judge, Verdict, by_facts
from services.triage.policy.rules import FactTest
from services.triage.policy.vocabulary import SPEAKABLE
from services.triage.policy.wording import either, listed, words

Sentence = Callable[[Any], tuple[bool, str]]

# Nouns that take "are" and "hold".
_PLURAL = frozenset(
    {
        "children",
        "circumstances",
        "concerns",
        "crime_types",
        "marac_triggers",
        "needs",
        "offending.cohorts",
        "wants",
    }
)


def fact_judge(test: FactTest, unless: Judge | None) -> Judge:
    """The judge of a test; `unless` is that of its `presumed_unless`."""
    path, label = test.fact, SPEAKABLE[test.fact].label
    sentence = _sentence(test, label)
    wanted = sought(test)
    are = "are" if path in _PLURAL else "is"
    yes_or_no = isinstance(test.is_, bool)
    unknown = f"{label}: not known" if yes_or_no else f"{label} {are} not known: {wanted}?"

    def judge(case: Case) -> Finding:
        value = case.known.get(path)
        if value is not None:
            met, text = sentence(value)
            if not met and test.not_completed and case.known["risk_level"] == "not_completed":
                return Finding(Verdict.UNKNOWN, _NO_CHECKLIST, {path: value}, (score_asked(case),))
            return Finding(Verdict.MET if met else Verdict.NOT_MET, text, {path: value})
        if test.missing == "met":
            return Finding(Verdict.MET, f"{label} {are} not known, which counts", {path: None})
        asked = score_asked(case) if path == "risk.score" else path
        return Finding(Verdict.UNKNOWN, unknown, {path: None}, (asked,))

    looks_at = [path]
    if test.not_completed:
        looks_at += ["risk_level", "risk.answers_incomplete"]
    elif path == "risk.score":
        looks_at += ["risk.answers_incomplete"]
    by_value = by_facts(judge, *looks_at)
    if unless is None:
        return by_value
    text = f"{label} {are} not known and presumed to be {wanted}"
    presumed = Finding(Verdict.MET, text, {path: None}, presumed=(path,))

    def presuming(case: Case) -> Finding:
        if path not in case.known and unless(case).verdict is not Verdict.MET:
            return presumed
        return by_value(case)

    return presuming


_NO_CHECKLIST = "the risk checklist is not completed"


def score_asked(case: Case) -> str:
    """What to ask for where the score is missing: the rest of the answers, if some came."""
    return "risk.answers" if case.facts.risk_answers_incomplete else "risk.score"


def _sentence(test: FactTest, label: str) -> Sentence:
    if test.at_least is not None or test.at_most is not None:
        return _range(label, test.at_least, test.at_most)
    if test.holds is not None:
        return _holds(label, test.holds)
    if test.holds_other_than is not None:
        return _holds_other_than(label, test.holds_other_than)
    if test.some:
        return _some(label)
    if isinstance(test.is_, bool):
        return _yes_or_no(label, wanted=test.is_)
    return _one_of(label, test.one_of or (test.is_,))


def sought(test: FactTest) -> str:
    """The values that a test looks for, in words."""
    if test.at_least is not None and test.at_most is not None:
        return f"{test.at_least} to {test.at_most}"
    if test.at_least is not None:
        return f"{test.at_least} or over"
    if test.at_most is not None:
        return f"{test.at_most} or under"
    if test.holds_other_than is not None:
        return f"other than {either(test.holds_other_than)}"
    if test.some:
        return "some"
    return either(test.holds or test.one_of or (test.is_,))


def _range(label: str, lowest: int | None, highest: int | None) -> Sentence:
    def sentence(value: int) -> tuple[bool, str]:
        if lowest is not None and value < lowest:
            return False, f"{label} {value} is under {lowest}"
        if highest is not None and value > highest:
            return False, f"{label} {value} is over {highest}"
        if lowest is None:
            return True, f"{label} {value} is {highest} or under"
        if highest is None:
            return True, f"{label} {value} is {lowest} or over"
        return True, f"{label} {value} is between {lowest} and {highest}"

    return sentence


def _one_of(label: str, wanted: tuple[Any, ...]) -> Sentence:
    among, alternatives = frozenset(wanted), either(wanted)

    def sentence(value: Any) -> tuple[bool, str]:
        if value in among:
            return True, f"{label} is {words(value)}"
        return False, f"{label} is {words(value)}, not {alternatives}"

    return sentence


def _yes_or_no(label: str, *, wanted: bool) -> Sentence:
    texts = {answer: f"{label}: {words(answer)}" for answer in (True, False)}

    def sentence(value: bool) -> tuple[bool, str]:
        return value is wanted, texts[value]

    return sentence


def _holds(label: str, wanted: tuple[str, ...]) -> Sentence:
    among, alternatives = frozenset(wanted), either(wanted)

    def sentence(value: tuple[str, ...]) -> tuple[bool, str]:
        held = [each for each in value if each in among]
        if held:
            return True, f"{label} hold {listed(held)}"
        if not value:
            return False, f"{label}: none"
        return False, f"{label} ({listed(value)}) do not hold {alternatives}"

    return sentence


def _holds_other_than(label: str, left_out: tuple[str, ...]) -> Sentence:
    def sentence(value: tuple[str, ...]) -> tuple[bool, str]:
        held = [each for each in value if each not in left_out]
        if held:
            return True, f"{label} hold {listed(held)}"
        return False, f"{label} hold nothing but {listed(value)}" if value else f"{label}: none"

    return sentence


def _some(label: str) -> Sentence:
    def sentence(value: tuple[Any, ...]) -> tuple[bool, str]:
        if not value:
            return False, f"{label}: none"
        if isinstance(value[0], str):
            return True, f"{label}: {listed(value)}"
        return True, f"{label}: {len(value)}"

    return sentence
