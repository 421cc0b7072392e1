"""The peers' triage: 12 pathways of 6 predicates, each predicate with an explanation."""


def _age(doc):
    y, m, d = map(int, doc["client"]["date_of_birth"].split("-"))
    return 2026 - y - ((m, d) > (11, 22))


_FACTS = {
    "age": _age,
    "needs": lambda d: [n["code"] for n in d["needs"]],
    "severity": lambda d: max(n["severity"] for n in d["needs"]),
    "income": lambda d: d["household"]["income_monthly"],
    "size": lambda d: d["household"]["size"],
    "dependants": lambda d: d["household"]["dependants"],
    "housing": lambda d: d["household"]["housing_status"],
    "urgency": lambda d: d["urgency"],
    "risk": lambda d: d["risk"]["score"],
    "self_harm": lambda d: d["risk"]["self_harm"],
    "dv": lambda d: d["risk"]["domestic_violence"],
    "lang": lambda d: d["client"]["preferred_language"],
    "consent": lambda d: d["client"]["consent"]["given"],
    "region": lambda d: d["client"]["address"]["region"],
}
_OPS = {
    "has": lambda v, x: x in v,
    "is": lambda v, x: v == x,
    "in": lambda v, x: v in x,
    "ge": lambda v, x: v >= x,
    "le": lambda v, x: v <= x,
}


def _pathway(name, need, *rest):
    preds = [("needs", "has", need), ("consent", "is", True), *rest]
    assert len(preds) == 6
    return {"name": name, "agency": f"svc-{name}", "preds": preds}


PATHWAYS = [
    _pathway(
        "housing",
        "housing",
        ("housing", "in", ("temporary", "none")),
        ("income", "le", 2500),
        ("severity", "ge", 3),
        ("age", "ge", 16),
    ),
    _pathway(
        "food",
        "food",
        ("income", "le", 3000),
        ("size", "ge", 1),
        ("region", "in", ("WA", "OR", "CA")),
        ("severity", "ge", 2),
    ),
    _pathway(
        "mental_health",
        "mental_health",
        ("risk", "ge", 30),
        ("age", "ge", 12),
        ("urgency", "in", ("soon", "urgent", "emergency")),
        ("severity", "ge", 3),
    ),
    _pathway(
        "crisis",
        "mental_health",
        ("self_harm", "is", True),
        ("urgency", "in", ("urgent", "emergency")),
        ("risk", "ge", 60),
        ("severity", "ge", 4),
    ),
    _pathway(
        "substance",
        "substance_use",
        ("age", "ge", 16),
        ("risk", "ge", 20),
        ("severity", "ge", 2),
        ("region", "in", ("WA", "OR")),
    ),
    _pathway(
        "employment",
        "employment",
        ("age", "ge", 18),
        ("age", "le", 67),
        ("income", "le", 3500),
        ("severity", "ge", 1),
    ),
    _pathway(
        "legal",
        "legal",
        ("age", "ge", 16),
        ("income", "le", 4000),
        ("severity", "ge", 2),
        ("region", "in", ("WA", "CA")),
    ),
    _pathway(
        "family",
        "childcare",
        ("dependants", "ge", 1),
        ("age", "ge", 16),
        ("income", "le", 4500),
        ("severity", "ge", 1),
    ),
    _pathway(
        "transport",
        "transport",
        ("age", "ge", 18),
        ("severity", "ge", 2),
        ("income", "le", 3500),
        ("region", "in", ("OR", "CA")),
    ),
    _pathway(
        "primary_care",
        "primary_care",
        ("age", "le", 100),
        ("severity", "ge", 1),
        ("risk", "le", 95),
        ("lang", "in", ("en", "es", "fr", "ar")),
    ),
    _pathway(
        "benefits",
        "benefits",
        ("income", "le", 3000),
        ("age", "ge", 18),
        ("size", "ge", 1),
        ("severity", "ge", 2),
    ),
    _pathway(
        "refuge",
        "violence",
        ("dv", "is", True),
        ("urgency", "in", ("soon", "urgent", "emergency")),
        ("age", "ge", 16),
        ("severity", "ge", 3),
    ),
]


def triage(doc: dict) -> dict:
    """Evaluate all 72 predicates; choose one or two pathways; keep every explanation."""
    facts = {k: f(doc) for k, f in _FACTS.items()}
    out, scored = [], []
    for n, p in enumerate(PATHWAYS):
        lines, score, relevant = [], 0, p["preds"][0][2] in facts["needs"]
        for fact, op, want in p["preds"]:
            v = facts[fact]
            ok = _OPS[op](v, want)
            score += ok
            lines.append(f"{'yes' if ok else 'no'}: {fact} {op} {want!r} (found {v!r})")
        out.append({"pathway": p["name"], "score": score, "why": lines})
        scored.append((-score, n, relevant))
    scored.sort()
    chosen = [PATHWAYS[scored[0][1]]]
    if scored[1][0] <= -5 and scored[1][2]:  # a second one that meets the need and 5 of 6
        chosen.append(PATHWAYS[scored[1][1]])
    return {"chosen": [(c["name"], c["agency"]) for c in chosen], "pathways": out}
