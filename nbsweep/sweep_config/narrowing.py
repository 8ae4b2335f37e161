"""Tighter ranges, from limits that a person draws or around the runs that did well."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from nbsweep.errors import ConfigError, Problem
from nbsweep.records import is_number
from nbsweep.space.distributions import Distribution, NarrowingError, Range
from nbsweep.space.values import value_key
from nbsweep.sweep_config.config import SweepConfig
from nbsweep.sweep_config.edits import check_names, edited

__all__ = ["Range", "narrowed", "outwards", "ranges_around"]

FEWEST_AROUND = 2  # runs, for a range around them
MARGIN = 0.1  # of the spread of some runs, left on either side of them
DIGITS = 3  # of a limit that nobody gave as a number


def narrowed(
    config: SweepConfig, ranges: Mapping[str, Range]
) -> tuple[SweepConfig, dict[str, dict[str, Any]]]:
    """The config with tighter ranges, and what that changed (see `edits.edited`).

    Args:
        config: of the sweep.
        ranges: flat parameter name to ``(low, high)``, or to a list of values; see
            `Distribution.narrowed`.

    Raises:
        ConfigError: there is no such parameter, it cannot be narrowed, or nothing is left.
    """
    present = {parameter.name: parameter.distribution for parameter in config.space}
    check_names(ranges, present)
    laws: dict[str, Distribution] = {}
    problems = []
    for name, wanted in ranges.items():
        try:
            laws[name] = present[name].narrowed(wanted, on_grid=config.method == "grid")
        except NarrowingError as error:
            problems.append(Problem(f"parameters.{name}", str(error)))
    if problems:
        raise ConfigError(problems)
    specs = {name: law.spec for name, law in laws.items()}
    return edited(config, {**specs, **_tied(config, laws)})


def _tied(config: SweepConfig, laws: Mapping[str, Distribution]) -> dict[str, Any]:
    """Specs of parameters that change together: the rows that every narrowed one keeps."""
    specs: dict[str, Any] = {}
    by_name = {parameter.name: parameter.distribution for parameter in config.space}
    for tie in config.space.ties:
        narrow = [name for name in tie if name in laws]
        if not narrow:
            continue
        kept = {name: set(map(value_key, laws[name].support or ())) for name in narrow}
        columns = {name: by_name[name].listed for name in tie}
        rows = [
            i
            for i in range(len(columns[narrow[0]]))
            if all(value_key(columns[name][i]) in kept[name] for name in narrow)
        ]
        if not rows:
            message = f"no row of the zip {', '.join(tie)} is left. Keep more values."
            raise ConfigError([Problem(f"parameters.{narrow[0]}", message)])
        specs.update({name: {"values": [columns[name][i] for i in rows]} for name in tie})
    return specs


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
    ranges: dict[str, Range] = {}
    for parameter in config.space.searched:
        law, name = parameter.distribution, parameter.name
        values = [run[name] for run in runs if name in run]
        if law.listed:
            occurring = {value_key(value) for value in values}
            kept = [value for value in law.support or () if value_key(value) in occurring]
            if kept:
                ranges[name] = kept
            continue
        numbers = [float(value) for value in values if is_number(value)]
        if numbers:
            ranges[name] = outwards(*_widened(min(numbers), max(numbers), law.is_log), law.is_log)
    return ranges


def outwards(low: float, high: float, is_log: bool = False) -> tuple[float, float]:
    """Limits with few digits that hold the given ones."""
    if not low < high:
        return low, high
    # A short range needs the digits of its length on either scale.
    if is_log and high > 1.1 * low:
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
