"""The hours of which triage has stated how many events it told."""

from deploy.migrations import bus_2

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add the tally."""
    bus_2.create("triage")
