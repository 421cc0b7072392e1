"""What could not be processed, in the hands of a coordinator: on a real service and its tables."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest
import pytest_asyncio
from sqlalchemy.ext.asyncio import create_async_engine

from deploy.keys import OWNER
from deploy.local.system import AGENCIES
from deploy.migrations import migrate
from deploy.tokens import mint
from services.notify.app import create_app
from services.notify.settings import NotifySettings
from shared.bus.consumer import Received
from shared.events import AssignmentOffered
from shared.sign_in import Role
from shared.subjects import EVENTS
from tests.notify.ground import Notify, heard, notify_on, offer
from tests.servers import Database, Postgres, built_on

UNREADABLE = b'{"name": "Amara Quill"}'
NO_DATABASE = "postgresql+asyncpg://nobody@127.0.0.1:9/none"


@dataclass(frozen=True)
class Parking:
    """Notify's tables, and its HTTP side as a coordinator uses it."""

    notify: Notify
    database: Database
    http: httpx2.AsyncClient

    async def park(self, message: Received) -> UUID:
        """Give a message up, as the bus does after its last try."""
        async with self.notify.unit.work(message.message_id) as work:
            return await work.park(
                stream=message.stream, subject=message.subject, body=message.body, reason="a test"
            )

    async def call(
        self, method: str, path: str = "", role: Role = "coordinator"
    ) -> httpx2.Response:
        """One call; a discard has its reason."""
        token = mint(self.database.keys.token_signing_file, f"{role}-1", (role,))
        return await self.http.request(
            method,
            f"/notify/api/parked{path}",
            headers={"Authorization": f"Bearer {token}"},
            json={"why": "sent by mistake"} if path.endswith("/discard") else None,
        )

    async def replay(self, parked: UUID) -> httpx2.Response:
        """Try it once more."""
        return await self.call("POST", f"/{parked}/replay")

    async def discard(self, parked: UUID) -> httpx2.Response:
        """Give it up."""
        return await self.call("POST", f"/{parked}/discard")

    async def row(self, parked: UUID) -> Any:
        """What the table holds of it."""
        return next(row for row in await self.notify.rows("parked") if row.id == parked)

    async def letters(self) -> int:
        """How many messages tell practitioners of offers: two for each urgent one that was
        handled. Whether there are reminders too is a matter of the day."""
        return sum(row.purpose == "offered" for row in await self.notify.rows("message"))

    @asynccontextmanager
    async def failing(self) -> AsyncIterator[None]:
        """Every handler fails, at its last step: the right to keep what it did is gone."""
        owner = await self.database.connect(OWNER)
        await owner.execute("REVOKE INSERT ON notify.outbox, notify.message FROM notify")
        try:
            yield
        finally:
            await owner.execute("GRANT INSERT ON notify.outbox, notify.message TO notify")
            await owner.close()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def migrated(postgres: Postgres) -> Database:
    """A database with notify's tables, for all tests here."""
    database = await postgres.fresh_database()
    await migrate(database.url(OWNER))
    return database


def settings(database: Database) -> NotifySettings:
    """Notify without a broker: its HTTP side stands all the same."""
    return NotifySettings(
        nats_url="nats://127.0.0.1:9",
        nats_seed_file=database.keys.seed_file("notify"),
        database_url=database.url("notify"),
        token_keys_file=database.keys.token_keys_file,
        port=0,
        public_url="https://fp.example.gov.uk",
        agencies_file=AGENCIES,
        email_providers=("local_inbox",),
        sms_providers=("local_inbox",),
    )


@asynccontextmanager
async def parking_of(database: Database, settings_: NotifySettings) -> AsyncIterator[Parking]:
    """The app, which takes nothing by itself, on empty tables."""
    notify = await notify_on(database)
    engine = create_async_engine(settings_.database_url)
    with built_on(engine):
        transport = httpx2.ASGITransport(app=create_app(settings_))
    async with httpx2.AsyncClient(transport=transport, base_url="http://notify.test") as http:
        yield Parking(notify, database, http)
    await engine.dispose()
    await notify.engine.dispose()


@pytest.fixture
async def parking(migrated: Database) -> AsyncIterator[Parking]:
    """Nothing is parked yet."""
    async with parking_of(migrated, settings(migrated)) as made:
        yield made


