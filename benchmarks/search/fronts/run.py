"""Spend the budget of every searcher on every problem with several objectives.

    python -m benchmarks.search.fronts.run --quick
    python -m benchmarks.search.fronts.run --searchers nbsweep,random --seeds 5

Results are appended to a JSON-lines file, one line for each searcher, problem and seed; a line
that is there already is not computed again. `report.py` turns the file into tables.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import numpy as np

from benchmarks.search import loop
from benchmarks.search.fronts.peers import FRONT_SEARCHERS
from benchmarks.search.fronts.problems import FRONT_PROBLEMS, FrontProblem
from benchmarks.search.fronts.report import Regrets, condense, overall
from benchmarks.search.peers import quiet

HERE = Path(__file__).parent
BUDGET = 50
QUICK = ("branin_currin", "network_latency", "bnh")


def spend(searcher: str, problem: FrontProblem, seed: int, budget: int) -> dict[str, Any]:
    """One line of the results: noise-free values by run (None for crashes), and CPU times."""
    noise = np.random.default_rng([seed, 7])
    true_values: list[tuple[float, ...] | None] = []

    def report(params: dict[str, Any]) -> tuple[float, ...] | None:
        reported = problem.evaluate(params, noise)
        true_values.append(problem.value(params) if problem.noise else reported)
        return reported

    of = FRONT_SEARCHERS[searcher]
    ms = loop.drive(lambda each: of(problem, each, budget, seed), report, budget)
    return {
        "searcher": searcher,
        "problem": problem.name,
        "seed": seed,
        "values": [None if v is None else [round(each, 10) for each in v] for v in true_values],
        "ms": ms,
    }


def main() -> None:
    parser = loop.options(
        __doc__, HERE / "results.jsonl", budget=BUDGET, seeds=5, quick="3 problems, 2 seeds"
    )
    options = parser.parse_args()
    quiet()
    names, seeds = loop.named(options.problems, (p.name for p in FRONT_PROBLEMS)), options.seeds
    if options.quick:
        names, seeds = list(QUICK), min(seeds, 2)
    loop.measure_missing(
        lambda searcher, problem, seed: spend(searcher, problem, seed, options.budget),
        loop.named(options.searchers, FRONT_SEARCHERS),
        [p for p in FRONT_PROBLEMS if p.name in names],
        range(seeds),
        options.results,
    )
    regrets = Regrets(condense([options.results]))
    if regrets.problems:
        print("\n".join(overall(regrets)))


if __name__ == "__main__":
    main()
