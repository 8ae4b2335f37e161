"""The store of a process's own memory, for tests: the same contract, nothing durable."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from nbsweep.errors import StoreError
from nbsweep.records import (
    HistoryRow,
    RunRecord,
    RunState,
    Snapshot,
    StopRequest,
    SweepRecord,
    SweepState,
)
from nbsweep.store import rules, snapshots
from nbsweep.store.rows import (
    Row,
    history_row,
    history_to_rows,
    run_columns,
    run_from_row,
    run_to_row,
    stop_request,
    storable,
    sweep_from_row,
    sweep_to_row,
)


class MemoryStore:
    """`nbsweep.store.base.Store` in dicts under a lock; gone when closed.

    It keeps the same rows as the SQL store, JSON text included, so that values come
    back from it exactly as they would from a database.

    Args:
        url: ``memory://name``.
        clock: gives the unix time in seconds.
    """

    def __init__(self, url: str = "memory://", *, clock: Callable[[], float] = time.time) -> None:
        self._url = url
        self._clock = clock
        self._lock = threading.Lock()
        self._closed = False
        self._sweeps: dict[str, Row] = {}
        self._runs: dict[str, Row] = {}
        self._claims: set[tuple[str, int, int]] = set()
        self._history: dict[str, list[Row]] = {}
        self._console: dict[str, str] = {}

    def __repr__(self) -> str:
        return f"<MemoryStore {self._url}>"

    @property
    def url(self) -> str:
        """Opens the same store elsewhere in this process."""
        return self._url

    @property
    def usable(self) -> bool:
        """False once it was closed."""
        return not self._closed

    # --- sweeps ---

    def create_sweep(self, sweep: SweepRecord) -> None:
        """See `Store.create_sweep`."""
        row = {**sweep_to_row(sweep), "version": 1}
        with self._locked():
            if sweep.id in self._sweeps:
                raise rules.sweep_exists(sweep.id, self._url)
            self._sweeps[sweep.id] = row

    def sweep(self, sweep_id: str) -> SweepRecord:
        """See `Store.sweep`."""
        with self._locked():
            return sweep_from_row(self._sweep_row(sweep_id))

    def sweeps(self, project: str | None = None) -> list[SweepRecord]:
        """See `Store.sweeps`."""
        with self._locked():
            found = [sweep_from_row(row) for row in self._sweeps.values()]
        found = [sweep for sweep in found if project in (None, sweep.project)]
        return sorted(found, key=lambda sweep: (sweep.created_at, sweep.id))

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
        at = self._clock() if at is None else at
        with self._locked():
            row = self._sweep_row(sweep_id)
            before = sweep_from_row(row)
            after = rules.sweep_in_state(before, state, expected=expected, reason=reason, at=at)
            if after != before:
                row.update(sweep_to_row(after), version=row["version"] + 1)
            return sweep_from_row(row)

    def edit_sweep(
        self,
        sweep_id: str,
        config: Mapping[str, Any],
        edit: Mapping[str, Any],
        *,
        seen_edits: int,
    ) -> SweepRecord | None:
        """See `Store.edit_sweep`."""
        with self._locked():
            row = self._sweep_row(sweep_id)
            after = rules.edited_sweep(sweep_from_row(row), config, edit, seen_edits=seen_edits)
            if after is None:
                return None
            row.update(sweep_to_row(after), version=row["version"] + 1)
            return sweep_from_row(row)

    def enqueue(self, sweep_id: str, points: Sequence[Mapping[str, Any]]) -> SweepRecord:
        """See `Store.enqueue`."""
        with self._locked():
            row = self._sweep_row(sweep_id)
            if points:
                after = rules.sweep_with_queued(sweep_from_row(row), points)
                row.update(sweep_to_row(after), version=row["version"] + 1)
            return sweep_from_row(row)

    def snapshot(
        self, sweep_id: str, previous: Snapshot | None = None, *, curves: bool = False
    ) -> Snapshot:
        """See `Store.snapshot`."""
        with self._locked():
            row = self._sweep_row(sweep_id)
            version, at = row["version"], self._clock()
            base = snapshots.usable(previous, sweep_id, version, curves=curves)
            if base and base.version == version:
                return snapshots.unchanged(base, curves=curves, at=at)
            since = base.version if base else -1
            changed = [
                run_from_row(run)
                for run in self._runs.values()
                if run["sweep_id"] == sweep_id and run["version"] > since
            ]
            return snapshots.advance(
                base,
                sweep_from_row(row),
                version,
                sorted(changed, key=lambda run: (run.number, run.attempt)),
                read_history=self._read_history if curves else None,
                at=at,
            )

    # --- runs ---

    def claim_run(self, run: RunRecord) -> RunRecord:
        """See `Store.claim_run`."""
        row = {**run_to_row(run), "history_rows": 0, "version": 0}
        with self._locked():
            if run.sweep_id is not None:
                self._sweep_row(run.sweep_id)
                claim = (run.sweep_id, run.number, run.attempt)
                if claim in self._claims:
                    raise rules.claimed_before(run)
            if run.id in self._runs:
                raise rules.run_exists(run.id, self._url)
            if run.sweep_id is not None:
                self._claims.add(claim)
            self._runs[run.id] = row
            self._history[run.id] = []
            self._console[run.id] = ""
            self._change_run(row, {})
            return run_from_row(row)

    def run(self, run_id: str) -> RunRecord:
        """See `Store.run`."""
        with self._locked():
            return run_from_row(self._run_row(run_id))

    def runs(
        self,
        *,
        sweep_id: str | None = None,
        project: str | None = None,
        parent_id: str | None = None,
    ) -> list[RunRecord]:
        """See `Store.runs`."""
        with self._locked():
            if sweep_id is not None:
                self._sweep_row(sweep_id)
            found = [
                run_from_row(row)
                for row in self._runs.values()
                if sweep_id in (None, row["sweep_id"])
                and project in (None, row["project"])
                and parent_id in (None, row["parent_id"])
            ]
        return sorted(found, key=lambda run: (run.created_at, run.number, run.attempt, run.id))

    def update_run(self, run_id: str, agent_id: str, changes: Mapping[str, Any]) -> RunRecord:
        """See `Store.update_run`."""
        rules.check_changes(changes)
        columns = run_columns(run_id, changes)
        with self._locked():
            row = self._run_row(run_id)
            rules.check_owned(run_id, row, agent_id)
            self._change_run(row, columns)
            return run_from_row(row)

    def append_history(
        self,
        run_id: str,
        agent_id: str,
        rows: Sequence[HistoryRow],
        *,
        summary: Mapping[str, Any] | None,
        at: float,
        console: str = "",
    ) -> StopRequest | None:
        """See `Store.append_history`."""
        columns = run_columns(run_id, {"summary": summary} if summary is not None else {})
        new_rows = history_to_rows(run_id, rows)
        with self._locked():
            row = self._run_row(run_id)
            rules.check_owned(run_id, row, agent_id)
            self._console[run_id] += storable(console)
            self._change_run(row, {**columns, "heartbeat_at": at}, new_rows)
            return stop_request(row)

    def history(self, run_id: str, start: int = 0) -> list[HistoryRow]:
        """See `Store.history`."""
        with self._locked():
            self._run_row(run_id)
            return self._read_history(run_id, start)

    def console(self, run_id: str) -> str:
        """See `Store.console`."""
        with self._locked():
            self._run_row(run_id)
            return self._console[run_id]

    def finish_run(
        self,
        run_id: str,
        agent_id: str,
        state: RunState,
        *,
        rows: Sequence[HistoryRow] = (),
        summary: Mapping[str, Any],
        config: Mapping[str, Any],
        exit_code: int | None,
        error: str | None = None,
        at: float,
        console: str = "",
        peak_memory_bytes: int | None = None,
    ) -> RunRecord:
        """See `Store.finish_run`."""
        rules.check_end(state)
        columns = run_columns(
            run_id,
            {
                "state": state,
                "summary": summary,
                "config": config,
                "exit_code": exit_code,
                "error": error,
                "heartbeat_at": at,
                "ended_at": at,
            },
        )
        if peak_memory_bytes is not None:
            columns["peak_memory_bytes"] = peak_memory_bytes
        new_rows = history_to_rows(run_id, rows)
        with self._locked():
            row = self._run_row(run_id)
            rules.check_owned(run_id, row, agent_id)
            self._console[run_id] += storable(console)
            self._change_run(row, columns, new_rows)
            return run_from_row(row)

    def request_stop(self, run_id: str, reason: str, state: RunState = RunState.KILLED) -> bool:
        """See `Store.request_stop`."""
        rules.check_stop(state)
        columns = run_columns(run_id, {"stop_requested": reason, "stop_state": state})
        with self._locked():
            row = self._run_row(run_id)
            if RunState(row["state"]).ended:
                return False
            if row["stop_requested"] is None:
                self._change_run(row, columns)
            return True

    def request_retry(self, run_id: str) -> bool:
        """See `Store.request_retry`."""
        with self._locked():
            row = self._run_row(run_id)
            which = (row["sweep_id"], row["number"])
            same = [r for r in self._runs.values() if (r["sweep_id"], r["number"]) == which]
            if not rules.may_be_retried(row, max(r["attempt"] for r in same)):
                return False
            if not row["retry_requested"]:
                self._change_run(row, {"retry_requested": True})
            return True

    def mark_crashed(self, run_id: str, *, seen_heartbeat_at: float, at: float) -> bool:
        """See `Store.mark_crashed`."""
        columns = run_columns(run_id, {"state": RunState.CRASHED, "ended_at": at})
        with self._locked():
            row = self._run_row(run_id)
            if RunState(row["state"]).ended or row["heartbeat_at"] != seen_heartbeat_at:
                return False
            self._change_run(row, columns)
            return True

    # --- the end ---

    def close(self) -> None:
        """Forget everything; the store must not be used afterwards."""
        with self._lock:
            self._closed = True
            self._sweeps, self._runs, self._history, self._console = {}, {}, {}, {}
            self._claims = set()

    def retire(self) -> None:
        """Nothing to do; a database would close its connections."""

    def after_fork(self) -> None:
        """Renew the lock in a forked child: its holder may not exist there."""
        self._lock = threading.Lock()

    # --- under the lock ---

    def _locked(self) -> threading.Lock:
        if self._closed:
            raise StoreError(f"The store {self._url} was closed; open it again.")
        return self._lock

    def _sweep_row(self, sweep_id: str) -> Row:
        if sweep_id not in self._sweeps:
            latest = sorted(self._sweeps.values(), key=lambda row: (-row["created_at"], row["id"]))
            raise rules.no_sweep(sweep_id, self._url, [row["id"] for row in latest])
        return self._sweeps[sweep_id]

    def _run_row(self, run_id: str) -> Row:
        if run_id not in self._runs:
            latest = sorted(self._runs.values(), key=lambda row: (-row["created_at"], row["id"]))
            raise rules.no_run(run_id, self._url, [row["id"] for row in latest])
        return self._runs[run_id]

    def _read_history(self, run_id: str, start: int) -> list[HistoryRow]:
        return [
            history_row(row["step"], row["time_s"], row["values"])
            for row in self._history[run_id][max(0, start) :]
        ]

    def _change_run(self, row: Row, columns: Row, new_rows: Sequence[Row] = ()) -> None:
        self._history[row["id"]].extend(new_rows)
        row.update(columns, history_rows=row["history_rows"] + len(new_rows))
        if row["sweep_id"] is not None:
            sweep = self._sweeps[row["sweep_id"]]
            sweep["version"] += 1
            row["version"] = sweep["version"]
