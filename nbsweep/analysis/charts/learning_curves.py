"""A metric of each run as it was logged, over steps, time or another metric."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from nbsweep.analysis.charts.axes import caption_of, metric_axis, metric_title, time_unit
from nbsweep.analysis.charts.chart import (
    Axis,
    AxisKind,
    Chart,
    Line,
    Mark,
    Panel,
    Points,
    Role,
    Symbol,
)
from nbsweep.analysis.charts.nothing import NO_METRIC
from nbsweep.analysis.continuations import continuations, judged_part
from nbsweep.analysis.frame import Frame
from nbsweep.analysis.logged import by_metric, by_step, by_time, points
from nbsweep.analysis.metric_column import MetricColumn
from nbsweep.analysis.parallel_coordinates import best_text
from nbsweep.analysis.shown_range import shown_range
from nbsweep.continued import present_rows
from nbsweep.records import HistoryRow, RunRecord, RunState, Snapshot
from nbsweep.wording import duration, number, plural, sampled

STEP, TIME = "step", "time"
MOST_CURVES = 100  # the best and some of the others; more are a blur, and heavy
POINTS = 48  # of a curve that is drawn
_SHADES = 8  # of the curves of runs that count: those of one shade are one line with gaps
_LEADERS = 0.4  # share of the drawn ones that are the best
_LOG_DECADES = 2.0  # that the usual values span where the axis is logarithmic


class Logged(NamedTuple):
    """What one run logged.

    Attributes:
        run: its index in the frame.
        x, y: shape (n,), n >= 1, finite.
        rings: indices of the points at which it was continued.
    """

    run: int
    x: tuple[float, ...]
    y: tuple[float, ...]
    rings: tuple[int, ...] = ()


def logged_steps(snapshot: Snapshot, frame: Frame) -> list[Logged]:
    """The sweep's metric over steps, from a snapshot with curves."""
    places = {run_id: i for i, run_id in enumerate(frame.run_ids)}
    name = frame.metric.name if frame.metric else ""
    curves = snapshot.curves_of.get(name) or snapshot.curves
    found = []
    for run in snapshot.runs:
        curve = curves.get(run.id)
        if curve is None or not curve.values:
            continue
        part = judged_part(run, curve)
        steps = tuple(map(float, part.steps))
        found.append(Logged(places[run.id], steps, part.values, _rings(run, part.steps)))
    return found


def logged_rows(
    runs: Sequence[RunRecord],
    rows: Mapping[str, Sequence[HistoryRow]],
    frame: Frame,
    x: str = STEP,
) -> list[Logged]:
    """The metric of a frame over steps, time, or another metric, from the history.

    Args:
        runs: of the sweep.
        rows: run id to its history.
        frame: of the same runs.
        x: "step", "time" for seconds since the run began without pauses, or the name of a
            metric; of that
            a row that lacks it has the value that was logged last.
    """
    places = {run_id: i for i, run_id in enumerate(frame.run_ids)}
    name = frame.metric.name if frame.metric else ""
    found = []
    for run in runs:
        history = present_rows(run, rows.get(run.id, ()))
        place = by_step if x == STEP else by_time(run) if x == TIME else by_metric(x)
        pairs = list(points(history, place, name))
        if pairs:
            steps = [step for step, _, _ in pairs]
            found.append(
                Logged(
                    places[run.id],
                    tuple(at for _, at, _ in pairs),
                    tuple(value for _, _, value in pairs),
                    _rings(run, steps),
                )
            )
    return found


def _rings(run: RunRecord, steps: Sequence[int]) -> tuple[int, ...]:
    """The last point before each time that the run went on."""
    first = steps[0]
    return tuple(
        max(sum(step < time.step for step in steps) - 1, 0)
        for time in continuations(run)
        if time.step > first
    )


