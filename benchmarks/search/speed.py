"""Milliseconds a suggestion at 10 to 1,000 past runs, ten mixed dimensions.

    python -m benchmarks.search.speed
    python -m benchmarks.search.speed nbsweep "Optuna TPE"

CPU time of the process, on one thread: what others do on the machine counts little, and
on a quiet one it equals the time a person waits. Medians of SAMPLES suggestions from the
same random past, interleaved. Writes `speed.json`, which `report.py` shows.
"""

from __future__ import annotations

import json
import os
import sys
import time

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.search.peers import config_of, quiet
from benchmarks.search.problems import ints, log, uniform, values

PAST = (10, 25, 40, 50, 100, 200, 500, 1000)
SAMPLES = 9
PATIENCE_MS = 20_000  # a searcher that has taken longer is not asked again
RESULT = Path(__file__).parent / "speed.json"
PARAMETERS = {
    "lr": log(1e-5, 1.0),
    "decay": log(1e-6, 1.0),
    "momentum": uniform(0.0, 1.0),
    "dropout": uniform(0.0, 0.8),
    "mixup": uniform(0.0, 1.0),
    "layers": ints(1, 8),
    "width": ints(8, 512),
    "batch": values(16, 32, 64, 128),
    "optimizer": values("sgd", "adam", "rmsprop"),
    "activation": values("relu", "tanh", "gelu"),
}

Past = list[tuple[dict[str, Any], float]]


def random_past(n: int) -> Past:
    from nbsweep.sweep_config import parse

    rng = np.random.default_rng(n)
    space = parse(config_of(PARAMETERS, "random")).space
    past = []
    for _ in range(n):
        p = {x.name: x.distribution.quantile(float(rng.random())) for x in space}
        loss = (np.log10(p["lr"]) + 3) ** 2 + abs(p["layers"] - 4) + 2 * (p["optimizer"] != "adam")
        past.append((p, float(loss + p["dropout"])))
    return past


def nbsweep(past: Past) -> Callable[[], object]:
    from nbsweep.records import Observation
    from nbsweep.search.bayes_search import suggest
    from nbsweep.sweep_config import parse

    config = parse(config_of(PARAMETERS))
    observations = [Observation(p, v) for p, v in past]
    return lambda: suggest(config, observations, [], np.random.default_rng(0))


def wandb(past: Past) -> Callable[[], object]:
    import sweeps
    from sweeps.run import RunState, SweepRun

    runs = [
        SweepRun(
            config={k: {"value": x} for k, x in p.items()},
            state=RunState.finished,
            summaryMetrics={"loss": v},
            history=[{"loss": v}],
        )
        for p, v in past
    ]
    return lambda: sweeps.next_run(config_of(PARAMETERS), runs)


def _optuna(name: str) -> Callable[[Past], Callable[[], object]]:
    def prepare(past: Past) -> Callable[[], object]:
        import optuna

        from benchmarks.search.peers import _suggest

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        study = optuna.create_study(sampler=getattr(optuna.samplers, name)(seed=0))
        fixed = study.sampler
        study.sampler = optuna.samplers.RandomSampler(seed=0)
        for p, v in past:
            study.enqueue_trial(p)
            trial = study.ask()
            for key, spec in PARAMETERS.items():
                _suggest(trial, key, spec)
            study.tell(trial, v)
        study.sampler = fixed

        def ask() -> None:
            trial = study.ask()
            for key, spec in PARAMETERS.items():
                _suggest(trial, key, spec)
            study.tell(trial, state=optuna.trial.TrialState.FAIL)

        return ask

    return prepare


SEARCHERS: dict[str, Callable[[Past], Callable[[], object]]] = {
    "nbsweep": nbsweep,
    "W&B bayes": wandb,
    "Optuna TPE": _optuna("TPESampler"),
    "Optuna GP": _optuna("GPSampler"),
}


def main() -> None:
    quiet()
    wanted = sys.argv[1:] or list(SEARCHERS)
    table: dict[str, dict[str, float]] = {}
    for n in PAST:
        past = random_past(n)
        asks: dict[str, Callable[[], object]] = {}
        for name, prepare in SEARCHERS.items():
            if name not in wanted:
                continue
            try:
                asks[name] = prepare(past)
                asks[name]()
            except ImportError as error:
                print(f"{name} is skipped: {error}")
                asks.pop(name, None)
        times: dict[str, list[float]] = {name: [] for name in asks}
        for _ in range(SAMPLES):
            for name, ask in asks.items():
                if sum(times[name]) > PATIENCE_MS:
                    continue
                start = time.process_time()
                ask()
                times[name].append(1e3 * (time.process_time() - start))
        for name, found in times.items():
            table.setdefault(name, {})[str(n)] = round(float(np.median(found)), 1)
        print(n, {name: row[str(n)] for name, row in table.items()}, flush=True)
        load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
        RESULT.write_text(json.dumps({"load": round(load, 1), "ms": table}, indent=1) + "\n")


if __name__ == "__main__":
    main()
