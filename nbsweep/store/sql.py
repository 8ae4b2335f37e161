"""The store in an SQL database: SQLite in a file, or PostgreSQL by URL.

Every statement is written once, at the top, so that SQLAlchemy compiles it once. Each
writing method locks the run first and its sweep then, whose version it raises: writers
of one sweep follow each other, and versions become visible in their order.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    BindParameter,
    Connection,
    and_,
    bindparam,
    case,
    cast,
    func,
    insert,
    null,
    select,
    update,
)

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
from nbsweep.store.database import ConstraintError, Database
from nbsweep.store.rows import (
    RUN_COLUMNS,
    SWEEP_COLUMNS,
    Row,
    history_row,
    history_to_rows,
    run_columns,
    run_from_row,
    run_from_values,
    run_to_row,
    stop_request,
    storable,
    sweep_from_row,
    sweep_to_row,
)
from nbsweep.store.tables import console as console_table
from nbsweep.store.tables import history, runs, sweeps

_sweep_id: BindParameter[str] = bindparam("of_sweep")
_run_id: BindParameter[str] = bindparam("of_run")
_sweep_columns = [sweeps.c[name] for name in SWEEP_COLUMNS]
_run_columns = [runs.c[name] for name in RUN_COLUMNS]

_SWEEP_IDS = select(sweeps.c.id).order_by(sweeps.c.created_at.desc(), sweeps.c.id)
_RUN_IDS = select(runs.c.id).order_by(runs.c.created_at.desc(), runs.c.id)

_ALL_SWEEPS = select(*_sweep_columns).order_by(sweeps.c.created_at, sweeps.c.id)
_SWEEP = select(*_sweep_columns, sweeps.c.version).where(sweeps.c.id == _sweep_id)
_LOCK_SWEEP = _SWEEP.with_for_update()
_SWEEP_VERSION = select(sweeps.c.version).where(sweeps.c.id == _sweep_id)
_INSERT_SWEEP = insert(sweeps)
_UPDATE_SWEEP = update(sweeps).where(sweeps.c.id == _sweep_id).values(version=sweeps.c.version + 1)

# The version that the sweep just got; 0 for a run without a sweep.
_new_version = func.coalesce(_SWEEP_VERSION.scalar_subquery(), 0)
_by_creation = (runs.c.created_at, runs.c.number, runs.c.attempt, runs.c.id)
_ALL_RUNS = select(*_run_columns).order_by(*_by_creation)
_RUN = select(*_run_columns).where(runs.c.id == _run_id)
_LOCK_RUN = _RUN.with_for_update()
_LOCK_RUN_BRIEFLY = (
    select(
        runs.c.sweep_id,
        runs.c.state,
        runs.c.agent_id,
        runs.c.heartbeat_at,
        runs.c.stop_requested,
        runs.c.stop_state,
        runs.c.history_rows,
    )
    .where(runs.c.id == _run_id)
    .with_for_update()
)
_CHANGED_RUNS = (
    select(*_run_columns)
    .where(runs.c.sweep_id == _sweep_id, runs.c.version > bindparam("since"))
    .order_by(runs.c.number, runs.c.attempt)
)
# A sweep and what changed since a version, in one statement; without the latter one row.
# The sweep's columns in the first row alone: its config may be longer than all the runs.
_is_first = func.row_number().over(order_by=(runs.c.number, runs.c.attempt)) == 1
_SWEEP_AND_CHANGED_RUNS = (
    select(
        *(
            case((_is_first, column), else_=null()).label(f"sweep_{column.name}")
            for column in _sweep_columns
        ),
        sweeps.c.version.label("sweep_version"),
        *(column.label(f"run_{column.name}") for column in _run_columns),
    )
    .select_from(
        sweeps.outerjoin(
            runs, and_(runs.c.sweep_id == sweeps.c.id, runs.c.version > bindparam("since"))
        )
    )
    .where(sweeps.c.id == _sweep_id)
    .order_by(runs.c.number, runs.c.attempt)
)
_CLAIM = select(runs.c.id).where(
    runs.c.sweep_id == _sweep_id,
    runs.c.number == bindparam("of_number"),
    runs.c.attempt == bindparam("of_attempt"),
)
_LAST_ATTEMPT = select(func.max(runs.c.attempt)).where(
    runs.c.sweep_id == _sweep_id, runs.c.number == bindparam("of_number")
)
_INSERT_RUN = insert(runs).values(version=_new_version)
# Both in one statement, for PostgreSQL; inserts nothing where there is no such sweep.
# The parameters have a prefix: a plain column name would set the sweep's column as well.
_moved = _UPDATE_SWEEP.returning(sweeps.c.version).cte("moved")
_INSERT_RUN_AT_ONCE = (
    insert(runs)
    .from_select(
        [*RUN_COLUMNS, "version"],
        select(
            *(cast(bindparam(f"run_{name}"), runs.c[name].type) for name in RUN_COLUMNS),
            _moved.c.version,
        ),
    )
    .returning(runs.c.version)
)
_UPDATE_RUN = update(runs).where(runs.c.id == _run_id).values(version=_new_version)

_HISTORY = (
    select(history.c.step, history.c.time_s, history.c["values"])
    .where(history.c.run_id == _run_id, history.c.row >= bindparam("start"))
    .order_by(history.c.row)
)
_INSERT_HISTORY = insert(history)

_CONSOLE = (
    select(console_table.c.text)
    .where(console_table.c.run_id == _run_id)
    .order_by(console_table.c.chunk)
)
# The run's row is locked meanwhile, so nobody else takes that place.
_INSERT_CONSOLE = insert(console_table).values(
    chunk=select(func.coalesce(func.max(console_table.c.chunk), -1) + 1)
    .where(console_table.c.run_id == _run_id)
    .scalar_subquery()
)


class SqlStore:
    """`nbsweep.store.base.Store` in an SQL database.

    Args:
        url: ``sqlite:///absolute/path`` or ``postgresql+psycopg://…``.
        clock: gives the unix time in seconds.

    Raises:
        StoreError: the database cannot be opened, or is not ours.
        MissingDependencyError: the driver is not installed.
    """

    def __init__(self, url: str, *, clock: Callable[[], float] = time.time) -> None:
        self._database = Database(url)
        self._place = self._database.place
        self._clock = clock

    def __repr__(self) -> str:
        return f"<SqlStore {self._place}>"

    @property
    def url(self) -> str:
        """Opens the same store elsewhere; holds the password, if any."""
        return self._database.url

    @property
    def usable(self) -> bool:
        """False once it was closed or its file was deleted."""
        return self._database.usable

    # --- sweeps ---

    def create_sweep(self, sweep: SweepRecord) -> None:
        """See `Store.create_sweep`."""
        row = {**sweep_to_row(sweep), "version": 1}

        def create(connection: Connection, in_doubt: bool) -> None:
            if not (in_doubt and self._holds(connection, _SWEEP, {"of_sweep": sweep.id}, row)):
                connection.execute(_INSERT_SWEEP, row)

        try:
            self._database.write(create)
        except ConstraintError as error:
            if self._exists(_SWEEP, {"of_sweep": sweep.id}):
                raise rules.sweep_exists(sweep.id, self._place) from error
            raise

    def sweep(self, sweep_id: str) -> SweepRecord:
        """See `Store.sweep`."""
        return self._database.read(
            lambda connection: sweep_from_row(self._sweep_row(connection, sweep_id)), single=True
        )

    def sweeps(self, project: str | None = None) -> list[SweepRecord]:
        """See `Store.sweeps`."""
        query = _ALL_SWEEPS
        if project is not None:
            query = query.where(sweeps.c.project == project)
        return self._database.read(
            lambda connection: [sweep_from_row(row._asdict()) for row in connection.execute(query)]
        )

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

        def change(connection: Connection, _in_doubt: bool) -> SweepRecord:
            row = self._sweep_row(connection, sweep_id, _LOCK_SWEEP)
            before = sweep_from_row(row)
            after = rules.sweep_in_state(before, state, expected=expected, reason=reason, at=at)
            if after == before:
                return before
            row = sweep_to_row(after)
            connection.execute(_UPDATE_SWEEP, {"of_sweep": sweep_id, **row})
            return sweep_from_row(row)

        return self._database.write(change)

    def edit_sweep(
        self,
        sweep_id: str,
        config: Mapping[str, Any],
        edit: Mapping[str, Any],
        *,
        seen_edits: int,
    ) -> SweepRecord | None:
        """See `Store.edit_sweep`."""
        expected: Row = {}  # of the sweep, should the commit of an earlier attempt have worked

        def change(connection: Connection, in_doubt: bool) -> SweepRecord | None:
            row = self._sweep_row(connection, sweep_id, _LOCK_SWEEP)
            if in_doubt and expected and row["edits"] == expected["edits"]:
                return sweep_from_row(row)
            after = rules.edited_sweep(sweep_from_row(row), config, edit, seen_edits=seen_edits)
            if after is None:
                return None
            expected.update(sweep_to_row(after))
            connection.execute(_UPDATE_SWEEP, {"of_sweep": sweep_id, **expected})
            return sweep_from_row(expected)

        return self._database.write(change)

    def enqueue(self, sweep_id: str, points: Sequence[Mapping[str, Any]]) -> SweepRecord:
        """See `Store.enqueue`."""
        expected: Row = {}  # of the sweep, should the commit of an earlier attempt have worked

        def add(connection: Connection, in_doubt: bool) -> SweepRecord:
            row = self._sweep_row(connection, sweep_id, _LOCK_SWEEP)
            done = in_doubt and expected and row["queue"].startswith(expected["queue"][:-1])
            if done or not points:
                return sweep_from_row(row)
            expected.update(sweep_to_row(rules.sweep_with_queued(sweep_from_row(row), points)))
            connection.execute(_UPDATE_SWEEP, {"of_sweep": sweep_id, **expected})
            return sweep_from_row(expected)

        return self._database.write(add)

    def snapshot(
        self, sweep_id: str, previous: Snapshot | None = None, *, curves: bool = False
    ) -> Snapshot:
        """See `Store.snapshot`."""
        if previous is not None and not curves:
            grown = self._database.read(
                lambda connection: self._grown(connection, sweep_id, previous), single=True
            )
            if grown is not None:
                return grown

        def read(connection: Connection) -> Snapshot:
            row = self._sweep_row(connection, sweep_id)
            version, at = row["version"], self._clock()
            base = snapshots.usable(previous, sweep_id, version, curves=curves)
            if base and base.version == version:
                return snapshots.unchanged(base, curves=curves, at=at)
            changed = connection.execute(
                _CHANGED_RUNS, {"of_sweep": sweep_id, "since": base.version if base else -1}
            )
            return snapshots.advance(
                base,
                sweep_from_row(row),
                version,
                [run_from_row(run._asdict()) for run in changed],
                read_history=(
                    (lambda run_id, start: _read_history(connection, run_id, start))
                    if curves
                    else None
                ),
                at=at,
            )

        return self._database.read(read)

    def _grown(self, connection: Connection, sweep_id: str, previous: Snapshot) -> Snapshot | None:
        """The snapshot now, by one statement; None when `previous` is of no use."""
        found = connection.execute(
            _SWEEP_AND_CHANGED_RUNS, {"of_sweep": sweep_id, "since": previous.version}
        ).all()
        if not found:
            return None
        row, at = found[0]._mapping, self._clock()
        version = row["sweep_version"]
        base = snapshots.usable(previous, sweep_id, version, curves=False)
        if base is None:
            return None
        if base.version == version:
            return snapshots.unchanged(base, curves=False, at=at)
        return snapshots.advance(
            base,
            sweep_from_row({name: row[f"sweep_{name}"] for name in SWEEP_COLUMNS}),
            version,
            [run_from_values(one[-len(RUN_COLUMNS) :]) for one in found if one.run_id is not None],
            read_history=None,
            at=at,
        )

    # --- runs ---

    def claim_run(self, run: RunRecord) -> RunRecord:
        """See `Store.claim_run`."""
        row = {**run_to_row(run), "history_rows": 0}

        def claim(connection: Connection, in_doubt: bool) -> None:
            if not (in_doubt and self._holds(connection, _RUN, {"of_run": run.id}, row)):
                self._insert_run(connection, row)

        try:
            self._database.write(claim, single=True)
        except ConstraintError as error:
            number = {
                "of_sweep": run.sweep_id,
                "of_number": run.number,
                "of_attempt": run.attempt,
            }
            if self._exists(_CLAIM, number):
                raise rules.claimed_before(run) from error
            if self._exists(_RUN, {"of_run": run.id}):
                raise rules.run_exists(run.id, self._place) from error
            raise
        return run_from_row(row)

    def run(self, run_id: str) -> RunRecord:
        """See `Store.run`."""
        return self._database.read(
            lambda connection: run_from_row(self._run_row(connection, run_id, _RUN)), single=True
        )

    def runs(
        self,
        *,
        sweep_id: str | None = None,
        project: str | None = None,
        parent_id: str | None = None,
    ) -> list[RunRecord]:
        """See `Store.runs`."""
        query = _ALL_RUNS
        if sweep_id is not None:
            query = query.where(runs.c.sweep_id == sweep_id)
        if project is not None:
            query = query.where(runs.c.project == project)
        if parent_id is not None:
            query = query.where(runs.c.parent_id == parent_id)

        def read(connection: Connection) -> list[RunRecord]:
            if sweep_id is not None:
                self._sweep_row(connection, sweep_id)
            return [run_from_row(row._asdict()) for row in connection.execute(query)]

        return self._database.read(read)

    def update_run(self, run_id: str, agent_id: str, changes: Mapping[str, Any]) -> RunRecord:
        """See `Store.update_run`."""
        rules.check_changes(changes)
        columns = run_columns(run_id, changes)

        def change(connection: Connection, _in_doubt: bool) -> RunRecord:
            row = self._run_row(connection, run_id, _LOCK_RUN)
            rules.check_owned(run_id, row, agent_id)
            self._change_run(connection, run_id, row["sweep_id"], columns)
            return run_from_row({**row, **columns})

        return self._database.write(change)

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
        changes = run_columns(run_id, {"summary": summary} if summary is not None else {})
        new_rows = history_to_rows(run_id, rows)
        expected: Row = {}  # of the run, should the commit of an earlier attempt have worked

        def append(connection: Connection, in_doubt: bool) -> StopRequest | None:
            row = self._run_row(connection, run_id, _LOCK_RUN_BRIEFLY)
            if in_doubt and all(row[name] == value for name, value in expected.items()):
                return stop_request(row)
            rules.check_owned(run_id, row, agent_id)
            expected.update(heartbeat_at=at, history_rows=row["history_rows"] + len(new_rows))
            _add_history(connection, new_rows, row["history_rows"])
            _add_console(connection, run_id, console)
            self._change_run(connection, run_id, row["sweep_id"], {**changes, **expected})
            return stop_request(row)

        return self._database.write(append)

    def history(self, run_id: str, start: int = 0) -> list[HistoryRow]:
        """See `Store.history`."""

        def read(connection: Connection) -> list[HistoryRow]:
            self._run_row(connection, run_id, _RUN)
            return _read_history(connection, run_id, start)

        return self._database.read(read)

    def console(self, run_id: str) -> str:
        """See `Store.console`."""

        def read(connection: Connection) -> str:
            self._run_row(connection, run_id, _RUN)
            return "".join(connection.scalars(_CONSOLE, {"of_run": run_id}))

        return self._database.read(read)

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

        def finish(connection: Connection, in_doubt: bool) -> RunRecord:
            row = self._run_row(connection, run_id, _LOCK_RUN)
            if in_doubt and all(row[name] == value for name, value in columns.items()):
                return run_from_row(row)
            rules.check_owned(run_id, row, agent_id)
            _add_history(connection, new_rows, row["history_rows"])
            _add_console(connection, run_id, console)
            after = {**columns, "history_rows": row["history_rows"] + len(new_rows)}
            self._change_run(connection, run_id, row["sweep_id"], after)
            return run_from_row({**row, **after})

        return self._database.write(finish)

    def request_stop(self, run_id: str, reason: str, state: RunState = RunState.KILLED) -> bool:
        """See `Store.request_stop`."""
        rules.check_stop(state)
        columns = run_columns(run_id, {"stop_requested": reason, "stop_state": state})

        def request(connection: Connection, _in_doubt: bool) -> bool:
            row = self._run_row(connection, run_id, _LOCK_RUN_BRIEFLY)
            if RunState(row["state"]).ended:
                return False
            if row["stop_requested"] is None:
                self._change_run(connection, run_id, row["sweep_id"], columns)
            return True

        return self._database.write(request)

    def request_retry(self, run_id: str) -> bool:
        """See `Store.request_retry`."""

        def request(connection: Connection, _in_doubt: bool) -> bool:
            row = self._run_row(connection, run_id, _LOCK_RUN)
            which = {"of_sweep": row["sweep_id"], "of_number": row["number"]}
            last = connection.scalar(_LAST_ATTEMPT, which)
            if not rules.may_be_retried(row, last):
                return False
            if not row["retry_requested"]:
                self._change_run(connection, run_id, row["sweep_id"], {"retry_requested": True})
            return True

        return self._database.write(request)

    def mark_crashed(self, run_id: str, *, seen_heartbeat_at: float, at: float) -> bool:
        """See `Store.mark_crashed`."""
        columns = run_columns(run_id, {"state": RunState.CRASHED, "ended_at": at})

        def mark(connection: Connection, in_doubt: bool) -> bool:
            row = self._run_row(connection, run_id, _LOCK_RUN)
            if in_doubt and all(row[name] == value for name, value in columns.items()):
                return True
            if RunState(row["state"]).ended or row["heartbeat_at"] != seen_heartbeat_at:
                return False
            self._change_run(connection, run_id, row["sweep_id"], columns)
            return True

        return self._database.write(mark)

    # --- connections ---

    def close(self) -> None:
        """See `Store.close`."""
        self._database.close()

    def retire(self) -> None:
        """Keep no connection open from now on; called at the end of the process."""
        self._database.retire()

    def after_fork(self) -> None:
        """Leave the parent's connections alone; called in a forked child, before any use."""
        self._database.after_fork()

    # --- pieces of transactions ---

    def _sweep_row(self, connection: Connection, sweep_id: str, query: Any = _SWEEP) -> Row:
        found = connection.execute(query, {"of_sweep": sweep_id}).one_or_none()
        if found is None:
            known = connection.scalars(_SWEEP_IDS).all()
            raise rules.no_sweep(sweep_id, self._place, known)
        return found._asdict()

    def _run_row(self, connection: Connection, run_id: str, query: Any) -> Row:
        found = connection.execute(query, {"of_run": run_id}).one_or_none()
        if found is None:
            raise rules.no_run(run_id, self._place, connection.scalars(_RUN_IDS).all())
        return found._asdict()

    def _raise_version(self, connection: Connection, sweep_id: str | None) -> None:
        if sweep_id is None:
            return
        if connection.execute(_UPDATE_SWEEP, {"of_sweep": sweep_id}).rowcount == 0:
            raise rules.no_sweep(sweep_id, self._place, connection.scalars(_SWEEP_IDS).all())

    def _insert_run(self, connection: Connection, row: Row) -> None:
        sweep_id: str | None = row["sweep_id"]
        if sweep_id is not None and self._database.one_statement:
            values = {f"run_{name}": row[name] for name in RUN_COLUMNS}
            inserted = connection.execute(_INSERT_RUN_AT_ONCE, {"of_sweep": sweep_id, **values})
            if inserted.first() is None:
                raise rules.no_sweep(sweep_id, self._place, connection.scalars(_SWEEP_IDS).all())
            return
        self._raise_version(connection, sweep_id)
        connection.execute(_INSERT_RUN, {"of_sweep": sweep_id, **row})

    def _change_run(
        self, connection: Connection, run_id: str, sweep_id: str | None, columns: Row
    ) -> None:
        self._raise_version(connection, sweep_id)
        connection.execute(_UPDATE_RUN, {"of_run": run_id, "of_sweep": sweep_id, **columns})

    def _exists(self, query: Any, parameters: Mapping[str, Any]) -> bool:
        return self._database.read(
            lambda connection: connection.execute(query, parameters).first() is not None
        )

    def _holds(self, connection: Connection, query: Any, parameters: Row, row: Row) -> bool:
        """Whether that row was written already, by a transaction that nobody heard from."""
        found = connection.execute(query, parameters).one_or_none()
        if found is None:
            return False
        there = found._asdict()
        return all(there[name] == value for name, value in row.items() if name in there)


def _read_history(connection: Connection, run_id: str, start: int) -> list[HistoryRow]:
    found = connection.execute(_HISTORY, {"of_run": run_id, "start": start})
    return [history_row(*row) for row in found]


def _add_history(connection: Connection, new_rows: Sequence[Row], present: int) -> None:
    """Write rows after those that are present."""
    if new_rows:
        connection.execute(
            _INSERT_HISTORY,
            [{**row, "row": place} for place, row in enumerate(new_rows, start=present)],
        )


def _add_console(connection: Connection, run_id: str, text: str) -> None:
    if text:
        connection.execute(
            _INSERT_CONSOLE, {"of_run": run_id, "run_id": run_id, "text": storable(text)}
        )
