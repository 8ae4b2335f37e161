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

Tied parameters share one coordinate, a category. One without a value (its `when` does not
hold) has a neutral coordinate, so that such points differ in nothing that does not matter.

Levels are points, not intervals: the surrogate and the acquisition function only ever
see the coordinate of a value that can be run, so nothing chases an optimum between two
of them and no two points decode alike (Garrido-Merchán & Hernández-Lobato 2020).
"""

from __future__ import annotations

import copy
import math
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from nbsweep.records import is_number
from nbsweep.search.random_search import no_point
from nbsweep.space.relations import Condition
from nbsweep.space.search_space import Distribution, Parameter, SearchSpace
from nbsweep.space.values import value_key

Array = npt.NDArray[np.float64]

MAX_LEVELS = 512  # finer grids than this are continuous to the surrogate, rounded at the end
UNBOUNDED_MARGIN = 1e-3  # normal and log-normal axes end at this quantile, about ±3.1 sigma
UNKNOWN_CATEGORY = -1.0  # differs from every category of the list
CENTRE = 0.5
MAX_COMBINED = 200_000  # points of the whole cube of which the allowed ones are counted
MAX_BATCHES = 100  # of draws, in search of points that meet the constraints
FEW_BATCHES = 10
ENOUGH = 20  # points; better candidates come from mutating good ones
BISECTIONS = 12


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
        values = list(support)
        weights = list(distribution.weights) or [1.0] * len(values)
        if not is_category:
            order = sorted(range(len(values)), key=lambda i: values[i])
            values = [values[i] for i in order]
            weights = [weights[i] for i in order]
        edges = np.cumsum(weights) / sum(weights)
        if is_category:
            coordinates = np.arange(len(values), dtype=float)
        elif distribution.listed:
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
        space: the search space.
        axes: one per searched parameter or tied group, in the order of the space.
        is_category: shape (d,).
        is_continuous: shape (d,).
        may_bend: shape (d,), numeric axes of which nobody chose the spacing: neither a log
            range nor a list.
        low: shape (d,), smallest searched coordinates.
        high: shape (d,), largest searched coordinates.
        size: number of distinct points, None when infinite.
        relations: what points have to meet, None where every coordinate is free.
    """

    def __init__(self, space: SearchSpace) -> None:
        self.space = space
        searched = {axis.name for axis in space.searched_axes}
        self._constants = {
            axis.name: axis.distribution.quantile(CENTRE)
            for axis in space.axes
            if axis.name not in searched
        }
        self.axes = tuple(Axis.of(axis) for axis in space.searched_axes)
        self.is_category = np.array([axis.is_category for axis in self.axes], dtype=bool)
        self.is_continuous = np.array([axis.values is None for axis in self.axes], dtype=bool)
        self.may_bend = np.array([_may_bend(axis) for axis in self.axes], dtype=bool)
        self.low = np.array([axis.low for axis in self.axes])
        self.high = np.array([axis.high for axis in self.axes])
        counts = [len(axis.coordinates) for axis in self.axes]
        self.size: int | None = None if self.is_continuous.any() else math.prod(counts)
        self.relations = None if space.is_plain else Relations(space, self.axes, self._constants)
        if self.relations and self.size is not None and self.size <= MAX_COMBINED:
            self.size = space.size or self.size

    def __len__(self) -> int:
        return len(self.axes)

    def encode(self, params: Mapping[str, Any]) -> tuple[Array, bool]:
        """The point of some params, shape (d,), and whether every value fits its axis."""
        if self.relations is not None:
            return self.relations.encode(params)
        pairs = [axis.encode(params.get(axis.name)) for axis in self.axes]
        return np.array([x for x, _ in pairs]), all(fits for _, fits in pairs)

    def decode(self, x: Array) -> dict[str, Any]:
        """The params of a point, constants included, in the order of the space."""
        values = {axis.name: axis.decode(float(x[j])) for j, axis in enumerate(self.axes)}
        return self.space.spread({**self._constants, **values})

    def allowed(self, x: Array) -> Array:
        """The points (m, d) that can be run, inactive coordinates made neutral."""
        return x if self.relations is None else self.relations.allowed(x)

    def is_active(self, x: Array) -> npt.NDArray[np.bool_]:
        """Which coordinates of the points (m, d) belong to parameters that have a value."""
        if self.relations is None:
            return np.ones(x.shape, dtype=bool)
        return self.relations.neutral_and_active(x)[1]

    def snap(self, x: Array) -> Array:
        """The points (m, d) with each coordinate moved to the nearest that can be run."""
        out = np.clip(x, self.low, self.high)
        for j, axis in enumerate(self.axes):
            if axis.values is not None:
                out[:, j] = axis.coordinates[axis.nearest(out[:, j])]
        return out if self.relations is None else self.relations.neutral(out)

    def from_probabilities(self, u: Array) -> Array:
        """The points at probabilities u (m, d) of each parameter's distribution."""
        return np.column_stack([axis.from_probability(u[:, j]) for j, axis in enumerate(self.axes)])

    def sample(self, m: int, rng: np.random.Generator) -> Array:
        """Draw m points from the distributions, shape (m, d); fewer where constraints are tight.

        Raises:
            UsageError: none of a great many draws meets the constraints.
        """
        if self.relations is None:
            return self.from_probabilities(rng.random((m, len(self.axes))))
        points = np.empty((0, len(self.axes)))
        for batch in range(MAX_BATCHES):
            drawn = self.from_probabilities(rng.random((m, len(self.axes))))
            points = np.vstack([points, self.allowed(drawn)])
            # In a tight space more points would take very many draws.
            if len(points) >= m or (len(points) >= ENOUGH and batch >= FEW_BATCHES):
                return points[:m]
        if not len(points):
            raise no_point(self.space, m * MAX_BATCHES)
        return points

    def enumerate(self) -> Array:
        """Every point of a finite space, shape (size, d)."""
        grids = np.meshgrid(*(axis.coordinates for axis in self.axes), indexing="ij")
        points = np.column_stack([grid.ravel() for grid in grids])
        if self.relations is None:
            return points
        return self.allowed(np.unique(self.relations.neutral(points), axis=0))


