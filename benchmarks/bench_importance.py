"""Importance with error bars of 1,000 runs × 20 parameters: nbsweep beside Optuna's.

Optuna's default (fANOVA) and its forest (mean decrease impurity) give one number a
parameter; nbsweep grows 214 trees for numbers with bootstrap errors and a verdict.
Libraries are imported before the clock starts.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable
from typing import Any

from common import Row, give, median, version

RUNS = 1_000
REPEATS = 5
SLOW_REPEATS = 1
TARGET_S = 1.0

PARAMETERS: dict[str, dict[str, Any]] = {
    **{f"float_{k}": {"min": 0.0, "max": 1.0} for k in range(8)},
    **{f"int_{k}": {"min": 1, "max": 32} for k in range(4)},
    **{
        f"log_{k}": {"distribution": "log_uniform_values", "min": 1e-5, "max": 1.0}
        for k in range(4)
    },
    **{f"category_{k}": {"values": ["a", "b", "c", "d"]} for k in range(4)},
}


def loss(row: dict[str, Any], noise: float) -> float:
    return float(
        2 * row["float_0"]
        + (row["category_0"] == "b")
        + 0.3 * math.log10(row["log_0"])
        + 0.3 * noise
    )


def rows_and_values() -> tuple[list[dict[str, Any]], list[float]]:
    import numpy as np

    from nbsweep.sweep_config import parse

    rng = np.random.default_rng(0)
    space = parse({"method": "random", "parameters": PARAMETERS}).space
    rows = [
        {p.name: p.distribution.quantile(float(rng.random())) for p in space} for _ in range(RUNS)
    ]
    return rows, [loss(row, float(rng.normal())) for row in rows]


def seconds(call: Callable[[], object], repeats: int) -> float:
    times = []
    for _ in range(repeats):
        begin = time.perf_counter()
        call()
        times.append(time.perf_counter() - begin)
    return median(times)


def nbsweep() -> list[Row]:
    import sklearn.tree  # noqa: F401  # a second of its own, paid once

    from nbsweep.analysis.frame import frame
    from nbsweep.analysis.importance import importance
    from nbsweep.records import RunRecord, RunState, Snapshot, SweepRecord
    from nbsweep.sweep_config import parse

    config = parse({"method": "random", "metric": {"name": "loss"}, "parameters": PARAMETERS})
    runs = tuple(
        RunRecord(
            id=f"{i:08d}",
            project="bench",
            sweep_id="bench000",
            number=i + 1,
            state=RunState.FINISHED,
            params=row,
            summary={"loss": value},
        )
        for i, (row, value) in enumerate(zip(*rows_and_values(), strict=True))
    )
    sweep = SweepRecord(id="bench000", project="bench", name=None, config={}, seed=0)
    snapshot = Snapshot(sweep=sweep, runs=runs, curves={}, version=1, taken_at=0.0)
    took = seconds(lambda: importance(frame(snapshot, config)), REPEATS)
    found = [row.name for row in importance(frame(snapshot, config)).rows[:3]]
    assert found == ["float_0", "category_0", "log_0"], found
    return [row("nbsweep, with error bars", took, f"≤ {TARGET_S:g} s", took <= TARGET_S)]


def optuna() -> list[Row]:
    import optuna
    from optuna.distributions import (
        CategoricalDistribution,
        FloatDistribution,
        IntDistribution,
    )
    from optuna.importance import (
        FanovaImportanceEvaluator,
        MeanDecreaseImpurityImportanceEvaluator,
    )

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    kinds = {
        "float": FloatDistribution(0.0, 1.0),
        "int": IntDistribution(1, 32),
        "log": FloatDistribution(1e-5, 1.0, log=True),
        "category": CategoricalDistribution(["a", "b", "c", "d"]),
    }
    distributions = {name: kinds[name.partition("_")[0]] for name in PARAMETERS}
    study = optuna.create_study()
    for params, value in zip(*rows_and_values(), strict=True):
        study.add_trial(
            optuna.create_trial(params=params, distributions=distributions, value=value)
        )
    evaluators = {
        "fANOVA": FanovaImportanceEvaluator(seed=0),
        "impurity": MeanDecreaseImpurityImportanceEvaluator(seed=0),
    }
    return [
        row(
            f"{version('optuna')} {name}",
            seconds(
                lambda: optuna.importance.get_param_importances(study, evaluator=evaluator),  # noqa: B023
                SLOW_REPEATS,
            ),
        )
        for name, evaluator in evaluators.items()
    ]


def row(who: str, took: float, target: str = "", met: bool | None = None) -> Row:
    return Row(
        f"importance, {RUNS:,} runs × {len(PARAMETERS)} parameters",
        who,
        f"{took:.2f} s",
        target,
        met,
    )


give({"nbsweep": nbsweep, "optuna": optuna}[sys.argv[1] if len(sys.argv) > 1 else "nbsweep"]())
