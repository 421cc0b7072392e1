"""The catalogues that a borough keeps, and which of them is in force on a day."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from services.triage.policy.catalogue import Policy
from services.triage.policy.compiled import Rules, compile_rules
from services.triage.policy.policy_file import CatalogueRefused, Fault, Written, read_policy
from services.triage.policy.soundness import faults_of

SHIPPED: Final = Path(__file__).parents[1] / "catalogues"


class UnknownCatalogue(LookupError):
    """No catalogue has that name."""


@dataclass(frozen=True)
class Catalogue:
    """A policy ready to decide by; `sha256`: of the file's bytes, in hexadecimal."""

    policy: Policy
    sha256: str
    rules: Rules

    @property
    def name(self) -> str:
        """The borough whose policy this is."""
        return self.policy.name

    @property
    def in_force_from(self) -> date:
        """The first day that it decides."""
        return self.policy.in_force_from


@dataclass(frozen=True)
class NoneInForce:
    """A day before the first catalogue of a name.

    `first`: the catalogue that is to come. Its measures of risk and urgency are used all the
    same, its pathways are not.
    """

    first: Catalogue

    @property
    def name(self) -> str:
        """The borough that had no policy yet."""
        return self.first.name


def read_catalogue(content: bytes, file: str) -> Catalogue:
    """The catalogue in a file's bytes; CatalogueRefused with every fault, line by line."""
    written = read_policy(content, file)
    return _sound(written, content)


def _sound(written: Written, content: bytes) -> Catalogue:
    if faults := tuple(
        Fault(written.line_of(place), reason) for place, reason in faults_of(written.policy)
    ):
        raise CatalogueRefused(written.file, faults)
    digest = hashlib.sha256(content).hexdigest()
    return Catalogue(written.policy, digest, compile_rules(written.policy))


class Library:
    """Catalogues by name and date."""

    def __init__(self, catalogues: Iterable[Catalogue]) -> None:
        """ValueError where there is none, or two of one name begin on the same day."""
        self._versions: dict[str, list[Catalogue]] = {}
        for each in sorted(catalogues, key=lambda one: one.in_force_from):
            versions = self._versions.setdefault(each.name, [])
            if versions and versions[-1].in_force_from == each.in_force_from:
                raise ValueError(f"two catalogues of {each.name} begin on {each.in_force_from}")
            versions.append(each)
        if not self._versions:
            raise ValueError("there is no catalogue")

    @property
    def names(self) -> tuple[str, ...]:
        """The names, in alphabetical order."""
        return tuple(sorted(self._versions))

    def versions(self, name: str) -> tuple[Catalogue, ...]:
        """Every version of a name, the earliest first; UnknownCatalogue if there is none."""
        if name not in self._versions:
            raise UnknownCatalogue(f"no catalogue is called {name}")
        return tuple(self._versions[name])

    def in_force(self, name: str, day: date) -> Catalogue | NoneInForce:
        """The version in force on a day; UnknownCatalogue for a name that has none at all."""
        versions = self.versions(name)
        begun = [each for each in versions if each.in_force_from <= day]
        return begun[-1] if begun else NoneInForce(versions[0])

    def deciding(
        self, names: Iterable[str], borough: str | None, district: str | None, day: date
    ) -> Catalogue | NoneInForce | None:
        """Which of the catalogues registered for a sender decides; None: the coordinator does.

        The only one; else the person's borough; else a district on one catalogue's own list.
        """
        candidates = [self.in_force(name, day) for name in names]
        if len(candidates) == 1:
            return candidates[0]
        if borough is not None:
            fitting = [each for each in candidates if each.name == borough]
        else:
            fitting = [each for each in candidates if district in _districts(each)]
        return fitting[0] if len(fitting) == 1 else None


def _districts(candidate: Catalogue | NoneInForce) -> tuple[str, ...]:
    catalogue = candidate.first if isinstance(candidate, NoneInForce) else candidate
    return catalogue.policy.districts.own


def load_library(folder: Path = SHIPPED) -> Library:
    """Every `*.yaml` of a folder; CatalogueRefused for the first file with faults."""
    catalogues: dict[tuple[str, date], tuple[str, Catalogue]] = {}
    for path in sorted(folder.glob("*.yaml")):
        catalogue = read_catalogue(path.read_bytes(), path.name)
        key = (catalogue.name, catalogue.in_force_from)
        if key in catalogues:
            other = catalogues[key][0]
            reason = f"{other} is also the {key[0]} catalogue in force from {key[1]}"
            raise CatalogueRefused(path.name, (Fault(1, reason),))
        catalogues[key] = (path.name, catalogue)
    return Library(catalogue for _, catalogue in catalogues.values())
