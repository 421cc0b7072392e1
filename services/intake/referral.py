"""The referral document, version 1: the one model that reader, JSON Schema and facts share.

Every field is optional unless it stands here without `None`; `None` means that nothing was said
and is never read from a document (a JSON null is refused in `reading`). Fields that say who
somebody is or tell their story stay inside the intake service, so no model here prints its
values. Rules that need the hour of reading or London's day of `made_at` are given a `Reading` as
the validation's context; without one (a document read before) they are not checked again.
"""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    StringConstraints,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
)
from pydantic_core import PydanticCustomError

from services.intake.days import OLDEST, is_older_than_anybody
from services.intake.languages import Language
from shared.facts import (
    Circumstance,
    Cohort,
    Concern,
    ConsentGivenBy,
    ConsentStatus,
    CrimeType,
    Gender,
    Need,
    Relationship,
    RiskGrade,
    RiskTool,
    Role,
    Route,
    Team,
    Want,
)
from shared.london import london_day

QUESTIONS = 24
"""How many questions the DASH checklist has."""

AHEAD = timedelta(minutes=5)
"""How far a sender's clock may run before ours."""

# Unicode category Cc and, among the rest, white space. A text is spaces, a character that is
# neither, then anything but controls: told apart by the first character of each, in linear time.
_CONTROL = r"\u0000-\u001F\u007F-\u009F"
_SPACE = r"\u0020\u00A0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000"
TEXT = rf"^[{_SPACE}]*[^{_CONTROL}{_SPACE}][^{_CONTROL}]*$"
PROSE = rf"^(?:[{_SPACE}\t\n]|\r\n)*[^{_CONTROL}{_SPACE}](?:[^{_CONTROL}]|[\t\n]|\r\n)*$"
SLUG = r"^[a-z0-9-]{2,40}$"
MOMENT = (
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?"
    r"([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$"
)
DAY = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"

_moment = re.compile(MOMENT.removesuffix("$"))
_day = re.compile(DAY.removesuffix("$"))


class Reading(NamedTuple):
    """When a document is read (aware), and London's day of its `made_at` where that is known."""

    now: datetime
    day: date | None


def _refuse(why: str) -> PydanticCustomError:
    return PydanticCustomError("refused", "{why}", {"why": why})


def parse_moment(value: object) -> datetime:
    """An RFC 3339 date and time with its offset; refused where the calendar has no such moment."""
    if isinstance(value, str) and _moment.fullmatch(value):
        try:
            moment = datetime.fromisoformat(value.upper())
            london_day(moment), moment.astimezone(UTC)  # a moment before the year 1 overflows
        except (ValueError, OverflowError):
            pass
        else:
            return moment
    raise _refuse("must be a date and time with its offset, such as 2026-11-16T22:40:00+00:00")


def _parse_day(value: object) -> date:
    if isinstance(value, str) and _day.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise _refuse("must be a date, such as 1991-03-04")


def _made_before_it_is_read(moment: datetime, info: ValidationInfo) -> datetime:
    if isinstance(info.context, Reading) and moment > info.context.now + AHEAD:
        raise _refuse("is more than 5 minutes ahead of the time now")
    return moment


def _born_in_time(born: date, info: ValidationInfo) -> date:
    if isinstance(info.context, Reading) and info.context.day is not None:
        if born > info.context.day:
            raise _refuse("is after the day on which the referral was made")
        if is_older_than_anybody(born, info.context.day):
            raise _refuse(f"is more than {OLDEST} years before the referral was made")
    return born


def _line_feeds(value: object) -> object:
    return value.replace("\r\n", "\n") if isinstance(value, str) and "\r" in value else value


def _long_enough(postcode: str) -> str:
    if len("".join(postcode.split())) < 5:
        raise _refuse("is too short for a postcode, such as BR5 3ZZ")
    return postcode


