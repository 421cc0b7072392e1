"""The JSON Schema (2020-12) of the referral document, generated from its model.

`python -m services.intake.schema` writes it anew. What a schema cannot say (the sum of the
answers, London's day, the sender's clock, sizes and keys of the bytes) the reader checks beyond.
"""

import json
from pathlib import Path
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from services.intake.referral import Referral

PUBLISHED = Path(__file__).parent / "schemas" / "referral-v1.json"
PATH = "/intake/schemas/referral-v1.json"


class _WithoutNull(GenerateJsonSchema):
    """In the model None means "not said"; in a document that is an absent key, never a null."""

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 - as the base has it
        return False


def referral_schema() -> dict[str, Any]:
    """The schema as a JSON value."""
    return {
        "$schema": GenerateJsonSchema.schema_dialect,
        "$id": PATH,
        **Referral.model_json_schema(schema_generator=_WithoutNull),
    }


def as_published() -> str:
    """The schema as it stands in the repository, to the byte."""
    return json.dumps(referral_schema(), indent=2, ensure_ascii=True) + "\n"


if __name__ == "__main__":
    PUBLISHED.write_text(as_published(), encoding="utf-8")
