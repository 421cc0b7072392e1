"""The directory of this machine, and directories made for a test."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy.ext.asyncio import AsyncConnection

from services.triage.directory.entries import Directory

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Fixed:
    """A directory that nobody changes."""

    directory: Directory

    async def current(self, connection: AsyncConnection) -> Directory:  # noqa: ARG002 - not needed
        """Always the same."""
        return self.directory


@cache
def tree() -> Mapping[str, Any]:
    """The local directory as plain values."""
    read: dict[str, Any] = yaml.safe_load(
        (ROOT / "deploy" / "local" / "directory.yaml").read_text()
    )
    return read


def local(**changes: Any) -> Directory:
    """The local directory, with some of its lists replaced."""
    return Directory.model_validate({**tree(), **changes})


def with_team_of_one(team: str, practitioner: str, catalogue: str = "bromley") -> Directory:
    """The local directory with a team that has one member."""
    return local(
        teams=[
            each | {"lead": practitioner, "members": [practitioner]}
            if (each["team"], each["catalogue"]) == (team, catalogue)
            else each
            for each in tree()["teams"]
        ]
    )
