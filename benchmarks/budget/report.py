"""Turn results into `README.md`: what was aimed at, all searchers, each source.

    python -m benchmarks.budget.report results.jsonl

Means over seeds, then over sources. A search that never saw the level counts with all of
its epochs, so such a mean is a lower bound; the share that saw it stands beside it.
"""

from __future__ import annotations

import json
import math
import sys
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks.budget.families import SHAPES
from benchmarks.budget.measures import BUDGETS, SEARCHERS, WORKERS
from benchmarks.budget.tasks import DESIGN, TASKS

HERE = Path(__file__).parent
EPOCHS = 50  # of a training, in which epochs are told
FAMILIES = {
    "held out": [task.name for task in TASKS if task.judges],
    "design": list(DESIGN),
    "synthetic": list(SHAPES),
}
OURS, AUTO, THAW = "bayes", "bayes + auto", "bayes + auto, thaw"
PARALLEL, PER_TIME = "bayes + auto, 4 workers", "bayes, per time"
LATE = "late_bloomers"
# What is aimed at; set on other data.
MAX_EPOCHS = 250
REGRETS = {5: (0.35, 0.42), 10: (0.25, 0.35), 30: (0.18, 0.22)}  # aimed at, and bayes' then
BEHIND = 0.02
MIN_THAW, MIN_KEPT, MIN_SPEEDUP, MAX_TIME = 0.10, 0.95, 3.2, 0.7
CALIBRATED = (0.75, 0.85)
MAX_RUNS_RATIO = 1.05

Line = dict[str, Any]


def lines(path: Path) -> list[Line]:
    """All lines of results; none where there is no file yet."""
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


class Row(NamedTuple):
    """One thing that was aimed at."""

    what: str
    target: str
    measured: str
    met: bool | None


class Results:
    """Lines by what they measure."""

    def __init__(self, found: Sequence[Line]) -> None:
        self.by: dict[tuple[str, str, str], list[Line]] = defaultdict(list)
        searched = [line for line in found if line["measure"] == "search"]
        # Shorter searches, for the share of kept runs alone, have no place in the means.
        self.trainings = max((line["budget"] for line in searched), default=0)
        for line in found:
            if line["measure"] != "search" or line["budget"] == self.trainings:
                self.by[line["measure"], line["searcher"], line["source"]].append(line)
        self.short = [line for line in searched if line["budget"] < self.trainings]
        self.sources = [
            n for names in FAMILIES.values() for n in names if any(k[2] == n for k in self.by)
        ]
        self.searchers = [s for s in SEARCHERS if any(k[:2] == ("search", s) for k in self.by)]
        self.budgets = [b for b in BUDGETS if b <= self.trainings]

    def of(self, family: str) -> list[str]:
        return [name for name in FAMILIES[family] if name in self.sources]

    def mean(self, searcher: str, source: str, value: Callable[[Line], float]) -> float:
        found = [value(line) for line in self.by.get(("search", searcher, source), ())]
        return float(np.mean(found)) if found else math.nan

    def over(self, searcher: str, names: Sequence[str], value: Callable[[Line], float]) -> float:
        """Over the sources, NaN unless each was searched."""
        return float(np.mean([self.mean(searcher, name, value) for name in names]))

    def to(self, level: int, what: str = "to") -> Callable[[Line], float]:
        """Trainings' worth to a level, the whole budget where it was not seen."""
        return lambda line: float(
            self.trainings if line[f"{what}{level}"] is None else line[f"{what}{level}"]
        )

    def seeds(self, searcher: str) -> str:
        counts = {len(v) for (m, s, _), v in self.by.items() if (m, s) == ("search", searcher)}
        return str(min(counts)) if len(counts) == 1 else f"{min(counts)}–{max(counts)}"

    def pairs(self, first: str, second: str, names: Sequence[str]) -> list[tuple[Line, Line]]:
        """Searches of the same source and seed by two searchers."""
        found = []
        for name in names:
            other = {line["seed"]: line for line in self.by.get(("search", second, name), ())}
            for line in self.by.get(("search", first, name), ()):
                if line["seed"] in other:
                    found.append((line, other[line["seed"]]))
        return found


def _regret(budget: int) -> Callable[[Line], float]:
    return lambda line: float(line[f"regret{budget}"])


def targets(r: Results) -> list[str]:
    """Each thing that was aimed at, what was measured, and whether that is enough."""
    rows = [
        *(_epochs(r), *_regrets(r), _never_behind(r), _thaw(r), _late(r), _parallel(r)),
        *_calibration(r),
        *_deadlines(r),
        *_per_time(r),
    ]
    told = ["| what | target | measured | |", "|---|---|---|---|"]
    for row in rows:
        verdict = {True: "met", False: "**not met**", None: ""}[row.met]
        told.append(f"| {row.what} | {row.target} | {row.measured} | {verdict} |")
    return told


