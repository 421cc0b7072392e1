"""docker-compose.yml, as far as it can be shown without an engine.

Its structure is checked, and its one-shot jobs are run natively, in their order and with the very
environment that the file gives them, against the real servers.
"""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import yaml
from pydantic_settings import BaseSettings

from deploy.keys import LOCAL_LOG, Keys
from deploy.local import child, nats_server, postgres_server
from deploy.prepare import prepare
from services.audit.settings import AuditSettings
from services.intake.settings import IntakeSettings
from services.notify.settings import NotifySettings
from services.triage.settings import TriageSettings
from tests.servers import NATS_IMAGE, POSTGRES_IMAGE

ROOT = Path(__file__).parents[2]
SETTINGS: dict[str, type[BaseSettings]] = {
    "intake": IntakeSettings,
    "triage": TriageSettings,
    "notify": NotifySettings,
    "audit": AuditSettings,
}
JOBS = ("roles", "migrate", "streams")
AGENCIES_FILE = ROOT / "deploy" / "local" / "agencies.yaml"


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    """The file with its anchors resolved and its variables as they are."""
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return loaded


@pytest.mark.parametrize("service", SETTINGS)
def test_a_service_is_told_all_that_it_requires(compose: dict[str, Any], service: str) -> None:
    """Every setting without a default stands in the service's environment."""
    told = {name.lower() for name in compose["services"][service]["environment"]}
    if "env_file" in compose["services"][service]:
        told |= {"email_providers", "sms_providers"}

    required = {n for n, f in SETTINGS[service].model_fields.items() if f.is_required()}

    assert required <= told


def test_the_example_of_providers_starts_notify(tmp_path: Path) -> None:
    """The notify.env in the operator's guide is one that notify accepts, with its secret in a
    file."""
    guide = (ROOT / "docs" / "operations.md").read_text()
    example = next(
        b for b in re.findall(r"```ini\n(.*?)```", guide, re.S) if "EMAIL_PROVIDERS" in b
    )
    given = dict(line.split("=", 1) for line in example.splitlines() if "=" in line)
    for name in [name for name in given if name.endswith("_FILE")]:
        assert given[name].startswith("/notify/")
        secret = tmp_path / name
        secret.write_text(f"ours-{UUID(int=1)}-{UUID(int=2)}\n")
        given[name] = str(secret)

    settings = NotifySettings.model_validate(
        {name.lower(): value for name, value in given.items()}
        | {
            "nats_url": "nats://nats:4222",
            "nats_seed_file": "seed",
            "database_url": "postgresql+asyncpg://notify@postgres/fingerpost",
            "token_keys_file": "jwks",
            "port": 8000,
            "agencies_file": "agencies.yaml",
            "public_url": "https://fingerpost.example.gov.uk",
        }
    )

    assert settings.email_providers == ("govuk_notify", "smtp")
    assert settings.sms_providers == ("govuk_notify", "sms_gateway")


@pytest.mark.parametrize("service", SETTINGS)
def test_a_service_has_its_own_secrets_alone(compose: dict[str, Any], service: str) -> None:
    """The vault's key is intake's alone and the log's key audit's; nobody is given another's seed
    or password."""
    own = {f"{service}-seed", f"{service}-pgpass", "token-keys"}
    more = {"intake": {"vault-key"}, "audit": {"log-key", "log-policy"}}

    assert set(compose["services"][service]["secrets"]) == own | more.get(service, set())


def test_every_secret_is_a_file_that_prepare_makes(compose: dict[str, Any], tmp_path: Path) -> None:
    """No secret stands in the file or in an environment, and none is missing at the first start."""
    keys = prepare(tmp_path / "keys", AGENCIES_FILE, LOCAL_LOG)

    for name, secret in compose["secrets"].items():
        path = Path(secret["file"].replace("${FINGERPOST_KEYS}", str(keys.folder)))
        assert path.is_file(), name
    assert (keys.folder / "nats" / "server" / "nats.conf").is_file()
    assert not re.search(r"PASSWORD: |://\w+:[^/]*@", (ROOT / "docker-compose.yml").read_text())


def test_what_is_named_is_there(compose: dict[str, Any]) -> None:
    """Every network, volume, secret, configuration and predecessor that is used is declared."""
    for service in compose["services"].values():
        assert set(service.get("networks", [])) <= compose["networks"].keys()
        assert set(service.get("secrets", [])) <= compose["secrets"].keys()
        assert {c["source"] for c in service.get("configs", [])} <= compose["configs"].keys()
        assert set(service.get("depends_on", {})) <= compose["services"].keys()
        named = {v.split(":")[0] for v in service.get("volumes", []) if not v.startswith("$")}
        assert named <= compose["volumes"].keys()


