"""Tighter ranges, from limits that a person draws or around the runs that did well."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from nbsweep.errors import ConfigError, Problem
from nbsweep.records import is_number
from nbsweep.space.search_space import (
    Categorical,
    Constant,
    Continuous,
    Distribution,
    IntUniform,
    LogNormal,
    LogUniform,
    Parameter,
    Uniform,
)
from nbsweep.space.values import value_key
from nbsweep.sweep_config.config import SweepConfig
from nbsweep.sweep_config.edits import check_names, edited, spec_of

MARGIN = 0.1  # of the spread of some runs, left on either side of them
DIGITS = 3  # of a limit that nobody gave as a number

Range = tuple[float, float] | Sequence[Any]


def narrowed(
    config: SweepConfig, ranges: Mapping[str, Range]
) -> tuple[SweepConfig, dict[str, dict[str, Any]]]:
    """The config with tighter ranges, and what that changed (see `space_edits.edited`).

    Args:
        config: of the sweep.
        ranges: flat parameter name to ``(low, high)``, or to a list of values. Limits
            beyond the present ones stay as they are. Of listed values those are kept
            that are named or lie between; other laws keep their kind where it has limits,
            and become uniform (`log_uniform_values` for a log-normal one) where it has none.

    Raises:
        ConfigError: there is no such parameter, it cannot be narrowed, or nothing is left.
    """
    by_name = {parameter.name: parameter for parameter in config.space}
    check_names(ranges, by_name)
    specs: dict[str, Any] = {}
    problems = []
    for name, wanted in ranges.items():
        found = _tightened(config, by_name[name], wanted)
        if isinstance(found, str):
            problems.append(Problem(f"parameters.{name}", found))
        else:
            specs[name] = found
    if problems:
        raise ConfigError(problems)
    return edited(config, {**specs, **_tied(config, specs)})


def _tied(config: SweepConfig, specs: Mapping[str, Any]) -> dict[str, Any]:
    """Specs of parameters that change together: the rows that every narrowed one keeps."""
    found: dict[str, Any] = {}
    by_name = {parameter.name: parameter.distribution for parameter in config.space}
    for tie in config.space.ties:
        narrow = [name for name in tie if name in specs]
        if not narrow:
            continue
        kept = {
            name: {value_key(v) for v in specs[name].get("values", [specs[name].get("value")])}
            for name in narrow
        }
        columns = {name: _listed(by_name[name]) for name in tie}
        rows = [
            i
            for i in range(len(columns[narrow[0]]))
            if all(value_key(columns[name][i]) in kept[name] for name in narrow)
        ]
        if not rows:
            message = f"no row of the zip {', '.join(tie)} is left. Keep more values."
            raise ConfigError([Problem(f"parameters.{narrow[0]}", message)])
        found.update({name: {"values": [columns[name][i] for i in rows]} for name in tie})
    return found


def _listed(law: Distribution) -> Sequence[Any]:
    return law.values if isinstance(law, Categorical) else law.support or ()


def ranges_around(config: SweepConfig, runs: Sequence[Mapping[str, Any]]) -> dict[str, Range]:
    """The ranges that hold all of some runs' params, with a margin.

    Args:
        config: of their sweep.
        runs: flat params of each.

    Returns:
        An entry for each searched parameter that the runs have: the values that occur of
        listed ones, else their lowest and highest number with a tenth of the distance
        between them on either side (in logarithms on a logarithmic axis).
    """
    found: dict[str, Range] = {}
    for parameter in config.space.searched:
        law, name = parameter.distribution, parameter.name
        values = [run[name] for run in runs if name in run]
        if isinstance(law, Categorical):
            occurring = {value_key(value) for value in values}
            kept = [value for value in law.support if value_key(value) in occurring]
            if kept:
                found[name] = kept
            continue
        numbers = [float(value) for value in values if is_number(value)]
        if numbers:
            found[name] = outwards(*_widened(min(numbers), max(numbers), law.is_log), law.is_log)
    return found


def outwards(low: float, high: float, is_log: bool = False) -> tuple[float, float]:
    """Limits with few digits that hold the given ones."""
    if not low < high:
        return low, high
    if is_log:
        return _rounded(low, _unit(low), math.floor), _rounded(high, _unit(high), math.ceil)
    unit = _unit(high - low)
    return _rounded(low, unit, math.floor), _rounded(high, unit, math.ceil)


def _unit(size: float) -> float:
    """The place of the last digit that counts in a number of that size."""
    return 10.0 ** (math.floor(math.log10(abs(size))) - DIGITS + 1)


def _rounded(value: float, unit: float, towards: Any) -> float:
    steps = value / unit
    near = round(steps)
    # A value that is round already must not lose a step to its own rounding error.
    whole = near if math.isclose(steps, near, rel_tol=1e-9, abs_tol=1e-9) else towards(steps)
    return float(f"{whole * unit:.12g}")


def _widened(low: float, high: float, is_log: bool) -> tuple[float, float]:
    if is_log and low > 0:
        factor = (high / low) ** MARGIN
        return low / factor, high * factor
    margin = (high - low) * MARGIN
    return low - margin, high + margin


def _tightened(config: SweepConfig, parameter: Parameter, wanted: Range) -> dict[str, Any] | str:
    """The spec of what is left of a parameter, or why nothing is."""
    law = parameter.distribution
    if isinstance(law, Constant):
        return f"it is always {law.value!r}, so there is nothing to narrow."
    if isinstance(law, Categorical):
        return _tightened_values(law, wanted)
    if not isinstance(wanted, (tuple, list)) or not wanted or not all(map(is_number, wanted)):
        return f"found {wanted!r}; a pair of numbers is needed, such as {_example(law)}."
    if isinstance(wanted, tuple) and len(wanted) != 2:
        return f"found {wanted!r}; a pair of numbers is needed, such as {_example(law)}."
    low, high = wanted if isinstance(wanted, tuple) else (min(wanted), max(wanted))
    if low > high:
        return f"found {wanted!r}; {low!r} is above {high!r}. Swap them."
    present = law.bounds if law.bounds is not None else (law.quantile(0.0), law.quantile(1.0))
    if config.method == "grid" and isinstance(law, Continuous):
        present = law.limits  # W&B's grid starts at min, which need be no multiple of q
    bottom, top = max(low, present[0]), min(high, present[1])
    if bottom > top:
        return (
            f"no value lies between {low:g} and {high:g}: it runs from "
            f"{present[0]:g} to {present[1]:g}."
        )
    if (bottom, top) == present:
        return spec_of(law)  # the limits take nothing away
    if isinstance(law, IntUniform):
        return _between(IntUniform, law, math.ceil(bottom), math.floor(top), low, high)
    assert isinstance(law, Continuous)
    if law.q is not None:
        return _tightened_steps(config, law, bottom, top, low, high)
    kind = LogUniform if law.is_log else Uniform
    if isinstance(law, (Uniform, LogUniform)):
        kind = type(law)
    return _between(kind, law, float(bottom), float(top), low, high)


def _between(
    kind: Any, law: Distribution, bottom: Any, top: Any, low: float, high: float
) -> dict[str, Any] | str:
    """The spec of a law of this kind between two limits; a constant where they meet."""
    if bottom > top:
        return f"no value lies between {low:g} and {high:g}. Use wider limits."
    if bottom == top:
        return {"value": bottom}
    if kind is LogUniform and bottom <= 0:
        kind = Uniform
    q = getattr(law, "q", None)
    return spec_of(kind(bottom, top) if q is None else kind(bottom, top, q))


def _tightened_steps(
    config: SweepConfig, law: Continuous, bottom: float, top: float, low: float, high: float
) -> dict[str, Any] | str:
    """Limits of a law in steps: its first and last value inside."""
    if config.method == "grid" and law.grid is not None:
        # W&B's grid starts at min and leaves max out, so that max has to be a step beyond.
        start = next((value for value in law.grid if value >= bottom), None)
        last = next((value for value in reversed(law.grid) if value <= top), None)
        if start is None or last is None or start > last:
            return f"no value lies between {low:g} and {high:g}. Use wider limits."
        if start == last:
            return {"value": start}
        beyond = min(float(f"{last + law.q:.12g}"), law.limits[1])
        return _between(Uniform, law, start, beyond, low, high)
    q = law.q
    assert q is not None
    first = float(f"{math.ceil(bottom / q - 1e-9) * q:.12g}")
    end = float(f"{math.floor(top / q + 1e-9) * q:.12g}")
    kind: type[Continuous] = LogUniform if isinstance(law, (LogUniform, LogNormal)) else Uniform
    return _between(kind, law, first, end, low, high)


def _tightened_values(law: Categorical, wanted: Range) -> dict[str, Any] | str:
    """The listed values that are named, or lie between two numbers."""
    if isinstance(wanted, tuple):
        if not law.is_numeric or len(wanted) != 2 or not all(map(is_number, wanted)):
            return f"found {wanted!r}; a list of its values is needed, such as {_example(law)}."
        kept = [wanted[0] <= value <= wanted[1] for value in law.values]
        if not any(kept):
            return f"no value lies between {wanted[0]:g} and {wanted[1]:g}: {_all(law)}."
    elif isinstance(wanted, list):
        names = {value_key(value) for value in wanted}
        strange = [value for value in wanted if not law.contains(value)]
        if strange or not wanted:
            what = f"{strange[0]!r} is not among its values" if strange else "the list is empty"
            return f"{what}: {_all(law)}."
        kept = [value_key(value) in names for value in law.values]
    else:
        return f"found {wanted!r}; a list of its values is needed, such as {_example(law)}."
    values = [value for value, stays in zip(law.values, kept, strict=True) if stays]
    if len({value_key(value) for value in values}) == 1:
        return {"value": values[0]}
    if law.probabilities is None:
        return {"values": values}
    weights = [weight for weight, stays in zip(law.probabilities, kept, strict=True) if stays]
    total = math.fsum(weights)
    if not total > 0:
        return "the values that are left have probability 0. Keep another one too."
    return {"values": values, "probabilities": [weight / total for weight in weights]}


def _all(law: Categorical) -> str:
    return f"they are {', '.join(map(repr, law.support))}"


def _example(law: Distribution) -> str:
    if isinstance(law, Categorical):
        return repr(list(law.support[:2]))
    low, high = law.quantile(0.25), law.quantile(0.75)
    return f"({low:.3g}, {high:.3g})"
