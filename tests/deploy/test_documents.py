"""The documents that people rely on, held against the code: what is there is told, and no more."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args
from uuid import UUID

import pytest
from pydantic_settings import BaseSettings
from starlette.routing import Mount, Route

from deploy.keys import LOCAL_LOG, make
from services.audit.app import create_app as audit_app
from services.audit.settings import AuditSettings
from services.intake.app import create_app as intake_app
from services.intake.settings import IntakeSettings
from services.notify.app import create_app as notify_app
from services.notify.settings import NotifySettings
from services.triage.app import create_app as triage_app
from services.triage.settings import TriageSettings
from shared.events import EVENT_TYPES, Purpose
from shared.subjects import PUBLISHES, SERVICES

ROOT = Path(__file__).parents[2]
CONTRACT = (ROOT / "docs" / "contract.md").read_text()
OPERATIONS = (ROOT / "docs" / "operations.md").read_text()
LOCAL = ROOT / "deploy" / "local"
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]

CODE = re.compile(r"`([^`]+)`")
CALL = re.compile(r"(?:(GET|POST|PUT|DELETE) )?(/[^?\s]+)(?:\?\S*)?")
LEVELS = {"debug", "info", "warning", "error", "critical"}


def section(text: str, title: str) -> str:
    """What stands under a heading of the second level."""
    return text.split(f"\n## {title}\n")[1].split("\n## ")[0]


def rows(text: str) -> Iterator[tuple[list[str], str]]:
    """Of each row of its tables: the code in the first cell, and the whole row."""
    for line in text.splitlines():
        if line.startswith("| `"):
            yield CODE.findall(re.split(r"(?<!\\)\|", line)[1]), line


# Events


def test_every_event_is_in_the_contract_and_no_other() -> None:
    """The table of events has a row for each type."""
    told = [name for names, _ in rows(section(CONTRACT, "4. Events")) for name in names]

    assert {name for name in told if "." in name} == set(EVENT_TYPES)


@pytest.mark.parametrize("kind", EVENT_TYPES)
def test_an_events_row_names_each_of_its_fields(kind: str) -> None:
    """A row names the fields itself, or says "the same" and adds to the one above."""
    told: set[str] = set()
    for names, row in rows(section(CONTRACT, "4. Events")):
        told = set(CODE.findall(row)) | (told if "the same" in row else set())
        if kind in names:
            break

    fields = {f.alias or name for name, f in EVENT_TYPES[kind].model_fields.items()}
    assert {name.removesuffix("[]") for name in told} >= fields


def test_who_publishes_what_is_in_the_contract() -> None:
    """The table names each service's types; a prefix stands before those that share it."""
    told = {}
    for line in section(CONTRACT, "3. Subjects and streams").splitlines():
        service, _, rest = line.removeprefix("| ").partition(" |")
        if line.startswith("| ") and service in PUBLISHES:
            names, prefix = [], ""
            for name in CODE.findall(rest.split("|")[0]):
                prefix = name if name.endswith(".") else "" if "." in name else prefix
                names += [] if name.endswith(".") else [prefix + name]
            told[service] = set(names)

    assert told == {who: set(types) for who, types in PUBLISHES.items() if types}


def test_every_purpose_of_a_message_is_in_the_contract() -> None:
    """What `purpose` may be is told where the events are."""
    told = CODE.findall(section(CONTRACT, "4. Events").partition("The `purpose` of")[2])

    assert set(get_args(Purpose)) <= set(told)


