"""Which values the axis of learning curves holds, as `shownRange` of the page's chart
(frontend/src/shown_range.js).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from nbsweep.analysis.metric_column import MetricColumn

# What is usual, how far beyond it a value may lie, what share of the poorest may be beyond.
_USUAL, _REACH, _FAR = 0.75, 2, 0.02
_PAYS = 1.3  # how many times the room these would take, or they are not left out
_FAR_START = 4  # how many times the range of what follows a first value is away from it
_LONG = 3  # values that a curve with a first value to leave out has more than

Place = Callable[[float], float]


def shown_range(curves: Sequence[Sequence[float]], metric: MetricColumn) -> tuple[float, float]:
    """The values that the axis holds: all but the far ones at the poor end.

    The first values of a training are often far away and not what is compared, so one
    in fifty may be beyond; and so may a diverged run, which would flatten all others.
    """
    is_log = metric.kind == "log" and all(value > 0 for curve in curves for value in curve)
    place: Place = math.log if is_log else lambda value: value / 4
    curves = _without_far_starts(curves, place)
    values = sorted(value for curve in curves for value in curve)
    n = len(values) - 1
    low, high = values[0], values[n]
    most = (low, values[round((1 - _FAR) * n)])
    if not metric.is_minimized:
        most = (values[round(_FAR * n)], high)
    if place(high) - place(low) > _PAYS * (place(most[1]) - place(most[0])):
        low, high = most
    ends = _usual_ends(curves, place)
    reach = _REACH * (ends[1] - ends[0])
    near = [v for v in values if ends[0] - reach <= place(v) <= ends[1] + reach]
    best = metric.best if metric.values else near[0]
    start, stop = min(best, near[0]), max(best, near[-1])
    # Cutting pays when it at least doubles the room of what stays.
    if reach > 0 and place(high) - place(low) > 2 * (place(stop) - place(start)):
        low, high = max(low, start), min(high, stop)
    return low, high


def _usual_ends(curves: Sequence[Sequence[float]], place: Place) -> list[float]:
    """Where the curves of most runs lie."""
    usual = math.floor(_USUAL * (len(curves) - 1))
    tops, feet = sorted(map(max, curves)), sorted(map(min, curves))
    return sorted(map(place, (tops[usual], feet[len(curves) - 1 - usual])))


def _without_far_starts(
    curves: Sequence[Sequence[float]], place: Place
) -> Sequence[Sequence[float]]:
    """The curves from their second value on, where the first is mostly far from all others."""
    long = [curve for curve in curves if len(curve) > _LONG]
    if not long or 2 * len(long) < len(curves):
        return curves
    bottom, top = _usual_ends([curve[1:] for curve in long], place)
    away = sorted(max(place(curve[0]) - top, bottom - place(curve[0])) for curve in long)
    if not away[len(away) // 2] > _FAR_START * (top - bottom) > 0:
        return curves
    return [curve[1:] if len(curve) > _LONG else curve for curve in curves]
