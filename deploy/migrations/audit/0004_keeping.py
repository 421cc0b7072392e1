"""Completeness, retention by type and erasure: what they need to know and may do."""

from pathlib import Path

from deploy.migrations import bus_2

revision = "0004"
down_revision = max(path.name[:4] for path in Path(__file__).parent.glob("000[123]_*.py"))


def upgrade() -> None:
    """Add them."""
    bus_2.create("audit")
