"""The facts of a referral: what may travel, taken from a document that may not."""

import re
from uuid import UUID

from services.intake.days import years_between
from services.intake.referral import (
    QUESTIONS,
    Address,
    Consent,
    Offending,
    Person,
    Referral,
    Risk,
    SafeContact,
    count_yes,
)
from shared.facts import Child, Facts
from shared.london import london_day

VISIBLY_HIGH = 14
"""So many "yes" in the DASH checklist are high risk, however many questions are still open."""

_OUTWARD = re.compile(r"[A-Z]{1,2}[0-9][0-9A-Z]?")


def derive_facts(document: Referral, *, linked: tuple[UUID, ...] | None = None) -> Facts:
    """The facts of `document`; `linked` are the referrals that its linked_references name.

    `person` is the person referred: age, gender, place and safe channels are theirs; of the other
    party the relationship alone is a fact.
    """
    person = document.person or Person()
    risk = document.risk or Risk()
    offending = document.offending or Offending()
    consent = document.consent or Consent()
    score, answers_incomplete = _score(risk)
    return Facts(
        made_at=document.made_at,
        agency=document.source.agency,
        team=document.source.team,
        route=document.source.route,
        role=document.role,
        concerns=document.concerns,
        crime_types=document.crime_types,
        age=_age(person, document),
        gender=person.gender,
        language=person.language,
        interpreter=person.interpreter,
        borough=person.borough,
        educated_in=person.educated_in,
        district=_district(person.address),
        a_channel_is_safe=_a_channel_is_safe(person.safe_contact),
        relationship=document.other_party.relationship if document.other_party else None,
        lives_with_perpetrator=document.lives_with_perpetrator,
        perpetrator_right_of_entry=document.perpetrator_right_of_entry,
        other_party_consents=document.other_party_consents,
        risk_tool=risk.tool,
        risk_score=score,
        risk_answers_incomplete=answers_incomplete,
        risk_graded=risk.level,
        professional_judgement_high=risk.professional_judgement_high,
        police_callouts_12m=risk.police_callouts_12m,
        dvrim_scale=risk.dvrim_scale,
        needs=document.needs,
        circumstances=document.circumstances,
        wants=document.wants,
        children=_children(document),
        linked_referrals=linked,
        admits_responsibility=offending.admits_responsibility,
        serial=offending.serial,
        coercive_control=offending.coercive_control,
        first_offence=offending.first_offence,
        statutory=offending.statutory,
        arrested=offending.arrested,
        at_risk_of_arrest=offending.at_risk_of_arrest,
        cohorts=offending.cohorts,
        consent_status=consent.status,
        consent_given_by=consent.given_by,
        consent_override=True if consent.override else None,
    )


def _age(person: Person, document: Referral) -> int | None:
    if person.date_of_birth is None:
        return person.age
    return years_between(person.date_of_birth, london_day(document.made_at))


def _district(address: Address | None) -> str | None:
    """The outward code; None too for what is no postcode, since no list could know its place."""
    if address is None or address.postcode is None:
        return None
    outward = "".join(address.postcode.split()).upper()[:-3]
    return outward if _OUTWARD.fullmatch(outward) else None


def _a_channel_is_safe(safe: SafeContact | None) -> bool | None:
    """Within safe_contact, what is not said is not safe; without it, nothing was said."""
    if safe is None:
        return None
    return any((safe.call, safe.text, safe.voicemail, safe.email, safe.letter))


def _score(risk: Risk) -> tuple[int | None, bool | None]:
    """The score that stands, and whether answers came that are too few to give one."""
    if risk.score is not None or risk.answers is None:
        return risk.score, None
    yes = count_yes(risk.answers)
    if len(risk.answers) == QUESTIONS:
        return yes, None
    return (VISIBLY_HIGH, None) if yes >= VISIBLY_HIGH else (None, True)


def _children(document: Referral) -> tuple[Child, ...] | None:
    if document.children is None:
        return None
    return tuple(
        Child(age=child.age, lives_in_household=child.lives_in_household)
        for child in document.children
    )
