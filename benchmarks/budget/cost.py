"""What `per: time` saves: simulated seconds and runs to the same regret, with and without.

    python -m benchmarks.budget.cost --quick

Functions with costs, of the kinds that tuning has: a parameter that costs and helps (width,
epochs, estimators), one that costs and has nothing to do with the result, costs that peak
where the result is best, categories that differ in cost, and costs that no parameter tells.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from nbsweep import search
from nbsweep.records import Observation
from nbsweep.sweep_config import parse

Params = dict[str, Any]
LEVELS = (8, 12, 16, 24)  # runs whose median regret without `per` is what has to be reached
EASY = 0.01  # of the first runs' regret: below it the levels are polish


def _log(low: float, high: float) -> dict[str, Any]:
    return {"distribution": "log_uniform_values", "min": low, "max": high}


def _whole_log(low: int, high: int) -> dict[str, Any]:
    return {"distribution": "q_log_uniform_values", "min": low, "max": high, "q": 1}


def _width(p: Params) -> tuple[float, float]:
    """A net: wide enough is needed, small batches cost and hardly help."""
    rate, width, batch = math.log10(p["lr"]), math.log2(p["width"]), math.log2(p["batch"])
    loss = 0.30 * (rate + 2.6 - 0.15 * (width - 7)) ** 2 + 0.9 / math.sqrt(p["width"] / 16)
    loss += 0.004 * max(0.0, width - 8.5) ** 2 + 0.012 * (batch - 5) ** 2
    return loss + 0.5 * (p["dropout"] - 0.25) ** 2, 2 + 0.06 * p["width"] * (64 / p["batch"]) ** 0.6


def _epochs(p: Params) -> tuple[float, float]:
    """Longer is better, less and less so."""
    off = (math.log10(p["lr"]) + 2) ** 2
    loss = 1.2 * math.exp(-p["epochs"] / (18 * (1 + 0.6 * off))) + 0.25 * off
    loss += 0.6 * (p["momentum"] - 0.85) ** 2 + 0.025 * (math.log10(p["decay"]) + 4) ** 2
    return loss, 1 + 0.5 * p["epochs"]


def _boosting(p: Params) -> tuple[float, float]:
    """Many trees at a small rate are best, few at a large one nearly as good."""
    trees, rate, depth = p["n_estimators"], p["learning_rate"], p["max_depth"]
    fit = math.log(trees * rate) - math.log(30) - 0.15 * (6 - depth)
    loss = 0.35 * fit**2 / (1 + 0.3 * abs(fit)) + 0.12 * math.sqrt(rate)
    loss += 0.02 * (depth - 5) ** 2 + 0.3 * (p["subsample"] - 0.7) ** 2
    return loss, 0.3 + 0.004 * trees * depth**1.2 * (0.3 + 0.7 * p["subsample"])


_A = np.array(
    [
        [10, 3, 17, 3.5, 1.7, 8],
        [0.05, 10, 17, 0.1, 8, 14],
        [3, 3.5, 1.7, 10, 17, 8],
        [17, 8, 0.05, 10, 0.1, 14],
    ]
)
_P = 1e-4 * np.array(
    [
        [1312, 1696, 5569, 124, 8283, 5886],
        [2329, 4135, 8307, 3736, 1004, 9991],
        [2348, 1451, 3522, 2883, 3047, 6650],
        [4047, 8828, 8732, 5743, 1091, 381],
    ]
)
_SIX = {f"x{i}": {"min": 0.0, "max": 1.0} for i in range(6)}


def _hartmann(p: Params) -> float:
    x = np.array([p[f"x{i}"] for i in range(6)])
    heights = np.array([1.0, 1.2, 3.0, 3.2])
    return -float(heights @ np.exp(-(_A * np.square(x - _P)).sum(axis=1)))


def _unrelated(p: Params) -> tuple[float, float]:
    """The cost has nothing to do with the result."""
    return _hartmann(p), math.exp(2.5 * p["x0"] + p["x4"])


def _by_chance(p: Params) -> tuple[float, float]:
    """No parameter tells the cost."""
    return _hartmann(p), 20 * math.exp(0.15 * (math.sin(1e4 * sum(p.values())) % 1.0))


_OPTIMA = ((-math.pi, 12.275), (math.pi, 2.275), (9.42478, 2.475))


def _peak(p: Params) -> tuple[float, float]:
    """Dearest where it is best."""
    x, y = p["x"], p["y"]
    value = (y - 5.1 / (4 * math.pi**2) * x * x + 5 / math.pi * x - 6) ** 2 + 10
    value += 10 * (1 - 1 / (8 * math.pi)) * math.cos(x)
    near = min(((x - a) / 3) ** 2 + ((y - b) / 3) ** 2 for a, b in _OPTIMA)
    return math.log(value + 0.05) + 0.3 * (p["z"] - 0.4) ** 2, 1 + 12 * math.exp(-near)


class Problem(NamedTuple):
    """Something to tune that costs time.

    Attributes:
        parameters: W&B's `parameters` block.
        outcome: params to (value to be minimised, seconds).
        optimum: the lowest value.
    """

    parameters: dict[str, Any]
    outcome: Callable[[Params], tuple[float, float]]
    optimum: float


PROBLEMS = {
    "width": Problem(
        {
            "lr": _log(1e-5, 1.0),
            "width": _whole_log(16, 1024),
            "batch": {"values": [16, 32, 64, 128, 256]},
            "dropout": {"min": 0.0, "max": 0.7},
        },
        _width,
        0.1215,
    ),
    "epochs": Problem(
        {
            "lr": _log(1e-4, 1.0),
            "epochs": {"min": 5, "max": 100},
            "momentum": {"min": 0.0, "max": 0.99},
            "decay": _log(1e-6, 1e-1),
        },
        _epochs,
        0.004639,
    ),
    "boosting": Problem(
        {
            "n_estimators": _whole_log(30, 2000),
            "learning_rate": _log(0.005, 0.5),
            "max_depth": {"min": 2, "max": 10},
            "subsample": {"min": 0.3, "max": 1.0},
        },
        _boosting,
        0.015797,
    ),
    "unrelated": Problem(_SIX, _unrelated, -3.32237),
    "peak": Problem(
        {
            "x": {"min": -5.0, "max": 10.0},
            "y": {"min": 0.0, "max": 15.0},
            "z": {"min": 0.0, "max": 1.0},
        },
        _peak,
        -0.803209,
    ),
    "by chance": Problem(_SIX, _by_chance, -3.32237),
}


class Saving(NamedTuple):
    """What `per: time` changes on one problem; below 1 it is the better of the two.

    Attributes:
        problem: its name.
        seconds: ratio of the simulated seconds to the same regret, geometric mean.
        runs: ratio of the numbers of runs to it.
        cpu: ratio of the CPU seconds of a suggestion.
    """

    problem: str
    seconds: float
    runs: float
    cpu: float


def cost_rows(quick: bool = False) -> list[Saving]:
    """Measure every problem with and without `per: time`, on the same seeds."""
    seeds, runs = (4, 20) if quick else (10, 30)
    return [_saving(name, problem, seeds, runs) for name, problem in PROBLEMS.items()]


def _saving(name: str, problem: Problem, seeds: int, runs: int) -> Saving:
    without = [_trace(problem, seed, runs, {}) for seed in range(seeds)]
    with_time = [_trace(problem, seed, runs, {"per": "time"}) for seed in range(seeds)]
    best = np.minimum.accumulate([trace.regret for trace in without], axis=1)
    first = float(np.median([trace.regret[: LEVELS[0]] for trace in without]))
    logs = []
    for at in LEVELS:
        level = float(np.median(best[:, at - 1])) if at < runs else 0.0
        if level >= EASY * first:
            for a, b in zip(with_time, without, strict=True):
                logs.append(np.log(np.array(a.reached(level)) / np.array(b.reached(level))))
    seconds, count = np.exp(np.mean(logs, axis=0))
    cpu = sum(trace.cpu_s for trace in with_time) / sum(trace.cpu_s for trace in without)
    return Saving(name, float(seconds), float(count), cpu)


class Trace(NamedTuple):
    """A search: regret and seconds of each run, and the CPU seconds of its suggestions."""

    regret: np.ndarray
    seconds: np.ndarray
    cpu_s: float

    def reached(self, level: float) -> tuple[float, int]:
        """Seconds and runs until the regret is at most `level`, or all and one more run."""
        there = np.flatnonzero(self.regret <= level)
        if not len(there):
            return float(self.seconds.sum()), len(self.seconds) + 1
        return float(self.seconds[: there[0] + 1].sum()), int(there[0]) + 1


def _trace(problem: Problem, seed: int, runs: int, metric: dict[str, Any]) -> Trace:
    config = parse(
        {
            "method": "bayes",
            "metric": {"name": "loss", **metric},
            "parameters": problem.parameters,
        }
    )
    done: list[Observation] = []
    began = time.process_time()
    for number in range(1, runs + 1):
        suggestion = search.suggest(config, done, (), search.generator(1000 + seed, number))
        assert suggestion is not None
        value, seconds = problem.outcome(dict(suggestion.params))
        done.append(Observation(suggestion.params, value, duration_s=seconds))
    cpu_s = time.process_time() - began
    values = np.array([o.value for o in done], dtype=float)
    seconds_ = np.array([o.duration_s for o in done], dtype=float)
    return Trace(values - problem.optimum, seconds_, cpu_s)


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer seeds and runs")
    rows = cost_rows(parser.parse_args().quick)
    print("| problem | seconds | runs | CPU of a suggestion |\n|---|--:|--:|--:|")
    for row in rows:
        print(f"| {row.problem} | {row.seconds:.2f} | {row.runs:.2f} | {row.cpu:.2f} |")
    means = np.exp(np.log([row[1:] for row in rows]).mean(axis=0))
    print(f"| all | {means[0]:.2f} | {means[1]:.2f} | {means[2]:.2f} |")


if __name__ == "__main__":
    main()
