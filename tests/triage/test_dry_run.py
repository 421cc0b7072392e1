"""A dry run over HTTP: intake reads the document, triage decides on its facts, nobody stores."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from typer.testing import CliRunner

from deploy.cli import app as command_line
from deploy.keys import Keys
from deploy.tokens import mint
from services.intake.dry_run import dry_run_router
from services.triage.api import api_router
from shared import problems
from shared.sign_in import Doorkeeper, Role
from tests.servers import Postgres
from tests.shared.ground import Bench, bench
from tests.triage.cases import EXAMPLES, NOW, example, library

DOCUMENT, _ = example("01-police-high-risk")


@dataclass
class DryRun:
    """Both services' sides of it. `to_triage`: the bodies that went from one to the other."""

    http: httpx2.AsyncClient
    keys: Keys
    triage: Bench
    to_triage: list[bytes] = field(default_factory=list)

    async def ask(
        self, document: Any = DOCUMENT, role: Role = "practitioner", **query: Any
    ) -> httpx2.Response:
        """Somebody with a role tries a document."""
        token = mint(self.keys.token_signing_file, f"{role}-1", (role,))
        return await self.http.post(
            "/triage/api/decide",
            params={"catalogue": "bromley"} | query,
            content=json.dumps(document),
            headers={"Authorization": f"Bearer {token}"},
        )


@pytest.fixture
async def dry_run(postgres: Postgres, test_keys: Keys) -> AsyncIterator[DryRun]:
    """Intake's app in front of triage's."""
    ground = await bench(postgres, "triage")
    doorkeeper = Doorkeeper.from_file(test_keys.token_keys_file)
    triage, intake = FastAPI(), FastAPI()
    triage.include_router(api_router(ground.unit, library(), doorkeeper))
    sent: list[bytes] = []

    async def remember(request: httpx2.Request) -> None:
        sent.append(request.content)

    to_triage = httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=triage),
        base_url="http://triage.test",
        event_hooks={"request": [remember]},
    )
    intake.include_router(dry_run_router(to_triage, doorkeeper, lambda: NOW))
    for app in (triage, intake):
        problems.install(app)
    async with (
        intake.router.lifespan_context(intake),
        httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app=intake), base_url="http://intake.test"
        ) as http,
    ):
        yield DryRun(http, test_keys, ground, sent)
    assert to_triage.is_closed
    await ground.engine.dispose()


@pytest.mark.parametrize("role", ["sender", "practitioner", "coordinator"])
async def test_it_answers_as_route_does(dry_run: DryRun, role: Role) -> None:
    """The same JSON as the command without any server."""
    file = EXAMPLES / "01-police-high-risk.json"
    route = CliRunner().invoke(
        command_line, ["route", str(file), "--catalogue", "bromley", "--json"]
    )

    answer = await dry_run.ask(role=role)

    assert answer.status_code == 200
    assert answer.json() == json.loads(route.stdout)


async def test_nothing_is_stored_and_nobody_is_told(dry_run: DryRun) -> None:
    """Neither a decision nor an event."""
    await dry_run.ask()

    assert await dry_run.triage.rows("decision") == []
    assert await dry_run.triage.rows("outbox") == []


async def test_no_identity_reaches_triage(dry_run: DryRun) -> None:
    """Of everything in the vault's fields not a word is sent on."""
    document = DOCUMENT | {
        "reference": "CANARY-1",
        "narrative": "CANARY",
        "person": {
            "given_name": "CANARY",
            "family_name": "CANARY",
            "date_of_birth": "1991-03-04",
            "address": {"lines": ["CANARY"], "postcode": "BR5 3ZZ"},
        },
    }

    await dry_run.ask(document)

    (body,) = dry_run.to_triage
    assert b"CANARY" not in body
    assert b"1991" not in body
    assert json.loads(body)["age"] == 35


async def test_an_earlier_marac_is_a_repeat(dry_run: DryRun) -> None:
    """As `--repeat-of-marac` says it."""
    answer = await dry_run.ask(repeat_of_marac="2026-01-05")

    assert answer.json()["marac_triggers"] == ["visible_high_risk", "repeat"]


async def test_a_day_before_any_policy_is_answered(dry_run: DryRun) -> None:
    """Unrouted, with no policy named, and the measure of risk all the same."""
    answer = await dry_run.ask(on="2017-03-31")

    decided = answer.json()
    assert answer.status_code == 200
    assert decided["outcome"] == "unrouted"
    assert decided["catalogue"] == {"name": "bromley", "in_force_from": None, "sha256": None}
    assert (decided["risk_level"], decided["urgent"]) == ("high", True)


@pytest.mark.parametrize(
    ("query", "field_", "problem"),
    [
        ({"repeat_of_marac": "2026-11-17"}, "repeat_of_marac", "is after the day of the referral"),
        ({"catalogue": "camden"}, "catalogue", "is not the name of a catalogue"),
        ({"on": "tomorrow"}, "on", "not of the form that is asked for"),
    ],
)
async def test_a_parameter_that_cannot_be_is_named(
    dry_run: DryRun, query: dict[str, Any], field_: str, problem: str
) -> None:
    """In a problem, without its value."""
    answer = await dry_run.ask(**query)

    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["problems"] == [{"field": field_, "problem": problem}]


async def test_every_fault_of_a_document_is_told(dry_run: DryRun) -> None:
    """By field, and triage hears nothing of it."""
    answer = await dry_run.ask(DOCUMENT | {"role": "neighbour", "concerns": []})

    assert answer.status_code == 422
    assert [each["field"] for each in answer.json()["problems"]] == ["role", "concerns"]
    assert dry_run.to_triage == []


@pytest.mark.parametrize("made_at", ["0001-06-01T00:00:00Z", "0001-01-01T12:00:00+00:00"])
async def test_the_beginning_of_the_calendar_is_no_failure(dry_run: DryRun, made_at: str) -> None:
    """A document of such a moment is refused: twelve months cannot be counted back from it."""
    answer = await dry_run.ask({**DOCUMENT, "made_at": made_at, "person": {}, "other_party": {}})

    assert (answer.status_code, answer.json()["problems"][0]["field"]) == (422, "made_at")


async def test_an_auditor_decides_nothing(dry_run: DryRun) -> None:
    """It is for those who refer or receive."""
    answer = await dry_run.ask(role="auditor")

    assert answer.status_code == 403


async def test_without_triage_it_says_so(postgres: Postgres, test_keys: Keys) -> None:
    """Nothing was decided; a moment later it may be."""
    app = FastAPI()
    problems.install(app)
    nobody = httpx2.AsyncClient(base_url="http://127.0.0.1:9")
    app.include_router(
        dry_run_router(nobody, Doorkeeper.from_file(test_keys.token_keys_file), lambda: NOW)
    )
    transport = httpx2.ASGITransport(app=app)
    async with (
        app.router.lifespan_context(app),
        httpx2.AsyncClient(transport=transport, base_url="http://intake.test") as http,
    ):
        ground = await bench(postgres, "triage")
        answer = await DryRun(http, test_keys, ground).ask()
        await ground.engine.dispose()

    assert (answer.status_code, answer.json()["status"]) == (503, 503)
