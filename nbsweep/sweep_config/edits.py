"""A config with other specs for some of its parameters.

From a config and what a person asks for to the dict of a new config, which `parse`
checks: for changes of a running sweep and for narrower ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from nbsweep.errors import ConfigError, Problem
from nbsweep.space.search_space import Distribution, Parameter
from nbsweep.sweep_config.beliefs import belief_words
from nbsweep.sweep_config.config import SweepConfig, parse, to_dict
from nbsweep.wording import closest, did_you_mean

# A spec with one of these is complete; other keys change the spec that is there.
_COMPLETE_WITH = {"distribution", "value", "values", "probabilities", "parameters"}
_KEPT = ("when", "belief")  # of the spec that is there, even then


def specs(config: SweepConfig) -> dict[str, dict[str, Any]]:
    """Flat parameter name → its spec, limits of logarithmic ranges in natural values."""
    return {parameter.name: _spec(config, parameter) for parameter in config.space}


def edited(
    config: SweepConfig, parameters: Mapping[str, Any]
) -> tuple[SweepConfig, dict[str, dict[str, Any]]]:
    """The config with other specs for some parameters, and what that changed.

    Args:
        config: of the sweep.
        parameters: flat parameter name to a spec of the sweep config, or to some of its
            keys: ``{"max": 0.01}`` leaves `min` and the distribution as they are.

    Returns:
        The new config, and for each parameter that differs ``{"before": spec, "after":
        spec, "text": both in words}``, and ``"beliefs": True`` where only its belief does. A
        belief stays as long as it fits; one that is outside of the new range goes.

    Raises:
        ConfigError: there is no such parameter, or its spec is wrong.
    """
    by_name = {parameter.name: parameter for parameter in config.space}
    check_names(parameters, by_name)
    old = specs(config)
    asked = {
        name: _merged(old[name], by_name[name].distribution, spec)
        for name, spec in parameters.items()
    }
    after = parse(with_specs(config, _without_lost_beliefs(config, asked, parameters)))
    laws = {parameter.name: parameter.distribution for parameter in after.space}
    new = specs(after)
    changes: dict[str, dict[str, Any]] = {}
    for name in asked:
        law, belief = by_name[name].distribution, config.beliefs.get(name)
        texts = []
        if laws[name] != law:
            texts.append(f"{law.words} → {laws[name].words}")
        if (now := after.beliefs.get(name)) != belief:
            texts.append(f"belief {belief_words(belief)} → {belief_words(now)}")
        if texts:
            changes[name] = {"before": old[name], "after": new[name], "text": ", ".join(texts)}
            if laws[name] == law:
                changes[name]["beliefs"] = True
    return after, changes


def _without_lost_beliefs(
    config: SweepConfig, asked: Mapping[str, Any], parameters: Mapping[str, Any]
) -> Mapping[str, Any]:
    """The specs without beliefs that were kept from before and do not fit the new ranges."""
    kept = [
        name
        for name, spec in parameters.items()
        if name in config.beliefs and not (isinstance(spec, Mapping) and "belief" in spec)
    ]
    if not kept:
        return asked
    try:
        parse(with_specs(config, asked))
    except ConfigError as error:
        paths = {problem.path for problem in error.problems}
        by_name = {
            parameter.name: ".parameters.".join(parameter.path) for parameter in config.space
        }
        lost = {name for name in kept if f"parameters.{by_name[name]}.belief" in paths}
        return {
            name: {k: v for k, v in spec.items() if k != "belief"} if name in lost else spec
            for name, spec in asked.items()
        }
    return asked


def without_initial_points(config: SweepConfig) -> SweepConfig:
    """The config without its initial points, which have had their runs."""
    if not config.initial_points:
        return config
    source = to_dict(config)
    del source["initial_points"]
    return parse(source)


def check_names(names: Iterable[str], known: Mapping[str, object]) -> None:
    """Refuse names that the space does not have, all of them at once, with ConfigError."""
    problems = [
        Problem(f"parameters.{name}", _unknown(str(name), list(known)))
        for name in names
        if name not in known
    ]
    if problems:
        raise ConfigError(problems)


def with_specs(config: SweepConfig, changes: Mapping[str, Any]) -> dict[str, Any]:
    """The config's dict with other specs under some flat parameter names, unchecked."""
    source = to_dict(config)
    for parameter in config.space:
        if parameter.name in changes:
            *parents, last = parameter.path
            node = source["parameters"]
            for key in parents:
                node = node[key]["parameters"]
            node[last] = changes[parameter.name]
    return source


def _spec(config: SweepConfig, parameter: Parameter) -> dict[str, Any]:
    """The parameter's spec as its user wrote it; limits given as exponents as values."""
    node: Any = {"parameters": config.source["parameters"]}
    for key in parameter.path:
        node = node["parameters"][key]
    law = parameter.distribution
    if node.get("distribution", law.kind) == law.kind:
        return dict(node)
    # Limits were written as exponents.
    return {**law.spec, **{key: node[key] for key in _KEPT if key in node}}


def _merged(old: Mapping[str, Any], law: Distribution, new: Any) -> Any:
    """A spec with some keys replaced; a complete one, or what is not a spec, as it is."""
    if not isinstance(new, Mapping):
        return new
    if new.keys() == {"belief"}:
        return {**old, **new}
    if _COMPLETE_WITH & new.keys() or "distribution" not in law.spec:
        return {**{key: old[key] for key in _KEPT if key in old}, **new}
    # By name: min and max alone are read as whole numbers when both are ints.
    return {**old, **new, "distribution": law.kind}


def _unknown(name: str, known: Sequence[str]) -> str:
    question = did_you_mean(closest(name, known), wanted=name)
    return (
        f"the sweep has no such parameter.{question} Its parameters: {', '.join(known)}. "
        "A new parameter needs a new sweep."
    )
