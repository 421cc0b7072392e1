"""Offers and answers on a real database: who is asked, what they may do, what is told."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.triage.assignments.assigning import NotYours
from services.triage.assignments.life import NotAllowed, State
from shared.events import roles_reversed
from tests.triage.assignments.small_triage import (
    CSU,
    HIGH,
    HOUR,
    MENTORED,
    NOON,
    PERPETRATOR,
    STANDARD,
    YOUNG,
    Triage,
    directory,
)
from tests.triage.assignments.small_triage import triage as triage  # the fixture
from tests.triage.cases import VICTIM

PAIR = UUID(int=0x10)


async def test_an_offer_says_why_it_went_to_whom(triage: Triage) -> None:
    """The reason is kept in words; the clock runs until the answer is due."""
    one = await triage.one(await triage.refer(**VICTIM), CSU)
    assert (one.holder, one.state, one.offer) == ("p-anna", State.OFFERED, 1)
    assert "no open cases" in one.because
    assert (one.awaited, one.due_at) == ("acknowledgement", one.acknowledge_by)


async def test_a_second_tap_changes_nothing(triage: Triage) -> None:
    """Who has accepted and taps again is answered as before, and nothing is told twice."""
    one = await triage.one(await triage.refer(**VICTIM), CSU)
    first = await triage.accept(one)
    assert await triage.accept(one) == first
    assert (await triage.types()).count("assignment.accepted") == 1
    done = await triage.close(await triage.contact(first))
    assert await triage.close(done) == done
    assert (await triage.types()).count("assignment.closed") == 1


async def test_a_counted_contact_is_recorded_once(triage: Triage) -> None:
    """The same attempt sent again counts nothing."""
    one = await triage.accept(await triage.one(await triage.refer(**VICTIM), CSU))
    await triage.contact(one, reached=False, attempt=1)
    again = await triage.contact(one, reached=False, attempt=1)
    assert again.attempts == 1


async def test_the_sender_may_hear_a_name_only_where_the_policy_says_so(triage: Triage) -> None:
    """Bromley's policy lets nobody hear which service took it up."""
    one = await triage.one(await triage.refer(**VICTIM), CSU)
    await triage.accept(one)
    (told,) = await triage.told("assignment.accepted")
    assert "service" not in told


async def test_others_get_at_nothing(triage: Triage) -> None:
    """What is not theirs is told as what is not there."""
    one = await triage.one(await triage.refer(**VICTIM), CSU)
    for act in (
        triage.accept(one, "p-faye"),
        triage.decline(one, who="p-faye"),
        triage.close(one, who="p-faye"),
        triage.reassign(one, "p-faye", to="p-beaa"),
        triage.declare(one.referral_id, "p-faye"),
        triage.declare(uuid4(), "p-faye"),
    ):
        with pytest.raises(NotYours):
            await act


async def test_a_coordinator_may_act_for_the_holder(triage: Triage) -> None:
    """By telephone: it stays the holder's, and the history says who did it."""
    one = await triage.accept(await triage.one(await triage.refer(**VICTIM), CSU), "p-coor")
    assert (one.holder, one.state) == ("p-anna", State.ACCEPTED)
    async with triage.unit.work(uuid4()) as work:
        *_, last = await (await triage.assigning.casework(work)).book.steps(one.id)
    assert (last.act, last.by, last.holder) == ("accept", "p-coor", "p-anna")


async def test_what_is_passed_on_goes_to_the_next(triage: Triage) -> None:
    """The one who passed it on is told so who taps again, and is not asked again."""
    one = await triage.one(await triage.refer(**VICTIM), CSU)
    after = await triage.decline(one)
    assert (after.holder, after.offer, after.passed) == ("p-beaa", 2, ("p-anna",))
    with pytest.raises(NotAllowed) as refused:
        await triage.accept(one, "p-anna")
    assert refused.value.reason == "You passed it on today at 12:00."
    declined, offered = (await triage.told())[-2:]
    assert (declined["type"], declined["reason"]) == ("assignment.declined", "no_room")
    assert (offered["practitioner_id"], offered["because"]) == ("p-beaa", "declined")
    assert "my words" not in str(await triage.told())


async def test_what_everybody_of_a_team_passed_on_is_the_coordinators(triage: Triage) -> None:
    """Room would not help: it does not wait."""
    one = await triage.one(await triage.refer(**VICTIM), CSU)
    after = await triage.decline(await triage.decline(one))
    assert (after.holder, after.state, after.level) == ("p-coor", State.ESCALATED, "coordinator")


