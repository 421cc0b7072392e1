"""The JSON Schema (2020-12) of a catalogue file, generated from its shape.

`python -m services.triage.policy.catalogue_schema` writes it anew. What a schema cannot say (names
that lead somewhere, values that a fact can take, order, reach) is checked when a catalogue is
loaded.
"""

import json
from pathlib import Path
from typing import Any, Final

from services.triage.policy.catalogue import Policy
from shared.json_schema import WithoutNull

PUBLISHED: Final = Path(__file__).parents[1] / "catalogues" / "catalogue.schema.json"


def catalogue_schema() -> dict[str, Any]:
    """The schema as a JSON value."""
    return {
        "$schema": WithoutNull.schema_dialect,
        **Policy.model_json_schema(schema_generator=WithoutNull),
    }


def schema_text() -> str:
    """The schema as its file holds it."""
    return json.dumps(catalogue_schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    PUBLISHED.write_text(schema_text(), encoding="utf-8")
