"""The table of who finds what: counted, kept in a file, and written into docs/tampering.md."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from deploy.local.home import ROOT
from tests.faults.tampering import honest
from tests.faults.tampering.finding import BY, OUTSIDE
from tests.faults.tampering.touching import Part
from tests.faults.tampering.trial import SEED, Trial
from tests.faults.tampering.window import A_SECOND

FIGURES: Final = Path(__file__).with_name("figures.json")
PAGE: Final = ROOT / "docs" / "tampering.md"

_WHOLE: Final = (Part.COSIGNED, Part.REMEMBERED, Part.SIGNED, Part.WAITING)
"""In these parts what is alike stands in one row."""
_LOOKED: Final = "tried"
_MUST: Final = "had to be found"
_ANY: Final = "found outside"

Row = tuple[str, bool, str]
"""A part by its name, whether the log's key was in the attacker's hands, and what was done."""
Counts = dict[Row, Counter[str]]


def count(trial: Trial) -> Counts:
    """Row by row how many were tried, had to be found, and by whom they were."""
    rows: Counts = defaultdict(Counter)
    for verdict in trial.verdicts:
        row = rows[verdict.part.name, verdict.has_key, _row(verdict.part, verdict.name)]
        row[_LOOKED] += 1
        row[_MUST] += verdict.must
        row[_ANY] += any(verdict.found.get(each) for each in OUTSIDE)
        for name, was_found in verdict.found.items():
            row[f"asked {name}"] += 1
            row[name] += was_found
    return rows


def _row(part: Part, name: str) -> str:
    if part not in _WHOLE:
        return name
    kind, _, what = name.partition(": ")
    if "copy" in what:
        return f"{kind}, in a copy's files"
    return name if kind == "edit" else kind


def kept(trial: Trial, windows: Mapping[str, Mapping[str, Any]], machine: str) -> dict[str, Any]:
    """All figures, for FIGURES."""
    return {
        "seed": SEED,
        "machine": machine,
        "impossible": trial.impossible,
        "missed": sum(verdict.missed for verdict in trial.verdicts),
        "stumbled": dict(
            sorted(Counter(said for each in trial.verdicts for said in each.stumbled).items())
        ),
        "windows": dict(windows),
        "rows": [
            [*row, dict(sorted(counts.items()))] for row, counts in sorted(count(trial).items())
        ],
    }


def read() -> dict[str, Any]:
    """The figures of the last whole trial."""
    figures: dict[str, Any] = json.loads(FIGURES.read_text())
    return figures


def rows_of(figures: Mapping[str, Any]) -> Counts:
    """The rows of figures that were kept."""
    return {(part, key, name): Counter(counts) for part, key, name, counts in figures["rows"]}


def disagreements(published: Counts, found: Counts) -> Iterator[str]:
    """Where all, or none, of a row is said to be found by somebody, and now it is not so."""
    for row, counts in found.items():
        said = published.get(row)
        if said is None:
            continue  # too seldom to be met in each trial
        for name in BY:
            asked, found_by = counts[f"asked {name}"], counts[name]
            all_, none = said[name] == said[f"asked {name}"], said[name] == 0
            if (all_ and found_by < asked) or (none and found_by > 0):
                yield f"{row}: {name} finds {found_by} of {asked}, and {_cell(said, name)} is said"


def _cell(counts: Counter[str], name: str) -> str:
    asked, found_by = counts[f"asked {name}"], counts[name]
    if not asked:
        return ""
    if found_by == asked:
        return "all"
    return f"{found_by} of {asked}" if found_by else "none"


def page(figures: Mapping[str, Any]) -> str:
    """docs/tampering.md."""
    rows = rows_of(figures)
    nothing = sum(c[_LOOKED] for (part, *_), c in rows.items() if part == Part.NOTHING.name)
    tried = sum(c[_LOOKED] for c in rows.values()) - nothing
    must = sum(c[_MUST] for c in rows.values())
    return _PAGE.format(
        tried=f"{tried:,}",
        must=f"{must:,}",
        missed=figures["missed"] or "none",
        nothing=f"{nothing:,}",
        seed=figures["seed"],
        machine=figures["machine"],
        cosigned=honest.COSIGNED,
        remembered=honest.REMEMBERED,
        signed=honest.SIGNED,
        logged=honest.LOGGED,
        a_second=A_SECOND,
        summary="\n".join(_summary(rows)),
        sections="\n".join(_sections(rows)),
        nobody="\n".join(_nobody(rows)),
        windows="\n".join(_windows(figures["windows"])),
    )


def _line(cells: Iterable[object]) -> str:
    return f"| {' | '.join(map(str, cells))} |"


def _head(*first: str) -> Iterator[str]:
    cells = [*first, *BY.values()]
    yield _line(cells)
    yield _line(["---"] * len(first[:1]) + ["---:"] * (len(cells) - 1))


def _summary(rows: Counts) -> Iterator[str]:
    yield from _head("what was touched", "key", "tried", "outside")
    for part in Part:
        for key in (False, True):
            total: Counter[str] = Counter()
            for (name, has_key, _), counts in rows.items():
                if (name, has_key) == (part.name, key):
                    total += counts
            if total and part is not Part.NOTHING:
                yield _line(
                    [
                        part.value,
                        "yes" if key else "no",
                        total[_LOOKED],
                        _share(total[_ANY], total[_LOOKED]),
                        *(_cell(total, name) for name in BY),
                    ]
                )


def _share(found: int, of: int) -> str:
    return "all" if found == of else f"{found} of {of}" if found else "none"


def _sections(rows: Counts) -> Iterator[str]:
    for part in Part:
        of_part = {row: counts for row, counts in rows.items() if row[0] == part.name}
        if part is Part.NOTHING or not of_part:
            continue
        yield f"\n### {part.value[0].upper()}{part.value[1:]}\n"
        yield from _head("mutation", "key", "tried")
        for (_, key, name), counts in sorted(of_part.items(), key=lambda each: each[0][2:0:-1]):
            cells = [name, "yes" if key else "no", counts[_LOOKED]]
            yield _line([*cells, *(_cell(counts, by) for by in BY)])


def _nobody(rows: Counts) -> Iterator[str]:
    yield _line(
        ["what was touched", "mutation", "key", "tried", "found by nobody outside", "inside by"]
    )
    yield _line(["---", "---", "---:", "---:", "---:", "---"])
    for part in Part:
        for (name, key, what), counts in sorted(rows.items(), key=lambda each: each[0][2:0:-1]):
            unseen = counts[_LOOKED] - counts[_ANY]
            if name == part.name and unseen and part is not Part.NOTHING:
                inside = [BY[by] for by in ("watch", "signer") if counts[by]]
                cells = [part.value, what, "yes" if key else "no", counts[_LOOKED], unseen]
                yield _line([*cells, ", ".join(inside) or "nobody"])


def _windows(windows: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    yield _line(
        [
            "the witness",
            "entries",
            "seconds: middle",
            "p99",
            "worst",
            "entries open: middle",
            "p99",
            "worst",
        ]
    )
    yield _line(["---", *["---:"] * 7])
    for name, figures in windows.items():
        yield _line([name, figures["entries"], *figures["seconds"], *figures["open"]])


_PAGE: Final = (Path(__file__).with_name("page.md")).read_text()
