"""Decisions a second with every criterion explained: ours beside zen-engine (traced) and CEL.

All get the same rules of the same catalogue and the same referrals, none of them twice, after a
warm-up on others. Ours answers with a decision in which each criterion has its sentence, what it
saw, and its verdict of three, with routes, asks and tasks; a peer answers with a value for each
criterion. Rounds alternate, so that a slow spell of the machine falls on all.
"""

import json
import subprocess
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any, Final

from services.triage.policy.criteria import Verdict
from services.triage.policy.days import made_in
from services.triage.policy.decide import decide, open_case
from services.triage.policy.library import Catalogue, load_library
from shared.facts import Facts
from tests.performance.engine.referrals import referrals
from tests.performance.engine.translating import Language, Translation, variable, variables

LOCK: Final = Path(__file__).with_name("peers.lock")
PEER: Final = Path(__file__).with_name("peer.py")
PEERS: Final[tuple[Language, ...]] = ("zen", "cel")
ON: Final = date(2026, 11, 20)
SECONDS: Final = 300.0


def run(python: Path, rounds: int, count: int, say: Callable[[str], None]) -> dict[str, Any]:
    """Every round's figures, their medians, the ratios, and where a peer sees nothing missing."""
    catalogue = load_library().in_force("bromley", ON)
    assert isinstance(catalogue, Catalogue)
    both = referrals(2 * count)
    warm, given = both[:count], both[count:]
    translated = {peer: Translation(catalogue.policy, peer) for peer in PEERS}
    told = [[_told(facts, catalogue) for facts in each] for each in (warm, given)]
    figures: list[dict[str, float]] = []
    answers: dict[str, Any] = {}
    for number in range(1, rounds + 1):
        say(f"round {number} of {rounds}")
        each = {"ours": _ours(warm, given)}
        for peer in PEERS:
            answers[peer] = _theirs(python, peer, translated[peer].expressions, told)
            each[peer] = answers[peer]["per_second"]
        figures.append(each)
    middle = {name: round(median(r[name] for r in figures)) for name in figures[0]}
    return {
        "criteria": len(catalogue.rules.judges),
        "pathways": len(catalogue.rules.pathways),
        "referrals": count,
        "decisions_per_second": middle,
        "ratios": {peer: round(median(r["ours"] / r[peer] for r in figures), 2) for peer in PEERS},
        "rounds": figures,
        "blind": {
            peer: _blind(given, catalogue, translated[peer], answers[peer]["found"])
            for peer in PEERS
        },
    }


def _ours(warm: list[Facts], given: list[Facts]) -> float:
    catalogue = load_library().in_force("bromley", ON)  # anew, and so with nothing remembered
    for facts in warm:
        decide(facts, catalogue, on=ON)
    began = time.perf_counter()
    for facts in given:
        decide(facts, catalogue, on=ON)
    return len(given) / (time.perf_counter() - began)


def _theirs(
    python: Path, peer: Language, expressions: dict[str, str], told: list[list[dict[str, Any]]]
) -> dict[str, Any]:
    warm, given = told
    asked = {"expressions": expressions, "warm": warm, "referrals": given}
    done = subprocess.run(
        [str(python), str(PEER), peer],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=True,
    )
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def _told(facts: Facts, catalogue: Catalogue) -> dict[str, Any]:
    """The facts as the peers get them, computed risk and hours too; what is missing is null."""
    case = open_case(facts, catalogue, on=ON)
    known = json.loads(json.dumps({**case.known}, default=str))
    hours = {
        f"made_in_{name}": made_in(of)(case).verdict is Verdict.MET
        for name, of in catalogue.policy.service_hours.items()
    }
    return {**{variable(path): known.get(path) for path in variables()}, **hours}


def _blind(
    given: list[Facts],
    catalogue: Catalogue,
    translated: Translation,
    found: list[dict[str, bool]],
) -> dict[str, int]:
    """Criteria of all referrals: where both agree, where they differ, and where a peer says no
    although a fact is missing and ours says unknown."""
    counts = {"agree": 0, "differ": 0, "no_for_unknown": 0}
    for facts, values in zip(given, found, strict=True):
        for each in decide(facts, catalogue, on=ON).considered:
            names = translated.rows[each.id]
            for name, finding in zip(names, each.findings, strict=True):
                if finding.verdict is Verdict.UNKNOWN:
                    counts["no_for_unknown"] += not values[name]
                else:
                    agrees = (finding.verdict is Verdict.MET) == values[name]
                    counts["agree" if agrees else "differ"] += 1
    return counts
