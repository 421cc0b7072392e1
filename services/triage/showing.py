"""What the pages of policies and of the checker show, put into words beforehand."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from services.triage.policy.catalogue import Capacity, Kind, Pathway, Policy, Within
from services.triage.policy.consent import ConsentRule
from services.triage.policy.criteria import Basis, Verdict, once
from services.triage.policy.days import Hours
from services.triage.policy.decision import Considered, Decision
from services.triage.policy.explain import PathwayInWords, in_words, pathways_in_words
from services.triage.policy.library import Catalogue, Library, NoneInForce
from services.triage.policy.rules import (
    AllOf,
    AnyOf,
    ConsentTest,
    Criterion,
    Definition,
    NotThis,
)
from services.triage.policy.wording import listed, place_name, words
from services.triage.questions import Question, Section

KINDS: Final[dict[Kind, str]] = {
    "statutory": "Statutory services",
    "lead": "Lead services",
    "additional": "Further help",
    "offer": "Help that may be offered",
}
KINDS_EXPLAINED: Final[dict[Kind, str]] = {
    "statutory": "The law asks for these. Everybody who fits is referred.",
    "lead": "One service of each group takes the lead: the first in the list that fits.",
    "additional": "Everybody who fits is referred, whoever takes the lead.",
    "offer": "Suggested to whoever works with the person. Nobody is referred here automatically.",
}
BASES: Final[dict[Basis, str]] = {
    "statutory": "a legal duty",
    "consent": "the person's consent",
    "safeguarding": "safeguarding",
    "service_request": "a request for a service",
}
CONSENT_RULES: Final[dict[ConsentRule, str]] = {
    "lawful_to_share": (
        "the person's consent; or safeguarding, where the risk is high, there is a reason for a"
        " MARAC, or somebody in charge authorised it"
    ),
    "agreed": "the person's consent, or somebody in charge authorised it",
    "given": "the person's consent",
}


@dataclass(frozen=True, slots=True)
class Version:
    """One catalogue of the library. `until`: the last day before the next one."""

    catalogue: Catalogue
    until: date | None
    in_force: bool
    to_come: bool

    @property
    def path(self) -> str:
        """Where its page is."""
        return f"/triage/catalogues/{self.catalogue.name}/{self.catalogue.in_force_from}"


@dataclass(frozen=True, slots=True)
class Group:
    """Pathways of one kind, of one lead group in their order; `name` None for no group."""

    kind: Kind
    name: str | None
    rows: tuple[PathwayInWords, ...]


@dataclass(frozen=True, slots=True)
class Clause:
    """A criterion as it is read aloud, with what it is made of. `name`: that of a named one."""

    text: str
    name: str | None = None
    parts: tuple["Clause", ...] = ()


@dataclass(frozen=True, slots=True)
class Ground:
    """Where a rule comes from: the document's title, and the section."""

    document: str
    title: str
    section: str


@dataclass(frozen=True, slots=True)
class Missing:
    """A fact that is asked for. `question`: the form's, if it has one for it.

    `settles`: the programmes on which it alone would decide.
    """

    text: str
    question: Question | None
    settles: tuple[str, ...]

    @property
    def settles_alone(self) -> bool:
        """Whether it would settle anything without another fact."""
        return bool(self.settles)


@dataclass(frozen=True, slots=True)
class NotTaken:
    """A pathway that is not among the routes and suggestions, and why, in sentences."""

    row: Pathway
    reasons: tuple[str, ...]


def versions(library: Library, name: str, today: date) -> tuple[Version, ...]:
    """A borough's catalogues, the newest first."""
    every = library.versions(name)
    now = library.in_force(name, today)
    ends = [each.in_force_from for each in every[1:]]
    return tuple(
        Version(each, _before(end), in_force=each is now, to_come=each.in_force_from > today)
        for each, end in reversed(list(zip(every, [*ends, None], strict=True)))
    )


def _before(day: date | None) -> date | None:
    return date.fromordinal(day.toordinal() - 1) if day else None


def groups(policy: Policy) -> tuple[Group, ...]:
    """The pathways by kind, group and order, as they are decided."""
    rows = sorted(pathways_in_words(policy), key=lambda row: row.place or 0)
    return tuple(
        Group(kind, name, tuple(row for row in rows if (row.kind, row.group) == (kind, name)))
        for kind in KINDS
        for name in dict.fromkeys(row.group for row in rows if row.kind == kind)
    )


def clause(criterion: Criterion, policy: Policy) -> Clause:
    """A criterion, part by part; a name is told by what it means and not taken apart."""
    match criterion:
        case str():
            return Clause(in_words(criterion, policy), criterion)
        case AnyOf(any=several):
            lead = "one of these holds"
        case AllOf(all=several):
            lead = "all of these hold"
        case NotThis(not_=AnyOf() | AllOf() as one):
            several, lead = (one,), "this must not hold"
        case _:
            return Clause(in_words(criterion, policy))
    since = f" (from {day(criterion.from_)})" if criterion.from_ else ""
    text = f"{criterion.means}: {lead}{since}" if criterion.means else f"{lead}{since}"
    return Clause(text, parts=tuple(clause(each, policy) for each in several))


def own_notes(told: PathwayInWords, row: Pathway) -> tuple[str, ...]:
    """What is assumed in a pathway itself, apart from the criteria that it names."""
    own = (
        rule
        for each, rule in zip(row.criteria, told.rules, strict=True)
        if not isinstance(each, str)
    )
    notes = (note for rule in (*own, *told.blocks) for note in rule.assumed)
    return once([*told.assumed, *notes])


