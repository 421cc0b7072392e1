"""What a coordinator sees of a doubt, who else sees it, and what is left behind of the looking."""

import json
from typing import Any

import httpx2
import pytest

from tests.intake.ground import Serving
from tests.intake.people import Desk, person
from tests.intake.service import Service


@pytest.fixture
def desk(served: Serving) -> Desk:
    """A coordinator's desk beside the running service."""
    return Desk(served)


async def doubt(desk: Desk, family: str, **more: Any) -> dict[str, Any]:
    """A review of twins of a family of its own."""
    born = "2011-03-05"
    await desk.refer(person("Jadenka", family, born, postcode="BR5 1XA", **more))
    told = await desk.refer(person("Kadenka", family, born, postcode="BR5 1XA", **more))
    found: dict[str, Any] = next(d for d in told.doubts if d["person_ref"] == told.person)
    return found


async def test_the_list_names_nobody(desk: Desk) -> None:
    """What waits is told by ids and hours alone."""
    asked = await doubt(desk, "Nettlefold")
    found = (await desk.get("reviews")).json()["reviews"]
    (mine,) = [each for each in found if each["review_id"] == asked["review_id"]]
    assert set(mine) == {"review_id", "referral_id", "known_referral_id", "opened_at"}


async def test_both_records_with_what_was_seen(desk: Desk) -> None:
    """Field by field, with the weights, and why no machine may join the two."""
    asked = await doubt(desk, "Osbaldeston")
    found = (await desk.get(f"reviews/{asked['review_id']}")).json()
    rows = {row["field"]: row for row in found["rows"]}
    assert (rows["given name"]["new"], rows["given name"]["known"]) == ("Kadenka", "Jadenka")
    assert rows["given name"]["seen"] == "a slip of the pen apart"
    assert rows["date of birth"]["new"] == "5 March 2011"
    assert sum(line["weight"] for line in found["lines"]) == found["score"]
    assert found["doubts"]


async def test_looking_is_recorded_for_both(desk: Desk) -> None:
    """Before anything leaves it is told, of each of the two referrals, who read it."""
    asked = await doubt(desk, "Pennyfeather")
    found = (await desk.get(f"reviews/{asked['review_id']}")).json()
    for side in ("new", "known"):
        events = await desk.served.told(found[side]["referral_id"])
        *_, last = events
        assert last["type"] == "access.recorded.v1"
        assert (last["data"]["reader"], last["data"]["what"]) == ("c-1", "identity")


async def test_no_more_than_the_person(desk: Desk) -> None:
    """Neither the story nor anybody else of the referral is shown."""
    born = "2012-04-06"
    other = person("Zebulonia", "Quartermaine", "1970-01-02")
    await desk.refer(person("Jadenka", "Quartermaine", born, postcode="BR5 1XB"), other)
    told = await desk.refer(person("Kadenka", "Quartermaine", born, postcode="BR5 1XB"), other)
    answer = await desk.get(f"reviews/{told.doubts[0]['review_id']}")
    assert answer.headers["cache-control"] == "no-store"
    assert "Zebulonia" not in answer.text
    assert "Orpington" not in answer.text


@pytest.mark.parametrize("role", ["sender", "practitioner", "auditor"])
async def test_for_coordinators_alone(desk: Desk, role: Any) -> None:
    """Nobody else reads or answers."""
    asked = await doubt(desk, f"Rotherhithe{role}")
    path = f"/intake/api/reviews/{asked['review_id']}"
    for read in ("/intake/api/reviews", path):
        assert (await desk.served.get(read, role)).status_code == 403
    for act in (f"{path}/same", f"{path}/different", "/intake/api/merges"):
        answer = await desk.served.http.post(act, headers=desk.served.signed_in(role))
        assert answer.status_code == 403


async def test_the_vault_keeps_it_shut(desk: Desk) -> None:
    """What was seen, and by what people are found, cannot be read in the tables."""
    await doubt(desk, "Saltonstall")
    connection = await desk.served.database.connect("intake")
    rows = [
        str(row) + " ".join(str(value) for value in row.values())
        for table in ("match_review", "vault_block", "vault_record", "person_merge")
        for row in await connection.fetch(f"SELECT * FROM {table}")
    ]
    await connection.close()
    everything = " ".join(rows)
    assert len(rows) > 20
    for canary in ("altonstall", "adenka", "BR5 1XA", "BR51XA", "slip of the pen", "2011-03-05"):
        assert canary not in everything


async def test_by_the_pages(desk: Desk, intake_service: Service) -> None:
    """The list leads to the two records; an answer is given by a form, and undone by another."""
    asked = await doubt(desk, "Trelawneyan")
    path = f"/intake/reviews/{asked['review_id']}"
    async with intake_service.browser("c-2", "coordinator") as browser:
        listed = await browser.get("/intake/reviews")
        shown = await browser.get(path)
        answered = await browser.post(f"{path}/same")
        after = await browser.get(path)
        again = await browser.post(f"{path}/different")
        undone = await browser.post(f"{path}/undo")
        at_last = await browser.get(path)
    assert path in listed.text
    assert "Trelawneyan" not in listed.text
    assert "Kadenka" in shown.text
    assert "Trelawneyan" not in shown.text.partition("</title>")[0]
    assert (answered.status_code, answered.headers["location"]) == (303, path)
    assert "They are two people after all" in after.text
    assert (again.status_code, "settled this already" in again.text) == (409, True)
    assert undone.status_code == 303
    assert "Two people" in at_last.text


async def test_a_form_of_somebody_elses(desk: Desk, intake_service: Service) -> None:
    """A form on another site answers nothing."""
    asked = await doubt(desk, "Umfreville")
    async with intake_service.browser("c-2", "coordinator") as browser:
        browser.headers["Sec-Fetch-Site"] = "cross-site"
        answer = await browser.post(f"/intake/reviews/{asked['review_id']}/same")
    assert answer.status_code == 403
    assert (await desk.get(f"reviews/{asked['review_id']}")).json()["state"] == "open"


async def test_no_names_in_the_log(desk: Desk, intake_service: Service) -> None:
    """Nobody's name stands in what the service writes about its work."""
    asked = await doubt(desk, "Vavassourian")
    async with intake_service.browser("c-2", "coordinator") as browser:
        shown: httpx2.Response = await browser.get(f"/intake/reviews/{asked['review_id']}")
    assert shown.status_code == 200
    assert "avassour" not in intake_service.log.read_text()


async def test_no_names_in_events(desk: Desk) -> None:
    """What is told of a doubt and a merge holds references alone."""
    asked = await doubt(desk, "Wolstenholme")
    merge = await desk.same(asked)
    connection = await desk.served.database.connect("intake")
    bodies = await connection.fetch("SELECT body FROM outbox WHERE subject LIKE 'event.person.%'")
    await connection.close()
    assert merge in str([json.loads(row["body"]) for row in bodies])
    assert b"olstenholm" not in b"".join(row["body"] for row in bodies)
