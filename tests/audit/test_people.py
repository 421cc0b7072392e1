"""Which referrals concern somebody, under every reference that was found to be theirs."""

from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncConnection

from services.audit.log import store
from services.audit.trail.people import Concerned, concerned
from shared.bus.consumer import Received
from shared.bus.work import UnitOfWork
from shared.events import PairMoved, PersonsMerged, PersonsSplit, ReferralReceived, roles_reversed
from shared.facts import Facts, History
from tests.audit.heard import MOMENT, received, take

ANNA, BERTA, CLARA = uuid4(), uuid4(), uuid4()


def referred(referral: UUID, person: UUID, pair: UUID | None = None) -> Received:
    """A referral about somebody."""
    facts = Facts.model_validate(
        {
            "made_at": MOMENT,
            "source.agency": "met-police",
            "source.team": "police_csu",
            "source.route": "system",
            "role": "victim",
            "concerns": ["domestic_abuse"],
        }
    )
    event = ReferralReceived(
        referral_id=referral,
        revision=1,
        person_ref=person,
        pair_ref=pair,
        catalogues=("bromley",),
        facts=facts,
        history=History(),
    )
    return received(event, referral)


def merged(merge: UUID, person: UUID, into: UUID, *pairs: tuple[UUID, UUID]) -> Received:
    """Somebody found two references to be one person."""
    moved = tuple(PairMoved(pair_ref=was, into_ref=now) for was, now in pairs)
    event = PersonsMerged(
        merge_id=merge, person_ref=person, into_ref=into, pairs=moved, by="coordinator-1"
    )
    return received(event, merge)


def split(merge: UUID, person: UUID, from_ref: UUID) -> Received:
    """A merge is undone."""
    event = PersonsSplit(merge_id=merge, person_ref=person, from_ref=from_ref, by="coordinator-1")
    return received(event, merge)


async def about(connection: AsyncConnection, *refs: UUID, below: int | None = None) -> Concerned:
    """What the log has about somebody."""
    return await concerned(connection, refs, below or await store.size(connection))


async def test_a_person_is_found_under_every_reference(
    unit: UnitOfWork, connection: AsyncConnection
) -> None:
    """Merged one after the other, in whatever direction: each of them finds all referrals."""
    referrals = [uuid4() for _ in range(4)]
    people = (ANNA, BERTA, CLARA, uuid4())
    await take(unit, [referred(r, p) for r, p in zip(referrals, people, strict=True)])
    await take(unit, [merged(uuid4(), BERTA, ANNA), merged(uuid4(), BERTA, CLARA)])

    for each in (ANNA, BERTA, CLARA):
        found = await about(connection, each)

        assert set(found.references) == {ANNA, BERTA, CLARA}
        assert found.referrals == tuple(referrals[:3])


async def test_a_merge_that_was_undone_joins_nobody(
    unit: UnitOfWork, connection: AsyncConnection
) -> None:
    """They are two people after all; that they were merged and split is told of both."""
    first, second, merge = uuid4(), uuid4(), uuid4()
    await take(unit, [referred(first, ANNA), referred(second, BERTA), merged(merge, BERTA, ANNA)])
    await take(unit, [split(merge, BERTA, ANNA)])

    anna, berta = await about(connection, ANNA), await about(connection, BERTA)

    assert (anna.referrals, berta.referrals) == ((first,), (second,))
    assert merge in anna.subjects
    assert merge in berta.subjects


async def test_what_no_checkpoint_covers_is_not_known_yet(
    unit: UnitOfWork, connection: AsyncConnection
) -> None:
    """Under the tree before a merge they are two, and after a later split still one."""
    first, second, merge = uuid4(), uuid4(), uuid4()
    await take(unit, [referred(first, ANNA), referred(second, BERTA)])
    await take(unit, [merged(merge, BERTA, ANNA)])
    await take(unit, [split(merge, BERTA, ANNA)])

    by_size = [(await about(connection, ANNA, below=size)).referrals for size in (1, 2, 3, 4)]

    assert by_size == [(first,), (first,), (first, second), (first,)]


async def test_a_pair_is_the_same_two_whoever_is_the_victim(
    unit: UnitOfWork, connection: AsyncConnection
) -> None:
    """With roles exchanged, and under the reference that the pair got when one was merged."""
    pair, moved = UUID(int=uuid4().int & ~1), UUID(int=uuid4().int & ~1)
    first, cross, later = uuid4(), uuid4(), uuid4()
    await take(
        unit,
        [
            referred(first, ANNA, pair),
            referred(cross, BERTA, roles_reversed(pair)),
            referred(later, ANNA, moved),
            referred(uuid4(), ANNA, uuid4()),
            merged(uuid4(), BERTA, CLARA, (pair, moved)),
        ],
    )

    found = await about(connection, pair, roles_reversed(pair))

    assert found.referrals == (first, cross, later)


async def test_nobody_concerns_nothing(unit: UnitOfWork, connection: AsyncConnection) -> None:
    """A reference that the log never heard of finds no referral."""
    await take(unit, [referred(uuid4(), ANNA)])

    assert (await about(connection, CLARA)).referrals == ()
