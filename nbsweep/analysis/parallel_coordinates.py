"""Parallel coordinates: one axis a swept parameter, the metric last, one line a run.

The plotly figure and the static SVG both draw what `collect` returns, so that they
show the same lines in the same order and colours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from nbsweep.analysis.frame import Column, Frame
from nbsweep.analysis.metric_column import MetricColumn
from nbsweep.analysis.ticks import (
    linear_ticks,
    log_ticks,
    number_label,
    number_labels,
    shorten,
    thin,
)
from nbsweep.wording import plural

MISSING_POSITION = -0.12
"""Runs without the parameter pass below the axis, so that no false value is shown."""

QUALITY_COLOURS = (
    "#dfe6a5",
    "#c7e9b4",
    "#7fcdbb",
    "#41b6c4",
    "#1d91c0",
    "#225ea8",
    "#253494",
    "#081d58",
)
"""Worst to best: ColorBrewer's YlGnBu, readable without colour vision since it darkens
steadily; its palest end is toned down to stay visible on white."""

MAX_CATEGORY_TICKS = 16
_MIN_LABEL_WIDTH, _MAX_LABEL_WIDTH = 8, 20  # characters
# Ticks nearer than this share of the axis would print over each other.
_MIN_GAP = 0.045


class Tick(NamedTuple):
    """A mark on an axis; `position` 0 is its lower end, 1 its upper."""

    position: float
    label: str


class Axis(NamedTuple):
    """One axis.

    Attributes:
        name: parameter or metric, in full.
        kind: "linear", "log" or "category".
        ticks: from the lowest to the highest; the first stands at MISSING_POSITION and
            says "missing" when `has_missing`.
        positions: of each line, 0 to 1, MISSING_POSITION where the run has no value.
        has_missing: whether there is such a run.
    """

    name: str
    kind: str
    ticks: tuple[Tick, ...]
    positions: tuple[float, ...]
    has_missing: bool


class ParallelCoordinates(NamedTuple):
    """All that a drawing needs; lines are sorted from the worst to the best run.

    Attributes:
        title: the sweep and how many runs are shown.
        subtitle: the best run, in words; empty when the sweep has no metric.
        axes: parameters in the order of the search space, then the sweep's further metrics,
            the metric last.
        run_ids, run_names: of each line.
        colours: of each line, 1 for the best; see `QUALITY_COLOURS`. By run number
            when the sweep has no metric.
        colour_title: what the colour shows.
        colour_ticks: what values the colours 0 to 1 stand for; empty when all are one.
        caption: runs that are left out or beyond an axis, in words; may be empty.
        n_results: how many axes at the end are metrics.
        marked: the runs that are drawn as the good ones: places of those on the front, else
            the last one, which is the best. () where no run can be called good.
    """

    title: str
    subtitle: str
    axes: tuple[Axis, ...]
    run_ids: tuple[str, ...]
    run_names: tuple[str, ...]
    colours: tuple[float, ...]
    colour_title: str
    colour_ticks: tuple[Tick, ...]
    caption: str
    n_results: int = 1
    marked: tuple[int, ...] = ()


def collect(frame: Frame) -> ParallelCoordinates:
    """The axes, lines and colours of the runs that count."""
    colour = {i: _colour(frame, place, i) for place, i in enumerate(frame.counted)}
    lines = sorted(frame.counted, key=lambda i: (colour[i], -i))
    # Labels stand beside their axis; the more axes, the less room there is.
    width = min(_MAX_LABEL_WIDTH, max(_MIN_LABEL_WIDTH, 120 // (len(frame.params) + 1)))
    axes = [_param_axis(column, lines, width) for column in frame.params]
    results = [*frame.others, *([frame.metric] if frame.metric is not None else [])]
    several = len(results) > 1
    axes += [_metric_axis(column, lines, directed=several) for column in results]
    good = frame.front or (() if frame.best is None else (frame.best,))
    place = {i: k for k, i in enumerate(lines)}
    return ParallelCoordinates(
        title=f"{frame.title} · {plural(len(lines), 'run')}",
        subtitle=best_text(frame),
        axes=tuple(axes),
        run_ids=tuple(frame.run_ids[i] for i in lines),
        run_names=tuple(frame.names[i] for i in lines),
        colours=tuple(colour[i] for i in lines),
        colour_title=axes[-1].name if frame.metric is not None else "run",
        colour_ticks=_colour_ticks(frame),
        caption="; ".join(
            filter(
                None,
                [
                    frame.remarks_text(),
                    *(beyond_text(column, named=several) for column in reversed(results)),
                ],
            )
        ),
        n_results=len(results),
        marked=tuple(sorted(place[i] for i in good if i in place)),
    )


def colour_code(quality: float) -> str:
    """The colour of a quality from 0 to 1, as "#rrggbb"."""
    place = min(max(quality, 0.0), 1.0) * (len(QUALITY_COLOURS) - 1)
    i = min(int(place), len(QUALITY_COLOURS) - 2)
    pairs = zip(_rgb(QUALITY_COLOURS[i]), _rgb(QUALITY_COLOURS[i + 1]), strict=True)
    return "#" + "".join(f"{round(a + (place - i) * (b - a)):02x}" for a, b in pairs)


def _rgb(code: str) -> tuple[int, int, int]:
    return int(code[1:3], 16), int(code[3:5], 16), int(code[5:7], 16)


def best_text(frame: Frame) -> str:
    """The best run that counts, such as "lowest loss 0.31 in run-7"; empty without one.

    With a front how many runs are on it; where no run keeps the limits, that none does.
    """
    metric, best = frame.metric, frame.best
    if frame.standing:
        return frame.standing
    if metric is None or best is None:
        return ""
    value = metric.values[best]
    assert value is not None
    word = "lowest" if metric.is_minimized else "highest"
    return (
        f"{word} {metric.name} {number_label(value, max(4, metric.digits))} in {frame.names[best]}"
    )


def beyond_text(metric: MetricColumn | None, *, named: bool = False) -> str:
    """Says which runs lie beyond the metric's axis; empty when none does.

    Args:
        metric: of the axis.
        named: whether its name has to be said, since there are several.
    """
    if metric is None or not metric.n_beyond:
        return ""
    end, word = (metric.high, "above") if metric.is_minimized else (metric.low, "below")
    value = f"{metric.name} " * named + word + " " + number_label(end, metric.digits)
    return f"{plural(metric.n_beyond, 'run')} {'with ' * named}{value} shown at that value"


def directed_name(column: MetricColumn) -> str:
    """The name with an arrow to the good end: where there are several metrics."""
    return f"{column.name} {'↓' if column.is_minimized else '↑'}"


def _colour(frame: Frame, place: int, i: int) -> float:
    if frame.metric is None:
        return place / (len(frame.counted) - 1) if len(frame.counted) > 1 else 1.0
    value = frame.metric.values[i]
    assert value is not None  # runs without one do not count
    return frame.metric.quality(value)


def _colour_ticks(frame: Frame) -> tuple[Tick, ...]:
    metric = frame.metric
    if len(frame.counted) < 2:
        return ()
    if metric is None:
        first, last = (frame.numbers[frame.counted[end]] for end in (0, -1))
        return (Tick(0.0, str(first)), Tick(1.0, str(last)))
    if metric.best == metric.poor:
        return ()
    shown = {metric.values[i] for i in frame.counted}
    return _ticks_to_end(
        metric,
        min(metric.best, metric.poor),
        max(metric.best, metric.poor),
        metric.quality,
        has_beyond=metric.goal.worst(v for v in shown if v is not None) != metric.poor,
    )


def _param_axis(column: Column, lines: Sequence[int], label_width: int) -> Axis:
    numbers, place = column.numbers, column.placing()
    positions = tuple([MISSING_POSITION if (n := numbers[i]) is None else place(n) for i in lines])
    has_missing = MISSING_POSITION in positions
    missing = [Tick(MISSING_POSITION, "missing")] if has_missing else []
    return Axis(
        name=column.name,
        kind=column.kind,
        ticks=(*missing, *_param_ticks(column, label_width)),
        positions=positions,
        has_missing=has_missing,
    )


def _param_ticks(column: Column, label_width: int) -> list[Tick]:
    if column.kind == "category":
        labels = shorten(column.categories, label_width)
        shown = thin(len(labels), MAX_CATEGORY_TICKS)
        return [Tick(column.position(i), labels[i]) for i in reversed(shown)]
    if column.marks:
        values: Sequence[float] = column.marks
    elif column.kind == "log":
        values = log_ticks(column.low, column.high)
    else:
        values = linear_ticks(column.low, column.high, integer=column.is_integer)
    labelled = zip(map(column.position, values), number_labels(values), strict=True)
    return _spaced(Tick(*tick) for tick in labelled)


def _metric_axis(metric: MetricColumn, lines: Sequence[int], *, directed: bool) -> Axis:
    values = [metric.values[i] for i in lines]
    missing = [Tick(MISSING_POSITION, "missing")] if None in values else []
    return Axis(
        name=directed_name(metric) if directed else metric.name,
        kind=metric.kind,
        ticks=(*missing, *metric_ticks(metric)),
        positions=tuple(
            MISSING_POSITION if value is None else metric.position(value) for value in values
        ),
        has_missing=bool(missing),
    )


def metric_ticks(metric: MetricColumn) -> tuple[Tick, ...]:
    """The ticks of a metric's axis, from the lowest to the highest."""
    if metric.low == metric.high:
        return (Tick(metric.position(metric.low), number_label(metric.low)),)
    return _ticks_to_end(
        metric, metric.low, metric.high, metric.position, has_beyond=metric.n_beyond > 0
    )


def _ticks_to_end(
    metric: MetricColumn,
    low: float,
    high: float,
    place: Callable[[float], float],
    *,
    has_beyond: bool,
) -> tuple[Tick, ...]:
    """Ticks from low to high; the bad end says so when it also holds worse values."""
    values = (log_ticks if metric.kind == "log" else linear_ticks)(low, high)
    labelled = zip(map(place, values), number_labels(values), strict=True)
    ticks = sorted(Tick(*tick) for tick in labelled)
    if has_beyond:
        bad, sign = (high, "≥") if metric.is_minimized else (low, "≤")
        end = Tick(place(bad), f"{sign} {number_label(bad, metric.digits)}")
        far = [tick for tick in ticks if abs(tick.position - end.position) > 2 * _MIN_GAP]
        ticks = sorted([*far, end])
    return tuple(_spaced(ticks))


def _spaced(ticks: Iterable[Tick]) -> list[Tick]:
    """The ticks, without those that would print over the one before."""
    kept: list[Tick] = []
    for tick in ticks:
        if not kept or tick.position - kept[-1].position >= _MIN_GAP:
            kept.append(tick)
    return kept
