"""What is measured: each function makes one line of results for one searcher, source and seed."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.budget.ours import Ours
from benchmarks.budget.peers import PEERS
from benchmarks.budget.simulator import Run, Searcher, Trace, simulate
from benchmarks.budget.sources import Source, Training
from nbsweep.records import Curve, RunState, is_number
from nbsweep.space.search_space import SearchSpace
from nbsweep.sweep_config import parse

BUDGETS = (5, 10, 30)  # trainings' worth of epochs
LEVELS = (10, 30)  # random search's, after so many trainings
WORKERS = 4
PAST = (8, 24)  # runs that a prediction of ends rests on
ASKED = 20  # ends that are predicted from each of these
DEADLINE_RUNS = 6.5  # usual trainings that fit before a deadline

AUTO: dict[str, Any] = {"early_terminate": {"type": "auto"}}
THAW: dict[str, Any] = {"early_terminate": {"type": "auto", "thaw": True}}


def _ours(method: str, **more: Any) -> Callable[[Source, int], Searcher]:
    return lambda source, seed: Ours(source, source.config(method, **more), seed)


def _asha(method: str) -> Callable[[Source, int], Searcher]:
    def make(source: Source, seed: int) -> Searcher:
        rule = {"type": "asha", "min_iter": 2, "eta": 3, "max_iter": source.epochs}
        return Ours(source, source.config(method, early_terminate=rule), seed)

    return make


SEARCHERS: dict[str, Callable[[Source, int], Searcher]] = {
    "random": _ours("random"),
    "random + asha": _asha("random"),
    "bayes": _ours("bayes"),
    "bayes, per time": _ours("bayes", metric={"per": "time"}),
    "bayes + hyperband": _ours("bayes", early_terminate={"type": "hyperband", "min_iter": 3}),
    "bayes + median": _ours("bayes", early_terminate={"type": "median"}),
    "bayes + auto": _ours("bayes", **AUTO),
    "bayes + auto, thaw": _ours("bayes", **THAW),
    "bayes + auto, 4 workers": _ours("bayes", **AUTO),
    **PEERS,
}


def search(searcher: str, source: Source, seed: int, trainings: int) -> dict[str, Any]:
    """A search for so many trainings' worth of epochs."""
    began = time.process_time()
    driver = SEARCHERS[searcher](source, seed)
    workers = WORKERS if searcher.endswith("4 workers") else 1
    trace = simulate(source, driver, epochs=trainings * source.epochs, workers=workers)
    usual_s = _usual_s(source)
    line: dict[str, Any] = {
        "runs": len(trace.runs),
        "continued": sum(len(run.continued) for run in trace.runs),
        "best_kept": best_kept(trace),
        "cpu_s": round(time.process_time() - began, 2),
    }
    for level in LEVELS:
        epochs, seconds = (of(source.level(level)) for of in (trace.epochs_to, trace.seconds_to))
        line[f"to{level}"] = None if epochs is None else round(epochs / source.epochs, 3)
        line[f"time_to{level}"] = None if seconds is None else round(seconds / usual_s, 3)
    for budget in BUDGETS:
        if budget <= trainings:
            regret = source.regret(trace.best_after(budget * source.epochs))
            line[f"regret{budget}"] = round(regret, 5)
    return line


def best_kept(trace: Trace) -> bool | None:
    """Whether the run that would have ended best was not stopped; None where none can be."""
    value, sign = trace.source.value, trace.source.sign
    ends = [sign * value([float(v) for v in run.training.true]) for run in trace.runs]
    ends = [end if math.isfinite(end) else math.inf for end in ends]
    if not math.isfinite(min(ends, default=math.inf)):
        return None
    best = min(ends)
    # A run with the same params may take its place.
    return any(
        run.state != "stopped" for run, end in zip(trace.runs, ends, strict=True) if end == best
    )


def deadline(searcher: str, source: Source, seed: int, trainings: float) -> dict[str, Any]:
    """So many usual trainings' time, then the end. In units of a usual training's seconds."""
    from benchmarks.budget.deadlines import Timed

    usual_s = _usual_s(source)
    seconds = trainings * usual_s
    workers = WORKERS if searcher.endswith("4 workers") else 1
    if searcher.startswith("Optuna"):
        driver = SEARCHERS[searcher](source, seed)
    else:
        more = AUTO if "auto" in searcher else {}
        driver = Timed(source, source.config("bayes", **more), seed, seconds, workers)
    trace = simulate(source, driver, seconds=seconds, workers=workers)
    lengths = [run.seconds for run in trace.runs]
    return {
        "overrun_s": round(max(0.0, trace.end_s - seconds), 3),
        "unused_s": round(max(0.0, workers * seconds - trace.busy_s) / workers, 3),
        "run_s": round(float(np.mean(lengths)), 3),
        "longest_s": round(max(lengths), 3),
        "runs": len(lengths),
        "cut": sum(run.state == "cut" for run in trace.runs),
        "in_vain": sum(not run.shown for run in trace.runs),
    }


def calibration(searcher: str, source: Source, seed: int, past: int) -> dict[str, Any]:
    """How many ends lie in the intervals that should hold 80 %.

    `past` random runs, a third of them finished and the others at 5 to 70 % of a training;
    asked is for the ends of those, and of runs that do not exist yet.
    """
    from nbsweep.search.curve_model import CurveModel, ShownRun

    rng = np.random.default_rng([seed, past, 3])
    config = parse(source.config("bayes", **AUTO))
    params = [_draw(config.space, rng) for _ in range(past + ASKED)]
    trainings = source.trainings(params)
    shown = []
    for i in range(past):
        share = 1.0 if i % 3 == 0 else float(rng.uniform(0.05, 0.7))
        state = RunState.FINISHED if i % 3 == 0 else RunState.RUNNING
        curve = _curve(f"r{i:03d}", trainings[i], max(1, round(share * source.epochs)), state)
        shown.append(ShownRun(params[i], curve))
    model = CurveModel.of(config, shown, source.epochs)
    line = {"running": 0, "running_in": 0, "new": 0, "new_in": 0}
    if model is None:
        return line
    for i in range(past):
        end = model.end(f"r{i:03d}") if i % 3 else None
        if end is not None:
            line["running"] += 1
            line["running_in"] += int(end.low <= source.value(list(trainings[i].shown)) <= end.high)
    for end, training in zip(model.new(params[past:]), trainings[past:], strict=True):
        line["new"] += 1
        line["new_in"] += int(end.low <= source.value(list(training.shown)) <= end.high)
    return line


def _usual_s(source: Source) -> float:
    """Seconds of a training, by the median."""
    space = parse(source.config("random")).space
    rng = np.random.default_rng(5)
    found = source.trainings([_draw(space, rng) for _ in range(100)])
    return float(np.median([training.seconds.sum() for training in found]))


def _draw(space: SearchSpace, rng: np.random.Generator) -> dict[str, Any]:
    return {p.name: p.distribution.quantile(float(rng.random())) for p in space}


def _curve(run_id: str, training: Training, length: int, state: RunState) -> Curve:
    run = Run(run_id, {}, training, [float(value) for value in training.shown[:length]])
    steps = [step for step, value in enumerate(run.shown) if is_number(value)]
    last = steps[-1] if steps else -1
    values = tuple(run.shown[step] for step in steps)
    return Curve(run_id, state, tuple(steps), values, length, length - 1 - last)
