"""What audit is told by its environment."""

from pathlib import Path

from pydantic import Field

from shared.settings import ServiceSettings


class AuditSettings(ServiceSettings):
    """Beside what every service is told."""

    log_origin: str = Field(pattern=r"^[^\s+]+$", max_length=255)
    """The log's name, in each checkpoint: where it is served, without scheme and without a slash at
    the end, such as fingerpost.example.gov.uk/audit. A log that is begun anew has a new one."""
    log_key_files: tuple[Path, ...] = Field(min_length=1)
    """The keys that sign, each in a file; more than one while they are changed."""
    log_memory_file: Path
    """What was signed last: beside the keys, on another host than the database."""
    witness_policy_file: Path | None = None
    """Which witnesses are known, and how many are enough (c2sp.org/tlog-policy)."""
    retention_file: Path = Path(__file__).parent / "keeping" / "retention.yaml"
    """How long the content of each type of entry is kept, and why; the hashes stay for ever."""
