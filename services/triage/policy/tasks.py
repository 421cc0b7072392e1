"""What a decision leaves for a coordinator or a practitioner to do."""

from collections.abc import Iterator, Sequence
from datetime import date

from services.triage.policy.criteria import Case, Verdict
from services.triage.policy.decision import Ask, Considered, Route, Task
from services.triage.policy.library import Catalogue
from services.triage.policy.wording import listed, place_name, words


def tasks_for(
    case: Case,
    catalogue: Catalogue,
    considered: Sequence[Considered],
    routes: Sequence[Route],
    unsafe_asks: Sequence[Ask],
    *,
    stands_first: bool,
    crossed: bool,
) -> tuple[Task, ...]:
    """The tasks in the order in which they should be taken up.

    `unsafe_asks`: what the sender cannot be asked for safely.
    """
    policy = catalogue.policy
    return (
        *_transfers(case, routes),
        *([Task("coordinator", _FIRST)] if stands_first else ()),
        *_home_borough(case, catalogue, considered, routes),
        *([Task("coordinator", _CROSSED)] if crossed else ()),
        *_partners(considered, routes, policy.victims_group),
        *_funding(considered, routes),
        *_safe_asks(unsafe_asks),
        *(
            Task(task.for_, task.text)
            for place, task in catalogue.rules.standing_tasks
            if case.found[place].verdict is Verdict.MET
        ),
    )


def tasks_for_none_in_force(name: str, day: date) -> tuple[Task, ...]:
    """The coordinator decides where there was no policy yet."""
    return (
        Task(
            "coordinator",
            f"No policy in force in {place_name(name)} on {day:%-d %B %Y}: decide by hand",
        ),
    )


def tasks_for_undecidable(names: Sequence[str]) -> tuple[Task, ...]:
    """The coordinator chooses where neither borough nor district tells whose policy decides."""
    which = " or ".join(names)
    text = f"Find out whether the person lives in {which}, and send the referral on: nothing says"
    return (Task("coordinator", text),)


_FIRST = "Urgent, and neither a statutory nor a lead route was found: decide before all others"
_CROSSED = (
    "The same two people are known with the roles reversed: let no practitioner and no team lead "
    "serve both, and look at any perpetrator pathway before it is offered"
)


def _transfers(case: Case, routes: Sequence[Route]) -> Iterator[Task]:
    away = [route for route in routes if route.transfer_to is not None]
    if not away:
        return
    to, what = away[0].transfer_to, listed(route.pathway for route in away)
    if case.facts.borough is not None:
        borough = place_name(case.facts.borough)
        yield Task("coordinator", f"Transfer to {borough}, where the person lives: {what}")
    else:
        text = f"Find out in which borough {to} lies and transfer there: {what}"
        yield Task("coordinator", text)


def _home_borough(
    case: Case, catalogue: Catalogue, considered: Sequence[Considered], routes: Sequence[Route]
) -> Iterator[Task]:
    group = catalogue.policy.victims_group
    candidates = [each for each in considered if each.pathway.row.group == group]
    routed = {route.pathway for route in routes}
    if case.facts.role != "victim" or any(each.id in routed for each in candidates):
        return
    names = [each.pathway.row.programme for each in candidates if _only_the_borough(each)]
    if names:
        home = case.facts.borough or case.facts.district or "not known"
        yield Task(
            "coordinator",
            f"Refer to the home borough ({place_name(home)}): but for where the person lives, "
            f"this may be a case for {names[0]}",
        )


def _only_the_borough(considered: Considered) -> bool:
    unmet = [
        line
        for line, found in zip(considered.pathway.lines, considered.findings, strict=True)
        if found.verdict is Verdict.NOT_MET
    ]
    return bool(unmet) and all(line.is_place for line in unmet)


def _partners(
    considered: Sequence[Considered], routes: Sequence[Route], group: str
) -> Iterator[Task]:
    rows = {each.id: each.pathway.row for each in considered}
    for route in routes:
        if rows[route.pathway].partner_support:
            yield Task(
                "coordinator",
                f"Offer the partner support through the victims' services ({words(group)}), "
                f"by other staff than those of {words(route.pathway)}",
            )


def _funding(considered: Sequence[Considered], routes: Sequence[Route]) -> Iterator[Task]:
    rows = {each.id: each.pathway.row for each in considered}
    for route in routes:
        row = rows[route.pathway]
        if route.funding_to_confirm and row.funded_until:
            text = (
                f"Confirm the funding of {row.programme}: {row.funded_until:%-d %B %Y} was its end"
            )
            yield Task("coordinator", text)


def _safe_asks(asks: Sequence[Ask]) -> Iterator[Task]:
    if asks:
        facts = ", ".join(ask.fact for ask in asks)
        yield Task("coordinator", f"No channel is marked safe: find a safe way to ask for {facts}")
