"""The curves of several metrics side by side: what each was when a run had got so far. Pure.

Metrics need not be logged in the same rows, nor as often: a loss each epoch, an accuracy each
fifth, the number of weights once. One of them is the clock, the first in the config's order of
those that are logged about as often as any. A run is at iteration k with the clock's k-th
value, and its other metrics are there what was logged last up to that step.

A metric that has shown only NaN or infinity lately (`records.iterations`) is infinitely bad
from its last finite value on. One that a run has not shown by then is unknown.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf, isfinite, isinf
from typing import Any, NamedTuple

from nbsweep.objectives import Point
from nbsweep.records import Curve, Metric, RunState, aggregated

ABOUT_AS_OFTEN = 0.9  # of the values of the metric that is logged most


class Standing(NamedTuple):
    """Where a run stands beside others.

    Attributes:
        point: its objectives, low values good; None while one of them has not been shown.
        violation: of the limits, as in `objectives.Judged`; one that has not been shown yet
            counts as kept, one that has diverged as broken beyond all bounds.
    """

    point: Point | None
    violation: float

    @property
    def is_finite(self) -> bool:
        """Whether it is known, and nothing in it has diverged."""
        known = self.point is not None and all(map(isfinite, self.point))
        return known and isfinite(self.violation)


@dataclass(frozen=True)
class JointRun:
    """One run by the metrics of its sweep.

    Attributes:
        metrics: of the sweep, in the order of its config.
        curves: of each of them.
        clock: which of them counts the iterations.
        params: of the run.
    """

    metrics: Sequence[Metric]
    curves: Sequence[Curve]
    clock: int
    params: Mapping[str, Any]

    @property
    def run_id(self) -> str:
        """The run."""
        return self.curves[0].run_id

    @property
    def state(self) -> RunState:
        """Its state."""
        return self.curves[0].state

    @property
    def iterations(self) -> int:
        """How far it has got, see `records.iterations`; by another metric without the clock."""
        own = self.curves[self.clock].iterations
        return own or max(curve.iterations for curve in self.curves)

    def standing(self, iteration: int, how: str = "last") -> Standing:
        """Where the run stands at an iteration that it has reached.

        Args:
            iteration: counted from 1.
            how: what counts of each objective: its "last" value, or the "best" or the "mean"
                of its finite values, up to then.
        """
        step = self._step(iteration)
        point, violation = [], 0.0
        for metric, curve in zip(self.metrics, self.curves, strict=True):
            last = _value_at(curve, step)
            values = curve.values[: bisect_right(curve.steps, step)]
            if metric.has_limit and last is not None:
                violation += metric.beyond(metric.of_curve(values)) if isfinite(last) else inf
            if metric.is_objective:
                if how != "last" and values:
                    last = aggregated(values, metric.goal.extreme if how == "best" else how)
                point.append(_signed(metric, last))
        known = tuple(value for value in point if value is not None)
        return Standing(known if len(known) == len(point) else None, violation)

    def result(self) -> Standing:
        """What it amounts to, by the mode of each metric; limits that are unknown are broken."""
        point, violation = [], 0.0
        for metric, curve in zip(self.metrics, self.curves, strict=True):
            is_known = curve.values and curve.iterations == len(curve.values)
            value = metric.of_curve(curve.values) if is_known else inf
            if metric.has_limit:
                violation += metric.beyond(value) if is_known else inf
            if metric.is_objective:
                point.append(metric.sign * value if is_known else inf)
        return Standing(tuple(point), violation)

    def until(self, iteration: int) -> JointRun:
        """The run as it was at an iteration, under way."""
        step, kept = self._step(iteration), []
        for i, curve in enumerate(self.curves):
            count = bisect_right(curve.steps, step)
            lost = curve.diverged if _value_at(curve, step) == inf else 0
            if i == self.clock:
                lost = max(0, iteration - count)
            kept.append(
                replace(
                    curve,
                    state=RunState.RUNNING,
                    steps=curve.steps[:count],
                    values=curve.values[:count],
                    diverged=lost,
                )
            )
        return replace(self, curves=tuple(kept))

    def in_state(self, state: RunState) -> JointRun:
        """The run in another state."""
        return replace(self, curves=tuple(replace(curve, state=state) for curve in self.curves))

    def _step(self, iteration: int) -> float:
        curve = self.curves[self.clock]
        if not curve.values and not curve.diverged:  # without the clock: the metric shown most
            curve = max(self.curves, key=lambda each: each.iterations)
        return curve.steps[iteration - 1] if iteration <= len(curve.steps) else inf


def joint_runs(
    metrics: Sequence[Metric],
    curves_of: Mapping[str, Mapping[str, Curve]],
    params: Mapping[str, Mapping[str, Any]],
) -> list[JointRun]:
    """The runs of a sweep by its metrics, in the order of the first one's curves.

    Args:
        metrics: of the sweep, at least one.
        curves_of: name of each of them to run id to curve, see `Snapshot.curves_of`.
        params: run id to params, as far as they are looked at.
    """
    of_metrics = [curves_of[metric.name] for metric in metrics]
    shown = [sum(curve.iterations for curve in curves.values()) for curves in of_metrics]
    often = ABOUT_AS_OFTEN * max(shown)
    clock = next(i for i, count in enumerate(shown) if count >= often)
    return [
        JointRun(metrics, tuple(c[run_id] for c in of_metrics), clock, params.get(run_id, {}))
        for run_id in of_metrics[0]
    ]


def _value_at(curve: Curve, step: float) -> float | None:
    """What a metric was at a step: infinite where it has diverged, None where not shown."""
    count = bisect_right(curve.steps, step)
    has_diverged = curve.iterations > len(curve.values)
    if has_diverged and count == len(curve.values) and (not count or step > curve.steps[-1]):
        return inf
    return curve.values[count - 1] if count else None


def _signed(metric: Metric, value: float | None) -> float | None:
    return value if value is None or isinf(value) else metric.sign * value
