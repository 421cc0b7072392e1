"""Whether a policy of the right shape also makes sense: names, order, dates, reach.

Every fault comes with the place in the file that it concerns.
"""

from collections.abc import Iterator

from services.triage.policy.catalogue import Pathway, Policy
from services.triage.policy.policy_file import Place
from services.triage.policy.reach import never_met
from services.triage.policy.rules import (
    AllOf,
    AnyOf,
    Clause,
    Criterion,
    FactTest,
    HoursTest,
    NotThis,
    parts,
)
from services.triage.policy.sources import Source

Faults = Iterator[tuple[Place, str]]


def faults_of(policy: Policy) -> list[tuple[Place, str]]:
    """What contradicts itself or points nowhere; nothing if the policy is sound."""
    faults = [*_of_names(policy), *_of_rows(policy), *_of_documents(policy), *_of_risk(policy)]
    # Reach can only be judged where every name leads somewhere.
    return faults or [*_of_reach(policy)]


def _of_names(policy: Policy) -> Faults:
    for place, criterion in _criteria(policy):
        yield from _names_in(criterion, place, policy)
    for name in policy.criteria:
        if _leads_back(name, name, policy, frozenset()):
            yield ("criteria", name), f"{name} is defined by itself"


def _criteria(policy: Policy) -> Iterator[tuple[Place, Criterion]]:
    for name, criterion in policy.criteria.items():
        yield ("criteria", name), criterion
    for at, task in enumerate(policy.standing_tasks):
        yield ("standing_tasks", at, "when"), task.when
    for at, row in enumerate(policy.pathways):
        for number, criterion in enumerate(row.criteria):
            yield ("pathways", at, "criteria", number), criterion
        for number, block in enumerate(row.blocks):
            yield ("pathways", at, "blocks", number, "when"), block.when


def _names_in(criterion: Criterion, place: Place, policy: Policy) -> Faults:
    if isinstance(criterion, str):
        if criterion not in policy.criteria:
            yield place, f"no criterion is called {criterion}"
        return
    if isinstance(criterion, HoursTest) and criterion.made_in not in policy.service_hours:
        yield place, f"no service hours are called {criterion.made_in}"
    for key, part in _placed(criterion):
        yield from _names_in(part, (*place, *key), policy)


def _placed(clause: Clause) -> Iterator[tuple[Place, Criterion]]:
    match clause:
        case AllOf(all=several):
            yield from ((("all", at), each) for at, each in enumerate(several))
        case AnyOf(any=several):
            yield from ((("any", at), each) for at, each in enumerate(several))
        case NotThis(not_=one):
            yield ("not",), one
        case FactTest(presumed_unless=one) if one is not None:
            yield ("presumed_unless",), one


def _leads_back(sought: str, criterion: Criterion, policy: Policy, seen: frozenset[str]) -> bool:
    if isinstance(criterion, str):
        if criterion in seen:
            return criterion == sought
        definition = policy.criteria.get(criterion)
        return definition is not None and _leads_back(
            sought, definition, policy, seen | {criterion}
        )
    return any(_leads_back(sought, part, policy, seen) for part in parts(criterion))


def _of_rows(policy: Policy) -> Faults:
    ids: dict[str, int] = {}
    orders: set[tuple[str | None, int | None]] = set()
    for at, row in enumerate(policy.pathways):
        if row.id in ids:
            yield ("pathways", at, "id"), f"{row.id} stands here twice"
        ids[row.id] = at
        if row.kind == "lead":
            if (row.group, row.order) in orders:
                yield ("pathways", at, "order"), f"order {row.order} of {row.group} is used twice"
            orders.add((row.group, row.order))
    if policy.victims_group not in {row.group for row in policy.pathways}:
        yield ("victims_group",), f"no lead pathway is of the group {policy.victims_group}"
    for district in set(policy.districts.own) & set(policy.districts.shared):
        yield ("districts", "shared"), f"{district} is both the borough's own and shared"
    panels: set[str] = set()
    for at, panel in enumerate(policy.panels):
        if panel.id in panels:
            yield ("panels", at, "id"), f"{panel.id} stands here twice"
        panels.add(panel.id)
        if panel.pathway not in ids:
            yield ("panels", at, "pathway"), f"no pathway is called {panel.pathway}"


def _of_documents(policy: Policy) -> Faults:
    for place, source in _sources(policy):
        if source.document not in policy.documents:
            yield place, f"no document is called {source.document}"


def _sources(policy: Policy) -> Iterator[tuple[Place, Source]]:
    parts_with_a_source = {
        "districts": policy.districts,
        "risk": policy.risk,
        "marac": policy.marac,
        "urgent": policy.urgent,
        "consent": policy.consent,
        "response": policy.response,
        "office": policy.office,
        "practitioner_capacity": policy.practitioner_capacity,
    }
    for name, part in parts_with_a_source.items():
        if part.source:
            yield (name, "source"), part.source
    for at, panel in enumerate(policy.panels):
        if panel.source:
            yield ("panels", at, "source"), panel.source
    for at, row in enumerate(policy.pathways):
        yield ("pathways", at, "source"), row.source
        for number, block in enumerate(row.blocks):
            if block.source:
                yield ("pathways", at, "blocks", number, "source"), block.source
    for place, criterion in _criteria(policy):
        if isinstance(criterion, Clause) and criterion.source:
            yield (*place, "source"), criterion.source


def _of_risk(policy: Policy) -> Faults:
    if policy.risk.medium_from >= policy.risk.high_from:
        yield ("risk",), "the medium band begins below the high one"
    abuse = policy.marac.abuse
    if abuse not in policy.criteria:
        yield ("marac", "abuse"), f"no criterion is called {abuse}"
    elif not _of_concerns(policy.criteria[abuse]):
        # The triggers are counted before anything else is known of the referral.
        yield ("marac", "abuse"), "abuse is told by the concerns alone"


def _of_concerns(criterion: Criterion) -> bool:
    return isinstance(criterion, FactTest) and criterion.fact == "concerns"


def _of_reach(policy: Policy) -> Faults:
    for at, row in enumerate(policy.pathways):
        if reason := never_met(row.criteria, policy):
            yield ("pathways", at, "criteria"), f"nobody can reach {row.id}: {reason}"
        for earlier in policy.pathways:
            if _always_before(earlier, row, policy):
                reason = f"{earlier.id} comes first whenever it is eligible"
                yield ("pathways", at), f"nobody can reach {row.id}: {reason}"


def _always_before(earlier: Pathway, later: Pathway, policy: Policy) -> bool:
    if earlier.kind != "lead" or earlier.group != later.group or earlier.blocks:
        return False
    if (earlier.order or 0) >= (later.order or 0):
        return False
    if earlier.from_ and (later.from_ is None or later.from_ < earlier.from_):
        return False
    required = {_content(each, policy) for each in later.criteria}
    return all(_content(each, policy) in required for each in earlier.criteria)


def _content(criterion: Criterion, policy: Policy) -> str:
    while isinstance(criterion, str):
        criterion = policy.criteria[criterion]
    return criterion.model_dump_json(exclude={"source", "assumed", "note", "means"})
