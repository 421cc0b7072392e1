"""What triage tells of a referral, with what no test asks about filled in."""

from datetime import UTC, date, datetime
from uuid import UUID, uuid4

from shared.events import (
    AssignmentAccepted,
    AssignmentClosed,
    AssignmentDeclined,
    AssignmentOffered,
    AssignmentTransferred,
    AssignmentWaitlisted,
    AssignmentWithdrawn,
    DecidedBy,
    Ended,
    ReferralClosed,
    ReferralInformationRequested,
    ReferralTriaged,
)

WHO = "p-k4wz7m"
PATHWAY = "idsva_community_safety_unit"
SOON = datetime(2026, 11, 17, 1, tzinfo=UTC)


def triaged(referral: UUID, revision: int = 1, asks: tuple[str, ...] = ()) -> ReferralTriaged:
    """It was decided on."""
    return ReferralTriaged(
        referral_id=referral,
        revision=revision,
        decision_id=uuid4(),
        made_on=date(2026, 11, 16),
        catalogue=DecidedBy(name="bromley", in_force_from=date(2022, 10, 1), sha256="0" * 64),
        outcome="routed",
        urgent=True,
        risk_level="high",
        marac_triggers=(),
        routes=(),
        suggestions=(),
        asks=asks,
    )


def asked(referral: UUID, *asks: str, revision: int = 1) -> ReferralInformationRequested:
    """Facts are missing."""
    return ReferralInformationRequested(referral_id=referral, revision=revision, asks=asks)


def offered(referral: UUID, one: UUID, who: str = WHO, offer: int = 1) -> AssignmentOffered:
    """Somebody is asked, for the first time or again."""
    return AssignmentOffered(
        assignment_id=one,
        referral_id=referral,
        pathway=PATHWAY,
        practitioner_id=who,
        urgent=False,
        acknowledge_by=SOON,
        first_contact_by=SOON,
        offer=offer,
    )


def accepted(
    referral: UUID,
    one: UUID,
    who: str = WHO,
    service: str | None = None,
    pathway: str = PATHWAY,
) -> AssignmentAccepted:
    """Somebody took it."""
    return AssignmentAccepted(
        assignment_id=one,
        referral_id=referral,
        pathway=pathway,
        practitioner_id=who,
        service=service,
    )


def declined(referral: UUID, one: UUID, who: str = WHO) -> AssignmentDeclined:
    """Somebody passed it on."""
    return AssignmentDeclined(
        assignment_id=one,
        referral_id=referral,
        pathway=PATHWAY,
        practitioner_id=who,
        reason="no_room",
    )


def transferred(referral: UUID, one: UUID, to: str | None = None) -> AssignmentTransferred:
    """Its holder handed it on, to a colleague or to whoever is free."""
    return AssignmentTransferred(
        assignment_id=one,
        referral_id=referral,
        pathway=PATHWAY,
        to_pathway=PATHWAY,
        practitioner_id=WHO,
        to_practitioner_id=to,
        by=WHO,
    )


def waitlisted(referral: UUID, one: UUID) -> AssignmentWaitlisted:
    """Nobody is free."""
    return AssignmentWaitlisted(
        assignment_id=one, referral_id=referral, pathway=PATHWAY, because="pathway_full", place=1
    )


def withdrawn(referral: UUID, one: UUID) -> AssignmentWithdrawn:
    """It was taken back."""
    return AssignmentWithdrawn(
        assignment_id=one,
        referral_id=referral,
        pathway=PATHWAY,
        practitioner_id=WHO,
        reason="no longer follows",
    )


def closed(referral: UUID, one: UUID) -> AssignmentClosed:
    """The work on a pathway ended."""
    return AssignmentClosed(
        assignment_id=one,
        referral_id=referral,
        pathway=PATHWAY,
        practitioner_id=WHO,
        outcome="engaged",
    )


def all_closed(referral: UUID) -> ReferralClosed:
    """The last assignment ended."""
    return ReferralClosed(
        referral_id=referral, ended=(Ended(pathway=PATHWAY, outcome="declined_by_person"),)
    )
