"""Where the curves of runs under way are heading, with an interval: `search.curve_model`'s word."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nbsweep.records import Curve, Goal, Metric
from nbsweep.search.curve_model import CurveModel, ShownRun
from nbsweep.search.encoding import Encoding
from nbsweep.space.search_space import SearchSpace
from nbsweep.space.seeds import without_seeds
from nbsweep.sweep_config import SweepConfig


@dataclass(frozen=True)
class CurveForecast:
    """Where one run is heading.

    Attributes:
        run_id: the run.
        step: the last that it logged.
        horizon: step that the forecast is for: at its pace, the run has as many values there
            as finished runs had, by the median (of those longer than it already is).
        value, low, high: the metric there, and an interval that holds it with 80 %
            probability.
        chance: that it ends better than the best run so far; None without one.
        like_others: whether enough finished runs have shown how curves go on; else the
            forecast rests on the run's own curve.
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
    curves: Mapping[str, Curve],
    goal: Goal | str = Goal.MINIMIZE,
    best: float | None = None,
    config: SweepConfig | None = None,
    params: Mapping[str, Mapping[str, Any]] | None = None,
) -> list[CurveForecast]:
    """Forecasts of those runs under way of which one can be made, in the order of `curves`.

    Args:
        curves: run id to curve, of all runs.
        goal: "minimize" or "maximize"; the config's, where there is one.
        best: the best value so far.
        config: of the sweep, whose mode of the metric counts and whose params tell.
        params: run id to params; without them the curves alone tell.
    """
    metric = config.metric if config and config.metric else Metric("", Goal(goal))
    space = config.space if config and params is not None else SearchSpace.of({})
    live = [c for c in curves.values() if c.values and not c.state.ended]
    if not live:
        return []
    known = params or {}
    runs = [ShownRun(known.get(run_id, {}), curve) for run_id, curve in curves.items()]
    model = CurveModel.fitted(Encoding(without_seeds(space)), metric, runs)
    if model is None:
        return []
    forecasts = []
    for curve in live:
        end = model.end(curve.run_id)
        if end is None or not all(map(math.isfinite, (end.value, end.low, end.high))):
            continue
        forecasts.append(
            CurveForecast(
                curve.run_id,
                curve.steps[-1],
                _step_of(end.horizon, curve, curves),
                end.value,
                end.low,
                end.high,
                None if best is None else end.chance(best),
                model.knows_others,
            )
        )
    return forecasts


def _step_of(iteration: int, curve: Curve, curves: Mapping[str, Curve]) -> int:
    """The step at which a curve gets to an iteration, going on at its pace."""
    if len(curve.steps) < 2:
        ends = [c.steps[iteration - 1] for c in curves.values() if len(c.steps) >= iteration]
        return sorted(ends)[len(ends) // 2] if ends else iteration - 1
    pace = (curve.steps[-1] - curve.steps[0]) / (len(curve.steps) - 1)
    return round(curve.steps[-1] + (iteration - len(curve.steps)) * pace)