def _whole_number(value: object) -> object:
    if type(value) is not int:  # true equals 1, and is no version
        raise _refuse("must be the number 1")
    return value


Text = Annotated[str, StringConstraints(min_length=1, max_length=500, pattern=TEXT)]
Prose = Annotated[
    str,
    StringConstraints(min_length=1, max_length=500, pattern=PROSE),
    BeforeValidator(_line_feeds),
]
Narrative = Annotated[
    str,
    StringConstraints(min_length=1, max_length=10_000, pattern=PROSE),
    BeforeValidator(_line_feeds),
]
Reference = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=TEXT)]
Slug = Annotated[str, StringConstraints(pattern=SLUG)]
Moment = Annotated[
    datetime,
    PlainValidator(parse_moment),
    WithJsonSchema({"type": "string", "format": "date-time", "pattern": MOMENT}),
]
Day = Annotated[
    date,
    PlainValidator(_parse_day),
    WithJsonSchema({"type": "string", "format": "date", "pattern": DAY}),
]
Postcode = Annotated[
    str,
    StringConstraints(max_length=500, pattern=TEXT),
    AfterValidator(_long_enough),
    Field(json_schema_extra={"minLength": 5}),
]
# fmt: off
Question = Literal[
    "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12",
    "13", "14", "15", "16", "17", "18", "19", "20", "21", "22", "23", "24",
]
# fmt: on
Answer = Literal["yes", "no", "dont_know"]


class Part(BaseModel):
    """A part of the document: nothing converted, nothing unknown, nothing printed."""

    model_config = ConfigDict(
        strict=True,
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
        use_attribute_docstrings=True,
    )

    def __repr_args__(self) -> Iterable[tuple[str | None, Any]]:
        return ()  # a referral in a log line or a traceback tells nobody's name


# What a validator sees of a field that was given and refused: it is not among info.data.
FAULTY = object()

# JSON has lists alone: they become tuples here, which strictness would refuse.
_LIST: Any = Field(strict=False)


class Referrer(Part):
    name: Text | None = None
    role: Text | None = None
    email: Text | None = None
    phone: Text | None = None


class Source(Part):
    agency: Slug
    """Who sends it: the authenticated sender."""
    team: Team
    route: Route
    referrer: Referrer | None = None


class Address(Part):
    lines: Annotated[tuple[Text, ...], _LIST] | None = None
    postcode: Postcode | None = None
    """Any case, the space optional; ZZ99 is no fixed abode."""


class Contact(Part):
    phone: Text | None = None
    email: Text | None = None


class SafeContact(Part):
    """What is not marked safe is not safe."""

    call: bool | None = None
    text: bool | None = None
    voicemail: bool | None = None
    email: bool | None = None
    letter: bool | None = None
    when: Text | None = None
    note: Prose | None = None


class Identifier(Part):
    type: Literal["nhs_number", "pnc", "local_case"] | None = None
    value: Text | None = None


class Person(Part):
    model_config = ConfigDict(
        json_schema_extra={"not": {"required": ["date_of_birth", "age"]}},
    )

    given_name: Text | None = None
    family_name: Text | None = None
    also_known_as: Annotated[tuple[Text, ...], _LIST] | None = None
    date_of_birth: Annotated[Day, AfterValidator(_born_in_time)] | None = None
    """Not after London's day of made_at, nor more than 120 years before it."""
    age: Annotated[int, Field(ge=0, le=OLDEST)] | None = None
    """Only where the date of birth is not known."""
    gender: Gender | None = None
    language: Language | None = None
    interpreter: bool | None = None
    address: Address | None = None
    borough: Slug | None = None
    educated_in: Slug | None = None
    contact: Contact | None = None
    safe_contact: SafeContact | None = None
    identifiers: Annotated[tuple[Identifier, ...], _LIST] | None = None

    @field_validator("age")
    @classmethod
    def _only_without_date_of_birth(cls, age: int | None, info: ValidationInfo) -> int | None:
        if age is not None and info.data.get("date_of_birth", FAULTY) is not None:
            raise _refuse("stands beside date_of_birth: give one of them")
        return age


