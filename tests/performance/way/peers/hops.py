"""The peers' hops as pure functions. An event is [event_id, referral_id, kind, payload]."""

import hashlib
import time

import orjson

from tests.performance.way.peers.referral import Referral, make_referral
from tests.performance.way.peers.triage import triage


def event(rid: str, kind: str, slot: int, **body) -> list:
    body.update(referral=rid, kind=kind, at=time.time_ns(), actor="pipeline", schema=1)
    return [f"{rid}:{kind}:{slot}", rid, kind, orjson.dumps(body).decode()]


def do_intake(raw: bytes | str):
    """Validate.  Returns the row for table referral, and the hop's events."""
    ref = Referral.model_validate_json(raw)
    row = (
        ref.id,
        ref.agency,
        ref.reference,
        ref.urgency,
        raw if isinstance(raw, str) else raw.decode(),
    )
    ev = event(
        ref.id,
        "intake.accepted",
        0,
        agency=ref.agency,
        reference=ref.reference,
        urgency=ref.urgency,
        channel=ref.channel,
        needs=[n.code for n in ref.needs],
        consent=ref.client.consent.given,
    )
    return row, [ev]


def do_triage(raw: bytes | str):
    doc = orjson.loads(raw)
    d = triage(doc)
    rid = doc["id"]
    decision = (rid, d["chosen"][0][0], len(d["chosen"]), orjson.dumps(d["pathways"]).decode())
    assigns = [(f"{rid}:{k}", rid, k, name, agency) for k, (name, agency) in enumerate(d["chosen"])]
    evs = [
        event(
            rid,
            "triage.decided",
            0,
            chosen=d["chosen"],
            scores={p["pathway"]: p["score"] for p in d["pathways"]},
        )
    ]
    evs += [
        event(rid, "assignment.created", a[2], assignment=a[0], pathway=a[3], agency=a[4])
        for a in assigns
    ]
    return decision, assigns, evs


def do_sent_events(rid, assigns):
    return [
        event(
            rid,
            "notification.sent",
            a[2],
            assignment=a[0],
            to=a[4],
            channel="email",
            template="assignment-v1",
            provider="noop",
        )
        for a in assigns
    ]


def expected(phase: str, n: int):
    """How many assignments and audit events n referrals of a phase must yield."""
    asg = sum(len(triage(orjson.loads(make_referral(phase, i)))["chosen"]) for i in range(n))
    return {"referrals": n, "assignments": asg, "events": 2 * n + 2 * asg}


def chain(seq: int, head: bytes, events):
    """SHA-256 chain: h[n] = sha256(h[n-1] || event_id || 0x00 || payload)."""
    out = []
    for e in events:
        seq += 1
        head = hashlib.sha256(head + e[0].encode() + b"\0" + e[3].encode()).digest()
        out.append((seq, e[0], e[1], e[2], e[3], head))
    return seq, head, out
