"""Early termination by two objectives on synthetic curves: epochs saved, front kept.

    python -m benchmarks.budget.two_objectives [seeds]

Random search, four runs at a time, 40 runs of 50 epochs, on the families of `families`, whose
loss is the first objective. The second one is one of SECOND: a cost that params set and each
epoch measures anew; a gap that grows while the loss falls; or nearly the same as the loss.
Volumes are of the runs' last values, to one reference point for all rules: a tenth of the range
beyond the 0.9 quantile of all whole runs.
"""

from __future__ import annotations

import hashlib
import heapq
import json
import math
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from benchmarks.budget.families import EPOCHS, SHAPES, SPACE, train
from benchmarks.budget.sources import Params
from nbsweep import search
from nbsweep.objectives import Point, front, hypervolume
from nbsweep.records import Curve, RunState
from nbsweep.search.early_termination import next_check
from nbsweep.search.joint_curves import JointRun, joint_runs
from nbsweep.search.joint_stops import joint_stops
from nbsweep.sweep_config import SweepConfig, parse

RUNS, WORKERS = 40, 4
RULES: dict[str, dict[str, Any] | None] = {
    "auto": {"type": "auto"},
    "asha": {"type": "asha", "min_iter": 3},
    "median": {"type": "median", "min_iter": 5},
    "none": None,
}
DIVERGED = 1.2  # what a diverged loss counts as in the second objective
Second = Callable[[Params, np.ndarray, np.random.Generator], np.ndarray]


