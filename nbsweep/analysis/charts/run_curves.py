"""The curves of two runs, or of a few, over each other: a panel for each metric."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from nbsweep.analysis.charts.chart import Axis, Chart, Line, Panel
from nbsweep.analysis.metric_column import metric_column
from nbsweep.analysis.metric_names import likely_goal
from nbsweep.records import HistoryRow, flat, is_number
from nbsweep.wording import number, plural

MOST_PANELS = 9


def collect_run_curves(
    runs: Sequence[tuple[str, Sequence[HistoryRow]]],
    *,
    title: str = "curves",
    first: Sequence[str] = (),
) -> Chart:
    """A panel for each metric that was logged more than once, the runs' lines over each other.

    Args:
        runs: the label of each, and what it logged.
        title: of the chart.
        first: names of the metrics whose panels come first.
    """
    curves = [(label, _curves(rows)) for label, rows in runs]
    names = [name for _, each in curves for name, (steps, _) in each.items() if len(steps) > 1]
    ordered = list(dict.fromkeys([*(name for name in first if name in names), *names]))
    if not ordered:
        return Chart("run_curves", title, empty="None of the runs logged a number more than once.")
    panels = tuple(_panel(name, curves) for name in ordered[:MOST_PANELS])
    hidden = len(ordered) - len(panels)
    return Chart(
        "run_curves",
        title,
        panels=panels,
        caption=f"{plural(hidden, 'more metric')} not drawn" if hidden else "",
        n_columns=min(len(panels), 3),
        height=230,
    )


Curves = Mapping[str, tuple[list[float], list[float]]]


def _curves(rows: Sequence[HistoryRow]) -> Curves:
    curves: dict[str, tuple[list[float], list[float]]] = {}
    for row in rows:
        values: Mapping[str, Any] = row.values
        for name, value in flat(values):
            if is_number(value) and not name.startswith("_"):
                steps, numbers = curves.setdefault(name, ([], []))
                steps.append(float(row.step))
                numbers.append(float(value))
    return curves


def _panel(name: str, curves: Sequence[tuple[str, Curves]]) -> Panel:
    every = [value for _, each in curves if name in each for value in each[name][1]]
    steps = [step for _, each in curves if name in each for step in each[name][0]]
    column = metric_column(name, likely_goal(name), every, range(len(every)))
    low, high = column.low, column.high
    if low == high:
        room = abs(low) * 0.1 or 1.0
        low, high = low - room, high + room
    y = Axis(name, low, high, "log" if column.kind == "log" else "linear")
    first, last = min(steps), max(steps)
    x = Axis("step", first, last if last > first else first + 1.0, is_integer=True)
    lines = tuple(
        Line(
            tuple(each[name][0]),
            tuple(column.clip(value) for value in each[name][1]),
            role=i,
            name=label,
            texts=tuple(
                f"{label}\nstep {int(step)}\n{name} {number(value)}"
                for step, value in zip(*each[name], strict=True)
            ),
        )
        for i, (label, each) in enumerate(curves)
        if name in each
    )
    return Panel(x, y, lines)
