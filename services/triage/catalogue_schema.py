"""The JSON Schema (2020-12) of a catalogue file, generated from its shape.

`python -m services.triage.catalogue_schema` writes it anew. What a schema cannot say (names that
lead somewhere, values that a fact can take, order, reach) is checked when a catalogue is loaded.
"""

import json
from pathlib import Path
from typing import Any, Final

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from services.triage.catalogue import Policy

PUBLISHED: Final = Path(__file__).parent / "catalogues" / "catalogue.schema.json"


class _WithoutNull(GenerateJsonSchema):
    """A part that is left out is an absent name; an empty value is refused."""

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 - as the base has it
        return False


def catalogue_schema() -> dict[str, Any]:
    """The schema as a JSON value."""
    return {
        "$schema": GenerateJsonSchema.schema_dialect,
        **Policy.model_json_schema(schema_generator=_WithoutNull),
    }


def schema_text() -> str:
    """The schema as its file holds it."""
    return json.dumps(catalogue_schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    PUBLISHED.write_text(schema_text(), encoding="utf-8")
