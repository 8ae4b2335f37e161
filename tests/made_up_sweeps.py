"""A made-up sweep in every state that a view may have to draw."""

import math
import random
from dataclasses import replace

import pytest

from nbsweep import sweep_config
from nbsweep.records import Curve, RunRecord, RunState, Snapshot, SweepRecord, SweepState

CONFIG = {
    "name": "digits",
    "method": "random",
    "metric": {"name": "loss", "goal": "minimize"},
    "parameters": {
        "optimizer": {"values": ["adam", "sgd"]},
        "fc_layer_size": {"values": [128, 256, 512]},
        "dropout": {"values": [0.3, 0.4, 0.5]},
        "epochs": {"value": 5},
        "learning_rate": {"distribution": "log_uniform_values", "min": 1e-4, "max": 0.1},
        "batch_size": {"distribution": "q_log_uniform_values", "q": 8, "min": 32, "max": 256},
    },
}
START = 1_000_000.0
TRACEBACK = """Traceback (most recent call last):
  File "train.py", line 12, in train
    model.fit(x, y)
  File "model.py", line 70, in fit
    raise ValueError("loss is NaN")
ValueError: loss is NaN
"""


class FakeSweep:
    """Runs of a made-up training function; states are assigned from the end."""

    def __init__(self, config=None, *, sweep_state=SweepState.RUNNING, **record):
        self.config = sweep_config.parse(config or CONFIG)
        record = {"id": "ab12cd34", "project": "demo", "name": None, "seed": 1, **record}
        self.record = SweepRecord(
            config=self.config.source, state=sweep_state, created_at=START, **record
        )
        self.runs = []
        self.curves = {}
        self.version = 1

    def add(self, state=RunState.FINISHED, **fields):
        """One more run, 12 s long, with a curve of 20 values; returns its record."""
        number = fields.pop("number", len(self.runs) + 1)
        rng = random.Random(number)
        params = fields.pop("params", None)
        if params is None:
            params = {p.name: p.distribution.quantile(rng.random()) for p in self.config.space}
        steps = 20 if state.ended else 7
        rate = abs(math.log10(params.get("learning_rate") or 0.01) + 2.3)
        rate += 0.3 * (params.get("optimizer") == "sgd")
        curve = [0.15 + 0.3 * rate + (2 - rate) * math.exp(-i / 4) for i in range(steps)]
        curve = [value + 0.02 * rng.random() for value in curve]
        began = START + 12.5 * (number - 1)
        base = {
            "id": f"run{number:05d}",
            "project": "demo",
            "sweep_id": self.record.id,
            "number": number,
            "name": f"brisk-sweep-{number}",
            "params": params,
            "config": self.config.space.nest(params),
            "summary": {"loss": curve[-1], "accuracy": 0.9},
            "started_at": began,
            "heartbeat_at": began + 12,
            "ended_at": began + 12 if state.ended else None,
        }
        if state is RunState.PENDING:
            base |= {"summary": {}, "started_at": None}
            curve = []
        if state is RunState.FAILED:
            base |= {"summary": {}, "error": TRACEBACK, "exit_code": 1}
            curve = []
        run = RunRecord(state=state, **{**base, **fields})
        self.runs.append(run)
        if curve:
            self.curves[run.id] = Curve(run.id, state, tuple(range(len(curve))), tuple(curve))
        self.version += 1
        return run

    def replace(self, index, run):
        self.runs[index] = run
        self.version += 1

    def go_on(self, number, values, *, pause_s=185.0, state=None, **mark):
        """An ended run goes on, logs these values, and is in a state (its own) after that."""
        run, curve = self.runs[number - 1], self.curves[f"run{number:05d}"]
        step = curve.steps[-1] + 1
        mark = {
            "step": step,
            "end": step,
            "iteration": len(curve.values),
            "rows": step,
            "after": run.ended_at,
            "at": run.ended_at + pause_s,
            "state": run.state.value,
            "value": run.summary["loss"],
            **mark,
        }
        state = state or run.state
        at = mark["at"] + 6.0
        changes = {"heartbeat_at": at, "ended_at": at} if state.ended else {"ended_at": None}
        if state.ended and values:
            changes["summary"] = {**run.summary, "loss": values[-1]}
        origin = {**run.origin, "continued": [*run.continued, mark]}
        self.runs[number - 1] = replace(run, state=state, origin=origin, **changes)
        steps = (*curve.steps, *range(step, step + len(values)))
        self.curves[run.id] = Curve(run.id, state, steps, (*curve.values, *values))
        self.version += 1

    def snapshot(self):
        return Snapshot(self.record, tuple(self.runs), dict(self.curves), self.version, START)

    @property
    def now(self):
        return START + 12.5 * len(self.runs)


def mixed_sweep(n=30, **options):
    """n runs: two under way, some failed, killed, crashed and stopped early."""
    sweep = FakeSweep(**options)
    odd = {4: RunState.FAILED, 9: RunState.STOPPED, 11: RunState.CRASHED, 13: RunState.KILLED}
    for i in range(1, n + 1):
        state = odd.get(i % 15, RunState.FINISHED)
        if not sweep.record.state.ended and i > n - 2:
            state = RunState.RUNNING
        reason = "band 9: 0.41 is worse than 0.33" if state is RunState.STOPPED else None
        sweep.add(state, stop_requested=reason)
    return sweep


OBJECTIVES = [
    {"name": "loss", "goal": "minimize"},
    {"name": "accuracy", "goal": "maximize"},
    {"name": "latency", "at_most": 20},
]
# (loss, accuracy, latency): on the front are runs 1, 3 and 6; 5 is too slow, 7 lacks an objective.
VALUES = [
    (0.50, 0.90, 10.0),
    (0.60, 0.85, 10.0),
    (0.30, 0.80, 20.0),
    (0.55, 0.90, 10.0),
    (0.20, 0.99, 20.5),
    (0.40, 0.85, 5.0),
    (0.10, None, 1.0),
]


def front_sweep(values=VALUES, metrics=OBJECTIVES, **options):
    """A sweep of several metrics: `values` of each finished run in the order of the metrics.

    NaN and infinities are logged as such, None is not logged.
    """
    config = {**{k: v for k, v in CONFIG.items() if k != "metric"}, "metrics": metrics}
    sweep = FakeSweep(config, **options)
    names = [metric["name"] for metric in metrics]
    for row in values:
        pairs = zip(names, row, strict=True)
        sweep.add(summary={name: value for name, value in pairs if value is not None})
    return sweep


@pytest.fixture(scope="session")
def make_sweep():
    """FakeSweep(config=None, sweep_state=…)."""
    return FakeSweep


@pytest.fixture(scope="session")
def make_mixed_sweep():
    """mixed_sweep(n)."""
    return mixed_sweep
