"""The store of a process's own memory: the same contract, nothing durable."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from nbsweep.errors import StoreError
from nbsweep.records import HistoryRow, RunRecord, RunResult, Snapshot, SweepRecord
from nbsweep.store import rules, snapshots
from nbsweep.store.row_store import ChangeRun, ChangeSweep, RowStore
from nbsweep.store.rows import (
    Row,
    history_row,
    merged,
    results_by_sweep,
    run_from_row,
    run_to_row,
    storable,
    sweep_from_row,
    sweep_to_row,
)


class MemoryStore(RowStore):
    """`nbsweep.store.base.Store` in dicts under a lock; gone when closed.

    It keeps the same rows as the SQL store, JSON text included, so that values come
    back from it exactly as they would from a database.

    Args:
        url: ``memory://name``.
        clock: gives the unix time in seconds.
    """

    def __init__(self, url: str = "memory://", *, clock: Callable[[], float] = time.time) -> None:
        super().__init__(clock)
        self._url = url
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

    def sweeps(self, project: str | None = None, *, newest: int | None = None) -> list[SweepRecord]:
        """See `Store.sweeps`."""
        with self._locked():
            rows = [row for row in self._sweeps.values() if project in (None, row["project"])]
            rows.sort(key=lambda row: (row["created_at"], row["id"]))
            return [sweep_from_row(row) for row in (rows if newest is None else rows[-newest:])]

    def snapshot(
        self,
        sweep_id: str,
        previous: Snapshot | None = None,
        *,
        curves: bool = False,
        points: int | None = None,
    ) -> Snapshot:
        """See `Store.snapshot`."""
        previous = previous if points is None else None
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
                read_history=self._read_texts if curves else None,
                at=at,
                points=points,
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
            self._raise_version(row)
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
            runs = [
                run_from_row(row)
                for row in self._runs.values()
                if sweep_id in (None, row["sweep_id"])
                and project in (None, row["project"])
                and parent_id in (None, row["parent_id"])
            ]
        return sorted(runs, key=lambda run: (run.created_at, run.number, run.attempt, run.id))

    def results(self, project: str | None = None) -> dict[str, list[RunResult]]:
        """See `Store.results`."""
        names = ("sweep_id", "number", "attempt", "state", "summary")
        with self._locked():
            rows = [
                tuple(run[name] for name in names)
                for run in self._runs.values()
                if run["sweep_id"] is not None
                and project in (None, self._sweeps[run["sweep_id"]]["project"])
            ]
        rows.sort(key=lambda row: row[:3])
        return results_by_sweep(rows)

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

    # --- how rows change ---

    def _change_sweep(
        self, sweep_id: str, change: ChangeSweep, grows: str | None = None
    ) -> SweepRecord | None:
        del grows  # no change of a dict is ever in doubt
        with self._locked():
            row = self._sweep_row(sweep_id)
            before = sweep_from_row(row)
            after = change(before)
            if after is None or after == before:
                return after
            row.update(sweep_to_row(after), version=row["version"] + 1)
            return sweep_from_row(row)

    def _change_run(self, run_id: str, change: ChangeRun) -> bool:
        with self._locked():
            row = self._run_row(run_id)
            which = (row["sweep_id"], row["number"])
            attempts = (claim[2] for claim in self._claims if claim[:2] == which)
            columns = change(row, lambda: max(attempts))
            if columns:
                row.update(columns)
                self._raise_version(row)
            return columns is not None

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
        del whole, unsynced_s  # a whole row costs nothing here, and nothing outlives the process
        with self._locked():
            row = self._run_row(run_id)
            rules.check_owned(run_id, row, agent_id)
            self._history[run_id].extend(new_rows)
            self._console[run_id] += storable(console)
            columns = rules.later_beat(row, merged(columns, before, row))
            row.update(columns, history_rows=row["history_rows"] + len(new_rows))
            self._raise_version(row)
            return dict(row)

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

    def _read_texts(
        self, run_id: str, start: int, places: Sequence[int] | None
    ) -> list[tuple[int, str]]:
        rows = self._history[run_id]
        wanted = rows[max(0, start) :] if places is None else [rows[place] for place in places]
        return [(row["step"], row["values"]) for row in wanted]

    def _raise_version(self, run: Row) -> None:
        if run["sweep_id"] is not None:
            sweep = self._sweeps[run["sweep_id"]]
            sweep["version"] += 1
            run["version"] = sweep["version"]
