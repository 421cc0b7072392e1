"""The registry: which agencies may send, for which of their teams, and whose policy then decides.

    agencies:
      - slug: met-police
        name: Metropolitan Police Service
        mailbox: referrals@met.example.org
        teams:
          police_csu: [bromley, barnet]

Each team that an agency is registered for has the catalogues that may decide. Where that is more
than one, the referral itself decides between them: person.borough, then a district on one
catalogue's own list, else the coordinator. `mailbox` is where a team of the agency reads what is
missing in its referrals: nobody's own, since who reads it may change.
"""

from functools import cached_property
from pathlib import Path
from typing import Annotated

from pydantic import Field, StrictStr, field_validator

from shared.facts import Frozen, Team
from shared.register_file import read_register

Slug = Annotated[StrictStr, Field(pattern=r"^[a-z0-9-]{2,40}$")]


class Agency(Frozen):
    """One agency, and the catalogues of each team that it may speak for. `mailbox`: a team's email
    address, for what is missing; None: it is asked by receipts alone."""

    slug: Slug
    name: StrictStr = Field(min_length=1)
    mailbox: StrictStr | None = Field(default=None, pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")
    teams: dict[Team, tuple[Slug, ...]] = Field(min_length=1)

    @field_validator("teams")
    @classmethod
    def _name_catalogues(cls, teams: dict[Team, tuple[str, ...]]) -> dict[Team, tuple[str, ...]]:
        for team, catalogues in teams.items():
            if not catalogues or len(set(catalogues)) < len(catalogues):
                raise ValueError(f"{team} names no catalogue, or one of them twice")
        return teams


class Registry(Frozen):
    """All agencies that are registered."""

    agencies: tuple[Agency, ...] = Field(min_length=1)

    @field_validator("agencies")
    @classmethod
    def _stand_once(cls, agencies: tuple[Agency, ...]) -> tuple[Agency, ...]:
        slugs = [agency.slug for agency in agencies]
        if repeated := sorted({slug for slug in slugs if slugs.count(slug) > 1}):
            raise ValueError(f"given twice: {', '.join(repeated)}")
        return agencies

    @classmethod
    def load(cls, path: Path) -> "Registry":
        """The registry in a file; RegisterRefused with every fault by file and field."""
        return read_register(path, cls)

    @cached_property
    def slugs(self) -> tuple[str, ...]:
        """The agencies' slugs, in the file's order."""
        return tuple(agency.slug for agency in self.agencies)

    @cached_property
    def _by_slug(self) -> dict[str, Agency]:
        return {agency.slug: agency for agency in self.agencies}

    def agency(self, slug: str) -> Agency | None:
        """The agency of a slug; None if it is not registered."""
        return self._by_slug.get(slug)

    def may_speak_for(self, agency: str, team: Team) -> bool:
        """Whether an agency is registered for a team; no, where it is not registered at all."""
        return bool(self.catalogues_for(agency, team))

    def catalogues_for(self, agency: str, team: Team) -> tuple[str, ...]:
        """The catalogues that may decide for an agency's team; () if it may not speak for it."""
        known = self.agency(agency)
        return known.teams.get(team, ()) if known else ()
