"""The searchers that are compared, each behind one call: spend a budget on a problem.

A peer is used the way its own documentation shows, with defaults: numeric lists are
choices, failed runs are told as its interface allows (Optuna: FAIL; W&B: state failed;
hyperopt: STATUS_FAIL; others: the worst value so far). A peer whose
package is not installed raises ImportError and is skipped.
"""

from __future__ import annotations

import logging
import math
import tempfile
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from nbsweep.records import Observation, Suggestion
    from nbsweep.sweep_config import SweepConfig

Params = dict[str, Any]
Evaluate = Callable[[Params], "float | None"]
Drive = Callable[[dict[str, Any], Evaluate, int, int], None]


def config_of(parameters: dict[str, Any], method: str = "bayes") -> dict[str, Any]:
    return {
        "method": method,
        "metric": {"name": "loss", "goal": "minimize"},
        "parameters": parameters,
    }


def nbsweep_bayes(
    parameters: dict[str, Any], evaluate: Evaluate, budget: int, seed: int, in_flight: int = 1
) -> None:
    """Ours; with `in_flight` > 1 results come back in order, that many runs later."""
    from nbsweep.records import Observation, RunState
    from nbsweep.sweep_config import parse

    def observe(params: Params) -> Observation:
        value = evaluate(dict(params))
        state = RunState.FAILED if value is None else RunState.FINISHED
        return Observation(params, value, state)

    search_in_flight(parse(config_of(parameters)), observe, budget, seed, in_flight)


def search_in_flight(
    config: SweepConfig,
    observe: Callable[[Params], Observation],
    budget: int,
    seed: int,
    in_flight: int,
) -> None:
    """Spend a budget of runs by ours, so many of them at once."""
    from nbsweep.search.bayes_search import suggest

    observations: list[Observation] = []
    pending: list[Suggestion] = []
    for number in range(budget):
        found = suggest(config, observations, pending, np.random.default_rng([seed, number]))
        if found is None:
            break
        pending.append(found)
        while len(pending) == in_flight or (pending and number == budget - 1):
            observations.append(observe(pending.pop(0).params))


def random_search(parameters: dict[str, Any], evaluate: Evaluate, budget: int, seed: int) -> None:
    draw_at_random(config_of(parameters, "random"), evaluate, budget, seed)


def draw_at_random(
    config: dict[str, Any], evaluate: Callable[[Params], object], budget: int, seed: int
) -> None:
    """Spend a budget of runs on points drawn from the distributions of a sweep config."""
    from nbsweep.sweep_config import parse

    rng = np.random.default_rng(seed)
    space = parse(config).space
    for _ in range(budget):
        evaluate({p.name: p.distribution.quantile(float(rng.random())) for p in space})


def wandb_bayes(parameters: dict[str, Any], evaluate: Evaluate, budget: int, seed: int) -> None:
    """W&B's own engine, `sweeps` on PyPI, which draws from the global generators."""
    import random

    import sweeps
    from sweeps.run import RunState, SweepRun

    random.seed(seed)
    np.random.seed(seed)  # the engine's choice
    config = config_of(parameters)
    runs: list[Any] = []
    for _ in range(budget):
        run = sweeps.next_run(config, runs)
        value = evaluate({name: entry["value"] for name, entry in run.config.items()})
        ended = RunState.failed if value is None else RunState.finished
        metrics = {} if value is None else {"loss": value}
        runs.append(
            SweepRun(
                name=str(len(runs)),
                config=run.config,
                state=ended,
                summaryMetrics=metrics,
                history=[metrics] if metrics else [],
            )
        )


def _optuna(sampler: Callable[[int], Any]) -> Drive:
    def drive(parameters: dict[str, Any], evaluate: Evaluate, budget: int, seed: int) -> None:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        study = optuna.create_study(sampler=sampler(seed))
        for _ in range(budget):
            trial = study.ask()
            value = evaluate(
                {name: suggest_of_optuna(trial, name, spec) for name, spec in parameters.items()}
            )
            if value is None:
                study.tell(trial, state=optuna.trial.TrialState.FAIL)
            else:
                study.tell(trial, value)

    return drive


