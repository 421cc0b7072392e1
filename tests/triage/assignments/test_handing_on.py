"""Handed on by name or to another pathway, closed, withdrawn, amended; one person or two."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from services.triage.assignments.life import NotAllowed, State
from shared.events import PairMoved, PersonsMerged, PersonsSplit
from tests.triage.assignments.small_triage import (
    CSU,
    HIGH,
    HOUR,
    MENTORED,
    PERPETRATOR,
    STANDARD,
    Triage,
    message,
)
from tests.triage.assignments.small_triage import triage as triage  # the fixture
from tests.triage.cases import VICTIM

PAIR, OTHER_PAIR = UUID(int=0x10), UUID(int=0x20)


async def test_a_colleague_is_asked_and_the_history_kept(triage: Triage) -> None:
    """Offered, not given: who handed it on has it no longer; attempts go with it."""
    one = await triage.accept(await triage.one(await triage.refer(**VICTIM), CSU))
    await triage.contact(one, reached=False)
    after = await triage.reassign(one, "p-anna", to="p-beaa")
    assert (after.id, after.holder, after.state) == (one.id, "p-beaa", State.OFFERED)
    assert (after.attempts, after.offer, after.level) == (1, 2, "practitioner")
    transferred, offered = (await triage.told())[-2:]
    assert (transferred["practitioner_id"], transferred["to_practitioner_id"]) == (
        "p-anna",
        "p-beaa",
    )
    assert (offered["because"], offered["practitioner_id"]) == ("transferred", "p-beaa")
    with pytest.raises(NotAllowed) as refused:
        await triage.close(one, who="p-anna")
    assert refused.value.reason == "It was handed on today at 12:00."


@pytest.mark.parametrize(
    ("by", "to", "words"),
    [
        ("p-anna", "p-faye", "not of this service"),
        ("p-anna", "p-anna", "with them already"),
        ("p-coor", "p-nobody", "nobody of that id"),
        ("p-coor", "p-dina", "no room"),
        ("p-coor", "p-kurt", "may not work with this person"),
        ("p-coor", "p-lars", "may not work with this person"),
        ("p-coor", "p-gwen", "may not work with this person"),
    ],
)
async def test_to_whom_it_cannot_be_handed(triage: Triage, by: str, to: str, words: str) -> None:
    """A stranger to the service, who has it, nobody, the full, the other side and their team, and
    who has a conflict of interest."""
    person = uuid4()
    await triage.refer(pair=PAIR, **PERPETRATOR)
    refuge = await triage.one(await triage.refer(person=person, **STANDARD), "refuge")
    await triage.declare(refuge.referral_id, "p-gwen")
    await triage.reassign(
        await triage.one(await triage.refer(**VICTIM), CSU), "p-coor", to="p-dina"
    )
    hers = await triage.refer(pair=PAIR, person=person, **VICTIM)
    one = await triage.accept(await triage.one(hers, CSU))
    if one.holder != "p-anna":
        one = await triage.accept(await triage.reassign(one, "p-coor", to="p-anna"))
    with pytest.raises(NotAllowed) as refused:
        await triage.reassign(one, by, to=to)
    assert words in refused.value.reason
    assert (await triage.one(hers, CSU)).holder == "p-anna"


async def test_what_is_only_asked_is_passed_on_and_not_handed(triage: Triage) -> None:
    """Its holder declines; a coordinator may hand it to anybody with room."""
    one = await triage.one(await triage.refer(**VICTIM), CSU)
    with pytest.raises(NotAllowed):
        await triage.reassign(one, "p-anna", to="p-beaa")
    assert (await triage.reassign(one, "p-coor", to="p-faye")).holder == "p-faye"


async def test_what_waits_can_be_handed_to_somebody(triage: Triage) -> None:
    """A coordinator finds somebody, or takes it herself."""
    for _ in range(4):
        await triage.refer(**VICTIM)
    one = await triage.one(await triage.refer(**VICTIM), CSU)
    assert one.state is State.WAITLISTED
    after = await triage.reassign(one, "p-coor", to="p-coor")
    assert (after.holder, after.level, after.state) == ("p-coor", "coordinator", State.OFFERED)


async def test_a_full_programme_takes_nobody_by_name_either(triage: Triage) -> None:
    """Who waits for one of its two places is handed to nobody but a coordinator; who has one may
    go to another."""
    held, _, waits = [await triage.refer(**MENTORED) for _ in range(3)]
    one = await triage.one(waits, "mentoring")
    for to in ("p-mona", "p-elle"):
        with pytest.raises(NotAllowed) as refused:
            await triage.reassign(one, "p-coor", to=to)
        assert "places" in refused.value.reason
    kept = await triage.reassign(await triage.one(held, "mentoring"), "p-coor", to="p-elle")
    assert kept.holder == "p-elle"
    assert (await triage.reassign(one, "p-coor", to="p-coor")).holder == "p-coor"


async def test_on_another_pathway_it_is_by_hand(triage: Triage) -> None:
    """Its team is asked; no rule takes it back, nor asks anew for the pathway that it left."""
    one = await triage.accept(await triage.one(await triage.refer(**VICTIM), CSU))
    after = await triage.reassign(one, "p-anna", pathway="community_outreach")
    assert (after.pathway, after.team, after.holder) == (
        "community_outreach",
        "bcwa_outreach",
        "p-elle",
    )
    assert after.kind == "by_hand"
    await triage.amend(one.referral_id, **VICTIM | {"needs": ("finance",)})
    assert set(await triage.ones(one.referral_id)) == {"community_outreach"}


@pytest.mark.parametrize(
    ("pathway", "words"),
    [("no_such_pathway", "has no pathway"), ("refuge", "already")],
)
async def test_to_which_pathway_it_cannot_go(triage: Triage, pathway: str, words: str) -> None:
    """One that the policy has not, and one on which the referral has an assignment."""
    one = await triage.one(await triage.refer(**STANDARD), "one_stop_shop")
    with pytest.raises(NotAllowed) as refused:
        await triage.reassign(one, "p-coor", pathway=pathway)
    assert words in refused.value.reason


async def test_no_hand_goes_past_a_safety_block(triage: Triage) -> None:
    """A restorative meeting between partners is closed to everybody."""
    facts = VICTIM | {"role": "harmed_person", "admits_responsibility": True}
    referral = await triage.refer(**facts)
    one = next(iter((await triage.ones(referral)).values()))
    with pytest.raises(NotAllowed) as refused:
        await triage.reassign(one, "p-coor", pathway="restorative_justice")
    assert "safety block" in refused.value.reason


async def closed(triage: Triage, referral: UUID, pathway: str, outcome: str = "engaged") -> None:
    """Accept and end what is asked on a pathway."""
    await triage.close(await triage.accept(await triage.one(referral, pathway)), outcome)


async def test_a_referral_closes_with_its_last_assignment(triage: Triage) -> None:
    """Told once, with how each ended."""
    referral = await triage.refer(**HIGH)
    await closed(triage, referral, CSU)
    assert await triage.told("referral.closed") == []
    await closed(triage, referral, "marac", "other")
    (told,) = await triage.told("referral.closed")
    assert sorted((e["pathway"], e["outcome"]) for e in told["ended"]) == [
        (CSU, "engaged"),
        ("marac", "other"),
    ]


async def test_a_later_revision_opens_it_again(triage: Triage) -> None:
    """What follows from it is offered; and it closes again, told again."""
    referral = await triage.refer(**VICTIM)
    await closed(triage, referral, CSU)
    await triage.amend(referral, **VICTIM | {"needs": ("finance",)})
    assert (await triage.one(referral, CSU)).state is State.OFFERED
    await closed(triage, referral, CSU)
    assert len(await triage.told("referral.closed")) == 2


async def test_an_accepted_lead_stays_and_the_coordinator_is_asked(triage: Triage) -> None:
    """She has refused consent since: who works with her is not called off by a form."""
    one = await triage.accept(await triage.one(await triage.refer(**VICTIM), CSU))
    await triage.amend(one.referral_id, **VICTIM | {"consent_status": "refused"})
    ones = await triage.ones(one.referral_id)
    assert ones[CSU].state is State.ACCEPTED
    assert ones["coordination"].holder == "p-coor"


async def test_an_accepted_addition_is_withdrawn_with_its_reason(triage: Triage) -> None:
    """Its holder is told; the others stand."""
    referral = await triage.refer(**STANDARD)
    await triage.accept(await triage.one(referral, "refuge"))
    await triage.amend(referral, **STANDARD | {"wants": ()})
    (told,) = [e for e in await triage.told("assignment.withdrawn") if e["pathway"] == "refuge"]
    assert told["practitioner_id"] == "p-gwen"
    assert told["reason"] == "wishes: none"


def merged(pair: UUID, into: UUID, person: UUID, into_person: UUID) -> Any:
    """Intake says that two are one."""
    merge = uuid4()
    event = PersonsMerged(
        merge_id=merge,
        person_ref=person,
        into_ref=into_person,
        pairs=(PairMoved(pair_ref=pair, into_ref=into),),
        by="coordinator-1",
    )
    return message(event, merge)


async def test_who_has_both_sides_of_one_person_hands_on_the_later(triage: Triage) -> None:
    """Anna was handed his case when nobody knew that he is the one whom her client fears."""
    her, him = uuid4(), uuid4()
    hers = await triage.accept(
        await triage.one(await triage.refer(pair=PAIR, person=her, **VICTIM), CSU)
    )
    triage.now += HOUR
    his = await triage.one(await triage.refer(pair=OTHER_PAIR, person=him, **PERPETRATOR), "dvpp")
    his = await triage.reassign(his, "p-coor", to="p-anna")
    assert (hers.holder, his.holder) == ("p-anna", "p-anna")
    await triage.hear(merged(OTHER_PAIR, PAIR, uuid4(), him))
    assert (await triage.one(hers.referral_id, CSU)) == hers
    assert (await triage.one(his.referral_id, "dvpp")).holder == "p-kurt"
    *_, told = await triage.told("assignment.transferred")
    assert (told["practitioner_id"], told["by"]) == ("p-anna", "coordinator-1")


async def test_a_conflict_of_interest_is_found_by_a_merge(triage: Triage) -> None:
    """Beaa may not work with the one, and has the other, who are one."""
    one_ref, other_ref = uuid4(), uuid4()
    first = await triage.one(await triage.refer(person=one_ref, **VICTIM), CSU)
    second = await triage.one(await triage.refer(person=other_ref, **VICTIM), CSU)
    assert (first.holder, second.holder) == ("p-anna", "p-beaa")
    await triage.declare(first.referral_id, "p-anna")
    taken = await triage.reassign(second, "p-coor", to="p-anna")
    merge = merged(PAIR, PAIR, one_ref, other_ref)
    await triage.hear(merge)
    assert taken.holder == "p-anna"
    assert (await triage.one(second.referral_id, CSU)).holder == "p-beaa"


async def test_two_who_are_two_again_are_walled_off_no_longer(triage: Triage) -> None:
    """A split undoes what a merge said of whom may be asked."""
    his = await triage.refer(pair=OTHER_PAIR, **PERPETRATOR)
    event = PersonsMerged(
        merge_id=uuid4(),
        person_ref=uuid4(),
        into_ref=uuid4(),
        pairs=(PairMoved(pair_ref=OTHER_PAIR, into_ref=PAIR),),
        by="c",
    )
    await triage.hear(message(event, event.merge_id))
    walled = await triage.refer(pair=PAIR, **VICTIM | {"role": "perpetrator", "risk_score": 5})
    assert (await triage.one(his, "dvpp")).holder == "p-kurt"
    split = PersonsSplit(
        merge_id=event.merge_id, person_ref=event.person_ref, from_ref=event.into_ref, by="c"
    )
    await triage.hear(message(split, split.merge_id, 2))
    one = await triage.one(await triage.refer(pair=PAIR, **VICTIM), CSU)
    assert walled
    assert (await triage.reassign(one, "p-coor", to="p-kurt")).holder == "p-kurt"
