"""The coordinator's desk: what it shows, and what is done from it."""

from datetime import timedelta
from uuid import uuid4

from sqlalchemy import text

from tests.triage.assignments.ground import BROMLEYS_COORDINATOR, Place
from tests.triage.assignments.visiting import WORK, YOUNG_PERSON, offered, page, tap, words
from tests.triage.people import local, tree, with_team_of_one


async def test_the_desk_shows_what_nobody_else_sees_to(place: Place) -> None:
    """What no rule could route, with what to do first; what is only offered is not there."""
    quiet = await offered(place)
    nothing_fits = (await place.assignments(await place.hear("10")))["coordination"]
    desk = await page(place, "/triage/desk", BROMLEYS_COORDINATOR, "coordinator")
    assert str(nothing_fits.id) in desk.text
    assert str(quiet.id) not in desk.text
    assert "ask a service by hand" in words(desk)


async def test_a_case_is_given_away_from_the_desk(place: Place) -> None:
    """And the coordinator is back at the desk."""
    one = await offered(place)
    while (await place.now_of(one)).level != "coordinator":
        await place.later(days=1)
    desk = await page(place, "/triage/desk", "c-1", "coordinator")
    assert f"{WORK}/{one.id}/reassign" in desk.text
    colleague = (await place.now_of(one)).holder
    other = next(p.id for p in place.directory.coordinators("bromley") if p.id != colleague)
    answer = await tap(
        place,
        one,
        "reassign",
        "c-1",
        "coordinator",
        whom=f"to:{other}",
        note="on call",
        back="desk",
    )
    assert answer.headers["location"] == "/triage/desk"
    assert (await place.now_of(one)).holder == other


async def test_a_service_is_asked_by_hand_from_the_desk(place: Place) -> None:
    """With the reason, which is kept with the decision; a safety block is told in words."""
    referral = await place.hear("10")
    one = (await place.assignments(referral))["coordination"]
    form = {"reason": "she asked for it", "back": "desk"}
    choice = '<option value="victim_service">'
    before = (await page(place, "/triage/desk", "c-1", "coordinator")).text
    done = await tap(place, one, "route", "c-1", "coordinator", pathway="victim_service", **form)
    again = await tap(place, one, "route", "c-1", "coordinator", pathway="victim_service", **form)
    not_mine = await tap(place, one, "route", one.holder, pathway="coda", **form)
    assert (done.status_code, again.status_code, not_mine.status_code) == (303, 409, 404)
    assert "Somebody is asked for victim_service already." in words(again)
    after = (await page(place, "/triage/desk", "c-1", "coordinator")).text
    assert (choice in before, choice in after) == (True, False)
    assert (await place.assignments(referral))["victim_service"].kind == "by_hand"


async def test_the_desk_tells_of_hours_of_nobody(place: Place) -> None:
    """Now and in the coming week, by borough."""
    rota = {
        "days": ["monday", "tuesday", "wednesday", "thursday", "friday"],
        "from": "08:00",
        "until": "20:00",
        "who": BROMLEYS_COORDINATOR,
    }
    duty = [
        {"catalogue": "bromley", "coordinators": [BROMLEYS_COORDINATOR], "rota": [rota]},
        {"catalogue": "barnet", "coordinators": ["p-zeea6y"]},
    ]
    place.directory = local(duty=duty)
    own = words(await page(place, "/triage/desk", BROMLEYS_COORDINATOR, "coordinator"))
    every = words(await page(place, "/triage/desk?catalogue=all", "c-1", "coordinator"))
    assert "Now: Seth Kimble , 07700 900292 ." in own
    assert "today, 20:00 to Monday 23 November, 08:00" in own
    assert "Nobody is named at any hour." not in own
    assert "Nobody is named at any hour." in every


async def test_the_desk_shows_waiting_lists(place: Place) -> None:
    """In the order of risk and time, ten of each, with the rest counted."""
    place.directory = local(
        practitioners=[
            each | ({"max_caseload": 1} if each["id"] == "p-czp3y8" else {})
            for each in tree()["practitioners"]
        ]
    ).model_copy(update={"teams": with_team_of_one(YOUNG_PERSON, "p-czp3y8").teams})
    for _ in range(12):
        await place.hear("02")
        place.now += timedelta(minutes=1)
    desk = words(await page(place, "/triage/desk", "c-1", "coordinator"))
    assert "Waiting for a place: 11" in desk
    assert "has waited 11 minutes." in desk
    assert "And 1 more." in desk
    read = await place.told("access.recorded")
    assert len(read) == 10


async def test_what_belongs_to_no_borough_is_on_every_desk(place: Place) -> None:
    """It would else be nobody's."""
    async with place.unit.work(uuid4()) as work:
        await place.hear("10")
        await work.connection.execute(text("UPDATE assignment SET catalogue = NULL"))
    desk = await page(place, "/triage/desk?catalogue=barnet", "c-1", "coordinator")
    assert "For a coordinator: 1" in words(desk)
    assert "Borough not settled" in words(desk)


async def test_the_desk_is_for_coordinators(place: Place) -> None:
    """And there is none of a borough that is not."""
    assert (await page(place, "/triage/desk", "p-czp3y8")).status_code == 403
    nowhere = await page(place, "/triage/desk?catalogue=narnia", "c-1", "coordinator")
    assert nowhere.status_code == 404
