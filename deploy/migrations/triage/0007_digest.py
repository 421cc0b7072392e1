"""What waits on each coordinator's desk, counted: all that the day's digest tells."""

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add the view that notify reads."""
    for statement in _STATEMENTS:
        op.execute(statement)


_STATEMENTS = (
    # One row a coordinator: of the boroughs whose coordinator she is, and of what belongs to none
    # yet. The parts of the desk's page, as the page has them. With the owner's rights: notify may
    # read four numbers of somebody, and nothing that they count.
    """CREATE VIEW triage.desk_counts WITH (security_barrier) AS
        WITH coordinator AS (
            SELECT who AS id, array_agg(key) AS catalogues
            FROM triage.directory_entry, jsonb_array_elements_text(body -> 'coordinators') AS who
            WHERE kind = 'duty' GROUP BY who)
        SELECT c.id AS coordinator_id, work.for_coordinators, work.late, work.waiting, people.untold
        FROM coordinator c,
        LATERAL (
            SELECT count(*) FILTER (WHERE seen.for_coordinators) AS for_coordinators,
                count(*) FILTER (WHERE seen.is_late AND NOT seen.for_coordinators) AS late,
                count(*) FILTER (WHERE seen.state = 'waitlisted') AS waiting
            FROM (
                SELECT a.state,
                    a.state IN ('offered', 'escalated')
                        AND (a.team IS NULL OR a.level IN ('coordinator', 'contact'))
                        AS for_coordinators,
                    a.state <> 'waitlisted' AND (a.due_at <= now()
                        OR (a.awaited = 'first_contact' AND a.late IS NOT NULL)) IS TRUE AS is_late
                FROM triage.assignment a
                WHERE a.state NOT IN ('closed', 'withdrawn')
                    AND (a.catalogue = ANY(c.catalogues) OR a.catalogue IS NULL)) AS seen) AS work,
        LATERAL (
            SELECT count(*) AS untold
            FROM triage.untold u
            LEFT JOIN triage.assignment a ON a.id = u.assignment_id
            LEFT JOIN triage.panel_action x ON x.id = u.action_id
            LEFT JOIN triage.panel_case p ON p.id = x.case_id
            WHERE u.told_at IS NULL AND x.done_at IS NULL
                AND (coalesce(a.catalogue, p.catalogue) = ANY(c.catalogues)
                    OR coalesce(a.catalogue, p.catalogue) IS NULL)
                -- A clock that fires again is nobody's act.
                AND NOT EXISTS (SELECT FROM triage.step s WHERE s.assignment_id = u.assignment_id
                    AND s.number > u.steps AND s.act <> 'fall_late')) AS people""",
    "GRANT SELECT ON triage.desk_counts TO notify",
)
