"""The pages of assignments: what somebody sees there, and what the forms do."""

import html
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text

from tests.triage.assignments.ground import Place
from tests.triage.assignments.visiting import (
    WORK,
    YOUNG_PERSON,
    accepted,
    offered,
    page,
    tap,
    words,
)
from tests.triage.people import local, tree, with_team_of_one


async def test_who_is_asked_sees_what_by_when_and_why(place: Place) -> None:
    """Programme, time left, reasons, what is missing, who else was asked; the reading is told."""
    one = await offered(place)
    seen = words(await page(place, f"{WORK}/{one.id}", one.holder))
    for part in (
        "Young Person IDSVA",
        "Will you take this referral?",
        "left",
        "Contact nobody before you know which way is safe.",
        "age 19 is between 13 and 24",
        "It was offered to you.",
    ):
        assert part in seen
    read = await place.told("access.recorded")
    assert [(e["data"]["reader"], e["data"]["what"]) for e in read] == [(one.holder, "assignment")]


async def test_nobody_else_sees_it(place: Place) -> None:
    """Another practitioner is told the same as of a page that is not there."""
    one = await offered(place)
    another = await page(place, f"{WORK}/{one.id}", "p-another")
    nowhere = await page(place, f"{WORK}/{uuid4()}", "p-another")
    auditor = await page(place, f"{WORK}/{one.id}", "auditor-1", "auditor")
    assert (another.status_code, another.text) == (404, nowhere.text)
    assert auditor.status_code == 403


async def test_accepting_leads_back_to_the_page(place: Place) -> None:
    """By a redirect, so that a reload does nothing twice; a second tap is no error."""
    one = await offered(place)
    first = await tap(place, one, "accept", one.holder)
    second = await tap(place, one, "accept", one.holder)
    assert {(a.status_code, a.headers["location"]) for a in (first, second)} == {
        (303, f"{WORK}/{one.id}")
    }
    assert len(await place.told("assignment.accepted")) == 1


async def test_who_it_is_is_for_who_has_accepted(place: Place) -> None:
    """The link is not there before, and not there for a coordinator who has not accepted it."""
    one = await offered(place)
    link = f'href="/intake/cases/{one.referral_id}"'
    assert link not in (await page(place, f"{WORK}/{one.id}", one.holder)).text
    await tap(place, one, "accept", one.holder)
    assert link in (await page(place, f"{WORK}/{one.id}", one.holder)).text
    assert link not in (await page(place, f"{WORK}/{one.id}", "c-1", "coordinator")).text


async def test_who_passed_it_on_sees_only_that(place: Place) -> None:
    """And a tap on what is gone tells where it went; nothing of the case is there any more."""
    one = await offered(place)
    await tap(place, one, "decline", one.holder, reason="no_room")
    gone = await page(place, f"{WORK}/{one.id}", one.holder)
    late = await tap(place, one, "accept", one.holder)
    assert "You passed it on today at 12:50." in words(gone)
    assert (gone.status_code, late.status_code) == (200, 409)
    assert "You passed it on today at 12:50." in words(late)
    assert "Young Person" not in gone.text + late.text


async def test_what_went_up_meanwhile_is_told(place: Place) -> None:
    """Who let it pass is not asked any more, and reads why."""
    one = await offered(place)
    while (await place.now_of(one)).holder == one.holder:
        await place.later(days=1)
    seen = words(await page(place, f"{WORK}/{one.id}", one.holder))
    assert "This is no longer with you" in seen
    assert "nobody had answered" in seen


async def test_what_was_withdrawn_asks_nothing(place: Place) -> None:
    """The one who was asked reads that it was, and nothing of the case."""
    one = await offered(place)
    async with place.engine.begin() as connection:
        await connection.execute(
            text(
                "UPDATE assignment SET state = 'withdrawn', awaited = NULL, due_at = NULL,"
                " withdrawn_because = 'age 30 is over 25' WHERE id = :id"
            ),
            {"id": one.id},
        )
    seen = words(await page(place, f"{WORK}/{one.id}", one.holder))
    assert "age 30 is over 25" in seen
    assert "Accept" not in seen


async def test_a_contact_is_recorded_once(place: Place) -> None:
    """The same form twice, as a slow telephone sends it, is one attempt."""
    one = await accepted(place)
    form = {"how": "call", "reached": "no", "attempt": "1", "note": "rang twice\r\nno answer"}
    for _ in range(2):
        answer = await tap(place, one, "contact", one.holder, **form)
        assert answer.status_code == 303
    seen = words(await page(place, f"{WORK}/{one.id}", one.holder))
    assert "Tried once, not reached." in seen
    assert seen.count("You tried to reach the person: call. rang twice no answer") == 1


async def test_after_the_last_attempt_nothing_is_late(place: Place) -> None:
    """Each try in vain gives time for the next; then the page says that it may be closed."""
    one = await accepted(place)
    for attempt in ("1", "2", "3"):
        form = {"how": "call", "reached": "no", "attempt": attempt}
        await tap(place, one, "contact", one.holder, **form)
        seen = words(await page(place, f"{WORK}/{one.id}", one.holder))
        assert ("Try again" in seen) == (attempt != "3")
    assert "Tried 3 times, not reached. You may close it" in seen
    assert "Going on" in words(await page(place, WORK, one.holder))


