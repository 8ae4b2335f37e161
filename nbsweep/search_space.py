"""Named parameters and the search space they span.

The distributions are re-exported: ``from nbsweep.search_space import Uniform``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from nbsweep.distributions import (
    Beta,
    Categorical,
    Constant,
    Continuous,
    Distribution,
    IntUniform,
    InvLogUniform,
    LogNormal,
    LogUniform,
    Normal,
    Uniform,
)
from nbsweep.values import same_value, value_key

__all__ = [
    "Beta",
    "Categorical",
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
    """

    path: tuple[str, ...]
    name: str
    distribution: Distribution


@dataclass(frozen=True)
class SearchSpace:
    """All parameters of a sweep, in sorted order of their paths.

    Attributes:
        parameters: constants included.
    """

    parameters: tuple[Parameter, ...]

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
        return tuple(
            parameter
            for parameter in self.parameters
            if (support := parameter.distribution.support) is None or len(support) > 1
        )

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

    def contains(self, params: Mapping[str, Any]) -> bool:
        """Whether every parameter has a value that its distribution can produce."""
        return all(
            parameter.name in params and parameter.distribution.contains(params[parameter.name])
            for parameter in self.parameters
        )

    @cached_property
    def size(self) -> int | None:
        """Number of distinct points that can be drawn, None when infinite."""
        return _product(parameter.distribution.support for parameter in self.parameters)

    @cached_property
    def grid_size(self) -> int | None:
        """Number of points that grid search visits, None when it cannot."""
        return _product(parameter.distribution.grid for parameter in self.parameters)

    def __iter__(self) -> Iterator[Parameter]:
        return iter(self.parameters)


def _product(axes: Iterable[Sequence[Any] | None]) -> int | None:
    size = 1
    for axis in axes:
        if axis is None:
            return None
        size *= len(axis)
    return size
