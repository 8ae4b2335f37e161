"""Ends runs early: judges the runs of a sweep when one of this process shows its metric.

Who does what: `Counter` counts on the training thread and, at an iteration at which the
rule judges, has the writer thread flush and judge at once. `Judge.decide` runs on the
writer thread. It reads all runs of the sweep, so several processes may judge the same
run; the store keeps the first request, and the next `log` of the run ends it.

A rule that models curves takes tens of milliseconds a verdict, beside the training: it is
asked when a run of this process is due or another has ended, and never for more than a
small share of the time. So are rules that compare thousands of runs by several metrics.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from nbsweep import sweep_config, threads
from nbsweep.continued import was_requested, with_present_curves
from nbsweep.errors import StoreError
from nbsweep.records import (
    EarlyTermination,
    Metric,
    RunState,
    Snapshot,
    StopDecision,
    SweepRecord,
    is_diverged,
    is_number,
    iterations,
    lookup,
)
from nbsweep.runs import session
from nbsweep.runs.session import RunJudge
from nbsweep.runs.stop import stop_run
from nbsweep.runs.writer import Channel, Row
from nbsweep.search.early_termination import needs_config, next_check, stops_by
from nbsweep.search.verdicts import AnyShown, Shown, in_state, shown_runs, stops
from nbsweep.store.base import Store
from nbsweep.store.patience import patient
from nbsweep.sweep_config import SweepConfig

# A verdict takes milliseconds. Waiting for it makes a run end where it is judged, however
# fast its loop is; a slow store or many judgements must not slow the training down.
LONGEST_WAIT_S = 0.25
FREE_WAIT_S = 0.1  # of a run
WAIT_SHARE = 0.02  # of the run's time, beyond that
FREE_MODEL_S = 1.0  # of modelling curves, in this process
MODEL_SHARE = 0.03  # of the time, beyond that

logger = logging.getLogger("nbsweep")


class Judge:
    """Decides for this process which runs of one sweep end early.

    Args:
        store: where the sweep is.
        sweep_id: the sweep.
        metric: of the sweep; like the rule it stays when the search space is edited.
        rule: says which runs end.
        clock: monotonic, in seconds.
        cpu_clock: of this thread, in seconds: a busy machine makes verdicts no dearer.
        metrics: of the sweep, where its config has `metrics`.
    """

    def __init__(
        self,
        store: Store,
        sweep_id: str,
        metric: Metric,
        rule: EarlyTermination,
        clock: Callable[[], float] = time.monotonic,
        cpu_clock: Callable[[], float] = threads.cpu_time,
        metrics: Sequence[Metric] = (),
    ) -> None:
        self.store = store
        self.sweep_id = sweep_id
        self._metric = metric
        self._metrics = metrics
        self._rule = rule
        self._clock = clock
        self._cpu_clock = cpu_clock
        self._snapshot: Snapshot | None = None
        self._judged: dict[str, int] = {}  # run id → iterations at the last judgement
        self._config: SweepConfig | None = None  # parsed for rules that need it
        self._ended = 0  # runs, at the last verdict of a model
        self._began_at = clock()
        self._modelled_s = 0.0
        self._has_modelled = False

    @classmethod
    def of(
        cls,
        store: Store,
        sweep_id: str,
        metric: Metric,
        rule: EarlyTermination,
        metrics: Sequence[Metric] = (),
    ) -> RunJudge:
        """The judge of a sweep in this process, made for its first run."""
        return session.judge(
            store, sweep_id, lambda: cls(store, sweep_id, metric, rule, metrics=metrics)
        )

    def watch(self, channel: Channel) -> Callable[[Row], None]:
        """Judge the run of `channel`, and the others, whenever it shows its metric.

        Returns:
            What takes the run's rows in place of `channel.append`.
        """
        channel.judge = self.decide
        if len(self._metrics) > 1:
            names = [metric.name for metric in self._metrics]
            return JointCounter(channel.append, self._rule, names)
        return Counter(channel.append, self._rule, self._metric.name)

    def decide(self) -> None:
        """Ask the runs to stop that are to end now; a store that fails is asked later."""
        try:
            with patient(0.0):  # the rows of all runs wait meanwhile
                snapshot = self.store.snapshot(self.sweep_id, self._snapshot, curves=True)
                self._snapshot = snapshot
                for stop in self._verdicts(with_present_curves(snapshot)):
                    stop_run(self.store, stop.run_id, stop.reason, RunState.STOPPED)
        except StoreError as error:
            logger.warning("Sweep %s: early termination waits: %s", self.sweep_id, error)

    def _verdicts(self, snapshot: Snapshot) -> list[StopDecision]:
        if not self._metrics and not needs_config(self._rule):
            return stops_by(self._rule, self._metric, *self._to_judge(snapshot, snapshot.curves))
        allowed_s = FREE_MODEL_S + MODEL_SHARE * (self._clock() - self._began_at)
        if allowed_s - self._modelled_s <= 0:
            return []
        config = self._config_of(snapshot.sweep)
        shown = shown_runs(config, snapshot)
        due = self._due(snapshot, shown) if needs_config(self._rule) else {*shown}
        if not due:
            return []
        self._ended = sum(run.state.ended for run in snapshot.runs)
        to_judge, judged = self._to_judge(snapshot, shown)
        params = {run.id: run.params for run in snapshot.runs}
        began_at = self._cpu_clock()
        decisions = stops(config, to_judge, judged, params, due)
        if self._has_modelled:  # the first time it imports what is imported once
            self._modelled_s += self._cpu_clock() - began_at
        self._has_modelled = True
        return decisions

    def _due(self, snapshot: Snapshot, shown: Mapping[str, Shown]) -> set[str]:
        """The runs that a model judges now: when one of this process is due, all that are.

        A run is due at certain iterations, and when another has ended. Each process looks
        after its own runs; one that has none looks after all.
        """
        running = [run.id for run in snapshot.runs if run.state is RunState.RUNNING]
        reached = {run_id: shown[run_id].iterations for run_id in running}
        due = set(running)
        if self._ended == sum(run.state.ended for run in snapshot.runs):
            checks = {i: next_check(self._rule, self._judged.get(i, 0)) for i in running}
            due = {i for i, check in checks.items() if check is not None and reached[i] >= check}
        mine = {run_id for run_id in running if session.live_run(run_id) is not None}
        return due if due & mine or not mine else set()

    def _config_of(self, record: SweepRecord) -> SweepConfig:
        """The sweep's config as it is by now, with this judge's metric and rule."""
        known = self._config
        config = sweep_config.parse(record.config) if known is None else known
        self._config = sweep_config.current(config, record)
        return replace(self._config, metric=self._metric, early_terminate=self._rule)

    def _to_judge(
        self, snapshot: Snapshot, shown: Mapping[str, AnyShown]
    ) -> tuple[list[AnyShown], dict[str, int]]:
        """What all runs have shown, and up to where each was judged.

        A run of another process counts as judged, for rules that judge a run once when
        it arrives at a rung: only its own process sees that moment.
        """
        judged, of_runs = {}, []
        for run in snapshot.runs:
            own = shown[run.id]
            if not run.state.ended and (run.stop_requested is not None or was_requested(run)):
                # It is on its way out, or a person wants it to go on: nothing is left to
                # decide, its values still count.
                own = in_state(own, RunState.PREEMPTING)
            of_runs.append(own)
            if own.state is RunState.RUNNING:
                mine = session.live_run(run.id) is not None
                seen = own.iterations
                judged[run.id] = self._judged.get(run.id, 0) if mine else seen
                self._judged[run.id] = seen
            else:
                self._judged.pop(run.id, None)
        return of_runs, judged


class Counter:
    """Stands before a channel's `append`: counts the metric, asks for a verdict when due.

    Args:
        append: takes the row.
        rule: says at which iterations runs are judged.
        metric: name of the sweep's metric.
        clock: monotonic, in seconds.
    """

    def __init__(
        self,
        append: Callable[[Row], None],
        rule: EarlyTermination,
        metric: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._append = append
        self._rule = rule
        self._metric = metric
        self._clock = clock
        self._finite = 0
        self._diverged = 0  # values since the last finite one
        self._next = next_check(rule, 0)
        self._began_at = clock()
        self._waited_s = 0.0

    def count_from(self, iterations: int) -> None:
        """Count on from the iterations that the run has shown before, and was judged at."""
        self._finite, self._diverged = iterations, 0
        self._next = next_check(self._rule, iterations)

    def __call__(self, row: Row) -> None:
        """Take one history row; called by `log`, one call at a time."""
        self._append(row)
        value = lookup(row[2], self._metric)
        if is_number(value):
            self._finite += 1
            if self._diverged:  # and recovered: fewer iterations than before
                self._diverged, self._next = 0, next_check(self._rule, self._finite - 1)
        elif is_diverged(value):
            self._diverged += 1
        else:
            return
        shown = iterations(self._finite, self._diverged)
        if self._next is not None and shown >= self._next:
            self._next = next_check(self._rule, shown)
            self._await_verdict()

    def _await_verdict(self) -> None:
        began_at = self._clock()
        allowed_s = FREE_WAIT_S + WAIT_SHARE * (began_at - self._began_at) - self._waited_s
        if allowed_s > 0:  # else the writer's next flush, at most 0.25 s from now, will do
            session.writer().flush_soon(LONGEST_WAIT_S)
            self._waited_s += self._clock() - began_at


class JointCounter(Counter):
    """A `Counter` of several metrics: asks when one of them is due, in whichever row it stands.

    Args:
        append: takes the row.
        rule: says at which iterations runs are judged.
        metrics: names of the sweep's metrics.
        clock: monotonic, in seconds.
    """

    def __init__(
        self,
        append: Callable[[Row], None],
        rule: EarlyTermination,
        metrics: Sequence[str],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(append, rule, metrics[0], clock)
        self._is_due = False
        self._counters = [_Part(self._note, rule, name) for name in metrics]

    def count_from(self, iterations: int) -> None:
        """See `Counter.count_from`; all of them are taken to have been shown as often."""
        for counter in self._counters:
            counter.count_from(iterations)

    def __call__(self, row: Row) -> None:
        """See `Counter`."""
        self._append(row)
        for counter in self._counters:
            counter(row)
        if self._is_due:
            self._is_due = False
            self._await_verdict()

    def _note(self) -> None:
        self._is_due = True


class _Part(Counter):
    """Counts one of several metrics, and says when it is due."""

    def __init__(self, note: Callable[[], None], rule: EarlyTermination, metric: str) -> None:
        super().__init__(_nowhere, rule, metric)
        self._note = note

    def _await_verdict(self) -> None:
        self._note()


def _nowhere(row: Row) -> None:
    """Takes a row that another writes."""
