"""From sent to delivered: what a provider reports, by when, and what is tried instead."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Follow each message until it has arrived, or somebody hears that it has not."""
    for statement in _STATEMENTS:
        op.execute(statement)


_STATEMENTS = (
    """ALTER TABLE notify.message
        DROP CONSTRAINT message_state_check,
        ADD CHECK (state IN
            ('queued', 'sending', 'sent', 'delivered', 'failed', 'doubtful', 'dropped')),
        DROP CONSTRAINT message_purpose_check,
        ADD CHECK (purpose IN ('offered', 'escalated', 'place_came_free', 'reminder',
            'first_contact_overdue', 'withdrawn', 'action_overdue', 'information_asked',
            'digest')),
        DROP CONSTRAINT message_check,
        DROP CONSTRAINT message_check1,
        DROP CONSTRAINT message_check2,
        DROP CONSTRAINT message_check3,
        ADD CONSTRAINT about_an_assignment CHECK ((assignment_id IS NULL)
            = (purpose IN ('action_overdue', 'information_asked', 'digest'))),
        ADD CONSTRAINT about_an_action CHECK ((action_id IS NOT NULL) = (purpose = 'action_overdue')
            AND (case_id IS NOT NULL) = (purpose = 'action_overdue')),
        ADD CONSTRAINT to_be_answered CHECK ((acknowledge_by IS NOT NULL)
            = (purpose IN ('offered', 'escalated', 'place_came_free', 'reminder'))),
        -- To a practitioner, or to an agency's mailbox.
        ALTER COLUMN practitioner_id DROP NOT NULL,
        ADD COLUMN agency text,
        ADD CONSTRAINT to_somebody CHECK ((agency IS NOT NULL) = (purpose = 'information_asked')
            AND (practitioner_id IS NULL) = (purpose = 'information_asked')),
        ALTER COLUMN referral_id DROP NOT NULL,
        ADD CONSTRAINT of_a_referral CHECK ((referral_id IS NULL) = (purpose = 'digest')),
        -- What one recipient is to be told, by one channel or by both.
        ADD COLUMN notice uuid,
        -- The provider's reference: another one each time a person sends the message again.
        ADD COLUMN sent_as uuid UNIQUE,
        -- Who has it, or may have it.
        ADD COLUMN provider text,
        -- Until when a passing failure is tried again.
        ADD COLUMN give_up_at timestamptz,
        ADD COLUMN sent_at timestamptz,
        -- By when the provider is to report that it arrived, and when to ask it next; neither
        -- where it never reports.
        ADD COLUMN deliver_by timestamptz,
        ADD COLUMN ask_at timestamptz,
        ADD COLUMN delivered_at timestamptz,
        -- What was tried instead.
        ADD COLUMN fell_back_to text
            CHECK (fell_back_to IN ('email', 'sms', 'stand_in', 'coordinators_screen'))""",
    """UPDATE notify.message m SET notice = n.notice, sent_as = m.id,
            give_up_at = m.due_at + interval '2 hours',
            sent_at = CASE m.state WHEN 'sent' THEN m.changed_at END
        FROM (SELECT gen_random_uuid() AS notice, array_agg(id) AS ids FROM notify.message
            GROUP BY assignment_id, action_id, offer, purpose, practitioner_id) n
        WHERE m.id = ANY(n.ids)""",
    """ALTER TABLE notify.message
        ALTER COLUMN notice SET NOT NULL,
        ALTER COLUMN sent_as SET NOT NULL,
        ALTER COLUMN give_up_at SET NOT NULL,
        ADD UNIQUE (notice, channel)""",
    # The urgent and the others are claimed apart, and each channel as far as there is room.
    "DROP INDEX notify.message_urgent_due_at_idx",
    """CREATE INDEX ON notify.message (channel, urgent, due_at)
        WHERE state IN ('queued', 'sending')""",
    "CREATE INDEX ON notify.message (referral_id) WHERE purpose = 'information_asked'",
    """CREATE INDEX ON notify.message (deliver_by)
        WHERE state = 'sent' AND deliver_by IS NOT NULL AND fell_back_to IS NULL""",
    "CREATE INDEX ON notify.message (ask_at) WHERE state = 'sent' AND ask_at IS NOT NULL",
    # What providers say afterwards, kept before anything is made of it.
    """CREATE TABLE notify.delivery_report (
        sent_as uuid NOT NULL,
        says text NOT NULL
            CHECK (says IN ('delivered', 'undeliverable', 'refused_address')),
        provider text NOT NULL,
        heard_at timestamptz NOT NULL,
        applied_at timestamptz,
        PRIMARY KEY (sent_as, says))""",
    "CREATE INDEX ON notify.delivery_report (heard_at) WHERE applied_at IS NULL",
    # How far up an assignment has gone: above a coordinator there is nobody to fall back to.
    """CREATE TABLE notify.gone_up (
        assignment_id uuid PRIMARY KEY,
        practitioner_id text NOT NULL,
        level text NOT NULL CHECK (level IN ('practitioner', 'stand_in', 'coordinator', 'contact')))
    """,
    # Links that open one offer once, by a digest of their code.
    """CREATE TABLE notify.link (
        code_hash bytea PRIMARY KEY,
        assignment_id uuid NOT NULL,
        offer integer NOT NULL,
        practitioner_id text NOT NULL,
        expires_at timestamptz NOT NULL,
        used_at timestamptz)""",
    # What is typed on a telephone to answer an offer.
    """CREATE TABLE notify.short_code (
        code text NOT NULL,
        assignment_id uuid NOT NULL,
        offer integer NOT NULL,
        practitioner_id text NOT NULL,
        expires_at timestamptz NOT NULL,
        PRIMARY KEY (assignment_id, offer, practitioner_id))""",
    "CREATE INDEX ON notify.short_code (code)",
    "GRANT SELECT, INSERT, UPDATE ON notify.delivery_report, notify.gone_up TO notify",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON notify.link, notify.short_code TO notify",
)
