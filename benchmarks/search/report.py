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

from benchmarks.search.loop import left_out
from benchmarks.search.peers import SEARCHERS
from benchmarks.search.problems import PROBLEMS

HERE = Path(__file__).parent
CONDENSED = HERE / "results.json"
SPEED = HERE / "speed.json"
BUDGETS = (25, 50)
CAP = 3.0
BOOTSTRAPS = 1000
OURS = "nbsweep"
PARALLEL = {4: "nbsweep (4 in flight)", 16: "nbsweep (16 in flight)"}
WANDB = "W&B bayes"
MS_TARGETS = {"50": 30, "200": 60, "1000": 200}
CLOSE = 0.05  # a smaller difference of regrets is no loss
MAX_RATIO = 0.8  # of our mean regret to the best peer's
MAX_PARALLEL_RATIO = 1.15  # of 4 in flight to serial

Cells = dict[tuple[str, str], list[dict[str, Any]]]  # (searcher, problem) to seeds


def condense(paths: list[Path]) -> list[dict[str, Any]]:
    """One small entry for each line of results: best values at the budgets."""
    entries: list[dict[str, Any]] = []
    for path in paths:
        for line in path.read_text().splitlines():
            entry = json.loads(line)
            if "values" not in entry:  # condensed already
                entries.append(entry)
                continue
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

    def complete(self) -> list[str]:
        """Searchers that did every problem, ours run in parallel left out."""
        found = [s for s in self.searchers if s not in PARALLEL.values()]
        return [s for s in found if len(self.done(s)) == len(self.problems)]

    def families(self) -> dict[str, list[str]]:
        """Problems by family, in the order of their definition."""
        found: dict[str, list[str]] = {}
        for problem in PROBLEMS:
            if problem.name in self.problems:
                found.setdefault(problem.family, []).append(problem.name)
        return found

    def ranks(self, searchers: list[str], budget: int) -> np.ndarray:
        """Ranks (problems, searchers) by mean regret, ties shared."""
        means = [[self.of(s, p, budget).mean() for s in searchers] for p in self.problems]
        return ranked(np.array(means))

    def lead(self, budget: int) -> tuple[str, float, float, float]:
        """The best peer by average rank, and how far ours is ahead of it, with an interval.

        Bootstrapped over problems, and over seeds within them.
        """
        searchers = self.complete()
        average = self.ranks(searchers, budget).mean(axis=0)
        ours = searchers.index(OURS)
        second = min((i for i in range(len(searchers)) if i != ours), key=lambda i: average[i])
        rng = np.random.default_rng(0)
        found = [[self.of(s, p, budget) for s in searchers] for p in self.problems]
        drawn = [
            [
                seeds[rng.integers(len(seeds), size=(BOOTSTRAPS, len(seeds)))].mean(axis=1)
                for seeds in row
            ]
            for row in found
        ]
        ranks = np.array([ranked(np.array(row).T) for row in drawn])  # (problems, bootstraps, s)
        gaps = ranks[:, :, second] - ranks[:, :, ours]
        picked = rng.integers(len(gaps), size=(BOOTSTRAPS, len(gaps)))
        low, high = np.quantile(
            gaps[picked, np.arange(BOOTSTRAPS)[:, None]].mean(axis=1), [0.025, 0.975]
        )
        return searchers[second], float(average[second] - average[ours]), float(low), float(high)


def ranked(regrets: np.ndarray) -> np.ndarray:
    """Ranks (n, searchers) within each row of regrets, ties shared."""
    gap = regrets[:, :, None] - regrets[:, None, :]
    return (gap > 1e-9).sum(axis=2) + 0.5 * ((np.abs(gap) <= 1e-9).sum(axis=2) + 1)