def test_images_are_pinned_and_those_that_tests_use(compose: dict[str, Any]) -> None:
    """No image floats, and the servers are the versions that tests run in containers."""
    images = {name: service["image"] for name, service in compose["services"].items()}

    assert all(re.fullmatch(r"[a-z]+:\d+\.\d+(\.\d+)?(-alpine)?", i) for i in images.values())
    assert (images["nats"], images["postgres"]) == (NATS_IMAGE, POSTGRES_IMAGE)


def test_only_the_front_door_is_open(compose: dict[str, Any]) -> None:
    """Beside Caddy's two ports the broker's is published, on loopback; the database's is not."""
    published = {n: s["ports"] for n, s in compose["services"].items() if "ports" in s}

    assert published == {"caddy": ["80:80", "443:443"], "nats": ["127.0.0.1:4222:4222"]}
    assert compose["services"]["postgres"]["networks"] == ["back"]
    assert compose["networks"]["back"] == {"internal": True}


def test_our_containers_can_do_little(compose: dict[str, Any]) -> None:
    """Services and jobs are no root, change no file of theirs and have no capability."""
    for name in (*SETTINGS, *JOBS, "prepare"):
        service = compose["services"][name]
        assert service["user"].startswith("${FINGERPOST_USER:?")
        assert service["read_only"]
        assert service["cap_drop"] == ["ALL"]
        assert "cap_add" not in service


def test_the_database_logs_no_rows(compose: dict[str, Any]) -> None:
    """What keeps rows out of the log on one machine keeps them out of it here."""
    for name in ("log_error_verbosity", "log_min_error_statement"):
        given = f"-c{name}={postgres_server.SETTINGS[name]}"
        assert given in compose["services"]["postgres"]["command"]


def test_every_service_stands_behind_the_front_door(compose: dict[str, Any]) -> None:
    """Caddy hands each prefix to its own service, at the port that the service is told."""
    caddyfile = (ROOT / "deploy" / "Caddyfile").read_text()

    for service in SETTINGS:
        port = compose["services"][service]["environment"]["PORT"]
        assert re.search(
            rf"handle /{service}/\* {{\s+reverse_proxy {service}:{port}\s+}}", caddyfile
        )


def environment(
    compose: dict[str, Any], job: str, keys: Keys, ports: dict[str, int]
) -> dict[str, str]:
    """What a job is told, with this machine's paths and ports in place of the containers'."""
    given: dict[str, str] = {}
    for name, value in compose["services"][job]["environment"].items():
        for secret, source in compose["secrets"].items():
            if value == f"/run/secrets/{secret}":
                value = source["file"].replace("${FINGERPOST_KEYS}", str(keys.folder))
        value = {"/keys": str(keys.folder), "/agencies.yaml": str(AGENCIES_FILE)}.get(value, value)
        value = value.replace("postgres:5432", f"127.0.0.1:{ports['postgres']}")
        given[name] = value.replace("nats:4222", f"127.0.0.1:{ports['nats']}")
    if "PGHOST" in given:
        given |= {"PGHOST": "127.0.0.1", "PGPORT": str(ports["postgres"])}
    return given


def test_the_jobs_make_a_system_out_of_two_empty_servers(
    compose: dict[str, Any], tmp_path: Path
) -> None:
    """Keys and configuration are prepared, both servers start on them, and each job does its
    part, on the second time too."""
    keys = prepare(tmp_path / "keys", AGENCIES_FILE, LOCAL_LOG)
    ports = {"postgres": child.free_port(), "nats": child.free_port()}
    postgres = postgres_server.start(
        tmp_path / "postgres",
        port=ports["postgres"],
        password=keys.password("postgres"),
        log=tmp_path / "postgres.log",
    )
    monitor_port = child.free_port()
    config = keys.jetstream_key_file.with_name("nats.conf")
    # The container's own configuration; only where it listens and stores is the test's.
    text = config.read_text().replace("0.0.0.0:4222", f"127.0.0.1:{ports['nats']}")
    text = text.replace("127.0.0.1:8222", f"127.0.0.1:{monitor_port}")
    config.write_text(text.replace('"/data"', f'"{tmp_path / "store"}"'))
    nats = nats_server.start(config, monitor_port=monitor_port, log=tmp_path / "nats.log")
    try:
        for job in (*JOBS, *JOBS):
            done = subprocess.run(
                [sys.executable, *compose["services"][job]["command"][1:]],
                cwd=ROOT,
                env={"PATH": os.environ["PATH"], **environment(compose, job, keys, ports)},
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, (job, done.stderr)
    finally:
        nats_server.stop(nats)
        postgres_server.stop(postgres)
