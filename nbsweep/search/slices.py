"""What the surrogate believes along each axis through a point: `Sweep.plot_surrogate`. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from nbsweep.records import Observation
from nbsweep.search.blas import one_blas_thread
from nbsweep.search.encoding import Axis, Encoding
from nbsweep.search.multi_objective import known_of
from nbsweep.search.past import with_past
from nbsweep.search.surrogate import Model
from nbsweep.sweep_config import SweepConfig

Array = npt.NDArray[np.float64]

POINTS = 41  # along an axis at most


@dataclass(frozen=True)
class Slice:
    """The surrogate along one axis of the search space, all other parameters staying.

    Attributes:
        names: the parameters of the axis; several where they are tied.
        values: natural value of each of m points, a tuple of values where several are tied.
        median: shape (m,), what is expected of the noise-free metric, in its units.
        low, high: shape (m,), ends of the central 68 % interval.
        is_active: whether the parameter has a value at the point that the slices go through.
    """

    names: tuple[str, ...]
    values: tuple[Any, ...]
    median: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    is_active: bool = True

    @property
    def reach(self) -> float:
        """How far the median goes up and down."""
        return max(self.median) - min(self.median)


@dataclass(frozen=True)
class Slices:
    """The slices through a point, and how far to trust them.

    Attributes:
        slices: one for each axis of the space.
        skill: Q², share of the variance that leave-one-out predictions explain.
        predicts: whether that is more than nothing.
        n_runs: runs that the surrogate rests on.
    """

    slices: tuple[Slice, ...]
    skill: float
    predicts: bool
    n_runs: int


def slices(
    config: SweepConfig,
    observations: Sequence[Observation],
    params: Mapping[str, Any],
    metric: str | None = None,
) -> Slices | None:
    """The slices of the surrogate behind the next suggestion through some params.

    None while no run has given a value, where nothing is searched, and where values are too
    extreme for a model.

    Args:
        config: the sweep.
        observations: ended runs, in any order.
        params: flat; of the run that the slices go through.
        metric: name of one of the config's `metrics`; the first objective when omitted.
    """
    try:
        with np.errstate(all="ignore"), one_blas_thread():
            return _slices(config, observations, params, metric)
    except (ArithmeticError, np.linalg.LinAlgError):  # a matrix that cannot be factored
        return None


def _slices(
    config: SweepConfig,
    observations: Sequence[Observation],
    params: Mapping[str, Any],
    metric: str | None,
) -> Slices | None:
    encoding = Encoding(config.space)
    known = known_of(encoding, config, observations, metric)
    if not len(known.values) or not len(encoding):
        return None
    model = Model.of(known, encoding.is_category, encoding.may_bend)
    model, _ = with_past(model, encoding, config.metric, observations)
    centre = encoding.encode(params)[0]
    active = encoding.is_active(centre[None, :])[0]
    found = []
    for j, axis in enumerate(encoding.axes):
        grid = _grid(axis)
        points = np.repeat(centre[None, :], len(grid), axis=0)
        points[:, j] = grid
        if encoding.relations is not None and active[j]:
            points = encoding.relations.neutral(points)
        mean, sd = model.gp.posterior(points)
        bounds = [model.transform.inverse(mean[0] + z * sd[0]) for z in (0.0, -1.0, 1.0)]
        median, low, high = (known.sign * bound for bound in bounds)
        found.append(
            Slice(
                config.space.names_of_axis[axis.name],
                tuple(axis.decode(float(x)) for x in grid),
                tuple(map(float, median)),
                tuple(map(float, np.minimum(low, high))),
                tuple(map(float, np.maximum(low, high))),
                bool(active[j]),
            )
        )
    return Slices(tuple(found), model.skill, model.predicts, len(known.values))


def _grid(axis: Axis) -> Array:
    """Coordinates along an axis, ascending; all of a category, of many levels some."""
    if axis.values is None:
        return np.linspace(axis.low, axis.high, POINTS)
    if axis.is_category or len(axis.coordinates) <= POINTS:
        return axis.coordinates
    return cast(
        Array, axis.coordinates[np.linspace(0, len(axis.coordinates) - 1, POINTS).astype(int)]
    )
