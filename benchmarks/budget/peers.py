"""Other tools in the simulation, used as their documentation shows, with their defaults.

Optuna: a trial reports each epoch and is pruned by the study's pruner; a trial that ends
in NaN fails. SMAC: its multi-fidelity facade, which trains anew at each budget.
"""

from __future__ import annotations

import logging
import math
import tempfile
from collections.abc import Callable
from typing import Any

from benchmarks.budget.simulator import Run
from benchmarks.budget.sources import Params, Source
from benchmarks.search.peers import suggest_of_optuna as suggest_plain

Sampler = Callable[[int], Any]


def _value(trial: Any, name: str, spec: dict[str, Any]) -> Any:
    if spec.get("distribution") == "q_log_uniform_values":
        found = trial.suggest_int(name, spec["min"], spec["max"], log=True)
        return min(max(round(found / spec["q"]) * spec["q"], spec["min"]), spec["max"])
    return suggest_plain(trial, name, spec)


class _Uncut:
    """Its stopping time ends no trial that is under way."""

    def cut(self, run: Run, now: float) -> tuple[float, float] | None:
        return None


class Optuna(_Uncut):
    """A study with that sampler and pruner; `pruner` gets the epochs of a whole training."""

    def __init__(
        self, source: Source, seed: int, sampler: Sampler, pruner: Callable[[int], Any]
    ) -> None:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self._source = source
        direction = "minimize" if source.goal == "minimize" else "maximize"
        self._study = optuna.create_study(
            sampler=sampler(seed), pruner=pruner(source.epochs), direction=direction
        )
        self._states = optuna.trial.TrialState
        self._trial: Any = None

    def next(self, now: float) -> Run | Params | None:
        self._trial = self._study.ask()
        return {n: _value(self._trial, n, spec) for n, spec in self._source.parameters.items()}

    def started(self, run: Run, now: float) -> None:
        run.extra = self._trial

    def showed(self, run: Run, now: float) -> list[str]:
        run.extra.report(run.shown[-1], len(run.shown))
        return [run.id] if run.extra.should_prune() else []

    def ended(self, run: Run, now: float) -> None:
        if run.state == "stopped":
            self._study.tell(run.extra, state=self._states.PRUNED)
        elif math.isfinite(run.shown[-1]):
            self._study.tell(run.extra, self._source.value(run.shown))
        else:
            self._study.tell(run.extra, state=self._states.FAIL)


class Smac(_Uncut):
    """Hyperband's brackets with a random forest, from SMAC's multi-fidelity facade."""

    def __init__(self, source: Source, seed: int) -> None:
        from ConfigSpace import Categorical, ConfigurationSpace, Float, Integer
        from smac import MultiFidelityFacade, Scenario

        logging.disable(logging.WARNING)
        space = ConfigurationSpace(seed=seed)
        self._decode: dict[str, Callable[[Any], Any]] = {}
        for name, spec in source.parameters.items():
            kind = spec.get("distribution")
            if kind is None:
                space.add(Categorical(name, list(range(len(spec["values"])))))
                self._decode[name] = lambda i, found=spec["values"]: found[int(i)]
                continue
            low, high = bounds = (spec["min"], spec["max"])
            whole = kind in ("int_uniform", "q_log_uniform_values")
            space.add((Integer if whole else Float)(name, bounds, log="log" in (kind or "")))
            if kind == "q_log_uniform_values":
                self._decode[name] = lambda x, q=spec["q"], a=low, b=high: min(
                    max(round(x / q) * q, a), b
                )
            else:
                self._decode[name] = int if whole else float
        self._source = source
        self._folder = tempfile.TemporaryDirectory()
        scenario = Scenario(
            space,
            n_trials=10_000,
            min_budget=max(1, source.epochs // 27),
            max_budget=source.epochs,
            seed=seed,
            deterministic=True,
            output_directory=self._folder.name,
        )
        self._smac = MultiFidelityFacade(
            scenario, lambda config, seed=0, budget=0: 0.0, logging_level=40, overwrite=True
        )
        self._info: Any = None

    def next(self, now: float) -> Run | Params | None:
        self._info = self._smac.ask()
        return {name: f(self._info.config[name]) for name, f in self._decode.items()}

    def started(self, run: Run, now: float) -> None:
        run.extra = self._info

    def showed(self, run: Run, now: float) -> list[str]:
        return [run.id] if len(run.shown) >= round(run.extra.budget) else []

    def ended(self, run: Run, now: float) -> None:
        from smac.runhistory.dataclasses import TrialValue

        cost = self._source.sign * self._source.value(run.shown)
        cost = cost if math.isfinite(run.shown[-1]) else 1e6
        self._smac.tell(run.extra, TrialValue(cost=cost))


def _tpe(seed: int) -> Any:
    import optuna

    return optuna.samplers.TPESampler(seed=seed)


def _gp(seed: int) -> Any:
    import optuna
    import torch

    torch.set_num_threads(1)
    return optuna.samplers.GPSampler(seed=seed)


def _hyperband(epochs: int) -> Any:
    import optuna

    return optuna.pruners.HyperbandPruner(min_resource=1, max_resource=epochs, reduction_factor=3)


def _median(epochs: int) -> Any:
    import optuna

    return optuna.pruners.MedianPruner()


def _none(epochs: int) -> Any:
    import optuna

    return optuna.pruners.NopPruner()


PEERS: dict[str, Callable[[Source, int], Any]] = {
    "Optuna TPE": lambda source, seed: Optuna(source, seed, _tpe, _none),
    "Optuna TPE + hyperband": lambda source, seed: Optuna(source, seed, _tpe, _hyperband),
    "Optuna TPE + median": lambda source, seed: Optuna(source, seed, _tpe, _median),
    "Optuna GP + median": lambda source, seed: Optuna(source, seed, _gp, _median),
    "SMAC multi-fidelity": Smac,
}
