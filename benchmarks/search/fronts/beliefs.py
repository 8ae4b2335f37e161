"""What a belief is worth under several objectives, or limits: runs saved when right, lost when wrong.

    python -m benchmarks.search.fronts.beliefs

The beliefs are those of `benchmarks.search.beliefs`: a quarter of a numeric axis, or one category.
A good one is where the reference front has most of its points, a wrong one at least APART of the
axis from all of them; half of the axes that have such a place get one. The question is how many
runs it takes until the noise-free front has the hypervolume of the search without a belief after
each of TARGET_RUNS (its median over seeds), at most BUDGET.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
from pathlib import Path
from typing import Any

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import numpy as np

from benchmarks.search.beliefs import BUDGET, KINDS, TARGET_RUNS, WIDTH
from benchmarks.search.fronts.peers import nbsweep_bayes
from benchmarks.search.fronts.problems import FRONT_PROBLEMS, FrontProblem
from benchmarks.search.fronts.reference import REFERENCES, archive, config_of
from nbsweep.objectives import hypervolume
from nbsweep.search.encoding import Encoding
from nbsweep.sweep_config import parse

NAMES = (
    *("zdt1", "zdt2", "network_latency", "noisy_network", "bnh", "c2_dtlz2"),
    *("limited_branin", "limited_network"),
)
APART = 0.15
PLACES = 61  # windows of an axis that are tried
HERE = Path(__file__).parent


def windows(x: Any) -> tuple[float, float | None]:
    """Lower ends of a good and of a wrong belief for coordinates (n,) of the front."""
    lows = np.linspace(0.0, 1.0 - WIDTH, PLACES)
    within = np.array([np.mean((x >= low) & (x <= low + WIDTH)) for low in lows])
    off = np.array([np.maximum(np.maximum(low - x, x - low - WIDTH), 0.0).min() for low in lows])
    good = float(lows[np.flatnonzero(within == within.max())].mean())
    return good, float(lows[off.argmax()]) if off.max() >= APART else None


def believed(problem: FrontProblem, x: Any, kind: str, seed: int) -> FrontProblem:
    """The problem with a belief on half of the axes where one can be wrong."""
    space = parse(config_of(problem)).space
    rng, encoding = np.random.default_rng([seed, len(problem.name)]), Encoding(space)
    beliefs: dict[str, Any] = {}
    for place, axis in enumerate(encoding.axes):
        law = next(p.distribution for p in space if p.name == axis.name)
        if axis.is_category:
            share = [float(np.mean(x[:, place] == at)) for at in axis.coordinates]
            at = int(np.argmax(share)) if kind == "good" else int(np.argmin(share))
            if min(share) == 0.0:
                beliefs[axis.name] = [law.listed[at]]
            continue
        good, wrong = windows(x[:, place])
        if wrong is not None:
            low = good if kind == "good" else wrong
            ends = [law.quantile(low), law.quantile(low + WIDTH)]
            beliefs[axis.name] = ends if ends[0] < ends[1] else {"value": ends[0]}
    names = sorted(beliefs)
    chosen = rng.permutation(names)[: (len(names) + 1) // 2]
    specs = {
        name: {**spec, "belief": beliefs[name]} if name in chosen else spec
        for name, spec in problem.parameters.items()
    }
    return dataclasses.replace(problem, parameters=specs)


def volumes(problem: FrontProblem, at: tuple[float, ...], seed: int) -> list[float]:
    """The hypervolume of the noise-free front by run."""
    noise, kept, found = np.random.default_rng([seed, 7]), [], []

    def evaluate(params: dict[str, Any]) -> tuple[float, ...] | None:
        true = problem.value(params)
        if true is not None and problem.keeps_limits(true):
            kept.append(true[: problem.objectives])
        found.append(hypervolume(kept, at))
        return problem.evaluate(params, noise)

    nbsweep_bayes(problem, evaluate, BUDGET, seed)
    return found


def needed(found: list[float], target: float) -> int:
    """Runs until the target, BUDGET where it is not reached."""
    return next((i + 1 for i, volume in enumerate(found) if volume >= target), BUDGET)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--problems", default="", help="comma-separated; some by default")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--results", type=Path, default=HERE / "beliefs.json")
    options = parser.parse_args()
    names = options.problems.split(",") if options.problems else NAMES
    references = json.loads(REFERENCES.read_text())
    table = json.loads(options.results.read_text()) if options.results.exists() else {}
    for problem in (p for p in FRONT_PROBLEMS if p.name in names):
        x, *_ = archive(problem)
        at = tuple(references[problem.name]["reference"])
        curves: dict[str, list[list[float]]] = {kind: [] for kind in KINDS}
        for kind in KINDS:
            for seed in range(options.seeds):
                with_it = problem if kind == "none" else believed(problem, x, kind, seed)
                curves[kind].append(volumes(with_it, at, seed))
        targets = [float(np.median([c[n - 1] for c in curves["none"]])) for n in TARGET_RUNS]
        table[problem.name] = {
            kind: float(np.mean([needed(c, target) for c in curves[kind] for target in targets]))
            for kind in KINDS
        }
        print(f"{problem.name:16s}", {k: round(v, 1) for k, v in table[problem.name].items()})
        options.results.write_text(json.dumps(table, indent=1) + "\n")
    ratio = {
        kind: float(np.mean([row[kind] / row["none"] for row in table.values()]))
        for kind in KINDS[1:]
    }
    print(f"all {len(table)}", {k: round(v, 2) for k, v in ratio.items()})


if __name__ == "__main__":
    main()
