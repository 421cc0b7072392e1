"""Reading a register that people keep by hand in YAML: every fault with its file and field."""

from collections.abc import Hashable
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

Register = TypeVar("Register", bound=BaseModel)


class RegisterRefused(Exception):
    """A register cannot be used; the text has one line a fault: the file, the field, the reason."""

    def __init__(self, path: Path, faults: list[str]) -> None:
        super().__init__("\n".join(f"{path}: {fault}" for fault in faults))
        self.faults = tuple(faults)


class _OnceALoader(yaml.SafeLoader):
    """YAML without a key given twice, of which the last would silently win."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen = []
        for key, _ in node.value:
            name = self.construct_object(key, deep=True)
            if name in seen:
                raise yaml.MarkedYAMLError(
                    problem=f"{name} is given twice", problem_mark=key.start_mark
                )
            seen.append(name)
        return super().construct_mapping(node, deep)


def _number(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> int | str:
    """YAML 1.1 reads 17:00 as 1020; here it stays what was written."""
    return str(node.value) if ":" in node.value else loader.construct_yaml_int(node)


_OnceALoader.add_constructor("tag:yaml.org,2002:int", _number)


def read_tree(path: Path) -> object:
    """The plain values in `path`; RegisterRefused where it is no YAML that can be read."""
    try:
        # A SafeLoader: it makes plain values and nothing else.
        return yaml.load(path.read_bytes(), Loader=_OnceALoader)  # noqa: S506
    except OSError as error:
        raise RegisterRefused(path, [f"cannot be read: {error.strerror}"]) from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line = f"line {mark.line + 1}: " if mark else ""
        raise RegisterRefused(path, [f"{line}{error.problem}"]) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise RegisterRefused(path, ["is not YAML in UTF-8"]) from error


def read_register(path: Path, shape: type[Register]) -> Register:
    """The register in `path`; RegisterRefused where it cannot be read or is not of that shape."""
    tree = read_tree(path)
    try:
        return shape.model_validate(tree)
    except ValidationError as error:
        raise RegisterRefused(path, _faults(error)) from error


def _faults(error: ValidationError) -> list[str]:
    faults = []
    for each in error.errors(include_url=False, include_input=False):
        field = ".".join(str(step) for step in each["loc"]) or "the whole"
        faults.append(f"{field}: {each['msg'].removeprefix('Value error, ')}")
    return faults
