"""What is asked of a panel over HTTP, as the API takes it and as a form says it."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Final, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from services.triage.directory.entries import PractitionerId
from shared.events import PanelOutcome, Rag

Words = Annotated[str, Field(max_length=500, pattern=r"^[\n\t\P{Cc}]*[^\s\p{Cc}][\n\t\P{Cc}]*$")]
"""A few words that stay with the case, without control characters. They name nobody."""


class Wish(BaseModel):
    """One thing to be recorded."""

    model_config = ConfigDict(extra="forbid")


class OutcomeWish(Wish):
    """What a meeting made of a case."""

    outcome: PanelOutcome
    note: Words | None = None


class StatusWish(Wish):
    """A person's status, and why."""

    rag: Rag
    reason: Words


class ActionWish(Wish):
    """What somebody of the directory is to do, by which day."""

    text: Words
    owner: PractitionerId
    due_on: date


class ListingWish(Wish):
    """A referral that is to be heard."""

    referral_id: UUID


Wished = TypeVar("Wished", bound=Wish)

_FAULTS: Final[dict[str, str]] = {
    "outcome": "Choose what the meeting made of it",
    "rag": "Choose red, amber or green",
    "note": "Write at most 500 characters",
    "reason": "Say why, in at most 500 characters",
    "text": "Say what is to be done, in at most 500 characters",
    "owner": "Choose who is to do it",
    "due_on": "Say by which day it is to be done",
    "referral_id": "Give the referral's number, as it stands on its assignment",
}


class Fields(dict[str, str]):
    """What is said by field; what is not there is empty, and stays away."""

    def __missing__(self, name: str) -> str:
        return ""


class Unreadable(Exception):
    """A form with faults: what to mend in words, by field; nothing of the others."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        super().__init__("a form with faults")
        self.faults = Fields(faults)


def entered(form: Mapping[str, Sequence[str]]) -> Fields:
    """A form's first value of each field, with the line ends that we use."""
    return Fields({name: values[0].replace("\r\n", "\n").strip() for name, values in form.items()})


def read_wish(given: Fields, kind: type[Wished]) -> Wished:
    """What a form asks for; Unreadable with every fault."""
    try:
        return kind.model_validate(
            {name: given[name] for name in kind.model_fields if name in given}
        )
    except ValidationError as error:
        wrong = (str(each["loc"][0]) for each in error.errors(include_input=False))
        raise Unreadable({name: _FAULTS[name] for name in wrong}) from None
