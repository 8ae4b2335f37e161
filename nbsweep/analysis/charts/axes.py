"""Axes of metrics, parameters and time, where runs lie on them, and captions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from nbsweep.analysis.charts.chart import Axis, AxisKind, ColourBar, Symbol, Tick, categories
from nbsweep.analysis.frame import MISSING, RUNTIME, Column, category_label
from nbsweep.analysis.metric_column import MetricColumn
from nbsweep.analysis.results import DURATION
from nbsweep.analysis.ticks import number_label, number_labels, shorten, thin
from nbsweep.records import is_number
from nbsweep.wording import digits_of

# Runs without a parameter lie this share of its axis below the low end.
_MISSING = 0.12
# Runs of one category are spread over this share of its place, so that they show.
_SPREAD = 0.5
_GOLDEN_RATIO = 0.618034
CATEGORY_TICKS = 16
_LABEL_WIDTH = 18  # characters
_WIDE = 30.0  # times the lowest value, from which on an axis of positive numbers is logarithmic
_MIN_GAP = 0.09  # share of an axis by which the tick at a cut end keeps others away


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


def metric_title(name: str) -> str:
    """The name of a metric as an axis has it, with the unit where it is known."""
    return DURATION if name == RUNTIME else name


def metric_axis(metric: MetricColumn, *, is_reversed: bool = False) -> Axis:
    """The axis of a metric; its bad end says so when runs lie beyond it."""
    kind: AxisKind = "log" if metric.kind == "log" else "linear"
    axis = Axis(metric_title(metric.name), metric.low, metric.high, kind, is_reversed=is_reversed)
    if not metric.n_beyond:
        return axis
    bad, sign = (metric.high, "≥") if metric.is_minimized else (metric.low, "≤")
    end = Tick(bad, f"{sign} {number_label(bad, metric.digits)}")
    away = [
        tick
        for tick in axis.shown_ticks(5)
        if abs(axis.position(tick.at) - axis.position(bad)) > _MIN_GAP
    ]
    ticks = tuple(sorted([*away, end]))
    return Axis(axis.title, axis.low, axis.high, kind, ticks, is_reversed=is_reversed)


def clipped_symbol(metric: MetricColumn, value: float) -> Symbol:
    """How a run is drawn: a triangle at the end of the axis for one that lies beyond."""
    if value > metric.high:
        return "up"
    return "down" if value < metric.low else "circle"


class Placed(NamedTuple):
    """A parameter's axis.

    Attributes:
        axis: with a place for "missing" at its low end where a run lacks the parameter.
        places: of the runs that were asked for, on it.
    """

    axis: Axis
    places: tuple[float, ...]


def placed(column: Column, runs: Sequence[int], *, spread: bool = False) -> Placed:
    """The axis of a parameter, and where runs lie on it.

    Args:
        column: the parameter.
        runs: indices of the runs.
        spread: lay the runs of one category side by side.
    """
    numbers = [column.numbers[i] for i in runs]
    has_missing = None in numbers
    if column.kind == "category":
        axis, missing = _categories(column, has_missing=has_missing), -1.0
    else:
        missing = _below(column)
        axis = _number_axis(column, missing if has_missing else None)
    shift = spread and column.kind == "category"
    places = tuple(
        missing
        if number is None
        # Multiples of the golden ratio fill an interval evenly, without chance.
        else number + shift * _SPREAD * ((k * _GOLDEN_RATIO) % 1 - 0.5)
        for k, number in enumerate(numbers)
    )
    return Placed(axis, places)


def _categories(column: Column, *, has_missing: bool) -> Axis:
    axis = category_axis(column.name, column.categories)
    if not has_missing:
        return axis
    return replace(axis, low=-1.5, ticks=(Tick(-1.0, "missing"), *axis.ticks))


def _below(column: Column) -> float:
    """Where runs without the parameter lie."""
    if column.kind == "log":
        span = math.log(column.high) - math.log(column.low)
        return math.exp(max(math.log(column.low) - _MISSING * (span or 1.0), -700.0))
    span = column.high / 2 - column.low / 2
    return column.low - 2 * _MISSING * (span or abs(column.low) / 2 or 0.5)


def _number_axis(column: Column, missing: float | None) -> Axis:
    axis = column_axis(column)
    if missing is None:
        return axis
    return replace(axis, low=missing, ticks=(Tick(missing, "missing"), *axis.shown_ticks(4)))


def value_texts(column: Column, runs: Sequence[int]) -> list[str]:
    """The values of runs, with the digits that tell them apart."""
    digits = digits_of([float(v) if is_number(v) else None for v in column.values], 6)
    return [_value_text(column.values[i], digits) for i in runs]


def _value_text(value: object, digits: int) -> str:
    if value is MISSING:
        return "missing"
    if isinstance(value, (int, float)) and is_number(value):
        return number_label(value, digits)
    return category_label(value)


def result_texts(metric: MetricColumn, runs: Sequence[int]) -> list[str]:
    """The metric of runs, with the digits that tell them apart."""
    digits = digits_of(metric.values, 6)
    values = [metric.values[i] for i in runs]
    return ["no value" if value is None else f"{value:.{digits}g}" for value in values]


def metric_colours(metric: MetricColumn) -> ColourBar | None:
    """What the shades of a metric's quality mean; None when all runs are alike."""
    if metric.best == metric.poor:
        return None
    low, high = sorted((metric.best, metric.poor))
    kind: AxisKind = "log" if metric.kind == "log" else "linear"
    axis = Axis("", low, high, kind)
    ticks = [Tick(metric.quality(tick.at), tick.label) for tick in axis.shown_ticks(5)]
    values = [value for value in metric.values if value is not None]
    if any(metric.goal.better(metric.poor, value) for value in values):
        sign = "≥" if metric.is_minimized else "≤"
        end = Tick(0.0, f"{sign} {number_label(metric.poor, metric.digits)}")
        ticks = [end, *(tick for tick in ticks if tick.at > _MIN_GAP)]
    return ColourBar(metric_title(metric.name), tuple(sorted(ticks)))


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
