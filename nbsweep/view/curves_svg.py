"""Learning curves as static SVG, with a ring where a run was continued.

Drawn with what `drawing` has; lengths are pixels, y grows downwards.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from nbsweep.analysis.continuations import Continuation, continuations, judged_part, marks
from nbsweep.analysis.frame import Frame
from nbsweep.analysis.metric_column import MetricColumn
from nbsweep.analysis.shown_range import shown_range
from nbsweep.analysis.ticks import linear_ticks, log_ticks, number_labels
from nbsweep.records import Curve, Snapshot
from nbsweep.view.drawing import (
    WIDTH,
    Plot,
    document,
    label,
    segment,
    shade_of,
    shade_styles,
    text_width,
)
from nbsweep.wording import plural, sampled

MOST_CURVES = 100  # the continued ones and the best among them: more would make outputs heavy
POINTS = 24  # of a curve that is drawn
TOP, HEIGHT = 34, 190  # of the plane
TOLD = 6  # continued runs that the alternative text names
_LIGHT = ".ring{fill:#fbfbfc;stroke:#1f2328;stroke-width:1.4}.pale{stroke:#b9bfc6}"
_DARK = ".ring{fill:#16191d;stroke:#eef1f4}.pale{stroke:#4a515a}"


class _Line(NamedTuple):
    """A run's curve: number, curve, quality from 0 to 1 (None: it does not count), marks."""

    number: int
    curve: Curve
    quality: float | None
    marks: Sequence[tuple[float, str]]


def curves_plot(snapshot: Snapshot, columns: Frame) -> Plot | None:
    """The learning curves of a sweep in which runs were continued; None for others.

    Args:
        snapshot: with curves.
        columns: its runs, with a metric.
    """
    metric, went_on = columns.metric, {run.id: continuations(run) for run in snapshot.runs}
    if metric is None or not any(went_on.values()):
        return None
    lines = _lines(snapshot, columns, metric, went_on)
    if not any(line.marks for line in lines):
        return None
    lines.sort(key=lambda line: (bool(line.marks), line.quality or 0.0))
    n, lines = len(lines), lines[-MOST_CURVES:]
    told = [f"run {line.number} {words}" for line in reversed(lines) for _, words in line.marks]
    some = f"; {len(lines)} of {plural(n, 'run')} drawn" if len(lines) < n else ""
    caption = f"A ring where a run was continued{some}"
    more = f"; and {len(told) - TOLD} more" if len(told) > TOLD else ""
    alt = f"Learning curves of {plural(n, 'run')}: {'; '.join(told[:TOLD])}{more}."
    return Plot("Learning curves", caption, alt, _drawn(lines, metric))


def _lines(
    snapshot: Snapshot,
    columns: Frame,
    metric: MetricColumn,
    went_on: dict[str, tuple[Continuation, ...]],
) -> list[_Line]:
    quality = {
        columns.run_ids[i]: metric.quality(value)
        for i in columns.counted
        if (value := metric.values[i]) is not None
    }
    lines = []
    for run in snapshot.runs:
        times, curve = went_on[run.id], snapshot.curves.get(run.id)
        if curve is None or len(curve.values) < 2:
            continue
        part = judged_part(run, curve)
        lines.append(_Line(run.number, part, quality.get(run.id), marks(part, times)))
    return lines


def _drawn(lines: Sequence[_Line], metric: MetricColumn) -> str:
    """SVG of the curves, the worst first and pale, continued runs and the best on top."""
    values = [line.curve.values for line in lines]
    low, high = shown_range(values, metric)
    is_log = metric.kind == "log" and low > 0
    ticks = (log_ticks if is_log else linear_ticks)(low, high)
    labels = number_labels(ticks)
    left = max(50.0, 24 + max(map(text_width, labels)))
    right, bottom = WIDTH - 24.0, float(TOP + HEIGHT)
    first = min(line.curve.steps[0] for line in lines)
    last = max(first + 1, *(line.curve.steps[-1] for line in lines))

    def x_of(step: float) -> float:
        return left + (right - left) * (step - first) / (last - first)

    def y_of(value: float) -> float:
        return bottom - HEIGHT * min(max(_share(value, low, high, is_log=is_log), -1.0), 2.0)

    body = [label(12, 20, metric.name, "name")]
    for tick, text in zip(ticks, labels, strict=True):
        body.append(segment(left, y_of(tick), right, y_of(tick), "grid"))
        body.append(label(left - 7, y_of(tick) + 4, text, "", "end"))
    body.append(segment(left, bottom, right, bottom, "axis"))
    steps = linear_ticks(first, last, 8, integer=True)
    body += [
        label(x_of(step), bottom + 17, f"{step:,.0f}", "", "middle")
        for step in steps
        if step.is_integer()
    ]
    body.append(label(left - 7, bottom + 17, "step", "dim", "end"))
    body.append(
        f'<clipPath id="plane"><rect x="{left:.0f}" y="{TOP}" width="{right - left + 2:.0f}" '
        f'height="{HEIGHT + 1}"/></clipPath><g clip-path="url(#plane)">'
    )
    body += [_strand(line, x_of, y_of) for line in lines]
    body.append("</g>")
    body += [ring for line in lines for ring in _rings(line, x_of, y_of)]
    light, dark = shade_styles()
    return document(WIDTH, bottom + 28, body, light + _LIGHT, dark + _DARK)


def _share(value: float, low: float, high: float, *, is_log: bool) -> float:
    """Where a value lies between low (0) and high (1); below 0 and above 1 beyond them."""
    if not high > low:
        return 0.5
    if is_log:
        return math.log(value / low) / math.log(high / low) if value > 0 else -1.0
    # Halves: ±1e308 are further apart than any float.
    return (value / 2 - low / 2) / (high / 2 - low / 2)


def _strand(line: _Line, x_of: Callable[[float], float], y_of: Callable[[float], float]) -> str:
    """The line of one run."""
    steps, values = line.curve.steps, line.curve.values
    # Where it went on it has a corner, so that the ring lies on the line.
    kept = sorted({*sampled(range(len(steps)), POINTS), *_corners(line)})
    points = [f"{x_of(steps[i]):.0f} {y_of(values[i]):.1f}" for i in map(int, kept)]
    shade = "pale" if line.quality is None else f"q{shade_of(line.quality)}"
    look = 'stroke-width="2" opacity=".95"' if line.marks else 'stroke-width="1.2" opacity=".55"'
    return f'<path class="line {shade}" {look} d="M{"L".join(points)}"/>'


def _rings(
    line: _Line, x_of: Callable[[float], float], y_of: Callable[[float], float]
) -> list[str]:
    """A ring wherever the run went on, at the edge where its value is beyond the scale."""
    steps, values = line.curve.steps, line.curve.values
    return [
        f'<circle class="ring" cx="{x_of(steps[i]):.1f}" '
        f'cy="{min(max(y_of(values[i]), TOP), TOP + HEIGHT):.1f}" r="3.6"/>'
        for i in _corners(line)
    ]


def _corners(line: _Line) -> list[int]:
    return [round(place * (len(line.curve.steps) - 1)) for place, _ in line.marks]
