"""The four hops for one referral over a synchronous psycopg connection in autocommit mode."""

import re

import psycopg

from tests.performance.way.peers import statements as sql
from tests.performance.way.peers.hops import chain, do_intake, do_sent_events, do_triage
from tests.performance.way.peers.statements import columns


def _pg(text):
    """$n becomes %b: psycopg's arrays in text form are slow, in binary form ten times faster."""
    return re.sub(r"\$\d+", "%b", text)


P_INTAKE, P_INTAKE_WHO, P_TRIAGE = _pg(sql.INTAKE), _pg(sql.INTAKE_WHO), _pg(sql.TRIAGE)
P_PENDING, P_LOCK, P_SENT = _pg(sql.NOTIFY_PENDING), _pg(sql.NOTIFY_LOCK), _pg(sql.NOTIFY_SENT)
P_SEEN, P_ADD = _pg(sql.AUDIT_SEEN), _pg(sql.AUDIT_ADD)


def pg_intake(conn, raw):
    row, evs = do_intake(raw)
    cur = conn.execute(P_INTAKE, [[c] for c in row])
    if cur.fetchone() is None:  # seen before: mine again, or another's duplicate?
        who = conn.execute(P_INTAKE_WHO, ([row[1]], [row[2]])).fetchone()
        if who is None or who[2] != row[0]:
            return None
    return evs


def pg_triage(conn, raw):
    decision, assigns, evs = do_triage(raw)
    conn.execute(P_TRIAGE, [[c] for c in decision] + columns(assigns, 5))
    return assigns, evs


def pg_notify(conn, provider, assigns):
    ids = [a[0] for a in assigns]
    conn.execute(P_PENDING, (ids, [a[1] for a in assigns], [a[4] for a in assigns]))
    with conn.transaction():
        todo = [r[0] for r in conn.execute(P_LOCK, (ids,)).fetchall()]
        for nid in todo:
            provider.send(nid)
        if todo:
            conn.execute(P_SENT, (todo,))
    return do_sent_events(assigns[0][1], assigns)


def pg_audit(conn, events):
    with conn.transaction():
        seq, head = conn.execute(sql.AUDIT_HEAD).fetchone()
        seen = {r[0] for r in conn.execute(P_SEEN, ([e[0] for e in events],)).fetchall()}
        new = [e for e in events if e[0] not in seen]
        if new:
            seq, head, rows = chain(seq, head, new)
            conn.execute(P_ADD, [seq, head, *columns(rows, 6)])


def connect(url, **kw):
    conn = psycopg.connect(url, autocommit=True, **kw)
    conn.prepare_threshold = 1
    return conn
