"""How many runs come out inside the 80 % interval that was predicted for them, by family.

    python -m benchmarks.search.coverage --seeds 3

"model" is what the surrogate alone says at the suggested point (`model_mean` ± 1.28
`model_sd`), "told" what stands in the origin of the suggestion. The table ERRORS in
`nbsweep.search.calibration` was made from MADE_FROM; the others were held back.
"""

from __future__ import annotations

import argparse
import os
from collections import defaultdict

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import numpy as np

from benchmarks.search.peers import config_of
from benchmarks.search.problems import PROBLEMS, Problem
from benchmarks.search.tables import has_table

BUDGET = 50
CENTRAL = 1.2816  # standard deviations on either side hold 80 % of a normal law
MADE_FROM = (
    *("all_linear", "branin", "chance_level", "embedded20", "func2c", "gb_diabetes"),
    *("knn_digits", "levy8", "linear_diabetes", "mixed_ackley", "network", "noisy_network"),
    *("ordered", "rosenbrock4", "sgd_digits", "svm_breast_cancer", "svm_linear_digits"),
    *("ties", "tutorial_lr"),
)


def checked(problem: Problem, seed: int) -> list[tuple[bool, bool]]:
    """Of each prediction, whether the model's own interval held, and the one that is told."""
    from nbsweep.records import Observation, RunState
    from nbsweep.search.bayes_search import suggest
    from nbsweep.search.calibration import holds
    from nbsweep.sweep_config import parse

    config, noise = parse(config_of(problem.parameters)), np.random.default_rng([seed, 7])
    observations: list[Observation] = []
    found = []
    for number in range(BUDGET):
        suggestion = suggest(config, observations, [], np.random.default_rng([seed, number]))
        if suggestion is None:
            break
        value, origin = problem.evaluate(dict(suggestion.params), noise), suggestion.origin
        if value is not None and not np.isfinite(value):
            value = None
        state = RunState.FAILED if value is None else RunState.FINISHED
        observations.append(Observation(suggestion.params, value, state, origin))
        told = None if value is None else holds(origin, value)
        if told is not None and origin["why"] == "model":
            off = abs(value - origin["model_mean"])
            found.append((off <= CENTRAL * origin["model_sd"], told))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--problems", default="", help="comma-separated; all by default")
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    names = options.problems.split(",") if options.problems else [p.name for p in PROBLEMS]
    rows: dict[str, list[tuple[bool, bool]]] = defaultdict(list)
    for problem in PROBLEMS:
        if problem.name not in names or (problem.table and not has_table(problem.name)):
            continue
        for seed in range(options.seeds):
            found = checked(problem, seed)
            made_from = "made from" if problem.name in MADE_FROM else "held back"
            for label in (problem.family, made_from, "all"):
                rows[label] += found
    print("| family | predictions | model | told |\n|---|--:|--:|--:|")
    for label in sorted(
        rows, key=lambda label: (label in ("made from", "held back", "all"), label)
    ):
        model, told = np.mean(rows[label], axis=0)
        print(f"| {label} | {len(rows[label])} | {model:.2f} | {told:.2f} |")


if __name__ == "__main__":
    main()