def ground(source: str, policy: Policy) -> Ground:
    """A source as the words of a catalogue give it, with the title of its document."""
    document, _, section = source.partition(", ")
    return Ground(document, policy.documents.get(document, document), section)


def basis_of(row: Pathway, policy: Policy) -> str:
    """On what ground in law a pathway is told."""
    if row.kind == "statutory":
        return f"{BASES['statutory']}, whether or not the person consents"
    if row.lawful_basis:
        return f"{BASES[row.lawful_basis]}, whether or not the person consents"
    clauses = (_definition(each, policy) for each in row.criteria)
    rules = (each.consent for each in clauses if isinstance(each, ConsentTest))
    rule = next(rules, None)
    return CONSENT_RULES[rule] if rule else BASES["service_request"]


def _definition(criterion: Criterion, policy: Policy) -> Definition:
    while isinstance(criterion, str):
        criterion = policy.criteria[criterion]
    return criterion


def within(time: Within) -> str:
    """A time to answer in."""
    if time.hours is not None:
        return f"{_count(time.hours, 'hour')}, day and night"
    if time.working_days is not None:
        return _count(time.working_days, "working day")
    return "the next working morning"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def capacity(places: Capacity) -> str:
    """How many places a programme has."""
    return f"{places.places} {'a year' if places.per == 'year' else 'at once'}"


def response(policy: Policy) -> tuple[tuple[str, str], ...]:
    """Each case of the times of response, and the time."""
    acknowledge, contact = policy.response.acknowledge, policy.response.first_contact
    return (
        ("A practitioner answers an urgent referral", within(acknowledge.urgent)),
        ("A practitioner answers any other", within(acknowledge.others)),
        ("First contact, urgent", within(contact.urgent)),
        ("First contact, a person who refers herself or himself", within(contact.self_referral)),
        ("First contact, medium risk", within(contact.medium)),
        ("First contact, checklist not completed", within(contact.not_completed)),
        ("First contact, standard risk", within(contact.standard)),
    )


def hours(policy: Policy) -> tuple[tuple[str, str], ...]:
    """Each service's hours of its own."""
    return tuple(
        (
            f"Hours of {words(name)}",
            f"Monday to Friday {_from_to(each.monday_to_friday)}; weekends and bank holidays"
            f" {_from_to(each.weekends_and_bank_holidays)}",
        )
        for name, each in policy.service_hours.items()
    )


def _from_to(hours: Hours) -> str:
    return f"{hours.first:%H:%M} to {hours.last:%H:%M}"


def on_site(row: Pathway) -> tuple[tuple[str, str], ...]:
    """With which teams a practitioner sits, and on which days."""
    if row.on_site is None:
        return ()
    return tuple(
        (words(team), listed(day.capitalize() for day in days))
        for team, days in row.on_site.teams.items()
    )


def missing(decision: Decision, sections: Sequence[Section], policy: Policy) -> tuple[Missing, ...]:
    """What a decision asks for, in the form's own words."""
    questions = {each.field: each for section in sections for each in section.questions}
    programmes = {row.id: row.programme for row in policy.pathways}
    found = []
    for ask in decision.asks:
        question = questions.get("person.borough" if ask.fact == "borough" else ask.fact)
        text = question.text if question else words(ask.fact.replace(".", " "))
        settles = tuple(programmes[each] for each in ask.would_settle)
        found.append(Missing(text, question, settles))
    return tuple(found)


def not_taken(decision: Decision) -> tuple[tuple[NotTaken, ...], tuple[NotTaken, ...]]:
    """The pathways that cannot be told yet, and those that the facts close, each with why."""
    named = {each.id: each.pathway.row.programme for each in decision.considered}
    open_, closed = [], []
    for each in decision.considered:
        row = each.pathway.row
        if each.passed_over_for is not None:
            reason = f"fits, and {named[each.passed_over_for]} comes before it"
            closed.append(NotTaken(row, (reason,)))
        elif each.blocked_by is not None:
            closed.append(NotTaken(row, (f"closed for safety: {each.blocked_by}",)))
        elif each.standing == "unknown":
            open_.append(NotTaken(row, _texts(each, Verdict.UNKNOWN)))
        elif each.standing == "ineligible":
            closed.append(NotTaken(row, _texts(each, Verdict.NOT_MET)))
    return tuple(open_), tuple(closed)


def _texts(considered: Considered, verdict: Verdict) -> tuple[str, ...]:
    found = (each.text for each in considered.findings if each.verdict is verdict)
    return tuple(dict.fromkeys(found))


def policy_of(policy: Catalogue | NoneInForce) -> Policy:
    """The policy by which a decision is told, also where it is still to come."""
    return policy.first.policy if isinstance(policy, NoneInForce) else policy.policy


def day(day: date) -> str:
    """A day as it is spoken."""
    return f"{day:%-d %B %Y}"


def weekday(day: date) -> str:
    """A day near by, with its weekday."""
    return f"{day:%A %-d %B}"


def capital(text: str) -> str:
    """A sentence's beginning."""
    return text[:1].upper() + text[1:]


def spoken(bases: Iterable[Basis]) -> str:
    """Grounds in law, joined as they are spoken."""
    return " and ".join(BASES[each] for each in bases)


def title_of(policy: Policy) -> str:
    """A catalogue's short name: the borough and the day from which it holds."""
    return f"{place_name(policy.name)}, from {day(policy.in_force_from)}"
