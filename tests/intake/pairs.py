"""The hand-made pairs of `likeness_pairs.yaml`, read into records."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import yaml

from services.intake.likeness.record import Record
from services.intake.referral import Person

MADE_ON: Final = date(2026, 11, 16)
_FILE: Final = Path(__file__).parent / "likeness_pairs.yaml"


@dataclass(frozen=True)
class Pair:
    """Two records with the truth: `enough` is known of both to tell."""

    what: str
    same: bool
    enough: bool
    one: Record
    other: Record

    def __str__(self) -> str:
        return f"{self.what}: {self.one.person.given_name} {self.one.person.family_name}"


def record(agency: str = "met-police", made_on: date = MADE_ON, **said: Any) -> Record:
    """A record from the short fields of the hand-made set."""
    kinds = {"nhs": "nhs_number", "pnc": "pnc", "case": "local_case"}
    numbers = [{"type": kind, "value": said[k]} for k, kind in kinds.items() if k in said]
    contact = {field: said[field] for field in ("phone", "email") if field in said}
    person = {
        "given_name": said.get("given"),
        "family_name": said.get("family"),
        "also_known_as": said.get("aka"),
        "date_of_birth": str(said["born"]) if "born" in said else None,
        "age": said.get("age"),
        "gender": said.get("gender"),
        "address": {"postcode": said["postcode"]} if "postcode" in said else None,
        "contact": contact or None,
        "identifiers": numbers or None,
    }
    known = {field: value for field, value in person.items() if value is not None}
    return Record(Person.model_validate(known), made_on, agency)


def read_pairs() -> list[Pair]:
    """All of them, in the order of the file."""
    return [
        Pair(
            each["what"],
            each["same"],
            each.get("enough", True),
            record(**each["one"]),
            record(**each["other"]),
        )
        for each in yaml.safe_load(_FILE.read_text())
    ]
