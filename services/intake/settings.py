"""What intake is told by its environment."""

from pathlib import Path

from shared.settings import PublicUrl, ServiceSettings


class IntakeSettings(ServiceSettings):
    """Beside what every service is told."""

    public_url: PublicUrl
    """By which our own forms are told from others'."""
    vault_key_file: Path
    """The key of the vault; intake alone is given it."""
    agencies_file: Path
    """The registry of the agencies that may send."""
    triage_url: str
    """Where triage answers, without a path: a dry run's facts go there."""
