"""Turn results into tables: `results.json` (condensed, kept) and `README.md` (generated).

    python -m benchmarks.search.report results.jsonl [more.jsonl …]

Regret of a run of a searcher: best noise-free value so far minus the best that any
searcher ever saw on that problem, divided by the mean of the same for random search at
that budget, at most CAP. So 1 is as good as random search, 0 is the optimum. Means over
seeds, then problems; intervals are 95 % bootstraps over problems and seeds.
"""

from __future__ import annotations

import json
import math
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.search.problems import PROBLEMS

HERE = Path(__file__).parent
CONDENSED = HERE / "results.json"
SPEED = HERE / "speed.json"
BUDGETS = (25, 50)
CAP = 3.0
BOOTSTRAPS = 1000
OURS = "nbsweep"
PARALLEL = "nbsweep, 4 in flight"

Cells = dict[tuple[str, str], list[dict[str, Any]]]  # (searcher, problem) to seeds


def condense(paths: list[Path]) -> list[dict[str, Any]]:
    """One small entry for each line of results: best values at the budgets."""
    entries = []
    for path in paths:
        for line in path.read_text().splitlines():
            entry = json.loads(line)
            found = [math.inf if v is None else v for v in entry.pop("values")]
            for budget in BUDGETS:
                best = min(found[:budget], default=math.inf)
                entry[f"best{budget}"] = best if math.isfinite(best) else None
            entries.append(entry)
    return entries


class Regrets:
    """Normalised regrets of every searcher, problem and seed."""

    def __init__(self, entries: list[dict[str, Any]]) -> None:
        self.cells: Cells = defaultdict(list)
        for entry in entries:
            self.cells[entry["searcher"], entry["problem"]].append(entry)
        known = [p.name for p in PROBLEMS]
        self.problems = [
            p for p in known if (OURS, p) in self.cells and ("random", p) in self.cells
        ]
        # Whoever did only some of the problems stands below those who did all.
        self.searchers = sorted(
            {s for s, _ in self.cells},
            key=lambda s: (len(self.done(s)) < len(self.problems), self.mean(s, 50)),
        )
        self.searchers = [s for s in self.searchers if math.isfinite(self.mean(s, 50))]

    def of(self, searcher: str, problem: str, budget: int) -> np.ndarray:
        """Regrets (seeds,) of a searcher on a problem."""
        optimum = min(
            e["best50"]
            for (_, p), found in self.cells.items()
            if p == problem
            for e in found
            if e["best50"] is not None
        )
        reference = [self._best(e, budget) - optimum for e in self.cells["random", problem]]
        scale = max(float(np.mean([r for r in reference if math.isfinite(r)])), 1e-9)
        found = [self._best(e, budget) - optimum for e in self.cells[searcher, problem]]
        return np.minimum(np.array(found) / scale, CAP)

    @staticmethod
    def _best(entry: dict[str, Any], budget: int) -> float:
        best = entry[f"best{budget}"]
        return math.inf if best is None else float(best)

    def done(self, searcher: str) -> list[str]:
        return [p for p in self.problems if self.cells.get((searcher, p))]

    def mean(self, searcher: str, budget: int, names: list[str] | None = None) -> float:
        wanted = [p for p in self.done(searcher) if names is None or p in names]
        return (
            float(np.mean([self.of(searcher, p, budget).mean() for p in wanted]))
            if wanted
            else math.nan
        )

    def interval(self, searcher: str, budget: int) -> tuple[float, float]:
        rng = np.random.default_rng(0)
        found = [self.of(searcher, p, budget) for p in self.done(searcher)]
        means = []
        for _ in range(BOOTSTRAPS):
            picked = [found[i] for i in rng.integers(len(found), size=len(found))]
            means.append(np.mean([rng.choice(seeds, len(seeds)).mean() for seeds in picked]))
        low, high = np.quantile(means, [0.025, 0.975])
        return float(low), float(high)

    def ranks(self, searchers: list[str], budget: int) -> np.ndarray:
        """Ranks (problems, searchers) by mean regret, ties shared."""
        rows = []
        for problem in self.problems:
            if not all(self.cells.get((s, problem)) for s in searchers):
                continue
            regrets = np.array([self.of(s, problem, budget).mean() for s in searchers])
            below = (regrets[:, None] > regrets[None, :] + 1e-9).sum(axis=1)
            equal = (np.abs(regrets[:, None] - regrets[None, :]) <= 1e-9).sum(axis=1)
            rows.append(below + 0.5 * (equal + 1))
        return np.array(rows)


