"""Parallel coordinates as a chart, from what `parallel_coordinates.collect` finds."""

from __future__ import annotations

from collections.abc import Sequence

from nbsweep.analysis.charts.axes import caption_of
from nbsweep.analysis.charts.chart import (
    Axis,
    Chart,
    ColourBar,
    Line,
    Mark,
    Panel,
    Rule,
    Tick,
    Words,
    categories,
)
from nbsweep.analysis.charts.nothing import still_missing
from nbsweep.analysis.importance import Importance
from nbsweep.analysis.parallel_coordinates import MISSING_POSITION, ParallelCoordinates
from nbsweep.analysis.parallel_coordinates import Axis as Upright
from nbsweep.analysis.ticks import thin

MOST_AXES = 10  # more would be closer together than their labels are wide
MOST_LINES = 400
_SHADES = 16  # lines of one shade are one line with gaps
_BESIDE = 0.03  # of the way from one axis to the next, from an axis to its ticks


def collect_parallel(data: ParallelCoordinates, found: Importance) -> Chart:
    """An upright axis for each parameter, the most important of many, and the metrics."""
    title = f"{data.title} · parallel coordinates"
    axes = _shown(data, found)
    if len(axes) < 2 or not data.run_ids:
        lines = "two axes to draw lines between"
        empty = still_missing(has_runs=bool(data.run_ids), parameters=lines)
        return Chart("parallel_coordinates", title, empty=empty, caption=data.caption)
    kept = {*thin(len(data.run_ids), MOST_LINES), *data.marked}
    marks: list[Mark] = [*_lines(data, axes, sorted(kept - set(data.marked)))]
    marks += [Rule(float(k), is_vertical=True, is_dashed=False) for k in range(len(axes))]
    marks += [_strand(axes, [i], data.colours[i], width=2.6) for i in data.marked]
    marks += [
        Words(k - _BESIDE, tick.position, tick.label, "end")
        for k, axis in enumerate(axes)
        for tick in axis.ticks
    ]
    n, hidden = len(data.run_ids), len(data.axes) - len(axes)
    low = MISSING_POSITION if any(axis.has_missing for axis in axes) else 0.0
    colours = tuple(Tick(*tick) for tick in data.colour_ticks)
    return Chart(
        "parallel_coordinates",
        title,
        panels=(
            Panel(
                categories("", [axis.name for axis in axes]),
                Axis("", low - 0.03, 1.03, "category"),
                tuple(marks),
            ),
        ),
        subtitle=data.subtitle,
        caption=caption_of(
            f"{len(kept)} of {n} runs drawn" if len(kept) < n else "",
            f"{len(axes)} of {len(data.axes)} axes drawn" if hidden else "",
            data.caption,
        ),
        height=340,
        colours=ColourBar(data.colour_title, colours) if colours else None,
    )


def _shown(data: ParallelCoordinates, found: Importance) -> tuple[Upright, ...]:
    """The axes there is room for, in their usual order."""
    n_params = len(data.axes) - data.n_results
    room = max(1, MOST_AXES - data.n_results)
    order = [row.name for row in found.rows] or [axis.name for axis in data.axes[:n_params]]
    kept = set(order[:room])
    params = [axis for axis in data.axes[:n_params] if axis.name in kept or n_params <= room]
    return (*params, *data.axes[n_params:])


def _lines(data: ParallelCoordinates, axes: Sequence[Upright], runs: Sequence[int]) -> list[Line]:
    shades: dict[int, list[int]] = {}
    for i in runs:
        shades.setdefault(round(data.colours[i] * (_SHADES - 1)), []).append(i)
    width = 1.4 if len(runs) <= 60 else 0.8
    return [
        _strand(axes, some, shade / (_SHADES - 1), width=width)
        for shade, some in sorted(shades.items())
    ]


def _strand(axes: Sequence[Upright], runs: Sequence[int], shade: float, *, width: float) -> Line:
    """The lines of runs, one after the other."""
    xs: list[float] = []
    ys: list[float | None] = []
    for i in runs:
        xs += [*(float(k) for k in range(len(axes))), len(axes) - 1.0]
        ys += [*(axis.positions[i] for axis in axes), None]
    return Line(tuple(xs), tuple(ys), shade=shade, width=width)