def collect_learning_curves(
    frame: Frame, logged: Sequence[Logged], *, x: str = STEP, log: bool | None = None
) -> Chart:
    """The curves, the best ones on top; how a run ended is marked at its last point.

    Args:
        frame: the runs, with the metric that is drawn.
        logged: what they logged of it.
        x: what it is drawn over: "step", "time", or the name of a metric.
        log: whether the metric's axis is logarithmic; by default where that shows more.
    """
    metric = frame.metric
    title = f"{frame.title} · learning curves"
    if metric is None:
        return Chart("learning_curves", title, empty=NO_METRIC)
    if not logged:
        over = "" if x in (STEP, TIME) else f" and {x}"
        empty = f"No run has logged {metric.name}{over} yet."
        return Chart("learning_curves", title, empty=empty)
    drawn = _chosen(frame, metric, logged)
    y, n_beyond = _y_axis(frame, metric, drawn, log=log)
    scale, x_title = _unit(x, drawn)
    lines = _Lines(frame, metric, y, scale, x)
    ends = [place / scale for curve in drawn for place in (min(curve.x), max(curve.x))]
    whole = all(place.is_integer() for curve in drawn for place in curve.x)
    captions = [
        f"{len(drawn)} of {plural(len(logged), 'run')} drawn" if len(drawn) < len(logged) else "",
        f"{plural(n_beyond, 'value')} beyond the axis" if n_beyond else "",
        "a ring where a run was continued" if any(curve.rings for curve in drawn) else "",
    ]
    return Chart(
        "learning_curves",
        title,
        panels=(
            Panel(
                Axis(x_title, min(ends), max(ends), is_integer=whole and scale == 1.0),
                y,
                tuple(lines.marks(drawn)),
            ),
        ),
        subtitle=best_text(frame),
        caption=caption_of(*captions),
    )


