"""What could be said of a parameter: parts of its axis, each as a column to test.

A claim is about a part of one parameter's axis ("above 128", "sgd", "0.001 to 0.01") or
about its order ("higher is better"). Which parts there are depends on the values of the
parameter alone, never on the results: only so can chance be reckoned with afterwards.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from nbsweep.analysis import correlations
from nbsweep.analysis.frame import Column

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.intp]
    Singles = NDArray[np.float32]

# A part needs three runs, and a twentieth of all, on either side: below that one lucky run
# decides.
FEWEST, FEWEST_SHARE = 3, 0.05
# Places to cut an axis at, at even shares of the runs; ranges begin and end at every other.
CUTS = 15
# of all runs: how far from such a place a cut may be, to be where no value is near
NEARBY = 0.02
# The most frequent categories of a parameter that are looked at.
MOST_CATEGORIES = 24

Shape = Literal["trend", "step", "range", "category"]


@dataclass(frozen=True)
class Part:
    """A part of a parameter's axis, low < number <= high; the whole of it for "trend".

    Attributes:
        k: index of the parameter among the frame's.
        shape: "step" has one end, "range" both, "category" is one category.
        low, high: where it begins and ends, infinite where it does not; for a category its
            place as both.
    """

    k: int
    shape: Shape
    low: float = -math.inf
    high: float = math.inf

    def holds(self, numbers: Floats) -> NDArray[np.bool_]:
        """Which numbers are inside; a missing one (NaN) is not."""
        if self.shape == "category":
            return np.asarray(numbers == self.low)
        return np.asarray((numbers > self.low) & (numbers <= self.high))


@dataclass(frozen=True)
class Features:
    """The parts of all parameters over some runs.

    Attributes:
        numbers: shape (n, p), place of each run on each parameter's axis, NaN where missing.
        kinds: of each parameter's axis, p of them; see `Column.kind`.
        parts: m of them.
        x: shape (n, m), a column a part: 1 inside and 0 outside, or the rank for "trend",
            centred over the runs that have the parameter and of length 1; 0 for others, so
            that a conditional parameter is judged by its own runs.
    """

    numbers: Floats
    kinds: tuple[str, ...]
    parts: tuple[Part, ...]
    x: Singles


def features(
    columns: Sequence[Column], rows: Sequence[int], only: Collection[int] | None = None
) -> Features:
    """All parts of some parameters over the runs at the indices `rows`.

    Args:
        columns: all parameters.
        rows: the runs.
        only: indices of the parameters that have parts; all by default.
    """
    numbers = np.array(
        [[column.numbers[i] for i in rows] for column in columns], dtype=float
    ).T.reshape(len(rows), len(columns))
    parts: list[Part] = []
    x: list[Floats] = []
    for k, column in enumerate(columns):
        if only is not None and k not in only:
            continue
        present = ~np.isnan(numbers[:, k])
        values = numbers[present, k]
        for part in _parts(k, column.kind, values, len(rows)):
            inside = ranks(values) if part.shape == "trend" else part.holds(values) * 1.0
            centred = inside - inside.mean()
            length = float(np.linalg.norm(centred))
            if length > 0:
                feature = np.zeros(len(rows))
                feature[present] = centred / length
                parts.append(part)
                x.append(feature)
    matrix = np.array(x, dtype=np.float32).T.reshape(len(rows), len(parts))
    kinds = tuple(column.kind for column in columns)
    return Features(numbers, kinds, tuple(parts), np.ascontiguousarray(matrix))


def ranks(values: Floats) -> Floats:
    """Rank of each value from 0 on, equal ones sharing their mean; shape as `values`."""
    return correlations.ranks(values) - 1


def _parts(k: int, kind: str, values: Floats, n: int) -> Iterator[Part]:
    fewest = max(FEWEST, FEWEST_SHARE * n)
    distinct, count = np.unique(values, return_counts=True)
    if len(distinct) < 2 or len(values) < 2 * fewest:
        return
    if kind == "category":
        often = np.argsort(-count, kind="stable")[:MOST_CATEGORIES]
        used = [i for i in often if fewest <= count[i] <= len(values) - fewest]
        # Of two categories the one says what the other does.
        for i in used[:1] if len(distinct) == 2 else used:
            yield Part(k, "category", float(distinct[i]), float(distinct[i]))
        return
    below = np.cumsum(count)[:-1]  # runs at or below each cut between neighbours
    fits = np.flatnonzero((below >= fewest) & (below <= len(values) - fewest))
    if not fits.size:
        return
    cuts = fits if len(fits) <= CUTS else _spread(fits, below, distinct, kind)
    ends = [_between(float(distinct[i]), float(distinct[i + 1])) for i in cuts]
    if len(distinct) > 2:
        yield Part(k, "trend")
    for end in ends:
        yield Part(k, "step", low=end)
    edges = cuts[1::2] if len(cuts) > CUTS // 2 + 1 else cuts
    for a, first in enumerate(edges):
        for last in edges[a + 1 :]:
            inside = below[last] - below[first]
            if fewest <= inside <= len(values) - fewest:
                low = _between(float(distinct[first]), float(distinct[first + 1]))
                high = _between(float(distinct[last]), float(distinct[last + 1]))
                yield Part(k, "range", low, high)


def _spread(fits: Ints, below: Ints, distinct: Floats, kind: str) -> Ints:
    """Cuts at even shares of the runs, each at the widest gap between values nearby."""
    places = np.log(distinct) if kind == "log" else distinct / 2
    gaps = np.diff(places)[fits]
    total = below[-1] + 1
    wanted = total * np.arange(1, CUTS + 1) / (CUTS + 1)
    apart = np.abs(below[fits][None, :] - wanted[:, None])
    near = apart <= np.maximum(NEARBY * total, apart.min(axis=1, keepdims=True))
    return np.asarray(fits[np.unique(np.where(near, gaps[None, :], -1.0).argmax(axis=1))])


def _between(low: float, high: float) -> float:
    """The number from low to below high with the fewest digits, the nearest to the middle."""
    middle = math.sqrt(low) * math.sqrt(high) if 0 < 2 * low < high else low / 2 + high / 2
    for digits in range(1, 17):
        number = float(f"{middle:.{digits}g}")
        if low <= number < high:
            return number
    return low
