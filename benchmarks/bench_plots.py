"""Figures of large sweeps: nbsweep's plots beside Optuna's of the same runs.

Timed from the runs in memory to plotly's JSON, which is what a cell's output holds. Libraries
are loaded and each plot is drawn once before the clock starts. Optuna's importances are those of
its fANOVA, its default; where both have a plot it is timed by itself, too.
"""

from __future__ import annotations

import inspect
import math
import sys
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from common import Row, give, median, version

MANY_RUNS, RUNS, WARM_RUNS = 10_000, 1_000, 30
REPEATS = 3
LIMIT_S, LIMIT_MB, LIMIT_ALL_S = 0.5, 3.0, 3.0
CURVE = 27  # values of a run
WORKERS = 4
SEVERAL = ("front", "hypervolume")  # of sweeps with several objectives

PARAMETERS: dict[str, dict[str, Any]] = {
    **{f"float_{k}": {"min": 0.0, "max": 1.0} for k in range(6)},
    **{f"int_{k}": {"min": 1, "max": 32} for k in range(2)},
    **{
        f"log_{k}": {"distribution": "log_uniform_values", "min": 1e-5, "max": 1.0}
        for k in range(4)
    },
    **{f"category_{k}": {"values": ["a", "b", "c", "d"]} for k in range(2)},
}
FEW = ("float_0", "float_1", "float_2", "int_0", "int_1", "log_0", "log_1", "log_2", "category_0")
COMPARED = {  # nbsweep's name to Optuna's
    "parallel_coordinates": "parallel_coordinate",
    "importance": "param_importances",
    "history": "optimization_history",
    "slice": "slice",
    "edf": "edf",
    "contour": "contour",
    "rank": "rank",
    "timeline": "timeline",
    "learning_curves": "intermediate_values",
}


def rows(n: int, names: tuple[str, ...]) -> list[tuple[dict[str, Any], list[float], bool]]:
    """Params, curve, and whether the run was stopped, of n runs."""
    import numpy as np

    from nbsweep.sweep_config import parse

    rng = np.random.default_rng(0)
    space = parse({"method": "random", "parameters": {k: PARAMETERS[k] for k in names}}).space
    found = []
    for _ in range(n):
        params = {p.name: p.distribution.quantile(float(rng.random())) for p in space}
        end = 0.1 + (params["float_0"] - 0.3) ** 2 + 0.05 * abs(math.log10(params["log_0"]) + 2)
        end += 0.1 * (params["category_0"] == "b") + 0.02 * float(rng.random())
        stops = rng.random() < 0.4
        shown = 3 if stops else CURVE
        curve = [end + math.exp(-k / 4) + 0.01 * float(rng.random()) for k in range(shown)]
        found.append((params, curve, stops))
    return found


