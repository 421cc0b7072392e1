"""What every service is told by its environment."""

from pathlib import Path
from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

PublicUrl = Annotated[str, Field(pattern=r"^https?://[A-Za-z0-9.:\[\]-]+$")]
"""Where people reach Fingerpost: scheme, host and port, without a path."""


class ServiceSettings(BaseSettings):
    """NATS_URL, DATABASE_URL and the files that say who the service is. Read when it starts."""

    # An error must not show the password in DATABASE_URL.
    model_config = SettingsConfigDict(extra="ignore", hide_input_in_errors=True)

    nats_url: str
    nats_seed_file: Path
    database_url: str
    """postgresql+asyncpg://ROLE:PASSWORD@HOST:PORT/fingerpost"""
    token_keys_file: Path
    """The issuer's public keys (JWKS)."""
    host: str = "127.0.0.1"
    port: int
    retry_pauses: tuple[float, ...] = Field((0.5, 2.0, 8.0, 30.0), min_length=1)
    """Seconds before each further try of a message whose handler failed."""
