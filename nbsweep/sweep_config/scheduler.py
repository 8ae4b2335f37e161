"""The `scheduler` block of a config, with its messages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nbsweep.sweep_config.early_termination import EARLY_TERMINATE_EXAMPLE
from nbsweep.sweep_config.reader import Reader
from nbsweep.wording import show

_KEYS = ("engine", "sampler", "source", "optimizer", "search_space")
ENGINES = ("wandb", "optuna", "ax")

_EXAMPLE = '{"engine": "optuna", "sampler": "TPESampler"}'


def read_scheduler(
    reader: Reader, source: dict[str, Any], method: str | None
) -> Mapping[str, Any] | None:
    """The `scheduler` block: which engine searches, with which sampler."""
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
    reader.known_keys(path, known, _KEYS)
    engine = None
    if "engine" in spec:
        engine = reader.choice((*path, "engine"), spec["engine"], ENGINES)
    elif (*path, "engine") not in reader.guessed:
        reader.problem(path, f'needs "engine", such as {_EXAMPLE}.')
    if engine == "ax":
        reader.problem(
            (*path, "engine"),
            '"ax" is not supported. Use "optuna", or method "bayes", which needs no scheduler.',
        )
    elif engine is not None and method is not None and (engine == "optuna") != (method == "custom"):
        fitting = '"custom"' if engine == "optuna" else '"grid", "random" or "bayes"'
        reader.problem(("method",), f'found {show(method)}; engine "{engine}" needs {fitting}.')
    _read_sampler(reader, spec, engine)
    for key in ("source", "optimizer", "search_space"):
        if key in spec and reader.text((*path, key), spec[key]) is not None:
            reader.problem(
                (*path, key),
                "functions in a file are not supported. Name a sampler instead, such as "
                '"sampler": {"name": "TPESampler", "multivariate": true}, or pass a function of '
                "your own: nbsweep.agent(sweep_id, train, search=function).",
            )
    controller = source.get("controller")
    if isinstance(controller, dict) and controller.get("type") == "local":
        reader.problem(
            ("controller",), '"local" does not go together with a scheduler. Leave it out.'
        )
    return spec


def _read_sampler(reader: Reader, spec: dict[str, Any], engine: str | None) -> None:
    if "sampler" not in spec:
        return
    path, sampler = ("scheduler", "sampler"), spec["sampler"]
    example = '{"name": "TPESampler", "multivariate": true}'
    if engine == "wandb":
        reader.problem(path, 'is for engine "optuna". Leave it out.')
    elif isinstance(sampler, str):
        reader.text(path, sampler)
    elif reader.mapping(path, sampler, example) is not None:
        if "name" not in sampler:
            reader.problem(path, f'needs "name", the sampler\'s class, such as {example}.')
        else:
            reader.text((*path, "name"), sampler["name"])
