"""demo, its second half: practitioners answer, as they would on their telephones.

One takes what she was asked, reaches the person and closes it; another passes on what she was
asked. Both are of referrals in no hurry and of teams of several, so that at any hour it is a
practitioner who is asked, and another after her.
"""

import time
from collections.abc import Iterator, Sequence
from typing import Any, Final

from deploy.client import Client

TAKEN: Final = "LC-0202"
PASSED_ON: Final = "SCH-9-0042"
POLL_SECONDS: Final = 0.1


def answers(
    client: Client, reference: str, asked: Sequence[dict[str, Any]]
) -> Iterator[dict[str, str]]:
    """What practitioners do with what they were asked of a referral: who, which act, in words."""
    for each in asked:
        if each["practitioner_id"] is None:
            continue
        if reference == TAKEN:
            yield _act(client, each, "accept", "accepts")
            said = {"how": "call", "reached": True}
            yield _act(client, each, "contact", "calls, and reaches the person", **said)
            said = {"outcome": "engaged"}
            yield _act(client, each, "close", "closes: the person took up the help", **said)
        if reference == PASSED_ON:
            yield _act(client, each, "decline", "passes it on: no room", reason="no_room")


def _act(
    client: Client, asked: dict[str, Any], act: str, in_words: str, **said: object
) -> dict[str, str]:
    path = f"/triage/api/assignments/{asked['assignment_id']}/{act}"
    client.post(path, "practitioner", said, who=asked["practitioner_id"])
    return {"act": act, "who": asked["practitioner"], "in_words": in_words}


def sender_hears(
    client: Client, story: dict[str, Any], awaited: str | None, until: float
) -> list[str]:
    """What a sender was told of its referral, in words. `awaited`: how far it will have come."""
    path = f"/intake/api/referrals/{story['referral_id']}"
    while True:
        told = client.get(path, "sender", agency=story["sent_by"])
        if awaited in (None, told["status"]) or time.monotonic() > until:
            return [step["in_words"] for step in told["steps"]]
        time.sleep(POLL_SECONDS)
