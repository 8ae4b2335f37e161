"""How the metric depends on each parameter by itself, with a band that shows how sure."""

from __future__ import annotations

from collections.abc import Sequence

from nbsweep.analysis.charts.axes import (
    caption_of,
    metric_axis,
    placed,
    result_texts,
    value_texts,
)
from nbsweep.analysis.charts.chart import Band, Bars, Chart, Line, Mark, Panel, Points
from nbsweep.analysis.charts.leading import (
    hidden_words,
    leading,
    named,
    ranking,
    skill_words,
    still_words,
)
from nbsweep.analysis.charts.nothing import NO_METRIC, still_missing
from nbsweep.analysis.dependence import LEVEL, Dependence, dependence_bands
from nbsweep.analysis.frame import Column, Frame
from nbsweep.analysis.importance import MIN_RUNS, Importance
from nbsweep.analysis.metric_column import MetricColumn
from nbsweep.analysis.parallel_coordinates import beyond_text
from nbsweep.analysis.ticks import number_label
from nbsweep.wording import percent

MOST_PANELS = 6
_THICKNESS = 0.7  # of the mark of a category


def collect_dependence(
    frame: Frame, names: Sequence[str] | None = None, found: Importance | None = None
) -> Chart:
    """Partial dependence of the metric on parameters, over the runs.

    Args:
        frame: the runs.
        names: of parameters; by default the six most important.
        found: their importance, where it is known already.

    Raises:
        UsageError: there is no parameter of that name.
    """
    metric = frame.metric
    title = f"{frame.title} · partial dependence"
    if metric is None:
        return Chart("dependence", title, empty=NO_METRIC)
    found = found or ranking(frame)
    columns = named(frame, names) if names else leading(frame, MOST_PANELS, found)
    if not frame.counted or not columns:
        empty = still_missing(has_runs=bool(frame.counted))
        return Chart("dependence", title, empty=empty, caption=frame.remarks_text())
    curves = dependence_bands(frame, [column.name for column in columns])
    panels = [_panel(frame, metric, column, curves.get(column.name)) for column in columns]
    few = len(frame.counted) < MIN_RUNS
    caption = [
        f"band: {percent(LEVEL)} of forests that were grown on resampled runs" if curves else "",
        f"no curve yet: it takes {MIN_RUNS} runs, there are {len(frame.counted)}" if few else "",
        "" if names else hidden_words(frame, columns),
        "" if few else still_words(frame, columns, "curve"),
        beyond_text(metric),
        frame.remarks_text(),
    ]
    n = len(panels)
    return Chart(
        "dependence",
        title,
        panels=tuple(panels),
        subtitle="; ".join(
            filter(None, (f"what {metric.name} would be, all else staying as it is",
                          skill_words(found)))
        ),
        caption=caption_of(*caption),
        n_columns=min(3, n) if n != 4 else 2,
        height=220 if n > 1 else 300,
        shares_y=True,
    )  # fmt: skip


def _panel(frame: Frame, metric: MetricColumn, column: Column, curve: Dependence | None) -> Panel:
    runs = frame.counted
    axis, places = placed(column, runs, spread=True)
    values = [value for i in runs if (value := metric.values[i]) is not None]
    texts = zip(runs, value_texts(column, runs), result_texts(metric, runs), strict=True)
    marks: list[Mark] = []
    if curve is not None:
        marks += _curve(metric, column, curve)
    points = Points(
        x=places,
        y=tuple(map(metric.clip, values)),
        role="quiet",
        name="runs",
        texts=tuple(
            f"{frame.names[i]}\n{column.name} {value}\n{metric.name} {result}"
            for i, value, result in texts
        ),
        size=4.0,
    )
    return Panel(axis, metric_axis(metric), (points, *marks))


def _curve(metric: MetricColumn, column: Column, curve: Dependence) -> list[Mark]:
    """A line with a band; of categories a bar from low to high with its middle."""
    texts = tuple(
        f"{column.name} {_name(column, at)}\n{metric.name} {number_label(value, 4)} "
        f"({number_label(low, 4)} to {number_label(high, 4)})"
        for at, value, low, high in zip(*curve, strict=True)
    )
    if column.kind != "category":
        return [
            Band(curve.numbers, curve.low, curve.high, name="how sure"),
            Line(curve.numbers, curve.values, "model", "mean prediction", texts, width=2.2),
        ]
    xs = [x for at in curve.numbers for x in (at - _THICKNESS / 2, at + _THICKNESS / 2, at)]
    ys = [y for value in curve.values for y in (value, value, None)]
    return [
        Bars(curve.numbers, curve.low, curve.high, ("model",), is_horizontal=False,
             thickness=_THICKNESS, texts=texts, is_pale=True),
        Line(tuple(xs), tuple(ys), "model", "mean prediction", width=2.2),
    ]  # fmt: skip


def _name(column: Column, at: float) -> str:
    return column.categories[int(at)] if column.kind == "category" else number_label(at, 4)
