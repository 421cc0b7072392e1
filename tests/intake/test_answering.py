"""A sender answers what was asked, by field: a revision, or every fault by its field."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest

from services.intake.answering import answered
from services.intake.matching import canonical
from services.intake.reading import LARGEST, UnreadableReferral, read_document
from services.intake.referral import Referral
from tests.intake.documents import FULL, SMALL
from tests.intake.ground import Serving, document

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def stored(tree: dict[str, Any]) -> bytes:
    """A document as it is kept."""
    return canonical(read_document(json.dumps(tree).encode(), NOW))


def answer(tree: dict[str, Any], **answers: Any) -> Referral:
    """What comes of a document with some answers; a path's dots are written as __."""
    body = {"answers": {path.replace("__", "."): value for path, value in answers.items()}}
    return answered(stored(tree), json.dumps(body).encode(), NOW)


def refused(tree: dict[str, Any], body: object) -> list[tuple[str, str]]:
    """Why an answer is not taken, by field."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    with pytest.raises(UnreadableReferral) as refusal:
        answered(stored(tree), raw, NOW)
    return [(each.field, each.problem) for each in refusal.value.problems]


def test_an_answer_joins_what_is_known() -> None:
    """What was not known is added, in its part of the document; all else stays; it is made now."""
    risk = {"tool": "dash", "level": "medium"}
    after = answer({**SMALL, "risk": risk}, risk__score=15, children=[{"age": 6}])
    assert after.risk is not None
    assert (after.risk.tool, after.risk.level, after.risk.score) == ("dash", "medium", 15)
    assert after.children is not None
    assert after.concerns == ("domestic_abuse",)
    assert after.made_at == NOW


def test_an_object_joins_the_one_that_is_there() -> None:
    """What was known of the other party is not lost when the name is learnt."""
    before = {**SMALL, "other_party": {"relationship": "former_partner"}}
    after = answer(before, other_party={"given_name": "Dorian", "family_name": "Quill"})
    assert after.other_party is not None
    assert after.other_party.relationship == "former_partner"
    assert after.other_party.given_name == "Dorian"


def test_a_list_takes_the_others_place() -> None:
    """A list is answered as a whole; an empty one says that there are none."""
    after = answer({**SMALL, "needs": ["housing"], "wants": ["drop_in"]}, needs=["nrpf"], wants=[])
    assert (after.needs, after.wants) == (("nrpf",), ())


def test_what_is_asked_for_by_a_short_name() -> None:
    """`age` and `borough` are the person's, as they are asked for."""
    after = answer(SMALL, age=34, borough="bromley")
    assert after.person is not None
    assert (after.person.age, after.person.borough) == (34, "bromley")


def test_a_date_of_birth_takes_the_ages_place() -> None:
    """An age that was known stands only until the date of birth is."""
    after = answer({**SMALL, "person": {"age": 34}}, person__date_of_birth="1991-03-04")
    assert after.person is not None
    assert after.person.age is None


def test_nothing_new() -> None:
    """Answers that are known already leave the document as it was made."""
    assert canonical(answer(FULL, needs=FULL["needs"])) == stored(FULL)


def test_a_sender_whose_clock_runs_ahead() -> None:
    """The answers are never older than the document that they join."""
    ahead = NOW + timedelta(minutes=4)
    after = answer({**SMALL, "made_at": ahead.isoformat()}, needs=[])
    assert after.made_at == ahead


@pytest.mark.parametrize(
    "path",
    ["version", "reference", "made_at", "role", "source", "source.agency", "role.x"],
)
def test_what_a_referral_is_stays(path: str) -> None:
    """Who sends it, under which number and about whom is not changed by an answer."""
    ((_, why),) = refused(SMALL, {"answers": {path: "offender"}})
    assert why == "cannot be changed by an answer"


@pytest.mark.parametrize(
    ("answers", "field", "problem"),
    [
        ({"risk.score": 25}, "risk.score", "must be 24 or less"),
        ({"risk.scor": 15}, "risk.scor", "is not a field here; is score meant?"),
        ({"risk.score": None}, "risk.score", "is null: leave it out"),
        ({"children.age": 6}, "children", "must be a list"),
        ({"surname": "Quill"}, "surname", "is not a field here"),
        ({"needs": ["a house"]}, "needs[0]", "must be"),
        ({"": 1}, "?", "is not a field here"),
        ({"\ud800": 1}, "?", "is not a field here"),
        ({"risk": {"score": 1}, "risk.score": 2}, "risk.score", "is given twice"),
        ({"age": 3, "person.age": 4}, "person.age", "is given twice"),
        ({".".join(["a"] * 9000): 1}, "a", "is not a field here"),
        ({"risk.score": {"a": {"b": 1}}}, "risk.score", "must be a whole number"),
        ({"person.date_of_birth": "2030-01-01"}, "person.date_of_birth", "is after the day"),
        ({"needs": "x" * 40_000, "wants": "x"}, "wants", "must be a list"),
    ],
)
def test_a_bad_answer(answers: dict[str, Any], field: str, problem: str) -> None:
    """Each is named by its field, as in a document, and no value is repeated."""
    faults = refused(SMALL, {"answers": answers})
    assert any(at == field and problem in why for at, why in faults), faults
    assert not any("Quill" in why for _, why in faults)


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        7,
        {"answers": {}},
        {"answers": []},
        {"answers": {"needs": []}, "made_at": "now"},
        b'{"answers": {"needs": []}, "answers": {"wants": []}}',
    ],
)
def test_what_holds_no_answers(body: object) -> None:
    """A body is one object of answers and nothing beside it."""
    ((field, _),) = refused(SMALL, body)
    assert field == "answers"


