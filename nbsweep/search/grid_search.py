"""Grid search: every combination of the listed values once, in W&B's order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from nbsweep.records import Observation, RunState, Suggestion, is_number
from nbsweep.space.search_space import Parameter, SearchSpace
from nbsweep.space.values import Steps, fresh, value_key
from nbsweep.sweep_config import SweepConfig

if TYPE_CHECKING:
    import numpy as np


def suggest(
    config: SweepConfig,
    observations: Sequence[Observation],
    pending: Sequence[Suggestion],
    rng: np.random.Generator,  # noqa: ARG001  # the order of a grid is fixed
) -> Suggestion | None:
    """The first point of the grid that no run has had, None when all have been handed out.

    Points are numbered as W&B orders them: parameters in alphabetical order, the last
    one varies fastest, values as listed. The number is kept in the origin as
    ``grid_index``, so that code which changes its own config does not bring a point
    back. A failed run counts as much as any other.

    Args:
        config: the sweep; every parameter has a grid, which `sweep_config.parse` checks.
        observations: runs that have ended.
        pending: runs under way.
        rng: not used.
    """
    return next(remaining(config, observations, pending), None)


def remaining(
    config: SweepConfig, observations: Sequence[Observation], pending: Sequence[Suggestion]
) -> Iterator[Suggestion]:
    """The points of the grid that no run has had, in order; arguments as of `suggest`.

    With `repeats` each comes so often, the repetitions with their place as ``repeat`` in the
    origin: 1 for the second run. A point is not repeated once a run of it broke or was ended.
    """
    if config.runs_each > 1:
        yield from _repeated(config, observations, pending)
        return
    taken = {observation.origin.get("grid_index") for observation in observations}
    taken.update(suggestion.origin.get("grid_index") for suggestion in pending)
    if None in taken:  # enqueued or earlier runs, which know nothing of the grid
        strangers = [*_without_index(observations), *_without_index(pending)]
        taken.update(grid_indices(config.space, strangers))
    for index, params in _points(config.space, taken):
        yield Suggestion(params, {"method": "grid", "grid_index": index})


def _points(
    space: SearchSpace, taken: Collection[int | None]
) -> Iterator[tuple[int, dict[str, Any]]]:
    """The points of the grid in order, with their numbers, without those that are taken."""
    if not space.is_plain:
        for index, params in space.combinations():
            if index not in taken:
                yield index, {name: fresh(value) for name, value in params.items()}
        return
    for index in range(space.grid_size or 0):
        if index not in taken:
            yield index, _point(space, index)


def _repeated(
    config: SweepConfig, observations: Sequence[Observation], pending: Sequence[Suggestion]
) -> Iterator[Suggestion]:
    """`remaining`, where each point is run several times."""
    each, closed = config.runs_each, set[int]()
    places: dict[int, set[int]] = defaultdict(set)
    strangers = []
    runs: list[Observation | Suggestion] = [*observations, *pending]
    for run in runs:
        index = run.origin.get("grid_index")
        if index is None:
            found = grid_indices(config.space, [run.params])
            index = found.pop() if found else -1
            strangers.append(index)
        else:
            places[index].add(run.origin.get("repeat", 0))
        state = run.state if isinstance(run, Observation) else RunState.RUNNING
        if state.ended and state not in (RunState.FINISHED, RunState.PREEMPTED):
            closed.add(index)
    for index in strangers:  # points that people gave; each stands for one run of its point
        free = (place for place in range(each) if place not in places[index])
        places[index].add(next(free, 0))
    full = {index for index, had in places.items() if len(had) >= each} | closed
    for index, params in _points(config.space, full):
        for place in range(each):
            if place not in places.get(index, ()):
                origin: dict[str, Any] = {"method": "grid", "grid_index": index}
                if place:
                    origin |= {"why": "replicate", "repeat": place}
                yield Suggestion({name: fresh(v) for name, v in params.items()}, origin)


def _without_index(runs: Iterable[Observation | Suggestion]) -> list[Mapping[str, Any]]:
    return [run.params for run in runs if run.origin.get("grid_index") is None]


def _axis(parameter: Parameter) -> Sequence[Any]:
    """The values of one parameter, in the order in which the grid visits them."""
    return parameter.distribution.grid or ()


def _point(space: SearchSpace, index: int) -> dict[str, Any]:
    """The params of a grid point: the digits of its number, one per parameter."""
    digits: dict[str, Any] = {}
    for parameter in reversed(space.parameters):
        axis = _axis(parameter)
        index, digit = divmod(index, len(axis))
        digits[parameter.name] = fresh(axis[digit])
    return {parameter.name: digits[parameter.name] for parameter in space}


def grid_indices(space: SearchSpace, runs: Iterable[Mapping[str, Any]]) -> set[int]:
    """The numbers of those of the given params that are points of the grid."""
    places = {axis.name: _Places(_axis(axis)) for axis in space.axes}
    inactive_first = any(parameter.when for parameter in space)
    indices = set()
    for params in runs:
        if not (space.is_plain or space.contains(params)):
            continue
        index, active = 0, space.active(params) if inactive_first else None
        values = params if space.is_plain else space.gather(params)
        for name, place in places.items():
            digit = place.of(values[name]) if name in values else None
            if active is not None and name not in values and name not in active:
                digit = 0  # of a parameter without a value; tied ones always have one
            if digit is None:
                break
            index = index * len(place.axis) + digit
        else:
            indices.add(index)
    return indices


class _Places:
    """Where the values of an axis stand: by arithmetic or from an index, never by search."""

    def __init__(self, axis: Sequence[Any]) -> None:
        self.axis = axis
        self._index = None
        if not isinstance(axis, (range, Steps)):
            self._index = {value_key(value): i for i, value in enumerate(axis)}

    def of(self, value: Any) -> int | None:
        """Place of `value`, None when it is not on the axis."""
        if self._index is not None:
            return self._index.get(value_key(value))
        if not is_number(value):
            return None
        if isinstance(value, float) and value.is_integer():
            value = int(value)  # a range finds ints at once and searches for floats
        try:
            return self.axis.index(value)
        except ValueError:
            return None
