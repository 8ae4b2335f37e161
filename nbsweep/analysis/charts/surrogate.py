"""What the search believes around the best run: its model along each parameter.

One parameter changes, all others stay as in the best run; the line is what the Gaussian process
behind `method: bayes` expects there, the band holds the noise-free metric with 68 % probability.
A sweep of another method is shown what that model would believe of its runs.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from nbsweep.analysis.charts.axes import caption_of, category_axis, column_axis, metric_axis
from nbsweep.analysis.charts.chart import Axis, Band, Chart, Line, Panel, Points, Rule
from nbsweep.analysis.charts.nothing import no_value
from nbsweep.analysis.frame import Column, Frame
from nbsweep.analysis.metric_column import MetricColumn
from nbsweep.analysis.parallel_coordinates import beyond_text
from nbsweep.records import Snapshot, is_number
from nbsweep.search.evidence import Evidence
from nbsweep.search.slices import Slice, slices
from nbsweep.space.search_space import value_key
from nbsweep.sweep_config import SweepConfig
from nbsweep.wording import number, plural, short

MOST_PANELS = 9
MOST_RUNS = 1000  # dots in a panel; the best and evenly chosen ones
MOST_CATEGORIES = 24


def collect_surrogate(frame: Frame, snapshot: Snapshot, config: SweepConfig) -> Chart:
    """The model's expectation along each searched parameter, through the best run.

    The panels in which it goes up and down most come first.

    Args:
        frame: the runs, with one of the config's metrics.
        snapshot: that the frame was made from; with curves where the search learns from them.
        config: of the sweep.
    """
    metric = frame.metric
    title = f"{frame.title} · the model around the best run"
    centre = _centre(frame)
    reason = _reason(frame) if centre is None or metric is None else ""
    if metric is not None and not reason and metric.name not in _modelled(config):
        reason = (
            f"The search has no model of {metric.name}: it models "
            f"{' and '.join(_modelled(config)) or 'no metric'}."
        )
    if reason or metric is None or centre is None:
        return Chart("surrogate", title, empty=reason, caption=frame.remarks_text())
    run = snapshot.runs[centre]
    params = {**config.space.flatten(run.config), **run.params}
    name = metric.name if config.metrics else None
    found = slices(config, Evidence.of(snapshot, config).observations, params, name)
    if found is None:
        empty = (
            "There is no model: no parameter varies, or the values are too large, or too far "
            "apart, to learn from."
        )
        return Chart("surrogate", title, empty=empty, caption=frame.remarks_text())
    active = [each for each in found.slices if each.is_active]
    order = sorted(range(len(active)), key=lambda k: (-active[k].reach, k))[:MOST_PANELS]
    y = _y_axis(metric, [active[k] for k in order])
    columns = {column.name: column for column in frame.params}
    listed = {each.name: each.distribution.support for each in config.space.searched}
    panels = tuple(
        panel
        for k in order
        if (panel := _panel(frame, metric, active[k], columns, params, listed, centre, y))
        is not None
    )
    hidden = len(active) - len(order)
    inactive = len(found.slices) - len(active)
    uses = "" if config.method == "bayes" else f"method {config.method} does not use it; "
    skill = (
        f"of the differences between runs it predicts {100 * found.skill:.0f} %, each left out "
        "in turn"
        if found.predicts
        else "it predicts a run from the others no better than their mean does"
    )
    return Chart(
        "surrogate",
        title,
        panels=panels,
        subtitle=f"a model of {plural(found.n_runs, 'run')}: {uses}{skill}",
        caption=caption_of(
            frame.remarks_text(),
            f"all other parameters as in {frame.names[centre]}; band: 68 % probability; "
            "dots: runs, which differ in the others too",
            f"{plural(hidden, 'parameter')} along which it changes less not shown"
            if hidden
            else "",
            f"{plural(inactive, 'parameter')} without a value in {frame.names[centre]} not shown"
            if inactive
            else "",
            beyond_text(metric),
        ),
        n_columns=min(3, max(1, len(panels))),
        height=230,
        shares_y=True,
    )


def _modelled(config: SweepConfig) -> list[str]:
    if config.metrics:
        return [metric.name for metric in config.metrics]
    return [config.metric.name] if config.metric is not None else []


def _centre(frame: Frame) -> int | None:
    """The run that the slices go through: the best, with a front the best of the metric."""
    metric = frame.metric
    if metric is None or not frame.counted:
        return None
    if frame.best is not None:
        return frame.best
    among = frame.front or frame.counted
    return min(
        (i for i in among if metric.values[i] is not None),
        key=lambda i: metric.goal.sign * (metric.values[i] or 0.0),
        default=None,
    )


def _reason(frame: Frame) -> str:
    if frame.metric is None:
        return "The sweep has no metric to model."
    return no_value(frame.metric.name)


def _y_axis(metric: MetricColumn, shown: Sequence[Slice]) -> Axis:
    """The metric's axis, longer on the good side where the model expects more."""
    axis = metric_axis(metric)
    if metric.is_minimized:
        best = min((min(each.low) for each in shown), default=axis.low)
        room = (axis.high - axis.low) or 1.0
        low = min(axis.low, max(best, axis.low - room))
        if axis.kind == "log":
            low = axis.low if low <= 0 else low
        # Where the metric's values are as far apart as floats can be, nothing is beyond them.
        return replace(axis, low=low) if math.isfinite(low) else axis
    best = max((max(each.high) for each in shown), default=axis.high)
    room = (axis.high - axis.low) or 1.0
    high = max(axis.high, min(best, axis.high + room))
    return replace(axis, high=high) if math.isfinite(high) else axis


