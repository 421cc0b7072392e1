"""A decision as a person reads it."""

from collections.abc import Iterator
from typing import Any

_OUTCOMES = {
    "routed": "routed",
    "needs_information": "needs information; the coordinator has it",
    "unrouted": "nothing fits; the coordinator has it",
}


def in_words(decision: dict[str, Any]) -> str:
    """`decision`: what `route --json` prints."""
    return "\n".join(_lines(decision))


def summary(decision: dict[str, Any]) -> str:
    """One line: outcome, urgency, risk, triggers."""
    parts = [_OUTCOMES[decision["outcome"]]]
    if decision["urgent"]:
        parts.append("URGENT")
    parts.append(f"risk {decision['risk_level'].replace('_', ' ')}")
    if decision["marac_triggers"]:
        parts.append("MARAC: " + ", ".join(t.replace("_", " ") for t in decision["marac_triggers"]))
    return "; ".join(parts)


def _lines(decision: dict[str, Any]) -> Iterator[str]:
    catalogue = decision["catalogue"]
    yield f"{catalogue['name']}, policy from {catalogue['in_force_from'] or '(none in force)'}"
    yield summary(decision)
    for route in decision["routes"]:
        notes = [route["kind"], "on the basis of " + " and ".join(route["bases"])]
        if route["transfer_to"]:
            notes.append(f"as a transfer to {route['transfer_to']}")
        if route["funding_to_confirm"]:
            notes.append("funding to confirm")
        if route["next_on_site"]:
            notes.append(f"next on site {route['next_on_site']}")
        yield f"  -> {route['pathway']} ({', '.join(notes)})"
        yield from (f"       {reason}" for reason in route["reasons"])
    if decision["suggestions"]:
        yield "may be offered: " + ", ".join(s["pathway"] for s in decision["suggestions"])
    for ask in decision["asks"]:
        settles = f", which alone settles {', '.join(ask['would_settle'])}"
        yield f"missing: {ask['fact']}{settles if ask['would_settle'] else ''}"
    for task in decision["tasks"]:
        yield f"for the {task['for']}: {task['text']}"
