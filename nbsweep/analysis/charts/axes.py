"""Axes of a metric, a parameter and of time, and captions, as several charts need them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from nbsweep.analysis.charts.chart import Axis, Tick, categories
from nbsweep.analysis.frame import Column
from nbsweep.analysis.metric_column import MetricColumn
from nbsweep.analysis.ticks import number_labels, shorten, thin

CATEGORY_TICKS = 16
_LABEL_WIDTH = 18  # characters
_WIDE = 30.0  # times the lowest value, from which on an axis of positive numbers is logarithmic


class TimeUnit(NamedTuple):
    """What durations are shown in: so many seconds, and its sign."""

    seconds: float
    sign: str


def time_unit(longest_s: float) -> TimeUnit:
    """The unit in which the longest duration is a number that people read at a glance."""
    for seconds, sign in ((86400.0, "d"), (3600.0, "h"), (60.0, "min")):
        if longest_s >= 3 * seconds:
            return TimeUnit(seconds, sign)
    return TimeUnit(1.0, "s") if longest_s >= 0.3 else TimeUnit(1e-3, "ms")


def metric_axis(metric: MetricColumn) -> Axis:
    """The axis that shows the metric best: what lies beyond its bad end is for `metric.clip`."""
    return Axis(metric.name, metric.low, metric.high, "log" if metric.kind == "log" else "linear")


def column_axis(column: Column) -> Axis:
    """The axis of a parameter, in the units of `Column.numbers`."""
    if column.kind == "category":
        return category_axis(column.name, column.categories)
    ticks: tuple[Tick, ...] = ()
    if column.marks:
        ticks = tuple(map(Tick, column.marks, number_labels(column.marks)))
    return Axis(
        column.name,
        column.low,
        column.high,
        "log" if column.kind == "log" else "linear",
        ticks,
        is_integer=column.is_integer,
    )


def category_axis(title: str, names: Sequence[str]) -> Axis:
    """A place for each name, of many only some with a label."""
    shown = thin(len(names), CATEGORY_TICKS)
    labels = shorten(names, _LABEL_WIDTH)
    whole = categories(title, names)
    ticks = tuple(Tick(float(i), labels[i]) for i in shown)
    return Axis(title, whole.low, whole.high, "category", ticks)


def number_axis(title: str, values: Sequence[float]) -> Axis:
    """An axis over some finite numbers, at least one: logarithmic where they are far apart."""
    low, high = min(values), max(values)
    kind = "log" if low > 0 and high / low >= _WIDE else "linear"
    return Axis(title, low, high, "log" if kind == "log" else "linear")


def caption_of(*remarks: str) -> str:
    """The remarks that there are, one after the other."""
    return "; ".join(filter(None, remarks))