def overall(r: Regrets) -> list[str]:
    complete = r.complete()
    ranks = {b: r.ranks(complete, b).mean(axis=0) for b in BUDGETS}
    lines = [
        "| searcher | problems | seeds | regret at 25 | regret at 50 | nbsweep's on those, at 50 "
        "| rank at 25 | rank at 50 |",
        "|---|--:|--:|--:|--:|--:|--:|--:|",
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
        for budget in BUDGETS:
            place = complete.index(searcher) if searcher in complete else None
            cells.append("–" if place is None else f"{ranks[budget][place]:.2f}")
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def targets(r: Regrets) -> list[str]:
    """Each thing that was aimed at, what was measured, and whether that is enough."""
    rows = [
        *_rank_targets(r),
        _regret_target(r),
        *_family_targets(r),
        *_parallel_targets(r),
        *_ms_targets(),
    ]
    lines = ["| what | target | measured | |", "|---|---|---|---|"]
    for what, target, measured, met in rows:
        verdict = {True: "met", False: "**not met**", None: ""}[met]
        lines.append(f"| {what} | {target} | {measured} | {verdict} |")
    return lines


Row = tuple[str, str, str, "bool | None"]


def _rank_targets(r: Regrets) -> list[Row]:
    rows: list[Row] = []
    for budget in BUDGETS:
        second, gap, low, high = r.lead(budget)
        measured = f"{gap:.2f} ranks ahead of {second} ({low:.2f} to {high:.2f})"
        rows.append(
            (f"average rank at {budget} runs", "first, interval above 0", measured, low > 0)
        )
    return rows


def _regret_target(r: Regrets) -> Row:
    peers = [s for s in r.complete() if s != OURS]
    best = min(peers, key=lambda s: r.mean(s, 50))
    ratio = r.mean(OURS, 50) / r.mean(best, 50)
    measured = f"{r.mean(OURS, 50):.2f} / {r.mean(best, 50):.2f} ({best}) = {ratio:.2f}"
    return (
        "mean regret at 50 runs",
        f"≤ {MAX_RATIO} × the best peer's",
        measured,
        ratio <= MAX_RATIO,
    )


def _family_targets(r: Regrets) -> list[Row]:
    rows: list[Row] = []
    for peer in ("random", WANDB):
        if not set(r.problems) <= set(r.done(peer)):
            continue
        ratios = {
            name: (r.mean(OURS, 50, found), r.mean(peer, 50, found))
            for name, found in r.families().items()
        }
        worst = max(ratios, key=lambda name: ratios[name][0] - ratios[name][1])
        ours, theirs = ratios[worst]
        behind = [name for name, (a, b) in ratios.items() if a > b + 1e-9]
        measured = f"closest in {worst}: {ours:.2f} to {theirs:.2f}"
        measured += f"; behind in {', '.join(behind)}" if behind else ""
        rows.append((f"every family, beside {peer}", "never behind at 50", measured, not behind))
    return rows


def _parallel_targets(r: Regrets) -> list[Row]:
    rows: list[Row] = []
    for count, name in PARALLEL.items():
        if not (done := r.done(name)):
            continue
        seeds = min(len(r.cells[name, p]) for p in done)
        ratio = r.mean(name, 50, done) / r.mean(OURS, 50, done)
        target = f"≤ {MAX_PARALLEL_RATIO} × serial" if count == 4 else "little lost"
        measured = f"{r.mean(name, 50, done):.2f} / {r.mean(OURS, 50, done):.2f} = {ratio:.2f}"
        measured += f" ({len(done)} problems, seeds: {seeds})"
        met = ratio <= MAX_PARALLEL_RATIO if count == 4 else None
        rows.append((f"{count} in flight, regret at 50", target, measured, met))
    return rows


def _ms_targets() -> list[Row]:
    if not SPEED.exists():
        return []
    ours = json.loads(SPEED.read_text())["ms"][OURS]
    return [
        (
            f"CPU milliseconds a suggestion at {n} runs",
            f"≤ {limit}",
            f"{ours[n]:.0f}",
            ours[n] <= limit,
        )
        for n, limit in MS_TARGETS.items()
        if n in ours
    ]


def by_family(r: Regrets) -> list[str]:
    families = r.families()
    lines = ["| searcher | " + " | ".join(families) + " |", "|---|" + "--:|" * len(families)]
    for searcher in r.searchers:
        cells = []
        for names in families.values():
            found = (
                math.nan if not set(names) <= set(r.done(searcher)) else r.mean(searcher, 50, names)
            )
            cells.append("–" if math.isnan(found) else f"{found:.2f}")
        lines.append(f"| {searcher} | " + " | ".join(cells) + " |")
    return lines


def by_problem(r: Regrets) -> list[str]:
    lines = ["| problem | nbsweep | best peer | | behind |", "|---|--:|--:|---|--:|"]
    lost: list[str] = []
    worse_than_random: list[str] = []
    for problem in r.problems:
        regrets = {
            s: float(r.of(s, problem, 50).mean())
            for s in r.searchers
            if r.cells.get((s, problem)) and s not in PARALLEL.values()
        }
        ours = regrets.pop(OURS)
        best = min(regrets, key=lambda s: regrets[s])
        behind = sum(v < ours - 1e-9 for v in regrets.values())
        lines.append(
            f"| {problem} | {ours:.2f} | {regrets[best]:.2f} | {best} | {behind} of {len(regrets)} |"
        )
        if regrets[best] < ours - CLOSE:
            lost.append(problem)
        if ours > regrets["random"]:
            worse_than_random.append(problem)
    summary = (
        f"Some peer is ahead by more than {CLOSE} on {len(lost)} of {len(r.problems)}: "
        f"{', '.join(lost) or 'none'}. Behind random search: {', '.join(worse_than_random) or 'none'}."
    )
    return [summary, "", *lines]


def speed() -> list[str]:
    if not SPEED.exists():
        return ["Not measured (`python -m benchmarks.search.speed`)."]
    found = json.loads(SPEED.read_text())
    counts = list(next(iter(found["ms"].values())))
    lines = [
        "Ten mixed dimensions, medians of the CPU time of the process, on one thread. Load average "
        f"of the last minute: {found['load']:.0f} on two cores. Other work makes CPU time longer as "
        "well, since caches are shared: compare rows.",
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
scikit-learn models on its own data sets, trained live or looked up in a table of trained
configs. Peers with their defaults (`peers.py`); slow ones have fewer seeds and wider
intervals. Ranks are over searchers that did all problems.

## What was aimed at

{targets}

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
    missing = left_out(r, SEARCHERS, PROBLEMS)
    text = HEADER.format(
        doc="\n".join(__doc__.splitlines()[4:]),
        count=len(r.problems),
        targets="\n".join(targets(r)),
        overall="\n".join(overall(r)),
        families="\n".join(by_family(r)),
        problems="\n".join(by_problem(r)),
        speed="\n".join(speed()),
        missing=missing,
    )
    notes = HERE / "NOTES.md"  # on the results at hand, written by whoever measured them
    text += f"\n{notes.read_text()}" if notes.exists() else ""
    (HERE / "README.md").write_text(text)


if __name__ == "__main__":
    main()
