"""The runs of a frame as matrices that trees and correlations are computed from.

Notation:
    n           runs that count
    X           (n, c) one column a numeric parameter (its position on the axis, so the
                logarithm for logarithmic ones), one a category otherwise
    y           (n,) the metric as the colours of the plots show it: its logarithm when
                its axis is logarithmic, and no worse than `MetricColumn.poor`
    group       (c,) which parameter a column of X belongs to, 0 … p - 1
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from nbsweep.analysis.frame import Column, Frame

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.intp]


class Data(NamedTuple):
    """What an importance is computed from.

    Attributes:
        x, group, y: see the module.
        columns: the p parameters.
        counted: indices in the columns of the n runs.
        is_minimized: low y are the good ones.
    """

    x: NDArray[np.float32]
    group: Ints
    y: Floats
    columns: tuple[Column, ...]
    counted: tuple[int, ...]
    is_minimized: bool

    @property
    def p(self) -> int:
        """How many parameters."""
        return len(self.columns)


class Measured(NamedTuple):
    """What a method says of p parameters.

    Attributes:
        importance: (p,) each from 0 to 1.
        error: (p,) standard errors.
        stands_out: (p,) whether each is above 0 beyond chance, all together at 5 %.
        repeated: (B, p) the importances of B resamples, to tell two parameters apart.
        is_ranked: the importances mean something.
        score: R² for runs that were not seen, None where the method has none.
        pairs: what pairs of parameters do together: (a, b, share, error, stands out).
        shared: shares of single parameters, of pairs, and of more than two at once.
    """

    importance: Floats
    error: Floats
    stands_out: NDArray[np.bool_]
    repeated: Floats
    is_ranked: bool
    score: float | None = None
    pairs: tuple[tuple[int, int, float, float, bool], ...] = ()
    shared: tuple[float, float, float] | None = None


def make_data(frame: Frame, columns: Sequence[Column], counted: Sequence[int]) -> Data:
    """The runs `counted` of a frame."""
    assert frame.metric is not None
    y = targets(frame)[np.searchsorted(frame.counted, counted)]
    x, group = feature_matrix(columns, counted)
    return Data(x, group, y, tuple(columns), tuple(counted), frame.metric.is_minimized)


def filled(data: Data, rng: np.random.Generator) -> Data:
    """The data in which a run that lacks a parameter has another run's value of it.

    So no split can tell the runs that lack it: what decides that, such as the choice of an
    optimizer, would otherwise share its importance with the parameters that depend on it.
    """
    columns = tuple(_filled(column, data.counted, rng) for column in data.columns)
    runs = tuple(range(len(data.y)))
    x, group = feature_matrix(columns, runs)
    return data._replace(x=x, group=group, columns=columns, counted=runs)


def targets(frame: Frame) -> Floats:
    """Shape (n,), y of the runs that count, from 0 to 1 and rising with the metric.

    Runs worse than `poor` count as that poor: whether a run diverged to 1e3 or to 1e10
    is nothing that anybody tunes for, but it would decide every variance.
    """
    metric = frame.metric
    assert metric is not None
    values = [metric.values[i] for i in frame.counted]
    quality = np.array([metric.quality(value) for value in values if value is not None])
    return 1.0 - quality if metric.is_minimized else quality


def varies(column: Column, counted: Sequence[int]) -> bool:
    """Whether the runs that have the parameter differ in it."""
    return len({column.numbers[i] for i in counted} - {None}) > 1


def feature_matrix(
    columns: Sequence[Column], counted: Sequence[int]
) -> tuple[NDArray[np.float32], Ints]:
    """X and group. A missing number lies one axis below the lowest, a missing category
    in none of its columns: a split can tell them from all others.
    """
    parts: list[Any] = []
    group: list[int] = []
    for k, column in enumerate(columns):
        if column.kind == "category":
            codes, seen = category_codes(column, counted)
            listed = listed_codes(codes, seen)
            parts += [codes == code for code in listed]
            group += [k] * len(listed)
        else:
            parts.append(np.nan_to_num(places(column, counted), nan=-1.0))
            group.append(k)
    return np.ascontiguousarray(np.column_stack(parts), dtype=np.float32), np.array(group, np.intp)


def listed_codes(codes: Floats, seen: list[float]) -> list[float]:
    """The categories that have a column of X: of two, a second one would say the same."""
    return seen[1:] if len(seen) == 2 and not np.isnan(codes).any() else seen


def places(column: Column, counted: Sequence[int]) -> Floats:
    """Positions of a number column on its axis, 0 to 1, NaN where missing; shape (n,)."""
    numbers = np.array([column.numbers[i] for i in counted], dtype=float)  # None becomes NaN
    low, high = column.low, column.high
    if column.kind == "log":
        numbers, low, high = np.log(numbers), math.log(low), math.log(high)
    # Halves, since ±1e308 are further apart than any float.
    span = high / 2 - low / 2
    return (numbers / 2 - low / 2) / span if span > 0 else numbers * 0.0


def category_codes(column: Column, counted: Sequence[int]) -> tuple[Floats, list[float]]:
    """Category of each run, NaN where missing, shape (n,), and those that occur."""
    codes = np.array([column.numbers[i] for i in counted], dtype=float)
    return codes, [float(code) for code in np.unique(codes[~np.isnan(codes)])]


def _filled(column: Column, counted: Sequence[int], rng: np.random.Generator) -> Column:
    """The column of the runs `counted` alone, with a drawn value where one is missing."""
    numbers = [column.numbers[i] for i in counted]
    present = [number for number in numbers if number is not None]
    if len(present) < len(numbers):
        # As even as can be: each value as often as another, in random places.
        drawn = iter(rng.permutation(np.resize(rng.permutation(present), len(numbers))))
        numbers = [float(next(drawn)) if number is None else number for number in numbers]
    return dataclasses.replace(column, numbers=tuple(numbers))
