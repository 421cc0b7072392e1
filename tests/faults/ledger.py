"""A sender that writes down what it was promised, and an account of what became of it.

The sender's own log of acknowledgements is the only measure: what was acknowledged must be decided
once, notified once on each channel for each offer and in the trail once, or wait on a list that
somebody can see; what was not may be there once or not.
"""

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx2
from nats.errors import Error as NatsError

from deploy.tokens import mint
from tests.performance.way.documents import name_anew
from tests.system.running import Running, example

AGENCY = "met-police"
HTTP_AGENCY = "bromley-council"


def document(number: int) -> dict[str, Any]:
    """Referral number n: somebody of her own, routed to one IDSVA team and to MARAC or not."""
    over_http = number % 5 == 0
    made = example("02" if over_http else "01")
    made["reference"] = f"KILL-{number}"
    # Nobody is so like another that a person would have to look.
    name_anew(made["person"], f"kill/{number}/person")
    name_anew(made.get("other_party"), f"kill/{number}/other")
    return made


@dataclass
class Sender:
    """Sends until it is promised that each document is safe, as a careful system does."""

    running: Running
    acknowledged: set[str] = field(default_factory=set)
    sent: set[str] = field(default_factory=set)
    failed_tries: int = 0
    _tasks: list["asyncio.Task[None]"] = field(default_factory=list)

    async def start(self) -> None:
        """Sign in over NATS and HTTP."""
        self._nats = await self.running.sender(AGENCY)
        signing = self.running.keys.token_signing_file
        token = mint(signing, HTTP_AGENCY, ("sender",), agency=HTTP_AGENCY)
        self._http = httpx2.AsyncClient(
            base_url=self.running.system.url,
            headers={"Authorization": f"Bearer {token}"},
            timeout=5,
        )

    @property
    def unanswered(self) -> int:
        """How many documents are on their way without a promise."""
        return len(self.sent) - len(self.acknowledged)

    def send(self, numbers: range) -> None:
        """Begin to send these, all at once."""
        self._tasks += [asyncio.create_task(self._send(number)) for number in numbers]

    async def finish(self) -> None:
        """Every document is promised."""
        await asyncio.gather(*self._tasks)
        await self._nats.close()
        await self._http.aclose()

    async def _send(self, number: int) -> None:
        made = document(number)
        self.sent.add(made["reference"])
        try_once = self._over_http if made["source"]["agency"] == HTTP_AGENCY else self._over_nats
        while not await try_once(json.dumps(made).encode()):
            self.failed_tries += 1
            await asyncio.sleep(0.2)
        self.acknowledged.add(made["reference"])

    async def _over_nats(self, body: bytes) -> bool:
        try:
            await self._nats.jetstream().publish(
                f"submit.{AGENCY}", body, stream="SUBMISSIONS", timeout=5
            )
        except (NatsError, TimeoutError):
            return False
        return True

    async def _over_http(self, body: bytes) -> bool:
        try:
            answer = await self._http.post("/intake/api/referrals", content=body)
        except httpx2.TransportError:
            return False
        return answer.status_code == 202


@dataclass(frozen=True)
class Account:
    """What the system holds, against what the sender was promised; `faults` in words."""

    faults: tuple[str, ...]
    decided: int


async def settle(running: Running, sender: Sender, seconds: float = 120.0) -> Account:
    """Wait until the books balance and nothing is on its way, or the time is over."""
    until = asyncio.get_running_loop().time() + seconds
    while True:
        account = await audit(running, sender)
        if not account.faults and await _at_rest(running):
            # Whatever was still to come twice has had its chance: look once more.
            return await audit(running, sender)
        if asyncio.get_running_loop().time() > until:
            return account
        await asyncio.sleep(0.5)


