"""Simulate every searcher on every source and write down what came out.

    python -m benchmarks.budget.run --quick
    python -m benchmarks.budget.run --searchers "bayes;bayes + auto" --seeds 5

Lines are appended to a JSON-lines file; one that is there already is not computed again,
so that a run can be interrupted. At the end `report` turns the file into README.md.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")  # threads on matrices of 50 × 50 only hurt

from benchmarks.budget import measures, report
from benchmarks.budget.families import synthetic
from benchmarks.budget.measures import BUDGETS, DEADLINE_RUNS, PAST, SEARCHERS
from benchmarks.budget.sources import Source, tabulated
from benchmarks.search.peers import quiet

HERE = Path(__file__).parent
QUICK_SOURCES = ("sgd_digits", "mlp_diabetes", "gb_breast_cancer", "late_bloomers")
QUICK_TRAININGS = 10
LATE_SEEDS = 10  # for the share of sweeps whose best run was kept
LATE_TRAININGS = 6
DEADLINED = ("bayes", "bayes, 4 workers", "bayes + auto", "Optuna TPE")
CHEAP = ("random", "bayes", "bayes, per time")  # a second a sweep: always more seeds


class Job(NamedTuple):
    """One line of results to be made; `budget` is what the measure is measured at."""

    measure: str
    searcher: str
    source: str
    seed: int
    budget: float


def jobs(searchers: list[str], names: list[str], seeds: int, trainings: int) -> Iterator[Job]:
    """Everything that is measured, what tells most first."""
    for seed in range(seeds):
        for name in names:
            for past in PAST:
                yield Job("calibration", "model", name, seed, past)
            for searcher in searchers:
                yield Job("search", searcher, name, seed, trainings)
            for searcher in DEADLINED:
                yield Job("deadline", searcher, name, seed, DEADLINE_RUNS)
    for seed in range(LATE_SEEDS):
        if "late_bloomers" in names and "bayes + auto" in searchers:
            yield Job("search", "bayes + auto", "late_bloomers", seed, LATE_TRAININGS)
    for seed in range(seeds, 3 * seeds):
        for name in names:
            for searcher in CHEAP:
                if searcher in searchers:
                    yield Job("search", searcher, name, seed, trainings)


MEASURES: dict[str, Callable[[str, Source, int, Any], dict[str, Any]]] = {
    "search": measures.search,
    "deadline": measures.deadline,
    "calibration": measures.calibration,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--searchers", default="", help="separated by semicolons; all by default")
    parser.add_argument("--sources", default="", help="tables and families; all by default")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--trainings", type=int, default=0, help="worth of epochs")
    parser.add_argument("--quick", action="store_true", help="4 sources, 2 seeds, 10 trainings")
    parser.add_argument("--results", type=Path, default=HERE / "results.jsonl")
    parser.add_argument("--state", default="", help="of what: a line for the page")
    options = parser.parse_args()
    quiet()
    sources = {source.name: source for source in [*tabulated(), *synthetic()]}
    names = options.sources.split(",") if options.sources else list(sources)
    seeds, trainings = options.seeds, options.trainings or max(BUDGETS)
    if options.quick:
        names = [n for n in names if options.sources or n in QUICK_SOURCES]
        seeds, trainings = min(seeds, 2), options.trainings or QUICK_TRAININGS
    searchers = options.searchers.split(";") if options.searchers else list(SEARCHERS)
    unknown = [n for n in names if n not in sources] + [s for s in searchers if s not in SEARCHERS]
    if unknown:
        parser.error(
            f"unknown: {', '.join(unknown)}; there are {', '.join([*sources, *SEARCHERS])}"
        )
    done = {Job(*(line[field] for field in Job._fields)) for line in report.lines(options.results)}
    skipped: dict[str, str] = {}
    for job in jobs(searchers, names, seeds, trainings):
        if job in done or job.searcher in skipped:
            continue
        try:
            found = MEASURES[job.measure](job.searcher, sources[job.source], job.seed, job.budget)
        except ImportError as error:
            skipped[job.searcher] = str(error)
            print(f"{job.searcher} is skipped: {error}")
            continue
        except Exception as error:  # noqa: BLE001  # one broken sweep must not end hours of others
            print(f"{job}: {error!r}", file=sys.stderr)
            continue
        with options.results.open("a") as file:
            file.write(json.dumps({**job._asdict(), **found}) + "\n")
    print(report.write(options.results, skipped, options.state))


if __name__ == "__main__":
    main()
