"""`log({"loss": x})` on the caller's thread: nbsweep, W&B offline, MLflow, Optuna's report."""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import Callable

from common import Row, give, percentile, version

CALLS = 100_000
SLOW_CALLS = 2_000  # for peers that write at once, milliseconds a call


def measure(call: Callable[[int], object], calls: int) -> tuple[float, float]:
    """(p50, p99) in microseconds."""
    clock, times = time.perf_counter_ns, []
    for step in range(calls):
        begin = clock()
        call(step)
        times.append((clock() - begin) / 1000)
    return percentile(times, 0.5), percentile(times, 0.99)


def nbsweep() -> tuple[str, int, float, float]:
    import nbsweep

    with nbsweep.init() as run:
        p50, p99 = measure(lambda step: run.log({"loss": step * 0.5}), CALLS)
    rows = len(nbsweep.runs.session.store().history(run.id))  # type: ignore[attr-defined]
    assert rows == CALLS, rows
    return f"nbsweep {nbsweep.__version__}, SQLite", CALLS, p50, p99


def wandb() -> tuple[str, int, float, float]:
    os.environ.update(WANDB_MODE="offline", WANDB_SILENT="true")
    import wandb

    run = wandb.init(project="bench")
    p50, p99 = measure(lambda step: run.log({"loss": step * 0.5}), CALLS)
    run.finish()
    return f"{version('wandb')} offline", CALLS, p50, p99


def mlflow() -> tuple[str, int, float, float]:
    import mlflow

    mlflow.set_tracking_uri("sqlite:///mlflow.db")
    with mlflow.start_run():
        p50, p99 = measure(
            lambda step: mlflow.log_metric("loss", step * 0.5, step=step), SLOW_CALLS
        )
    return f"{version('mlflow')}, SQLite", SLOW_CALLS, p50, p99


def optuna() -> tuple[str, int, float, float]:
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    trial = optuna.create_study(storage="sqlite:///optuna.db").ask()
    p50, p99 = measure(lambda step: trial.report(step * 0.5, step), SLOW_CALLS)
    return f"{version('optuna')} report, SQLite", SLOW_CALLS, p50, p99


logging.disable(logging.WARNING)
ours = sys.argv[1] == "nbsweep"
who, calls, p50, p99 = {"nbsweep": nbsweep, "wandb": wandb, "mlflow": mlflow, "optuna": optuna}[
    sys.argv[1]
]()
give(
    [
        Row(
            f"log, {calls:,} calls, p50 / p99",
            who,
            f"{p50:.1f} / {p99:.1f} µs",
            "≤ 5 / ≤ 50 µs" if ours else "",
            p50 <= 5 and p99 <= 50 if ours else None,
        )
    ]
)
