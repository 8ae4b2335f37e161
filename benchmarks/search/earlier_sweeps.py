"""What a sweep gains from earlier ones, and what it loses by strangers.

    python -m benchmarks.search.earlier_sweeps --seeds 5 --results /somewhere/earlier.jsonl
    python -m benchmarks.search.earlier_sweeps --results … --table

A task is a problem whose numeric parameters are moved along their axes and whose metric is
stretched and lifted, or a scikit-learn model on its own half of a data set. Before each measured sweep
come three others of SOURCE_RUNS runs, which `prior` has it learn from:

- alike: each is moved by a twentieth of its axes, so is the measured one; halves of one data set;
- one of three: one such and two strangers;
- strangers: moved by a whole axis; other data sets.

Regret is the best value so far minus the best that anybody found of that task, in units of the
median random run's.
"""

from __future__ import annotations

import argparse
import functools
import json
import math
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import numpy as np

from benchmarks.search.problem import Params, dataset, log, values
from benchmarks.search.problems import PROBLEMS
from nbsweep import sweep_config
from nbsweep.records import Observation, RunState
from nbsweep.search import generator, suggest
from nbsweep.search.encoding import Encoding

RUNS, SOURCE_RUNS, RANDOM = 50, 30, 400
AT = (1, 3, 5, 10, 25, 50)
MOVED, FAR = 0.05, 1.0  # of an axis, standard deviations
TUNED_ON = ("branin", "network")  # a design was chosen looking at these
HELD_BACK = ("hartmann6", "rosenbrock4", "mixed_ackley", "boosting", "svm", "sgd")
KINDS = {"alike": (0, 1, 2), "one of three": (0, 3, 4), "strangers": (3, 4, 5)}
Value = Callable[[Params], float | None]


def moved(name: str, rng: np.random.Generator, far: float) -> Value:
    """A problem of `problems` as another task."""
    problem = next(p for p in PROBLEMS if p.name == name)
    space = _config(problem.parameters).space
    steps = {
        p.name: (p.distribution, far * float(rng.normal()))
        for p in space.searched
        if p.distribution.is_numeric
    }
    stretch, lift = math.exp(0.7 * float(rng.normal())), float(rng.normal())

    def value(params: Params) -> float | None:
        there = dict(params)
        for key, (law, step) in steps.items():
            u = abs(float(law.cdf(params[key])) + step) % 2.0
            there[key] = law.quantile(min(max(2.0 - u if u > 1.0 else u, 1e-9), 1.0 - 1e-9))
        found = problem.value(there)
        return None if found is None else stretch * found + lift

    return value


MODELS: dict[str, tuple[str, tuple[str, ...], dict[str, Any]]] = {
    "svm": ("digits", ("wine", "breast_cancer"), {"C": log(1e-3, 1e3), "gamma": log(1e-5, 10.0)}),
    "sgd": (
        "digits",
        ("wine", "breast_cancer"),
        {
            "alpha": log(1e-6, 1.0),
            "eta0": log(1e-4, 10.0),
            "penalty": values("l2", "l1", "elasticnet"),
        },
    ),
}


