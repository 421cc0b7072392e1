"""The published schema says what a catalogue may hold."""

import json
from datetime import date
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from services.triage.policy.catalogue_schema import PUBLISHED, schema_text
from services.triage.policy.library import SHIPPED


def _validator() -> Draft202012Validator:
    return Draft202012Validator(json.loads(PUBLISHED.read_text(encoding="utf-8")))


def _as_json(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _as_json(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_as_json(each) for each in value]
    return value.isoformat() if isinstance(value, date) else value


def test_the_published_schema_has_not_drifted() -> None:
    """It is what the shape generates today."""
    assert PUBLISHED.read_text(encoding="utf-8") == schema_text()


@pytest.mark.parametrize("path", sorted(SHIPPED.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_shipped_catalogue_is_valid(path: Any) -> None:
    """By a validator that is not ours."""
    catalogue = _as_json(yaml.safe_load(path.read_text(encoding="utf-8")))

    assert list(_validator().iter_errors(catalogue)) == []


def test_a_slip_is_not_valid() -> None:
    """An unknown name in a row is refused by the schema too."""
    path = SHIPPED / "barnet-2013-04-19.yaml"
    catalogue = _as_json(yaml.safe_load(path.read_text(encoding="utf-8")))
    catalogue["pathways"][0]["knid"] = "statutory"

    assert list(_validator().iter_errors(catalogue)) != []
