"""The `scheduler` block of a config, with its messages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nbsweep.sweep_config.early_termination import EARLY_TERMINATE_EXAMPLE
from nbsweep.sweep_config.reader import Reader
from nbsweep.wording import described, show

ENGINES = ("wandb", "optuna", "ax")
# Engines that search by themselves, so that the sweep's method is "custom".
SEARCHERS = ("optuna", "ax")
AX_METHODS = ("fast", "quality", "random_search")
# Keys that are for one engine alone; those of Ax have the names that Ax gives them.
_KEYS_OF = {
    "optuna": ("sampler",),
    "ax": ("method", "initialization_budget", "initialize_with_center"),
}
_FUNCTIONS = ("source", "optimizer", "search_space")
_KEYS = ("engine", *_KEYS_OF["optuna"], *_KEYS_OF["ax"], *_FUNCTIONS)
_ALIASES = {
    "initialization_trials": "initialization_budget",
    "n_startup_trials": "initialization_budget",
    "num_initialization_trials": "initialization_budget",
}
_METHOD_ALIASES = {
    "bayes": "fast",
    "default": "fast",
    "random": "random_search",
    "saas": "quality",
    "sobol": "random_search",
}

_EXAMPLE = '{"engine": "optuna", "sampler": "TPESampler"}'


def read_scheduler(
    reader: Reader, source: dict[str, Any], method: str | None
) -> Mapping[str, Any] | None:
    """The `scheduler` block: which engine searches, with which sampler or settings."""
    path = ("scheduler",)
    spec = reader.mapping(path, source["scheduler"], _EXAMPLE)
    if spec is None:
        return None
    if "pruner" in spec:
        reader.problem(
            (*path, "pruner"),
            'use the key "early_terminate" of the config instead, such as '
            f'"early_terminate": {EARLY_TERMINATE_EXAMPLE}; it works with every method.',
        )
    known = {key: value for key, value in spec.items() if key != "pruner"}
    reader.known_keys(path, known, _KEYS, _ALIASES)
    engine = None
    if "engine" in spec:
        engine = reader.choice((*path, "engine"), spec["engine"], ENGINES)
    elif (*path, "engine") not in reader.guessed:
        reader.problem(path, f'needs "engine", such as {_EXAMPLE}.')
    if engine is not None and method is not None and (engine in SEARCHERS) != (method == "custom"):
        fitting = '"custom"' if engine in SEARCHERS else '"grid", "random" or "bayes"'
        reader.problem(("method",), f'found {show(method)}; engine "{engine}" needs {fitting}.')
    for owner, keys in _KEYS_OF.items():
        for key in keys:
            if key in spec and engine is not None and engine != owner:
                reader.problem((*path, key), f'is for engine "{owner}". Leave it out.')
    if engine in ("optuna", None):
        _read_sampler(reader, spec)
    if engine in ("ax", None):
        _read_ax(reader, spec)
    for key in _FUNCTIONS:
        if key in spec and reader.text((*path, key), spec[key]) is not None:
            instead = (
                'Set "method" of the scheduler instead, such as "method": "quality"'
                if engine == "ax"
                else "Name a sampler instead, such as "
                '"sampler": {"name": "TPESampler", "multivariate": true}'
            )
            reader.problem(
                (*path, key),
                f"functions in a file are not supported. {instead}, or pass a function of "
                "your own: nbsweep.agent(sweep_id, train, search=function).",
            )
    controller = source.get("controller")
    if isinstance(controller, dict) and controller.get("type") == "local":
        reader.problem(
            ("controller",), '"local" does not go together with a scheduler. Leave it out.'
        )
    return spec


def _read_sampler(reader: Reader, spec: dict[str, Any]) -> None:
    if "sampler" not in spec:
        return
    path, sampler = ("scheduler", "sampler"), spec["sampler"]
    example = '{"name": "TPESampler", "multivariate": true}'
    if isinstance(sampler, str):
        reader.text(path, sampler)
    elif reader.mapping(path, sampler, example) is not None:
        if "name" not in sampler:
            reader.problem(path, f'needs "name", the sampler\'s class, such as {example}.')
        else:
            reader.text((*path, "name"), sampler["name"])


def _read_ax(reader: Reader, spec: dict[str, Any]) -> None:
    path = ("scheduler",)
    method = None
    if "method" in spec:
        method = reader.choice((*path, "method"), spec["method"], AX_METHODS, _METHOD_ALIASES)
    if "initialization_budget" in spec:
        here = (*path, "initialization_budget")
        if method == "random_search":
            reader.problem(here, 'method "random_search" has no other phase. Leave it out.')
        else:
            reader.number(path, spec, "initialization_budget", whole=True, at_least=1)
    if not isinstance(spec.get("initialize_with_center", True), bool):
        reader.problem(
            (*path, "initialize_with_center"),
            f"found {described(spec['initialize_with_center'])}; True or False is needed.",
        )
