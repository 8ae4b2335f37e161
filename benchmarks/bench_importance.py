"""Importance by several methods: how long it takes, and how often it is right.

Time: 1,000 runs × 20 parameters, nbsweep's methods with bootstrap errors and a verdict beside
Optuna's evaluators, which give one number a parameter. Libraries are imported before the
clock starts.

Right: of 60 random runs each, 100 seeds of three functions whose Sobol indices are known, how
often the three first are the three first; and how often noise is called beyond chance.
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
TARGET_S = {"forest": 0.5, "fanova": 1.0}
OTHERS = ("permutation", "ped_anova", "spearman", "mutual_information")

SEEDS = 100
FEW_RUNS = 60
NOISE = 0.1  # standard deviations of the function's values

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


def frame_of(
    parameters: dict[str, dict[str, Any]], rows: list[dict[str, Any]], values: list[float]
) -> Any:
    """The runs as a frame, as if a sweep had made them."""
    from nbsweep.analysis.frame import frame
    from nbsweep.records import RunRecord, RunState, Snapshot, SweepRecord
    from nbsweep.sweep_config import parse

    config = parse({"method": "random", "metric": {"name": "loss"}, "parameters": parameters})
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
        for i, (row, value) in enumerate(zip(rows, values, strict=True))
    )
    sweep = SweepRecord(id="bench000", project="bench", name=None, config={}, seed=0)
    return frame(Snapshot(sweep=sweep, runs=runs, curves={}, version=1, taken_at=0.0), config)


# Known Sobol order --------------------------------------------------------------------

UNIT = {f"x{k}": {"min": 0.0, "max": 1.0} for k in range(8)}
TOP = {"x0", "x1", "x2"}
# Sobol's g-function: the variance that x_k makes alone is 1 / (3 (1 + a_k)²).
A = (0.5, 1.5, 3.0, 9.0, 20.0, 99.0, 99.0, 99.0)


def g_function(x: dict[str, float]) -> float:
    return math.prod((abs(4 * x[f"x{k}"] - 2) + a) / (1 + a) for k, a in enumerate(A))


def additive(x: dict[str, float]) -> float:
    return 4 * x["x0"] + 3 * x["x1"] + 2 * x["x2"] + 0.5 * x["x3"] + 0.3 * x["x4"]


def bowl(x: dict[str, float]) -> float:
    terms = 4 * (x["x0"] - 0.3) ** 2 + 3 * (x["x1"] - 0.6) ** 2 + 2.5 * (x["x2"] - 0.5) ** 2
    return terms + 0.3 * x["x3"]


def few_runs(function: Callable[[dict[str, float]], float], seed: int) -> tuple[Any, list[float]]:
    import numpy as np

    rng = np.random.default_rng(seed)
    rows = [{name: float(rng.random()) for name in UNIT} for _ in range(FEW_RUNS)]
    values = np.array([function(row) for row in rows])
    return rows, [float(v) for v in values + NOISE * values.std() * rng.normal(size=FEW_RUNS)]


def right_orders() -> list[Row]:
    """How often each finds the three first: ours by its default method, and Optuna's."""
    import optuna
    from optuna.importance import (
        FanovaImportanceEvaluator,
        MeanDecreaseImpurityImportanceEvaluator,
        PedAnovaImportanceEvaluator,
    )

    from nbsweep.analysis.importance import importance

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    law = optuna.distributions.FloatDistribution(0.0, 1.0)
    evaluators: dict[str, Callable[[], Any]] = {
        "fANOVA": lambda: FanovaImportanceEvaluator(seed=0),
        "impurity": lambda: MeanDecreaseImpurityImportanceEvaluator(seed=0),
        "PED-ANOVA": PedAnovaImportanceEvaluator,
    }
    ours, theirs = 0, dict.fromkeys(evaluators, 0)
    functions = (g_function, additive, bowl)
    for function in functions:
        for seed in range(SEEDS):
            rows, values = few_runs(function, seed)
            found = importance(frame_of(UNIT, rows, values), n_bootstrap=2)
            by_size = sorted(found.rows, key=lambda row: -row.importance)
            ours += {row.name for row in by_size[:3]} == TOP
            study = optuna.create_study()
            study.add_trials(
                [
                    optuna.create_trial(
                        params=row, distributions=dict.fromkeys(UNIT, law), value=value
                    )
                    for row, value in zip(rows, values, strict=True)
                ]
            )
            for name, evaluator in evaluators.items():
                order = optuna.importance.get_param_importances(study, evaluator=evaluator())
                theirs[name] += set(list(order)[:3]) == TOP
    what = f"true top 3 of {FEW_RUNS} runs, {len(functions)} functions × {SEEDS} seeds"
    n = len(functions) * SEEDS
    best = max(theirs.values())
    return [
        Row(what, "nbsweep, forest", f"{ours} of {n}", "≥ Optuna's best", ours >= best),
        *(
            Row(what, f"{version('optuna')} {name}", f"{hits} of {n}")
            for name, hits in theirs.items()
        ),
    ]


def false_alarms() -> list[Row]:
    """How often a parameter that does nothing, beside two that do, is called beyond chance."""
    import numpy as np

    from nbsweep.analysis.importance import importance

    parameters = {name: {"min": 0.0, "max": 1.0} for name in ("a", "b", "noise")}
    rows = []
    for method in (*TARGET_S, *OTHERS):
        told = 0
        for seed in range(SEEDS):
            rng = np.random.default_rng(seed)
            runs = [{name: float(rng.random()) for name in parameters} for _ in range(FEW_RUNS)]
            values = [2 * run["a"] + run["b"] + 0.2 * float(rng.normal()) for run in runs]
            found = importance(frame_of(parameters, runs, values), method=method)
            told += {row.name: row.stands_out for row in found.rows}["noise"]
        rows.append(
            Row(
                f"noise not told from zero, {FEW_RUNS} runs, {SEEDS} seeds",
                f"nbsweep, {method}",
                f"{SEEDS - told} of {SEEDS}",
                "≥ 95 of 100",
                SEEDS - told >= 0.95 * SEEDS,
            )
        )
    return rows


# Time ---------------------------------------------------------------------------------


def nbsweep() -> list[Row]:
    import scipy.special  # noqa: F401
    import sklearn.tree  # noqa: F401  # a second of its own, paid once

    from nbsweep.analysis.importance import importance

    runs = frame_of(PARAMETERS, *rows_and_values())
    table = []
    for method in (*TARGET_S, *OTHERS):
        took = seconds(lambda: importance(runs, method=method), REPEATS)  # noqa: B023
        found = {row.name for row in importance(runs, method=method).rows[:3]}
        assert found == {"float_0", "category_0", "log_0"}, (method, found)
        target = TARGET_S.get(method)
        table.append(
            row(f"nbsweep {method}, with error bars", took, f"≤ {target:g} s", took <= target)
            if target
            else row(f"nbsweep {method}, with error bars", took)
        )
    return [*table, *false_alarms()]


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
        PedAnovaImportanceEvaluator,
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
        "PED-ANOVA": PedAnovaImportanceEvaluator(),
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
    ] + right_orders()


def row(who: str, took: float, target: str = "", met: bool | None = None) -> Row:
    return Row(
        f"importance, {RUNS:,} runs × {len(PARAMETERS)} parameters",
        who,
        f"{took:.2f} s",
        target,
        met,
    )


give({"nbsweep": nbsweep, "optuna": optuna}[sys.argv[1] if len(sys.argv) > 1 else "nbsweep"]())
