"""Invented people's referrals, derived from the examples: the same for the same phase and number.

Most are somebody new. One in eight names the people of an earlier referral again, so that a person
and a pair are recognised and a repeat of MARAC is one; one in forty is the earlier allegation the
other way round.
"""

import json
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

EXAMPLES = Path(__file__).parents[3] / "examples"
SEED = 20261122
AGAIN, REVERSED = 0.125, 0.025

_GIVEN = [
    "Amara",
    "Bettina",
    "Corin",
    "Delphi",
    "Edda",
    "Fenella",
    "Gideon",
    "Hesper",
    "Imre",
    "Jory",
    "Kestrel",
    "Linnet",
    "Merrin",
    "Nerys",
    "Orla",
    "Perrin",
    "Quilla",
    "Rowan",
    "Sorrel",
    "Tamsin",
    "Ulric",
    "Verity",
    "Wren",
    "Xanthe",
    "Yestin",
    "Zelah",
]
_FAMILY = [
    "Ashdown",
    "Brindle",
    "Copse",
    "Dunnock",
    "Eyot",
    "Fallow",
    "Garth",
    "Hawes",
    "Inkpen",
    "Jessop",
    "Kell",
    "Lammas",
    "Marl",
    "Nettle",
    "Oxley",
    "Pippin",
    "Quill",
    "Rusk",
    "Sedge",
    "Thorne",
    "Umber",
    "Vetch",
    "Wold",
    "Yarrow",
]


class Document(NamedTuple):
    """What one agency submits."""

    agency: str
    reference: str
    body: bytes


def bromley_examples() -> list[dict[str, Any]]:
    """The documents that Bromley's policy decides, in the order of their numbers."""
    read = [json.loads(file.read_text()) for file in sorted(EXAMPLES.glob("*.json"))]
    return [each["document"] for each in read if each["expect"]["catalogue"] == "bromley"]


def reference(phase: str, number: int) -> str:
    """The sender's own number of a document."""
    return f"{phase}-{number:07d}"


def document(examples: list[dict[str, Any]], phase: str, number: int) -> Document:
    """Referral `number` of a phase, such as `t1`."""
    chance = Random(f"{SEED}/{phase}/{number}")  # noqa: S311 - test people, no secrets
    kind, drawn = number % len(examples), chance.random()
    # The people of an earlier referral of the same kind, or the next who are new.
    people = number
    if drawn < AGAIN and number >= len(examples):
        people = kind + len(examples) * chance.randrange(number // len(examples))
    made: dict[str, Any] = json.loads(json.dumps(examples[kind]))
    made["reference"] = reference(phase, number)
    name_anew(made.get("person"), f"{phase}/{people}/person")
    name_anew(made.get("other_party"), f"{phase}/{people}/other")
    if drawn < REVERSED and made["role"] == "victim" and "other_party" in made:
        _turn_round(made)
    # As long a story as makes the document 1.5 KB, the size of the peers'.
    made["narrative"] = f"Invented for a measurement: {chance.randrange(10**9):09d}. " * 25
    return Document(
        made["source"]["agency"],
        made["reference"],
        json.dumps(made, ensure_ascii=False, separators=(",", ":")).encode(),
    )


def name_anew(person: dict[str, Any] | None, who: str) -> None:
    """Make somebody of her own of an example's person, of about the same age and district."""
    if person is None or "given_name" not in person:
        return
    chance = Random(f"{SEED}/{who}")  # noqa: S311 - test people, no secrets
    person["given_name"] = f"{chance.choice(_GIVEN)}-{chance.choice(_GIVEN)}"
    person["family_name"] = f"{chance.choice(_FAMILY)} {chance.choice(_FAMILY)}"
    person["date_of_birth"] = (
        f"{person['date_of_birth'][:4]}-{chance.randint(1, 12):02d}-{chance.randint(1, 28):02d}"
    )
    if "address" in person:
        person["address"]["lines"] = [f"{chance.randint(1, 400)} Example Road"]
        outward = person["address"]["postcode"].split()[0]
        # Letters that no inward code has, so that nobody lives there.
        inward = f"{chance.randint(0, 9)}{chance.choice('CIKMOV')}{chance.choice('CIKMOV')}"
        person["address"]["postcode"] = f"{outward} {inward}"


def _turn_round(made: dict[str, Any]) -> None:
    """The other party alleges the same of the person."""
    person, other = made["person"], made["other_party"]
    for part in ("given_name", "family_name", "date_of_birth", "gender"):
        person[part], other[part] = other[part], person[part]
