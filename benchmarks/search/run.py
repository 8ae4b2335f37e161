"""Spend the budget of every searcher on every problem and keep what came out.

    python -m benchmarks.search.run --quick
    python -m benchmarks.search.run --searchers nbsweep,random --seeds 10

Results are appended to a JSON-lines file, one line for each searcher, problem and seed;
a line that is there already is not computed again, so that a run can be interrupted and
slow peers get fewer seeds. `report.py` turns the file into tables.
"""

from __future__ import annotations

import json
import math
import os
from pathlib import Path
from typing import Any

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")  # threads on matrices of 50 × 50 only hurt

import numpy as np

from benchmarks.search import loop
from benchmarks.search.peers import SEARCHERS, quiet
from benchmarks.search.problems import PROBLEMS, Problem
from benchmarks.search.report import Regrets, by_family, condense, overall
from benchmarks.search.tables import has_table

HERE = Path(__file__).parent
BUDGET = 50
QUICK = ("branin", "network", "categories", "diverging", "chance_level", "svm_wine")


def spend(searcher: str, problem: Problem, seed: int, budget: int) -> dict[str, Any]:
    """One line of the results: noise-free values by run (None for crashes), and CPU times."""
    noise = np.random.default_rng([seed, 7])
    true_values: list[float | None] = []
    keys: set[str] = set()

    def report(params: dict[str, Any]) -> float | None:
        keys.add(json.dumps(params, sort_keys=True, default=str))
        reported = problem.evaluate(params, noise)
        true_values.append(problem.value(params) if problem.noise or problem.spikes else reported)
        return reported

    of = SEARCHERS[searcher]
    ms = loop.drive(lambda each: of(problem.parameters, each, budget, seed), report, budget)
    return {
        "searcher": searcher,
        "problem": problem.name,
        "seed": seed,
        "values": [
            None if v is None or not math.isfinite(v) else round(v, 10) for v in true_values
        ],
        "distinct": len(keys),
        "ms": ms,
    }


def main() -> None:
    parser = loop.options(
        __doc__, HERE / "results.jsonl", budget=BUDGET, seeds=10, quick="6 problems, 3 seeds"
    )
    options = parser.parse_args()
    quiet()
    names, seeds = loop.named(options.problems, (p.name for p in PROBLEMS)), options.seeds
    if options.quick:
        names, seeds = list(QUICK), min(seeds, 3)
    untabulated = [p.name for p in PROBLEMS if p.table and not has_table(p.name)]
    if untabulated:
        print(f"No table yet (python -m benchmarks.search.make_tables …): {', '.join(untabulated)}")
    problems = [p for p in PROBLEMS if p.name in names and p.name not in untabulated]
    loop.measure_missing(
        lambda searcher, problem, seed: spend(searcher, problem, seed, options.budget),
        loop.named(options.searchers, SEARCHERS),
        problems,
        range(seeds),
        options.results,
    )
    regrets = Regrets(condense([options.results]))
    if regrets.problems:
        print("\n".join([*overall(regrets), "", *by_family(regrets)]))


if __name__ == "__main__":
    main()
