"""Where somebody lives, as far as the borough or the postcode district tells."""

from typing import Final

from pydantic import Field

from services.triage.policy.criteria import Case, Finding, Judge, Verdict, by_facts
from services.triage.policy.sources import Sourced
from services.triage.policy.wording import place_name
from shared.facts import Facts

NO_FIXED_ABODE: Final = "ZZ99"


class Districts(Sourced):
    """Outward postcodes that lie in the borough, and those that it shares with a neighbour."""

    own: tuple[str, ...] = Field(min_length=1)
    shared: tuple[str, ...] = ()


def in_the_borough(borough: str, districts: Districts) -> Judge:
    """Whether the person lives in the borough: as sent, else by district, else unknown."""

    here = place_name(borough)

    def judge(case: Case) -> Finding:
        sent, district = case.facts.borough, case.facts.district
        if sent is not None:
            lives_here = sent == borough
            verdict = Verdict.MET if lives_here else Verdict.NOT_MET
            text = f"lives in {place_name(sent)}" + ("" if lives_here else f", not in {here}")
            return Finding(verdict, text, {"person.borough": sent})
        saw = {"person.borough": None, "district": district}
        if district is None:
            return Finding(Verdict.UNKNOWN, "the borough is not known", saw, ("borough",))
        if district == NO_FIXED_ABODE:
            text = "of no fixed abode, and the borough is not known"
            return Finding(Verdict.UNKNOWN, text, saw, ("borough",))
        if district in districts.own:
            return Finding(Verdict.MET, f"{district} lies in {here}", saw)
        if district in districts.shared:
            text = f"{district} lies partly in {here}, and the borough is not known"
            return Finding(Verdict.UNKNOWN, text, saw, ("borough",))
        return Finding(Verdict.NOT_MET, f"{district} does not lie in {here}", saw)

    return by_facts(judge, "person.borough", "district")


def lives_elsewhere(facts: Facts, borough: str, districts: Districts) -> str | None:
    """The other borough, or the district that lies in another; None if nothing says so."""
    if facts.borough is not None:
        return facts.borough if facts.borough != borough else None
    known = facts.district is not None and facts.district != NO_FIXED_ABODE
    if known and facts.district not in (*districts.own, *districts.shared):
        return facts.district
    return None
