"""Evidence: what the runs of a sweep, and those before it, tell its search.

The one way from run records to observations. The controller, `recompute`, and whatever is
said of a sweep (`nbsweep.analysis`) go this way, so what is said is what the search knows.
"""

from __future__ import annotations

import operator
from collections.abc import Mapping
from itertools import chain, compress
from typing import Any

from nbsweep.continued import (
    curve_before,
    present_curve,
    run_before,
    standing,
    suggestion_origin,
)
from nbsweep.records import (
    Curve,
    Observation,
    RunRecord,
    RunState,
    Snapshot,
    Suggestion,
    SweepRecord,
)
from nbsweep.search.grid_search import grid_indices
from nbsweep.search.replicates import as_configured
from nbsweep.sweep_config import Retry, SweepConfig


class Evidence:
    """The runs of a sweep by suggestion number, sorted into what the search needs.

    A number counts once: after a crash its next attempt takes the place of the one
    before. Once the search space was edited, runs outside of the present one are not
    observations, and are not tried again. Records that a snapshot shares with the one
    before are not looked at again, so a step of a sweep with thousands of runs takes
    microseconds.

    Args:
        config: of the sweep.
        sweep: has its prior runs and its edits.

    Attributes:
        latest: suggestion number to its last attempt.
        requested: suggestion number to an ended attempt that somebody wants repeated.
        continuing: suggestion number to an ended attempt that somebody wants to go on.
        retryable: suggestion number to an attempt that ended badly and may be repeated, or,
            where it had been continued, may go on once more.
        target_run: the run that reached the metric's target, or None. Of several metrics it
            reached all targets and keeps all limits.
        handed_out: which points that people gave have had a run, as ("enqueued", place in
            the sweep's queue) or ("initial_point", place in the config).
    """

    def __init__(self, config: SweepConfig, sweep: SweepRecord) -> None:
        self.latest: dict[int, RunRecord] = {}
        self.requested: dict[int, RunRecord] = {}
        self.continuing: dict[int, RunRecord] = {}
        self.retryable: dict[int, RunRecord] = {}
        self.target_run: RunRecord | None = None
        self.handed_out: set[tuple[str, int]] = set()
        self._learns_from_curves = config.learns_from_curves
        self._metric = config.metric
        self._metrics = config.metrics
        metrics = config.metrics or ((config.metric,) if config.metric else ())
        self._aims = [each for each in metrics if each.target is not None or each.has_limit]
        self._allowed = _allowed_attempts(config.retry)
        self._runs: tuple[RunRecord, ...] = ()
        self._edited_space = config.space if sweep.is_edited else None
        self._is_grid = config.method == "grid"
        self._prior = [
            _prior_observation(entry, config)
            for entry in sweep.prior_runs
            if self.is_inside(entry["params"])
        ]
        # Other tasks, which method "bayes" alone knows how to weigh.
        earlier = sweep.prior if config.method == "bayes" else ()
        self._earlier = [_prior_observation(entry, config) for entry in earlier if "sweep" in entry]
        self._curves: Mapping[str, Curve] = {}
        self._curves_of: Mapping[str, Mapping[str, Curve]] = {}
        self._observations: dict[int, Observation] = {}
        self._pending: dict[int, Suggestion] = {}
        self._under_way: set[int] = set()

    @classmethod
    def of(cls, snapshot: Snapshot, config: SweepConfig) -> Evidence:
        """The evidence of one snapshot."""
        evidence = cls(config, snapshot.sweep)
        evidence.update(snapshot)
        return evidence

    def update(self, snapshot: Snapshot) -> list[RunRecord]:
        """Take in a later snapshot of the sweep; returns the runs that are new or changed.

        With curves where the config's `learns_from_curves`.
        """
        runs, before = snapshot.runs, self._runs  # in order of (number, attempt)
        self._curves, self._curves_of = snapshot.curves, snapshot.curves_of
        # Place by place, which is quick; then without those that only moved by an insertion.
        moved = compress(runs, map(operator.is_not, runs, before))
        known = self.latest
        changed = [
            run for run in chain(moved, runs[len(before) :]) if known.get(run.number) is not run
        ]
        for run in changed:
            self._take(run)
        self._runs = runs
        return changed

    @property
    def observations(self) -> list[Observation]:
        """What the search learns from: prior runs, then ended ones by number, last attempts.

        Before them those of earlier sweeps, which have a `source`.
        """
        own = (self._observations[n] for n in sorted(self._observations))
        return [*self._earlier, *self._prior, *own]

    @property
    def pending(self) -> list[Suggestion]:
        """Suggestions that are being tried, by number."""
        suggestions = (self._pending[number] for number in sorted(self._pending))
        return [suggestion for suggestion in suggestions if self.is_inside(suggestion.params)]

    @property
    def best(self) -> float | None:
        """The best value of the runs that count, prior ones included; None without one.

        Those of earlier sweeps are of another task, and not among them.
        """
        values = [
            o.value
            for o in self.observations
            if o.source is None and o.value is not None and o.state.counts
        ]
        return self._metric.goal.best(values) if self._metric and values else None

    @property
    def is_busy(self) -> bool:
        """Whether a run is under way, inside of the search space or not."""
        return bool(self._under_way)

    @property
    def value_at_target(self) -> float | None:
        """The metric of `target_run`."""
        return self._value(self.target_run) if self.target_run else None

    @property
    def values_at_target(self) -> dict[str, float]:
        """Of each metric of `target_run` with a target or a limit, its name and value."""
        if self.target_run is None:
            return {}
        values = {metric: metric.of(self.target_run.summary) for metric in self._aims}
        return {metric.name: value for metric, value in values.items() if value is not None}

    def _take(self, run: RunRecord) -> None:
        number = run.number
        if self._reaches_target(run):
            self.target_run = run
        known = self.latest.get(number)
        if known is not None and known.attempt > run.attempt:
            return
        self.latest[number] = run
        for key in ("enqueued", "initial_point"):
            if key in run.origin:
                self.handed_out.add((key, run.origin[key]))
        for runs in (self.requested, self.continuing, self.retryable):
            runs.pop(number, None)
        self._observations.pop(number, None)
        self._pending.pop(number, None)
        self._under_way.discard(number)
        if run.state.ended and run.retry_requested:
            self.requested[number] = run
        if run.state.ended and run.continue_requested:
            self.continuing[number] = run
        if not run.state.ended:
            self._under_way.add(number)
        result, edited = standing(run), self._edited_space
        if not run.state.ended and result is None:
            self._pending[number] = Suggestion(run.params, self._origin(run))
        elif self.is_inside(run.params if edited is None else as_configured(run, edited)):
            self._observations[number] = self._observation(run, result)
            if run.state.ended and self._tries(run) < self._allowed.get(run.state, 0):
                self.retryable[number] = run

    def _observation(self, run: RunRecord, result: int | None) -> Observation:
        """What the search knows of a run: of one that goes on, what it had come to before.

        Args:
            run: it has ended, or went on after an end that counts.
            result: before which of its continuations that was, else None.
        """
        then = run if result is None else run_before(run, result, self._metric)
        curve = self._curves.get(run.id) if self._learns_from_curves else None
        curves_of = {} if curve is None else self._curves_of
        return Observation(
            then.params,
            self._value(then),
            then.state,
            self._origin(then),
            None if curve is None else self._curve_then(run, then, curve, result),
            then.duration_s,
            tuple(metric.of(then.summary) for metric in self._metrics),
            tuple(
                self._curve_then(run, then, of_runs[run.id], result, name)
                for name, of_runs in curves_of.items()
            ),
        )

    def _curve_then(
        self, run: RunRecord, then: RunRecord, curve: Curve, result: int | None, name: str = ""
    ) -> Curve:
        """A curve of a run as of what the search knows of it; see `_observation`."""
        is_first = self._metric is None or name in ("", self._metric.name)
        if result is not None:
            curve = curve_before(run, curve, result, None if is_first else name)
        return present_curve(then, curve)

    @staticmethod
    def _tries(run: RunRecord) -> int:
        """How often a run was handed out again after an end like its last one."""
        if run.continued:
            return sum(mark["state"] == run.state.value for mark in run.continued)
        return run.attempt

    def is_inside(self, params: Mapping[str, Any]) -> bool:
        """Whether a run counts in the search space as it is now."""
        return self._edited_space is None or all(
            parameter.distribution.contains(params[parameter.name])
            for parameter in self._edited_space
            if parameter.name in params
        )

    def _origin(self, run: RunRecord) -> Mapping[str, Any]:
        """The origin of a run's suggestion, with its place in the present grid."""
        origin = suggestion_origin(run)
        if self._edited_space is None or not self._is_grid:
            return origin
        indices = grid_indices(self._edited_space, [as_configured(run, self._edited_space)])
        return {**origin, "grid_index": indices.pop() if indices else -1}

    def _value(self, run: RunRecord) -> float | None:
        return self._metric.of(run.summary) if self._metric else None

    def _reaches_target(self, run: RunRecord) -> bool:
        if not any(metric.target is not None for metric in self._aims):
            return False
        values = [(metric, metric.of(run.summary)) for metric in self._aims]
        return all(
            value is not None
            and (metric.target is None or metric.reaches_target(value))
            and not metric.beyond(value)
            for metric, value in values
        )


def _prior_observation(entry: Mapping[str, Any], config: SweepConfig) -> Observation:
    """An earlier run as the search sees it."""
    value, state = entry["value"], RunState(entry.get("state", RunState.FINISHED))
    if value is None and state.counts:
        # It may have logged another metric: no reason to think that such params fail.
        state = RunState.KILLED
    origin = {"method": "prior", "run_id": entry["run_id"]}
    values = entry.get("values", {config.metric.name: value} if config.metric else {})
    known = tuple(values.get(metric.name) for metric in config.metrics)
    source = entry.get("sweep")
    return Observation(entry["params"], value, state, origin, values=known, source=source)


def _allowed_attempts(retry: Retry) -> dict[RunState, float]:
    """How often a number may be handed out again after a run of it ended like this."""
    return {
        RunState.CRASHED: retry.crashed,
        RunState.FAILED: retry.failed,
        RunState.PREEMPTED: float("inf"),
    }
