"""What the forms of an assignment say, read into the acts that the API takes too."""

from collections.abc import Mapping
from typing import Final

from pydantic import ValidationError

from services.triage.assignments.acts import ACTS, Act
from shared.problems import Refused


class Given(dict[str, str]):
    """Words by field: what was entered, or what is to be mended. Of any other field it is empty."""

    def __missing__(self, field: str) -> str:
        """Nothing, which is not kept."""
        return ""


_MEND: Final[dict[tuple[str, str], str]] = {
    ("decline", "reason"): "Tap a reason.",
    ("contact", "how"): "Choose how you tried.",
    ("contact", "reached"): "Say whether you reached the person.",
    ("close", "outcome"): "Choose how it ended.",
    ("reassign", "to"): "Choose who is to take it.",
    ("reassign", "note"): "Write why, in a few words.",
    ("route", "pathway"): "Choose a service.",
    ("route", "reason"): "Write why, in a few words.",
    ("withdraw", "reason"): "Write why, in a few words.",
}
_TOO_LONG: Final = "Use 500 characters or fewer."


class Unreadable(Exception):
    """A form with faults: what to mend, by field."""

    def __init__(self, faults: Given) -> None:
        super().__init__("a form with faults")
        self.faults = faults


NOTHING: Final = Given()


def entered(form: Mapping[str, list[str]]) -> Given:
    """A form's first value of each field, with the line ends that we use."""
    given = Given()
    for field, values in form.items():
        given[field] = values[0].replace("\r\n", "\n").strip()
    return given


def read(name: str, given: Given) -> Act:
    """The act of a form; Unreadable with every fault, Refused (404) where there is no such act."""
    if name not in ACTS:
        raise Refused(404, "not-found", "There is nothing here.")
    fields = {field: value for field, value in given.items() if value and field != "back"}
    if "whom" in fields:
        # One list offers people and services.
        kind, _, chosen = fields.pop("whom").partition(":")
        fields[kind] = chosen
    try:
        return ACTS[name].model_validate(fields)
    except ValidationError as error:
        raise Unreadable(faults_in_words(name, error)) from None


def faults_in_words(name: str, error: ValidationError) -> Given:
    """What to mend, by field."""
    faults = Given()
    for each in error.errors(include_input=False, include_url=False):
        field = str(each["loc"][0])
        too_long = each["type"] == "string_too_long"
        faults[field] = _TOO_LONG if too_long else _MEND.get((name, field), "Please choose again.")
    return faults
