"""The searchers that are compared on several objectives, each behind one call.

Peers have their defaults and learn of limits as their own interface has it: Optuna by
`constraints_func`, Ax by outcome constraints; a crashed run is told as failed.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from benchmarks.search.fronts.problems import FrontProblem, Values
from benchmarks.search.fronts.reference import config_of
from benchmarks.search.peers import draw_at_random, search_in_flight, suggest_of_optuna

Evaluate = Callable[[dict[str, Any]], "Values | None"]
Drive = Callable[[FrontProblem, Evaluate, int, int], None]


def nbsweep_bayes(
    problem: FrontProblem, evaluate: Evaluate, budget: int, seed: int, in_flight: int = 1
) -> None:
    from nbsweep.records import Observation, RunState
    from nbsweep.sweep_config import parse

    config = parse(config_of(problem))

    def observe(params: dict[str, Any]) -> Observation:
        values = evaluate(dict(params))
        if values is None:
            unknown = (None,) * len(config.metrics)
            return Observation(params, None, RunState.FAILED, values=unknown)
        return Observation(params, values[0], values=values)

    search_in_flight(config, observe, budget, seed, in_flight)


def random_search(problem: FrontProblem, evaluate: Evaluate, budget: int, seed: int) -> None:
    draw_at_random(config_of(problem, "random"), evaluate, budget, seed)


def _optuna(sampler: str) -> Drive:
    def drive(problem: FrontProblem, evaluate: Evaluate, budget: int, seed: int) -> None:
        import optuna

        if sampler == "GPSampler":
            import torch

            torch.set_num_threads(1)
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        options: dict[str, Any] = {"seed": seed}
        if problem.limits:
            options["constraints_func"] = lambda trial: trial.user_attrs.get("beyond", (1.0,))
        study = optuna.create_study(
            sampler=getattr(optuna.samplers, sampler)(**options),
            directions=["minimize"] * problem.objectives,
        )
        for _ in range(budget):
            trial = study.ask()
            params = {
                name: suggest_of_optuna(trial, name, spec)
                for name, spec in problem.parameters.items()
            }
            values = evaluate(params)
            if values is None:
                study.tell(trial, state=optuna.trial.TrialState.FAIL)
                continue
            limited = values[problem.objectives :]
            beyond = [v - limit for v, limit in zip(limited, problem.limits, strict=True)]
            trial.set_user_attr("beyond", beyond)
            study.tell(trial, values[: problem.objectives])

    return drive


def ax_client(problem: FrontProblem, evaluate: Evaluate, budget: int, seed: int) -> None:
    """Ax 1.x with its default strategy; sets torch to one thread for its whole process."""
    import torch
    from ax import ChoiceParameterConfig, Client, RangeParameterConfig

    torch.set_num_threads(1)
    client = Client(random_seed=seed)
    parameters: list[Any] = []
    for name, spec in problem.parameters.items():
        kind = spec.get("distribution")
        if kind is None:
            numeric = all(isinstance(v, (int, float)) for v in spec["values"])
            of = "str" if not numeric else "int"
            parameters.append(
                ChoiceParameterConfig(
                    name=name, values=spec["values"], parameter_type=of, is_ordered=numeric
                )
            )
            continue
        parameters.append(
            RangeParameterConfig(
                name=name,
                bounds=(spec["min"], spec["max"]),
                parameter_type="int" if kind == "int_uniform" else "float",
                scaling="log" if kind == "log_uniform_values" else "linear",
            )
        )
    client.configure_experiment(parameters=parameters)
    names = [f"f{i}" for i in range(problem.objectives)]
    limited = [f"g{i}" for i in range(len(problem.limits))]
    client.configure_optimization(
        objective=", ".join(f"-{name}" for name in names),
        outcome_constraints=[
            f"{name} <= {limit}" for name, limit in zip(limited, problem.limits, strict=True)
        ],
    )
    for _ in range(budget):
        ((index, params),) = client.get_next_trials(max_trials=1).items()
        values = evaluate(params)
        if values is None:
            client.mark_trial_failed(trial_index=index)
        else:
            client.complete_trial(
                trial_index=index, raw_data=dict(zip([*names, *limited], values, strict=True))
            )


FRONT_SEARCHERS: dict[str, Drive] = {
    "nbsweep": nbsweep_bayes,
    "nbsweep (4 in flight)": functools.partial(nbsweep_bayes, in_flight=4),
    "random": random_search,
    "Optuna NSGA-II": _optuna("NSGAIISampler"),
    "Optuna TPE": _optuna("TPESampler"),
    "Optuna GP": _optuna("GPSampler"),
    "Ax": ax_client,
}
