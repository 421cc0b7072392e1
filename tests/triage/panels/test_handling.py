"""A referral as intake tells it, through the handlers, onto the agenda: with its assignment."""

from uuid import UUID, uuid4

from services.triage.assignments.assigning import Assigning
from services.triage.directory.store import Directories
from services.triage.handlers import Handlers
from shared.events import ReferralAmended, ReferralReceived
from shared.facts import History
from tests.triage.cases import VICTIM, facts, library
from tests.triage.panels import people
from tests.triage.panels.ground import Ground


async def hear(ground: Ground, referral: UUID, revision: int, score: int) -> None:
    """A victim's referral, or its next revision."""
    kind = ReferralReceived if revision == 1 else ReferralAmended
    event = kind(
        referral_id=referral,
        revision=revision,
        person_ref=referral,
        catalogues=("bromley",),
        facts=facts("bromley", **(VICTIM | {"risk_score": score})),
        history=History(),
    )
    handlers = Handlers(library(), Assigning(library(), Directories()))
    async with ground.unit.work(uuid4()) as work:
        if isinstance(event, ReferralAmended):
            await handlers.on_referral_amended(event, work)
        else:
            await handlers.on_referral_received(event, work)


async def test_received_is_listed_and_asked(ground: Ground) -> None:
    """The case is on the agenda, and the panel's own coordinator has its assignment as before."""
    referral = uuid4()
    await hear(ground, referral, 1, 14)
    (case,) = await ground.agenda()
    assert (case["referral_id"], case["triggers"]) == (str(referral), ["visible_high_risk"])
    offers = await ground.told("assignment.offered")
    asked = {each["data"]["pathway"]: each["data"]["practitioner_id"] for each in offers}
    assert asked["marac"] == people.MEMBER


async def test_an_amendment_lists_and_keeps(ground: Ground) -> None:
    """A score that comes later brings the case; one that is put right leaves it there."""
    referral = uuid4()
    await hear(ground, referral, 1, 5)
    assert await ground.agenda() == []
    await hear(ground, referral, 2, 14)
    assert [each["referral_id"] for each in await ground.agenda()] == [str(referral)]
    await hear(ground, referral, 3, 5)
    assert [each["state"] for each in await ground.agenda()] == ["listed"]