def overall(r: Regrets) -> list[str]:
    complete = [s for s in r.searchers if s != PARALLEL and len(r.done(s)) == len(r.problems)]
    ranks = {b: r.ranks(complete, b).mean(axis=0) for b in BUDGETS}
    lines = [
        "| searcher | problems | seeds | regret at 25 | regret at 50 | rank at 25 | rank at 50 | ms a run |",
        "|---|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for searcher in r.searchers:
        names = r.done(searcher)
        seeds = np.mean([len(r.cells[searcher, p]) for p in names])
        ms = np.median([e["ms"] for p in names for e in r.cells[searcher, p]])
        cells = [searcher, str(len(names)), f"{seeds:.0f}"]
        for budget in BUDGETS:
            low, high = r.interval(searcher, budget)
            cells.append(f"{r.mean(searcher, budget):.2f} ({low:.2f}–{high:.2f})")
        for budget in BUDGETS:
            place = complete.index(searcher) if searcher in complete else None
            cells.append("–" if place is None else f"{ranks[budget][place]:.2f}")
        lines.append("| " + " | ".join([*cells, f"{ms:.0f}"]) + " |")
    return lines


def by_family(r: Regrets) -> list[str]:
    family = {p.name: p.family for p in PROBLEMS}
    families = list(dict.fromkeys(family[p] for p in r.problems))
    lines = ["| searcher | " + " | ".join(families) + " |", "|---|" + "--:|" * len(families)]
    for searcher in r.searchers:
        cells = []
        for name in families:
            found = r.mean(searcher, 50, [p for p in r.problems if family[p] == name])
            cells.append("–" if math.isnan(found) else f"{found:.2f}")
        lines.append(f"| {searcher} | " + " | ".join(cells) + " |")
    return lines


def by_problem(r: Regrets) -> list[str]:
    lines = ["| problem | nbsweep | best peer | | behind |", "|---|--:|--:|---|--:|"]
    for problem in r.problems:
        regrets = {
            s: float(r.of(s, problem, 50).mean()) for s in r.searchers if r.cells.get((s, problem))
        }
        ours = regrets.pop(OURS)
        regrets.pop(PARALLEL, None)
        best = min(regrets, key=lambda s: regrets[s])
        behind = sum(v < ours - 1e-9 for v in regrets.values())
        lines.append(
            f"| {problem} | {ours:.2f} | {regrets[best]:.2f} | {best} | {behind} of {len(regrets)} |"
        )
    return lines


def speed() -> list[str]:
    if not SPEED.exists():
        return ["Not measured (`python -m benchmarks.search.speed`)."]
    found = json.loads(SPEED.read_text())
    counts = list(next(iter(found["ms"].values())))
    lines = [
        f"Ten mixed dimensions, medians, on a machine with a load of {found['load']:.0f} on two "
        "cores; compare rows rather than read them as absolute.",
        "",
        "| searcher | " + " | ".join(counts) + " |",
        "|---|" + "--:|" * len(counts),
    ]
    for name, row in found["ms"].items():
        cells = (f"{row[n]:.0f}" if n in row else "–" for n in counts)
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return lines


HEADER = """# How good is the search?

{doc}

`make bench-search` runs it (`python -m benchmarks.search.run`, `--quick` for minutes) and
`python -m benchmarks.search.report results.jsonl` writes this page. {count} problems
(`problems.py`): synthetic functions in mixed spaces with noise, crashes and plateaus, and
scikit-learn models on its own data sets. Peers with their defaults (`peers.py`); slow
ones have fewer seeds and wider intervals. Ranks are over searchers that did all problems.

## All problems

{overall}

## By family, regret at 50 runs

{families}

## By problem, regret at 50 runs: wins and losses

"behind" counts the peers with a lower regret than ours.

{problems}

## Milliseconds a suggestion, by number of past runs

{speed}

## What is not shown

{missing}
"""


def main() -> None:
    paths = [Path(name) for name in sys.argv[1:]]
    if paths:
        entries = condense(paths)
        CONDENSED.write_text("[\n" + ",\n".join(json.dumps(e) for e in entries) + "\n]\n")
    entries = json.loads(CONDENSED.read_text())
    r = Regrets(entries)
    defined = [p.name for p in PROBLEMS]
    absent = [p for p in defined if p not in r.problems]
    missing = f"Problems that were not run: {', '.join(absent) or 'none'}. "
    partial = [s for s in r.searchers if len(r.done(s)) < len(r.problems)]
    missing += f"Searchers that did only part: {', '.join(partial) or 'none'}."
    text = HEADER.format(
        doc="\n".join(__doc__.splitlines()[4:]),
        count=len(r.problems),
        overall="\n".join(overall(r)),
        families="\n".join(by_family(r)),
        problems="\n".join(by_problem(r)),
        speed="\n".join(speed()),
        missing=missing,
    )
    (HERE / "README.md").write_text(text)


if __name__ == "__main__":
    main()
