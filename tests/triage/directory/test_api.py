"""The directory over HTTP: who may read and change it, and what is refused with its reason."""

import asyncio
from typing import Any

import httpx2
import pytest

from deploy.local.system import DIRECTORY as LOCAL
from services.triage.directory.changes import DIRECTORY_ID
from services.triage.directory.entries import Directory
from services.triage.directory.reading import read_directory
from shared.sign_in import Role
from tests.triage.directory.kept import KeptDirectory
from tests.triage.service import Service

LEAVE = {"from": "2027-03-01", "until": "2027-03-05"}


def as_json(directory: Directory) -> dict[str, Any]:
    """As the API gives it and takes it."""
    return directory.model_dump(mode="json", by_alias=True, exclude_defaults=True)


def entry(directory: Directory, section: str, number: int) -> dict[str, Any]:
    """One entry of it."""
    found: dict[str, Any] = as_json(directory)[section][number]
    return found


@pytest.fixture
async def loaded(kept: KeptDirectory) -> KeptDirectory:
    """The sample is loaded, at version 1."""
    await kept.become(kept.sample, 0)
    return kept


async def test_a_coordinator_reads_it_whole(loaded: KeptDirectory) -> None:
    """With its version; and that it was read is told, since it names people."""
    answer = await loaded.call("GET")

    assert answer.json() == {"version": 1, "directory": as_json(loaded.sample), "refused": {}}
    (read,) = await loaded.told("access.recorded")
    assert read["subject"] == str(DIRECTORY_ID)
    assert (read["data"]["reader"], read["data"]["what"]) == ("coordinator-1", "directory")


async def test_what_is_read_may_be_put_back(loaded: KeptDirectory) -> None:
    """Nothing is lost on the way, so nothing changes and nothing is told."""
    read = (await loaded.call("GET")).json()

    answer = await loaded.call("PUT", body=read["directory"])

    assert answer.json() == {"version": 1, "dry_run": False, "changes": []}
    assert len(await loaded.told("directory.changed")) == 1


async def test_nothing_is_there_yet(kept: KeptDirectory) -> None:
    """A system whose directory was never loaded says so, and takes one."""
    assert (await kept.call("GET")).status_code == 404

    answer = await kept.call("PUT", body=as_json(kept.sample))

    assert (answer.status_code, answer.json()["version"]) == (200, 1)
    assert await kept.current() == kept.sample


async def test_a_new_system_has_the_directory_of_its_file(triage_service: Service) -> None:
    """Triage as it runs has loaded the seed before anybody asks."""
    async with httpx2.AsyncClient(base_url=triage_service.url) as program:
        answer = await program.get(
            "/triage/api/directory",
            headers={"Authorization": f"Bearer {triage_service.token('coordinator')}"},
        )

    local = as_json(read_directory([LOCAL]))
    by_key = {key: sorted(entries, key=str) for key, entries in local.items()}
    found = answer.json()
    assert found["version"] == 1
    assert {key: sorted(e, key=str) for key, e in found["directory"].items()} == by_key


async def test_a_dry_run_says_what_would_change(loaded: KeptDirectory) -> None:
    """In words and for programs; nothing is stored and nothing told."""
    wanted = as_json(loaded.sample)
    wanted["practitioners"][0] |= {"max_caseload": 10, "leave": [LEAVE]}

    answer = await loaded.call("PUT", body=wanted, dry_run=True)

    assert answer.json() == {
        "version": 1,
        "dry_run": True,
        "changes": [
            {
                "kind": "practitioner",
                "key": "p-anna",
                "action": "changed",
                "fields": ["leave", "max_caseload"],
                "words": "p-anna: leave, max_caseload change",
            }
        ],
    }
    assert await loaded.current() == loaded.sample
    assert len(await loaded.told("directory.changed")) == 1


async def test_what_does_not_hold_together_is_refused_by_field(loaded: KeptDirectory) -> None:
    """Every fault at once; nothing of it is stored."""
    wanted = as_json(loaded.sample)
    wanted["practitioners"][0] |= {"capacity": 0, "stand_in": "p-gone"}
    wanted["teams"][0]["lead"] = "p-lost"

    answer = await loaded.call("PUT", body=wanted)

    assert answer.status_code == 422
    assert answer.json()["type"] == "urn:fingerpost:problem:invalid-directory"
    assert answer.json()["problems"] == [
        {"field": "practitioners.p-anna.capacity", "problem": "is under 1"},
        {
            "field": "teams.bromley/idsva.lead",
            "problem": "p-lost is no practitioner of this directory",
        },
    ]
    assert await loaded.current() == loaded.sample


@pytest.mark.parametrize("body", [[], "x", {"practitioners": 5}, {"nobody": []}, {}])
async def test_what_is_no_directory(loaded: KeptDirectory, body: object) -> None:
    """Whatever it is, the answer names a problem."""
    answer = await loaded.call("PUT", body=body)

    assert answer.status_code == 422
    assert answer.json()["problems"]