class OtherParty(Person):
    relationship: Relationship | None = None
    """What the other party is to the person referred."""


class Risk(Part):
    model_config = ConfigDict(
        json_schema_extra={
            "if": {"required": ["score", "answers"]},
            "then": {"properties": {"answers": {"minProperties": QUESTIONS}}},
        },
    )

    tool: RiskTool | None = None
    score: Annotated[int, Field(ge=0, le=QUESTIONS)] | None = None
    """DASH: how many of the 24 questions were answered with yes."""
    answers: dict[Question, Answer] | None = None
    """Beside a score all 24 are answered, and as many with yes as the score says."""
    level: RiskGrade | None = None
    """The sender's own grade."""
    professional_judgement_high: bool | None = None
    rationale: Prose | None = None
    police_callouts_12m: Annotated[int, Field(ge=0)] | None = None
    dvrim_scale: Annotated[int, Field(ge=1, le=4)] | None = None

    @field_validator("answers")
    @classmethod
    def _bear_the_score_out(
        cls, answers: dict[Question, Answer] | None, info: ValidationInfo
    ) -> dict[Question, Answer] | None:
        score = info.data.get("score", FAULTY)
        if answers is not None and score is not None:
            if len(answers) < QUESTIONS:
                raise _refuse(f"must hold all {QUESTIONS} answers where a score is given too")
            if score not in (FAULTY, count_yes(answers)):
                raise _refuse("hold another number of yes than the score says")
        return answers


class HouseholdChild(Part):
    age: Annotated[int, Field(ge=0, le=17)] | None = None
    lives_in_household: bool | None = None


class Offending(Part):
    admits_responsibility: bool | None = None
    serial: bool | None = None
    coercive_control: bool | None = None
    first_offence: bool | None = None
    statutory: bool | None = None
    arrested: bool | None = None
    at_risk_of_arrest: bool | None = None
    cohorts: Annotated[tuple[Cohort, ...], _LIST] | None = None


class Override(Part):
    """Why the referral goes ahead without consent, and who stands for that."""

    rationale: Prose
    authorised_by_role: Text


class Consent(Part):
    status: ConsentStatus | None = None
    recorded_at: Moment | None = None
    given_by: ConsentGivenBy | None = None
    override: Override | None = None


class Referral(Part):
    """One referral as its sender made it."""

    version: Annotated[Literal[1], BeforeValidator(_whole_number)]
    reference: Reference
    """The sender's own number: with source.agency it names the referral."""
    made_at: Annotated[Moment, AfterValidator(_made_before_it_is_read)]
    """Not more than 5 minutes ahead of the time of reading."""
    source: Source
    role: Role
    person: Person | None = None
    other_party: OtherParty | None = None
    lives_with_perpetrator: bool | None = None
    perpetrator_right_of_entry: bool | None = None
    other_party_consents: bool | None = None
    concerns: Annotated[tuple[Concern, ...], _LIST, Field(min_length=1)]
    crime_types: Annotated[tuple[CrimeType, ...], _LIST] | None = None
    risk: Risk | None = None
    needs: Annotated[tuple[Need, ...], _LIST] | None = None
    circumstances: Annotated[tuple[Circumstance, ...], _LIST] | None = None
    wants: Annotated[tuple[Want, ...], _LIST] | None = None
    children: Annotated[tuple[HouseholdChild, ...], _LIST] | None = None
    offending: Offending | None = None
    consent: Consent | None = None
    narrative: Narrative | None = None
    linked_references: Annotated[tuple[Text, ...], _LIST] | None = None
    """The sender's references of the same household."""


def count_yes(answers: dict[Question, Answer]) -> int:
    """The DASH score that these answers add up to."""
    return sum(answer == "yes" for answer in answers.values())
