"""Named parameters and the search space they span.

The distributions are re-exported: ``from nbsweep.space.search_space import Uniform``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from nbsweep.space.continuous import (
    Beta,
    Continuous,
    InvLogUniform,
    LogNormal,
    LogUniform,
    Normal,
    Uniform,
)
from nbsweep.space.distributions import Categorical, Constant, Distribution, IntUniform
from nbsweep.space.expressions import Expression
from nbsweep.space.relations import Combinations, Condition, Line, count
from nbsweep.space.values import fresh, same_value, value_key

__all__ = [
    "Beta",
    "Categorical",
    "Condition",
    "Constant",
    "Continuous",
    "Distribution",
    "IntUniform",
    "InvLogUniform",
    "LogNormal",
    "LogUniform",
    "Normal",
    "Parameter",
    "SearchSpace",
    "Uniform",
    "same_value",
    "value_key",
]


@dataclass(frozen=True)
class Parameter:
    """One named dimension.

    Attributes:
        path: keys from the top of the run's config, such as ("optimizer", "lr").
        name: the path joined by "." (by "/" where that would collide with another).
        distribution: the law of its values.
        when: without these it has no value: it is not active.
    """

    path: tuple[str, ...]
    name: str
    distribution: Distribution
    when: tuple[Condition, ...] = ()


@dataclass(frozen=True)
class SearchSpace:
    """All parameters of a sweep, in sorted order of their paths.

    Attributes:
        parameters: constants included.
        ties: names of parameters whose listed values are handed out together, by place.
        constraints: each point has to meet them.
        fixed: values that some parameters are held at, for a point that was given in part.
    """

    parameters: tuple[Parameter, ...]
    ties: tuple[tuple[str, ...], ...] = ()
    constraints: tuple[Expression, ...] = ()
    fixed: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, leaves: Mapping[tuple[str, ...], Distribution]) -> SearchSpace:
        """The space of the given paths and distributions, named and sorted.

        Example:
            >>> space = SearchSpace.of({("lr",): Uniform(0.0, 0.1), ("seed",): Constant(1)})
            >>> [parameter.name for parameter in space]
            ['lr', 'seed']
        """
        dotted = Counter(".".join(path) for path in leaves)
        return cls(
            tuple(
                # W&B's names may hold dots but no slash, so the second form is unique.
                Parameter(path, ("." if dotted[".".join(path)] == 1 else "/").join(path), leaf)
                for path, leaf in sorted(leaves.items(), key=lambda item: item[0])
            )
        )

    @cached_property
    def searched(self) -> tuple[Parameter, ...]:
        """The parameters that can take more than one value."""
        return tuple(parameter for parameter in self.parameters if _varies(parameter))

    @property
    def constants(self) -> dict[str, Any]:
        """The value of each constant, by name; a copy to keep."""
        laws = ((parameter.name, parameter.distribution) for parameter in self.parameters)
        return {name: law.quantile(0.5) for name, law in laws if law.is_constant}

    @cached_property
    def searched_axes(self) -> tuple[Parameter, ...]:
        """The axes that can take more than one value."""
        return tuple(axis for axis in self.axes if _varies(axis))

    @cached_property
    def _paths(self) -> dict[str, tuple[str, ...]]:
        return {parameter.name: parameter.path for parameter in self.parameters}

    def nest(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """Flat params (by name) as the nested config of a run.

        Names that the space does not have stay at the top, as they are.
        """
        config: dict[str, Any] = {}
        for name, value in params.items():
            *parents, last = self._paths.get(name, (name,))
            node = config
            for key in parents:
                node = node.setdefault(key, {})
            node[last] = value
        return config

    def flatten(self, config: Mapping[str, Any]) -> dict[str, Any]:
        """The flat params (by name) found in a run's nested config; others are left out."""
        params: dict[str, Any] = {}
        for parameter in self.parameters:
            node: Any = config
            for key in parameter.path:
                if not isinstance(node, Mapping) or key not in node:
                    break
                node = node[key]
            else:
                params[parameter.name] = node
        return params

    def flatten_point(self, point: Mapping[str, Any]) -> dict[str, Any]:
        """The flat params of a point that is nested, flat by name, or both in part."""
        by_name = {name: value for name, value in point.items() if name in self._paths}
        return {**self.flatten(point), **by_name}

    @cached_property
    def is_plain(self) -> bool:
        """Whether every parameter takes its values independently of the others."""
        return not (
            self.ties or self.constraints or self.fixed or any(p.when for p in self.parameters)
        )

    @cached_property
    def axes(self) -> tuple[Parameter, ...]:
        """The parameters, those that are tied as one whose values are lists."""
        tie_of = {name: tie for tie in self.ties for name in tie}
        axes = []
        for parameter in self.parameters:
            tie = tie_of.get(parameter.name)
            if tie is None:
                axes.append(parameter)
            elif parameter.name == tie[0]:
                name = "+".join(tie)  # no parameter has a + in its name
                rows = zip(*(self._by_name[n].distribution.listed for n in tie), strict=True)
                law = Categorical(tuple([fresh(value) for value in row] for row in rows))
                axes.append(Parameter((name,), name, law, parameter.when))
        return tuple(axes)

    @cached_property
    def _by_name(self) -> dict[str, Parameter]:
        return {parameter.name: parameter for parameter in self.parameters}

    @cached_property
    def names_of_axis(self) -> dict[str, tuple[str, ...]]:
        """The parameters of each axis, by the name of the axis."""
        ties = {"+".join(tie): tie for tie in self.ties}
        return {axis.name: ties.get(axis.name, (axis.name,)) for axis in self.axes}

    def spread(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The params of a point, in order, from one value for each axis; inactive ones left out.

        What is fixed has its own value, whatever is given.
        """
        if self.is_plain:
            return {parameter.name: values[parameter.name] for parameter in self.parameters}
        params: dict[str, Any] = {}
        for axis, names in self.names_of_axis.items():
            row = values[axis] if len(names) > 1 else (values[axis],)
            params.update(zip(names, row, strict=True))
        params.update({name: fresh(value) for name, value in self.fixed.items()})
        return self.prune(params)

    def gather(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """A value for each active axis from the params that there are: the reverse of `spread`."""
        active = self.active(params)
        return {
            axis: params[names[0]] if len(names) == 1 else [params[name] for name in names]
            for axis, names in self.names_of_axis.items()
            if names[0] in active and all(name in params for name in names)
        }

    def prune(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """The params that are active, in the order of the space; no others."""
        active = self.active(params)
        return {
            parameter.name: params[parameter.name]
            for parameter in self.parameters
            if parameter.name in active and parameter.name in params
        }

    def active(self, params: Mapping[str, Any]) -> set[str]:
        """The names of the parameters whose conditions hold."""
        known: dict[str, bool] = {}

        def holds(name: str) -> bool:
            if name not in known:
                known[name] = all(
                    condition.holds(params) and holds(condition.name)
                    for condition in self._by_name[name].when
                )
            return known[name]

        return {parameter.name for parameter in self.parameters if holds(parameter.name)}

    def violated(self, params: Mapping[str, Any]) -> Expression | None:
        """The first constraint that the params of a point do not meet, None when all are met."""
        if not self.constraints:
            return None
        pruned = self.prune(params)
        return next((c for c in self.constraints if not c.holds(pruned)), None)

    def contains(self, params: Mapping[str, Any]) -> bool:
        """Whether it has this point: a value for each active parameter, and all relations hold."""
        active = self.active(params)
        if not all(
            name in params and parameter.distribution.contains(params[name])
            for name, parameter in self._by_name.items()
            if name in active
        ):
            return False
        if self.is_plain:
            return True
        values = self.gather(params)
        tied = (axis for axis in self.axes if len(self.names_of_axis[axis.name]) > 1)
        return (
            all(axis.distribution.contains(values[axis.name]) for axis in tied)
            and self.violated(params) is None
            and all(
                name in params and same_value(params[name], v) for name, v in self.fixed.items()
            )
        )

    def fixing(self, params: Mapping[str, Any]) -> SearchSpace:
        """The part of the space in which some parameters have these values."""
        return replace(self, fixed={**self.fixed, **params})

    @cached_property
    def size(self) -> int | None:
        """Number of distinct points that can be drawn, None when infinite or not counted."""
        return self._size([axis.distribution.support for axis in self.axes])

    @cached_property
    def grid_size(self) -> int | None:
        """Number of points that grid search visits, None when it cannot or was not counted."""
        return self._size([axis.distribution.grid for axis in self.axes])

    def _size(self, values: Sequence[Sequence[Any] | None]) -> int | None:
        lines = self._lines(values)
        return None if lines is None else count(lines, self.constraints)

    def _lines(self, values: Sequence[Sequence[Any] | None]) -> list[Line] | None:
        lines = []
        for axis, listed in zip(self.axes, values, strict=True):
            if listed is None:
                return None
            lines.append(Line(self.names_of_axis[axis.name], listed, axis.when))
        return lines

    def combinations(self) -> Iterator[tuple[int, dict[str, Any]]]:
        """Number and params of the grid's points that all relations allow, in order."""
        lines = self._lines([axis.distribution.grid for axis in self.axes]) or []
        return iter(Combinations(lines, self.constraints, self.fixed))

    def __iter__(self) -> Iterator[Parameter]:
        return iter(self.parameters)


def _varies(parameter: Parameter) -> bool:
    support = parameter.distribution.support
    return support is None or len(support) > 1