def _may_bend(axis: Axis) -> bool:
    law = axis.distribution
    return not (axis.is_category or law.is_log or law.listed)


def _on_searched(
    when: Sequence[Condition],
    conditions: Mapping[str, Sequence[Condition]],
    searched: Container[str],
) -> Iterator[Condition]:
    """These conditions, those on a constant replaced by what that constant depends on itself."""
    for condition in when:
        if condition.name in searched:
            yield condition
        else:
            yield from _on_searched(conditions[condition.name], conditions, searched)


class Relations:
    """What `when`, `zip`, `constraints` and fixed values mean for points of the cube.

    Args:
        space: one that is not plain.
        axes: its searched axes.
        constants: values of the others, by axis.
    """

    def __init__(
        self, space: SearchSpace, axes: Sequence[Axis], constants: Mapping[str, Any]
    ) -> None:
        self._space = space
        self._axes = axes
        self._constants = constants
        self._names = [space.names_of_axis[axis.name] for axis in axes]
        place = {name: j for j, names in enumerate(self._names) for name in names}
        self._neutral = np.array([_neutral(axis) for axis in axes])
        fixed = space.gather({**_constant_params(space, constants), **space.fixed})
        self._fixed = {
            j: axis.encode(fixed[axis.name])[0]
            for j, axis in enumerate(axes)
            if all(name in space.fixed for name in self._names[j]) and axis.name in fixed
        }
        conditions = {
            name: axis.when for axis in space.axes for name in space.names_of_axis[axis.name]
        }
        self._when = [
            [
                (place[c.name], self._coordinates_of(place[c.name], c))
                for c in _on_searched(conditions[names[0]], conditions, place)
            ]
            for names in self._names
        ]
        self._order = _parents_first(self._when)
        looked_at = {name for constraint in space.constraints for name in constraint.names}
        self._looked_at = [
            j for j, names in enumerate(self._names) if looked_at.intersection(names)
        ]
        self._known: dict[bytes, bool] = {}

    def _coordinates_of(self, j: int, condition: Condition) -> Array:
        """The coordinates of axis j at which a condition on one of its parameters holds."""
        axis, names = self._axes[j], self._names[j]
        return np.array(
            [
                coordinate
                for coordinate, value in zip(axis.coordinates, axis.values or (), strict=True)
                if condition.holds(_params_of(names, value))
            ]
        )

    def encode(self, params: Mapping[str, Any]) -> tuple[Array, bool]:
        """See `Encoding.encode`; an inactive parameter fits."""
        values = self._space.gather(params)
        active = self._space.active(params)
        pairs = [
            axis.encode(values.get(axis.name)) if names[0] in active else (neutral, True)
            for axis, names, neutral in zip(self._axes, self._names, self._neutral, strict=True)
        ]
        return np.array([float(x) for x, _ in pairs]), all(fits for _, fits in pairs)

    def neutral(self, x: Array) -> Array:
        """The points (m, d) with the coordinates of inactive parameters set to neutral ones."""
        return self.neutral_and_active(x)[0]

    def neutral_and_active(self, x: Array) -> tuple[Array, npt.NDArray[np.bool_]]:
        """What `neutral` gives, and which coordinates are active, both (m, d)."""
        out = x.copy()
        for j, coordinate in self._fixed.items():
            out[:, j] = coordinate
        active = np.ones(x.shape, dtype=bool)
        for j in self._order:
            for parent, coordinates in self._when[j]:
                active[:, j] &= active[:, parent] & np.isin(out[:, parent], coordinates)
            if self._axes[j].is_category:  # it was inactive in the point that this one came from
                out[:, j] = np.where(out[:, j] < 0, self._axes[j].low, out[:, j])
            out[:, j] = np.where(active[:, j], out[:, j], self._neutral[j])
        return out, active

    def allowed(self, x: Array) -> Array:
        """See `Encoding.allowed`."""
        out = self.neutral(x)
        return out[self.is_allowed(out)]

    def is_allowed(self, x: Array) -> npt.NDArray[np.bool_]:
        """Which of the points (m, d) meet the constraints and have all that is fixed, (m,)."""
        keep = np.ones(len(x), dtype=bool)
        for j, coordinate in self._fixed.items():
            keep &= x[:, j] == coordinate
        if self._space.constraints:
            keep &= np.array([self._meets(row) for row in x], dtype=bool)
        return keep

    def pulled_back(self, start: Array, end: Array) -> Array:
        """The points `end` (m, d), those not allowed moved towards allowed ones of `start`.

        Along the straight line between the two, to the last allowed point that bisection finds:
        an optimum often lies on the edge of what is allowed.
        """
        out = self.neutral(end)
        for i in np.flatnonzero(~self.is_allowed(out)):
            low, high = 0.0, 1.0
            out[i] = start[i]
            for _ in range(BISECTIONS):
                share = 0.5 * (low + high)
                between = self.neutral((start[i] + share * (end[i] - start[i]))[None, :])
                if self.is_allowed(between)[0]:
                    low, out[i] = share, between[0]
                else:
                    high = share
        return out

    def _meets(self, x: Array) -> bool:
        """Whether one point meets the constraints."""
        key = x.tobytes()
        if key not in self._known:
            values = {
                self._axes[j].name: self._axes[j].decode(float(x[j])) for j in self._looked_at
            }
            params = _constant_params(self._space, self._constants)
            for j, axis in enumerate(self._axes):
                if axis.name in values:
                    params.update(_params_of(self._names[j], values[axis.name]))
                elif axis.values is not None:  # conditions may look at it
                    params.update(_params_of(self._names[j], axis.decode(float(x[j]))))
            self._known[key] = self._space.violated(params) is None
        return self._known[key]