def _chosen(frame: Frame, metric: MetricColumn, logged: Sequence[Logged]) -> list[Logged]:
    """The curves that are drawn, the best last: runs under way, the best, and some others."""

    def rank(curve: Logged) -> tuple[bool, float]:
        value = metric.values[curve.run] if frame.left_out[curve.run] is None else None
        return value is not None, -metric.goal.sign * value if value is not None else 0.0

    ordered = sorted(logged, key=rank)
    if len(ordered) <= MOST_CURVES:
        return ordered
    kept = set(range(len(ordered) - int(_LEADERS * MOST_CURVES), len(ordered)))
    live = [k for k, curve in enumerate(ordered) if not frame.states[curve.run].ended]
    kept |= set(live[: MOST_CURVES // 4])
    others = [k for k in range(len(ordered)) if k not in kept]
    room = MOST_CURVES - len(kept)
    kept |= {others[int(k * len(others) / room)] for k in range(room)}
    return [ordered[k] for k in sorted(kept)]


def _y_axis(
    frame: Frame, metric: MetricColumn, drawn: Sequence[Logged], *, log: bool | None
) -> tuple[Axis, int]:
    """The metric's axis, and how many values lie beyond it."""
    curves = [curve.y for curve in drawn]
    values = [value for curve in curves for value in curve]
    is_positive = min(values) > 0
    is_log = is_positive if log else False
    if log is None:
        is_log = is_positive and (metric.kind == "log" or (metric.is_minimized and _spans(curves)))
    shown = MetricColumn(
        metric.name, metric.goal, "log" if is_log else "linear", metric.values,
        metric.low, metric.high, metric.best, metric.poor,
    )  # fmt: skip
    has_best = frame.best is not None
    low, high = shown_range(curves, shown if has_best else _without_best(shown))
    low, high = max(low, min(values)), min(high, max(values))
    kind: AxisKind = "log" if is_log else "linear"
    axis = Axis(metric_axis(shown).title, low, high, kind)
    return axis, sum(not low <= value <= high for value in values)


def _without_best(metric: MetricColumn) -> MetricColumn:
    return MetricColumn(
        metric.name, metric.goal, metric.kind, (), metric.low, metric.high, metric.best, metric.poor
    )


def _spans(curves: Sequence[Sequence[float]]) -> bool:
    """Whether half of the curves fall by decades."""
    falls = sorted(math.log10(max(curve)) - math.log10(min(curve)) for curve in curves)
    return falls[len(falls) // 2] >= _LOG_DECADES


def _unit(x: str, drawn: Sequence[Logged]) -> tuple[float, str]:
    """What to divide x by, and the name of its axis."""
    if x != TIME:
        return 1.0, x if x == STEP else metric_title(x)
    unit = time_unit(max(max(curve.x) for curve in drawn))
    return unit.seconds, f"time since the run began ({unit.sign})"


class _Kind(NamedTuple):
    """How runs in some states are drawn."""

    name: str
    role: Role
    symbol: Symbol | None


_FINISHED = _Kind("finished", "run", None)
_STOPPED = _Kind("stopped early", "stopped", "square")
_BROKE = _Kind("failed, crashed or killed", "failed", "cross")
_RUNNING = _Kind("running", "running", "open")


def _kind(state: RunState) -> _Kind:
    if not state.ended:
        return _RUNNING
    if state is RunState.FINISHED:
        return _FINISHED
    return _STOPPED if state is RunState.STOPPED else _BROKE


class _Lines:
    """Makes the marks: curves that look alike are one line with gaps."""

    def __init__(self, frame: Frame, metric: MetricColumn, y: Axis, scale: float, x: str) -> None:
        self._frame, self._metric, self._y, self._scale, self._x = frame, metric, y, scale, x

    def marks(self, drawn: Sequence[Logged]) -> list[Mark]:
        frame = self._frame
        best = [curve for curve in drawn if curve.run == frame.best]
        others = [curve for curve in drawn if curve.run != frame.best]
        marks: list[Mark] = []
        for kind in (_BROKE, _STOPPED, _RUNNING):
            those = [curve for curve in others if _kind(frame.states[curve.run]) is kind]
            if those:
                marks.append(self._line(those, kind.role, kind.name))
        finished = [curve for curve in others if _kind(frame.states[curve.run]) is _FINISHED]
        shades = [self._shade(curve) for curve in finished]
        for shade in sorted(set(shades)):
            those = [c for c, s in zip(finished, shades, strict=True) if s == shade]
            name = _FINISHED.name if shade == max(shades) else ""
            marks.append(self._line(those, "run", name, shade=shade))
        if best:
            marks.append(self._line(best, "best", "best", width=2.6))
        for kind in (_STOPPED, _BROKE, _RUNNING):
            those = [curve for curve in drawn if _kind(frame.states[curve.run]) is kind]
            if those and kind.symbol is not None:
                marks.append(self._ends(those, kind))
        if rings := [(curve, k) for curve in drawn for k in curve.rings]:
            marks.append(self._ring_marks(rings))
        return marks

    def _shade(self, curve: Logged) -> float:
        value = self._metric.values[curve.run]
        quality = 0.0 if value is None else self._metric.quality(value)
        return round(quality * (_SHADES - 1)) / (_SHADES - 1)

    def _line(
        self,
        curves: Sequence[Logged],
        role: Role,
        name: str,
        *,
        shade: float | None = None,
        width: float = 1.3,
    ) -> Line:
        xs: list[float] = []
        ys: list[float | None] = []
        texts: list[str] = []
        for curve in curves:
            if xs:
                xs.append(xs[-1])
                ys.append(None)
                texts.append("")
            corners = sampled(range(len(curve.x)), POINTS)
            for k in sorted({*map(int, corners), *curve.rings}):
                xs.append(curve.x[k] / self._scale)
                ys.append(self._clip(curve.y[k]))
                texts.append(self._text(curve, k))
        return Line(tuple(xs), tuple(ys), role, name, texts=tuple(texts), shade=shade, width=width)

    def _clip(self, value: float) -> float:
        return min(max(value, self._y.low), self._y.high)

    def _text(self, curve: Logged, k: int) -> str:
        frame = self._frame
        run = f"{frame.names[curve.run]} · run {frame.numbers[curve.run]}"
        at = f"after {duration(curve.x[k])}"
        if self._x != TIME:
            at = f"{self._x} {number(curve.x[k])}"
        return f"{run}\n{at}\n{self._metric.name} {number(curve.y[k])}"

    def _ends(self, curves: Sequence[Logged], kind: _Kind) -> Points:
        frame = self._frame
        return Points(
            x=tuple(curve.x[-1] / self._scale for curve in curves),
            y=tuple(self._clip(curve.y[-1]) for curve in curves),
            role=kind.role,
            texts=tuple(
                f"{self._text(curve, len(curve.x) - 1)}\n{frame.states[curve.run].value}"
                for curve in curves
            ),
            symbol=kind.symbol or "circle",
            size=7.0,
        )

    def _ring_marks(self, rings: Sequence[tuple[Logged, int]]) -> Points:
        frame = self._frame
        return Points(
            x=tuple(curve.x[k] / self._scale for curve, k in rings),
            y=tuple(self._clip(curve.y[k]) for curve, k in rings),
            role="quiet",
            name="continued",
            texts=tuple(
                f"{frame.names[curve.run]}\n{frame.continued[curve.run]}" for curve, _ in rings
            ),
            symbol="open",
            size=9.0,
        )
