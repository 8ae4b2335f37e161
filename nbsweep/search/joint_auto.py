"""Early termination without parameters, by several objectives and limits. Pure.

A run is stopped when its chance to enter the front is below 1 − confidence. Each metric's
end is predicted by a model of its own (`going_on`), which says nothing of how the ends of two
metrics go together, and they do: what costs accuracy often saves time. So the chance is one
that they cannot exceed, however they depend on each other. With f the points of the front and
y the run's end, both to be minimised,

    P(y is not dominated) ≤ min over f of P(some y_j < f_j) ≤ min over f of Σ_j P(y_j < f_j)

by Boole's inequality; with independent ends the inner probability would be 1 − Π(1 − p_j),
which is the same but for p². In the same way the chance to keep all limits is at most that of
the one that is least likely to be kept, and both bound the chance to end on the front. With
one objective it is the chance to beat the best run that keeps the limits.

The front is that of the runs which have ended: what a run shows on its way need not stay.
As with one metric (`auto_stop`, whose safeguards hold here too) the chance of each objective
is not below the share of finished runs that made up as much as late, and what cannot be
predicted does not count against a run: while that holds for one objective, it is let go on,
unless a limit is lost.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from nbsweep.objectives import Point, front
from nbsweep.records import Metric, RunState
from nbsweep.search.auto_stop import FEW, is_to_be_checked, reason_of_divergence
from nbsweep.search.joint_curves import JointRun
from nbsweep.search.joint_ends import End, MetricEnds, limits_of
from nbsweep.sweep_config import SweepConfig
from nbsweep.wording import number, percent


class Chance(NamedTuple):
    """The most that a run's chance to end on the front can be.

    Attributes:
        value: a probability.
        reason: in words, what is expected of it.
        is_beyond_half: whether less than half of it is left, as far as that is known.
    """

    value: float
    reason: str
    is_beyond_half: bool


def joint_auto_stops(
    config: SweepConfig, runs: Sequence[JointRun], judged: Sequence[JointRun]
) -> dict[str, str]:
    """Id of each run that is stopped now, to the reason.

    Args:
        config: the sweep, with `metrics` and `early_terminate` of type "auto".
        runs: all of its runs, ended ones included.
        judged: those under way of them that may be stopped.
    """
    rule = config.early_terminate
    if rule is None:
        return {}
    first = rule.min_iter or 1
    judged = [run for run in judged if run.iterations >= first]
    reasons = {run.run_id: reason for run in judged if (reason := _diverged(run, runs))}
    rest = [run for run in judged if run.run_id not in reasons]
    if not rest or is_to_be_checked([run.state for run in runs]):
        return reasons
    chances = Chances(config, runs)
    is_early = sum(run.state is RunState.FINISHED for run in runs) < FEW
    for run in rest:
        chance = chances.of(run)
        may_end = chance.value < 1 - rule.confidence
        if may_end and not (is_early and chance.is_beyond_half):
            reasons[run.run_id] = chance.reason
    return reasons


class Chances:
    """What chance runs have to end on the front; see the module.

    Args:
        config: the sweep, with `metrics`.
        runs: all of its runs.
    """

    def __init__(self, config: SweepConfig, runs: Sequence[JointRun]) -> None:
        self._ends = [MetricEnds(config, i, runs) for i in range(len(config.metrics))]
        self._objectives = config.objectives
        self._has_front = config.has_front
        self._front = _front(runs)

    def of(self, run: JointRun) -> Chance:
        """The chance of a run under way."""
        predicted = {ends.metric: ends.of(run) for ends in self._ends}
        ends = {metric: end for metric, end in predicted.items() if end is not None}
        halves = [end.is_beyond_half for end in ends.values() if end.is_beyond_half is not None]
        is_late = bool(halves) and halves[0]
        chance, rival = self._chance_to_enter(ends)
        limited = {end.keeps: end for metric, end in ends.items() if metric.has_limit}
        if limited and (kept := min(limited)) < chance:
            end = limited[kept]
            reason = f"ends at {end}; chance to keep {limits_of(end.metric)}: {percent(kept)}"
            return Chance(kept, reason, is_late)
        told = ", ".join(str(ends[metric]) for metric in self._objectives if metric in ends)
        aim = "enter the front beside" if self._has_front else "beat"
        reason = f"ends at {told}; chance to {aim} {self._words(rival)}: {percent(chance)}"
        return Chance(chance, reason, is_late)

    def _chance_to_enter(self, ends: Mapping[Metric, End]) -> tuple[float, Point]:
        """The bound of the module without limits, and the point of the front that gives it."""
        if any(metric not in ends for metric in self._objectives):
            return 1.0, ()
        beaten = []
        for point in self._front:
            pairs = [
                (ends[metric], metric.sign * value)
                for metric, value in zip(self._objectives, point, strict=True)
            ]
            beaten.append((sum(end.beats(value) for end, value in pairs), point, pairs))
        lowest: tuple[float, Point] = (1.0, ())
        for bound, point, pairs in sorted(beaten, key=lambda each: each[:2]):
            if bound >= lowest[0]:  # late turns only add to it
                break
            chance = sum(max(end.beats(value), end.turns(value)) for end, value in pairs)
            lowest = min(lowest, (chance, point))
        return lowest

    def _words(self, point: Point) -> str:
        return ", ".join(
            f"{metric.name} {number(metric.sign * value)}"
            for metric, value in zip(self._objectives, point, strict=False)
        )


def _front(runs: Sequence[JointRun]) -> list[Point]:
    """The points of the runs that ended well and keep the limits, as far as none dominates."""
    ends = [run.result() for run in runs if run.state.counts]
    points = [
        end.point for end in ends if end.point is not None and end.is_finite and not end.violation
    ]
    return sorted({points[i] for i in front(points)})


def _diverged(run: JointRun, runs: Sequence[JointRun]) -> str | None:
    """Which metric of a run has diverged where another got as far; None without one."""
    for i, metric in enumerate(run.metrics):
        reason = reason_of_divergence(run.curves[i], [other.curves[i] for other in runs])
        if reason is not None:
            return f"{metric.name}: {reason}"
    return None