def trained(model: str, data: str, half: int) -> Value:
    """Log loss (svm: error) of two folds on half of the rows of a data set."""
    x, y = dataset(data)
    rows = np.random.default_rng(half).permutation(len(x))[: min(len(x) // 2, 150)]
    x, y = x[rows], y[rows]

    @functools.cache
    def scored(key: str) -> float:
        import warnings

        from sklearn.linear_model import SGDClassifier
        from sklearn.model_selection import cross_val_score
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler
        from sklearn.svm import SVC

        params = json.loads(key)
        if model == "svm":
            fitted: Any = SVC(**params)
        else:
            fitted = SGDClassifier(
                loss="log_loss", learning_rate="constant", max_iter=20, random_state=0, **params
            )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return -float(
                cross_val_score(make_pipeline(StandardScaler(), fitted), x, y, cv=2).mean()
            )

    return lambda params: scored(json.dumps(params, sort_keys=True))


def tasks(name: str, seed: int) -> tuple[dict[str, Any], Value, list[Value]]:
    """Parameters, the measured task, three like it and three strangers."""
    if name in MODELS:
        data, others, parameters = MODELS[name]
        first, *alike = (trained(name, data, 4 * seed + i) for i in range(4))
        strangers = [trained(name, others[i % len(others)], 4 * seed + i) for i in range(3)]
        return parameters, first, [*alike, *strangers]
    rng = np.random.default_rng([sum(map(ord, name)), seed, 99])
    first, *alike = (moved(name, rng, MOVED) for _ in range(4))
    strangers = [moved(name, rng, FAR) for _ in range(3)]
    parameters = next(p.parameters for p in PROBLEMS if p.name == name)
    return parameters, first, [*alike, *strangers]


def _config(parameters: dict[str, Any]) -> sweep_config.SweepConfig:
    metric = {"name": "loss", "goal": "minimize"}
    return sweep_config.parse({"method": "bayes", "metric": metric, "parameters": parameters})


def searched(
    parameters: dict[str, Any],
    value: Value,
    runs: int,
    seed: int,
    before: Sequence[Observation] = (),
) -> list[Observation]:
    """The runs of a sweep."""
    config, own = _config(parameters), list[Observation]()
    for number in range(1, runs + 1):
        suggestion = suggest(config, [*before, *own], [], generator(seed, number))
        if suggestion is None:
            break
        found = value(suggestion.params)
        state = RunState.FAILED if found is None else RunState.FINISHED
        own.append(Observation(suggestion.params, found, state))
    return own


def measure(name: str, seed: int) -> dict[str, Any]:
    """One line of the results: values by run, for each kind of past and none, and of random runs."""
    parameters, value, others = tasks(name, seed)
    sources = [
        [
            replace(run, source=f"sweep{i}")
            for run in searched(parameters, other, SOURCE_RUNS, 1000 + 10 * seed + i)
        ]
        for i, other in enumerate(others)
    ]
    found = {"none": searched(parameters, value, RUNS, seed)}
    for kind, places in KINDS.items():
        before = [run for i in places for run in sources[i]]
        found[kind] = searched(parameters, value, RUNS, seed, before)
    encoding = Encoding(_config(parameters).space)
    draws = encoding.sample(50 if name in MODELS else RANDOM, np.random.default_rng([seed, 3]))
    return {
        "problem": name,
        "seed": seed,
        "random": [value(encoding.decode(x)) for x in draws],
        **{kind: [run.value for run in runs] for kind, runs in found.items()},
    }


def regrets(lines: Sequence[dict[str, Any]]) -> dict[str, np.ndarray]:
    """Mean regret at AT by kind of past, shape (len(AT),)."""
    found: dict[str, list[list[float]]] = {}
    for line in lines:
        kinds = ["none", *KINDS]
        every = [v for kind in [*kinds, "random"] for v in line[kind] if v is not None]
        least = min(every)
        scale = float(np.median([v for v in line["random"] if v is not None])) - least
        for kind in kinds:
            so_far = np.minimum.accumulate([math.inf if v is None else v for v in line[kind]])
            at = [so_far[min(n, len(so_far)) - 1] for n in AT]
            found.setdefault(kind, []).append([min((v - least) / scale, 3.0) for v in at])
    return {kind: np.mean(rows, axis=0) for kind, rows in found.items()}


def table(lines: Sequence[dict[str, Any]]) -> list[str]:
    """Markdown: a row for each group of problems and kind of past."""
    names = dict.fromkeys(line["problem"] for line in lines)
    groups = {name: [name] for name in names}
    groups["**held back**"] = [name for name in names if name in HELD_BACK]
    groups["**all**"] = list(names)
    out = [
        f"| problem | seeds | past | {' | '.join(f'after {n}' for n in AT)} |",
        f"|---|--:|---|{'--:|' * len(AT)}",
    ]
    for title, members in groups.items():
        chosen = [line for line in lines if line["problem"] in members]
        if not chosen:
            continue
        seeds = len({line["seed"] for line in chosen})
        for kind, at in regrets(chosen).items():
            cells = " | ".join(f"{value:.3f}" for value in at)
            out.append(f"| {title} | {seeds} | {kind} | {cells} |")
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--problems", default=",".join([*TUNED_ON, *HELD_BACK]))
    parser.add_argument("--results", type=Path, default=Path("earlier_sweeps.jsonl"))
    parser.add_argument("--table", action="store_true", help="only print what is there")
    options = parser.parse_args()
    lines = []
    if options.results.exists():
        lines = [json.loads(line) for line in options.results.read_text().splitlines()]
    done = {(line["problem"], line["seed"]) for line in lines}
    for seed in range(0 if options.table else options.seeds):
        for name in options.problems.split(","):
            if (name, seed) not in done:
                lines.append(measure(name, seed))
                with options.results.open("a") as file:
                    file.write(json.dumps(lines[-1]) + "\n")
    print("\n".join(table(lines)))


if __name__ == "__main__":
    main()
