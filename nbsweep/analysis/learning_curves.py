"""Where the curves of runs under way are heading, with an interval.

Two ways, the first where enough runs have finished:

- like the others: of the finished runs those that stood nearest at the same step tell how
  far a run still comes from there;
- by its own curve: y = a + b·t^(−c), the power law that learning curves follow (Hestness
  et al. 2017; Domhan et al. 2015), with a and b by least squares for each c of a grid, the
  c weighted by how well they fit.

Both give a mean and a standard deviation; intervals hold 80 % by Student's t.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from nbsweep.records import Curve, Goal, RunState

Array = npt.NDArray[np.float64]

MIN_LIKE = 5  # finished runs, for a forecast from them
NEAREST = 0.3  # share of the finished runs that are near enough
MIN_POINTS = 6  # of a run's own curve, for a fit of three numbers
POWERS = np.geomspace(0.1, 3.0, 16)
Z80 = NormalDist().inv_cdf(0.9)


@dataclass(frozen=True)
class CurveForecast:
    """Where one run is heading.

    Attributes:
        run_id: the run.
        step: the last that it logged.
        horizon: step that the forecast is for: where finished runs ended, by the median.
        value, low, high: the metric there, and an interval that holds it with 80 %
            probability.
        chance: that it ends better than the best run so far; None without one.
        like_others: whether the forecast comes from finished runs, else from the run's
            own curve.
    """

    run_id: str
    step: int
    horizon: int
    value: float
    low: float
    high: float
    chance: float | None
    like_others: bool


def forecast_curves(
    curves: Mapping[str, Curve], goal: Goal | str = Goal.MINIMIZE, best: float | None = None
) -> list[CurveForecast]:
    """Forecasts of those runs under way of which one can be made, in the order of `curves`.

    Args:
        curves: run id to curve, of all runs.
        goal: "minimize" or "maximize".
        best: the best value so far.
    """
    finished = [c for c in curves.values() if c.state is RunState.FINISHED and c.steps]
    if not finished:
        return []
    horizon = int(np.median([curve.steps[-1] for curve in finished]))
    forecasts = []
    for curve in curves.values():
        if curve.state.ended or not curve.steps or curve.steps[-1] >= horizon:
            continue
        like_others = _like_others(curve, finished)
        end = like_others or _own_curve(curve, horizon)
        if end is None or not all(map(math.isfinite, end)):
            continue
        value, sd, freedom = end
        reach = student80(freedom) * sd
        chance = None
        if best is not None:
            ahead = Goal(goal).sign * (best - value)
            chance = NormalDist().cdf(ahead / sd) if sd > 0 else float(ahead > 0)
        forecasts.append(
            CurveForecast(
                curve.run_id,
                curve.steps[-1],
                horizon,
                value,
                value - reach,
                value + reach,
                chance,
                like_others is not None,
            )
        )
    return forecasts


def student80(freedom: int) -> float:
    """The 0.9 quantile of Student's t (Cornish-Fisher, two terms; 0.3 % off from 4 on)."""
    z, f = Z80, float(max(freedom, 1))
    return z + (z**3 + z) / (4 * f) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * f * f)


def _like_others(curve: Curve, finished: Sequence[Curve]) -> tuple[float, float, int] | None:
    """Value at the end, standard deviation and degrees of freedom, from the nearest others."""
    step, value = curve.steps[-1], curve.values[-1]
    others = [c for c in finished if c.steps[0] <= step <= c.steps[-1]]
    if len(others) < MIN_LIKE:
        return None
    there = np.array([np.interp(step, c.steps, c.values) for c in others])
    still = np.array([c.values[-1] for c in others]) - there
    k = max(MIN_LIKE, round(NEAREST * len(others)))
    nearest = np.argsort(np.abs(there - value), kind="stable")[:k]
    with np.errstate(all="ignore"):  # diverged runs: values up to 1e308
        sd = float(np.std(still[nearest], ddof=1)) * math.sqrt(1 + 1 / k)
        end = value + float(still[nearest].mean())
    return (end, sd, k - 1) if math.isfinite(end) and math.isfinite(sd) else None


def _own_curve(curve: Curve, horizon: int) -> tuple[float, float, int] | None:
    n = len(curve.values)
    if n < MIN_POINTS:
        return None
    first = curve.steps[0]
    t = np.array(curve.steps, dtype=float) - first + 1
    centre = curve.values[-1]
    scale = max(abs(value / 2 - centre / 2) for value in curve.values) * 2
    if scale == 0.0 or not math.isfinite(scale):
        return None  # a flat curve says nothing of where it ends
    y = np.array(curve.values) / scale - centre / scale
    freedom = n - 3
    means, variances, weights = [], [], []
    for power in POWERS:
        columns = np.column_stack([np.ones(n), t**-power])
        there = np.array([1.0, float(horizon - first + 1) ** -power])
        gram = np.linalg.pinv(columns.T @ columns)
        coefficients = gram @ columns.T @ y
        error = float(np.sum((y - columns @ coefficients) ** 2))
        noise = max(error / freedom, 1e-12)
        means.append(float(there @ coefficients))
        variances.append(noise * (1.0 + float(there @ gram @ there)))
        weights.append(-0.5 * n * math.log(noise))
    weight = np.exp(np.array(weights) - max(weights))
    weight /= weight.sum()
    mean = float(weight @ means)
    variance = float(weight @ (np.array(variances) + (np.array(means) - mean) ** 2))
    return centre + scale * mean, scale * math.sqrt(variance), freedom