def of_one_referral(count: int) -> list[Received]:
    """So many urgent offers of one referral, numbered from 1."""
    first = offer(urgent=True)
    offers: list[AssignmentOffered] = [
        first.model_copy(update={"assignment_id": uuid4()}) for _ in range(count)
    ]
    return [heard(each, sequence) for sequence, each in enumerate(offers, 1)]


def kind(answer: httpx2.Response) -> tuple[int, str]:
    """Status and kind of an answer that is a problem."""
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["type"].removeprefix("urn:fingerpost:problem:")


async def test_a_coordinator_sees_what_waits(parking: Parking) -> None:
    """What is parked is listed, and each is shown with its reason; the bytes are not."""
    message = Received(uuid4(), EVENTS, "event.assignment.offered", UNREADABLE)
    parked = await parking.park(message)

    (listed,) = (await parking.call("GET")).json()
    shown = (await parking.call("GET", f"/{parked}")).json()

    assert listed == shown
    assert (shown["id"], shown["reason"]) == (str(parked), "a test")
    assert (shown["stream"], shown["subject"]) == (EVENTS, "event.assignment.offered")
    assert "Amara" not in str(shown)


@pytest.mark.parametrize("role", ["sender", "practitioner", "auditor"])
async def test_parked_is_for_coordinators(parking: Parking, role: Role) -> None:
    """Any other role is refused each call, and nothing is settled."""
    (message,) = of_one_referral(1)
    parked = await parking.park(message)
    calls = [("GET", ""), ("GET", f"/{parked}")]
    calls += [("POST", f"/{parked}/{what}") for what in ("replay", "discard")]

    answers = [await parking.call(method, path, role) for method, path in calls]

    assert [kind(answer) for answer in answers] == [(403, "forbidden")] * 4
    assert (await parking.row(parked)).settled_at is None


async def test_parked_is_for_nobody_who_is_not_signed_in(parking: Parking) -> None:
    """Without a token nothing is listed, shown or settled."""
    paths = ("", f"/{uuid4()}")
    answers = [await parking.http.get(f"/notify/api/parked{path}") for path in paths]
    answers.append(await parking.http.post(f"/notify/api/parked/{uuid4()}/replay"))
    answers.append(
        await parking.http.post(f"/notify/api/parked/{uuid4()}/discard", json={"why": "x"})
    )
    assert [answer.status_code for answer in answers] == [401] * 4


async def test_replayed(parking: Parking) -> None:
    """A replayed message has its effect, once; who settled it is kept and its bytes are not."""
    (message,) = of_one_referral(1)
    parked = await parking.park(message)

    answer = await parking.replay(parked)

    row = await parking.row(parked)
    assert (answer.status_code, answer.json()["settled_how"]) == (200, "replayed")
    assert (row.settled_by, row.body) == ("coordinator-1", None)
    assert (await parking.call("GET")).json() == []
    await parking.notify.hear(message)
    assert await parking.letters() == 2


async def test_what_fails_again_stays_parked(parking: Parking) -> None:
    """A replay that fails leaves nothing of itself, and the message stays whole for another."""
    (message,) = of_one_referral(1)
    parked = await parking.park(message)

    async with parking.failing():
        answer = await parking.replay(parked)

    row = await parking.row(parked)
    assert kind(answer) == (409, "failed-again")
    assert message.body.decode() not in answer.text
    assert (row.settled_at, bytes(row.body)) == (None, message.body)
    assert (await parking.letters(), await parking.notify.rows("inbox")) == (0, [])
    assert (await parking.replay(parked)).status_code == 200


async def test_what_cannot_be_read_stays_parked(parking: Parking) -> None:
    """A replay of what is no event is refused, in words that quote nothing."""
    parked = await parking.park(Received(uuid4(), EVENTS, "event.assignment.offered", UNREADABLE))

    answer = await parking.replay(parked)

    assert kind(answer) == (409, "failed-again")
    assert "Amara" not in answer.text
    assert bytes((await parking.row(parked)).body) == UNREADABLE


