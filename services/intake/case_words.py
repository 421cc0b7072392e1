"""A case in the words of its page."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final

from services.intake.case import Case, Channel, OtherPartyShown, PersonShown
from services.intake.language_names import NAMES
from shared.facts import Child
from shared.london import london_day

DO: Final[dict[Channel, str]] = {
    "call": "Call",
    "text": "Text",
    "voicemail": "Leave a voicemail",
    "email": "Email",
    "letter": "Write a letter",
}
# What a code means where its own letters do not say it.
_WORDS: Final[dict[str, str]] = {
    "asb_unit": "anti-social behaviour unit",
    "childrens_project": "children's project",
    "childrens_social_care": "children's social care",
    "gp": "GP",
    "marac": "MARAC",
    "mash": "MASH",
    "nrpf": "no recourse to public funds",
    "police_csu": "police community safety unit",
    "self": "the person who was referred",
}


def words(code: str) -> str:
    """A code of the document in words."""
    return _WORDS.get(code) or code.replace("_", " ")


def sentence(text: str) -> str:
    """With a capital at its beginning."""
    return text[:1].upper() + text[1:]


def day(when: date) -> str:
    """4 March 1991."""
    return f"{when.day} {when:%B} {when.year}"


def name_of(who: PersonShown | OtherPartyShown) -> str:
    """Given and family name, as far as they are known."""
    return " ".join(part for part in (who.given_name, who.family_name) if part) or "Name not known"


def age_of(case: Case) -> str:
    """The date of birth with today's age, or the age as it was told."""
    person = case.person
    if person.date_of_birth is not None:
        return f"{day(person.date_of_birth)} ({person.age} years old)"
    if person.age is not None:
        return f"{person.age} years old on {referred_on(case)}"
    return "Not known"


def referred_on(case: Case) -> str:
    """London's day on which the newest document was made."""
    return day(london_day(case.made_at))


def language_of(person: PersonShown) -> str:
    """The language, and whether an interpreter is needed."""
    spoken = NAMES.get(person.language) if person.language else None
    language = spoken or "Language not known"
    match person.interpreter:
        case True:
            return f"{language}. An interpreter is needed, and never one from the family."
        case False:
            return f"{language}. No interpreter is needed."
        case None:
            return f"{language}. Whether an interpreter is needed is not known."


def forbidden(case: Case) -> str:
    """The ways that are not safe, as something not to do; empty where all are safe."""
    ways = [DO[way.way].lower() for way in case.reaching.ways if not way.safe]
    return f"Do not {_either(ways)}." if ways else ""


def children(known: Sequence[Child] | None) -> list[str]:
    """A line a child."""
    if known is None:
        return ["Not known"]
    return [_child(each) for each in known] or ["None"]


def withheld(case: Case) -> str:
    """What this side is not shown, in words."""
    return " and ".join(f"the {each}" for each in case.withheld)


def listed(codes: Iterable[str] | None) -> str:
    """Codes in words; an empty list is an answer, a missing one is none."""
    if codes is None:
        return "Not known"
    return sentence(", ".join(words(code) for code in codes)) or "None"


def _child(child: Child) -> str:
    age = "Age not known" if child.age is None else f"{child.age} years old"
    match child.lives_in_household:
        case True:
            return f"{age}, lives in the household"
        case False:
            return f"{age}, lives elsewhere"
        case None:
            return age


def _either(texts: Sequence[str]) -> str:
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} or {texts[-1]}"
