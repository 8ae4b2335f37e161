"""Pairs of parameters, the runs as points coloured by their rank in the metric.

Ranks show where good runs lie however the values spread: a tenth of the colours is a tenth
of the runs.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from nbsweep.analysis.charts.axes import caption_of, placed, result_texts, value_texts
from nbsweep.analysis.charts.chart import Chart, ColourBar, Panel, Points, Tick
from nbsweep.analysis.charts.leading import hidden_words, leading, named, ranking
from nbsweep.analysis.charts.nothing import NO_METRIC, still_missing
from nbsweep.analysis.frame import Column, Frame
from nbsweep.analysis.importance import Importance
from nbsweep.analysis.metric_column import MetricColumn
from nbsweep.analysis.parallel_coordinates import best_text
from nbsweep.wording import plural

MOST_PARAMS = 4  # whose pairs are drawn: six panels
_MANY = 200  # runs from which on points are smaller


def collect_rank(
    frame: Frame, names: Sequence[str] | None = None, found: Importance | None = None
) -> Chart:
    """Each pair of some parameters, the best runs darkest and on top.

    Args:
        frame: the runs.
        names: of parameters; by default the four most important.
        found: their importance, where it is known already.

    Raises:
        UsageError: there is no parameter of that name.
    """
    metric = frame.metric
    title = f"{frame.title} · rank of {metric.name if metric else 'the metric'}"
    if metric is None:
        return Chart("rank", title, empty=NO_METRIC)
    columns = named(frame, names) if names else leading(frame, MOST_PARAMS, found or ranking(frame))
    if not frame.counted or len(columns) < 2:
        empty = still_missing(has_runs=bool(frame.counted), parameters="two parameters that vary")
        return Chart("rank", title, empty=empty, caption=frame.remarks_text())
    shades = _shares(frame, metric)
    runs = sorted(frame.counted, key=lambda i: shades[i])
    pairs = list(combinations(columns, 2))
    panels = [_panel(frame, metric, x, y, runs, shades) for x, y in pairs]
    caption = [
        "" if names else hidden_words(frame, columns),
        frame.remarks_text(),
    ]
    n = len(panels)
    return Chart(
        "rank",
        title,
        panels=tuple(panels),
        subtitle=best_text(frame),
        caption=caption_of(*caption),
        n_columns=min(3, n),
        height=220 if n > 1 else 360,
        colours=ColourBar(
            "rank", (Tick(0.0, "worst"), Tick(0.5, "median"), Tick(0.9, "10 %"), Tick(1.0, "best"))
        ),
    )


def _shares(frame: Frame, metric: MetricColumn) -> dict[int, float]:
    """Of each run, the share of the others that are worse; equals count half."""
    values = {i: value for i in frame.counted if (value := metric.values[i]) is not None}
    signed = sorted(-metric.goal.sign * value for value in values.values())
    first: dict[float, int] = {}
    last: dict[float, int] = {}
    for k, value in enumerate(signed):
        first.setdefault(value, k)
        last[value] = k
    whole = max(len(signed) - 1, 1)
    return {
        i: (first[value] + last[value]) / 2 / whole
        for i, value in ((i, -metric.goal.sign * value) for i, value in values.items())
    }


def _panel(
    frame: Frame,
    metric: MetricColumn,
    x: Column,
    y: Column,
    runs: Sequence[int],
    shades: dict[int, float],
) -> Panel:
    x_axis, xs = placed(x, runs, spread=True)
    y_axis, ys = placed(y, runs, spread=True)
    n = len(runs)
    lines = zip(
        runs, value_texts(x, runs), value_texts(y, runs), result_texts(metric, runs), strict=True
    )
    points = Points(
        x=xs,
        y=ys,
        shades=tuple(shades[i] for i in runs),
        texts=tuple(
            f"{frame.names[i]} · better than {shades[i]:.0%} of {plural(n, 'run')}\n"
            f"{x.name} {at}\n{y.name} {up}\n{metric.name} {result}"
            for i, at, up, result in lines
        ),
        size=7.0 if n <= _MANY else 4.0,
    )
    return Panel(x_axis, y_axis, (points,))