# HTTP


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> list[Route]:
    """Every route of the four services, with all that settings can turn on."""
    keys = make(tmp_path_factory.mktemp("documents") / "keys", ("met-police",))
    every: dict[str, Any] = {
        "nats_url": "nats://127.0.0.1:4222",
        "nats_seed_file": keys.seed_file("notify"),
        "database_url": "postgresql+asyncpg://nobody:nothing@127.0.0.1/fingerpost",
        "token_keys_file": keys.token_keys_file,
        "port": 8000,
        "public_url": "https://fp.example.gov.uk",
        "agencies_file": LOCAL / "agencies.yaml",
        "directory_file": LOCAL / "directory.yaml",
        "vault_key_file": keys.vault_key_file,
        "triage_url": "http://127.0.0.1:8001",
        "email_providers": "local_inbox",
        "sms_providers": "govuk_notify,sms_gateway",
        "sms_replies": True,
        "govuk_notify_api_key": f"ours-{UUID(int=1)}-{UUID(int=2)}",
        "govuk_notify_sms_template": UUID(int=3),
        "govuk_notify_callback_token": "a-token-that-is-secret",
        "sms_gateway_account": "AC01",
        "sms_gateway_token": "secret",
        "sms_gateway_from": "+447700900999",
        "log_origin": LOCAL_LOG,
        "log_key_files": [keys.log_key_file],
        "log_memory_file": keys.log_memory_file,
    }
    apps = [
        intake_app(IntakeSettings(**every)),
        triage_app(TriageSettings(**every)),
        notify_app(NotifySettings(**every)),
        audit_app(AuditSettings(**every)),
    ]
    return [route for app in apps for route in routes(app)]


def routes(of: Any) -> Iterator[Route]:
    """The routes of an app, those of the routers that it includes too."""
    for route in of.routes:
        if isinstance(route, Route):
            yield route
        elif not isinstance(route, Mount):  # style sheets
            yield from routes(route.original_router)


def told_calls() -> set[tuple[str, str]]:
    """Method and path of each call, page and form in the contract; a page has none but GET."""
    found = set()
    for names, _ in rows(section(CONTRACT, "5. HTTP")):
        for name in names:
            if call := CALL.fullmatch(name):
                for service in SERVICES:
                    path = call[2].replace("<service>", service)
                    found.add((call[1] or "GET", re.sub(r"{\w+}", "{}", path)))
    return found


def test_every_call_and_page_is_in_the_contract(served: list[Route]) -> None:
    """Only what a page posts back, and the sign-in, need not be there."""
    there = {
        (method, re.sub(r"{\w+(:path)?}", "{}", route.path))
        for route in served
        for method in (route.methods or set()) - {"HEAD"}
        if route.include_in_schema or method == "GET" or "/callbacks/" in route.path
    }

    assert there - told_calls() == {("GET", "/notify/sign-in")}


def test_the_contract_promises_no_call_that_is_not_there(served: list[Route]) -> None:
    """Each call, page and form of the contract is served."""
    missing = {
        (method, path)
        for method, path in told_calls()
        if not any(
            method in (route.methods or ()) and route.path_regex.fullmatch(path.replace("{}", "x"))
            for route in served
        )
    }

    assert missing == set()


# The operator's guide


def logged() -> Iterator[str]:
    """The name of every line that the services log."""
    for folder in ("services", "shared"):
        for file in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text())):
                match node:
                    case ast.Call(
                        func=ast.Attribute(attr=level), args=[ast.Constant(value=str(name)), *_]
                    ) if level in LEVELS:
                        yield name


def test_every_line_of_the_log_is_explained_and_no_other() -> None:
    """The operator finds each `event` of the log in the guide."""
    told = [name for names, _ in rows(section(OPERATIONS, "Logs")) for name in names]

    assert set(told) - {"event"} == set(logged())


@pytest.mark.parametrize("of", [IntakeSettings, TriageSettings, NotifySettings, AuditSettings])
def test_every_setting_is_in_the_guide(of: type[BaseSettings]) -> None:
    """By its variable; that a secret may stand in a file is told once for all of them."""
    names = set(of.model_fields)
    asked = {n for n in names if not (n.endswith("_file") and n.removesuffix("_file") in names)}
    told = set(CODE.findall(section(OPERATIONS, "Real servers")))

    assert {name.upper() for name in asked} <= told


# Links


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_to_files_that_are_there(document: Path) -> None:
    """A document that names another names one that exists."""
    links = re.findall(r"\]\((?!\w+:)([^)#\s]+)", document.read_text())

    assert [link for link in links if not (document.parent / link).exists()] == []
