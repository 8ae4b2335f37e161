"""What a belief is worth: how many runs it saves when it is right, and costs when it is wrong.

    python -m benchmarks.search.beliefs

On each problem half of the parameters get a belief: a quarter of a numeric axis, by
probability, or one category. A good one holds the best value that is known, anywhere inside
it; a wrong one lies at least a quarter of the axis away from it. The question is how many
runs it takes until the noise-free best is where the search without a belief is after each
of TARGET_RUNS (its median over seeds), at most BUDGET.
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
from typing import Any

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import numpy as np

from benchmarks.search.peers import nbsweep_bayes
from benchmarks.search.problems import PROBLEMS, Problem

TARGET_RUNS = (10, 15, 20, 25)
BUDGET = 30
WIDTH = 0.25
APART = 0.25
NAMES = (
    *("branin", "hartmann6", "rosenbrock4", "levy8", "mixed_ackley", "func2c", "network"),
    *("boosting", "noisy_network", "diverging", "linear_decay", "all_linear"),
)
TUNED_ON = ("branin", "mixed_ackley", "network", "boosting", "all_linear")  # constants were chosen
KINDS = ("none", "good", "wrong")
HERE = Path(__file__).parent


def optimum(problem: Problem, evaluations: int = 20_000) -> dict[str, Any]:
    """The best params that random draws and steps from the best of them find."""
    from nbsweep.search.encoding import Encoding
    from nbsweep.search.maximize import mutate
    from nbsweep.sweep_config import parse

    space = parse({"method": "random", "parameters": problem.parameters}).space
    encoding, rng = Encoding(space), np.random.default_rng(0)
    best_x, best = encoding.sample(1, rng), np.inf
    for i in range(evaluations // 100):
        draw = encoding.sample(100, rng) if i < 40 else mutate(encoding, best_x, 100, rng)
        for x in draw:
            value = problem.value(encoding.decode(x))
            if value is not None and value < best:
                best_x, best = x[None, :], value
    return encoding.decode(best_x[0])


def believed(problem: Problem, best: dict[str, Any], kind: str, seed: int) -> dict[str, Any]:
    """The problem's parameters with a belief on half of them."""
    from nbsweep.sweep_config import parse

    rng = np.random.default_rng([seed, len(problem.name)])
    space = parse({"method": "random", "parameters": problem.parameters}).space
    searched = list(space.searched)
    chosen = rng.permutation(len(searched))[: (len(searched) + 1) // 2]
    specs = {name: dict(spec) for name, spec in problem.parameters.items()}
    for i in chosen:
        law, name = searched[i].distribution, searched[i].name
        if not law.is_numeric:
            others = [value for value in law.listed if value != best[name]]
            belief = [best[name] if kind == "good" else others[rng.integers(len(others))]]
        else:
            at = law.cdf(best[name])
            low = float(np.clip(at - WIDTH * rng.random(), 0.0, 1.0 - WIDTH))
            if kind == "wrong":
                places = np.linspace(0.0, 1.0 - WIDTH, 200)
                middle = places + 0.5 * WIDTH
                low = float(rng.choice(places[np.abs(middle - at) >= APART + 0.5 * WIDTH]))
            belief = [law.quantile(low), law.quantile(low + WIDTH)]
            belief = belief if belief[0] < belief[1] else {"value": belief[0]}
        specs[name]["belief"] = belief
    return specs


def curve(problem: Problem, parameters: dict[str, Any], seed: int) -> list[float]:
    """The noise-free best by run."""
    noise, values = np.random.default_rng([seed, 7]), []

    def evaluate(params: dict[str, Any]) -> float | None:
        true = problem.value(params)
        values.append(np.inf if true is None else true)
        return problem.evaluate(params, noise)

    nbsweep_bayes(parameters, evaluate, BUDGET, seed)
    return [float(value) for value in np.minimum.accumulate(values)]


def needed(best: list[float], target: float) -> int:
    """Runs until the target, BUDGET where it is not reached."""
    return next((i + 1 for i, value in enumerate(best) if value <= target), BUDGET)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--problems", default="", help="comma-separated; all by default")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--results", type=Path, default=HERE / "beliefs.json")
    options = parser.parse_args()
    names = options.problems.split(",") if options.problems else NAMES
    table = {}
    for problem in (p for p in PROBLEMS if p.name in names):
        best = optimum(problem)
        curves: dict[str, list[list[float]]] = {kind: [] for kind in KINDS}
        for seed in range(options.seeds):
            for kind in KINDS:
                specs = problem.parameters
                if kind != "none":
                    specs = believed(problem, best, kind, seed)
                curves[kind].append(curve(problem, specs, seed))
        targets = [float(np.median([c[n - 1] for c in curves["none"]])) for n in TARGET_RUNS]
        runs = {
            k: float(np.mean([needed(c, target) for c in curves[k] for target in targets]))
            for k in KINDS
        }
        table[problem.name] = runs
        print(f"{problem.name:16s}", {k: round(v, 1) for k, v in runs.items()}, flush=True)
    for label, chosen in (
        ("all", table),
        ("held back", {k: v for k, v in table.items() if k not in TUNED_ON}),
    ):
        if chosen:
            ratio = {
                kind: float(np.mean([row[kind] / row["none"] for row in chosen.values()]))
                for kind in KINDS[1:]
            }
            print(label, len(chosen), {k: round(v, 2) for k, v in ratio.items()})
    options.results.write_text(json.dumps(table, indent=1) + "\n")


if __name__ == "__main__":
    main()
