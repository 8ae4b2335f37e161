"""Runs that several processes log to: the one that has the run, and those that it started.

A forked child inherits the run, a spawned one joins it (`nbsweep.runs.joined`). Rows,
summary and config of all of them reach the store; the process that has the run ends it.
A child writes nothing, and starts no thread, before it has something to write: most are
workers that load data.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from nbsweep.continued import present_rows
from nbsweep.errors import UsageError
from nbsweep.records import HistoryRow, RunRecord, RunState, WorkOrder
from nbsweep.runs import forks, session
from nbsweep.runs.summary import Summary
from nbsweep.runs.writer import FLUSH_INTERVAL_S, Channel, Row
from nbsweep.store.base import Store

CHILDREN_WAIT_S = FLUSH_INTERVAL_S + 0.1


class Shareable:
    """What `Run` does in a process that another one, which has the run, has started.

    Attributes:
        shared: whether this is such a process.
        forked: whether processes were forked while the run was under way.
    """

    id: str
    disabled: bool
    shared = False
    forked = False
    _append: Callable[[Row], None]
    _channel: Channel
    _lock: threading.Lock
    _order: WorkOrder
    _record: RunRecord
    _row: dict[str, Any] | None
    _store: Store
    _summary: Summary

    if TYPE_CHECKING:

        def end(self, state: RunState, error: str | None = None) -> None:
            """Write the end of the run."""

    @property
    def has_unwritten_rows(self) -> bool:
        """Whether rows of it wait for the writer."""
        return self._channel.has_rows

    def after_fork(self) -> None:
        """In a forked child: log to the run beside the parent process, which ends it."""
        self._lock = threading.Lock()
        self._row = None
        self.shared, self.forked = True, False
        self._channel.after_fork(self._begin_sharing)
        if not isinstance(self._append, _FirstRow):
            self._append = _FirstRow(self._channel, self._append)

    def _begin_sharing(self) -> None:
        """Have this process write what it logs from now on."""
        if not self._reachable:
            raise UsageError(
                f"Run {self.id}: its store {self._store.url} lives in the process that forked "
                "this one and cannot be reached from here. Use a SQLite file: "
                "nbsweep.setup(store=None) goes back to the default."
            )
        self._channel.on_use = None
        if isinstance(self._append, _FirstRow):
            self._append = self._append.append
        session.writer().add(self._channel)
        forks.at_end(lambda: self.end(RunState.FINISHED))

    @property
    def _reachable(self) -> bool:
        """Whether what is written here comes to where the run is kept."""
        return self.disabled or not (self.shared and self._store.url.startswith("memory:"))

    def _wait_for_children(self) -> None:
        """Let forked processes that live on, as kept pools do, write what they have logged."""
        multiprocessing = sys.modules.get("multiprocessing")
        if self.forked and multiprocessing is not None and multiprocessing.active_children():
            time.sleep(CHILDREN_WAIT_S)

    def _hand_over(self, state: RunState) -> None:
        """Write what this process has logged; the run goes on in the one that has it."""
        for live in session.live_runs():
            if live.parent is not None and live.parent.id == self.id:
                live.end(state)
        session.leave(self)  # type: ignore[arg-type]  # it is a Run
        if self._channel.on_use is None:
            self._channel.flush(last=True)

    def _count_rows_of_others(self, unwritten: Sequence[HistoryRow] = ()) -> bool:
        """Take the rows of other processes into the aggregates that the metrics' modes ask for.

        Returns:
            Whether there are such rows; the aggregates are then to be written, whatever others
            took them for.
        """
        followed = [each for each in self._order.all_metrics if each.aggregate is not None]
        if not followed:
            return False
        # Rows from before this process took the run are others' too: not in its aggregate.
        if self._store.run(self.id).history_rows > self._channel.written:
            rows = [*self._store.history(self.id), *unwritten]
            self._summary.recount([row.values for row in present_rows(self._record, rows)])
            before = dict(self._channel.summary_before or {})
            for metric in followed:
                before.pop(f"{metric.name}.{metric.aggregate}", None)
            self._channel.summary_before = before
            return True
        return False


class _FirstRow:
    """Takes the first row in a forked child, in place of a channel's `append`."""

    def __init__(self, channel: Channel, append: Callable[[Row], None]) -> None:
        self.append = append
        self._channel = channel

    def __call__(self, row: Row) -> None:
        self._channel.use()
        self.append(row)
