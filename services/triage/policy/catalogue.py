"""The shape of a catalogue file: one borough's dated policy, as a commissioner writes it."""

from datetime import date, time
from typing import Literal

from pydantic import Field, StrictBool, StrictInt, StrictStr, model_validator

from services.triage.policy.consent import OwnConsent
from services.triage.policy.days import ServiceHours, Weekday
from services.triage.policy.places import Districts
from services.triage.policy.risk import MaracRule, RiskBands, UrgentConcerns
from services.triage.policy.rules import Criterion
from services.triage.policy.sources import Source, Sourced
from shared.facts import Frozen, Team

Kind = Literal["statutory", "lead", "additional", "offer"]
Slug = Field(pattern=r"^[a-z][a-z0-9_]{1,59}$")


class Within(Frozen):
    """A time to answer in: hours at any hour, working days, or the next working morning."""

    hours: StrictInt | None = Field(default=None, ge=1)
    working_days: StrictInt | None = Field(default=None, ge=1)
    next_working_morning: Literal[True] | None = None

    @model_validator(mode="after")
    def _says_one_time(self) -> "Within":
        if (
            sum(each is not None for each in (self.hours, self.working_days))
            + bool(self.next_working_morning)
            != 1
        ):
            raise ValueError("name one of hours, working_days, next_working_morning")
        return self


class Acknowledgement(Frozen):
    """Within what time a practitioner acknowledges a referral."""

    urgent: Within
    others: Within


class FirstContact(Frozen):
    """Within what time the person is first contacted, by urgency, sender and level of risk."""

    urgent: Within
    self_referral: Within
    medium: Within
    not_completed: Within
    standard: Within


class Response(Sourced):
    """The times of response that hold unless a pathway has its own.

    `escalate`: how long each further person has whom an unanswered assignment goes up to.
    `contact_attempts`: after how many in vain it may be closed as unable to contact.
    """

    acknowledge: Acknowledgement
    escalate: Acknowledgement
    first_contact: FirstContact
    contact_attempts: StrictInt = Field(ge=1)


class Office(Sourced):
    """Office hours, London time; a morning's answer is given by `morning_ends`."""

    opens: time
    morning_ends: time
    closes: time


class Capacity(Sourced):
    """How many places a programme has: taken up in a year, or at once."""

    places: StrictInt = Field(ge=1)
    per: Literal["year", "at_once"]


class OnSite(Sourced):
    """On which days a practitioner of the pathway sits with which team."""

    teams: dict[Team, tuple[Weekday, ...]] = Field(min_length=1)


class Block(Sourced):
    """A safety block: where `when` is met, the pathway is closed because of `because`."""

    when: Criterion
    because: StrictStr = Field(min_length=1)


class StandingTask(Sourced):
    """A task that every routed referral brings for which `when` is met."""

    when: Criterion
    for_: Literal["coordinator", "practitioner"] = Field(alias="for")
    text: StrictStr = Field(min_length=1)


class Pathway(Sourced):
    """One programme and who is routed there.

    `team`: the practitioners who take it. `from`: the row is not there before that day.
    `funded_until`: the last day that is paid for; later routes are made and flagged.
    `lawful_basis`: where the route rests on it whatever its criteria say of consent.
    `partner_support`: a route here asks the coordinator to offer the partner support.
    `sender_may_know`: whether the sender hears the programme's name when it is taken up, and not
    only that a service has it: a name can endanger somebody by itself.
    """

    id: StrictStr = Slug
    programme: StrictStr = Field(min_length=1)
    team: StrictStr = Slug
    kind: Kind
    group: StrictStr | None = None
    order: StrictInt | None = Field(default=None, ge=1)
    criteria: tuple[Criterion, ...] = Field(min_length=1)
    source: Source
    from_: date | None = Field(default=None, alias="from")
    funded_until: date | None = None
    blocks: tuple[Block, ...] = ()
    lawful_basis: Literal["safeguarding"] | None = None
    partner_support: StrictBool = False
    on_site: OnSite | None = None
    capacity: Capacity | None = None
    respond_within: Within | None = None
    contact_attempts: StrictInt | None = Field(default=None, ge=1)
    sender_may_know: StrictBool = False

    @model_validator(mode="after")
    def _is_ordered_if_lead(self) -> "Pathway":
        if (self.kind == "lead") != (self.group is not None and self.order is not None):
            raise ValueError("a lead pathway, and no other, has a group and an order")
        if self.from_ and self.funded_until and self.funded_until < self.from_:
            raise ValueError("its funding ends before it begins")
        return self


class Panel(Sourced):
    """A meeting that hears the cases of a pathway: every so many weeks, counted from a first one.

    `rag`: its cases carry a status, red, amber or green.
    """

    id: StrictStr = Slug
    title: StrictStr = Field(min_length=1)
    pathway: StrictStr = Slug
    first_meeting: date
    every_weeks: StrictInt = Field(ge=1, le=13)
    rag: StrictBool = False


class Policy(Sourced):
    """A catalogue's whole content. `name` is the borough; `victims_group` its lead group."""

    name: StrictStr = Field(pattern=r"^[a-z0-9-]{2,40}$")
    title: StrictStr = Field(min_length=1)
    in_force_from: date
    documents: dict[StrictStr, StrictStr] = Field(min_length=1)
    districts: Districts
    risk: RiskBands
    marac: MaracRule
    urgent: UrgentConcerns
    consent: OwnConsent
    response: Response
    office: Office
    practitioner_capacity: Capacity
    victims_group: StrictStr
    service_hours: dict[StrictStr, ServiceHours] = Field(default_factory=dict)
    standing_tasks: tuple[StandingTask, ...] = ()
    panels: tuple[Panel, ...] = ()
    criteria: dict[StrictStr, Criterion] = Field(min_length=1)
    pathways: tuple[Pathway, ...] = Field(min_length=1)
