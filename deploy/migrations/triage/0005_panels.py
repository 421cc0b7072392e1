"""Panels: what stands on their agendas, what they made of it, and what they gave people to do."""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the tables of the panels."""
    for statement in _STATEMENTS:
        op.execute(statement)


_STATEMENTS = (
    """CREATE TABLE triage.panel_case (
        id uuid PRIMARY KEY,
        catalogue text NOT NULL,
        panel text NOT NULL,
        pathway text NOT NULL,
        kind text NOT NULL,
        referral_id uuid NOT NULL,
        -- The meeting that it is listed for, or was last.
        meets_on date NOT NULL,
        triggers text[] NOT NULL,
        risk_level text NOT NULL,
        state text NOT NULL CHECK (state IN ('listed', 'heard', 'withdrawn')),
        listed_at timestamptz NOT NULL,
        settled_by text)""",
    # A referral stands on a panel's agenda once.
    """CREATE UNIQUE INDEX ON triage.panel_case (referral_id, catalogue, panel)
        WHERE state = 'listed'""",
    "CREATE INDEX ON triage.panel_case (referral_id)",
    "CREATE INDEX ON triage.panel_case (catalogue, panel, meets_on)",
    """CREATE TABLE triage.panel_outcome (
        case_id uuid NOT NULL REFERENCES triage.panel_case,
        meets_on date NOT NULL,
        outcome text NOT NULL CHECK (outcome IN ('heard', 'deferred', 'withdrawn')),
        -- In the words of who was there; never told in an event.
        note text,
        -- Null: the rules took it off.
        by text,
        at timestamptz NOT NULL,
        PRIMARY KEY (case_id, meets_on))""",
    """CREATE TABLE triage.panel_rating (
        case_id uuid NOT NULL REFERENCES triage.panel_case,
        number integer NOT NULL,
        rag text NOT NULL CHECK (rag IN ('red', 'amber', 'green')),
        reason text NOT NULL,
        by text NOT NULL,
        at timestamptz NOT NULL,
        PRIMARY KEY (case_id, number))""",
    """CREATE TABLE triage.panel_action (
        id uuid PRIMARY KEY,
        case_id uuid NOT NULL REFERENCES triage.panel_case,
        -- What is to be done; never told in an event.
        text text NOT NULL,
        owner text NOT NULL,
        due_on date NOT NULL,
        set_by text NOT NULL,
        set_at timestamptz NOT NULL,
        -- When somebody further up is told next; null once it is done.
        due_at timestamptz,
        level text CHECK (level IN ('stand_in', 'coordinator', 'contact')),
        told text,
        done_at timestamptz,
        done_by text,
        CHECK ((done_at IS NULL) = (due_at IS NOT NULL)),
        CHECK ((done_at IS NULL) = (done_by IS NULL)),
        CHECK ((level IS NULL) = (told IS NULL)))""",
    "CREATE INDEX ON triage.panel_action (case_id)",
    "CREATE INDEX ON triage.panel_action (owner) WHERE done_at IS NULL",
    "CREATE INDEX ON triage.panel_action (told) WHERE done_at IS NULL",
    "CREATE INDEX ON triage.panel_action (due_at) WHERE due_at IS NOT NULL",
    "GRANT SELECT, INSERT, UPDATE ON triage.panel_case, triage.panel_action TO triage",
    "GRANT SELECT, INSERT ON triage.panel_outcome, triage.panel_rating TO triage",
)
