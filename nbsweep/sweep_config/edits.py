"""A search space with other ranges: the specs of a config, replaced and put into words.

Pure: from a config and what a person asks for to the dict of a new config, which
`sweep_config.parse` checks. Whoever changes a running sweep or makes a narrower one
begins here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from nbsweep.errors import ConfigError, Problem
from nbsweep.space.search_space import (
    Beta,
    Categorical,
    Constant,
    Distribution,
    IntUniform,
    LogNormal,
    LogUniform,
    Normal,
    Parameter,
    Uniform,
)
from nbsweep.sweep_config import config as sweep_config
from nbsweep.sweep_config.config import SweepConfig
from nbsweep.sweep_config.reader import show

VALUES_SHOWN = 6

# A spec with one of these says all by itself; other keys change the spec that is there.
_BEGIN_ANEW = {"distribution", "value", "values", "probabilities", "parameters"}


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
        spec, "text": both in words}``.

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
    after = sweep_config.parse(with_specs(config, asked))
    laws = {parameter.name: parameter.distribution for parameter in after.space}
    new = specs(after)
    changes = {
        name: {
            "before": old[name],
            "after": new[name],
            "text": f"{words(by_name[name].distribution)} → {words(laws[name])}",
        }
        for name in asked
        if laws[name] != by_name[name].distribution
    }
    return after, changes


def without_initial_points(config: SweepConfig) -> SweepConfig:
    """The config without points to begin with, which had their runs."""
    if not config.initial_points:
        return config
    source = sweep_config.to_dict(config)
    del source["initial_points"]
    return sweep_config.parse(source)


def check_names(given: Mapping[str, Any], known: Mapping[str, object]) -> None:
    """Refuse names that the space does not have, all of them at once, with ConfigError."""
    problems = [
        Problem(f"parameters.{name}", _unknown(str(name), list(known)))
        for name in given
        if name not in known
    ]
    if problems:
        raise ConfigError(problems)


def with_specs(config: SweepConfig, changes: Mapping[str, Any]) -> dict[str, Any]:
    """The config's dict with other specs under some flat parameter names, unchecked."""
    source = sweep_config.to_dict(config)
    for parameter in config.space:
        if parameter.name in changes:
            *parents, last = parameter.path
            node = source["parameters"]
            for key in parents:
                node = node[key]["parameters"]
            node[last] = changes[parameter.name]
    return source


def words(law: Distribution) -> str:
    """What a parameter can be, for people: "0.0001 to 0.1, log", "adam, sgd"."""
    if isinstance(law, Constant):
        return f"always {show(law.value)}"
    if isinstance(law, Categorical):
        shown = ", ".join(map(show, law.support[:VALUES_SHOWN]))
        hidden = len(law.support) - VALUES_SHOWN
        return f"{shown} and {hidden} more" if hidden > 0 else shown
    step = getattr(law, "q", None)
    steps = "" if step is None else f" in steps of {step:g}"
    if isinstance(law, (Normal, LogNormal)):
        log = "log " if isinstance(law, LogNormal) else ""
        return f"{log}normal, mu {law.mu:g}, sigma {law.sigma:g}{steps}"
    if isinstance(law, Beta):
        return f"beta, a {law.a:g}, b {law.b:g}{steps}"
    low, high = law.limits if isinstance(law, (Uniform, LogUniform)) else law.bounds or (0, 0)
    return f"{low:g} to {high:g}{steps}{', log' if law.is_log else ''}"


def spec_of(law: Distribution) -> dict[str, Any]:
    """The spec that `sweep_config.parse` reads into an equal distribution."""
    if isinstance(law, Constant):
        return {"value": law.value}
    if isinstance(law, Categorical):
        spec: dict[str, Any] = {"values": list(law.values)}
        return (
            spec if law.probabilities is None else {**spec, "probabilities": [*law.probabilities]}
        )
    names: Sequence[str] = ("min", "max")
    if isinstance(law, (Normal, LogNormal)):
        names = ("mu", "sigma")
    elif isinstance(law, Beta):
        names = ("a", "b")
    spec = {"distribution": law.kind, **{name: getattr(law, name) for name in names}}
    q = None if isinstance(law, IntUniform) else getattr(law, "q", None)
    return spec if q is None else {**spec, "q": q}


def _spec(config: SweepConfig, parameter: Parameter) -> dict[str, Any]:
    """The parameter's spec as its user wrote it; limits given as exponents as values."""
    node: Any = {"parameters": config.source["parameters"]}
    for key in parameter.path:
        node = node["parameters"][key]
    law = parameter.distribution
    in_exponents = isinstance(law, LogUniform) and node.get("distribution") != law.kind
    if not in_exponents:
        return dict(node)
    return {**spec_of(law), **({"when": node["when"]} if "when" in node else {})}


def _merged(old: Mapping[str, Any], law: Distribution, new: Any) -> Any:
    """A spec with some keys replaced; a whole new one, or what is none, as it is."""
    if not isinstance(new, Mapping):
        return new
    if _BEGIN_ANEW & new.keys() or isinstance(law, (Constant, Categorical)):
        return {"when": old["when"], **new} if "when" in old else new
    # By name: min and max alone are read as whole numbers when both are ints.
    return {**old, **new, "distribution": law.kind}


def _unknown(name: str, known: Sequence[str]) -> str:
    near = get_close_matches(name, known, n=1)
    question = f' Did you mean "{near[0]}"?' if near else ""
    return (
        f"the sweep has no such parameter.{question} Its parameters: {', '.join(known)}. "
        "A new parameter needs a new sweep."
    )
