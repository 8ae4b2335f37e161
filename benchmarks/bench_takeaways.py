"""Takeaways: claims on pure noise, claims found on known functions, and how long they take
(processor time: what a busy machine does not falsify).

Noise: the metric has nothing to do with the params, a tenth of the runs fail at random, and
durations are random too. A sweep counts where anything is claimed (`p_value` is set). Its runs
come from random search, from `bayes`, which looks at the results, and from one that only ever
samples around its best run, which is as bad as looking gets.

Known functions: of how many sweeps of 60 runs the true claims are made, and how many claims
are about a parameter that does nothing.

Searches that settle: of `bayes` sweeps over five parameters, how many claim something of one
that does nothing, and in how many those that decide are seen. There what does nothing goes
along with what decides, since a search that has found good values of these hands them out
with some value of those.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from common import Row, give, median

from nbsweep.analysis.findings import sweep_takeaways
from nbsweep.records import Observation, RunRecord, RunState, Snapshot, SweepRecord
from nbsweep.search import generator, suggest
from nbsweep.sweep_config import SweepConfig, parse

SEEDS = 200
BAYES_SEEDS = 40
RUNS = 40
POWER_SEEDS, POWER_RUNS = 50, 60
MOST_ON_NOISE = 0.05
SPEED = (1_000, 20, 0.3)  # runs, parameters, seconds
REPEATS = 5
SETTLING_SEEDS, SETTLING_RUNS, SETTLING_NOISE = 20, (40, 80), 0.02

PARAMETERS: dict[str, Any] = {
    "lr": {"distribution": "log_uniform_values", "min": 1e-5, "max": 1.0},
    "dropout": {"min": 0.0, "max": 0.5},
    "layers": {"min": 1, "max": 8},
    "batch_size": {"values": [16, 32, 64, 128, 256]},
    "optimizer": {"values": ["adam", "sgd", "rmsprop"]},
    "augment": {"values": [True, False]},
}
CONFIG = parse({"method": "bayes", "metric": {"name": "loss"}, "parameters": PARAMETERS})

SETTLING = parse(
    {
        "method": "bayes",
        "metric": {"name": "loss"},
        "parameters": {
            "lr": {"distribution": "log_uniform_values", "min": 1e-5, "max": 1e-2},
            "wd": {"min": 0.0, "max": 0.1},
            "opt": {"values": ["adam", "sgd", "rms"]},
            "batch": {"values": [16, 32, 64, 128]},
            "noise": {"min": 0.0, "max": 1.0},
        },
    }
)

Params = dict[str, Any]


def record(i: int, params: Params, value: float | None, seconds: float) -> RunRecord:
    return RunRecord(
        id=f"{i:08d}",
        project="bench",
        sweep_id="bench000",
        number=i + 1,
        state=RunState.FAILED if value is None else RunState.FINISHED,
        params=params,
        summary={} if value is None else {"loss": value},
        started_at=100.0,
        ended_at=100.0 + seconds,
    )


def snapshot(runs: list[RunRecord]) -> Snapshot:
    sweep = SweepRecord(id="bench000", project="bench", name=None, config={}, seed=0)
    return Snapshot(sweep=sweep, runs=tuple(runs), curves={}, version=1, taken_at=0.0)


def drawn(rng: np.random.Generator, config: SweepConfig = CONFIG) -> Params:
    return {p.name: p.distribution.quantile(float(rng.random())) for p in config.space}


def near(params: Params, rng: np.random.Generator) -> Params:
    """Params close by: what samples around its best run hands out."""
    other = drawn(rng)
    for parameter in CONFIG.space:
        law, value = parameter.distribution, params[parameter.name]
        if not law.listed:
            u = min(max(law.cdf(value) + 0.1 * rng.normal(), 0.0), 1.0)
            other[parameter.name] = law.quantile(u)
        elif rng.random() < 0.7:
            other[parameter.name] = value
    return other


def noise_sweep(kind: str, seed: int) -> list[RunRecord]:
    rng = np.random.default_rng([seed, 7])
    scatter: Callable[[], float] = [
        lambda: float(rng.normal()),
        lambda: float(rng.lognormal(0, 2)),
        lambda: float(rng.standard_cauchy()),
    ][seed % 3]
    runs: list[RunRecord] = []
    seen: list[Observation] = []
    for i in range(RUNS):
        scored = [run for run in runs if run.summary]
        if kind == "bayes":
            suggestion = suggest(CONFIG, seen, (), generator(seed, i))
            assert suggestion is not None
            params = dict(suggestion.params)
        elif kind == "greedy" and len(scored) > 3 and rng.random() < 0.8:
            best = min(scored, key=lambda run: run.summary["loss"])
            params = near(dict(best.params), rng)
        else:
            params = drawn(rng)
        value = None if rng.random() < 0.1 else scatter()
        runs.append(record(i, params, value, float(rng.lognormal(2, 0.3))))
        seen.append(observation(runs[-1]))
    return runs


def observation(run: RunRecord) -> Observation:
    return Observation(params=run.params, value=run.summary.get("loss"), state=run.state)


def share_on_noise(kind: str, seeds: int) -> float:
    claimed = sum(
        any(each.p_value is not None for each in told)
        for told in (sweep_takeaways(snapshot(noise_sweep(kind, s)), CONFIG) for s in range(seeds))
    )
    return claimed / seeds


def bowl(p: Params) -> float:
    return 0.1 * (math.log10(p["lr"]) + 3) ** 2


def known() -> dict[str, tuple[Callable[[Params], float], set[str]]]:
    """Functions with noise of a standard deviation of 0.1, and the parameters that matter."""
    return {
        "threshold": (lambda p: 0.25 * (p["batch_size"] > 64), {"batch_size"}),
        "trend": (lambda p: 0.8 * p["dropout"], {"dropout"}),
        "interior range": (bowl, {"lr"}),
        "category": (lambda p: 0.2 * (p["optimizer"] == "sgd"), {"optimizer"}),
        "three at once": (
            lambda p: bowl(p) + 0.4 * (p["optimizer"] == "sgd") + p["dropout"],
            {"lr", "optimizer", "dropout"},
        ),
        "interaction": (
            lambda p: 0.3 * ((p["dropout"] > 0.25) == p["augment"]),
            {"dropout", "augment"},
        ),
    }


def power() -> list[Row]:
    rows = []
    for name, (function, true) in known().items():
        found = wrong = total = 0
        for seed in range(POWER_SEEDS):
            rng = np.random.default_rng([seed, 11])
            params = [drawn(rng) for _ in range(POWER_RUNS)]
            runs = [
                record(i, p, function(p) + 0.1 * float(rng.normal()), 10.0)
                for i, p in enumerate(params)
            ]
            told = sweep_takeaways(snapshot(runs), CONFIG)
            about = {n for each in told if each.p_value is not None for n in each.parameters}
            found += len(about & true)
            total += len(true)
            wrong += len(about - true)
        text = f"{100 * found / total:.0f} % found, {wrong} of {POWER_SEEDS} sweeps wrong"
        rows.append(Row(f"takeaways, {name}, {POWER_RUNS} runs", "nbsweep", text, "", None))
    return rows


def settling() -> dict[str, tuple[Callable[[Params], float | None], set[str]]]:
    """Functions of `SETTLING` (None where a run fails), and the parameters that matter."""

    def off(p: Params, best: float) -> float:
        return 0.3 * (math.log10(p["lr"]) - best) ** 2

    of_opt = {"adam": 0.0, "sgd": 0.5, "rms": 0.2}
    return {
        "lr": (lambda p: off(p, -3.2), {"lr"}),
        "opt": (lambda p: of_opt[p["opt"]], {"opt"}),
        "lr and wd": (lambda p: off(p, -3) + 8 * abs(p["wd"] - 0.03), {"lr", "wd"}),
        "lr, opt and batch": (
            lambda p: off(p, -1.5) + 0.3 * (p["opt"] == "sgd") + abs(p["batch"] - 64) / 200,
            {"lr", "opt", "batch"},
        ),
        "lr by opt": (lambda p: off(p, -3.5 - (p["opt"] == "adam")), {"lr", "opt"}),
        "lr and opt, high lr fails": (
            lambda p: None if p["lr"] > 2e-3 else off(p, -3) + 0.2 * (p["opt"] == "sgd"),
            {"lr", "opt"},
        ),
    }


def settled_sweep(function: Callable[[Params], float | None], seed: int, n: int) -> list[RunRecord]:
    rng = np.random.default_rng([seed, 13])
    runs: list[RunRecord] = []
    seen: list[Observation] = []
    for i in range(n):
        suggestion = suggest(SETTLING, seen, (), generator(seed, i))
        assert suggestion is not None
        params = dict(suggestion.params)
        value = function(params)
        if value is not None:
            value += SETTLING_NOISE * float(rng.normal())
        runs.append(record(i, params, value, float(rng.lognormal(2, 0.3))))
        seen.append(observation(runs[-1]))
    return runs


def about_nothing() -> list[Row]:
    """In how many settled sweeps something is claimed of parameters that do nothing."""
    rows = []
    wrong_in = total = 0
    for n in SETTLING_RUNS:
        for name, (function, true) in settling().items():
            found, wrong = dict.fromkeys(sorted(true), 0), 0
            for seed in range(SETTLING_SEEDS):
                told = sweep_takeaways(snapshot(settled_sweep(function, seed, n)), SETTLING)
                about = {
                    other
                    for each in told
                    if each.p_value is not None and each.kind != "runtime"
                    for other in each.parameters
                }
                wrong += bool(about - true)
                for each in about & true:
                    found[each] += 1
            seen = ", ".join(f"{each} {count}" for each, count in found.items())
            text = f"of {SETTLING_SEEDS} sweeps {wrong} wrong; found {seen}"
            rows.append(Row(f"takeaways, bayes, {name}, {n} runs", "nbsweep", text, "", None))
            wrong_in, total = wrong_in + wrong, total + SETTLING_SEEDS
    share = wrong_in / total
    name = f"takeaways of what does nothing, bayes, {total} sweeps"
    figure, target = f"a claim in {100 * share:.1f} %", f"≤ {100 * MOST_ON_NOISE:g} %"
    return [*rows, Row(name, "nbsweep", figure, target, share <= MOST_ON_NOISE)]


def speed() -> Row:
    n, p, most = SPEED
    kinds = list(PARAMETERS.values())
    config = parse(
        {
            "method": "random",
            "metric": {"name": "loss"},
            "parameters": {f"p{k}": kinds[k % len(kinds)] for k in range(p)},
        }
    )
    rng = np.random.default_rng(0)
    rows = [drawn(rng, config) for _ in range(n)]
    runs = [
        record(i, row, row["p1"] + 0.3 * float(rng.normal()), 10.0) for i, row in enumerate(rows)
    ]
    read, times = snapshot(runs), []
    for _ in range(REPEATS):
        begin = time.process_time()
        sweep_takeaways(read, config)
        times.append(time.process_time() - begin)
    took = median(times)
    name = f"takeaways, {n:,} runs × {p} parameters"
    return Row(name, "nbsweep", f"{took:.2f} s", f"≤ {most:g} s", took <= most)


def main() -> None:
    rows = [speed()]
    for kind, seeds in (("random", SEEDS), ("greedy", SEEDS), ("bayes", BAYES_SEEDS)):
        share = share_on_noise(kind, seeds)
        name = f"takeaways on pure noise, {kind}, {RUNS} runs, {seeds} seeds"
        target = f"≤ {100 * MOST_ON_NOISE:g} %"
        met = share <= MOST_ON_NOISE
        rows.append(Row(name, "nbsweep", f"a claim in {100 * share:.1f} %", target, met))
    give([*rows, *power(), *about_nothing()])


if __name__ == "__main__":
    main()
