"""How the metric depends on one parameter, all others staying as they are.

Partial dependence (Friedman, "Greedy function approximation", Annals of Statistics 29,
2001): the mean prediction of a random forest over all runs when one parameter is set to
a value. X, y and group are those of `nbsweep.analysis.importance`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from nbsweep.analysis.frame import Column, Frame
from nbsweep.analysis.importance import (
    MIN_RUNS,
    category_codes,
    feature_matrix,
    targets,
    varies,
)
from nbsweep.analysis.metric_column import MetricColumn

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_N_TREES = 32
_POINTS = 12  # of a curve
_RUNS = 300  # that a mean is taken over at most; with more it does not change
_MAX_ROWS = 200  # drawn for one tree
_MIN_LEAF = 3


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
    varying = [column for column in frame.params if varies(column, counted)]
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


def _settings(column: Column, counted: Sequence[int]) -> list[tuple[float, Floats]]:
    """Numbers to set a parameter to, each with its columns of X."""
    if column.kind == "category":
        codes, seen = category_codes(column, counted)
        listed = seen[1:] if len(seen) == 2 and not np.isnan(codes).any() else seen
        return [(code, np.array([code == other for other in listed], float)) for code in seen]
    numbers = [number for i in counted if (number := column.numbers[i]) is not None]
    low, high = min(numbers), max(numbers)
    if column.kind == "log":
        grid = np.exp(np.linspace(math.log(low), math.log(high), _POINTS))
    else:
        grid = np.linspace(low, high, _POINTS)
    distinct = sorted(set(numbers))
    values = distinct if len(distinct) <= _POINTS else [float(value) for value in grid]
    return [(value, np.array([column.position(value)])) for value in values]


def _metric_at(metric: MetricColumn, y: float) -> float:
    """The metric's value at a y of `targets`."""
    low, high = min(metric.best, metric.poor), max(metric.best, metric.poor)
    if metric.kind == "log":
        return math.exp(math.log(low) * (1 - y) + math.log(high) * y)
    return low * (1 - y) + high * y
