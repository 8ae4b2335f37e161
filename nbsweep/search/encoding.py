"""The one place where natural values become points of the unit cube and back.

Notation: v is a natural value, u = F(v) in [0, 1] its probability under the parameter's
own distribution, so that log-uniform, normal and beta axes all look uniform to the
surrogate (the convention of W&B). A point x has one coordinate per searched parameter:

===========  =====================================  ====================================
kind         parameter                              coordinate
===========  =====================================  ====================================
continuous   uniform, log-uniform, normal, …        u
levels       integers, q_ grids, numeric `values`   middle of the value's step of u
category     any other `values`                     index into the list, as a float
===========  =====================================  ====================================

Levels are points, not intervals: the surrogate and the acquisition function only ever
see the coordinate of a value that can be run, so nothing chases an optimum between two
of them and no two points decode alike (Garrido-Merchán & Hernández-Lobato 2020).
"""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from nbsweep.records import is_number
from nbsweep.search_space import Categorical, Distribution, Parameter, SearchSpace
from nbsweep.values import value_key

Array = npt.NDArray[np.float64]

MAX_LEVELS = 512  # finer grids than this are continuous to the surrogate, rounded at the end
UNBOUNDED_MARGIN = 1e-3  # normal and log-normal axes end at this quantile, about ±3.1 sigma
UNKNOWN_CATEGORY = -1.0  # differs from every category of the list
CENTRE = 0.5


@dataclass(frozen=True)
class Axis:
    """One searched parameter as a coordinate.

    Attributes:
        name: flat parameter name.
        distribution: the law of its values.
        values: natural values in the order of `coordinates`; None when continuous.
        coordinates: shape (c,), ascending; empty when continuous.
        edges: shape (c,), upper end of each value's step of u; empty when continuous.
        is_category: whether coordinates are indices without an order.
        low: smallest coordinate that is searched.
        high: largest coordinate that is searched.
        index: hashable form of each value to its place in `values`.
    """

    name: str
    distribution: Distribution
    values: tuple[Any, ...] | None
    coordinates: Array
    edges: Array
    is_category: bool
    low: float
    high: float
    index: Mapping[Any, int]

    @classmethod
    def of(cls, parameter: Parameter) -> Axis:
        """The axis that suits a parameter's distribution."""
        distribution = parameter.distribution
        support = distribution.support
        if (
            support is None or support[MAX_LEVELS : MAX_LEVELS + 1]
        ):  # len() of a huge range overflows
            margin = 0.0 if distribution.bounds is not None else UNBOUNDED_MARGIN
            empty = np.empty(0)
            return cls(
                parameter.name, distribution, None, empty, empty, False, margin, 1 - margin, {}
            )
        is_category = not distribution.is_numeric
        values, weights = _values_and_weights(distribution, support)
        if not is_category:
            order = sorted(range(len(values)), key=lambda i: values[i])
            values = [values[i] for i in order]
            weights = [weights[i] for i in order]
        edges = np.cumsum(weights) / sum(weights)
        if is_category:
            coordinates = np.arange(len(values), dtype=float)
        elif isinstance(distribution, Categorical):
            # Whoever listed 128, 256, 512 chose the spacing: even steps in sorted order.
            coordinates = edges - 0.5 * np.diff(edges, prepend=0.0)
        else:
            coordinates = np.array([distribution.cdf(value) for value in values])
            edges = _edges(coordinates)
        edges[-1] = 1.0
        return cls(
            name=parameter.name,
            distribution=distribution,
            values=tuple(values),
            coordinates=coordinates,
            edges=edges,
            is_category=is_category,
            low=float(coordinates[0]),
            high=float(coordinates[-1]),
            index={value_key(value): i for i, value in enumerate(values)},
        )

    def encode(self, value: Any) -> tuple[float, bool]:
        """The coordinate of a natural value, and whether the axis has that value.

        A value that no longer fits is taken as far as it goes: a number keeps its place
        between its neighbours or at the nearer end, an unknown category differs from all
        others, anything else stands in the centre.
        """
        if self.values is None:
            if not is_number(value):
                return CENTRE, False
            u = float(self.distribution.cdf(value))
            return u, 0.0 < u < 1.0 or self.distribution.contains(value)
        place = self.index.get(value_key(value))
        if place is not None:
            return float(self.coordinates[place]), True
        if self.is_category:
            return UNKNOWN_CATEGORY, False
        if not is_number(value):
            return CENTRE, False
        return float(np.interp(value, cast(Sequence[float], self.values), self.coordinates)), False

    def decode(self, x: float) -> Any:
        """The natural value at a coordinate, a plain Python value."""
        if self.values is None:
            # Digits beyond the twelfth say nothing, and u = 1e-200 upsets scipy's quantiles.
            return self.distribution.quantile(round(min(max(x, self.low), self.high), 12))
        value = self.values[int(self.nearest(np.array([x]))[0])]
        return copy.deepcopy(value) if isinstance(value, (list, dict)) else value

    def nearest(self, x: Array) -> npt.NDArray[np.intp]:
        """Index of the value nearest to each coordinate, shape of x; for finite axes."""
        between = 0.5 * (self.coordinates[1:] + self.coordinates[:-1])
        return np.searchsorted(between, x, side="right")

    def from_probability(self, u: Array) -> Array:
        """Coordinates of the values at probabilities u, shape of u."""
        if self.values is None:
            return cast(Array, self.low + (self.high - self.low) * u)
        place = np.minimum(np.searchsorted(self.edges, u, side="right"), len(self.edges) - 1)
        return cast(Array, self.coordinates[place])