async def test_a_form_with_a_fault_comes_back(place: Place) -> None:
    """Open, with what to mend and what was entered; nothing was recorded."""
    one = await accepted(place)
    answer = await tap(
        place, one, "contact", one.holder, reached="yes", attempt="1", note="at work"
    )
    assert answer.status_code == 422
    assert "<title>Error: " in answer.text
    assert "Choose how you tried." in answer.text
    assert ">at work</textarea>" in answer.text
    assert not (await place.now_of(one)).attempts


async def test_what_is_not_possible_is_told_on_the_page(place: Place) -> None:
    """Not an error page: the case with the reason above it."""
    one = await accepted(place)
    answer = await tap(place, one, "close", one.holder, outcome="unable_to_contact")
    assert answer.status_code == 409
    assert "Nothing was changed No attempt to reach the person is recorded" in words(answer)
    assert "You have accepted this." in words(answer)


async def test_closing_shows_how_it_ended(place: Place) -> None:
    """On the page and in the list of my work, for two weeks."""
    one = await accepted(place)
    await tap(place, one, "close", one.holder, outcome="engaged")
    assert "The person took up the help." in words(
        await page(place, f"{WORK}/{one.id}", one.holder)
    )
    listed = words(await page(place, WORK, one.holder))
    assert "The person took up the help: today, 12:50." in listed
    place.now += timedelta(days=15)
    assert "took up" not in words(await page(place, WORK, one.holder))


async def test_handing_on_reaches_a_colleague(place: Place) -> None:
    """From the list of the team, with the reason, which the colleague reads."""
    one = await accepted(place)
    (colleague,) = {p.id for p in place.directory.team("bromley", YOUNG_PERSON)} - {one.holder}
    choices = (await page(place, f"{WORK}/{one.id}", one.holder)).text
    assert f'value="to:{colleague}"' in choices
    assert f'value="to:{one.holder}"' not in choices
    await tap(place, one, "reassign", one.holder, whom=f"to:{colleague}", note="speaks Polish")
    assert "speaks Polish" in words(await page(place, f"{WORK}/{one.id}", colleague))


async def test_knowing_somebody_in_the_case_takes_it_away(place: Place) -> None:
    """One tap: somebody else is asked, and the page says that it is gone."""
    one = await accepted(place)
    await tap(place, one, "conflict", one.holder)
    assert (await place.now_of(one)).holder != one.holder
    assert len(await place.told("conflict.declared")) == 1


async def test_my_work_comes_in_the_order_of_doing(place: Place) -> None:
    """What waits for an answer, then first contacts; each with the time left."""
    place.directory = with_team_of_one(YOUNG_PERSON, "p-czp3y8")
    first = await accepted(place)
    second = await offered(place)
    seen = await page(place, WORK, first.holder)
    order = [seen.text.index(str(each.id)) for each in (second, first)]
    assert order == sorted(order)
    assert "Waits for your answer" in words(seen)
    assert "People to reach" in words(seen)
    assert len(await place.told("access.recorded")) == 2


async def test_whoever_is_told_of_a_late_contact_sees_whom_to_ring(place: Place) -> None:
    """Not the holder, not a coordinator: what to do first, and nothing to tap."""
    people = [
        each | ({"stand_in": "p-2h57dx"} if each["id"] == "p-czp3y8" else {})
        for each in tree()["practitioners"]
    ]
    teams = with_team_of_one(YOUNG_PERSON, "p-czp3y8").teams
    place.directory = local(practitioners=people).model_copy(update={"teams": teams})
    one = await accepted(place)
    while (await place.now_of(one)).late is None:
        await place.later(days=1)
    seen = words(await page(place, f"{WORK}/{one.id}", "p-2h57dx"))
    assert "First: ring Wendy Varley and ask whether the person is safe." in seen
    assert "late" in seen
    assert (
        await tap(place, one, "contact", "p-2h57dx", how="call", reached="yes")
    ).status_code in (
        404,
        409,
    )


@pytest.mark.parametrize("path", [WORK, f"{WORK}/{uuid4()}", "/triage/desk"])
async def test_a_stranger_is_led_to_the_sign_in(place: Place, path: str) -> None:
    """And back to where the link led."""
    async with place.browser("x") as browser:
        browser.cookies.clear()
        answer = await browser.get(path)
    assert (answer.status_code, answer.headers["location"]) == (
        303,
        f"/notify/sign-in?next={path}",
    )


async def test_a_form_on_a_strange_page_does_nothing(place: Place) -> None:
    """Nobody else's page accepts in a practitioner's name."""
    one = await offered(place)
    async with place.browser(one.holder) as browser:
        answer = await browser.post(
            f"{WORK}/{one.id}/accept", headers={"Sec-Fetch-Site": "cross-site"}
        )
    assert answer.status_code == 403
    assert (await place.now_of(one)).state == "offered"


async def test_there_are_no_other_acts(place: Place) -> None:
    """A made-up one is not there."""
    one = await offered(place)
    assert (await tap(place, one, "explode", one.holder)).status_code == 404


async def test_a_note_is_shown_and_not_obeyed(place: Place) -> None:
    """Markup in a note is text."""
    one = await accepted(place)
    note = "<script>1</script>"
    await tap(place, one, "contact", one.holder, how="call", reached="no", attempt="1", note=note)
    seen = await page(place, f"{WORK}/{one.id}", one.holder)
    assert note not in seen.text
    assert html.escape(note) in seen.text
