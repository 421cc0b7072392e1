"""The published JSON Schema."""

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from services.intake.schema import PUBLISHED, as_published, referral_schema
from tests.intake.documents import FULL, SMALL, with_
from tests.intake.test_reading import MADE_AT_REFUSED, REFUSED


def _takes(document: dict[str, Any]) -> bool:
    return bool(Draft202012Validator(referral_schema()).is_valid(document))


def test_published_schema_is_the_models() -> None:
    """The schema in the repository is what the model gives, to the byte."""
    assert PUBLISHED.read_text(encoding="utf-8") == as_published()


def test_schema_is_a_schema() -> None:
    """It follows JSON Schema 2020-12."""
    Draft202012Validator.check_schema(referral_schema())


@pytest.mark.parametrize("document", [SMALL, FULL])
def test_schema_takes_what_follows_the_contract(document: dict[str, Any]) -> None:
    """The least and the fullest document are valid."""
    assert _takes(document)


BEYOND_A_SCHEMA = {
    "person.address.postcode",  # spaces do not count
    "person.given_name",  # a lone surrogate is no JSON text at all
    "risk.police_callouts_12m",  # the contract sets no bound; the reader's is a parser's
}


@pytest.mark.parametrize(("path", "value", "field", "_words"), REFUSED)
def test_schema_refuses_what_the_reader_refuses(
    path: str, value: Any, field: str, _words: str
) -> None:
    """Every single-field limit of the reader is one of the schema."""
    assert not _takes(with_(path, value)) or field in BEYOND_A_SCHEMA


@pytest.mark.parametrize("moment", MADE_AT_REFUSED[:4])
def test_schema_knows_the_shape_of_a_moment(moment: str) -> None:
    """A moment without its offset is refused by the schema as well."""
    assert not _takes(with_("made_at", moment))


def test_schema_knows_the_rules_between_fields() -> None:
    """Age beside a date of birth, and a score beside too few answers, are refused."""
    assert not _takes(with_("person", {"age": 3, "date_of_birth": "2023-01-01"}))
    assert not _takes(with_("risk", {"score": 1, "answers": {"1": "yes"}}))
