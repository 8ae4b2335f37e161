"""Which values the axis of learning curves holds, as `shownRange` of the page's chart
(frontend/src/curves_chart.js).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from nbsweep.analysis.metric_column import MetricColumn

# What is usual, how far beyond it a value may lie, what share of the poorest may be beyond.
_USUAL, _REACH, _FAR = 0.75, 2, 0.02


def shown_range(curves: Sequence[Sequence[float]], metric: MetricColumn) -> tuple[float, float]:
    """The values that the axis holds: all but the far ones at the poor end.

    The first values of a training are often far away and not what is compared, so one
    in fifty may be beyond; and so may a diverged run, which would flatten all others.
    """
    values = sorted(value for curve in curves for value in curve)
    n = len(values) - 1
    low, high = values[0], values[n]
    if metric.is_minimized:
        high = values[round((1 - _FAR) * n)]
    else:
        low = values[round(_FAR * n)]
    is_log = metric.kind == "log" and values[0] > 0
    place: Callable[[float], float] = math.log if is_log else lambda value: value / 4
    usual = math.floor(_USUAL * (len(curves) - 1))
    tops, feet = sorted(map(max, curves)), sorted(map(min, curves))
    ends = sorted(map(place, (tops[usual], feet[len(curves) - 1 - usual])))
    reach = _REACH * (ends[1] - ends[0])
    near = [v for v in values if ends[0] - reach <= place(v) <= ends[1] + reach]
    best = metric.best if metric.values else near[0]
    start, stop = min(best, near[0]), max(best, near[-1])
    # Cutting pays when it at least doubles the room of what stays.
    if reach > 0 and place(high) - place(low) > 2 * (place(stop) - place(start)):
        low, high = max(low, start), min(high, stop)
    return low, high