def _panel(
    frame: Frame,
    metric: MetricColumn,
    each: Slice,
    columns: Mapping[str, Column],
    params: Mapping[str, Any],
    listed: Mapping[str, Sequence[Any] | None],
    centre: int,
    y: Axis,
) -> Panel | None:
    """One parameter; several that are tied are the places of their values."""
    name = " and ".join(each.names)
    column = columns.get(each.names[0]) if len(each.names) == 1 else None
    if column is None:
        return _tied(each, name, params, y)
    if column.kind == "category":
        place = _places(column, listed.get(name) or ())
        xs = [place.get(value_key(value)) for value in each.values]
        axis = category_axis(name, column.categories)
    else:
        xs = [float(value) if is_number(value) else None for value in each.values]
        axis = column_axis(column)
        known = [x for x in xs if x is not None]
        axis = replace(axis, low=min(axis.low, *known), high=max(axis.high, *known))
    kept = [k for k, x in enumerate(xs) if x is not None]
    runs = [i for i in _thinned(frame) if column.numbers[i] is not None]
    dots = Points(
        tuple(float(column.numbers[i] or 0.0) for i in runs),
        tuple(_clip(metric.values[i], y) for i in runs),
        "run",
        "runs",
        texts=tuple(
            f"{frame.names[i]}\n{name} {short(column.values[i])}\n"
            f"{metric.name} {number(metric.values[i] or 0.0, digits=metric.digits + 1)}"
            for i in runs
        ),
        size=5.0,
    )
    x = tuple(xs[k] or 0.0 for k in kept)
    marks = _believed(each, kept, x, y, is_category=column.kind == "category")
    best, at_best = column.numbers[centre], metric.values[centre] or 0.0
    star = (
        ()
        if best is None
        else (
            Points(
                (float(best),),
                (_clip(metric.values[centre], y),),
                "best",
                "the best run",
                symbol="star",
                size=11.0,
                texts=(f"{frame.names[centre]}\n{metric.name} {number(at_best)}",),
            ),
        )
    )
    return Panel(axis, y, (*([dots] if runs else []), *marks, *star))


def _tied(each: Slice, name: str, params: Mapping[str, Any], y: Axis) -> Panel | None:
    if len(each.values) > MOST_CATEGORIES or len(each.names) == 1:
        return None
    labels = [", ".join(short(v, 10) for v in value) for value in each.values]
    x = tuple(float(k) for k in range(len(labels)))
    own = [params.get(name) for name in each.names]
    rules = tuple(
        Rule(float(k), is_vertical=True, text="the best run", role="best")
        for k, value in enumerate(each.values)
        if list(map(value_key, value)) == list(map(value_key, own))
    )
    marks = _believed(each, range(len(labels)), x, y, is_category=True)
    return Panel(category_axis(name, labels), y, (*rules, *marks))


def _believed(
    each: Slice, kept: Sequence[int], x: tuple[float, ...], y: Axis, *, is_category: bool
) -> tuple[Band | Line | Points, ...]:
    """Band and line, for categories an interval at each."""
    low = tuple(_clip(each.low[k], y) for k in kept)
    high = tuple(_clip(each.high[k], y) for k in kept)
    middle = tuple(_clip(each.median[k], y) for k in kept)
    texts = tuple(
        f"expected {number(each.median[k])}\n{number(each.low[k])} to {number(each.high[k])}"
        for k in kept
    )
    if is_category:
        xs = tuple(at for at in x for _ in range(3))
        ys = tuple(v for pair in zip(low, high, strict=True) for v in (*pair, None))
        return (
            Line(xs, ys, "model", width=5.0),
            Points(x, middle, "model", "expected", texts=texts, size=9.0),
        )
    return (
        Band(x, low, high, "model"),
        Line(x, middle, "model", "expected", texts, width=2.0),
    )


def _clip(value: float | None, y: Axis) -> float:
    return min(max(y.low if value is None else value, y.low), y.high)


def _places(column: Column, listed: Sequence[Any]) -> dict[Any, float]:
    """The place of each category by its value: first those of the search space (see `Column`)."""
    places: dict[Any, float] = {}
    for value in listed:
        places.setdefault(value_key(value), float(len(places)))
    pairs = zip(column.values, column.numbers, strict=True)
    return places | {value_key(value): float(at) for value, at in pairs if at is not None}


def _thinned(frame: Frame) -> Sequence[int]:
    counted = frame.counted
    stride = -(-len(counted) // MOST_RUNS) or 1
    return counted[::stride]
