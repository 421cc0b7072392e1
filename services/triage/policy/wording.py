"""Codes of the referral document in words that a practitioner reads."""

from collections.abc import Iterable
from typing import Final

# What a code means where its own letters do not say it.
WORDS: Final[dict[str, str]] = {
    "abh": "actual bodily harm",
    "asb_unit": "anti-social behaviour unit",
    "at_risk_of_neet": "at risk of leaving education, employment and training",
    "anti_social_behaviour": "anti-social behaviour",
    "childrens_project": "children's project",
    "childrens_social_care": "children's social care",
    "drop_in": "drop-in",
    "fgm": "female genital mutilation",
    "gbh": "grievous bodily harm",
    "gp": "GP",
    "honour_based_abuse": "honour-based abuse",
    "marac": "MARAC",
    "mash": "MASH",
    "neet": "not in education, employment or training",
    "nrpf": "no recourse to public funds",
    "police_csu": "police community safety unit",
    "self": "the person referred",
    "yos_triage": "youth offending service triage",
}

# A longer list of alternatives is counted rather than read out.
_READ_OUT: Final = 8


def words(code: object) -> str:
    """A code, a number or a yes or no in words."""
    if isinstance(code, bool):
        return "yes" if code else "no"
    text = str(code)
    return WORDS.get(text) or text.replace("_", " ")


def listed(codes: Iterable[object]) -> str:
    """Codes in words, with commas."""
    return ", ".join(words(code) for code in codes)


def either(codes: Iterable[object]) -> str:
    """Alternatives in words: "hospital or maternity"; a long list as its number."""
    texts = [words(code) for code in codes]
    if len(texts) > _READ_OUT:
        return f"the {len(texts)} that count"
    if len(texts) == 1:
        return texts[0]
    return f"{', '.join(texts[:-1])} or {texts[-1]}"


def place_name(slug: str) -> str:
    """A borough's slug as a name; a postcode district as it stands."""
    return slug if slug.isupper() else slug.replace("-", " ").title()
