"""What every store does alike: checks, decisions and values, wherever the rows lie."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from nbsweep.records import (
    Continuation,
    HistoryRow,
    RunEnd,
    RunRecord,
    RunState,
    StopRequest,
    SweepRecord,
    SweepState,
)
from nbsweep.store import rules
from nbsweep.store.rows import Row, history_to_rows, run_columns, run_from_row, stop_request

ChangeSweep = Callable[[SweepRecord], "SweepRecord | None"]
# The columns that a run's row gets, from the row and what tells the last attempt of its number.
ChangeRun = Callable[[Row, Callable[[], "int | None"]], "Row | None"]


# Of a run under way; what is said to have ended is on the disk.
UNSYNCED_HISTORY_S = 0.2


class RowStore(ABC):
    """The writing half of `nbsweep.store.base.Store`, in three kinds of change.

    A subclass makes each change one transaction, and reads.

    Args:
        clock: gives the unix time in seconds.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock

    @property
    def gone(self) -> str | None:
        """What happened to what held it, when that is not there any more; in a sentence."""
        return None

    # --- sweeps ---

    def set_sweep_state(
        self,
        sweep_id: str,
        state: SweepState,
        *,
        expected: Sequence[SweepState] | None = None,
        reason: str | None = None,
        at: float | None = None,
    ) -> SweepRecord:
        """See `Store.set_sweep_state`."""
        time = self._clock() if at is None else at

        def change(sweep: SweepRecord) -> SweepRecord:
            return rules.sweep_in_state(sweep, state, expected=expected, reason=reason, at=time)

        sweep = self._change_sweep(sweep_id, change)
        assert sweep is not None
        return sweep

    def edit_sweep(
        self,
        sweep_id: str,
        config: Mapping[str, Any],
        edit: Mapping[str, Any],
        *,
        seen_edits: int,
    ) -> SweepRecord | None:
        """See `Store.edit_sweep`."""

        def change(sweep: SweepRecord) -> SweepRecord | None:
            return rules.edited_sweep(sweep, config, edit, seen_edits=seen_edits)

        return self._change_sweep(sweep_id, change, grows="edits")

    def enqueue(self, sweep_id: str, points: Sequence[Mapping[str, Any]]) -> SweepRecord:
        """See `Store.enqueue`."""
        sweep = self._change_sweep(
            sweep_id, lambda sweep: rules.sweep_with_queued(sweep, points), grows="queue"
        )
        assert sweep is not None
        return sweep

    # --- runs ---

    def update_run(
        self,
        run_id: str,
        agent_id: str,
        changes: Mapping[str, Any],
        *,
        config_before: Mapping[str, Any] | None = None,
    ) -> RunRecord:
        """See `Store.update_run`."""
        rules.check_changes(changes)
        columns = run_columns(run_id, changes)
        before = _before(run_id, config=config_before if "config" in changes else None)
        return run_from_row(self._write_run(run_id, agent_id, columns, before=before))

    def append_history(
        self,
        run_id: str,
        agent_id: str,
        rows: Sequence[HistoryRow],
        *,
        summary: Mapping[str, Any] | None,
        at: float,
        console: str = "",
        summary_before: Mapping[str, Any] | None = None,
    ) -> StopRequest | None:
        """See `Store.append_history`."""
        changes = {} if summary is None else {"summary": summary}
        columns = run_columns(run_id, {**changes, "heartbeat_at": at})
        before = _before(run_id, summary=None if summary is None else summary_before)
        new_rows = history_to_rows(run_id, rows)
        return stop_request(
            self._write_run(
                *(run_id, agent_id, columns, new_rows, console, before),
                whole=False,
                unsynced_s=UNSYNCED_HISTORY_S if new_rows else math.inf,
            )
        )

    def finish_run(self, run_id: str, agent_id: str, end: RunEnd) -> RunRecord:
        """See `Store.finish_run`."""
        rules.check_end(end.state)
        columns = run_columns(run_id, rules.changes_at_end(end))
        before = _before(run_id, summary=end.summary_before, config=end.config_before)
        new_rows = history_to_rows(run_id, end.rows)
        return run_from_row(
            self._write_run(
                *(run_id, agent_id, columns, new_rows, end.console, before), unsynced_s=0.0
            )
        )

    def request_stop(self, run_id: str, reason: str, state: RunState = RunState.KILLED) -> bool:
        """See `Store.request_stop`."""
        rules.check_stop(state)
        columns = run_columns(run_id, {"stop_requested": reason, "stop_state": state})
        return self._change_run(run_id, lambda row, _: rules.stop_columns(row, columns))

    def request_retry(self, run_id: str) -> bool:
        """See `Store.request_retry`."""
        return self._change_run(run_id, rules.retry_columns)

    def request_continuation(self, run_id: str, config: Mapping[str, Any]) -> bool:
        """See `Store.request_continuation`."""
        return self._change_run(
            run_id, lambda row, last: rules.continuation_request_columns(row, config, last)
        )

    def reopen_run(
        self,
        run_id: str,
        agent_id: str,
        *,
        host: str,
        pid: int,
        at: float,
        continuation: Continuation | None = None,
    ) -> bool:
        """See `Store.reopen_run`."""
        changes = rules.changes_at_reopening(agent_id, host, pid, at)
        columns = run_columns(run_id, changes)

        def change(row: Row, last_attempt: Callable[[], int | None]) -> Row | None:
            if continuation is None:
                return rules.reopen_columns(row, columns)
            return rules.continuation_columns(row, changes, continuation, last_attempt)

        return self._change_run(run_id, change)

    def mark_crashed(self, run_id: str, *, seen_heartbeat_at: float, at: float) -> bool:
        """See `Store.mark_crashed`."""
        return self._change_run(
            run_id, lambda row, _: rules.crash_columns(row, seen_heartbeat_at, at)
        )

    # --- how rows change: one transaction each ---

    @abstractmethod
    def _change_sweep(
        self, sweep_id: str, change: ChangeSweep, grows: str | None = None
    ) -> SweepRecord | None:
        """Write the sweep that `change` makes of it, if it makes another, and return that.

        Args:
            sweep_id: the sweep.
            change: the sweep as it is to be; None, the answer then, to leave it.
            grows: the column, a JSON list, that the change adds to.
        """

    @abstractmethod
    def _change_run(self, run_id: str, change: ChangeRun) -> bool:
        """Write the columns that `change` makes of a run's row; False where that is None."""

    @abstractmethod
    def _write_run(
        self,
        run_id: str,
        agent_id: str,
        columns: Row,
        new_rows: Sequence[Row] = (),
        console: str = "",
        before: Mapping[str, str] = MappingProxyType({}),
        *,
        whole: bool = True,
        unsynced_s: float = math.inf,
    ) -> Row:
        """Write columns, history and prints of a run that has not ended; its row afterwards.

        Raises OwnershipError as `rules.check_owned` does, and writes nothing then.

        Args:
            run_id: the run.
            agent_id: who has to own it.
            columns: what changes.
            new_rows: to add to its history.
            console: to add to what it printed.
            before: what some of `columns` were made from, see `merged`.
            whole: whether all columns of the row are needed, or those of a stop request.
            unsynced_s: seconds of what is written here that a loss of power may cost.
        """


def _before(run_id: str, **values: Mapping[str, Any] | None) -> Row:
    """The columns of those values that are given."""
    return run_columns(run_id, {name: value for name, value in values.items() if value is not None})
