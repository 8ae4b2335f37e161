"""How far a sweep has come: best value so far, and its distance to the optimum."""

from __future__ import annotations

import math
from collections.abc import Sequence

from nbsweep.records import Goal


def best_so_far(
    values: Sequence[float | None], goal: Goal | str = Goal.MINIMIZE
) -> list[float | None]:
    """The best of all values up to and including each one; None before the first.

    Args:
        values: metric of each run in order, shape (n,); None and NaN are skipped.
        goal: "minimize" or "maximize".

    Returns:
        Shape (n,); infinities count as the values they are.
    """
    goal = Goal(goal)
    best: float | None = None
    sequence = []
    for value in values:
        if value is not None and not math.isnan(value):
            best = value if best is None else goal.best((best, value))
        sequence.append(best)
    return sequence


def simple_regret(
    values: Sequence[float | None], optimum: float, goal: Goal | str = Goal.MINIMIZE
) -> list[float | None]:
    """Distance of the best value so far to the known optimum, >= 0; None before the first.

    r_t = |min_{s <= t} f(x_s) - f*|, for maximise with max. Values better than the
    optimum, which noise produces, count as 0.

    Args:
        values: metric of each run in order, shape (n,); None and NaN are skipped.
        optimum: f*, in the metric's own sign.
        goal: "minimize" or "maximize".
    """
    sign = Goal(goal).sign
    return [
        None if best is None else max(0.0, sign * (best - optimum))
        for best in best_so_far(values, goal)
    ]
