"""What runs cost against what they came to: duration, or any other number that runs report.

The front holds the runs that no other one beats in both: the cheapest way to each result.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from nbsweep.analysis.charts.axes import caption_of, metric_axis, number_axis, time_unit
from nbsweep.analysis.charts.chart import Chart, Line, Panel, Points, Role
from nbsweep.analysis.charts.nothing import why_empty
from nbsweep.analysis.frame import RUNTIME, Frame
from nbsweep.analysis.parallel_coordinates import beyond_text
from nbsweep.records import Metric, RunRecord, RunState, Snapshot, is_number
from nbsweep.wording import number, percent, plural

NEAR = 0.05  # of the way from the median run to the best: as good as the best, to most people


def collect_cost(frame: Frame, snapshot: Snapshot, by: str = RUNTIME) -> Chart:
    """The cost of each run that counts against its metric, with the front of the two.

    Args:
        frame: the runs, with a metric.
        snapshot: that the frame was made from.
        by: what it costs: the seconds that it took, or a summary key of which less is better.
    """
    metric = frame.metric
    what = "duration" if by == RUNTIME else by
    title = f"{frame.title} · {what} and {metric.name if metric else 'result'}"
    costs = [_cost(run, by) for run in snapshot.runs]
    places = [i for i in frame.counted if metric is not None and costs[i] is not None]
    if metric is None or not places:
        return Chart("cost", title, empty=_nothing(frame, what), caption=frame.remarks_text())
    values = {i: value for i in places if (value := metric.values[i]) is not None}
    cost = {i: cost for i in places if (cost := costs[i]) is not None}
    unit = time_unit(max(cost.values())) if by == RUNTIME else None
    scale = 1.0 if unit is None else unit.seconds
    front = cost_front(
        {i: (cost[i], metric.goal.sign * values[i]) for i in places if _keeps(frame, i)}
    )
    # The first runs of the front may be far beyond the axis: they came to nothing, at no cost.
    front = [i for i in front if metric.low <= values[i] <= metric.high]
    x = number_axis(f"duration ({unit.sign})" if unit else by, [c / scale for c in cost.values()])

    def points(kept: Sequence[int], role: Role, name: str, size: float = 7.0) -> Points:
        return Points(
            tuple(cost[i] / scale for i in kept),
            tuple(metric.clip(values[i]) for i in kept),
            role,
            name,
            texts=tuple(
                f"{frame.names[i]}\n{metric.name} {number(values[i], digits=metric.digits + 1)}\n"
                f"{what} {number(cost[i] / scale)}{f' {unit.sign}' if unit else ''}"
                for i in kept
            ),
            size=size,
        )

    stopped = [i for i in places if snapshot.runs[i].state is RunState.STOPPED]
    marked = {*front, *stopped}
    groups = (
        points([i for i in places if i not in marked], "run", "runs" if stopped else ""),
        points([i for i in stopped if i not in front], "stopped", "stopped early"),
        points(front, "best", "", 9.0),
    )
    line = Line(
        tuple(cost[i] / scale for i in front),
        tuple(metric.clip(values[i]) for i in front),
        "best",
        "cheapest way to each result",
        is_step=True,
    )
    untold = len(frame.counted) - len(places)
    return Chart(
        "cost",
        title,
        panels=(
            Panel(
                x,
                metric_axis(metric),
                (*([line] if len(front) > 1 else []), *(mark for mark in groups if mark.x)),
            ),
        ),
        subtitle=_subtitle(frame, front, cost, values, what),
        caption=caption_of(
            frame.remarks_text(),
            beyond_text(metric),
            f"{plural(untold, 'run')} without {what} left out" if untold else "",
            f"{plural(len(stopped), 'run')} stopped early would have cost more"
            if stopped and by == RUNTIME
            else "",
        ),
    )


def cost_front(points: dict[int, tuple[float, float]]) -> list[int]:
    """The runs that no other beats in both numbers, the cheapest first; of equals the first.

    Args:
        points: run to its cost and its value, lower is better in both.
    """
    front: list[int] = []
    least = math.inf
    for i in sorted(points, key=lambda i: (*points[i], i)):
        if points[i][1] < least:
            least = points[i][1]
            front.append(i)
    return front


def _cost(run: RunRecord, by: str) -> float | None:
    if by == RUNTIME:
        return run.duration_s
    return Metric(by).of(run.summary)


def _keeps(frame: Frame, i: int) -> bool:
    return not (frame.beyond and frame.beyond[i])


def _nothing(frame: Frame, what: str) -> str:
    if frame.metric is None or not frame.counted:
        return why_empty(frame)
    unknown = "It is not known how long the runs took." if what == "duration" else ""
    return unknown or f"No run that ended with a value of {frame.metric.name} has a {what}."


def _subtitle(
    frame: Frame,
    front: Sequence[int],
    cost: dict[int, float],
    values: dict[int, float],
    what: str,
) -> str:
    """Which run is nearly as good as the best of the front at a fraction of its cost."""
    metric = frame.metric
    if metric is None or not front:
        return ""
    best = front[-1]
    ordered = sorted(values.values())
    slack = NEAR * abs(ordered[len(ordered) // 2] - values[best])
    near = next((i for i in front if abs(values[i] - values[best]) <= slack), best)
    text = f"the best, {frame.names[best]}, has {metric.name} {number(values[best])}"
    if near == best or not is_number(cost[best]) or cost[best] <= 0:
        return text
    share = percent(cost[near] / cost[best])
    return f"{text}; {frame.names[near]} came to {number(values[near])} at {share} of its {what}"
