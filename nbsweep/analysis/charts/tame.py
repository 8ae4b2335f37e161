"""Panels whose numbers are further apart than libraries can draw, in places from 0 to 1."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from nbsweep.analysis.charts.chart import (
    Axis,
    Band,
    Cells,
    Line,
    Mark,
    Panel,
    Points,
    Rule,
    Tick,
    Words,
)

_FAR = 1e300  # libraries subtract the ends of an axis, and squares of that are beyond any float

Place = Callable[[float], float]


def tamed(panel: Panel) -> Panel:
    """The panel, or one like it in which far ends of linear axes are 0 and 1."""
    x_axis, x = _tamed_axis(panel.x)
    y_axis, y = _tamed_axis(panel.y)
    if x is None and y is None:
        return panel
    marks = tuple(_moved(mark, x or float, y or float) for mark in panel.marks)
    return replace(panel, x=x_axis, y=y_axis, marks=marks)


def _tamed_axis(axis: Axis) -> tuple[Axis, Place | None]:
    if axis.kind != "linear" or axis.high / 2 - axis.low / 2 < _FAR:
        return axis, None
    straight = replace(axis, is_reversed=False)
    ticks = tuple(Tick(straight.position(tick.at), tick.label) for tick in axis.shown_ticks(5))
    return replace(axis, low=0.0, high=1.0, ticks=ticks, is_integer=False), straight.position


def _moved(mark: Mark, x: Place, y: Place) -> Mark:
    if isinstance(mark, Points):
        return replace(mark, x=_all(mark.x, x), y=_all(mark.y, y))
    if isinstance(mark, Line):
        places = tuple(None if value is None else y(value) for value in mark.y)
        return replace(mark, x=_all(mark.x, x), y=places)
    if isinstance(mark, Band):
        return replace(mark, x=_all(mark.x, x), low=_all(mark.low, y), high=_all(mark.high, y))
    if isinstance(mark, Cells):
        return replace(mark, x_edges=_all(mark.x_edges, x), y_edges=_all(mark.y_edges, y))
    if isinstance(mark, Rule):
        return replace(mark, at=(x if mark.is_vertical else y)(mark.at))
    if isinstance(mark, Words):
        return replace(mark, x=x(mark.x), y=y(mark.y))
    along, across = (x, y) if mark.is_horizontal else (y, x)
    ends = _all(mark.ends, along)
    return replace(
        mark,
        at=_all(mark.at, across),
        starts=_all(mark.starts, along),
        ends=ends,
        errors=tuple(
            along(value + error) - end
            for value, error, end in zip(mark.ends, mark.errors, ends, strict=False)
        ),
    )


def _all(values: Sequence[float], place: Place) -> tuple[float, ...]:
    return tuple(map(place, values))
