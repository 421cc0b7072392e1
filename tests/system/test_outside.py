"""The trail from outside: two witnesses at other parties, and an auditor who trusts nobody here."""

import zipfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import httpx2
import pytest

from deploy.local.child import free_port
from services.audit.tlog.checkpoint import parse_checkpoint
from services.audit.tlog.notes import parse_note
from tests.servers import until
from tests.system.outsiders import Auditor, Said, WitnessHost
from tests.system.people import AGENCY, document, police
from tests.system.running import Running, running
from tests.system.test_canaries import IDENTITIES, REFERENCE, canary

REFERRALS = 5
CANARIES = (*IDENTITIES, REFERENCE)


@dataclass(frozen=True)
class Outside:
    """A system, and those around it."""

    whole: Running
    folder: Path
    auditor: Auditor
    hosts: tuple[WitnessHost, ...]

    @property
    def log(self) -> str:
        """The log's address."""
        return f"{self.whole.system.url}/audit"

    async def is_witnessed(self) -> bool:
        """Whether the checkpoint that both witnesses cosigned covers every entry."""
        async with httpx2.AsyncClient() as client:
            answer = await client.get(f"{self.log}/witnessed")
        (row,) = await self.whole.rows("SELECT count(*) AS n FROM audit.entry")
        waiting = await self.whole.rows(
            "SELECT 1 FROM notify.message WHERE state IN ('queued', 'sending') AND due_at <= now()"
        )
        if answer.status_code != 200 or waiting:
            return False
        return bool(parse_checkpoint(parse_note(answer.content).text).size == row["n"])

    async def bundle(self, referral: UUID) -> Path:
        """A referral's trail to take away."""
        file = self.folder / "trail.zip"
        token = self.whole.client()._signed("auditor", None, None)
        async with httpx2.AsyncClient(timeout=30) as client:
            answer = await client.get(
                f"{self.log}/api/export",
                params={
                    "referral": str(referral),
                    "format": "bundle",
                    "why": "domestic_homicide_review",
                    "reference": "DHR-2026-03",
                },
                headers=token,
            )
        assert answer.status_code == 200, answer.text
        file.write_bytes(answer.content)
        return file


@pytest.fixture
async def outside(tmp_path: Path) -> AsyncIterator[Outside]:
    """The police are asked for each checkpoint; an inspector's witness looks by itself."""
    async with running() as whole:
        asked, looks = (
            WitnessHost(tmp_path / name, f"{name}.example/witness")
            for name in ("police", "inspector")
        )
        port = free_port()
        own = whole.keys.log_policy_file.read_text()
        given = own.replace(
            "quorum none",
            f"witness police {asked.make_key()} http://127.0.0.1:{port}\n"
            f"witness inspector {looks.make_key()}\n"
            "group both all police inspector\nquorum both",
        )
        auditor = Auditor(tmp_path / "auditor")
        auditor.folder.mkdir()
        auditor.policy.write_text(given)
        with whole.stopped("audit"):
            whole.keys.log_policy_file.write_text(given)
        with (
            asked.running(own, "--listen", f"127.0.0.1:{port}"),
            looks.running(own, "--log", f"{whole.system.url}/audit"),
        ):
            yield Outside(whole, tmp_path, auditor, (asked, looks))


def holds(said: Said) -> str:
    """What was told of something that holds."""
    assert said.exit == 0, said.text
    assert "holds, as far as it was checked" in said.text
    return said.text


@pytest.mark.system
@pytest.mark.timeout(300)
async def test_everybody_can_check_it_and_nobody_can_rewrite_it(outside: Outside) -> None:
    """Log, copy and bundle hold, and no name is in what leaves; then a superuser edits a row."""
    whole, auditor = outside.whole, outside.auditor
    async with police(whole) as sender:
        referrals = [await sender.send(document(f"OUT-{n}")) for n in range(REFERRALS)]
    nats = await whole.sender(AGENCY)
    await nats.jetstream().publish(f"submit.{AGENCY}", canary(1), stream="SUBMISSIONS")
    await nats.close()
    named = await _referral_of_a_canary(whole, len(referrals) + 1)
    await until(outside.is_witnessed, 60)

    first = holds(auditor.verify(outside.log))
    copy = outside.folder / "copy"
    assert auditor.mirror(outside.log, copy).exit == 0
    of_copy = holds(auditor.verify(copy))
    bundle = await outside.bundle(named)
    again = holds(auditor.verify(outside.log))
    holds(auditor.verify(bundle))

    assert "police.example/witness at " in first
    assert "inspector.example/witness at " in first
    assert "nothing was remembered of it here" in first
    assert "remembered here" in of_copy
    assert "remembered here" in again
    assert list(_found(outside, copy, bundle)) == []
    letters = await whole.rows("SELECT subject, body FROM notify.local_inbox")
    assert letters
    assert [w for w in CANARIES for row in letters if w in f"{row['subject']} {row['body']}"] == []

    await _edit(whole)
    edited = auditor.verify(outside.log)
    assert edited.exit == 1
    assert "DOES NOT HOLD" in edited.text
    assert "The entries and tiles make another root than the signed one." in edited.text
    # What was taken away before is not touched.
    holds(auditor.verify(bundle))


async def _referral_of_a_canary(whole: Running, count: int) -> UUID:
    """The last of so many referrals."""
    found: list[UUID] = []

    async def there() -> bool:
        rows = await whole.rows(
            "SELECT referral FROM audit.entry WHERE type = 'referral.triaged.v1'"
            " ORDER BY leaf_index"
        )
        found[:] = [row["referral"] for row in rows]
        return len(found) == count

    await until(there, 30)
    return found[-1]


def _found(outside: Outside, copy: Path, bundle: Path) -> Iterator[str]:
    """Canaries in what anybody may have, and in what the services and witnesses wrote."""
    for folder in (copy, outside.whole.system.home.logs, *(host.folder for host in outside.hosts)):
        for file in folder.rglob("*"):
            if file.is_file():
                yield from _words_in(file.read_bytes(), file.name)
    with zipfile.ZipFile(bundle) as archive:
        assert archive.namelist()
        for name in archive.namelist():
            yield from _words_in(name.encode() + archive.read(name), name)


def _words_in(content: bytes, where: str) -> Iterator[str]:
    for word in CANARIES:
        if word.lower().encode() in content.lower():
            yield f"{word} in {where}"


async def _edit(whole: Running) -> None:
    """One entry is made another by whoever has the superuser's password, past every trigger."""
    await whole.rows("ALTER TABLE audit.entry DISABLE TRIGGER ALL")
    await whole.rows("UPDATE audit.entry SET leaf = sha256('another') WHERE leaf_index = 2")
