"""Turn results on several objectives into `results.json` (condensed) and `README.md`.

    python -m benchmarks.search.fronts.report results.jsonl [more.jsonl …]

Regret of a run of a searcher: the hypervolume of the reference front (`reference.py`; of the
largest that any searcher found where that is more) minus that of the noise-free values so far
that keep the limits, divided by the mean of the same for random search at that budget, at most
CAP. So 1 is as good as random search, 0 is the whole front. With one objective the hypervolume
is how far the best run is below the reference value. Means over seeds, then problems;
intervals are 95 % bootstraps over problems and seeds.
"""

from __future__ import annotations

import json
import math
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.search.fronts.peers import FRONT_SEARCHERS
from benchmarks.search.fronts.problems import FRONT_PROBLEMS
from benchmarks.search.fronts.reference import REFERENCES
from benchmarks.search.loop import left_out
from nbsweep.objectives import hypervolume

HERE = Path(__file__).parent
CONDENSED = HERE / "results.json"
BUDGETS = (25, 50)
CAP = 3.0
BOOTSTRAPS = 1000
OURS = "nbsweep"
PARALLEL = "nbsweep (4 in flight)"
CLOSE = 0.05

Entries = list[dict[str, Any]]


def condense(paths: list[Path]) -> Entries:
    """One small entry for each line of results: hypervolumes at the budgets."""
    references = json.loads(REFERENCES.read_text())
    problems = {problem.name: problem for problem in FRONT_PROBLEMS}
    entries: Entries = []
    for path in paths:
        for line in path.read_text().splitlines():
            entry = json.loads(line)
            values = entry.pop("values", None)
            if values is not None:
                problem = problems[entry["problem"]]
                at = tuple(references[problem.name]["reference"])
                for budget in BUDGETS:
                    found = [tuple(v) for v in values[:budget] if v is not None]
                    kept = [v[: problem.objectives] for v in found if problem.keeps_limits(v)]
                    entry[f"volume{budget}"] = hypervolume(kept, at)
            entries.append(entry)
    return entries


