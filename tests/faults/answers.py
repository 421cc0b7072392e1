"""Practitioners who write down what they were told over HTTP, and an account of what became of it.

What a practitioner was told with a 200 must stand, once. An answer that was lost is given again, as
somebody at a telephone does: then a refusal may mean that the first one got through.
"""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

import httpx2

from deploy.tokens import mint
from tests.system.running import Running

Answer = Literal["accept", "decline"]
SAID: dict[Answer, dict[str, str]] = {"accept": {}, "decline": {"reason": "no_room"}}


@dataclass(frozen=True)
class Given:
    """One practitioner's answer to one offer."""

    assignment: UUID
    who: str
    answer: Answer


@dataclass
class Practitioners:
    """Everybody who is asked, answering at once."""

    running: Running
    confirmed: set[Given] = field(default_factory=set)
    refused: list[str] = field(default_factory=list)
    under_way: set[Given] = field(default_factory=set)
    lost: set[Given] = field(default_factory=set)
    _tasks: list["asyncio.Task[None]"] = field(default_factory=list)

    async def begin(self) -> None:
        """Answer every offer that there is: two are taken, the third is passed on."""
        rows = await self.running.rows(
            "SELECT id, holder FROM triage.assignment WHERE holder IS NOT NULL ORDER BY id"
        )
        self._http = httpx2.AsyncClient(base_url=self.running.system.url, timeout=5)
        for number, row in enumerate(rows):
            answer: Answer = "decline" if number % 3 == 2 else "accept"
            given = Given(row["id"], row["holder"], answer)
            self._tasks.append(asyncio.create_task(self._give(given)))

    async def finish(self) -> None:
        """Everybody knows what became of their answer."""
        await asyncio.gather(*self._tasks)
        await self._http.aclose()

    async def _give(self, given: Given) -> None:
        signing = self.running.keys.token_signing_file
        token = mint(signing, given.who, ("practitioner",))
        while True:
            self.under_way.add(given)
            try:
                reply = await self._http.post(
                    f"/triage/api/assignments/{given.assignment}/{given.answer}",
                    json=SAID[given.answer],
                    headers={"Authorization": f"Bearer {token}"},
                )
                status = reply.status_code
            except httpx2.TransportError:
                status = 503
            self.under_way.discard(given)
            if status == 200:
                self.confirmed.add(given)
                return
            if status < 500:
                if given not in self.lost:
                    self.refused.append(f"{given}: {status}")
                return
            self.lost.add(given)
            await asyncio.sleep(0.1)


async def faults(running: Running, practitioners: Practitioners) -> list[str]:
    """Where the system differs from what the practitioners were told; in words."""
    trail = await running.rows(
        "SELECT type, convert_from(body, 'UTF8')::jsonb -> 'data' ->> 'assignment_id' AS one,"
        " convert_from(body, 'UTF8')::jsonb -> 'data' ->> 'practitioner_id' AS who"
        " FROM audit.entry JOIN audit.content USING (leaf_index, logged_at)"
    )
    told = Counter((row["type"], row["one"], row["who"]) for row in trail)
    steps = await running.rows("SELECT assignment_id, act, by FROM triage.step")
    done = Counter((row["assignment_id"], row["act"], row["by"]) for row in steps)
    rows = await running.rows("SELECT id, state, holder FROM triage.assignment")
    now = {row["id"]: (row["state"], row["holder"]) for row in rows}
    found = list(practitioners.refused)
    for given in practitioners.confirmed | practitioners.lost:
        one, who, answer = given.assignment, given.who, given.answer
        kind = "assignment.accepted.v1" if answer == "accept" else "assignment.declined.v1"
        counts = {"steps": done[one, answer, who], "events": told[kind, str(one), who]}
        found += [f"{given}: {what}: {n} instead of 1" for what, n in counts.items() if n != 1]
        state, holder = now[one]
        if answer == "accept" and (state, holder) != ("accepted", who):
            found.append(f"{given}: it is {state}, held by {holder}")
        if answer == "decline" and holder == who:
            found.append(f"{given}: it is still held by the same")
    return found
