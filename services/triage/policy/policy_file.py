"""Reading a catalogue file: plain YAML, every fault with its line.

Plain means that a commissioner reads the same as the machine: no anchors, tags or repeated keys,
no empty values, and only true and false are yes and no (YAML 1.1 reads the language `no` as false
and 17:00 as 1020).
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import yaml
from pydantic import ValidationError

from services.triage.policy.catalogue import Policy

Place = tuple[str | int, ...]

_DEEPEST: Final = 24
_LARGEST: Final = 512 * 1024

# The same trees, read ten times faster where libyaml is there.
_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_QUOTED: Final = frozenset({"'", '"', "|", ">"})
_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,8})")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True)
class Fault:
    """What is wrong with a catalogue file, and on which line."""

    line: int
    reason: str


class CatalogueRefused(Exception):
    """A catalogue that cannot be used; `faults` in the order of their lines."""

    def __init__(self, file: str, faults: tuple[Fault, ...]) -> None:
        self.file = file
        self.faults = tuple(sorted(faults, key=lambda fault: fault.line))
        super().__init__("\n".join(f"{file}:{each.line}: {each.reason}" for each in self.faults))


@dataclass(frozen=True)
class Written:
    """A policy and the line on which each part of its file stands."""

    policy: Policy
    file: str
    lines: Mapping[Place, int]

    def line_of(self, place: Place) -> int:
        """The line of a part, or of the nearest part around it that stands in the file."""
        return _line_of(place, self.lines)


def read_policy(content: bytes, file: str) -> Written:
    """The policy in a file's bytes; CatalogueRefused with every fault of its shape."""
    lines: dict[Place, int] = {}
    try:
        return Written(Policy.model_validate(_read(content, lines)), file, lines)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise CatalogueRefused(file, (Fault(line, f"not YAML: {error.problem}"),)) from error
    except yaml.YAMLError as error:
        raise CatalogueRefused(file, (Fault(1, "not YAML in UTF-8"),)) from error
    except _Unreadable as error:
        raise CatalogueRefused(file, (Fault(error.line, error.reason),)) from error
    except ValidationError as error:
        raise CatalogueRefused(file, tuple(_faults(error, lines))) from error


class _Unreadable(Exception):
    def __init__(self, line: int, reason: str) -> None:
        self.line = line
        self.reason = reason


def _read(content: bytes, lines: dict[Place, int]) -> dict[str, Any]:
    if len(content) > _LARGEST:
        raise _Unreadable(1, "the file is too long for a catalogue")
    _refuse_tricks(content)
    node = yaml.compose(content, Loader=_LOADER)
    if node is None:
        raise _Unreadable(1, "the file is empty")
    plain = _plain(node, (), lines)
    if not isinstance(plain, dict):
        raise _Unreadable(1, "a catalogue is a mapping of names to values")
    return plain


def _refuse_tricks(content: bytes) -> None:
    """Before the tree is built, since aliases or nesting may make a small file a huge one."""
    depth = 0
    for event in yaml.parse(content, Loader=_LOADER):
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise _Unreadable(line, "anchors and aliases are not used here: write it out")
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            raise _Unreadable(line, "nested too deep to be read")


def _plain(node: yaml.Node, place: Place, lines: dict[Place, int]) -> Any:
    line = node.start_mark.line + 1
    lines.setdefault(place, line)
    match node:
        case yaml.MappingNode():
            return dict(_entries(node, place, lines))
        case yaml.SequenceNode():
            return [_plain(each, (*place, at), lines) for at, each in enumerate(node.value)]
        case yaml.ScalarNode():
            return _scalar(node, line)
        case _:
            raise _Unreadable(line, "this is no plain value")


def _entries(
    node: yaml.MappingNode, place: Place, lines: dict[Place, int]
) -> Iterator[tuple[str, Any]]:
    seen = set()
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        key = key_node.value
        if not isinstance(key, str):
            raise _Unreadable(line, "a name is plain text")
        if key in seen:
            raise _Unreadable(line, f"{key} stands here twice")
        seen.add(key)
        lines[(*place, key)] = line
        yield key, _plain(value_node, (*place, key), lines)


def _scalar(node: yaml.ScalarNode, line: int) -> Any:
    text = str(node.value)
    if node.style in _QUOTED:
        return text
    if text in ("true", "false"):
        return text == "true"
    if text in ("", "~", "null"):
        raise _Unreadable(line, "a value is missing; leave the name out if there is none")
    if _INTEGER.fullmatch(text):
        return int(text)
    if _DATE.fullmatch(text):
        try:
            return date.fromisoformat(text)
        except ValueError as error:
            raise _Unreadable(line, f"{text} is not a day of the calendar") from error
    return text


def _faults(error: ValidationError, lines: Mapping[Place, int]) -> Iterator[Fault]:
    for each in error.errors(include_url=False):
        if each["type"] == "too_short" and each["input"]:
            continue  # all that it holds is refused already
        loc = tuple(each["loc"])
        place = _standing(loc[:-1] if each["type"] in _SAYING else loc, lines)
        name = ".".join(str(part) for part in place) or "catalogue"
        if each["type"] in _SAYING:
            reason = f"{loc[-1]} {_SAYING[each['type']]}"
            place = (*place, loc[-1])
        else:
            reason = each["msg"].removeprefix("Value error, ")
        yield Fault(_line_of(place, lines), f"{name}: {reason}")


_SAYING: Final = {"missing": "is missing", "extra_forbidden": "is no name that belongs here"}


def _standing(loc: Place, lines: Mapping[Place, int]) -> Place:
    """The part of an error's place that stands in the file: without the names of alternatives."""
    place: Place = ()
    for part in loc:
        if (*place, part) in lines:
            place = (*place, part)
    return place


def _line_of(place: Place, lines: Mapping[Place, int]) -> int:
    while place and place not in lines:
        place = place[:-1]
    return lines.get(place, 1)
