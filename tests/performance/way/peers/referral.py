"""The peers' referral: about 1.5 KB of JSON, some 35 leaf fields in 8 nested models."""

import random
from datetime import date, datetime
from typing import Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Address(Strict):
    line1: str = Field(min_length=1, max_length=120)
    city: str
    region: str = Field(pattern=r"^[A-Z]{2}$")
    postcode: str = Field(pattern=r"^\d{5}$")


class Consent(Strict):
    given: bool
    scope: list[Literal["share", "contact", "research"]]
    recorded_at: datetime


class Client(Strict):
    given_name: str = Field(min_length=1, max_length=60)
    family_name: str = Field(min_length=1, max_length=60)
    date_of_birth: date
    preferred_language: str = Field(pattern=r"^[a-z]{2}$")
    interpreter_needed: bool
    phone: str = Field(pattern=r"^\+\d{8,15}$")
    email: str = Field(pattern=r"^[^@\s]+@[^@\s]+$")
    address: Address
    consent: Consent


class Household(Strict):
    size: int = Field(ge=1, le=20)
    dependants: int = Field(ge=0, le=19)
    income_monthly: int = Field(ge=0)
    housing_status: Literal["owned", "rented", "temporary", "none"]


class Need(Strict):
    code: str = Field(pattern=r"^[a-z_]+$")
    severity: int = Field(ge=1, le=5)
    since: date
    note: str


class Risk(Strict):
    self_harm: bool
    domestic_violence: bool
    score: int = Field(ge=0, le=100)


class Referrer(Strict):
    name: str
    role: str
    phone: str
    email: str


class Referral(Strict):
    id: str = Field(pattern=r"^[a-z]\d-\d{7}$")
    agency: str = Field(pattern=r"^AG-\d{3}$")
    reference: str = Field(min_length=5, max_length=40)
    received_at: datetime
    channel: Literal["api", "portal", "phone"]
    urgency: Literal["routine", "soon", "urgent", "emergency"]
    client: Client
    household: Household
    needs: list[Need] = Field(min_length=1, max_length=8)
    risk: Risk
    referrer: Referrer
    notes: str = Field(max_length=2000)


NEEDS = [
    "housing",
    "food",
    "mental_health",
    "substance_use",
    "employment",
    "legal",
    "childcare",
    "transport",
    "primary_care",
    "benefits",
    "violence",
    "education",
]
LANGS = ["en", "es", "fr", "ar", "so", "vi"]
GIVEN = ["Ana", "Bilal", "Chen", "Dora", "Emeka", "Fatima", "Goran", "Hana"]
FAMILY = ["Adeyemi", "Brown", "Castillo", "Dang", "Eriksen", "Farah", "Gupta", "Hughes"]
_WORDS = [
    "client",
    "asked",
    "for",
    "help",
    "with",
    "rent",
    "arrears",
    "after",
    "losing",
    "hours",
    "at",
    "work",
    "and",
    "has",
    "two",
    "children",
    "at",
    "the",
    "local",
    "school",
    "prefers",
    "contact",
    "by",
    "text",
    "in",
    "the",
    "afternoon",
    "no",
    "known",
    "allergies",
    "has",
    "used",
    "the",
    "food",
    "bank",
    "twice",
    "this",
    "month",
]


def _born(r: random.Random) -> str:
    return f"{r.randint(1940, 2015):04d}-{r.randint(1, 12):02d}-{r.randint(1, 28):02d}"


def make_referral(phase: str, i: int) -> bytes:
    """Referral number i of a phase, the same every time; its telephone numbers are for drama."""
    r = random.Random(f"{phase}:{i}")  # noqa: S311 - test people, no secrets
    needs = r.sample(NEEDS, r.randint(2, 3))
    lang = r.choice(LANGS)
    size = r.randint(1, 6)
    doc = {
        "id": f"{phase}-{i:07d}",
        "agency": f"AG-{r.randrange(40):03d}",
        "reference": f"{phase}/2026/{i:07d}",
        "received_at": f"2026-11-22T08:{i // 60 % 60:02d}:{i % 60:02d}Z",
        "channel": r.choice(["api", "portal", "phone"]),
        "urgency": r.choice(["routine", "routine", "soon", "urgent", "emergency"]),
        "client": {
            "given_name": r.choice(GIVEN),
            "family_name": r.choice(FAMILY),
            "date_of_birth": _born(r),
            "preferred_language": lang,
            "interpreter_needed": lang != "en" and r.random() < 0.5,
            "phone": f"+447700900{r.randrange(10**7) % 1000:03d}",
            "email": f"client{i}@example.org",
            "address": {
                "line1": f"{r.randint(1, 999)} Main Street, Flat {r.randint(1, 40)}",
                "city": r.choice(["Springfield", "Riverton", "Lakeside"]),
                "region": r.choice(["WA", "OR", "CA"]),
                "postcode": f"{r.randrange(10**5):05d}",
            },
            "consent": {
                "given": r.random() < 0.95,
                "scope": ["share", "contact"],
                "recorded_at": "2026-11-21T10:00:00Z",
            },
        },
        "household": {
            "size": size,
            "dependants": r.randint(0, size - 1),
            "income_monthly": r.randrange(0, 5000, 50),
            "housing_status": r.choice(["owned", "rented", "temporary", "none"]),
        },
        "needs": [
            {
                "code": c,
                "severity": r.randint(1, 5),
                "since": f"2026-{r.randint(1, 11):02d}-01",
                "note": "reported by client at first contact",
            }
            for c in needs
        ],
        "risk": {
            "self_harm": r.random() < 0.1,
            "domestic_violence": r.random() < 0.1,
            "score": r.randrange(101),
        },
        "referrer": {
            "name": f"{r.choice(GIVEN)} {r.choice(FAMILY)}",
            "role": r.choice(["nurse", "teacher", "social worker"]),
            "phone": f"+447700900{r.randrange(10**7) % 1000:03d}",
            "email": f"worker{r.randrange(500)}@agency.example",
        },
        "notes": "",
    }
    pad = 1500 - len(orjson.dumps(doc))
    words: list[str] = []
    while sum(map(len, words)) + len(words) < pad:
        words.append(r.choice(_WORDS))
    doc["notes"] = " ".join(words)[: max(pad, 0)]
    return orjson.dumps(doc)
