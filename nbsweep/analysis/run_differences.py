"""What two runs differ in: values of their configs, metrics, lines of their code."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nbsweep.analysis.frame import MISSING
from nbsweep.records import Goal, flat, is_number
from nbsweep.space.values import same_value


@dataclass(frozen=True)
class MetricDifference:
    """One metric of two runs.

    Attributes:
        name: flat, aggregates included: ``acc.max``.
        first, second: its values, None where a run has none.
        difference: second minus first; None where one of them is not a finite number.
        better: 1 or 2 where it is known which way the metric is better, and they differ.
    """

    name: str
    first: Any
    second: Any
    difference: float | None
    better: int | None


def config_differences(
    first: Mapping[str, Any], second: Mapping[str, Any]
) -> dict[str, tuple[Any, Any]]:
    """Flat name to the two values, of what differs only; MISSING where a config lacks it."""
    one, two = dict(flat(first)), dict(flat(second))
    return {
        name: (one.get(name, MISSING), two.get(name, MISSING))
        for name in dict.fromkeys([*one, *two])
        if name not in one or name not in two or not same_value(one[name], two[name])
    }


def metric_differences(
    first: Mapping[str, Any], second: Mapping[str, Any], goals: Mapping[str, Goal]
) -> list[MetricDifference]:
    """Of everything that either summary has; those with a known goal come first."""
    one, two = dict(flat(first)), dict(flat(second))
    names = dict.fromkeys([*goals, *one, *two])
    rows = []
    for name in names:
        a, z = one.get(name), two.get(name)
        if a is None and z is None:
            continue
        difference = better = None
        if a is not None and z is not None and is_number(a) and is_number(z):
            difference = float(z) - float(a)
            if difference and name in goals:
                better = 2 if goals[name].better(float(z), float(a)) else 1
        rows.append(MetricDifference(name, a, z, difference, better))
    return rows


def code_difference(first: str, second: str, names: Sequence[str]) -> str:
    """The unified diff of two texts, "" when they are the same."""
    lines = difflib.unified_diff(
        first.splitlines(), second.splitlines(), names[0], names[1], lineterm=""
    )
    return "\n".join(lines)