def _params_of(names: Sequence[str], value: Any) -> dict[str, Any]:
    """The params that a value of an axis stands for."""
    return {names[0]: value} if len(names) == 1 else dict(zip(names, value, strict=True))


def _constant_params(space: SearchSpace, constants: Mapping[str, Any]) -> dict[str, Any]:
    params: dict[str, Any] = {}
    for axis, value in constants.items():
        params.update(_params_of(space.names_of_axis[axis], value))
    return params


def _neutral(axis: Axis) -> float:
    """The coordinate of an axis that has no value: the centre, or no category of the list."""
    if axis.is_category:
        return UNKNOWN_CATEGORY
    if axis.values is None:
        return CENTRE
    return float(axis.coordinates[int(axis.nearest(np.array([CENTRE]))[0])])


def _parents_first(when: Sequence[Sequence[tuple[int, Array]]]) -> list[int]:
    """An order of the axes in which each comes after those that its conditions look at."""
    order: list[int] = []

    def visit(j: int) -> None:
        if j not in order:
            for parent, _ in when[j]:
                visit(parent)
            order.append(j)

    for j in range(len(when)):
        visit(j)
    return order


def _edges(middles: Array) -> Array:
    """Upper ends of the steps that have these middles, kept between their neighbours."""
    edges = np.empty_like(middles)
    lower = 0.0
    for i, middle in enumerate(middles):
        following = middles[i + 1] if i + 1 < len(middles) else 1.0
        edges[i] = min(max(2.0 * middle - lower, middle), following)
        lower = edges[i]
    return edges
