"""The share of runs that reached a value of the metric, or a better one.

The empirical distribution function shows how good a search space is by itself: two sweeps of
the same budget are compared by it in Radosavovic, Kosaraju, Girshick, He & Dollár, "Designing
network design spaces", CVPR 2020.
"""

from __future__ import annotations

from collections.abc import Sequence

from nbsweep.analysis.charts.axes import caption_of, metric_axis, metric_title
from nbsweep.analysis.charts.chart import Axis, Chart, Line, Panel, Role, Rule
from nbsweep.analysis.charts.nothing import NO_METRIC, no_value
from nbsweep.analysis.frame import Frame
from nbsweep.analysis.metric_column import MetricColumn, metric_column
from nbsweep.wording import joined, number, plural


def collect_edf(frame: Frame, others: Sequence[Frame] = ()) -> Chart:
    """The distribution of the metric over the runs that count, the good side at the left.

    Runs far beyond the bad end of the metric's axis are counted, and not drawn.

    Args:
        frame: the runs.
        others: further sweeps to compare it with, each of the same metric: a line each.
    """
    metric = frame.metric
    title = f"{frame.title} · distribution of {metric.name if metric else 'the metric'}"
    sets = [(each, _sorted(each, metric)) for each in (frame, *others)]
    known = [(each, values) for each, values in sets if values]
    if metric is None or not known:
        empty = NO_METRIC if metric is None else no_value(metric.name)
        return Chart("edf", title, empty=empty, caption=frame.remarks_text())
    if others:
        pooled = [value for _, values in known for value in values]
        metric = metric_column(metric.name, metric.goal, pooled, range(len(pooled)))
    lines = [
        _line(each, values, metric, k if others else "model")
        for k, (each, values) in enumerate(known)
    ]
    side = "or less" if metric.is_minimized else "or more"
    halves = [
        (each.title, plural(len(values), "run"), number(values[(len(values) - 1) // 2]))
        for each, values in known
    ]
    subtitle = f"half of {halves[0][1]} reached {halves[0][2]} {side}"
    rules: tuple[Rule, ...] = ()
    if others:
        subtitle = joined([f"half of {n} of {name} reached {at}" for name, n, at in halves], "and")
        subtitle += f", {side}"
    else:
        middle = known[0][1][(len(known[0][1]) - 1) // 2]
        rules = (Rule(middle, is_vertical=True, text=f"half of the runs: {halves[0][2]}"),)
    beyond = sum(not metric.low <= v <= metric.high for _, values in known for v in values)
    without = [each.title for each, values in sets if not values]
    return Chart(
        "edf",
        title,
        panels=(
            Panel(
                Axis(
                    metric_title(metric.name),
                    metric.low,
                    metric.high,
                    metric_axis(metric).kind,
                    is_reversed=not metric.is_minimized,
                ),
                Axis(f"share of runs with this {side}", 0.0, 1.0),
                (*lines, *rules),
            ),
        ),
        subtitle=subtitle,
        caption=caption_of(
            frame.remarks_text() if not others else "",
            f"without a value of {metric.name}: {', '.join(without)}" if without else "",
            f"{plural(beyond, 'run')} beyond the axis" if beyond else "",
        ),
    )


def _sorted(frame: Frame, metric: MetricColumn | None) -> list[float]:
    """The values of the runs that count, the best first, by the goal of the first sweep."""
    if frame.metric is None or metric is None:
        return []
    values = [value for i in frame.counted if (value := frame.metric.values[i]) is not None]
    return sorted(values, reverse=not metric.is_minimized)


def _line(frame: Frame, values: Sequence[float], metric: MetricColumn, role: Role | int) -> Line:
    n = len(values)
    drawn = [k for k, value in enumerate(values) if metric.low <= value <= metric.high]
    name = "" if role == "model" else frame.title
    heading = f"{name}\n" if name else ""
    return Line(
        x=tuple(values[k] for k in drawn),
        y=tuple((k + 1) / n for k in drawn),
        role=role,
        name=name,
        width=2.0,
        is_step=True,
        texts=tuple(
            f"{heading}{metric.name} {number(values[k])}\n{k + 1} of {plural(n, 'run')}"
            for k in drawn
        ),
    )
