"""The metric over two parameters: what a forest predicts as cells, the runs as points."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from nbsweep.analysis.charts.axes import (
    caption_of,
    metric_colours,
    placed,
    result_texts,
    value_texts,
)
from nbsweep.analysis.charts.chart import Cells, Chart, Mark, Panel, Points
from nbsweep.analysis.charts.leading import leading, named, ranking, skill_words, still_words
from nbsweep.analysis.charts.nothing import NO_METRIC, still_missing
from nbsweep.analysis.dependence import Surface, dependence_surface
from nbsweep.analysis.frame import Column, Frame
from nbsweep.analysis.importance import MIN_RUNS, Importance
from nbsweep.analysis.metric_column import MetricColumn
from nbsweep.analysis.parallel_coordinates import beyond_text
from nbsweep.analysis.ticks import number_label
from nbsweep.errors import UsageError
from nbsweep.wording import number

_MANY = 200  # runs from which on points are smaller


def collect_contour(
    frame: Frame, names: Sequence[str] | None = None, found: Importance | None = None
) -> Chart:
    """Partial dependence of the metric on two parameters, the runs upon it.

    Args:
        frame: the runs.
        names: of two parameters, x and y; by default the two most important.
        found: their importance, where it is known already.

    Raises:
        UsageError: there is no parameter of that name, or these are not two.
    """
    if names is not None and (isinstance(names, str) or len(set(names)) != 2):
        raise UsageError(
            f"contour: it takes two parameters, found {names!r}. Give their names: "
            'params=("learning_rate", "batch_size").'
        )
    metric = frame.metric
    title = f"{frame.title} · contour"
    if metric is None:
        return Chart("contour", title, empty=NO_METRIC)
    found = found or ranking(frame)
    columns = named(frame, names) if names else leading(frame, 2, found)
    if not frame.counted or len(columns) < 2:
        empty = still_missing(has_runs=bool(frame.counted), parameters="two parameters that vary")
        return Chart("contour", title, empty=empty, caption=frame.remarks_text())
    x, y = columns
    surface = dependence_surface(frame, x.name, y.name)
    few = len(frame.counted) < MIN_RUNS
    marks: list[Mark] = []
    if surface is not None:
        marks.append(_cells(metric, x, y, surface))
    x_axis, xs = placed(x, frame.counted, spread=True)
    y_axis, ys = placed(y, frame.counted, spread=True)
    marks.append(_runs(frame, metric, (x, y), xs, ys))
    caption = [
        "points are runs; the cells are the mean prediction, all other parameters as in the runs"
        if surface is not None
        else "points are runs",
        f"no cells yet: it takes {MIN_RUNS} runs, there are {len(frame.counted)}" if few else "",
        "" if few else still_words(frame, columns, "cells"),
        beyond_text(metric),
        frame.remarks_text(),
    ]
    return Chart(
        "contour",
        title,
        panels=(Panel(x_axis, y_axis, tuple(marks)),),
        subtitle="; ".join(
            filter(None, (f"{metric.name} over {x.name} and {y.name}", skill_words(found)))
        ),
        caption=caption_of(*caption),
        height=400,
        colours=metric_colours(metric),
    )


def _runs(
    frame: Frame,
    metric: MetricColumn,
    columns: Sequence[Column],
    xs: tuple[float, ...],
    ys: tuple[float, ...],
) -> Points:
    runs = frame.counted
    values = [value for i in runs if (value := metric.values[i]) is not None]
    texts = zip(
        runs, *(value_texts(column, runs) for column in columns), result_texts(metric, runs),
        strict=True,
    )  # fmt: skip
    x, y = columns
    return Points(
        x=xs,
        y=ys,
        shades=tuple(map(metric.quality, values)),
        texts=tuple(
            f"{frame.names[i]}\n{x.name} {at}\n{y.name} {up}\n{metric.name} {result}"
            for i, at, up, result in texts
        ),
        size=9.0 if len(runs) <= _MANY else 6.0,
        has_edge=True,
    )


def _cells(metric: MetricColumn, x: Column, y: Column, surface: Surface) -> Cells:
    said = {
        (at, up): value
        for up, row in zip(surface.y, surface.values, strict=True)
        for at, value in zip(surface.x, row, strict=True)
    }
    across, upwards = _whole(x, surface.x), _whole(y, surface.y)
    return Cells(
        _edges(x, across),
        _edges(y, upwards),
        tuple(
            tuple(metric.quality(said[at, up]) if (at, up) in said else None for at in across)
            for up in upwards
        ),
        0.0,
        1.0,
        texts=tuple(
            tuple(
                f"{x.name} {_name(x, at)}\n{y.name} {_name(y, up)}\n"
                f"predicted {metric.name} {number(said[at, up])}"
                if (at, up) in said
                else ""
                for at in across
            )
            for up in upwards
        ),
    )


def _whole(column: Column, numbers: Sequence[float]) -> list[float]:
    """The numbers, of categories those between them that no run had too."""
    if column.kind != "category":
        return list(numbers)
    return [float(code) for code in range(int(numbers[0]), int(numbers[-1]) + 1)]


def _name(column: Column, at: float) -> str:
    return column.categories[int(at)] if column.kind == "category" else number_label(at, 4)


def _edges(column: Column, numbers: Sequence[float]) -> tuple[float, ...]:
    """Where the cells of numbers end: half way to the next one, on the scale of the axis."""
    if column.kind == "category":
        return (numbers[0] - 0.5, *(number + 0.5 for number in numbers))
    is_log = column.kind == "log"
    places = [math.log(number) for number in numbers] if is_log else list(numbers)
    inner = [a / 2 + b / 2 for a, b in pairwise(places)]
    edges = [places[0], *inner, places[-1]]
    return tuple(map(math.exp, edges)) if is_log else tuple(edges)
