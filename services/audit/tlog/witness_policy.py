"""Whom a checker trusts: which keys are the log's, which are witnesses', and how many must agree.

The file format is c2sp.org/tlog-policy: a line each for `log`, `witness`, `group` and `quorum`.
Whoever checks has the file from the parties themselves; one that the log hands out proves nothing.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Final

from services.audit.tlog.notes import Algorithm, MalformedKey, VerifierKey, exact_decimal

NONE: Final = "none"

_BLANK: Final = re.compile(r"[ \t]+")
_MAX_CHARACTERS: Final = 64 * 1024


class MalformedPolicy(ValueError):
    """A text that is no policy; the message names the line."""


@dataclass(frozen=True)
class Witness:
    """A party that cosigns; `url` is where the log asks it, none if it comes by itself."""

    key: VerifierKey
    url: str | None


@dataclass(frozen=True)
class Group:
    """So many of the members, each a witness's or a group's name."""

    threshold: int
    members: tuple[str, ...]


@dataclass(frozen=True)
class Policy:
    """`groups` in the order of the file, each after its members; `quorum` is a name or `NONE`."""

    logs: tuple[VerifierKey, ...]
    witnesses: Mapping[str, Witness]
    quorum: str
    groups: Mapping[str, Group]

    def log_keys(self, origin: str) -> tuple[VerifierKey, ...]:
        """The keys that may sign checkpoints of this log: several while one replaces another."""
        return tuple(key for key in self.logs if key.name == origin)

    @property
    def witness_keys(self) -> tuple[VerifierKey, ...]:
        """Every witness's key."""
        return tuple(witness.key for witness in self.witnesses.values())

    def accepts(self, cosigners: Collection[VerifierKey]) -> bool:
        """Whether these witnesses are enough."""
        if self.quorum == NONE:
            return True
        agreed = {name for name, witness in self.witnesses.items() if witness.key in cosigners}
        for name, group in self.groups.items():
            if sum(member in agreed for member in group.members) >= group.threshold:
                agreed.add(name)
        return self.quorum in agreed


NO_WITNESSES: Final = Policy(logs=(), witnesses={}, quorum=NONE, groups={})
"""What stands where no policy was given: nobody cosigns, and nobody needs to."""


def parse_policy(text: str) -> Policy:
    """The policy of a file; MalformedPolicy."""
    if len(text) > _MAX_CHARACTERS:
        raise MalformedPolicy(f"a policy has at most {_MAX_CHARACTERS} characters")
    reading = _Reading()
    for number, line in enumerate(text.split("\n"), start=1):
        try:
            reading.take(line)
        except ValueError as error:
            raise MalformedPolicy(f"line {number}: {error}") from error
    if reading.quorum is None:
        raise MalformedPolicy("a policy has a quorum line")
    return Policy(
        logs=tuple(reading.logs),
        witnesses=reading.witnesses,
        quorum=reading.quorum,
        groups=reading.groups,
    )


@dataclass
class _Reading:
    """A policy as far as it was read; ValueError for a line that does not go on from there."""

    logs: list[VerifierKey] = field(default_factory=list)
    witnesses: dict[str, Witness] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    quorum: str | None = None
    members: set[str] = field(default_factory=set)

    def take(self, line: str) -> None:
        if any((c < " " and c != "\t") or c == "\x7f" for c in line):
            raise ValueError("control characters other than tab")
        words = [word for word in _BLANK.split(line) if word]
        if not words or words[0].startswith("#"):
            return
        match words:
            case ["log", vkey] | ["log", vkey, _]:
                self._add_log(vkey)
            case ["witness", name, vkey]:
                self._add_witness(name, vkey, None)
            case ["witness", name, vkey, url]:
                self._add_witness(name, vkey, url)
            case ["group", name, threshold, *members] if members:
                self._add_group(name, threshold, members)
            case ["quorum", name]:
                self._set_quorum(name)
            case [keyword, *_]:
                raise ValueError(f"this is no complete line of a policy: {keyword}")

    def _add_log(self, vkey: str) -> None:
        key = _key(vkey, Algorithm.LOG)
        if any(key.public == other.public for other in self.logs):
            raise ValueError("this log's key is listed already")
        self.logs.append(key)

    def _add_witness(self, name: str, vkey: str, url: str | None) -> None:
        self._refuse_taken(name)
        key = _key(vkey, Algorithm.COSIGNATURE)
        if any(key.public == other.key.public for other in self.witnesses.values()):
            raise ValueError("this witness's key is listed already")
        self.witnesses[name] = Witness(key, url)

    def _add_group(self, name: str, threshold: str, members: list[str]) -> None:
        self._refuse_taken(name)
        for member in members:
            if not self._is_defined(member):
                raise ValueError(f"{member} is not defined above")
            if member in self.members:
                raise ValueError(f"{member} is a member already")
            self.members.add(member)
        needed = {"all": len(members), "any": 1}.get(threshold)
        needed = exact_decimal(threshold) if needed is None else needed
        if not 1 <= needed <= len(members):
            raise ValueError(f"{threshold} of {len(members)} is no threshold")
        self.groups[name] = Group(needed, tuple(members))

    def _set_quorum(self, name: str) -> None:
        if self.quorum is not None:
            raise ValueError("the quorum is given already")
        if name != NONE and not self._is_defined(name):
            raise ValueError(f"{name} is not defined above")
        self.quorum = name

    def _is_defined(self, name: str) -> bool:
        return name in self.witnesses or name in self.groups

    def _refuse_taken(self, name: str) -> None:
        if name == NONE or self._is_defined(name):
            raise ValueError(f"{name} is taken")


def _key(vkey: str, algorithm: Algorithm) -> VerifierKey:
    key = VerifierKey.parse(vkey)
    if key.algorithm is not algorithm:
        wanted = "log" if algorithm is Algorithm.LOG else "witness"
        raise MalformedKey(f"this is not the key of a {wanted}")
    return key
