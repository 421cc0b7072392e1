"""The decision: which pathways a referral is routed to, and why.

Pure: the same facts, policy, history and day give the same decision for ever.
"""

from collections.abc import Container, Sequence
from datetime import date

from services.triage.policy.asking import asks_for, asks_go_to
from services.triage.policy.bank_holidays import ENGLAND
from services.triage.policy.compiled import CompiledPathway
from services.triage.policy.criteria import Basis, Case, Judge, Verdict, once
from services.triage.policy.days import next_on_site
from services.triage.policy.decision import (
    Ask,
    Considered,
    Decision,
    NeedsInformation,
    PolicyUsed,
    Route,
    Routed,
    Unrouted,
)
from services.triage.policy.library import Catalogue, NoneInForce
from services.triage.policy.places import lives_elsewhere
from services.triage.policy.risk import Trigger, marac_triggers, risk_level
from services.triage.policy.tasks import tasks_for, tasks_for_none_in_force, tasks_for_undecidable
from shared.facts import Facts, History
from shared.london import LONDON


def decide(
    facts: Facts,
    policy: Catalogue | NoneInForce,
    history: History | None = None,
    *,
    on: date | None = None,
    bank_holidays: Container[date] = ENGLAND,
) -> Decision:
    """The decision on a referral.

    `on` is the day whose policy decides, which `policy` was chosen for: London's day of the
    referral unless said. Age, hours and twelve months are counted from the referral itself.
    `history` None: nothing is known of earlier referrals, and nothing is asked about them.
    """
    catalogue = policy.first if isinstance(policy, NoneInForce) else policy
    case = open_case(facts, catalogue, history, on, bank_holidays)
    if isinstance(policy, NoneInForce):
        return _none_in_force(case, policy)
    considered = _consider_all(catalogue, case)
    crossed = history is not None and history.cross_allegation
    routes = tuple(
        _route(each, case, catalogue, crossed=crossed) for each in considered if _is_routed(each)
    )
    urgent = is_urgent(case, catalogue)
    stands_first = urgent and not any(each.kind in ("statutory", "lead") for each in routes)
    if routes:
        outcome: type[Routed | NeedsInformation | Unrouted] = Routed
    elif any(each.standing == "unknown" and not _is_offer(each) for each in considered):
        outcome = NeedsInformation
    else:
        outcome = Unrouted
    asks = asks_for(considered, case, history, _may_come_to_marac(case, catalogue))
    asked = asks_go_to(facts)
    return outcome(
        policy=PolicyUsed(catalogue.name, catalogue.in_force_from, catalogue.sha256),
        urgent=urgent,
        risk_level=case.known["risk_level"],
        marac_triggers=case.known["marac_triggers"],
        routes=routes,
        suggestions=tuple(
            each.id for each in considered if _is_offer(each) and each.standing == "eligible"
        ),
        asks=asks,
        asks_go_to=asked,
        tasks=tasks_for(
            case,
            catalogue,
            considered,
            routes,
            asks if asked == "coordinator" else (),
            stands_first=stands_first,
            crossed=crossed,
        ),
        considered=considered,
        cross_allegation=crossed,
        stands_first=stands_first,
    )


def open_case(
    facts: Facts,
    catalogue: Catalogue,
    history: History | None = None,
    on: date | None = None,
    bank_holidays: Container[date] = ENGLAND,
) -> Case:
    """The referral as the catalogue's rules see it, with its level of risk and MARAC triggers."""
    made = facts.made_at.astimezone(LONDON)
    rules, policy = catalogue.rules, catalogue.policy
    known = dict(facts.by_path)
    case = Case(facts, known, made, on or made.date(), bank_holidays, [])
    _judge(case, rules.judges[: rules.begin])
    triggers: tuple[Trigger, ...] = ()
    if _may_come_to_marac(case, catalogue):
        triggers = marac_triggers(facts, policy.risk, policy.marac, history, made.date())
    known["risk_level"] = risk_level(facts, policy.risk)
    known["marac_triggers"] = triggers
    _judge(case, rules.judges[rules.begin :])
    return case


def is_urgent(case: Case, catalogue: Catalogue) -> bool:
    """High risk, any MARAC trigger, or a concern that is urgent by itself."""
    dangerous = case.known["risk_level"] == "high" or bool(case.known["marac_triggers"])
    return dangerous or not set(case.facts.concerns).isdisjoint(catalogue.policy.urgent.concerns)


