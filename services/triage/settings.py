"""What triage is told by its environment."""

from pathlib import Path

from services.triage.policy.library import SHIPPED
from shared.settings import PublicUrl, ServiceSettings


class TriageSettings(ServiceSettings):
    """Beside what every service is told."""

    public_url: PublicUrl
    """By which our own forms are told from others'."""
    directory_file: Path
    """Who takes the referrals of each pathway, at the first start; read then and never again."""
    catalogues_dir: Path = SHIPPED
    """The partnerships' dated policies."""
