"""Invented referrals of a quarter to two boroughs, as intake would tell of them.

Shares are made up to resemble the partnerships' papers: two in three of all risk checklists that
came were not completed or medium, one victim in seven referred herself, couples come to notice
from both sides, and people come again.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final
from uuid import UUID

from shared.events import ReferralReceived, roles_reversed
from shared.facts import Facts, History
from shared.london import LONDON

Known = dict[str, Any]

_BOROUGHS: Final = {"bromley": 60, "barnet": 40}
_ONE_BOROUGH: Final = {"resident": "bromley"}
"""Whose concerns only one of the policies knows."""
_DISTRICTS: Final = {
    "bromley": ("BR1", "BR2", "BR3", "BR5", "SE20"),
    "barnet": ("N3", "N12", "EN5"),
}
_HOURS: Final = tuple(4 if 9 <= hour < 18 else 1 for hour in range(24))
"""How many referrals an hour of the day brings, beside the others."""
_WEEKENDS: Final = 0.4
"""How many a day of the weekend brings, beside a working day."""

_LATEST: Final = timedelta(hours=3)
"""How long a referral takes at most from being made to being received."""

_SCORES: Final = {range(14, 22): 20, range(10, 14): 32, range(3, 10): 8, None: 40}
_CONSENT: Final = {"given": 82, "not_sought": 6, "refused": 4, "not_possible": 3, None: 5}
_LANGUAGES: Final = {None: 60, "en": 30, "pl": 4, "ro": 3, "ur": 3}
_VICTIMS_TEAMS: Final = {
    "police_response": 30,
    "police_csu": 18,
    "self": 14,
    "hospital": 8,
    "gp": 6,
    "mash": 6,
    "childrens_social_care": 6,
    "adult_social_care": 5,
    "substance_misuse": 3,
    "leaving_care": 4,
}


def pick(random: Random, shares: Mapping[Any, float]) -> Any:
    """One of the keys, each as often as its share."""
    return random.choices(tuple(shares), tuple(shares.values()))[0]


def some(random: Random, shares: Mapping[Any, float]) -> tuple[Any, ...]:
    """Each key or not, with its own chance from 0 to 1."""
    return tuple(key for key, chance in shares.items() if random.random() < chance)


def _score(random: Random) -> Known:
    scores = pick(random, _SCORES)
    return {"risk_score": random.choice(scores)} if scores else {}


def _victim(random: Random) -> Known:
    return {
        "concerns": ("domestic_abuse", *some(random, {"stalking": 0.08, "sexual_violence": 0.05})),
        "team": pick(random, _VICTIMS_TEAMS),
        "age": random.choice((*range(16, 25), *range(20, 60), *range(60, 85, 5))),
        "gender": pick(random, {"female": 85, "male": 14, "other": 1}),
        "relationship": pick(random, {"intimate_partner": 45, "former_partner": 40, "family": 15}),
        "children": (),
        "needs": some(random, {"housing": 0.15, "mental_health": 0.15, "substance_misuse": 0.06}),
        "wants": some(random, {"safe_accommodation": 0.05, "stay_in_home": 0.05, "drop_in": 0.1}),
        "lives_with_perpetrator": random.random() < 0.4,
        "perpetrator_right_of_entry": random.random() < 0.3,
        **_score(random),
    }


def _perpetrator(random: Random) -> Known:
    return {
        "concerns": ("domestic_abuse",),
        "team": pick(random, {"police_csu": 50, "probation": 40, "childrens_social_care": 10}),
        "age": random.randint(16, 60),
        "gender": pick(random, {"male": 90, "female": 10}),
        "relationship": pick(random, {"intimate_partner": 50, "former_partner": 50}),
        "admits_responsibility": random.random() < 0.4,
        "serial": random.random() < 0.15,
    }


def _child(random: Random) -> Known:
    return {
        "concerns": ("domestic_abuse",),
        "team": pick(random, {"childrens_social_care": 50, "school": 30, "police_response": 20}),
        "age": random.randint(3, 16),
        "lives_with_perpetrator": random.random() < 0.4,
        "circumstances": some(random, {"witnessed_abuse_of_female_carer": 0.7}),
        "dvrim_scale": random.choice((None, 1, 2, 3, 4)),
        "consent_given_by": "parental_responsibility",
    }


def _young_person(random: Random) -> Known:
    return {
        "concerns": ("at_risk_of_offending", *some(random, {"gang_involvement": 0.2})),
        "team": random.choice(("school", "youth_offending_service", "leaving_care")),
        "age": random.randint(10, 19),
        "circumstances": ("low_self_esteem", *some(random, {"school_exclusion": 0.4})),
        "consent_given_by": "parental_responsibility",
    }


def _offender(random: Random) -> Known:
    return {
        "concerns": ("low_level_offending",),
        "team": pick(random, {"probation": 60, "police_other": 40}),
        "age": random.randint(12, 55),
        "gender": pick(random, {"male": 80, "female": 20}),
        "cohorts": some(random, {"persistent_offender": 0.25, "high_volume": 0.1}),
    }


def _harmed_person(random: Random) -> Known:
    return {
        "concerns": pick(random, {("hate_crime",): 30, ("anti_social_behaviour",): 70}),
        "team": "police_response",
        "age": random.randint(18, 80),
        "risk_graded": pick(random, {"high": 15, "medium": 40, "standard": 45}),
    }


def _resident(random: Random) -> Known:
    return {
        "concerns": pick(random, {("noise",): 60, ("fly_tipping",): 25, ("envirocrime",): 15}),
        "team": "self",
        "consent_status": "given",
    }


_STORIES: Final[Mapping[tuple[str, Callable[[Random], Known]], float]] = {
    ("victim", _victim): 50,
    ("perpetrator", _perpetrator): 12,
    ("child", _child): 9,
    ("young_person", _young_person): 8,
    ("offender", _offender): 7,
    ("harmed_person", _harmed_person): 4,
    ("resident", _resident): 10,
}


@dataclass(frozen=True)
class _Party:
    """Somebody who was referred before, one of a couple."""

    role: str
    person_ref: UUID
    pair_ref: UUID
    borough: str


@dataclass
class Referrals:
    """Makes referrals one after another, and remembers whom it made."""

    random: Random
    parties: list[_Party] = field(default_factory=list)

    def between(self, since: datetime, until: datetime, count: int) -> Iterator[ReferralReceived]:
        """Referrals in the order of their being made, from `since` to before `until`."""
        for made_at in sorted(self._moment(since, until) for _ in range(count)):
            yield self._referral(made_at)

    def received(self, referral: ReferralReceived) -> datetime:
        """When intake tells of it."""
        return referral.facts.made_at + _LATEST * self.random.random() ** 3

    def _moment(self, since: datetime, until: datetime) -> datetime:
        while True:
            made_at = since + (until - since) * self.random.random()
            local = made_at.astimezone(LONDON)
            share = _HOURS[local.hour] * (_WEEKENDS if local.weekday() > 4 else 1)
            if self.random.random() * max(_HOURS) < share:
                return made_at

    def _referral(self, made_at: datetime) -> ReferralReceived:
        role, story = pick(self.random, _STORIES)
        known = story(self.random)
        one, history = self._who(role)
        made = {
            "made_at": made_at,
            "agency": "simulated",
            "route": "form" if known["team"] == "self" else "system",
            "role": one.role,
            "borough": one.borough,
            "district": self.random.choice(_DISTRICTS[one.borough]),
            "language": pick(self.random, _LANGUAGES),
            "consent_status": pick(self.random, _CONSENT),
        }
        return ReferralReceived(
            referral_id=self._ref(),
            revision=1,
            person_ref=one.person_ref,
            pair_ref=one.pair_ref if role in ("victim", "perpetrator") else None,
            catalogues=tuple(sorted(_BOROUGHS)),
            facts=Facts.model_validate(made | known),
            history=history,
        )

    def _who(self, role: str) -> tuple[_Party, History]:
        """Somebody new, somebody again, or the other of two who are known."""
        borough = _ONE_BOROUGH.get(role) or pick(self.random, _BOROUGHS)
        new = _Party(role, self._ref(), self._ref(), borough)
        if role not in ("victim", "perpetrator"):
            return new, History()
        known = self.random.choice(self.parties) if self.parties else new
        pair = {"pair_known": True}
        chance = self.random.random()
        if chance < 0.08 and known.role == role:
            one, history = known, History(**pair)
        elif chance < 0.6 and known.role != role:
            # A victim and the one she accuses; now and then they accuse each other.
            crossed = self.random.random() < 0.05
            pair_ref = roles_reversed(known.pair_ref) if crossed else known.pair_ref
            one = _Party(role, self._ref(), pair_ref, known.borough)
            history = History(**pair, cross_allegation=crossed)
        else:
            one, history = new, History(**pair)
        self.parties.append(one)
        return one, history

    def _ref(self) -> UUID:
        return UUID(int=self.random.getrandbits(128))
