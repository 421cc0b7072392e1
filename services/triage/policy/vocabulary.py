"""The facts that a rule may speak of, their possible values, and their names in plain words.

The table follows `shared.facts.Facts`, so that a rule on a fact that no document can carry, or on
a value that the fact cannot take, is refused when its catalogue is loaded. Two facts are added by
the catalogue's own measure of risk: `risk_level` and `marac_triggers`. Consent and the place where
somebody lives are left out, since their rules look at more than one fact: `consent` and `place`.
"""

import re
from dataclasses import dataclass
from types import NoneType
from typing import Any, Final, Literal, get_args, get_origin

from annotated_types import Ge, Le

from services.triage.policy.risk import RISK_LEVELS, TRIGGERS
from shared.facts import Facts

Shape = Literal["choice", "list", "number", "yes_no", "text", "children"]

LABELS: Final[dict[str, str]] = {
    "role": "role",
    "concerns": "concerns",
    "crime_types": "crime types",
    "age": "age",
    "source.agency": "referring agency",
    "source.team": "referring team",
    "source.route": "way of referral",
    "person.gender": "gender",
    "person.language": "language",
    "person.interpreter": "an interpreter is needed",
    "person.educated_in": "borough of education",
    "other_party.relationship": "relationship",
    "lives_with_perpetrator": "lives with the perpetrator",
    "perpetrator_right_of_entry": "the perpetrator has a right of entry",
    "other_party_consents": "the other party consents",
    "risk.tool": "risk tool",
    "risk.score": "risk score",
    "risk.level": "risk as graded by the sender",
    "risk.professional_judgement_high": "high risk by professional judgement",
    "risk.police_callouts_12m": "police call-outs in twelve months",
    "risk.dvrim_scale": "Barnardo's risk scale",
    "needs": "needs",
    "circumstances": "circumstances",
    "wants": "wishes",
    "children": "children",
    "offending.admits_responsibility": "admits responsibility",
    "offending.serial": "serial offending",
    "offending.coercive_control": "coercive control",
    "offending.first_offence": "first offence",
    "offending.statutory": "under statutory supervision",
    "offending.arrested": "arrested",
    "offending.at_risk_of_arrest": "at risk of arrest",
    "offending.cohorts": "offending cohorts",
    "risk_level": "risk level",
    "marac_triggers": "MARAC triggers",
}


@dataclass(frozen=True)
class Speakable:
    """A fact that a rule may name.

    `values`: what a choice or a list may hold. `lowest`, `highest`: the range of a number.
    `pattern`: what a text must look like in full.
    """

    path: str
    label: str
    shape: Shape
    values: frozenset[str] = frozenset()
    lowest: int | None = None
    highest: int | None = None
    pattern: str = ".+"

    def refuses(self, value: object) -> str | None:
        """Why the fact cannot take the value, or None if it can."""
        match self.shape:
            case "choice" | "list" if value not in self.values:
                return f"{self.path} cannot be {value}"
            case "yes_no" if not isinstance(value, bool):
                return f"{self.path} is true or false, not {value}"
            case "number" if isinstance(value, bool) or not isinstance(value, int):
                return f"{self.path} is a whole number, not {value}"
            case "number" if isinstance(value, int) and self._outside(value):
                return f"{self.path} is between {self.lowest} and {self.highest}, not {value}"
            case "text" if not isinstance(value, str) or not re.fullmatch(self.pattern, value):
                return f"{self.path} cannot be {value}"
            case "children":
                return f"{self.path} can only be asked whether there are some"
            case _:
                return None

    def _outside(self, value: int) -> bool:
        below = self.lowest is not None and value < self.lowest
        return below or (self.highest is not None and value > self.highest)


def _speakable(path: str, annotation: Any, metadata: list[Any]) -> Speakable:
    kinds = [each for each in get_args(annotation) if each is not NoneType]
    plain = kinds[0] if kinds and NoneType in get_args(annotation) else annotation
    label = LABELS[path]
    if plain is bool:
        return Speakable(path, label, "yes_no")
    if plain is int:
        lowest = next((int(str(each.ge)) for each in metadata if isinstance(each, Ge)), None)
        highest = next((int(str(each.le)) for each in metadata if isinstance(each, Le)), None)
        return Speakable(path, label, "number", lowest=lowest, highest=highest)
    if plain is str:
        pattern = "[a-z]{2}" if path == "person.language" else "[a-z0-9-]{2,40}"
        return Speakable(path, label, "text", pattern=pattern)
    if get_origin(plain) is Literal:
        return Speakable(path, label, "choice", values=frozenset(get_args(plain)))
    held = get_args(plain)[0]
    if get_origin(held) is Literal:
        return Speakable(path, label, "list", values=frozenset(get_args(held)))
    return Speakable(path, label, "children")


SPEAKABLE: Final[dict[str, Speakable]] = {
    path: _speakable(path, field.annotation, list(field.metadata))
    for name, field in Facts.model_fields.items()
    if (path := field.alias or name) in LABELS
} | {
    "risk_level": Speakable(
        "risk_level", LABELS["risk_level"], "choice", values=frozenset(RISK_LEVELS)
    ),
    "marac_triggers": Speakable(
        "marac_triggers", LABELS["marac_triggers"], "list", values=frozenset(TRIGGERS)
    ),
}
