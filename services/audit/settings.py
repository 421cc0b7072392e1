"""What audit is told by its environment."""

from pydantic import Field

from shared.settings import ServiceSettings


class AuditSettings(ServiceSettings):
    """Beside what every service is told."""

    retain_days: int = Field(default=2555, ge=400)
    """Days for which the log keeps the content of its entries: seven years. The hashes stay. No
    fewer than the stream of events itself keeps."""
