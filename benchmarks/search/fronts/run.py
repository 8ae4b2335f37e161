"""Spend the budget of every searcher on every problem with several objectives.

    python -m benchmarks.search.fronts.run --quick
    python -m benchmarks.search.fronts.run --searchers nbsweep,random --seeds 5

Results are appended to a JSON-lines file, one line for each searcher, problem and seed; a line
that is there already is not computed again. `report.py` turns the file into tables.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from pathlib import Path
from typing import Any

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import numpy as np

from benchmarks.search.fronts.peers import FRONT_SEARCHERS
from benchmarks.search.fronts.problems import FRONT_PROBLEMS, FrontProblem
from benchmarks.search.fronts.report import Regrets, condense, overall
from benchmarks.search.peers import quiet
from benchmarks.search.run import BudgetSpentError, plain

HERE = Path(__file__).parent
BUDGET = 50
QUICK = ("branin_currin", "network_latency", "bnh")


def spend(searcher: str, problem: FrontProblem, seed: int, budget: int) -> dict[str, Any]:
    """One line of the results: noise-free values by run (None for crashes), and CPU times."""
    noise = np.random.default_rng([seed, 7])
    true_values: list[tuple[float, ...] | None] = []
    asked_s: list[float] = []
    last = time.process_time()

    def evaluate(params: dict[str, Any]) -> tuple[float, ...] | None:
        nonlocal last
        asked_s.append(time.process_time() - last)
        if len(true_values) >= budget:
            raise BudgetSpentError
        params = {name: plain(value) for name, value in params.items()}
        reported = problem.evaluate(params, noise)
        true_values.append(problem.value(params) if problem.noise else reported)
        last = time.process_time()
        return reported

    try:
        FRONT_SEARCHERS[searcher](problem, evaluate, budget, seed)
    except BudgetSpentError:
        asked_s.pop()
    return {
        "searcher": searcher,
        "problem": problem.name,
        "seed": seed,
        "values": [None if v is None else [round(each, 10) for each in v] for v in true_values],
        "ms": round(1e3 * float(np.median(asked_s[len(asked_s) // 2 :])), 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--searchers", default="", help="comma-separated; all by default")
    parser.add_argument("--problems", default="", help="comma-separated; all by default")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--budget", type=int, default=BUDGET)
    parser.add_argument("--quick", action="store_true", help="3 problems, 2 seeds")
    parser.add_argument("--results", type=Path, default=HERE / "results.jsonl")
    options = parser.parse_args()
    quiet()
    searchers = options.searchers.split(",") if options.searchers else list(FRONT_SEARCHERS)
    names = options.problems.split(",") if options.problems else [p.name for p in FRONT_PROBLEMS]
    seeds = options.seeds
    if options.quick:
        names, seeds = list(QUICK), min(seeds, 2)
    done = set()
    if options.results.exists():
        for line in options.results.read_text().splitlines():
            entry = json.loads(line)
            done.add((entry["searcher"], entry["problem"], entry["seed"]))
    skipped: set[str] = set()
    for seed in range(seeds):
        for searcher in searchers:
            for problem in FRONT_PROBLEMS:
                if problem.name not in names or searcher in skipped:
                    continue
                if (searcher, problem.name, seed) in done:
                    continue
                try:
                    entry = spend(searcher, problem, seed, options.budget)
                except ImportError as error:
                    print(f"{searcher} is skipped: {error}")
                    skipped.add(searcher)
                    continue
                except Exception as error:  # noqa: BLE001  # a broken peer must not end the others' hours
                    print(f"{searcher} on {problem.name}, seed {seed}: {error!r}")
                    continue
                with options.results.open("a") as file:
                    file.write(json.dumps(entry) + "\n")
    regrets = Regrets(condense([options.results]))
    if regrets.problems:
        print("\n".join(overall(regrets)))


if __name__ == "__main__":
    main()
