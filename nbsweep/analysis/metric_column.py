"""The metric over the runs of a frame, with the axis that shows it best."""

from __future__ import annotations

import dataclasses
import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from nbsweep.records import Goal
from nbsweep.wording import digits_between

# The metric's axis is logarithmic when its median is this many times the quartile below:
# so it is for a loss spread evenly over three decades, and not yet for (x - x*)².
_LOG_QUARTILE_RATIO = 5.0
# On the bad side the metric's axis ends this many times as far from the median as the
# best value is: far beyond any bell-shaped scatter, but short of a diverged 1e10.
_REACH, _REACH_LOG = 5.0, 3.0
# Colours end sooner than the axis, so that the better half of the runs has a third of
# them however long the tail is.
_COLOUR_REACH = 2.0


@dataclass(frozen=True)
class MetricColumn:
    """The metric over all runs of a frame, and the axis that shows it best.

    A diverged run must not flatten all others. So the axis ends, on the bad side, five
    times as far from the median as the best run is (on a logarithmic axis three times);
    runs beyond are drawn at its end and counted in `n_beyond`. The axis is logarithmic
    when the metric is minimised, positive, and spread over decades among the good runs.

    Attributes:
        name: as the sweep config or the caller spells it.
        goal: "minimize" or "maximize".
        kind: "linear" or "log".
        values: value of each run in the metric's own sign, None where it has none.
        low, high: ends of the axis over the runs that count, low <= high.
        best, poor: the values whose quality is 1 and 0: the best one, and one that lies
            on its bad side twice as far from the median.
        n_beyond: runs whose value lies beyond the bad end of the axis.
    """

    name: str
    goal: Goal
    kind: str
    values: tuple[float | None, ...]
    low: float
    high: float
    best: float
    poor: float
    n_beyond: int = 0

    @property
    def is_minimized(self) -> bool:
        """Whether lower is better."""
        return self.goal.is_minimized

    @property
    def digits(self) -> int:
        """Significant digits that tell apart values on the axis, 3 or more."""
        return digits_between(self.low, self.high, 3)

    def clip(self, value: float) -> float:
        """The value, or the end of the axis when it lies beyond."""
        return min(max(value, self.low), self.high)

    def position(self, value: float) -> float:
        """Where a value lies between low (0) and high (1), clipped; 0.5 when all agree."""
        return position_between(self.kind, self.low, self.high, self.clip(value))

    def quality(self, value: float) -> float:
        """1 for the best value, 0 for `poor` ones and worse; 1 when all values agree."""
        low, high = min(self.best, self.poor), max(self.best, self.poor)
        if _length(self.kind, low, high) == 0:
            return 1.0
        position = position_between(self.kind, low, high, min(max(value, low), high))
        return 1.0 - position if self.is_minimized else position


def metric_column(
    name: str, goal: Goal | str, values: Sequence[float | None], counted: Sequence[int]
) -> MetricColumn:
    """Values as a metric: with the axis that shows the runs at the indices `counted` best."""
    column = MetricColumn(name, Goal(goal), "linear", tuple(values), 0.0, 1.0, best=0.0, poor=1.0)
    return fit_axis(column, counted)


def fit_axis(column: MetricColumn, counted: Sequence[int]) -> MetricColumn:
    """The column with the kind and the ends of its axis (see MetricColumn)."""
    values = [value for i in counted if (value := column.values[i]) is not None]
    if not values:
        return column
    low, high, median = min(values), max(values), _median(values)
    best, worst = (low, high) if column.is_minimized else (high, low)
    # Judged by the good side: the bad one may hold anything, and a maximised accuracy
    # of 0.01 is no reason to squeeze those above 0.9.
    is_log = column.is_minimized and low > 0 and median / _quartile(values) >= _LOG_QUARTILE_RATIO
    kind = "log" if is_log else "linear"
    end = _beyond_median(kind, best, median, worst, _REACH_LOG if is_log else _REACH)
    # Cutting pays when it at least doubles the room of the runs that stay on the axis.
    if _length(kind, best, end) * 2 > _length(kind, best, worst):
        end = worst
    low, high = min(best, end), max(best, end)
    return dataclasses.replace(
        column,
        kind=kind,
        low=low,
        high=high,
        best=best,
        poor=_beyond_median(kind, best, median, worst, _COLOUR_REACH),
        n_beyond=sum(not low <= value <= high for value in values),
    )


def _median(values: Sequence[float]) -> float:
    # Halves: the sum of two values of 1e308, which statistics.median takes, is infinite.
    low, high = statistics.median_low(values), statistics.median_high(values)
    return low if low == high else low / 2 + high / 2


def _quartile(values: Sequence[float]) -> float:
    """The value that a quarter of all lie below."""
    return sorted(values)[len(values) // 4]


def _beyond_median(kind: str, best: float, median: float, worst: float, reach: float) -> float:
    """The value `reach` times as far from the median as the best is, or the worst when
    that is nearer, or when at least half of the runs share the best value.
    """
    if median == best:
        return worst
    if kind == "log":
        exponent = math.log(median) + reach * (math.log(median) - math.log(best))
        return worst if exponent >= math.log(worst) else math.exp(exponent)
    # Sums of huge numbers may be infinite: such an end is beyond the worst.
    end = median + reach * (median - best)
    return min(end, worst) if worst > best else max(end, worst)


def _length(kind: str, a: float, b: float) -> float:
    # Halves, since ±1e308 are further apart than any float.
    return abs(math.log(a) - math.log(b)) if kind == "log" else abs(a / 2 - b / 2)


def position_between(kind: str, low: float, high: float, number: float) -> float:
    """Where a number lies on an axis from low (0) to high (1); 0.5 when both are the same."""
    return placing(kind, low, high)(number)


def placing(kind: str, low: float, high: float) -> Callable[[float], float]:
    """What gives the `position_between` of one number after the other, a few times as fast."""
    if kind == "log" and low < high < 2 * low:
        # On so short an axis the difference of two logarithms has too few digits.
        short = math.log1p((high - low) / low)
        return lambda number: math.log1p((number - low) / low) / short
    whole = _length(kind, low, high)
    if not whole > 0:
        return lambda _: 0.5
    if kind == "log":
        first, log = math.log(low), math.log
        return lambda number: abs(first - log(number)) / whole
    half = low / 2  # see `_length`
    return lambda number: abs(half - number / 2) / whole