def _epochs(r: Results) -> Row:
    names = r.of("held out")
    parts = {s: EPOCHS * r.over(s, names, r.to(30)) for s in (THAW, AUTO, OURS)}
    best = min((v for v in parts.values() if not math.isnan(v)), default=math.nan)
    reached = {s: _reached(r, s, names) for s in parts}
    bound = {s: "≥ " if reached[s] < 1 else "" for s in parts}
    measured = "; ".join(
        f"{s} {bound[s]}{v:.0f} ({reached[s]:.0%} there)" for s, v in parts.items()
    )
    return Row(
        f"epochs to random search's level after 30 trainings (a training counts {EPOCHS})",
        f"≤ {MAX_EPOCHS}",
        measured,
        best <= MAX_EPOCHS,
    )


def _reached(r: Results, searcher: str, names: Sequence[str], level: int = 30) -> float:
    return r.over(searcher, names, lambda line: line[f"to{level}"] is not None)


def _regrets(r: Results) -> list[Row]:
    """Beside `bayes` with the same seeds, since regrets of other data have another scale."""
    names, rows = r.of("held out"), []
    for budget in r.budgets:
        found = {s: r.over(s, names, _regret(budget)) for s in (AUTO, THAW, OURS)}
        aimed, before = REGRETS[budget]
        ratio = math.nan
        if pairs := r.pairs(AUTO, OURS, names):
            auto, ours = np.array([[line[f"regret{budget}"] for line in p] for p in pairs]).T
            ratio = float(auto.mean() / ours.mean()) if ours.mean() else math.nan
        measured = ", ".join(f"{s} {v:.3f}" for s, v in found.items())
        target = f"≤ {aimed / before:.2f} of bayes' ({aimed} / {before})"
        what = f"regret after {budget} trainings' worth of epochs"
        met = None if math.isnan(ratio) else ratio <= aimed / before
        rows.append(Row(what, target, f"{ratio:.2f}: {measured}", met))
    return rows


def _never_behind(r: Results) -> Row:
    gaps = {
        (name, budget): float(np.mean([a[f"regret{budget}"] - b[f"regret{budget}"] for a, b in p]))
        for name in r.sources
        if (p := r.pairs(AUTO, OURS, [name]))
        for budget in r.budgets
    }
    what = "auto beside bayes without stopping, same seeds' regret, worst source"
    target = f"never behind by more than {BEHIND}"
    if not gaps:
        return Row(what, target, "not measured", None)
    worst = max(gaps, key=lambda key: gaps[key])
    behind = sorted({name for (name, _), gap in gaps.items() if gap > BEHIND})
    measured = f"{gaps[worst]:+.3f} on {worst[0]} after {worst[1]} trainings"
    measured += f"; behind on {', '.join(behind)}" if behind else ""
    return Row(what, target, measured, gaps[worst] <= BEHIND)


def _thaw(r: Results) -> Row:
    names = r.of("held out")
    thaw, auto = r.over(THAW, names, r.to(30)), r.over(AUTO, names, r.to(30))
    measured = f"{1 - thaw / auto:.0%} fewer ({EPOCHS * thaw:.0f} to {EPOCHS * auto:.0f})"
    return Row(
        "thaw beside auto alone, epochs to the level",
        f"≥ {MIN_THAW:.0%} fewer",
        measured,
        None if math.isnan(thaw / auto) else thaw <= (1 - MIN_THAW) * auto,
    )


def _late(r: Results) -> Row:
    found = [*r.by.get(("search", AUTO, LATE), ()), *(x for x in r.short if x["source"] == LATE)]
    kept = [line["best_kept"] for line in found if line["best_kept"] is not None]
    what, target = "late bloomers: the best run is not stopped", f"in ≥ {MIN_KEPT:.0%} of sweeps"
    if not kept:
        return Row(what, target, "not measured", None)
    share = float(np.mean(kept))
    others = {
        name: float(np.mean([x["best_kept"] for x in r.by["search", AUTO, name]]))
        for name in r.sources
        if name != LATE
        and r.by.get(("search", AUTO, name))
        and all(x["best_kept"] is not None for x in r.by["search", AUTO, name])
    }
    measured = f"{share:.0%} of {len(kept)} sweeps"
    if others:
        lowest = min(others, key=lambda name: others[name])
        measured += f"; of the other sources lowest on {lowest}: {others[lowest]:.0%}"
    return Row(what, target, measured, share >= MIN_KEPT)


def _ratio(pairs: Sequence[tuple[Line, Line]], field: str) -> tuple[float, int]:
    """Ratio of sums over pairs in which both saw the level, and how many those are."""
    both = [(a[field], b[field]) for a, b in pairs if a[field] and b[field]]
    if not both:
        return math.nan, 0
    first, second = np.array(both).T
    return float(np.exp(np.mean(np.log(first / second)))), len(both)


