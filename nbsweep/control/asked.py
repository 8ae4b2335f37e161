"""Runs that a loop asks for: `Sweep.ask` and `tell`, for code that owns its control flow.

One thread at a time may ask through a `Desk`; the runs are used and told from any thread.
They have heartbeats, curves and early termination as an agent's runs have. One that is
never told ends as crashed with its process, and its params are handed out again.
"""

from __future__ import annotations

import threading
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from types import TracebackType
from typing import Any

from nbsweep.continued import start_changes
from nbsweep.control.controller import Controller, Halt
from nbsweep.errors import OwnershipError, RunStopped, UsageError
from nbsweep.media.plain import plain
from nbsweep.records import Metric, RunState, WorkOrder, is_number
from nbsweep.runs import session
from nbsweep.runs.folders import run_folder
from nbsweep.runs.identity import AgentIdentity
from nbsweep.runs.joined import named_in_environment
from nbsweep.runs.kernel import interrupted_by_its_end
from nbsweep.runs.run import Run
from nbsweep.search.custom_search import SearchFunction
from nbsweep.store.base import Store
from nbsweep.store.patience import lasting
from nbsweep.wording import closest, did_you_mean, joined, names_differ, seen, show

PAUSE_POLL_S = 0.25


class AskedRun(Run):
    """A run that `Sweep.ask` handed out, open from the start.

    As a context manager it is the current run of its block: `init` gives it, `log` logs to
    it, and the end of the block ends it, unless it was told before. A stop (by early
    termination or by a person) ends the block and the run, not the loop around it.
    """

    was_asked_for = True

    def __init__(self, order: WorkOrder, store: Store, on_end: Callable[[], None]) -> None:
        super().__init__(replace(order, echo=True), store)
        self._on_end = on_end
        self._blocks: list[ExitStack] = []

    def start(self) -> None:
        """Have it open from now on; it is nobody's current run yet."""
        super().start()
        self._opened = True
        session.keep(self)

    def tell(self, value: Any = None, state: str = "finished") -> None:
        """End the run with its result.

        Args:
            value: the sweep's metric, or a dict of metrics that holds it, and each where the
                sweep has several; None when the run logged them. It counts for the whole run,
                whatever `metric.mode` says.
            state: "finished", or how else it ended: "failed", "killed", "stopped", "crashed".

        Raises:
            UsageError: the run has ended, or a metric is missing from a finished run.
        """
        ending = _ending(state)
        if self.ended_as is not None:
            raise UsageError(
                f"tell: run {self.number} has ended already ({self.ended_as.value}). Each run is "
                "told once."
            )
        metrics = self._order.all_metrics
        values = _told(value, metrics)
        if ending is RunState.FINISHED and self._row is None:
            known = {**self._summary.as_dict(), **values}
            # One that is NaN is a result; the mean over parts will be one.
            without = [metric.name for metric in metrics if not _holds(known, metric)]
            if without and not self.children:
                raise _without_metrics(self.number, known, without, metrics)
        if self.shared:
            raise UsageError(
                f"tell: run {self.number} was asked for by the process that forked this one. "
                "Tell it there; log works here."
            )
        with self._lock:
            if self._row is not None:
                self._commit(self._row)
            if values and not self._step:  # else the curve has its last point
                self._row_time_s = self._clock()
                self._commit(dict(values))
        for name, item in values.items():
            self._summary.override(name, item)
        self.end(ending)

    def end(self, state: RunState, error: str | None = None) -> None:
        """Write the end of the run; see `Run.end`."""
        if self.shared:  # a forked process: its parent asked for it, and ends it
            super().end(state, error)
            return
        ended_before = self.ended_as is not None
        try:
            super().end(state, error)
        except OwnershipError:  # somebody ended it meanwhile; that end stands
            self.ended_as = self._store.run(self.id).state
        if not ended_before:
            self._on_end()

    def __enter__(self) -> AskedRun:
        block = ExitStack()
        if not self._blocks:
            block.enter_context(session.streams())
            block.enter_context(session.assigned(self))
            block.enter_context(named_in_environment(self))
            session.enter(self)
        self._blocks.append(block)
        return self

    def __exit__(  # type: ignore[override]  # this one may keep a stop from the loop
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        block = self._blocks.pop()
        if self._blocks:  # `with init() as run` within `with run`
            super().__exit__(kind, value, trace)
            return False
        with block:
            if self.ended_as is None:
                self._end_with(value)
        return isinstance(value, RunStopped) and value.run_id == self.id

    def _end_with(self, value: BaseException | None) -> None:
        """End the run as its block ended."""
        if isinstance(value, RunStopped):
            self.end(RunState(value.state))
        elif isinstance(value, KeyboardInterrupt):
            self.end(RunState.PREEMPTED if interrupted_by_its_end() else RunState.KILLED)
        elif value is None or (isinstance(value, SystemExit) and not value.code):
            self.end(RunState.FAILED if self.exit_code else RunState.FINISHED)
        else:
            self.exit_code = self.exit_code or 1
            text = "".join(traceback.format_exception(type(value), value, value.__traceback__))
            self.end(RunState.FAILED, text)

    def end_at_exit(self, exit_code: int) -> None:
        """The process ends and it was never told: its params are handed out again."""
        del exit_code
        self.end(RunState.CRASHED, "The process ended before this run was told.")


class Desk:
    """Hands out the runs of one sweep to loops of this process.

    Args:
        store: where the sweep is.
        sweep_id: the sweep.
        search: the search function of a sweep with method "custom".
    """

    def __init__(self, store: Store, sweep_id: str, search: SearchFunction | None = None) -> None:
        self._store = store
        self._lock = threading.RLock()
        self._controller = Controller(
            store,
            sweep_id,
            AgentIdentity.create(),
            lambda run_id: run_folder(store, run_id),
            search_function=search,
        )

    def ask(self, while_paused: Callable[[], None]) -> AskedRun | None:
        """The next run, or None when nothing is left; waits while the sweep is paused."""
        while True:
            with self._lock, lasting():
                order = self._controller.next_order()
                if isinstance(order, WorkOrder):
                    return self._begin(order)
            if isinstance(order, Halt) and not order.paused:
                return None
            while_paused()
            time.sleep(PAUSE_POLL_S)

    def _begin(self, order: WorkOrder) -> AskedRun:
        changes = start_changes(order.run, time.time())
        record = self._store.update_run(order.run.id, order.run.agent_id, changes)
        run = AskedRun(replace(order, run=record), self._store, self._after_end)
        run.start()
        return run

    def _after_end(self) -> None:
        """Close the sweep when that was its last run, though nobody asks for another."""
        with self._lock, lasting():
            self._controller.close_if_done()


def _told(value: Any, metrics: Sequence[Metric]) -> dict[str, Any]:
    """What a run was told, by name; raises UsageError for what is not a result."""
    if value is None:
        return {}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    number = plain(value)
    if not isinstance(number, (int, float)) or isinstance(number, bool):
        raise UsageError(
            f"tell: found {type(value).__name__} {value!r:.60}; a number, a dict of metrics, "
            "or nothing is needed."
        )
    if len(metrics) > 1:
        raise UsageError(
            f"tell: found the number {number!r}, and this sweep has {len(metrics)} metrics. Tell a "
            f"dict: run.tell({_example(metrics)})."
        )
    if not metrics:
        raise UsageError(
            "tell: the sweep has no metric, so a number alone has no name. Name a metric in the "
            'config, or tell a dict: run.tell({"loss": 0.3}).'
        )
    return {metrics[0].name: number}


def _example(metrics: Sequence[Metric]) -> str:
    """A dict that holds a value of each metric, as source."""
    return f"{{{', '.join(f'{show(metric.name)}: …' for metric in metrics)}}}"


def _holds(values: Mapping[str, Any], metric: Metric) -> bool:
    return metric.name in values or metric.of(values) is not None


def _without_metrics(
    number: int, values: Mapping[str, Any], without: Sequence[str], metrics: Sequence[Metric]
) -> UsageError:
    """What to say of a run that is told and lacks some of the sweep's metrics."""
    name = without[0]
    meant = closest(name, [key for key in values if is_number(values[key])])
    hint = f' Did you mean "{seen(meant)}" in place of "{seen(name)}"?' if meant else ""
    hint += names_differ(meant, name) if meant else ""
    if len(metrics) > 1:
        which = "a metric" if len(without) == 1 else "metrics"
        return UsageError(
            f"tell: run {number} has no {joined([show(each) for each in without], 'or')}, {which} "
            f"of this sweep.{hint} Tell them: run.tell({_example(metrics)}); a run that failed: "
            'run.tell(state="failed").'
        )
    return UsageError(
        f'tell: run {number} has no "{name}", the metric of this sweep.{hint} Tell it: '
        f'run.tell(0.3) or run.tell({{"{name}": 0.3}}); a run that failed: '
        'run.tell(state="failed").'
    )


def _ending(state: str) -> RunState:
    try:
        ending = RunState(state)
    except ValueError:
        ending = RunState.RUNNING
    if not ending.ended:
        ends = ", ".join(f'"{end.value}"' for end in RunState if end.ended)
        hint = did_you_mean(closest(str(state), [end.value for end in RunState if end.ended]))
        raise UsageError(f"tell: state {state!r} is not how a run ends.{hint} Accepted: {ends}.")
    return ending