async def test_the_last_who_can_be_asked_cannot_pass_it_on(triage: Triage) -> None:
    """Coordinators and the team's contact are asked in turn; then it must be handed to a person."""
    one = await triage.one(await triage.refer(**VICTIM), CSU)
    for _ in range(4):
        one = await triage.decline(one)
    assert one.holder == "p-lead"
    with pytest.raises(NotAllowed, match="not allowed"):
        await triage.decline(one)
    assert (await triage.one(one.referral_id, CSU)) == one


async def test_a_contact_without_room_is_not_asked_either(triage: Triage) -> None:
    """The team's contact has what there is room for."""
    triage.directories.directory = directory(lead={"max_caseload": 1})
    taken, one = [await triage.one(await triage.refer(**VICTIM), CSU) for _ in range(2)]
    await triage.reassign(taken, "p-coor", to="p-lead")
    for _ in range(3):
        one = await triage.decline(one)
    with pytest.raises(NotAllowed, match="not allowed"):
        await triage.decline(one)


async def fill(triage: Triage, count: int, **facts: Any) -> list[UUID]:
    """So many referrals of one kind."""
    referrals = []
    for _ in range(count):
        referrals.append(await triage.refer(**facts))
        triage.now += timedelta(minutes=1)
    return referrals


async def test_nobody_has_more_than_there_is_room_for_and_the_rest_waits(triage: Triage) -> None:
    """Two have room for two each; the fifth and the sixth wait, with their places."""
    referrals = await fill(triage, 6, **VICTIM)
    ones = [await triage.one(each, CSU) for each in referrals]
    assert sorted(one.holder for one in ones if one.holder) == ["p-anna"] * 2 + ["p-beaa"] * 2
    assert [one.state for one in ones[4:]] == [State.WAITLISTED] * 2
    waits = await triage.told("assignment.waitlisted")
    assert [(each["because"], each["place"]) for each in waits] == [
        ("nobody_has_room", 1),
        ("nobody_has_room", 2),
    ]


async def test_room_goes_to_who_comes_first_by_risk(triage: Triage) -> None:
    """A place that comes free is offered by risk, then by time; the sweep does it."""
    held = await fill(triage, 4, **VICTIM)
    low = await triage.refer(**VICTIM | {"risk_score": None, "risk_graded": None})
    medium = await triage.refer(**VICTIM)
    done = await triage.accept(await triage.one(held[0], CSU))
    await triage.close(done)
    assert await triage.sweep() == 1
    assert (await triage.one(medium, CSU)).holder == done.holder
    assert (await triage.one(low, CSU)).state is State.WAITLISTED
    *_, offered = await triage.told("assignment.offered")
    assert offered["because"] == "place_came_free"
    assert await triage.sweep() == 0


async def test_a_new_one_does_not_overtake_those_who_wait(triage: Triage) -> None:
    """There is room, and somebody has been waiting for it."""
    held = await fill(triage, 4, **VICTIM)
    (first,) = await fill(triage, 1, **VICTIM)
    await triage.close(await triage.accept(await triage.one(held[0], CSU)))
    later = await triage.refer(**VICTIM)
    assert (await triage.one(later, CSU)).state is State.WAITLISTED
    await triage.sweep()
    assert (await triage.one(first, CSU)).state is State.OFFERED
    assert (await triage.one(later, CSU)).state is State.WAITLISTED


async def test_a_programme_has_its_places_at_once(triage: Triage) -> None:
    """Two beds: the third waits though the practitioner has room."""
    referrals = await fill(triage, 3, **STANDARD)
    *_, third = [await triage.one(each, "refuge") for each in referrals]
    waits = [w for w in await triage.told("assignment.waitlisted") if w["pathway"] == "refuge"]
    assert (third.state, [w["because"] for w in waits]) == (State.WAITLISTED, ["pathway_full"])
    first = await triage.accept(await triage.one(referrals[0], "refuge"))
    await triage.close(first)
    await triage.sweep()
    assert (await triage.one(referrals[2], "refuge")).state is State.OFFERED


async def test_a_place_that_is_passed_on_stays_with_the_case(triage: Triage) -> None:
    """All places are taken, and somebody waits: a colleague is asked for the one passed on."""
    referrals = await fill(triage, 3, **STANDARD)
    one = await triage.one(referrals[0], "refuge")
    after = await triage.decline(one)
    assert (one.holder, after.holder, after.state) == ("p-gwen", "p-hana", State.OFFERED)


async def test_a_programme_has_its_places_in_a_year(triage: Triage) -> None:
    """A place that was taken stays taken until the year is over, on 1 April in London."""
    first, second, third = await fill(triage, 3, **MENTORED)
    await triage.close(await triage.accept(await triage.one(first, "mentoring")))
    await triage.accept(await triage.one(second, "mentoring"))
    triage.now = NOON.replace(year=2027, month=3, day=31, hour=22, minute=59)
    await triage.sweep()
    assert (await triage.one(third, "mentoring")).state is State.WAITLISTED
    triage.now += timedelta(minutes=1)
    await triage.sweep()
    assert (await triage.one(third, "mentoring")).state is State.OFFERED


