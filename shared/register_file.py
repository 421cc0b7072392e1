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


def read_register(path: Path, shape: type[Register]) -> Register:
    """The register in `path`; RegisterRefused where it cannot be read or is not of that shape."""
    try:
        # A SafeLoader: it makes plain values and nothing else.
        tree = yaml.load(path.read_bytes(), Loader=_OnceALoader)  # noqa: S506
        return shape.model_validate(tree)
    except OSError as error:
        raise RegisterRefused(path, [f"cannot be read: {error.strerror}"]) from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line = f"line {mark.line + 1}: " if mark else ""
        raise RegisterRefused(path, [f"{line}{error.problem}"]) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise RegisterRefused(path, _faults(error)) from error


def _faults(error: Exception) -> list[str]:
    if not isinstance(error, ValidationError):
        return ["is not YAML in UTF-8"]
    faults = []
    for each in error.errors(include_url=False, include_input=False):
        field = ".".join(str(step) for step in each["loc"]) or "the whole"
        faults.append(f"{field}: {each['msg'].removeprefix('Value error, ')}")
    return faults