async def audit(running: Running, sender: Sender) -> Account:
    """Compare, referral by referral."""
    references = await _references(running, sender)
    decided = await _counts(running, "SELECT referral_id FROM triage.decision")
    assignments = await running.rows("SELECT id, referral_id, offer, urgent FROM triage.assignment")
    messages = await _counts(
        running, "SELECT assignment_id FROM notify.message WHERE state = 'sent'"
    )
    taken = await _counts(
        running,
        "SELECT assignment_id FROM notify.local_inbox i"
        " JOIN notify.message m ON m.id = i.message_id",
    )
    trail = await running.rows("SELECT referral, type, event_id FROM audit.entry")
    told: dict[tuple[UUID, str], int] = {}
    for row in trail:
        told[row["referral"], row["type"]] = told.get((row["referral"], row["type"]), 0) + 1
    faults = [f"{r} was promised and is not there" for r in sender.acknowledged - set(references)]
    for reference, referral in references.items():
        its = [a for a in assignments if a["referral_id"] == referral]
        offers = sum(a["offer"] for a in its)
        # By email; what is urgent by text as well.
        mine = {a["id"]: a["offer"] * (2 if a["urgent"] else 1) for a in its}
        expected = {
            "decisions": (decided.get(referral, 0), 1),
            "received in the trail": (told.get((referral, "referral.received.v1"), 0), 1),
            "triaged in the trail": (told.get((referral, "referral.triaged.v1"), 0), 1),
            "offered in the trail": (told.get((referral, "assignment.offered.v1"), 0), offers),
            "sent in the trail": (
                told.get((referral, "notification.sent.v1"), 0),
                sum(mine.values()),
            ),
        }
        for assignment, count in mine.items():
            expected[f"messages of {assignment}"] = (messages.get(assignment, 0), count)
            expected[f"letters of {assignment}"] = (taken.get(assignment, 0), count)
        if not mine or not (offers or told.get((referral, "assignment.waitlisted.v1"))):
            faults.append(f"{reference}: nobody was asked, and it waits on no list")
        faults += [
            f"{reference}: {what}: {found} instead of {wanted}"
            for what, (found, wanted) in expected.items()
            if found != wanted
        ]
    for service in ("intake", "triage", "notify", "audit"):
        parked = await running.rows(f"SELECT reason FROM {service}.parked")
        faults += [f"parked at {service}: {row['reason']}" for row in parked]
    if len({row["event_id"] for row in trail}) != len(trail):
        faults.append("an event is in the trail twice")
    return Account(tuple(faults), len(decided))


async def _references(running: Running, sender: Sender) -> dict[str, UUID]:
    """The sender's references that the system knows, by the key under which intake has them."""
    from services.intake.store import IntakeStore
    from services.intake.vault import Vault

    store = IntakeStore(Vault.from_file(running.keys.vault_key_file))
    rows = await running.rows("SELECT id, reference_key FROM intake.referral")
    known = {bytes(row["reference_key"]): row["id"] for row in rows}
    keys = {
        store.reference_key(agency, reference): reference
        for reference in sender.sent
        for agency in (AGENCY, HTTP_AGENCY)
    }
    return {keys[key]: referral for key, referral in known.items() if key in keys}


async def _counts(running: Running, query: str) -> dict[UUID, int]:
    counts: dict[UUID, int] = {}
    for row in await running.rows(query):
        counts[row[0]] = counts.get(row[0], 0) + 1
    return counts


async def _at_rest(running: Running) -> bool:
    """Nothing waits in an outbox or at a consumer."""
    for service in ("intake", "triage", "notify", "audit"):
        waiting = await running.rows(
            f"SELECT 1 FROM {service}.outbox WHERE published_at IS NULL LIMIT 1"
        )
        if waiting:
            return False
    async with running.operations() as client:
        for stream, service in CONSUMERS:
            info = await client.jetstream().consumer_info(stream, service)
            if info.num_pending or info.num_ack_pending:
                return False
    return True


CONSUMERS = (
    ("SUBMISSIONS", "intake"),
    ("EVENTS", "intake"),
    ("EVENTS", "triage"),
    ("EVENTS", "notify"),
    ("EVENTS", "audit"),
)