async def test_the_first_comes_first(parking: Parking) -> None:
    """Of two events of one referral the later one is not replayed before the earlier."""
    first, second = [await parking.park(each) for each in of_one_referral(2)]

    early = await parking.replay(second)

    assert kind(early) == (409, "too-early")
    assert (await parking.row(second)).settled_at is None
    answers = [await parking.replay(each) for each in (first, second)]
    assert [answer.status_code for answer in answers] == [200, 200]


async def test_discarded(parking: Parking) -> None:
    """A discarded message has no effect; who gave it up, and why, is kept and its bytes are not."""
    (message,) = of_one_referral(1)
    parked = await parking.park(message)

    answer = await parking.discard(parked)

    row = await parking.row(parked)
    assert (answer.status_code, answer.json()["settled_how"]) == (200, "discarded")
    assert (row.settled_by, row.settled_why) == ("coordinator-1", "sent by mistake")
    assert (row.body, await parking.letters()) == (None, 0)


async def test_nothing_waits_for_what_was_discarded(parking: Parking) -> None:
    """The number of a discarded event is noted: the next one of its referral is handled."""
    first, second = of_one_referral(2)
    await parking.discard(await parking.park(first))

    await parking.notify.hear(second)

    assert await parking.letters() == 2


async def test_the_first_is_given_up_first(parking: Parking) -> None:
    """An event is not discarded before an earlier one of its referral, whose number would then be
    followed by a gap for ever."""
    one, two, three = of_one_referral(3)
    first, second = await parking.park(one), await parking.park(two)

    early = await parking.discard(second)

    assert kind(early) == (409, "too-early")
    assert (await parking.row(second)).settled_at is None
    for parked in (first, second):
        assert (await parking.discard(parked)).status_code == 200
    await parking.notify.hear(three)
    assert await parking.letters() == 2


async def test_what_cannot_be_read_can_be_discarded(parking: Parking) -> None:
    """What no handler will ever read is given up like anything else."""
    parked = await parking.park(Received(uuid4(), EVENTS, "event.assignment.offered", UNREADABLE))
    assert (await parking.discard(parked)).status_code == 200
    assert (await parking.row(parked)).body is None


async def test_given_up_twice_by_the_bus(parking: Parking) -> None:
    """A message that is delivered, and parked, once more after it was discarded is whole again,
    and can be discarded again."""
    message = Received(uuid4(), EVENTS, "event.assignment.offered", UNREADABLE)
    parked = await parking.park(message)
    await parking.discard(parked)

    assert await parking.park(message) == parked

    assert bytes((await parking.row(parked)).body) == UNREADABLE
    assert (await parking.discard(parked)).status_code == 200


async def test_settled_once(parking: Parking) -> None:
    """What was replayed or discarded cannot be settled again, in either way."""
    replayed, discarded = [
        await parking.park(message) for _ in range(2) for message in of_one_referral(1)
    ]
    await parking.replay(replayed)
    await parking.discard(discarded)

    again = [
        await settle(parked)
        for parked in (replayed, discarded)
        for settle in (parking.replay, parking.discard)
    ]

    assert [kind(answer) for answer in again] == [(409, "already-settled")] * 4
    assert await parking.letters() == 2


async def test_two_coordinators_at_once(parking: Parking) -> None:
    """Of two who replay the same message at the same time one is told that it is done."""
    (message,) = of_one_referral(1)
    parked = await parking.park(message)

    answers = await asyncio.gather(*(parking.replay(parked) for _ in range(2)))

    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert await parking.letters() == 2


async def test_nothing_of_that_id_is_parked(parking: Parking) -> None:
    """An id that nobody parked is not found, whatever is asked of it."""
    unknown = uuid4()
    answers = [
        await parking.call("GET", f"/{unknown}"),
        await parking.replay(unknown),
        await parking.discard(unknown),
    ]
    assert [kind(answer) for answer in answers] == [(404, "not-found")] * 3


async def test_while_the_database_is_away_nothing_failed_again(migrated: Database) -> None:
    """An outage says nothing of the message: the answer is to try again in a moment."""
    away = settings(migrated).model_copy(update={"database_url": NO_DATABASE})
    async with parking_of(migrated, away) as parking:
        answers = [await parking.replay(uuid4()), await parking.discard(uuid4())]
    assert [kind(answer) for answer in answers] == [(503, "unavailable")] * 2
