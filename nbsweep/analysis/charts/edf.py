"""The share of runs that reached a value of the metric, or a better one.

The empirical distribution function shows how good a search space is by itself: two sweeps of
the same budget are compared by it in Radosavovic, Kosaraju, Girshick, He & Dollár, "Designing
network design spaces", CVPR 2020.
"""

from __future__ import annotations

from nbsweep.analysis.charts.chart import Axis, Chart, Line, Panel, Rule
from nbsweep.analysis.frame import Frame
from nbsweep.wording import number, plural


def collect_edf(frame: Frame) -> Chart:
    """The distribution of the metric over the runs that count, the good side at the left.

    Runs far beyond the bad end of the metric's axis are counted, and not drawn.
    """
    metric = frame.metric
    title = f"{frame.title} · distribution of {metric.name if metric else 'the metric'}"
    values = sorted(
        value
        for i in frame.counted
        if metric is not None and (value := metric.values[i]) is not None
    )
    if metric is None or not values:
        empty = (
            "The sweep has no metric to draw."
            if metric is None
            else f"No run has ended with a value of {metric.name} yet."
        )
        return Chart("edf", title, empty=empty, caption=frame.remarks_text())
    if not metric.is_minimized:
        values.reverse()
    n = len(values)
    shares = [(i + 1) / n for i in range(n)]
    middle = values[(n - 1) // 2]
    drawn = [k for k, value in enumerate(values) if metric.low <= value <= metric.high]
    beyond = n - len(drawn)
    line = Line(
        x=tuple(values[k] for k in drawn),
        y=tuple(shares[k] for k in drawn),
        role="model",
        width=2.0,
        is_step=True,
        texts=tuple(
            f"{metric.name} {number(values[k])}\n{k + 1} of {plural(n, 'run')}" for k in drawn
        ),
    )
    side = "or less" if metric.is_minimized else "or more"
    return Chart(
        "edf",
        title,
        panels=(
            Panel(
                Axis(
                    metric.name,
                    metric.low,
                    metric.high,
                    "log" if metric.kind == "log" else "linear",
                    is_reversed=not metric.is_minimized,
                ),
                Axis(f"share of runs with this {side}", 0.0, 1.0),
                (line, Rule(middle, is_vertical=True, text=f"half of the runs: {number(middle)}")),
            ),
        ),
        subtitle=f"half of {plural(n, 'run')} reached {number(middle)} {side}",
        caption="; ".join(
            filter(
                None,
                (
                    frame.remarks_text(),
                    f"{plural(beyond, 'run')} beyond the axis" if beyond else "",
                ),
            )
        ),
    )