def _may_come_to_marac(case: Case, catalogue: Catalogue) -> bool:
    """A victim of abuse who is not known to be too young."""
    facts = case.facts
    if facts.role != "victim":
        return False
    if facts.age is not None and facts.age < catalogue.policy.marac.from_age:
        return False
    return case.found[catalogue.rules.begin - 1].verdict is Verdict.MET


def _judge(case: Case, judges: Sequence[Judge]) -> None:
    """Look at the next criteria; each finds its parts at their places."""
    found = case.found
    for judge in judges:
        found.append(judge(case))


def _none_in_force(case: Case, policy: NoneInForce) -> Unrouted:
    urgent = is_urgent(case, policy.first)
    return Unrouted(
        policy=PolicyUsed(policy.name, None, None),
        urgent=urgent,
        risk_level=case.known["risk_level"],
        marac_triggers=case.known["marac_triggers"],
        tasks=tasks_for_none_in_force(policy.name, case.on),
        stands_first=urgent,
    )


def undecidable(
    facts: Facts,
    names: Sequence[str],
    measure: Catalogue | NoneInForce,
    history: History | None = None,
) -> NeedsInformation:
    """Where nothing known tells whose policy decides: the coordinator chooses, at once.

    `names`: the catalogues that may; `measure`: the one by which risk and urgency are computed.
    """
    catalogue = measure.first if isinstance(measure, NoneInForce) else measure
    case = open_case(facts, catalogue, history)
    urgent = is_urgent(case, catalogue)
    return NeedsInformation(
        policy=PolicyUsed(" or ".join(names), None, None),
        urgent=urgent,
        risk_level=case.known["risk_level"],
        marac_triggers=case.known["marac_triggers"],
        asks=(Ask("borough", ()),),
        asks_go_to=asks_go_to(facts),
        tasks=tasks_for_undecidable(names),
        stands_first=urgent,
    )


def _consider(pathway: CompiledPathway, case: Case, taker: str | None) -> Considered:
    """What comes of one pathway; `taker`: the pathway of its group that comes before it."""
    findings = pathway.pick(case.found)
    for block in pathway.blocks:
        if case.found[block.place].verdict is Verdict.MET:
            return Considered(pathway, "ineligible", findings, blocked_by=block.reason)
    verdicts = [found.verdict for found in findings]
    if Verdict.NOT_MET in verdicts:
        return Considered(pathway, "ineligible", findings)
    presumed = once([fact for found in findings for fact in found.presumed])
    if Verdict.UNKNOWN in verdicts:
        return Considered(pathway, "unknown", findings, presumed)
    return Considered(pathway, "eligible", findings, presumed, passed_over_for=taker)


def _consider_all(catalogue: Catalogue, case: Case) -> tuple[Considered, ...]:
    """Every pathway that is there on the day; in each group the first eligible one is kept, and
    the later ones are passed over for it."""
    first: dict[str | None, str] = {}
    considered = []
    for pathway in catalogue.rules.pathways:
        row = pathway.row
        if row.from_ is not None and row.from_ > case.on:
            continue
        each = _consider(pathway, case, first.get(row.group))
        if row.group is not None and each.standing == "eligible":
            first.setdefault(row.group, row.id)
        considered.append(each)
    return tuple(considered)


def _is_offer(considered: Considered) -> bool:
    return considered.pathway.row.kind == "offer"


def _is_routed(considered: Considered) -> bool:
    if _is_offer(considered) or considered.passed_over_for is not None:
        return False
    return considered.standing == "eligible"


def _route(considered: Considered, case: Case, catalogue: Catalogue, *, crossed: bool) -> Route:
    row, facts, policy = considered.pathway.row, case.facts, catalogue.policy
    statutory = row.kind == "statutory"
    on_site = None
    if row.on_site and facts.team in row.on_site.teams:
        days = row.on_site.teams[facts.team]
        on_site = next_on_site(days, case.made, policy.office.closes, case.bank_holidays)
    return Route(
        pathway=row.id,
        kind=row.kind,
        team=row.team,
        bases=_bases(considered),
        transfer_to=lives_elsewhere(facts, policy.name, policy.districts) if statutory else None,
        funding_to_confirm=row.funded_until is not None and case.on > row.funded_until,
        next_on_site=on_site,
        reasons=tuple([found.text for found in considered.findings]),
        waits_for_coordinator=crossed and facts.role == "perpetrator" and not statutory,
    )


def _bases(considered: Considered) -> tuple[Basis, ...]:
    row = considered.pathway.row
    if row.kind == "statutory":
        return ("statutory",)
    if row.lawful_basis:
        return (row.lawful_basis,)
    given = once([basis for found in considered.findings for basis in found.bases])
    return given or ("service_request",)
