"""The JSON Schema (2020-12) of the referral document, generated from its model.

`python -m services.intake.schema` writes it anew. What a schema cannot say (the sum of the
answers, London's day, the sender's clock, sizes and keys of the bytes) the reader checks beyond.
"""

import json
from pathlib import Path
from typing import Any

from services.intake.referral import Referral
from shared.json_schema import WithoutNull

PUBLISHED = Path(__file__).parent / "schemas" / "referral-v1.json"
PATH = "/intake/schemas/referral-v1.json"


def referral_schema() -> dict[str, Any]:
    """The schema as a JSON value."""
    return {
        "$schema": WithoutNull.schema_dialect,
        "$id": PATH,
        **Referral.model_json_schema(schema_generator=WithoutNull),
    }


def as_published() -> str:
    """The schema as it stands in the repository, to the byte."""
    return json.dumps(referral_schema(), indent=2, ensure_ascii=True) + "\n"


if __name__ == "__main__":
    PUBLISHED.write_text(as_published(), encoding="utf-8")