def sweep(n: int, names: tuple[str, ...]) -> Any:
    """A sweep of made-up runs, with curves, stops, predictions and workers."""
    from nbsweep.handles.plots import Plots
    from nbsweep.records import Curve, RunRecord, RunState, Snapshot, SweepRecord
    from nbsweep.sweep_config import parse

    config = parse(
        {
            "method": "bayes",
            "metric": {"name": "loss"},
            "parameters": {name: PARAMETERS[name] for name in names},
            "early_terminate": {"type": "hyperband", "min_iter": 3},
        }
    )
    runs, curves = [], {}
    for i, (params, curve, stops) in enumerate(rows(n, names)):
        state = RunState.STOPPED if stops else RunState.FINISHED
        begin = 1e9 + 30.0 * (i // WORKERS) + i % WORKERS
        mean = curve[-1] + 0.02 * math.sin(i)
        run = RunRecord(
            id=f"{i:08d}",
            project="bench",
            sweep_id="bench000",
            number=i + 1,
            name=f"run-{i + 1}",
            state=state,
            params=params,
            config=params,
            summary={"loss": curve[-1], "accuracy": 1 - curve[-1] / 2},
            origin={
                "predicted_mean": mean,
                "predicted_low": mean - 0.03,
                "predicted_high": mean + 0.03,
            },
            worker=f"host:{i % WORKERS}:1",
            created_at=begin,
            started_at=begin,
            heartbeat_at=begin + len(curve),
            ended_at=begin + len(curve),
            stop_requested="band 3: worse" if stops else None,
        )
        runs.append(run)
        curves[run.id] = Curve(run.id, state, tuple(range(len(curve))), tuple(curve))
    record = SweepRecord(id="bench000", project="bench", name="bench", config=config.source, seed=0)
    snapshot = Snapshot(record, tuple(runs), curves, version=1, taken_at=1e9 + 30.0 * n)
    stored = SimpleNamespace(
        id="bench000",
        config=config,
        config_of=lambda record: config,
        record=record,
        snapshot=lambda curves=False: snapshot,
    )
    made = Plots()
    made.stored = stored  # type: ignore[assignment]
    return made


def seconds(call: Callable[[], object], repeats: int = REPEATS) -> float:
    times = []
    for _ in range(repeats):
        begin = time.perf_counter()
        call()
        times.append(time.perf_counter() - begin)
    return median(times)


def nbsweep() -> list[Row]:
    from nbsweep import plots

    names = [
        name
        for name, plot in inspect.getmembers(plots, inspect.isfunction)
        if name not in SEVERAL and "sweep" in inspect.signature(plot).parameters
    ]
    few, some, many = sweep(WARM_RUNS, FEW), sweep(RUNS, FEW), sweep(MANY_RUNS, tuple(PARAMETERS))
    for name in names:
        getattr(plots, name)(few).to_json()
    size = len(plots.parallel_coordinates(many).to_json().encode()) / 1e6
    took = seconds(lambda: plots.parallel_coordinates(many).to_json())
    each = {name: seconds(lambda: getattr(plots, name)(some).to_json()) for name in names}  # noqa: B023
    return [
        parallel("nbsweep", took, size, is_ours=True),
        everything("nbsweep", each, is_ours=True),
        shared("nbsweep", {name: each[name] for name in COMPARED if name in each}),
    ]


def optuna() -> list[Row]:
    import optuna
    from optuna.distributions import (
        CategoricalDistribution,
        FloatDistribution,
        IntDistribution,
    )

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    kinds = {
        "float": FloatDistribution(0.0, 1.0),
        "int": IntDistribution(1, 32),
        "log": FloatDistribution(1e-5, 1.0, log=True),
        "category": CategoricalDistribution(["a", "b", "c", "d"]),
    }

    def study(n: int, names: tuple[str, ...]) -> Any:
        made = optuna.create_study()
        distributions = {name: kinds[name.partition("_")[0]] for name in names}
        made.add_trials(
            [
                optuna.create_trial(
                    params=params,
                    distributions=distributions,
                    value=curve[-1],
                    intermediate_values=dict(enumerate(curve)),
                )
                for params, curve, _ in rows(n, names)
            ]
        )
        return made

    def draw(name: str, of: Any) -> str:
        return str(getattr(optuna.visualization, f"plot_{name}")(of).to_json())

    few, some, many = study(WARM_RUNS, FEW), study(RUNS, FEW), study(MANY_RUNS, tuple(PARAMETERS))
    for name in COMPARED.values():
        draw(name, few)
    size = len(draw("parallel_coordinate", many).encode()) / 1e6
    took = seconds(lambda: draw("parallel_coordinate", many))
    each = {name: seconds(lambda: draw(theirs, some), 1) for name, theirs in COMPARED.items()}  # noqa: B023
    return [
        parallel(version("optuna"), took, size, is_ours=False),
        shared(version("optuna"), each),
    ]


def parallel(who: str, took: float, size: float, *, is_ours: bool) -> Row:
    axes = len(PARAMETERS) + 1
    return Row(
        f"parallel coordinates figure, {MANY_RUNS:,} runs × {axes} axes",
        who,
        f"{took:.2f} s, {size:.1f} MB",
        f"≤ {LIMIT_S:g} s, ≤ {LIMIT_MB:g} MB" if is_ours else "",
        took <= LIMIT_S and size <= LIMIT_MB if is_ours else None,
    )


def everything(who: str, each: dict[str, float], *, is_ours: bool) -> Row:
    total = sum(each.values())
    return Row(
        f"all plots, {RUNS:,} runs × {len(FEW)} parameters",
        who,
        f"{total:.2f} s for {len(each)}; slowest: {slowest(each)}",
        f"≤ {LIMIT_ALL_S:g} s" if is_ours else "",
        total <= LIMIT_ALL_S if is_ours else None,
    )


def shared(who: str, each: dict[str, float]) -> Row:
    return Row(
        f"the plots that both have, {RUNS:,} runs × {len(FEW)} parameters",
        who,
        f"{sum(each.values()):.2f} s for {len(each)}; slowest: {slowest(each)}",
    )


def slowest(each: dict[str, float]) -> str:
    ordered = sorted(each.items(), key=lambda pair: -pair[1])[:2]
    return ", ".join(f"{name} {took:.2f} s" for name, took in ordered)


give({"nbsweep": nbsweep, "optuna": optuna}[sys.argv[1] if len(sys.argv) > 1 else "nbsweep"]())