def suggest_of_optuna(trial: Any, name: str, spec: dict[str, Any]) -> Any:
    kind = spec.get("distribution")
    if kind is None:
        return trial.suggest_categorical(name, spec["values"])
    if kind == "int_uniform":
        return trial.suggest_int(name, spec["min"], spec["max"])
    if kind == "q_uniform":
        return trial.suggest_float(name, spec["min"], spec["max"], step=spec["q"])
    return trial.suggest_float(name, spec["min"], spec["max"], log=kind == "log_uniform_values")


def _tpe(seed: int) -> Any:
    import optuna

    return optuna.samplers.TPESampler(seed=seed)


def _tpe_univariate(seed: int) -> Any:
    import optuna

    return optuna.samplers.TPESampler(seed=seed, multivariate=False)


def _gp(seed: int) -> Any:
    import optuna
    import torch

    torch.set_num_threads(1)
    return optuna.samplers.GPSampler(seed=seed)


def _cmaes(seed: int) -> Any:
    import optuna

    return optuna.samplers.CmaEsSampler(seed=seed)


def hyperopt_tpe(parameters: dict[str, Any], evaluate: Evaluate, budget: int, seed: int) -> None:
    from hyperopt import STATUS_FAIL, STATUS_OK, fmin, hp, tpe

    space: dict[str, Any] = {}
    integers = {
        name for name, spec in parameters.items() if spec.get("distribution") == "int_uniform"
    }
    for name, spec in parameters.items():
        kind = spec.get("distribution")
        if kind is None:
            space[name] = hp.choice(name, spec["values"])
        elif kind == "log_uniform_values":
            space[name] = hp.loguniform(name, math.log(spec["min"]), math.log(spec["max"]))
        elif kind == "uniform":
            space[name] = hp.uniform(name, spec["min"], spec["max"])
        else:
            space[name] = hp.quniform(name, spec["min"], spec["max"], spec.get("q", 1))

    def objective(params: Params) -> dict[str, Any]:
        whole = {n: int(v) if n in integers else v for n, v in params.items()}
        for name, spec in parameters.items():
            if spec.get("distribution") == "q_uniform":  # rounds beyond the bounds
                whole[name] = min(max(whole[name], spec["min"]), spec["max"])
        value = evaluate(whole)
        return {"status": STATUS_FAIL} if value is None else {"status": STATUS_OK, "loss": value}

    fmin(
        objective, space, algo=tpe.suggest, max_evals=budget, show_progressbar=False,
        rstate=np.random.default_rng(seed), verbose=False, return_argmin=False,
    )  # fmt: skip


def skopt_gp(parameters: dict[str, Any], evaluate: Evaluate, budget: int, seed: int) -> None:
    from skopt import Optimizer
    from skopt.space import Categorical, Integer, Real

    dimensions: list[Any] = []
    decode: list[Callable[[Any], Any]] = []
    for spec in parameters.values():
        kind = spec.get("distribution")
        if kind is None:  # by index: None and bools trip its transformers
            dimensions.append(Categorical(list(range(len(spec["values"])))))
            decode.append(lambda i, found=spec["values"]: found[i])
        elif kind == "int_uniform":
            dimensions.append(Integer(spec["min"], spec["max"]))
            decode.append(int)
        elif kind == "q_uniform":
            count = round((spec["max"] - spec["min"]) / spec["q"])
            dimensions.append(Integer(0, count))
            decode.append(lambda i, s=spec: s["min"] + int(i) * s["q"])
        else:
            prior = "log-uniform" if kind == "log_uniform_values" else "uniform"
            dimensions.append(Real(spec["min"], spec["max"], prior))
            decode.append(float)
    optimizer = Optimizer(dimensions, random_state=seed)
    worst = 0.0
    for _ in range(budget):
        point = optimizer.ask()
        value = evaluate({n: f(x) for n, f, x in zip(parameters, decode, point, strict=True)})
        if value is not None:
            worst = max(worst, value)
        optimizer.tell(point, worst if value is None else value)


