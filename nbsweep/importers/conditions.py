"""Finds out when a parameter had a value: only where another one had certain values.

Programs that build their search space as they go (Optuna's trials, hyperopt's choices)
keep no record of its branches; the runs show them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from functools import reduce
from itertools import combinations
from operator import or_
from typing import Any

from nbsweep.importers.foreign import ForeignRun
from nbsweep.records import RunState
from nbsweep.space.values import value_key
from nbsweep.wording import joined, show

MOST_VALUES = 64  # of a whole-number range that may be a condition
MOST_CANDIDATES = 12  # that are tried in pairs and threes
_NOT = object()  # the key of a parameter that a run does not have
Conditions = dict[str, dict[str, list[Any]]]


def conditions(
    runs: Sequence[ForeignRun],
    names: Iterable[str],
    spec_of: Callable[[str], Mapping[str, Any]],
    *,
    at_least: int = 1,
) -> Conditions:
    """For each parameter that depends on others: their names and values.

    A parameter depends on some that every run has, or that stand before it in the params
    of the runs. Where several would explain the runs as well, it is the fewest, then those
    that took the fewest values (of many values some always fit), then those that stand last
    before it.

    Args:
        runs: that ended.
        names: of the parameters.
        spec_of: the spec of a parameter by name.
        at_least: runs that have the parameter, and finished runs that lack it, from which
            on the pattern counts as one.
    """
    names = list(names)
    if all(name in run.params for run in runs for name in names):
        return {}
    order = _order(runs, names)
    keys = {name: _keys(runs, name) for name in names}
    taken = {name: len(set(keys[name].values())) for name in names}
    always = {name for name in names if len(keys[name]) == len(runs)}
    finished = {i for i, run in enumerate(runs) if run.state is RunState.FINISHED}
    result: Conditions = {}
    for name in names:
        having = keys[name].keys()
        lacking = sorted(finished - having)  # others may not have got as far as choosing it
        if min(len(having), len(lacking)) < at_least:
            continue
        candidates = {}
        for other in _likeliest(order, name, taken):
            if other == name or not (order[other] < order[name] or other in always):
                continue
            if values := _values(spec_of(other), runs, keys[other], having, lacking, other):
                candidates[other] = values
        if (found := _fewest(candidates, keys, lacking)) is not None:
            result[name] = {other: candidates[other] for other in found}
    return result


def _keys(runs: Sequence[ForeignRun], name: str) -> dict[int, Hashable]:
    """What the parameter was in each run that has it, by the run's place."""
    return {i: value_key(run.params[name]) for i, run in enumerate(runs) if name in run.params}


def added(specs: Mapping[str, Mapping[str, Any]], found: Conditions) -> dict[str, dict[str, Any]]:
    """The specs, each with its conditions as the sweep config words them."""
    return {
        name: {**spec, **({"when": _when(found[name])} if name in found else {})}
        for name, spec in specs.items()
    }


def _when(needed: Mapping[str, Sequence[Any]]) -> dict[str, Any]:
    return {
        other: values[0] if len(values) == 1 and not isinstance(values[0], list) else list(values)
        for other, values in needed.items()
    }


def in_words(found: Conditions) -> list[str]:
    """A note for each of them."""
    return [
        f"{name} has a value only when "
        + " and ".join(
            f"{other} is {joined([show(value) for value in values], 'or')}"
            for other, values in needed.items()
        )
        + ", as the runs show."
        for name, needed in found.items()
    ]


def _likeliest(order: Mapping[str, int], name: str, taken: Mapping[str, int]) -> list[str]:
    """The others, those first that are more likely to explain one."""
    place = order[name]
    return sorted(order, key=lambda other: (taken[other], order[other] > place, -order[other]))


def _order(runs: Sequence[ForeignRun], names: Sequence[str]) -> dict[str, int]:
    """The place of each name: after all that come before it in some run."""
    order: list[str] = []
    for run in sorted(runs, key=lambda run: -len(run.params)):
        at = 0
        for name in run.params:
            if name in order:
                at = order.index(name) + 1
            else:
                order.insert(at, name)
                at += 1
    return {name: place for place, name in enumerate(order) if name in set(names)}


def _values(
    spec: Mapping[str, Any],
    runs: Sequence[ForeignRun],
    keys: Mapping[int, Hashable],
    having: Collection[int],
    lacking: Sequence[int],
    name: str,
) -> list[Any]:
    """The values of another parameter with which this one was chosen; [] when not always.

    Args:
        spec: of the other parameter.
        runs: all of them.
        keys: what the other one was, by place of the run.
        having: places of the runs that have this one.
        lacking: places of the finished runs that do not.
        name: of the other parameter.
    """
    if not all(i in keys for i in having):
        return []
    inside = {keys[i]: i for i in having}
    if "values" in spec:
        return [value for value in spec["values"] if value_key(value) in inside]
    if spec.get("distribution") != "int_uniform" or spec["max"] - spec["min"] >= MOST_VALUES:
        return []
    values = sorted(runs[i].params[name] for i in inside.values())
    outside = {keys[i]: i for i in lacking if i in keys}
    others = sorted(runs[i].params[name] for key, i in outside.items() if key not in inside)
    low, high = values[0], values[-1]
    if others and others[-1] < low:  # `if layers >= 2`: as well for values not seen so far
        return list(range(low, spec["max"] + 1))
    if others and others[0] > high:
        return list(range(spec["min"], high + 1))
    return values if low == high else []


def _fewest(
    candidates: Mapping[str, Sequence[Any]],
    keys: Mapping[str, Mapping[int, Hashable]],
    lacking: Sequence[int],
) -> tuple[str, ...] | None:
    """The fewest candidates that hold in none of the runs without the parameter."""
    excluded = {}  # by name, a bit for each run that lacks the parameter
    for other, values in candidates.items():
        allowed = {value_key(value) for value in values}
        excluded[other] = sum(
            1 << place for place, i in enumerate(lacking) if keys[other].get(i, _NOT) not in allowed
        )
    everything = (1 << len(lacking)) - 1
    helpful = [other for other in candidates if excluded[other]][:MOST_CANDIDATES]
    for count in (1, 2, 3):
        for chosen in combinations(helpful, count):
            if reduce(or_, (excluded[other] for other in chosen)) == everything:
                return chosen
    return None
