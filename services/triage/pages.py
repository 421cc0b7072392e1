"""The partnerships' policies to read, and the checker: facts to try before anybody is referred.

The checker keeps nothing. Its facts come in the body of a request and go back on one page: they
stand in no address, no table, no event and no log.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from services.triage import showing
from services.triage.checking import (
    Answers,
    Trial,
    Unreadable,
    fields_of,
    kept,
    read_answers,
    start,
    told,
)
from services.triage.policy.decide import decide
from services.triage.policy.explain import assumptions, pathways_in_words
from services.triage.policy.library import Library
from services.triage.policy.wording import place_name, words
from services.triage.questions import sections_for
from shared.london import london_day
from shared.pages import Pages
from shared.problems import Refused
from shared.sign_in import ROLES, Caller, Doorkeeper

TEMPLATES: Final = Path(__file__).parent / "templates"

Clock = Callable[[], datetime]


def _now() -> datetime:
    return datetime.now(UTC)


def catalogue_router(
    pages: Pages, library: Library, doorkeeper: Doorkeeper, clock: Clock = _now
) -> APIRouter:
    """`/triage/catalogues`, for whoever is signed in."""
    router = APIRouter(prefix="/triage/catalogues", include_in_schema=False)
    reader = Depends(doorkeeper.require(*ROLES))

    def version(name: str, in_force_from: str) -> showing.Version:
        if name in library.names:
            for each in showing.versions(library, name, london_day(clock())):
                if each.catalogue.in_force_from.isoformat() == in_force_from:
                    return each
        raise Refused(404, "not-found", "There is no such catalogue.")

    @router.get("")
    async def catalogues(_caller: Annotated[Caller, reader]) -> HTMLResponse:
        today = london_day(clock())
        boroughs = {name: showing.versions(library, name, today) for name in library.names}
        return pages.show(
            "catalogues.html", boroughs=boroughs, showing=showing, place_name=place_name
        )

    @router.get("/{name}/{in_force_from}")
    async def catalogue(
        name: str, in_force_from: str, _caller: Annotated[Caller, reader]
    ) -> HTMLResponse:
        found = version(name, in_force_from)
        policy = found.catalogue.policy
        return pages.show(
            "catalogue.html",
            version=found,
            policy=policy,
            today=london_day(clock()),
            groups=showing.groups(policy),
            rows={row.id: row for row in policy.pathways},
            assumptions=assumptions(policy),
            showing=showing,
            words=words,
            place_name=place_name,
        )

    @router.get("/{name}/{in_force_from}/{pathway}")
    async def pathway(
        name: str, in_force_from: str, pathway: str, _caller: Annotated[Caller, reader]
    ) -> HTMLResponse:
        found = version(name, in_force_from)
        policy = found.catalogue.policy
        row = next((each for each in policy.pathways if each.id == pathway), None)
        if row is None:
            raise Refused(404, "not-found", "There is no such pathway in this catalogue.")
        told = next(each for each in pathways_in_words(policy) if each.id == pathway)
        return pages.show(
            "pathway.html",
            version=found,
            policy=policy,
            today=london_day(clock()),
            row=row,
            told=told,
            rules=list(zip(row.criteria, told.rules, strict=True)),
            blocks=list(zip(row.blocks, told.blocks, strict=True)),
            showing=showing,
            words=words,
        )

    return router


def check_router(
    pages: Pages, library: Library, doorkeeper: Doorkeeper, clock: Clock = _now
) -> APIRouter:
    """`/triage/check`: what would become of a referral with these facts."""
    router = APIRouter(prefix="/triage/check", include_in_schema=False)
    reader = Depends(doorkeeper.require(*ROLES))
    names = library.names
    policies = [each.policy for name in names for each in library.versions(name)]
    sections = sections_for(policies)
    fields = fields_of(sections)

    @router.get("")
    async def ask(_caller: Annotated[Caller, reader]) -> HTMLResponse:
        only = names[0] if len(names) == 1 else None
        return _form(start(clock(), only), Unreadable(()))

    @router.post("", dependencies=[Depends(pages.from_our_own_page)])
    async def check(request: Request, _caller: Annotated[Caller, reader]) -> HTMLResponse:
        answers = await pages.read_form(request)
        if not fields.issuperset(answers):
            # A page from before an upgrade would lose a fact in silence.
            raise Refused(422, "stale-form", "This form is out of date. Open it again.")
        trial = read_answers(answers, sections, names)
        if isinstance(trial, Unreadable):
            return _form(answers, trial)
        return _decided(kept(answers, trial), trial)

    def _form(answers: Answers, unreadable: Unreadable) -> HTMLResponse:
        faults = {each.field: each.problem for each in unreadable.faults}
        return pages.show(
            "check.html",
            422 if faults else 200,
            answers=answers,
            unreadable=unreadable,
            faults=faults,
            sections=sections,
            wanted=frozenset(),
            boroughs=names,
            place_name=place_name,
        )

    def _decided(answers: Answers, trial: Trial) -> HTMLResponse:
        day = london_day(trial.facts.made_at)
        used = library.in_force(trial.catalogue, day)
        decision = decide(trial.facts, used, trial.history)
        policy = showing.policy_of(used)
        missing = showing.missing(decision, sections, policy)
        open_, closed = showing.not_taken(decision)
        return pages.show(
            "checked.html",
            answers=answers,
            faults={},
            sections=sections,
            wanted=frozenset(each.question.field for each in missing if each.question),
            boroughs=names,
            place_name=place_name,
            trial=trial,
            day=day,
            decision=decision,
            policy=policy,
            rows={row.id: row for row in policy.pathways},
            missing=missing,
            undecided=open_,
            closed=closed,
            told=told(answers, sections),
            showing=showing,
            words=words,
        )

    return router