def smac_hpo(parameters: dict[str, Any], evaluate: Evaluate, budget: int, seed: int) -> None:
    from ConfigSpace import CategoricalHyperparameter, ConfigurationSpace
    from ConfigSpace import UniformFloatHyperparameter as Real
    from ConfigSpace import UniformIntegerHyperparameter as Integer
    from smac import HyperparameterOptimizationFacade, Scenario
    from smac.runhistory.dataclasses import TrialValue

    logging.disable(logging.WARNING)
    space = ConfigurationSpace(seed=seed)
    decode: dict[str, Callable[[Any], Any]] = {}
    for name, spec in parameters.items():
        kind = spec.get("distribution")
        if kind is None:
            space.add(CategoricalHyperparameter(name, list(range(len(spec["values"])))))
            decode[name] = lambda i, found=spec["values"]: found[int(i)]
        elif kind == "int_uniform":
            space.add(Integer(name, spec["min"], spec["max"]))
            decode[name] = int
        elif kind == "q_uniform":
            space.add(Integer(name, 0, round((spec["max"] - spec["min"]) / spec["q"])))
            decode[name] = lambda i, s=spec: s["min"] + int(i) * s["q"]
        else:
            space.add(Real(name, spec["min"], spec["max"], log=kind == "log_uniform_values"))
            decode[name] = float
    with tempfile.TemporaryDirectory() as folder:
        scenario = Scenario(
            space, n_trials=budget, seed=seed, deterministic=True, output_directory=folder
        )
        facade = HyperparameterOptimizationFacade(
            scenario, lambda config, seed=0: 0.0, logging_level=40, overwrite=True
        )
        worst = 0.0
        for _ in range(budget):
            info = facade.ask()
            value = evaluate({name: f(info.config[name]) for name, f in decode.items()})
            if value is not None:
                worst = max(worst, value)
            facade.tell(info, TrialValue(cost=worst if value is None else value))


def hebo(parameters: dict[str, Any], evaluate: Evaluate, budget: int, seed: int) -> None:
    """HEBO 0.3; sets torch to one thread for its whole process."""
    import pandas as pd
    from hebo.design_space.design_space import DesignSpace
    from hebo.optimizers.hebo import HEBO

    np.random.seed(seed)  # the package's choice
    entries: list[dict[str, Any]] = []
    decode: dict[str, Callable[[Any], Any]] = {}
    for name, spec in parameters.items():
        kind = spec.get("distribution")
        if kind is None:
            labels = [str(i) for i in range(len(spec["values"]))]
            entries.append({"name": name, "type": "cat", "categories": labels})
            decode[name] = lambda i, found=spec["values"]: found[int(i)]
        elif kind == "int_uniform":
            entries.append({"name": name, "type": "int", "lb": spec["min"], "ub": spec["max"]})
            decode[name] = int
        elif kind == "q_uniform":
            count = round((spec["max"] - spec["min"]) / spec["q"])
            entries.append({"name": name, "type": "int", "lb": 0, "ub": count})
            decode[name] = lambda i, s=spec: s["min"] + int(i) * s["q"]
        else:
            form = "pow" if kind == "log_uniform_values" else "num"
            entries.append({"name": name, "type": form, "lb": spec["min"], "ub": spec["max"]})
            decode[name] = float
    optimizer = HEBO(DesignSpace().parse(entries), scramble_seed=seed)
    worst = 0.0
    for _ in range(budget):
        frame: pd.DataFrame = optimizer.suggest(n_suggestions=1)
        row = frame.iloc[0]
        value = evaluate({name: f(row[name]) for name, f in decode.items()})
        if value is not None:
            worst = max(worst, value)
        optimizer.observe(frame, np.array([[worst if value is None else value]]))


def _in_flight(count: int) -> Drive:
    def drive(parameters: dict[str, Any], evaluate: Evaluate, budget: int, seed: int) -> None:
        nbsweep_bayes(parameters, evaluate, budget, seed, in_flight=count)

    return drive


SEARCHERS: dict[str, Drive] = {
    "nbsweep": nbsweep_bayes,
    "nbsweep (4 in flight)": _in_flight(4),
    "nbsweep (16 in flight)": _in_flight(16),
    "random": random_search,
    "W&B bayes": wandb_bayes,
    "Optuna TPE": _optuna(_tpe),
    "Optuna TPE univariate": _optuna(_tpe_univariate),
    "Optuna GP": _optuna(_gp),
    "Optuna CMA-ES": _optuna(_cmaes),
    "hyperopt TPE": hyperopt_tpe,
    "scikit-optimize GP": skopt_gp,
    "SMAC": smac_hpo,
    "HEBO": hebo,
}


def quiet() -> None:
    """Peers warn a lot; their warnings are not what is measured."""
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
