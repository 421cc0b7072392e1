"""One peer, in an environment of its own: reads expressions and referrals, answers with its time.

    python peer.py zen|cel      one JSON object on standard input, one on standard output

It imports nothing of the project. Each decision's answer is every criterion's value, as a dict.
"""

import json
import sys
import time
from collections.abc import Callable
from typing import Any

Decide = Callable[[dict[str, Any]], dict[str, Any]]


def zen(expressions: dict[str, str]) -> Decide:
    """One expression node with all criteria; traced, so that each one's result is told."""
    import zen as engine

    rows = [{"id": key, "key": key, "value": value} for key, value in expressions.items()]
    graph = {
        "nodes": [
            {"id": "in", "type": "inputNode", "name": "in"},
            {
                "id": "rules",
                "type": "expressionNode",
                "name": "rules",
                "content": {"expressions": rows},
            },
            {"id": "out", "type": "outputNode", "name": "out"},
        ],
        "edges": [
            {"id": "1", "type": "edge", "sourceId": "in", "targetId": "rules"},
            {"id": "2", "type": "edge", "sourceId": "rules", "targetId": "out"},
        ],
    }
    decision = engine.ZenEngine().create_decision(json.dumps(graph))

    def decide(facts: dict[str, Any]) -> dict[str, Any]:
        traced = decision.evaluate(facts, {"trace": True})
        return {key: each["result"] for key, each in traced["trace"]["rules"]["traceData"].items()}

    return decide


def cel(expressions: dict[str, str]) -> Decide:
    """Every criterion compiled once and executed in order, each seeing those before it."""
    import cel as language

    programs = [(key, language.compile(value)) for key, value in expressions.items()]

    def decide(facts: dict[str, Any]) -> dict[str, Any]:
        known = dict(facts)
        found = {}
        for key, program in programs:
            found[key] = known[key] = program.execute(known)
        return found

    return decide


def main() -> None:
    """Warm up, time every referral once, and tell what was found."""
    asked = json.load(sys.stdin)
    decide = {"zen": zen, "cel": cel}[sys.argv[1]](asked["expressions"])
    for facts in asked["warm"]:
        decide(facts)
    began = time.perf_counter()
    found = [decide(facts) for facts in asked["referrals"]]
    seconds = time.perf_counter() - began
    json.dump({"per_second": len(found) / seconds, "found": found}, sys.stdout)


if __name__ == "__main__":
    main()