@pytest.mark.parametrize("path", ["", "/practitioners/p-anna"])
async def test_who_thought_it_out_on_another_version_is_told(
    loaded: KeptDirectory, path: str
) -> None:
    """Somebody else changed it since: read it again."""
    body = entry(loaded.sample, "practitioners", 0) if path else as_json(loaded.sample)

    answer = await loaded.call("PUT", path, body, version=0)

    assert answer.status_code == 409
    assert answer.json()["type"] == "urn:fingerpost:problem:directory-changed"


async def test_of_many_at_once_none_is_lost(loaded: KeptDirectory) -> None:
    """Each either stands in the end or was told that it does not."""
    days = [f"2027-04-{day:02}" for day in range(1, 9)]

    answers = await asyncio.gather(
        *(
            loaded.call("POST", "/practitioners/p-cora/leave", {"from": day, "until": day})
            for day in days
        )
    )

    stored = [day for day, answer in zip(days, answers, strict=True) if answer.status_code == 200]
    assert {answer.status_code for answer in answers} <= {200, 409}
    cora = (await loaded.current()).practitioner("p-cora")
    assert cora
    assert sorted(str(each.first) for each in cora.leave) == stored
    assert stored


async def test_one_practitioner_is_changed(loaded: KeptDirectory) -> None:
    """A field that is left out is no longer said; the id stands in the address."""
    body = {"name": "Anna Keld", "email": "anna.keld@example.org", "phone": "07700 900399"}

    answer = await loaded.call("PUT", "/practitioners/p-anna", body)

    assert answer.status_code == 200
    anna = (await loaded.current()).practitioner("p-anna")
    assert anna
    assert (anna.phone, anna.max_caseload, anna.leave) == ("07700 900399", None, ())


async def test_somebody_new(loaded: KeptDirectory) -> None:
    """Is added by the same call, and then to a team."""
    body = {"name": "Dee Nunn", "email": "dee.nunn@example.org"}
    assert (await loaded.call("PUT", "/practitioners/p-deen", body)).status_code == 200

    team = entry(loaded.sample, "teams", 0) | {"members": ["p-deen"]}
    answer = await loaded.call("PUT", "/teams/bromley/idsva", team)

    assert [each["words"] for each in answer.json()["changes"]] == ["bromley/idsva: members change"]
    assert [p.id for p in (await loaded.current()).team("bromley", "idsva")] == ["p-deen"]


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/practitioners/p-anna", {"name": "Anna Keld", "email": "anna"}, "email"),
        ("/practitioners/p-anna", {"name": "Anna Keld"}, "email"),
        ("/practitioners/p-anna", {"id": "p-beaa"}, "id"),
        ("/practitioners/anna", {"name": "A", "email": "a@example.org"}, "id"),
        ("/teams/bromley/idsva", {"members": ["p-gone"]}, "members.0"),
        ("/teams/barnet/idsva", {"members": ["p-anna"]}, "catalogue"),
        ("/duty/bromley", {"coordinators": []}, "coordinators"),
        (
            "/duty/bromley",
            {
                "coordinators": ["p-cora"],
                "rota": [{"days": ["monday"], "from": "08:00", "until": "x", "who": "p-cora"}],
            },
            "rota.0.until",
        ),
    ],
)
async def test_an_entry_that_is_wrong_is_refused_by_its_own_field(
    loaded: KeptDirectory, path: str, body: dict[str, Any], field: str
) -> None:
    """The place within the entry, and nothing is stored."""
    answer = await loaded.call("PUT", path, body)

    assert answer.status_code == 422
    assert field in {problem["field"] for problem in answer.json()["problems"]}
    assert await loaded.current() == loaded.sample


async def test_a_duty_and_a_team_are_changed_and_removed(loaded: KeptDirectory) -> None:
    """A team may go; the duty stays for as long as its catalogue has a team."""
    duty = {"coordinators": ["p-beaa"]}
    assert (await loaded.call("PUT", "/duty/bromley", duty)).status_code == 200
    assert (await loaded.call("DELETE", "/teams/bromley/outreach")).status_code == 200

    refused = await loaded.call("DELETE", "/duty/bromley")

    assert refused.status_code == 409
    assert refused.json()["type"] == "urn:fingerpost:problem:still-needed"
    now = await loaded.current()
    assert [team.team for team in now.teams] == ["idsva"]
    assert now.duty[0].coordinators == ("p-beaa",)


@pytest.mark.parametrize("path", ["/practitioners/p-gone", "/teams/bromley/x", "/duty/barnet"])
async def test_what_is_not_there_cannot_be_removed(loaded: KeptDirectory, path: str) -> None:
    """It is told as what is not there."""
    assert (await loaded.call("DELETE", path)).status_code == 404