def _parallel(r: Results) -> Row:
    pairs = r.pairs(AUTO, PARALLEL, [*r.of("held out"), *r.of("design")])
    parts, met = [], None
    for level in (30, 10):
        ratio, count = _ratio(pairs, f"time_to{level}")
        if count:
            parts.append(f"{ratio:.1f} × to the level of {level} ({count} of {len(pairs)} pairs)")
            met = ratio >= MIN_SPEEDUP if met is None else met
    what = f"{WORKERS} workers beside one, simulated seconds to the level"
    return Row(what, f"≥ {MIN_SPEEDUP} ×", "; ".join(parts) or "not measured", met)


def _calibration(r: Results) -> list[Row]:
    rows = []
    for kind, words in (("running", "runs under way"), ("new", "runs that do not exist yet")):
        shares = {}
        for name in r.sources:
            found = r.by.get(("calibration", "model", name), [])
            total = sum(line[kind] for line in found)
            if total:
                shares[name] = sum(line[f"{kind}_in"] for line in found) / total
        held = [share for name, share in shares.items() if name in r.of("held out")]
        if not held:
            continue
        share = float(np.mean(held))
        worst = max(shares, key=lambda name: abs(shares[name] - 0.8))
        measured = f"{share:.0%} on held-out tasks; furthest off on {worst}: {shares[worst]:.0%}"
        what = f"calibration: 80 % intervals of predicted ends, {words}"
        met = CALIBRATED[0] <= share <= CALIBRATED[1] if kind == "running" else None
        rows.append(Row(what, "hold 75–85 %", measured, met))
    return rows


def _deadlines(r: Results) -> list[Row]:
    rows = []
    for searcher in ("bayes", "bayes, 4 workers", AUTO, "Optuna TPE"):
        found = [x for (m, s, _), v in r.by.items() if (m, s) == ("deadline", searcher) for x in v]
        if not found:
            continue
        over = max(line["overrun_s"] / line["run_s"] for line in found)
        unused = [line["unused_s"] / line["run_s"] for line in found]
        late = sum(line["overrun_s"] > 0 for line in found)
        measured = f"overrun in {late} of {len(found)} sweeps, at most {over:.2f} runs' length; "
        measured += (
            f"unused {np.mean(unused):.2f} of a run's length on average, at most {max(unused):.2f}"
        )
        in_vain = sum(line["in_vain"] for line in found)
        measured += f"; {in_vain} runs begun and ended without a value" if in_vain else ""
        met = late == 0 and max(unused) <= 1.0
        ours = not searcher.startswith("Optuna")
        target = "0 s / ≤ one run's length" if ours else "for comparison"
        rows.append(Row(f"deadline, {searcher}", target, measured, met if ours else None))
    return rows


def _per_time(r: Results) -> list[Row]:
    pairs = r.pairs(PER_TIME, OURS, [*r.of("held out"), *r.of("design")])
    parts, met = [], None
    for level in (30, 10):
        ratio, count = _ratio(pairs, f"time_to{level}")
        if count:
            parts.append(f"{ratio:.2f} to the level of {level} ({count} of {len(pairs)} pairs)")
            met = ratio <= MAX_TIME if met is None else met
    rows = [
        Row(
            "cost-aware (`per: time`): simulated time to the same regret, beside without",
            f"≤ {MAX_TIME}",
            "; ".join(parts) or "not measured",
            met,
        )
    ]
    ratio, count = _ratio(pairs, "to10")
    if count:
        what = "cost-aware: number of runs to the level of 10, beside without"
        rows.append(
            Row(
                what, f"≤ {MAX_RUNS_RATIO}", f"{ratio:.2f} ({count} pairs)", ratio <= MAX_RUNS_RATIO
            )
        )
    return rows


def overall(r: Results, family: str) -> list[str]:
    names = r.of(family)
    if not names:
        return ["Not run."]
    head = [f"regret at {b}" for b in r.budgets]
    told = [
        "| searcher | seeds | epochs to the level | there | to the level of 10 | "
        + " | ".join(head)
        + " | CPU s a sweep |",
        "|---|--:|--:|--:|--:|" + "--:|" * (len(head) + 1),
    ]
    for searcher in r.searchers:
        done = [n for n in names if r.by.get(("search", searcher, n))]
        if done != names:
            told.append(f"| {searcher} | {len(done)} of {len(names)} sources |" + " – |" * 7)
            continue
        there = _reached(r, searcher, names)
        cells = [
            searcher,
            r.seeds(searcher),
            f"{'≥ ' if there < 1 else ''}{EPOCHS * r.over(searcher, names, r.to(30)):.0f}",
            f"{there:.0%}",
            f"{EPOCHS * r.over(searcher, names, r.to(10)):.0f}",
            *(f"{r.over(searcher, names, _regret(b)):.3f}" for b in r.budgets),
            f"{r.over(searcher, names, lambda line: line['cpu_s']):.1f}",
        ]
        told.append("| " + " | ".join(cells) + " |")
    return told