class Encoding:
    """All axes of a search space.

    Attributes:
        axes: one per searched parameter, in the order of the space.
        is_category: shape (d,).
        is_continuous: shape (d,).
        low: shape (d,), smallest searched coordinates.
        high: shape (d,), largest searched coordinates.
        size: number of distinct points, None when infinite.
    """

    def __init__(self, space: SearchSpace) -> None:
        searched = {parameter.name for parameter in space.searched}
        self._constants = {
            parameter.name: parameter.distribution.quantile(CENTRE)
            for parameter in space.parameters
            if parameter.name not in searched
        }
        self._order = [parameter.name for parameter in space.parameters]
        self.axes = tuple(Axis.of(parameter) for parameter in space.searched)
        self.is_category = np.array([axis.is_category for axis in self.axes], dtype=bool)
        self.is_continuous = np.array([axis.values is None for axis in self.axes], dtype=bool)
        self.low = np.array([axis.low for axis in self.axes])
        self.high = np.array([axis.high for axis in self.axes])
        counts = [len(axis.coordinates) for axis in self.axes]
        self.size: int | None = None if self.is_continuous.any() else math.prod(counts)

    def __len__(self) -> int:
        return len(self.axes)

    def encode(self, params: Mapping[str, Any]) -> tuple[Array, bool]:
        """The point of some params, shape (d,), and whether every value fits its axis."""
        pairs = [axis.encode(params.get(axis.name)) for axis in self.axes]
        return np.array([x for x, _ in pairs]), all(fits for _, fits in pairs)

    def decode(self, x: Array) -> dict[str, Any]:
        """The params of a point, constants included, in the order of the space."""
        found = {axis.name: axis.decode(float(x[j])) for j, axis in enumerate(self.axes)}
        return {name: found.get(name, self._constants.get(name)) for name in self._order}

    def snap(self, x: Array) -> Array:
        """The points (m, d) with each coordinate moved to the nearest that can be run."""
        out = np.clip(x, self.low, self.high)
        for j, axis in enumerate(self.axes):
            if axis.values is not None:
                out[:, j] = axis.coordinates[axis.nearest(out[:, j])]
        return out

    def from_probabilities(self, u: Array) -> Array:
        """The points at probabilities u (m, d) of each parameter's distribution."""
        return np.column_stack([axis.from_probability(u[:, j]) for j, axis in enumerate(self.axes)])

    def sample(self, m: int, rng: np.random.Generator) -> Array:
        """Draw m points from the distributions, shape (m, d)."""
        return self.from_probabilities(rng.random((m, len(self.axes))))

    def enumerate(self) -> Array:
        """Every point of a finite space, shape (size, d)."""
        grids = np.meshgrid(*(axis.coordinates for axis in self.axes), indexing="ij")
        return np.column_stack([grid.ravel() for grid in grids])


def _values_and_weights(
    distribution: Distribution, support: Sequence[Any]
) -> tuple[list[Any], list[float]]:
    """The values that can be drawn, each once, and how likely each is (not normalised)."""
    if not isinstance(distribution, Categorical):
        return list(support), [1.0] * len(support)
    weights = dict.fromkeys((value_key(value) for value in support), 0.0)
    probabilities = distribution.probabilities or [1.0] * len(distribution.values)
    for value, probability in zip(distribution.values, probabilities, strict=True):
        key = value_key(value)
        if key in weights:
            weights[key] += probability
    return list(support), list(weights.values())


def _edges(middles: Array) -> Array:
    """Upper ends of the steps that have these middles, kept between their neighbours."""
    edges = np.empty_like(middles)
    lower = 0.0
    for i, middle in enumerate(middles):
        following = middles[i + 1] if i + 1 < len(middles) else 1.0
        edges[i] = min(max(2.0 * middle - lower, middle), following)
        lower = edges[i]
    return edges
