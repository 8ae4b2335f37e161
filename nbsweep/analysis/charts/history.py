"""The metric of each run in the order the runs were suggested, with the best so far."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from nbsweep.analysis.charts.axes import (
    caption_of,
    clipped_symbol,
    metric_axis,
    result_texts,
)
from nbsweep.analysis.charts.chart import Axis, Chart, Line, Mark, Panel, Points, Symbol
from nbsweep.analysis.charts.nothing import NO_METRIC, no_value
from nbsweep.analysis.frame import Frame
from nbsweep.analysis.metric_column import MetricColumn, metric_column
from nbsweep.analysis.parallel_coordinates import best_text, beyond_text
from nbsweep.analysis.progress import best_so_far
from nbsweep.wording import plural

MANY = 200  # runs from which on points are smaller
_MARGIN = 0.07  # share of the metric's axis below it, where runs without a value lie


def collect_history(frame: Frame) -> Chart:
    """The runs that count, those under way, and those without a value.

    A run far beyond the bad end of the metric's axis is a triangle there. With several
    objectives stars are the runs on the front, since no run is the best.
    """
    metric = frame.metric
    title = f"{frame.title} · {plural(len(frame.counted), 'run')}"
    caption = caption_of(frame.remarks_text(), beyond_text(metric), _beyond_limits(frame))
    if metric is None or not (frame.counted or frame.provisional):
        empty = NO_METRIC if metric is None else no_value(metric.name)
        return Chart("history", title, empty=empty, subtitle=best_text(frame), caption=caption)
    if not frame.counted:  # an axis for the runs under way
        metric = metric_column(metric.name, metric.goal, metric.values, frame.provisional)
    marks: list[Mark] = []
    if frame.counted:
        marks.append(_counted(frame, metric))
    if frame.provisional:
        marks.append(_provisional(frame, metric))
    if frame.counted:
        marks += _best(frame, metric)
    y = metric_axis(metric)
    others = [i for i, reason in enumerate(frame.left_out) if reason and frame.states[i].ended]
    if others:
        y = _with_room_below(y)
        marks.append(_others(frame, others, y.low))
    x = Axis("run", min(1, *frame.numbers), max(frame.numbers), is_integer=True)
    return Chart(
        "history",
        title,
        panels=(Panel(x, y, tuple(marks)),),
        subtitle=best_text(frame),
        caption=caption,
    )


def _texts(frame: Frame, metric: MetricColumn, runs: Sequence[int], more: str = "") -> list[str]:
    """What is said of runs: name and number, the metric, what else there is to know."""
    lines = []
    for i, value in zip(runs, result_texts(metric, runs), strict=True):
        continued = frame.continued[i] if frame.continued else ""
        beyond = frame.beyond[i] if frame.beyond else ""
        said = [f"{frame.names[i]} · run {frame.numbers[i]}", value + more, continued, beyond]
        lines.append("\n".join(filter(None, said)))
    return lines


def _places(metric: MetricColumn, runs: Sequence[int]) -> tuple[float, ...]:
    values = [metric.values[i] for i in runs]
    return tuple(metric.clip(value) for value in values if value is not None)


def _counted(frame: Frame, metric: MetricColumn) -> Points:
    runs = frame.counted
    symbols: list[Symbol] = []
    for i in runs:
        value = metric.values[i]
        symbol = clipped_symbol(metric, value) if value is not None else "circle"
        is_out = bool(frame.beyond and frame.beyond[i])
        symbols.append("crossed" if is_out and symbol == "circle" else symbol)
    return Points(
        x=tuple(float(frame.numbers[i]) for i in runs),
        y=_places(metric, runs),
        name="run",
        texts=tuple(_texts(frame, metric, runs)),
        size=8.0 if len(runs) <= MANY else 5.0,
        symbols=tuple(symbols),
        # A ring around the runs that were continued.
        rings=tuple(bool(frame.continued and frame.continued[i]) for i in runs),
    )


def _provisional(frame: Frame, metric: MetricColumn) -> Points:
    runs = frame.provisional
    return Points(
        x=tuple(float(frame.numbers[i]) for i in runs),
        y=_places(metric, runs),
        name="running",
        texts=tuple(_texts(frame, metric, runs, " so far")),
        symbol="open",
        size=8.0,
    )


def _best(frame: Frame, metric: MetricColumn) -> list[Mark]:
    """The best up to each run, of those that keep the limits, and a star where it is."""
    runs = frame.counted
    kept = [None if frame.beyond and frame.beyond[i] else metric.values[i] for i in runs]
    good = frame.front if frame.has_front else (() if frame.best is None else (frame.best,))
    stars = [i for i in runs if i in good]
    return [
        Line(
            # The best stays the best up to the last run that counts.
            x=tuple(float(frame.numbers[i]) for i in runs),
            y=tuple(
                None if value is None else metric.clip(value)
                for value in best_so_far(kept, metric.goal)
            ),
            role="model",
            name="best value so far" if frame.has_front else "best so far",
            width=2.0,
            is_step=True,
        ),
        Points(
            x=tuple(float(frame.numbers[i]) for i in stars),
            y=_places(metric, stars),
            role="best",
            name="front" if frame.has_front else "best",
            symbol="star",
            size=10.0 if frame.has_front else 13.0,
        ),
    ]


def _others(frame: Frame, runs: Sequence[int], y: float) -> Points:
    """Runs without a value as crosses along the lower edge."""
    return Points(
        x=tuple(float(frame.numbers[i]) for i in runs),
        y=(y,) * len(runs),
        role="quiet",
        name="without a value",
        texts=tuple(
            f"{frame.names[i]} · run {frame.numbers[i]}\n{frame.left_out[i]}" for i in runs
        ),
        symbol="cross",
    )


def _with_room_below(axis: Axis) -> Axis:
    """The axis with its ticks, and a strip below its low end."""
    ticks = axis.shown_ticks(5)
    if axis.kind == "log":
        span = math.log(axis.high) - math.log(axis.low)
        low = math.exp(max(math.log(axis.low) - _MARGIN * (span or 1.0), -700.0))
    else:
        span = axis.high / 2 - axis.low / 2
        low = axis.low - 2 * _MARGIN * (span or abs(axis.low) / 2 or 0.5)
    return replace(axis, low=low if math.isfinite(low) else axis.low, ticks=ticks)


def _beyond_limits(frame: Frame) -> str:
    """That runs do not count for the best values; "" where all do."""
    n = sum(bool(frame.beyond and frame.beyond[i]) for i in frame.counted)
    return f"{plural(n, 'run')} beyond the limits, crossed out" if n else ""
