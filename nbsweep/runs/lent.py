"""The child's side of a run that an agent gave to a program: `init()` takes it over.

The agent's process claimed the run and ends it, from the program's exit code; the
program writes history, summary and config in between. They find each other by
``NBSWEEP_RUN_ID`` and ``NBSWEEP_STORE`` in the environment.
"""

from __future__ import annotations

import atexit
import os
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from types import FrameType, TracebackType

from nbsweep import sweep_config
from nbsweep.errors import OwnershipError, RunStopped, StoreGoneError
from nbsweep.records import RunState, WorkOrder
from nbsweep.runs import forks, session
from nbsweep.runs.identity import run_seed
from nbsweep.runs.joined import name_in_environment
from nbsweep.runs.run import Run
from nbsweep.store import open_store
from nbsweep.store.base import Store

RUN_ID = "NBSWEEP_RUN_ID"
STORE = "NBSWEEP_STORE"


class LentRun(Run):
    """The run in the program's process; the agent's process has one of its own."""

    def hand_back(self) -> None:
        """At the end of the process: write what is not written yet."""
        if self.shared:  # a process that the program forked
            self.end(RunState.FINISHED)
            return
        with self._lock:
            if self._row is not None:
                self._commit(self._row)
            self._opened = False
        if not self.exit_code:
            self._take_parts(RunState.FINISHED)
        session.leave(self)
        unwritten = self._channel.close()
        session.writer().remove(self._channel)
        changes = {**unwritten.changes, "config": self.config.as_dict()}
        if self._channel.peak_memory_bytes is not None:
            changes["peak_memory_bytes"] = self._channel.peak_memory_bytes
        with suppress(OwnershipError, StoreGoneError):  # the agent gave it up, or says so
            self._store.update_run(self.id, self._record.agent_id, changes, **self._channel.since)
            self._store.append_history(
                self.id,
                self._record.agent_id,
                unwritten.rows,
                summary=self.summary.as_dict(),
                summary_before=self._channel.summary_before,
                at=self._clock(),
            )
            self._channel.written += len(unwritten.rows)
            self._write_count_of_all()
            if self.stop_reason is not None:
                self._store.request_stop(self.id, self.stop_reason, self.stop_state)
            elif self.exit_code:  # the process may end well all the same
                reason = f"finish(exit_code={self.exit_code})"
                self._store.request_stop(self.id, reason, RunState.FAILED)

    def _write_count_of_all(self) -> None:
        """Once its rows are there, so that the last of several processes sees those of all."""
        if self._count_rows_of_others():
            self._store.append_history(
                self.id,
                self._record.agent_id,
                (),
                summary=self.summary.as_dict(),
                summary_before=self._channel.summary_before,
                at=self._clock(),
            )


def lent_run(folder: Callable[[Store, str], str], clock: Callable[[], float]) -> LentRun | None:
    """The run for which this process was started, at the first call; None without one.

    Raises:
        RunStopped: the run ended before the program came to `init`.
    """
    if not os.environ.get(RUN_ID):
        return None
    # The run is this process's own now: those that it starts in turn join it.
    run_id = os.environ.pop(RUN_ID)
    store = open_store(os.environ.get(STORE), existing=True)
    record = store.run(run_id)
    _say_stops_in_one_line(record.name)
    if record.state.ended or record.stop_requested is not None:
        raise RunStopped(run_id, record.stop_requested or "the run has ended already")
    order = WorkOrder(record, store.url, folder(store, run_id), echo=True)
    if record.sweep_id is not None:
        sweep = store.sweep(record.sweep_id)
        config = sweep_config.parse(sweep.config)
        order = replace(
            order,
            seed=run_seed(sweep.seed, record.number),
            metric=config.metric,
            early_terminate=config.early_terminate,
            metrics=config.metrics,
        )
    run = LentRun(order, store, clock)
    run.start()
    run.lend()
    session.assign(run)
    name_in_environment(run)
    atexit.register(run.hand_back)
    _end_in_order(run)
    return run


def _end_in_order(run: Run) -> None:
    """Make SIGTERM end the training as a stop does; it is preempted when nobody asked for it."""

    def terminate(number: int, frame: FrameType | None) -> None:
        del number, frame
        run.request_stop("terminated", RunState.PREEMPTED)  # when nobody else asked
        raise RunStopped(run.id, run.stop_reason or "terminated", run.stop_state)

    on_main = threading.current_thread() is threading.main_thread()
    if on_main and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        forks.take_signal(signal.SIGTERM, terminate)


def _say_stops_in_one_line(name: str) -> None:
    """A stop is not an error of the program: it needs no traceback."""
    show = sys.excepthook

    def report(
        kind: type[BaseException], value: BaseException, trace: TracebackType | None
    ) -> None:
        if isinstance(value, RunStopped):
            sys.stderr.write(f"Run {name} stopped: {value.reason}\n")
        else:
            show(kind, value, trace)

    sys.excepthook = report
