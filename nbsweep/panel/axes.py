"""The axes of a panel's parallel coordinates, and the place of each run on them.

The front end needs no knowledge of search spaces: a row brings its places along.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Sequence
from dataclasses import replace
from typing import Any

from nbsweep.analysis.frame import Column, Frame
from nbsweep.analysis.metric_column import MetricColumn
from nbsweep.analysis.parallel_coordinates import collect
from nbsweep.analysis.results import Result, about
from nbsweep.records import Curve, RunRecord, Snapshot, is_number
from nbsweep.space.values import value_key
from nbsweep.view.model import (
    PanelAxis,
    PanelBelief,
    PanelFinding,
    PanelImportance,
    PanelOutlook,
    PanelVolume,
    Picture,
    Row,
)

MOST_MARKS = 40  # whole numbers of an axis that lie apart


class Axes:
    """The axes of a sweep and where values lie on them.

    Made from a frame, so they fit the runs of one moment. A later run may hold a value
    that has no place on them: `places` has None there then, and `is_outgrown` is True.

    Args:
        frame: the runs as columns.
        extras: other results of the runs, with their axes.
    """

    def __init__(self, frame: Frame, extras: Sequence[tuple[Result, MetricColumn]] = ()) -> None:
        drawn = {axis.name: axis for axis in collect(frame).axes[: len(frame.params)]}
        self.names = [column.name for column in frame.params]
        self.listed = [
            *(_param_axis(column, drawn[column.name].ticks) for column in frame.params),
            *(
                _extra_axis(frame, column, is_objective=result.is_objective)
                for result, column in extras
            ),
            *_metric_axis(frame),
        ]
        self._extras = [result for result, _ in extras]
        self._metric = frame.metric
        self._n_counted = len(frame.counted)
        self.is_outgrown = False
        self._find = [_finder(column) for column in frame.params]

    def places(self, run: RunRecord, curve: Curve | None = None) -> list[float | None]:
        """Place of a run on each axis but the metric's."""
        values = run.params
        places = [
            self._place(i, values[name]) if name in values else None
            for i, name in enumerate(self.names)
        ]
        for result in self._extras:
            places.append(result.value(run, curve))
        return places

    def hold(self, metric: float) -> None:
        """Note whether the metric of a run that counts has a place on its axis.

        It has one beyond the bad end where the axis is cut there.
        """
        column = self._metric
        if column is None or (column.low <= metric <= column.high and self._n_counted):
            return
        better = metric < column.low if column.is_minimized else metric > column.high
        if better or not column.n_beyond:
            self.is_outgrown = True

    def _place(self, i: int, value: Any) -> float | None:
        place = self._find[i](value)
        axis = self.listed[i]
        beyond = place is not None and not axis["low"] <= place <= axis["high"]
        if beyond or (place is None and axis["kind"] == "category"):
            self.is_outgrown = True
        return place


# Run id: a row without places, the axes, and the row with its places on them.
PlacedRows = dict[str, tuple[Row, Axes, Row]]


def with_axes(
    picture: Picture,
    snapshot: Snapshot,
    axes: Axes,
    *,
    seq: int,
    importance: PanelImportance | None = None,
    outlook: PanelOutlook | None = None,
    hypervolume: PanelVolume | None = None,
    placed: PlacedRows | None = None,
    beliefs: Sequence[PanelBelief] = (),
    findings: Sequence[PanelFinding] = (),
    logged: Sequence[str] = (),
) -> Picture:
    """A picture with the axes of a panel and the place of each row on them.

    Args:
        picture: of `snapshot`.
        snapshot: the same moment, with curves.
        axes: made from a frame of this sweep.
        seq: the number of the picture.
        importance: the newest there is.
        outlook: the newest there is.
        hypervolume: the newest there is.
        placed: a dict that the caller keeps between calls, so that a call costs what
            changed.
        beliefs: of the sweep, on these axes.
        findings: the newest there are.
        logged: the metrics whose curves can be asked for.
    """
    placed = {} if placed is None else placed
    rows: list[Row] = []
    for row, run in zip(picture["rows"], snapshot.runs, strict=True):
        known = placed.get(row["id"])
        if known and known[0] is row and known[1] is axes:
            rows.append(known[2])
            continue
        places = axes.places(run, snapshot.curves.get(run.id))
        if row["metric"] is not None and run.state.counts:
            axes.hold(row["metric"])
        rows.append({**row, "places": places})
        if not row["active"]:
            placed[row["id"]] = row, axes, rows[-1]
    return {
        **picture,
        "seq": seq,
        "axes": axes.listed,
        "beliefs": list(beliefs),
        "findings": list(findings),
        "importance": importance,
        "outlook": outlook,
        "hypervolume": hypervolume,
        "logged": list(logged),
        "rows": rows,
    }


def _param_axis(column: Column, ticks: Sequence[tuple[float, str]]) -> PanelAxis:
    return PanelAxis(
        name=column.name,
        kind=column.kind,
        low=column.low,
        high=column.high,
        ticks=[(round(position, 4), label) for position, label in ticks if position >= 0],
        categories=list(column.categories),
        marks=_marks(column),
        is_metric=False,
        is_extra=False,
        is_objective=False,
        best=0.0,
        poor=0.0,
    )


def _marks(column: Column) -> list[float]:
    """The numbers that a parameter can be, where they are few enough to lie apart."""
    if column.marks or not column.is_integer or column.high - column.low >= MOST_MARKS:
        return list(column.marks)
    return [float(number) for number in range(math.ceil(column.low), math.floor(column.high) + 1)]


def _metric_axis(frame: Frame) -> list[PanelAxis]:
    metric = frame.metric
    if metric is None:
        return []
    ticks = collect(frame).axes[-1].ticks if frame.counted else ()
    return [_result_axis(metric, ticks, is_metric=True)]


def _extra_axis(frame: Frame, column: MetricColumn, *, is_objective: bool) -> PanelAxis:
    bare = about(replace(frame, params=()), column)
    ticks = collect(bare).axes[-1].ticks if bare.counted else ()
    return _result_axis(column, ticks, is_metric=False, is_objective=is_objective)


def _result_axis(
    column: MetricColumn,
    ticks: Sequence[tuple[float, str]],
    *,
    is_metric: bool,
    is_objective: bool = False,
) -> PanelAxis:
    return PanelAxis(
        name=column.name,
        kind=column.kind,
        low=column.low,
        high=column.high,
        ticks=[(round(position, 4), label) for position, label in ticks],
        categories=[],
        marks=[],
        is_metric=is_metric,
        is_extra=not is_metric,
        is_objective=is_objective,
        best=column.best,
        poor=column.poor,
    )


def _finder(column: Column) -> Callable[[Any], float | None]:
    if column.kind != "category":
        is_log = column.kind == "log"

        def number(value: Any) -> float | None:
            if not is_number(value) or (is_log and value <= 0):
                return None
            return float(value)

        return number
    # Labels follow the order of the search space; runs show which value has which.
    order: dict[Hashable, float] = {
        value_key(value): place
        for value, place in zip(column.values, column.numbers, strict=True)
        if place is not None
    }
    return lambda value: order.get(value_key(value))