def test_answers_given_twice() -> None:
    """Two answers for one field are none; nor is NaN one."""
    raw = b'{"answers": {"risk.score": 3, "risk.score": 4, "risk.dvrim_scale": NaN}}'
    assert refused(SMALL, raw) == [
        ("risk.score", "is given twice"),
        ("risk.dvrim_scale", "is not a number that JSON knows"),
    ]


def test_answers_that_contradict() -> None:
    """The document is judged as a whole: a score that its answers do not bear out is refused."""
    yes = {str(n): "yes" for n in range(1, 25)}
    faults = refused({**SMALL, "risk": {"answers": yes}}, {"answers": {"risk.score": 15}})
    assert [field for field, _ in faults] == ["risk.answers"]


def test_too_large_with_the_answers() -> None:
    """A document stays within 64 KiB, whatever is answered to it."""
    lines = ["x" * 400 for _ in range(100)]
    before = {**SMALL, "person": {"address": {"lines": lines}}}
    body = {"answers": {"other_party.address.lines": lines}}
    assert len(stored(before)) < LARGEST
    assert refused(before, body) == [("document", "is larger than 64 KiB with these answers")]


async def inform(
    served: Serving, referral: UUID, answers: object, agency: str | None = "met-police"
) -> httpx2.Response:
    """A sender's answers."""
    return await served.http.post(
        f"/intake/api/referrals/{referral}/information",
        json={"answers": answers},
        headers=served.signed_in("sender", agency=agency),
    )


async def test_answers_are_a_revision(served: Serving) -> None:
    """202 with the receipt: the answers are told as an amendment of the same referral."""
    sent = document(children=None)
    del sent["children"]
    referral = await served.send(sent)
    receipt = await inform(served, referral, {"children": [], "risk.score": 15})
    assert receipt.status_code == 202
    assert receipt.json()["outcome"] == "accepted"
    assert receipt.json()["reference"] == sent["reference"]
    _, amended = await served.told(referral)
    facts = amended["data"]["facts"]
    assert (amended["type"], amended["data"]["revision"]) == ("referral.amended.v1", 2)
    assert (facts["children"], facts["risk.score"], facts["risk.tool"]) == ([], 15, "dash")


async def test_the_same_answers_again(served: Serving) -> None:
    """Answers that are sent again, since no answer came, make no further revision."""
    referral = await served.send(document())
    first, again = [await inform(served, referral, {"needs": []}) for _ in range(2)]
    assert [each.json()["outcome"] for each in (first, again)] == ["accepted", "already_known"]
    assert len(await served.told(referral)) == 2


async def test_bad_answers_change_nothing(served: Serving) -> None:
    """422 with the faults by field; the referral stays as it was."""
    referral = await served.send(document())
    answer = await inform(served, referral, {"risk.score": 99, "needs": []})
    assert answer.status_code == 422
    assert [fault["field"] for fault in answer.json()["problems"]] == ["risk.score"]
    assert len(await served.told(referral)) == 1


async def test_nobody_else_is_made_of_the_person(served: Serving) -> None:
    """Another name with another date of birth is refused, as of a whole document."""
    referral = await served.send(document())
    other = {"person.given_name": "Petra", "person.date_of_birth": "1970-01-01"}
    answer = await inform(served, referral, other)
    assert [fault["field"] for fault in answer.json()["problems"]] == ["person"]


async def test_a_team_that_is_not_theirs(served: Serving) -> None:
    """An answer gives nobody another team than the agency is registered for."""
    referral = await served.send(document())
    answer = await inform(served, referral, {"source.team": "hospital"})
    assert [fault["field"] for fault in answer.json()["problems"]] == ["source.team"]


@pytest.mark.parametrize("agency", ["bromley-council", None])
async def test_answers_to_what_another_sent(served: Serving, agency: str | None) -> None:
    """For another sender the referral is not there; nothing changes."""
    referral = await served.send(document())
    answers = [await inform(served, one, {"needs": []}, agency) for one in (referral, uuid4())]
    assert [each.status_code for each in answers] == [404, 404]
    assert len(await served.told(referral)) == 1


async def test_only_senders_answer(served: Serving) -> None:
    """A coordinator changes nothing of what a sender said."""
    referral = await served.send(document())
    answer = await served.http.post(
        f"/intake/api/referrals/{referral}/information",
        json={"answers": {"needs": []}},
        headers=served.signed_in("coordinator"),
    )
    assert answer.status_code == 403
