"""How the metric depends on one or two parameters, all others staying as they are.

Partial dependence (Friedman, "Greedy function approximation", Annals of Statistics 29,
2001): the mean prediction of a random forest over all runs when one parameter is set to
a value. X, y and group are those of `nbsweep.analysis.importance`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from nbsweep.analysis.frame import Column, Frame
from nbsweep.analysis.importance import (
    MIN_RUNS,
    category_codes,
    feature_matrix,
    targets,
)
from nbsweep.analysis.importance.matrix import varies
from nbsweep.analysis.metric_column import MetricColumn

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_N_TREES = 32
_POINTS = 12  # of a curve
_RUNS = 300  # that a mean is taken over at most; with more it does not change
_MAX_ROWS = 200  # drawn for one tree
_MIN_LEAF = 3

# A band: where so many of the forests lie, each grown on its own resample of the runs.
_FORESTS, _TREES_EACH = 16, 8
LEVEL = 0.8
_ROWS = 100  # that the mean of one tree is taken over
FINE = 20  # points of a curve with a band, and cells along each side of a surface


class Dependence(NamedTuple):
    """A curve with a band.

    Attributes:
        numbers: as in `Column.numbers`, rising.
        values: predicted metric at each.
        low, high: ends of the band at each.
    """

    numbers: tuple[float, ...]
    values: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


class Surface(NamedTuple):
    """The predicted metric over two parameters.

    Attributes:
        x, y: numbers of the two as in `Column.numbers`, rising.
        values: a row for each of `y`, in it a value for each of `x`.
    """

    x: tuple[float, ...]
    y: tuple[float, ...]
    values: tuple[tuple[float, ...], ...]


def varying_columns(frame: Frame) -> list[Column]:
    """The parameters that vary among the runs that count."""
    counted = frame.counted
    return [column for column in frame.params if varies(column, counted)]


def dependence_bands(frame: Frame, names: Sequence[str], *, seed: int = 0) -> dict[str, Dependence]:
    """For each named parameter the curve of `partial_dependence` with a band around it.

    The band holds the middle 80 % of forests that were grown on bootstrap resamples of the
    runs (Efron 1979); it is of the mean, not of single runs, and within what such a forest
    can follow.

    Args:
        frame: the runs; those that do not count are ignored.
        names: of parameters that vary among them.
        seed: same frame and seed, same result.

    Returns:
        No entry for a parameter that does not vary; {} with fewer than 10 runs.
    """
    counted = frame.counted
    varying = varying_columns(frame)
    if frame.metric is None or len(counted) < MIN_RUNS or not varying:
        return {}
    y = targets(frame)
    x, group = feature_matrix(varying, counted)
    rng = np.random.default_rng(seed)
    forests = [
        _trees(x[rows], y[rows], _TREES_EACH, rng)
        for rows in (rng.integers(0, len(y), len(y)) for _ in range(_FORESTS))
    ]
    some = x if len(x) <= _ROWS else x[rng.permutation(len(x))[:_ROWS]]
    curves = {}
    for k, column in enumerate(varying):
        if column.name in names:
            settings = _settings(column, counted, FINE)
            stacked = _set(some, group == k, [cells for _, cells in settings])
            shape = (len(settings), len(some))
            said = np.array([_said(trees, stacked, shape) for trees in forests])
            low, high = np.quantile(said, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
            curves[column.name] = Dependence(
                tuple(value for value, _ in settings),
                *(
                    tuple(_metric_at(frame.metric, float(v)) for v in row)
                    for row in (said.mean(axis=0), low, high)
                ),
            )
    return curves


def dependence_surface(frame: Frame, x_name: str, y_name: str, *, seed: int = 0) -> Surface | None:
    """The predicted metric over two parameters, all others as in the runs.

    Args:
        frame: the runs; those that do not count are ignored.
        x_name: a parameter that varies among them.
        y_name: another one.
        seed: same frame and seed, same result.

    Returns:
        None with fewer than 10 runs, or where one of the two does not vary.
    """
    counted = frame.counted
    varying = varying_columns(frame)
    places = {column.name: k for k, column in enumerate(varying)}
    if frame.metric is None or len(counted) < MIN_RUNS or not {x_name, y_name} <= set(places):
        return None
    y = targets(frame)
    x, group = feature_matrix(varying, counted)
    rng = np.random.default_rng(seed)
    trees = _trees(x, y, 2 * _N_TREES, rng)
    some = x if len(x) <= _ROWS // 2 else x[rng.permutation(len(x))[: _ROWS // 2]]
    across, up = (_settings(varying[places[name]], counted, FINE) for name in (x_name, y_name))
    rows = []
    for _, cells in up:
        fixed = _set(some, group == places[y_name], [cells])
        stacked = _set(fixed, group == places[x_name], [cells for _, cells in across])
        means = _said(trees, stacked, (len(across), len(some)))
        rows.append(tuple(_metric_at(frame.metric, float(value)) for value in means))
    return Surface(tuple(v for v, _ in across), tuple(v for v, _ in up), tuple(rows))


def _set(
    rows: NDArray[np.float32], mask: NDArray[np.bool_], settings: Sequence[Floats]
) -> NDArray[np.float32]:
    """The rows once for each setting of some columns, one below the other."""
    stacked = np.tile(rows, (len(settings), 1))
    for i, cells in enumerate(settings):
        stacked[i * len(rows) : (i + 1) * len(rows), mask] = cells
    return stacked


def _said(trees: Sequence[Any], x: NDArray[np.float32], shape: tuple[int, int]) -> Floats:
    """Mean prediction for each block of rows, shape (blocks,)."""
    total = np.zeros(shape[0])
    for tree in trees:
        total += tree.predict(x, check_input=False).reshape(shape).mean(axis=1)
    return total / len(trees)


def partial_dependence(
    frame: Frame, names: Sequence[str], *, seed: int = 0
) -> dict[str, list[tuple[float, float]]]:
    """For each named parameter what the metric would be, all else staying as it is.

    Args:
        frame: the runs; those that do not count are ignored.
        names: of parameters that vary among them.
        seed: same frame and seed, same result.

    Returns:
        (number as in `Column.numbers`, predicted metric) from the lowest number on, over
        the range that the runs lie in; no entry for a parameter that does not vary. The
        mean for a parameter that some runs lack is over those that have it.
    """
    counted = frame.counted
    varying = varying_columns(frame)
    if frame.metric is None or len(counted) < MIN_RUNS or not varying:
        return {}
    y = targets(frame)
    x, group = feature_matrix(varying, counted)
    rng = np.random.default_rng(seed)
    trees = _trees(x, y, _N_TREES, rng)
    drawn = np.arange(len(x)) if len(x) <= _RUNS else rng.permutation(len(x))[:_RUNS]
    curves = {}
    for k, column in enumerate(varying):
        if column.name in names:
            own = [i for i in drawn if column.numbers[counted[i]] is not None]
            rows = x[own if own else drawn]
            curves[column.name] = [
                (number, _metric_at(frame.metric, _mean_prediction(trees, rows, group == k, cells)))
                for number, cells in _settings(column, counted)
            ]
    return curves


def _trees(x: NDArray[np.float32], y: Floats, n_trees: int, rng: np.random.Generator) -> list[Any]:
    from sklearn.tree import DecisionTreeRegressor

    n = len(y)
    ties = np.random.RandomState(int(rng.integers(2**31)))
    trees = []
    for _ in range(n_trees):
        bag = rng.integers(0, n, min(n, _MAX_ROWS))
        tree = DecisionTreeRegressor(min_samples_leaf=_MIN_LEAF, random_state=ties)
        trees.append(tree.fit(x[bag], y[bag], check_input=False))
    return trees


def _mean_prediction(
    trees: Sequence[Any], rows: NDArray[np.float32], mask: NDArray[np.bool_], cells: Floats
) -> float:
    x = rows.copy()
    x[:, mask] = cells
    return float(np.mean([tree.predict(x, check_input=False).mean() for tree in trees]))


def _settings(
    column: Column, counted: Sequence[int], points: int = _POINTS
) -> list[tuple[float, Floats]]:
    """Numbers to set a parameter to, each with its columns of X."""
    if column.kind == "category":
        codes, seen = category_codes(column, counted)
        listed = seen[1:] if len(seen) == 2 and not np.isnan(codes).any() else seen
        return [(code, np.array([code == other for other in listed], float)) for code in seen]
    numbers = [number for i in counted if (number := column.numbers[i]) is not None]
    low, high = min(numbers), max(numbers)
    if column.kind == "log":
        grid = np.exp(np.linspace(math.log(low), math.log(high), points))
    else:
        grid = np.linspace(low, high, points)
    distinct = sorted(set(numbers))
    values = distinct if len(distinct) <= points else [float(value) for value in grid]
    return [(value, np.array([column.position(value)])) for value in values]


def _metric_at(metric: MetricColumn, y: float) -> float:
    """The metric's value at a y of `targets`."""
    low, high = min(metric.best, metric.poor), max(metric.best, metric.poor)
    if metric.kind == "log":
        return math.exp(math.log(low) * (1 - y) + math.log(high) * y)
    return low * (1 - y) + high * y
