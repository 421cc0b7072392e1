"""From one to the next: handed on by name, to another pathway, or because of a conflict."""

from dataclasses import replace
from datetime import date, datetime

from services.triage.assignments import steps
from services.triage.assignments.allocation import year_start
from services.triage.assignments.book import Referral
from services.triage.assignments.casework import Casework, open_pathways, rules
from services.triage.assignments.life import Assignment, NotAllowed, State
from services.triage.assignments.overriding import CannotOverride, route_by_hand
from services.triage.assignments.placing import Case
from services.triage.assignments.planning import BY_HAND
from services.triage.assignments.tally import TEAMS_LEVELS
from shared.events import ConflictDeclared, Level, OfferedBecause
from shared.london import london_day


async def place_again(
    one: Assignment, referral: Referral, casework: Casework, why: OfferedBecause
) -> Assignment:
    """Ask the next for what nobody holds any more."""
    # Kept first: the place that it leaves is free for the next of its team.
    await casework.keep(later=True)
    one = replace(one, urgent=one.urgent or referral.urgent)
    taken = open_pathways(await casework.book.of_referral(referral.id)) - {one.pathway}
    return await casework.place(one, await casework.case(referral, one), why, taken)


async def hasten(one: Assignment, referral: Referral, casework: Casework) -> Assignment:
    """What has become urgent is asked for again with its new times, of the same person; what waits
    does so no longer."""
    one = replace(one, urgent=True)
    if one.state is State.WAITLISTED or one.holder is None:
        return await place_again(one, referral, casework, "place_came_free")
    times = casework.quiet_case(referral, one).times(one, one.pathway, one.team)
    asked = steps.Asked(one.holder, one.level, one.because, times)
    return casework.did(steps.offer(one, asked, "new", casework.work.now))


async def to_colleague(
    one: Assignment,
    referral: Referral,
    to: str,
    by: str,
    by_right: bool,
    note: str | None,
    casework: Casework,
) -> Assignment:
    """Offer it to somebody by name. `by_right`: a coordinator may hand it to anybody."""
    case = await casework.case(referral, one, also=(to,))
    level = _may_have(one, to, by_right, case)
    free = casework.did(steps.transfer(one, by, casework.work.now, to=to, note=note))
    asked = steps.Asked(to, level, "handed on by name", case.again(one, one.pathway, one.team))
    after = casework.did(steps.offer(free, asked, "transferred", casework.work.now, by))
    await casework.keep()
    return after


def _may_have(one: Assignment, to: str, by_right: bool, case: Case) -> Level:
    """The level at which somebody would hold it; NotAllowed, with the reason in words."""
    who = case.directory.practitioner(to)
    members = {each.id for each in case.directory.team(one.catalogue, one.team)}
    if who is None:
        raise NotAllowed("The directory has nobody of that id.")
    if to == one.holder:
        raise NotAllowed("It is with them already.")
    if to not in members and not by_right:
        raise NotAllowed("They are not of this service: a coordinator can hand it to anybody.")
    by_duty = to not in members and case.is_coordinator(to)
    # A coordinator may see both sides. Which of the two it is, is not for whoever asks.
    if to in (case.situation.conflicts if by_duty else case.walled_off):
        raise NotAllowed("They may not work with this person.")
    if not case.has_room(who):
        raise NotAllowed("They have no room for another case.")
    if by_duty:
        return "coordinator"
    if case.full(one.pathway) and not _holds_a_place(one, case):
        raise NotAllowed("All places of this service are taken.")
    return "practitioner"


def _holds_a_place(one: Assignment, case: Case) -> bool:
    """Whether it has a place of its programme already: of this year, where they go by the year."""
    if one.holder is None or one.offered_at is None or one.level not in TEAMS_LEVELS:
        return False
    row = case.row(one.pathway)
    by_year = row is not None and row.capacity is not None and row.capacity.per == "year"
    return not by_year or _year(one.offered_at) == _year(case.now)


def _year(moment: datetime) -> date:
    return year_start(london_day(moment))


async def to_pathway(
    one: Assignment, referral: Referral, pathway: str, by: str, note: str | None, casework: Casework
) -> Assignment:
    """Offer it on another pathway, by hand: no rule withdraws it there, or asks for the one that
    it came from again."""
    catalogue = one.catalogue or referral.catalogue
    if catalogue is None:
        raise NotAllowed("No policy has been settled on yet, so nobody knows its pathways.")
    there = open_pathways(await casework.book.of_referral(referral.id))
    policy = rules(casework.library, catalogue, referral)
    blocked = await casework.book.blocked(referral.id)
    try:
        place = route_by_hand(pathway, policy, blocked, there)
    except CannotOverride as error:
        raise NotAllowed(error.reason) from None
    free = casework.did(steps.transfer(one, by, casework.work.now, pathway=pathway, note=note))
    free = replace(free, catalogue=catalogue, team=place.team, kind=BY_HAND, first_contact_by=None)
    after = await place_again(free, referral, casework, "transferred")
    await casework.keep()
    return after


async def declare(practitioner_id: str, referral: Referral, casework: Casework) -> None:
    """Somebody may not work with a referral's person; told once."""
    person = referral.person_ref
    if await casework.book.add_conflict(practitioner_id, person, casework.work.now):
        casework.work.emit(
            ConflictDeclared(practitioner_id=practitioner_id, person_ref=person), referral.id
        )


async def relieve(practitioner_id: str, referral: Referral, by: str, casework: Casework) -> None:
    """Everything of the same person goes from somebody who may not work with them to others."""
    for one, theirs in await casework.book.concerning(referral.person_ref, ()):
        if one.holder == practitioner_id:
            await take_from_holder(one, theirs, by, casework)


async def take_from_holder(
    one: Assignment, referral: Referral, by: str, casework: Casework
) -> None:
    """The next is asked, whoever that is but the one who has it."""
    free = casework.did(steps.transfer(one, by, casework.work.now))
    free = replace(free, passed=(*free.passed, one.holder or ""))
    await place_again(free, referral, casework, "transferred")
    await casework.keep()
