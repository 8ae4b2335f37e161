"""Axes of metrics and of parameters for charts, and where runs lie on them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from nbsweep.analysis.charts.chart import Axis, AxisKind, ColourBar, Symbol, Tick
from nbsweep.analysis.frame import MISSING, RUNTIME, Column, category_label
from nbsweep.analysis.metric_column import MetricColumn
from nbsweep.analysis.parallel_coordinates import beyond_text
from nbsweep.analysis.ticks import number_label
from nbsweep.records import is_number
from nbsweep.wording import digits_of

# Runs without a parameter lie this share of its axis below the low end.
_MISSING = 0.12
# Runs of one category are spread over this share of its place, so that they show.
_SPREAD = 0.5
_GOLDEN_RATIO = 0.618034
_MIN_GAP = 0.09  # share of an axis by which the tick at a cut end keeps others away


def metric_title(name: str) -> str:
    """The name of a metric as an axis has it, with the unit where it is known."""
    return "duration (s)" if name == RUNTIME else name


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


def beyond_words(metric: MetricColumn | None) -> str:
    """That runs lie beyond the axis, for a caption; "" when none does."""
    return beyond_text(metric)


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
    ticks = [Tick(float(i), name) for i, name in enumerate(column.categories)]
    if has_missing:
        ticks.insert(0, Tick(-1.0, "missing"))
    low = -1.5 if has_missing else -0.5
    return Axis(column.name, low, max(len(column.categories), 1) - 0.5, "category", tuple(ticks))


def _below(column: Column) -> float:
    """Where runs without the parameter lie."""
    if column.kind == "log":
        span = math.log(column.high) - math.log(column.low)
        return math.exp(max(math.log(column.low) - _MISSING * (span or 1.0), -700.0))
    span = column.high / 2 - column.low / 2
    return column.low - 2 * _MISSING * (span or abs(column.low) / 2 or 0.5)


def _number_axis(column: Column, missing: float | None) -> Axis:
    kind: AxisKind = "log" if column.kind == "log" else "linear"
    whole = column.is_integer
    ticks = tuple(Tick(mark, number_label(mark)) for mark in column.marks)
    axis = Axis(column.name, column.low, column.high, kind, ticks, is_integer=whole)
    if missing is None:
        return axis
    ticks = (Tick(missing, "missing"), *axis.shown_ticks(4))
    return Axis(column.name, missing, column.high, kind, ticks, is_integer=whole)


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
