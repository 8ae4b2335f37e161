"""Which runs under way to end early, by several metrics. Pure; see `joint_stops`.

What `early_termination` does for one metric, where the config has several objectives, or
limits:

- asha and hyperband compare runs at the same iterations, in the order of `joint_ranks`
  (MO-ASHA, Schmucker et al. 2021, section 4). As many go on as with one metric, and beyond
  the paper all that are on the front of their rung: while few runs are there, one in eta
  would end most of it. On synthetic curves with a front of 6 that saved 75 % of the epochs in
  place of 82 %, and 97 % of the front's volume was reached in place of 90 %. An objective
  that a run has not shown at a rung leaves it out there.
- median: a run is stopped that is worse than the percentile of the others in every objective.
  The others are those that break the limits no more than it does: a run that keeps them is
  not behind one that does not.
- auto: see `joint_auto`.

Whatever the rule, a run that cannot keep a limit any more is stopped: where the largest of
its values counts and is above `at_most`, no further value helps. The first iteration at
which the rule judges is waited for.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from functools import cached_property

from nbsweep.records import EarlyTermination, RunState, StopDecision
from nbsweep.search.early_termination import last_band, next_check, percentile
from nbsweep.search.joint_curves import JointRun, Standing
from nbsweep.search.joint_ranks import front_size, ranked
from nbsweep.sweep_config import SweepConfig
from nbsweep.wording import number, plural


def joint_stops(
    config: SweepConfig,
    runs: Sequence[JointRun],
    judged: Mapping[str, int],
    due: Container[str] | None = None,
) -> list[StopDecision]:
    """The running runs that early termination ends now, in the order of `runs`.

    Args:
        config: the sweep, with `metrics` and `early_terminate`.
        runs: all of its runs, ended ones included.
        judged: run id → number of iterations at which the run was judged before; for asha.
        due: ids of the runs that auto judges; by default all.
    """
    rule = config.early_terminate
    if rule is None:
        return []
    running = [run for run in runs if run.state is RunState.RUNNING and run.iterations]
    first = next_check(rule, 0) or 1
    reasons = {
        run.run_id: reason
        for run in running
        if run.iterations >= first and (reason := _broken_limit(run))
    }
    rest = [run for run in running if run.run_id not in reasons]
    if rule.type == "auto":
        from nbsweep.search.joint_auto import joint_auto_stops

        rest = [run for run in rest if due is None or run.run_id in due]
        reasons |= joint_auto_stops(config, runs, rest)
    elif rule.type == "median":
        reasons |= _median(rule, runs, rest)
    else:
        reasons |= _at_rungs(rule, runs, rest, judged)
    return [
        StopDecision(run.run_id, reasons[run.run_id]) for run in running if run.run_id in reasons
    ]


def _broken_limit(run: JointRun) -> str | None:
    """Which limit a run cannot keep whatever it shows from now on; None without one."""
    for metric, curve in zip(run.metrics, run.curves, strict=True):
        kind = metric.aggregate
        if not metric.has_limit or not curve.values or kind not in ("min", "max", "first"):
            continue
        value, limit = metric.of_curve(curve.values), None
        if metric.at_most is not None and value > metric.at_most and kind != "min":
            limit = f"above at_most {number(metric.at_most)}"
        if metric.at_least is not None and value < metric.at_least and kind != "max":
            limit = f"below at_least {number(metric.at_least)}"
        if limit is not None:
            return f"the {_WORDS[kind]} {metric.name}, {number(value)}, is {limit} for good"
    return None


_WORDS = {"min": "lowest", "max": "highest", "first": "first"}


def _at_rungs(
    rule: EarlyTermination,
    runs: Sequence[JointRun],
    running: Sequence[JointRun],
    judged: Mapping[str, int],
) -> dict[str, str]:
    """What asha and hyperband stop: run id to the reason."""
    reasons: dict[str, str] = {}
    rungs: dict[int, _Rung] = {}
    is_best_so_far = rule.type == "hyperband" and not rule.strict
    for run in running:
        at = last_band(rule, run.iterations)
        if at is None or (rule.type == "asha" and at <= judged.get(run.run_id, 0)):
            continue
        rung = rungs[at] = rungs.get(at) or _Rung(rule, at, runs)
        if is_best_so_far:
            rung = rung.with_other(run.run_id, run.standing(run.iterations, "best"))
        reason = rung.reason(run)
        if reason is not None:
            reasons[run.run_id] = reason
    return reasons


class _Rung:
    """The runs that got to an iteration, as they stood there."""

    def __init__(self, rule: EarlyTermination, at: int, runs: Sequence[JointRun]) -> None:
        self._rule, self._at, self._best = rule, at, ""
        self._standings = {run.run_id: run.standing(at) for run in runs if run.iterations >= at}

    def with_other(self, run_id: str, standing: Standing) -> _Rung:
        """The same, but for the best that one run has shown so far."""
        rung = _Rung(self._rule, self._at, ())
        rung._best = "the best so far, "
        rung._standings = {**self._standings, run_id: standing}
        return rung

    @cached_property
    def _order(self) -> tuple[list[Standing], int]:
        """The standings, the best first, and how many of them go on."""
        usable = [each for each in self._standings.values() if each.is_finite]
        if not usable:
            return [], 0
        n, eta = len(usable), self._rule.eta
        if self._rule.type == "asha":
            kept = max(1, int(n / eta))
        else:  # no worse than the value at index int(n / eta), rounded as W&B's engine does
            kept = min(int(1.0 / eta * n), n - 1) + 1
        kept = max(kept, front_size(usable))
        return [usable[i] for i in ranked(usable, kept)], kept

    def reason(self, run: JointRun) -> str | None:
        """Why a run that got here is not among the best, in words; None where it is."""
        own, (order, kept) = self._standings[run.run_id], self._order
        n = len(order)
        if own.point is None or not n:  # or all that got here show no number
            return None
        place = order.index(own) if own.is_finite else n
        if place < kept:
            return None
        word = "rung" if self._rule.type == "asha" else "band"
        go_on = "only the best goes" if kept == 1 else f"the best {kept} go"
        go_on = f"{go_on} on of {plural(n, 'run')}"
        if not own.is_finite:
            return f"{word} {self._at}: NaN or infinity; {go_on}"
        beyond = f", {number(own.violation)} beyond the limits," if own.violation else ""
        shown = f"{self._best}{_words(run, own)}{beyond}"
        return f"{word} {self._at}: {shown} is number {place + 1}; {go_on}"


def _median(
    rule: EarlyTermination, runs: Sequence[JointRun], running: Sequence[JointRun]
) -> dict[str, str]:
    """What the median rule stops: run id to the reason."""
    reasons: dict[str, str] = {}
    of_check: dict[int, list[Standing]] = {}
    first = rule.min_iter or 1
    for run in running:
        if run.iterations < first:
            continue
        check = run.iterations - (run.iterations - first) % rule.interval
        if check not in of_check:
            of_check[check] = [
                each.standing(check, "mean")
                for each in runs
                if each.state.ended and each.iterations >= check and each.standing(check).is_finite
            ]
        own = run.standing(check, "best")
        others = [e.point for e in of_check[check] if e.point and e.violation <= own.violation]
        if own.point is None or len(others) < rule.min_runs:
            continue
        threshold = tuple(
            percentile(sorted(values), rule.percentile) for values in zip(*others, strict=True)
        )
        if all(shown > limit for shown, limit in zip(own.point, threshold, strict=True)):
            what = "median" if rule.percentile == 50 else f"best {rule.percentile:g} %"
            reasons[run.run_id] = (
                f"iteration {check}: the best so far, {_words(run, own)}, is worse in all than "
                f"{_words(run, Standing(threshold, 0.0))}, {what} of the averages of "
                f"{plural(len(others), 'run')}"
            )
    return reasons


def _words(run: JointRun, standing: Standing) -> str:
    """A point with the names of its objectives, in their own sign."""
    objectives = [metric for metric in run.metrics if metric.is_objective]
    return ", ".join(
        f"{metric.name} {number(metric.sign * value)}"
        for metric, value in zip(objectives, standing.point or (), strict=True)
    )