def cost(p: Params, loss: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Known from the first epoch on, but for its noise of 2 %."""
    level = 1 + 10 * (math.log2(p["size"]) / 6) ** 2 + {"a": 2.0, "b": 1.0, "c": 0.0}[p["kind"]]
    return level * (1 + 0.02 * rng.normal(size=EPOCHS))


def gap(p: Params, loss: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Rises to its end while the loss falls: the first epochs show the least of it."""
    decay = (math.log10(p["decay"]) + 3.5) / 2.5
    end = 0.25 - 0.15 * math.log2(p["size"]) / 6 + 0.35 * (1 - loss[-1]) ** 2 * (1 + 0.3 * decay)
    rise = 1 - np.exp(-np.arange(EPOCHS) / 10.0)
    return end * rise + 0.005 * rng.normal(size=EPOCHS)


def twin(p: Params, loss: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Nearly the loss once more: the front is short."""
    return 0.8 * loss + 0.05 * math.log2(p["size"]) / 6 + 0.004 * rng.normal(size=EPOCHS)


SECOND: dict[str, Second] = {"cost": cost, "gap": gap, "twin": twin}


@dataclass
class Run:
    """A run in the simulation: `shown` epochs of its two curves."""

    params: Params
    curves: tuple[np.ndarray, np.ndarray]
    shown: int = 0
    state: RunState = RunState.RUNNING
    due: int | None = None

    def point(self, epoch: int) -> Point | None:
        """Its objectives after so many epochs; None where one is not finite."""
        values = tuple(float(curve[epoch - 1]) for curve in self.curves)
        return values if all(map(math.isfinite, values)) else None


@dataclass
class Result:
    """What became of a sweep.

    Attributes:
        saved: share of the epochs of all runs.
        volume: of the front, in that of all whole runs.
        front: number of whole runs on their front.
        lost: of these, how many were stopped.
    """

    saved: float
    volume: float
    front: int
    lost: int


@dataclass
class Sweep:
    """Random search in simulated time, an epoch a tick for each run under way."""

    config: SweepConfig
    family: str
    second: str
    seed: int
    runs: dict[str, Run] = field(default_factory=dict)
    judged: dict[str, int] = field(default_factory=dict)

    def result(self, count: int = RUNS) -> Result:
        """Trains `count` runs."""
        queue: list[tuple[int, str]] = []
        now, waiting = 0, count
        while queue or waiting:
            while waiting and len(queue) < WORKERS:
                heapq.heappush(queue, (now + 1, self._start()))
                waiting -= 1
            now, run_id = heapq.heappop(queue)
            run = self.runs[run_id]
            if run.state is RunState.RUNNING and self._goes_on(run):
                heapq.heappush(queue, (now + 1, run_id))
        return self._result()

    def _start(self) -> str:
        number = len(self.runs) + 1
        suggestion = search.suggest(self.config, [], [], search.generator(self.seed, number))
        assert suggestion is not None
        params = dict(suggestion.params)
        training = train(self.family, params)
        text = json.dumps([self.second, params], sort_keys=True).encode()
        rng = np.random.default_rng(int.from_bytes(hashlib.sha256(text).digest()[:8], "big"))
        loss = np.where(np.isfinite(training.true), training.true, DIVERGED)
        rule = self.config.early_terminate
        self.runs[f"r{number:03d}"] = Run(
            params,
            (training.shown, SECOND[self.second](params, loss, rng)),
            due=None if rule is None else next_check(rule, 0),
        )
        return f"r{number:03d}"

    def _goes_on(self, run: Run) -> bool:
        """Trains a run for an epoch, has it judged; False when it is over."""
        run.shown += 1
        if run.shown == EPOCHS:
            run.state = RunState.FINISHED
        elif run.due is not None and run.shown >= run.due:
            assert self.config.early_terminate is not None
            run.due = next_check(self.config.early_terminate, run.shown)
            shown = self._shown()
            for stop in joint_stops(self.config, shown, dict(self.judged)):
                self.runs[stop.run_id].state = RunState.STOPPED
            self.judged.update({each.run_id: each.iterations for each in shown})
        return run.state is RunState.RUNNING

    def _shown(self) -> list[JointRun]:
        curves_of: dict[str, dict[str, Curve]] = {}
        for i, metric in enumerate(self.config.metrics):
            curves_of[metric.name] = {}
            for run_id, run in self.runs.items():
                values = run.curves[i][: run.shown]
                steps = np.flatnonzero(np.isfinite(values))
                lost = run.shown - 1 - (steps[-1] if len(steps) else -1)
                curves_of[metric.name][run_id] = Curve(
                    run_id,
                    run.state,
                    tuple(steps.tolist()),
                    tuple(values[steps].tolist()),
                    run.shown,
                    int(lost),
                )
        params = {run_id: run.params for run_id, run in self.runs.items()}
        return joint_runs(self.config.metrics, curves_of, params)

    def _result(self) -> Result:
        whole = {i: p for i, run in self.runs.items() if (p := run.point(EPOCHS)) is not None}
        points, ids = list(whole.values()), list(whole)
        array = np.array(points)
        reference = tuple(np.quantile(array, 0.9, axis=0) + 0.1 * np.ptp(array, axis=0))
        reached = [p for run in self.runs.values() if (p := run.point(run.shown)) is not None]
        best = [self.runs[ids[place]] for place in front(points)]
        return Result(
            1 - sum(run.shown for run in self.runs.values()) / (EPOCHS * len(self.runs)),
            hypervolume(reached, reference) / hypervolume(points, reference),
            len(best),
            sum(run.state is RunState.STOPPED for run in best),
        )


def measured(rule: str, family: str, second: str, seed: int, count: int = RUNS) -> Result:
    """One sweep."""
    config = {
        "method": "random",
        "parameters": SPACE,
        "metrics": [{"name": name, "goal": "minimize"} for name in ("loss", second)],
    }
    block = RULES[rule]
    if block is not None:
        config["early_terminate"] = block
    return Sweep(parse(config), family, second, seed).result(count)


def table(seeds: Sequence[int], families: Sequence[str] = tuple(SHAPES)) -> str:
    """Means over families and seeds, as Markdown."""
    lines = [
        "| second objective | rule | epochs saved | volume | on the front | of these stopped |",
        "|---|---|--:|--:|--:|--:|",
    ]
    for second in SECOND:
        for rule in RULES:
            results = [measured(rule, f, second, seed) for f in families for seed in seeds]
            means = [
                float(np.mean([getattr(result, name) for result in results]))
                for name in ("saved", "volume", "front", "lost")
            ]
            saved, volume, size, lost = means
            lines.append(
                f"| {second} | {rule} | {saved:.0%} | {volume:.1%} | {size:.1f} | {lost:.1f} |"
            )
            print(lines[-1], file=sys.stderr, flush=True)
    return "\n".join(lines)


if __name__ == "__main__":
    print(table(range(int(sys.argv[1]) if len(sys.argv) > 1 else 3)))
