"""Where a rule of a catalogue comes from."""

from typing import Self

from pydantic import Field, model_validator

from shared.facts import Frozen


class Source(Frozen):
    """Where a rule stands: a document that the catalogue lists, and the place in it."""

    document: str
    section: str = Field(min_length=1)

    def __str__(self) -> str:
        return f"{self.document}, {self.section}"


class Sourced(Frozen):
    """Something that has a source, or is assumed and says what the partnership should confirm."""

    source: Source | None = None
    assumed: bool = False
    note: str | None = Field(default=None, min_length=1)

    @model_validator(mode="after")
    def _says_what_is_assumed(self) -> Self:
        if self.assumed and self.note is None:
            raise ValueError("what is assumed needs a note that says what to confirm")
        return self
