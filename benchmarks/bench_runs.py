"""1,000 trivial runs, one after another, on SQLite: nbsweep's agent and Optuna."""

from __future__ import annotations

import sys
import time

from common import Row, give, version

RUNS = 1_000
TARGET_S = 4.0


def nbsweep() -> tuple[str, float]:
    import nbsweep

    def train() -> None:
        with nbsweep.init() as run:
            run.log({"loss": (run.config.x - 0.3) ** 2})

    sweep_id = nbsweep.sweep(
        {
            "method": "random",
            "metric": {"name": "loss"},
            "parameters": {"x": {"min": 0.0, "max": 1.0}},
        }
    )
    begin = time.perf_counter()
    nbsweep.agent(sweep_id, train, count=RUNS)
    seconds = time.perf_counter() - begin
    states = [run.state for run in nbsweep.Sweep(sweep_id).runs]
    assert states == ["finished"] * RUNS, states
    return f"nbsweep {nbsweep.__version__}, random", seconds


def optuna() -> tuple[str, float]:
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(
        storage="sqlite:///optuna.db", sampler=optuna.samplers.RandomSampler()
    )

    def objective(trial: optuna.Trial) -> float:
        loss = (trial.suggest_float("x", 0, 1) - 0.3) ** 2
        trial.report(loss, 0)
        return loss

    begin = time.perf_counter()
    study.optimize(objective, n_trials=RUNS)
    return f"{version('optuna')}, random", time.perf_counter() - begin


ours = sys.argv[1] == "nbsweep"
who, seconds = nbsweep() if ours else optuna()
give(
    [
        Row(
            f"{RUNS:,} trivial runs, SQLite",
            who,
            f"{seconds:.2f} s",
            f"≤ {TARGET_S:.0f} s" if ours else "",
            seconds <= TARGET_S if ours else None,
        )
    ]
)