async def test_who_is_named_elsewhere_is_not_removed(loaded: KeptDirectory) -> None:
    """Each place that names her is told."""
    answer = await loaded.call("DELETE", "/practitioners/p-cora")

    assert answer.status_code == 409
    assert {problem["field"] for problem in answer.json()["problems"]} == {
        "teams.bromley/idsva.contact",
        "duty.bromley.coordinators.0",
        "duty.bromley.rota.0.who",
    }


@pytest.mark.parametrize("way", ["DELETE", "PUT", "dry run"])
async def test_who_holds_open_assignments_is_not_removed(loaded: KeptDirectory, way: str) -> None:
    """By no way; how many they are is told, so that they are transferred first. What is closed
    does not count."""
    extra = {"id": "p-deen", "name": "Dee Nunn", "email": "dee.nunn@example.org"}
    await loaded.call("PUT", "/practitioners/p-deen", extra)
    await loaded.hold("p-deen")
    await loaded.hold("p-deen", "accepted")
    await loaded.hold("p-deen", "closed")

    if way == "DELETE":
        answer = await loaded.call("DELETE", "/practitioners/p-deen")
    else:
        answer = await loaded.call("PUT", body=as_json(loaded.sample), dry_run=way == "dry run")

    assert answer.status_code == 409
    assert answer.json()["type"] == "urn:fingerpost:problem:holds-assignments"
    assert answer.json()["problems"] == [
        {"field": "practitioners.p-deen", "problem": "holds 2 open assignments"}
    ]
    assert (await loaded.current()).practitioner("p-deen")


async def test_who_holds_nothing_open_is_removed(loaded: KeptDirectory) -> None:
    """And the history keeps who she was."""
    extra = {"id": "p-deen", "name": "Dee Nunn", "email": "dee.nunn@example.org"}
    await loaded.call("PUT", "/practitioners/p-deen", extra)
    await loaded.hold("p-deen", "closed")

    answer = await loaded.call("DELETE", "/practitioners/p-deen")

    assert answer.json()["changes"][0]["words"] == "p-deen is removed"
    assert (await loaded.current()).practitioner("p-deen") is None
    assert (await loaded.rows("directory_change", "version"))[-1].before == extra


@pytest.mark.parametrize(("who", "role"), [("p-cora", "practitioner"), ("c-1", "coordinator")])
async def test_leave_is_added(loaded: KeptDirectory, who: str, role: Role) -> None:
    """By herself or by a coordinator; twice is once."""
    path = "/practitioners/p-cora/leave"
    for _ in range(2):
        answer = await loaded.call("POST", path, LEAVE, role=role, who=who)
        assert answer.status_code == 200

    cora = (await loaded.current()).practitioner("p-cora")
    assert cora
    assert [str(each.first) for each in cora.leave] == ["2027-03-01"]
    assert await loaded.version() == 2


async def test_nobody_adds_leave_for_a_colleague(loaded: KeptDirectory) -> None:
    """Whether there is such a colleague is not told either."""
    for path in ("/practitioners/p-anna/leave", "/practitioners/p-gone/leave"):
        answer = await loaded.call("POST", path, LEAVE, role="practitioner", who="p-cora")
        assert answer.status_code == 404
    assert await loaded.current() == loaded.sample


@pytest.mark.parametrize(
    "leave",
    [
        {"from": "2027-03-05", "until": "2027-03-01"},
        {"from": "2027-03-05"},
        {"from": 5, "until": 6},
        {"from": "2027-03-05T00:00:00", "until": "2027-03-06"},
        {**LEAVE, "why": "a holiday"},
    ],
)
async def test_leave_that_is_none(loaded: KeptDirectory, leave: dict[str, Any]) -> None:
    """Days of the calendar, the last not before the first, and nothing of why."""
    answer = await loaded.call("POST", "/practitioners/p-cora/leave", leave)

    assert answer.status_code == 422
    assert await loaded.current() == loaded.sample


@pytest.mark.parametrize("role", ["sender", "practitioner", "auditor"])
@pytest.mark.parametrize(
    ("verb", "path"),
    [
        ("GET", ""),
        ("PUT", ""),
        ("PUT", "/practitioners/p-anna"),
        ("DELETE", "/practitioners/p-anna"),
        ("PUT", "/teams/bromley/idsva"),
        ("DELETE", "/teams/bromley/idsva"),
        ("PUT", "/duty/bromley"),
        ("DELETE", "/duty/bromley"),
    ],
)
async def test_for_coordinators_alone(
    loaded: KeptDirectory, role: Role, verb: str, path: str
) -> None:
    """Nobody else reads or changes the directory."""
    answer = await loaded.call(verb, path, {}, role=role, who="p-anna")

    assert answer.status_code == 403