class Regrets:
    """Normalised regrets of every searcher, problem and seed."""

    def __init__(self, entries: Entries) -> None:
        self.cells: dict[tuple[str, str], Entries] = defaultdict(list)
        for entry in entries:
            self.cells[entry["searcher"], entry["problem"]].append(entry)
        self.whole = {k: v["hypervolume"] for k, v in json.loads(REFERENCES.read_text()).items()}
        for entry in entries:
            name = entry["problem"]
            self.whole[name] = max(self.whole[name], entry["volume50"])
        self.problems = [
            p.name
            for p in FRONT_PROBLEMS
            if (OURS, p.name) in self.cells and ("random", p.name) in self.cells
        ]
        found = {s for s, _ in self.cells}
        self.searchers = sorted(
            (s for s in found if self.done(s)),
            key=lambda s: (len(self.done(s)) < len(self.problems), self.mean(s, 50)),
        )

    def of(self, searcher: str, problem: str, budget: int) -> np.ndarray:
        """Regrets (seeds,) of a searcher on a problem."""
        missed = {
            s: np.array(
                [self.whole[problem] - e[f"volume{budget}"] for e in self.cells[s, problem]]
            )
            for s in (searcher, "random")
        }
        return np.minimum(missed[searcher] / max(float(missed["random"].mean()), 1e-12), CAP)

    def done(self, searcher: str) -> list[str]:
        return [p for p in self.problems if self.cells.get((searcher, p))]

    def mean(self, searcher: str, budget: int, names: list[str] | None = None) -> float:
        wanted = [p for p in self.done(searcher) if names is None or p in names]
        return float(np.mean([self.of(searcher, p, budget).mean() for p in wanted]))

    def interval(self, searcher: str, budget: int, other: str = "") -> tuple[float, float]:
        """Of the mean regret; of that of another searcher minus this one's where one is named."""
        rng = np.random.default_rng(0)
        names = [p for p in self.done(searcher) if not other or p in self.done(other)]
        means = []
        for _ in range(BOOTSTRAPS):
            total = []
            for i in rng.integers(len(names), size=len(names)):
                seeds = self.of(searcher, names[i], budget)
                value = rng.choice(seeds, len(seeds)).mean()
                if other:
                    theirs = self.of(other, names[i], budget)
                    value = rng.choice(theirs, len(theirs)).mean() - value
                total.append(value)
            means.append(np.mean(total))
        low, high = np.quantile(means, [0.025, 0.975])
        return float(low), float(high)

    def families(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for problem in FRONT_PROBLEMS:
            if problem.name in self.problems:
                found.setdefault(problem.family, []).append(problem.name)
        return found


def overall(r: Regrets) -> list[str]:
    lines = [
        "| searcher | problems | seeds | regret at 25 | regret at 50 | nbsweep's on those, at 50 "
        "| ms a suggestion |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    for searcher in r.searchers:
        names = r.done(searcher)
        counts = sorted({len(r.cells[searcher, p]) for p in names})
        seeds = f"{counts[0]}" if len(counts) == 1 else f"{counts[0]}–{counts[-1]}"
        cells = [searcher, str(len(names)), seeds]
        for budget in BUDGETS:
            low, high = r.interval(searcher, budget)
            cells.append(f"{r.mean(searcher, budget):.2f} ({low:.2f}–{high:.2f})")
        cells.append(f"{r.mean(OURS, 50, names):.2f}")
        ms = np.median([e["ms"] for p in names for e in r.cells[searcher, p]])
        lines.append("| " + " | ".join([*cells, f"{ms:.0f}"]) + " |")
    return lines


def lead(r: Regrets) -> str:
    """How far ours is ahead of the best peer that did every problem."""
    complete = [s for s in r.searchers if len(r.done(s)) == len(r.problems)]
    peers = [s for s in complete if s not in (OURS, PARALLEL)]
    best = min(peers, key=lambda s: r.mean(s, 50))
    gap = r.mean(best, 50) - r.mean(OURS, 50)
    low, high = r.interval(OURS, 50, best)
    return (
        f"Regret at 50 runs is {gap:.2f} below that of the best peer that did every problem, {best} "
        f"(95 % interval {low:.2f} to {high:.2f})."
    )


def by_problem(r: Regrets) -> list[str]:
    shown = [s for s in r.searchers if s != PARALLEL]
    lines = [
        "| problem | " + " | ".join(shown) + " | |",
        "|---|" + "--:|" * len(shown) + "---|",
    ]
    held = {problem.name for problem in FRONT_PROBLEMS if problem.held_out}
    lost: list[str] = []
    for problem in r.problems:
        regrets = {
            s: float(r.of(s, problem, 50).mean()) if r.cells.get((s, problem)) else math.nan
            for s in shown
        }
        cells = ["–" if math.isnan(v) else f"{v:.2f}" for v in regrets.values()]
        lines.append(
            "| " + " | ".join([problem, *cells, "held out" if problem in held else ""]) + " |"
        )
        if any(v < regrets[OURS] - CLOSE for v in regrets.values()):
            lost.append(problem)
    summary = f"Some peer is ahead by more than {CLOSE} on {len(lost)} of {len(r.problems)}: "
    return [f"{summary}{', '.join(lost) or 'none'}.", "", *lines]


def by_family(r: Regrets) -> list[str]:
    families = r.families()
    lines = ["| searcher | " + " | ".join(families) + " |", "|---|" + "--:|" * len(families)]
    for searcher in r.searchers:
        cells = [
            f"{r.mean(searcher, 50, names):.2f}" if set(names) <= set(r.done(searcher)) else "–"
            for names in families.values()
        ]
        lines.append("| " + " | ".join([searcher, *cells]) + " |")
    return lines


HEADER = """# How good is the search with several objectives?

{doc}

`make bench-search` runs it (`python -m benchmarks.search.fronts.run`, `--quick` for minutes) and
`python -m benchmarks.search.fronts.report results.jsonl` writes this page. {count} problems
(`problems.py`), of which the search was not tuned on those that are held out.

## All problems

{lead}

{overall}

## By family, regret at 50 runs

{families}

## By problem, regret at 50 runs

{problems}

## What is not shown

{missing}
"""


def main() -> None:
    paths = [Path(name) for name in sys.argv[1:]]
    if paths:
        entries = condense(paths)
        CONDENSED.write_text("[\n" + ",\n".join(json.dumps(e) for e in entries) + "\n]\n")
    r = Regrets(json.loads(CONDENSED.read_text()))
    missing = left_out(r, FRONT_SEARCHERS, FRONT_PROBLEMS)
    text = HEADER.format(
        doc="\n".join(__doc__.splitlines()[4:]),
        count=len(r.problems),
        lead=lead(r),
        overall="\n".join(overall(r)),
        families="\n".join(by_family(r)),
        problems="\n".join(by_problem(r)),
        missing=missing,
    )
    notes = HERE / "NOTES.md"  # on the results at hand, written by whoever measured them
    text += f"\n{notes.read_text()}" if notes.exists() else ""
    (HERE / "README.md").write_text(text)


if __name__ == "__main__":
    main()