def by_source(r: Results) -> list[str]:
    """Regret at the largest budget, ours beside the best peer."""
    budget = r.budgets[-1] if r.budgets else BUDGETS[0]
    told = [
        f"| source | bayes | auto | thaw | random + asha | best peer at {budget} | "
        "| auto lost to |",
        "|---|--:|--:|--:|--:|--:|---|---|",
    ]
    for name in r.sources:
        found = {
            s: r.mean(s, name, _regret(budget)) for s in r.searchers if ("search", s, name) in r.by
        }
        peers = {s: v for s, v in found.items() if s.startswith(("Optuna", "SMAC"))}
        if not peers or AUTO not in found:
            continue
        best = min(peers, key=lambda s: peers[s])
        lost = [s for s, v in found.items() if v < found[AUTO] - BEHIND and "bayes" not in s]
        cells = [f"{found.get(s, math.nan):.3f}" for s in (OURS, AUTO, THAW, "random + asha")]
        told.append(
            f"| {name} | {' | '.join(cells)} | {peers[best]:.3f} | {best} | {', '.join(lost)} |"
        )
    return told


HEADER = """# The best model for the time you have

Written by `python -m benchmarks.budget.run` (`make bench-budget`; ARGS=--quick: minutes).{state}

Learning curves that were really trained ({tables}),
and functions that break what a model of curves assumes ({families}),
are played back: every epoch is counted, every second is the recorded one times a hundred,
so that trainings take as long as those that one waits for. nbsweep is driven by the
product's own `search.suggest`, `early_termination.stops`, `thaw.next_thaw` and
`control.schedule`, at the iterations at which the product judges (without its limit on the
time that verdicts may take: recorded trainings are shorter than real ones). Peers with
their defaults: Optuna's pruners see every epoch; SMAC's multi-fidelity facade trains anew
at each of its budgets, as it does without checkpoints of one's own.

Params get the mean of the six recorded curves that fall into the same leaves of most trees
of a forest (`sources.py`): one curve alone is so ragged, by the luck of one training
measured on few examples, that nothing predicts the best fifth. Recorded tasks are searched
with `mode: best`, since many of them overfit; Optuna's and SMAC's trials are told their
best value too.

- **Design**: {design} were looked at while the search was
  built. All others only judge.
- **Level**: the best value that random search has seen after 30 (10) whole trainings, by the
  median. Seen is what a run has shown at any epoch. Epochs are told as if a training had {epochs}.
- **Regret**: from 0, the best value in the table, to 1, the best on the way of the median
  config. Targets were set on other data with another scale: ratios carry over.
- This run: {trainings} trainings' worth of epochs a sweep. A search that never saw the level
  counts with all of it, so its mean is a lower bound (≥).

## What was aimed at

{targets}

## Held-out tasks

{held_out}

## Design tasks

{of_design}

## Synthetic families

{synthetic}

## By source, regret at the largest budget: wins and losses

"auto lost to" names other tools, and random search, that are ahead of `bayes + auto` by more
than {behind}.

{by_source}

## What is not shown

{missing}
"""


def page(r: Results, skipped: dict[str, str], state: str = "") -> str:
    known = [name for names in FAMILIES.values() for name in names]
    absent = [name for name in known if name not in r.sources]
    unrun = [s for s in SEARCHERS if s not in r.searchers]
    missing = f"Sources that were not run: {', '.join(absent) or 'none'}. "
    missing += f"Searchers that were not run: {', '.join(unrun) or 'none'}."
    missing += "".join(f" {name} was skipped: {why}." for name, why in skipped.items())
    return HEADER.format(
        state=f" {state}" if state else "",
        tables=f"{len(TASKS)} tasks, `tasks.py`, at least 400 configs each",
        families=", ".join(SHAPES).replace("_", " "),
        design=", ".join(DESIGN),
        epochs=EPOCHS,
        trainings=r.trainings,
        targets="\n".join(targets(r)),
        held_out="\n".join(overall(r, "held out")),
        of_design="\n".join(overall(r, "design")),
        synthetic="\n".join(overall(r, "synthetic")),
        behind=BEHIND,
        by_source="\n".join(by_source(r)),
        missing=missing,
    )


def write(results: Path, skipped: dict[str, str], state: str = "") -> str:
    """Write the page; the table of what was aimed at, to be printed."""
    r = Results(lines(results))
    (HERE / "README.md").write_text(page(r, skipped, state))
    return "\n".join(targets(r))


if __name__ == "__main__":
    print(write(Path(sys.argv[1]), {}, " ".join(sys.argv[2:])))
