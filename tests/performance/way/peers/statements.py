"""The peers' tables, and one text of each statement, whoever runs it."""

SCHEMA = """
CREATE TABLE referral(
  id text PRIMARY KEY, agency text NOT NULL, reference text NOT NULL, urgency text NOT NULL,
  payload jsonb NOT NULL, created timestamptz NOT NULL DEFAULT now(), UNIQUE(agency, reference));
CREATE TABLE decision(
  referral_id text PRIMARY KEY, top text NOT NULL, chosen int NOT NULL, explain jsonb NOT NULL,
  created timestamptz NOT NULL DEFAULT now());
CREATE TABLE assignment(
  id text PRIMARY KEY, referral_id text NOT NULL, slot int NOT NULL, pathway text NOT NULL,
  agency text NOT NULL,
  created timestamptz NOT NULL DEFAULT now(), UNIQUE(referral_id, slot));
CREATE TABLE notification(
  id text PRIMARY KEY, referral_id text NOT NULL, agency text NOT NULL,
  status text NOT NULL DEFAULT 'pending',
  sends int NOT NULL DEFAULT 0, created timestamptz NOT NULL DEFAULT now(), sent_at timestamptz);
CREATE TABLE audit(
  seq bigint PRIMARY KEY, event_id text NOT NULL UNIQUE, referral_id text NOT NULL,
  kind text NOT NULL, payload text NOT NULL, hash bytea NOT NULL);
CREATE TABLE audit_head(
  one int PRIMARY KEY CHECK (one = 1), seq bigint NOT NULL, hash bytea NOT NULL);
INSERT INTO audit_head VALUES (1, 0, decode(repeat('00', 32), 'hex'));
CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS
  $$ BEGIN RAISE EXCEPTION 'audit is append-only'; END $$;
CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE ON audit
  FOR EACH ROW EXECUTE FUNCTION audit_is_append_only();
"""

INTAKE = """
INSERT INTO referral(id, agency, reference, urgency, payload)
SELECT a, b, c, d, e::jsonb
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[]) AS t(a, b, c, d, e)
ON CONFLICT DO NOTHING RETURNING id"""
INTAKE_WHO = """
SELECT r.agency, r.reference, r.id FROM referral r
JOIN unnest($1::text[], $2::text[]) AS t(a, b) ON r.agency = t.a AND r.reference = t.b"""
TRIAGE = """
WITH d AS (
  INSERT INTO decision(referral_id, top, chosen, explain)
  SELECT a, b, c, e::jsonb
  FROM unnest($1::text[], $2::text[], $3::int[], $4::text[]) AS t(a, b, c, e)
  ON CONFLICT DO NOTHING)
INSERT INTO assignment(id, referral_id, slot, pathway, agency)
SELECT * FROM unnest($5::text[], $6::text[], $7::int[], $8::text[], $9::text[])
ON CONFLICT DO NOTHING"""
NOTIFY_PENDING = """
INSERT INTO notification(id, referral_id, agency)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[])
ON CONFLICT DO NOTHING"""
NOTIFY_LOCK = (
    "SELECT id FROM notification WHERE id = ANY($1::text[]) AND status = 'pending' FOR UPDATE"
)
NOTIFY_SENT = """
UPDATE notification SET status = 'sent', sends = sends + 1, sent_at = clock_timestamp()
WHERE id = ANY($1::text[]) AND status = 'pending'"""
AUDIT_HEAD = "SELECT seq, hash FROM audit_head WHERE one = 1 FOR UPDATE"
AUDIT_SEEN = "SELECT event_id FROM audit WHERE event_id = ANY($1::text[])"
AUDIT_ADD = """
WITH h AS (UPDATE audit_head SET seq = $1::bigint, hash = $2::bytea WHERE one = 1)
INSERT INTO audit(seq, event_id, referral_id, kind, payload, hash)
SELECT * FROM unnest($3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bytea[])"""


def columns(rows, n):
    """Rows as n lists, a list a column."""
    return [list(c) for c in zip(*rows, strict=True)] if rows else [[] for _ in range(n)]