async def test_what_is_urgent_goes_to_the_next_of_its_group(triage: Triage) -> None:
    """Nobody of the first team has room: the next eligible pathway, without waiting."""
    await fill(triage, 1, **YOUNG)
    ones = await triage.ones(await triage.refer(**YOUNG))
    assert "idsva_young_person" not in ones
    assert (ones["idsva_specialist_adult"].holder, ones["idsva_specialist_adult"].kind) == (
        "p-dina",
        "lead",
    )
    ones = await triage.ones(await triage.refer(**YOUNG))
    assert ones[CSU].holder == "p-anna"


async def test_what_is_urgent_ends_with_the_coordinator_on_call(triage: Triage) -> None:
    """Nobody of the group has room: it goes up at once, and is offered there."""
    await fill(triage, 4, **HIGH)
    one = await triage.one(await triage.refer(**HIGH), CSU)
    assert (one.state, one.level, one.holder) == (State.ESCALATED, "coordinator", "p-coor")
    assert one.acknowledge_by == triage.now + 2 * HOUR
    *_, escalated, offered = [e for e in await triage.told() if e.get("pathway") == CSU]
    assert (escalated["type"], escalated["level"]) == ("assignment.escalated", "coordinator")
    assert (offered["type"], offered["because"]) == ("assignment.offered", "new")


async def test_a_team_that_works_too_late_leaves_it_waiting(triage: Triage) -> None:
    """Away until the answer would be overdue; back, they are asked."""
    away = {"leave": [{"from": "2026-11-24", "until": "2026-12-01"}]}
    triage.directories.directory = directory(anna=away, beaa=away)
    referral = await triage.refer(**VICTIM)
    (waits,) = await triage.told("assignment.waitlisted")
    assert waits["because"] == "nobody_at_work"
    triage.now = NOON.replace(month=12, day=1)
    await triage.sweep()
    assert (await triage.one(referral, CSU)).state is State.OFFERED


@pytest.mark.parametrize("reverse", [False, True])
async def test_nobody_serves_both_sides_nor_does_their_team(triage: Triage, reverse: bool) -> None:
    """Kurt has the one; Lars of his team is free, and is not asked for the other."""
    his = await triage.refer(pair=PAIR, **PERPETRATOR)
    assert (await triage.one(his, "dvpp")).holder == "p-kurt"
    pair, facts = (roles_reversed(PAIR), PERPETRATOR) if reverse else (PAIR, HIGH)
    other = await triage.refer(pair=pair, **facts)
    holders = {one.holder for one in (await triage.ones(other)).values()}
    assert not holders & {"p-kurt", "p-lars"}


async def test_a_coordinator_may_see_both_sides(triage: Triage) -> None:
    """The task beside his programme and hers are the same coordinator's."""
    his = await triage.refer(pair=PAIR, **PERPETRATOR)
    crossed = await triage.refer(pair=roles_reversed(PAIR), **PERPETRATOR)
    holders = {(await triage.one(each, "coordination")).holder for each in (his, crossed)}
    assert holders == {"p-coor"}


async def test_a_conflict_of_interest_keeps_somebody_away_for_good(triage: Triage) -> None:
    """Declined so, the person is not offered to them again, and what they have goes to others."""
    person = uuid4()
    first = await triage.accept(await triage.one(await triage.refer(person=person, **VICTIM), CSU))
    second = await triage.one(await triage.refer(person=person, **VICTIM), CSU)
    assert (first.holder, second.holder) == ("p-anna", "p-beaa")
    third = await triage.one(await triage.refer(person=person, **VICTIM), CSU)
    assert third.holder == "p-anna"
    after = await triage.decline(third, "conflict_of_interest")
    assert after.holder == "p-beaa"
    assert (await triage.one(first.referral_id, CSU)).holder != "p-anna"
    assert len(await triage.told("conflict.declared")) == 1
    assert (await triage.one(await triage.refer(person=person, **VICTIM), CSU)).holder != "p-anna"


async def test_who_declares_a_conflict_hands_on_what_they_have(triage: Triage) -> None:
    """Asked or accepted, it goes to the next."""
    one = await triage.accept(await triage.one(await triage.refer(**VICTIM), CSU))
    await triage.declare(one.referral_id, "p-anna")
    after = await triage.one(one.referral_id, CSU)
    assert (after.holder, after.state) == ("p-beaa", State.OFFERED)
    transferred, _ = (await triage.told())[-2:]
    assert (transferred["practitioner_id"], transferred["by"]) == ("p-anna", "p-anna")
