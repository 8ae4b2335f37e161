"""The store in an SQL database: SQLite in a file, or PostgreSQL by URL.

Each writing method locks the run first and its sweep then, whose version it raises:
writers of one sweep follow each other, and versions become visible in their order.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, select

from nbsweep.errors import NotFoundError
from nbsweep.records import HistoryRow, RunRecord, RunResult, Snapshot, SweepRecord
from nbsweep.store import rules, snapshots, statements
from nbsweep.store.database import Database
from nbsweep.store.faults import ConstraintError
from nbsweep.store.row_store import ChangeRun, ChangeSweep, RowStore
from nbsweep.store.rows import (
    RUN_COLUMNS,
    SWEEP_COLUMNS,
    Row,
    history_row,
    merged,
    results_by_sweep,
    run_from_row,
    run_from_values,
    run_to_row,
    storable,
    sweep_from_row,
    sweep_to_row,
)
from nbsweep.store.tables import runs, sweeps


class SqlStore(RowStore):
    """`nbsweep.store.base.Store` in an SQL database.

    Args:
        url: ``sqlite:///absolute/path`` or ``postgresql+psycopg://…``.
        clock: gives the unix time in seconds.

    Raises:
        StoreError: the database cannot be opened, or is not ours.
        MissingDependencyError: the driver is not installed.
    """

    def __init__(self, url: str, *, clock: Callable[[], float] = time.time) -> None:
        super().__init__(clock)
        self._database = Database(url)
        self._place = self._database.place

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

    @property
    def gone(self) -> str | None:
        """See `RowStore.gone`."""
        return self._database.gone

    # --- sweeps ---

    def create_sweep(self, sweep: SweepRecord) -> None:
        """See `Store.create_sweep`."""
        row = {**sweep_to_row(sweep), "version": 1}

        def create(connection: Connection, in_doubt: bool) -> None:
            if in_doubt and self._holds(connection, statements.SWEEP, {"of_sweep": sweep.id}, row):
                return
            connection.execute(statements.INSERT_SWEEP, row)

        try:
            self._database.write(create, unsynced_s=0.0)
        except ConstraintError as error:
            if self._exists(statements.SWEEP, {"of_sweep": sweep.id}):
                raise rules.sweep_exists(sweep.id, self._place) from error
            raise

    def sweep(self, sweep_id: str) -> SweepRecord:
        """See `Store.sweep`."""
        return self._database.read(
            lambda connection: sweep_from_row(self._sweep_row(connection, sweep_id)), single=True
        )

    def sweeps(self, project: str | None = None, *, newest: int | None = None) -> list[SweepRecord]:
        """See `Store.sweeps`."""
        query = statements.ALL_SWEEPS if newest is None else statements.NEWEST_SWEEPS.limit(newest)
        if project is not None:
            query = query.where(sweeps.c.project == project)
        found = self._database.read(
            lambda connection: [sweep_from_row(row._asdict()) for row in connection.execute(query)]
        )
        return found if newest is None else found[::-1]

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
                statements.CHANGED_RUNS,
                {"of_sweep": sweep_id, "since": base.version if base else -1},
            )
            return snapshots.advance(
                base,
                sweep_from_row(row),
                version,
                [run_from_row(run._asdict()) for run in changed],
                read_history=partial(_read_texts, connection) if curves else None,
                at=at,
                points=points,
            )

        return self._database.read(read)

    def _grown(self, connection: Connection, sweep_id: str, previous: Snapshot) -> Snapshot | None:
        """The snapshot now, by one statement; None when `previous` is useless."""
        rows = connection.execute(
            statements.SWEEP_AND_CHANGED_RUNS, {"of_sweep": sweep_id, "since": previous.version}
        ).all()
        if not rows:
            return None
        first, at = rows[0]._mapping, self._clock()
        version = first["sweep_version"]
        base = snapshots.usable(previous, sweep_id, version, curves=False)
        if base is None:
            return None
        if base.version == version:
            return snapshots.unchanged(base, curves=False, at=at)
        return snapshots.advance(
            base,
            sweep_from_row({name: first[f"sweep_{name}"] for name in SWEEP_COLUMNS}),
            version,
            [run_from_values(row[-len(RUN_COLUMNS) :]) for row in rows if row.run_id is not None],
            read_history=None,
            at=at,
        )

    # --- runs ---

    def claim_run(self, run: RunRecord) -> RunRecord:
        """See `Store.claim_run`."""
        row = {**run_to_row(run), "history_rows": 0}

        def claim(connection: Connection, in_doubt: bool) -> None:
            if in_doubt and self._holds(connection, statements.RUN, {"of_run": run.id}, row):
                return
            self._insert_run(connection, row)

        try:
            self._database.write(claim, single=True)
        except ConstraintError as error:
            number = {
                "of_sweep": run.sweep_id,
                "of_number": run.number,
                "of_attempt": run.attempt,
            }
            if self._exists(statements.CLAIM, number):
                raise rules.claimed_before(run) from error
            if self._exists(statements.RUN, {"of_run": run.id}):
                raise rules.run_exists(run.id, self._place) from error
            raise
        return run_from_row(row)

    def run(self, run_id: str) -> RunRecord:
        """See `Store.run`."""
        return self._database.read(
            lambda connection: run_from_row(self._run_row(connection, run_id, statements.RUN)),
            single=True,
        )

    def runs(
        self,
        *,
        sweep_id: str | None = None,
        project: str | None = None,
        parent_id: str | None = None,
    ) -> list[RunRecord]:
        """See `Store.runs`."""
        query = statements.ALL_RUNS
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

    def results(self, project: str | None = None) -> dict[str, list[RunResult]]:
        """See `Store.results`."""
        query = statements.RESULTS
        if project is not None:
            of_project = select(sweeps.c.id).where(sweeps.c.project == project)
            query = query.where(runs.c.sweep_id.in_(of_project))
        return self._database.read(lambda connection: results_by_sweep(connection.execute(query)))

    def history(self, run_id: str, start: int = 0) -> list[HistoryRow]:
        """See `Store.history`."""

        def read(connection: Connection) -> list[HistoryRow]:
            self._run_row(connection, run_id, statements.RUN)
            return _read_history(connection, run_id, start)

        return self._database.read(read)

    def console(self, run_id: str) -> str:
        """See `Store.console`."""

        def read(connection: Connection) -> str:
            self._run_row(connection, run_id, statements.RUN)
            return "".join(connection.scalars(statements.CONSOLE, {"of_run": run_id}))

        return self._database.read(read)

    # --- how rows change ---

    def _change_sweep(
        self, sweep_id: str, change: ChangeSweep, grows: str | None = None
    ) -> SweepRecord | None:
        written: Row = {}  # by an earlier attempt, should its commit have worked

        def write(connection: Connection, in_doubt: bool) -> SweepRecord | None:
            row = self._sweep_row(connection, sweep_id, statements.LOCK_SWEEP)
            if in_doubt and written and grows and row[grows].startswith(written[grows][:-1]):
                return sweep_from_row(row)
            before = sweep_from_row(row)
            after = change(before)
            if after is None or after == before:
                return after
            written.update(sweep_to_row(after))
            connection.execute(statements.UPDATE_SWEEP, {"of_sweep": sweep_id, **written})
            return sweep_from_row(written)

        return self._database.write(write, unsynced_s=0.0)

    def _change_run(self, run_id: str, change: ChangeRun) -> bool:
        written: Row = {}  # by an earlier attempt, should its commit have worked

        def write(connection: Connection, in_doubt: bool) -> bool:
            row = self._run_row(connection, run_id, statements.LOCK_RUN)
            if in_doubt and written and _has(row, written):
                return True
            which = {"of_sweep": row["sweep_id"], "of_number": row["number"]}
            columns = change(row, lambda: connection.scalar(statements.LAST_ATTEMPT, which))
            if columns:
                written.update(columns)
                self._update_run(connection, run_id, row["sweep_id"], columns)
            return columns is not None

        return self._database.write(write)

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
        written: Row = {}  # by an earlier attempt, should its commit have worked
        query = statements.LOCK_RUN if whole else statements.LOCK_RUN_BRIEFLY

        def write(connection: Connection, in_doubt: bool) -> Row:
            row = self._run_row(connection, run_id, query)
            if in_doubt and written and self._was_written(connection, row, written, new_rows):
                return row
            rules.check_owned(run_id, row, agent_id)
            present: int = row["history_rows"]
            changed = rules.later_beat(row, merged(columns, before, row))
            written.update(changed, history_rows=present + len(new_rows))
            if new_rows:
                places = enumerate(new_rows, start=present)
                numbered = [{**new_row, "row": place} for place, new_row in places]
                connection.execute(statements.INSERT_HISTORY, numbered)
            if console:
                text = {"of_run": run_id, "run_id": run_id, "text": storable(console)}
                connection.execute(statements.INSERT_CONSOLE, text)
            self._update_run(connection, run_id, row["sweep_id"], written)
            return {**row, **written}

        return self._database.write(write, unsynced_s=unsynced_s)

    def _was_written(
        self, connection: Connection, row: Row, written: Row, new_rows: Sequence[Row]
    ) -> bool:
        """Whether an attempt whose answer was lost did write a run's columns and history.

        Its history tells, should the row have changed since: others may beat for a run.
        """
        if _has(row, written) or not new_rows:
            return _has(row, written)
        start = written["history_rows"] - len(new_rows)
        where = {"of_run": new_rows[0]["run_id"], "start": start}
        stored = connection.execute(statements.HISTORY, where).fetchmany(len(new_rows))
        wanted = [(each["step"], each["time_s"], each["values"]) for each in new_rows]
        return [tuple(each) for each in stored] == wanted

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

    def _sweep_row(
        self, connection: Connection, sweep_id: str, query: Any = statements.SWEEP
    ) -> Row:
        row = connection.execute(query, {"of_sweep": sweep_id}).one_or_none()
        if row is None:
            raise self._no_sweep(connection, sweep_id)
        return row._asdict()

    def _no_sweep(self, connection: Connection, sweep_id: str) -> NotFoundError:
        return rules.no_sweep(sweep_id, self._place, connection.scalars(statements.SWEEP_IDS).all())

    def _run_row(self, connection: Connection, run_id: str, query: Any) -> Row:
        row = connection.execute(query, {"of_run": run_id}).one_or_none()
        if row is None:
            raise rules.no_run(run_id, self._place, connection.scalars(statements.RUN_IDS).all())
        return row._asdict()

    def _raise_version(self, connection: Connection, sweep_id: str | None) -> None:
        if sweep_id is None:
            return
        if connection.execute(statements.UPDATE_SWEEP, {"of_sweep": sweep_id}).rowcount == 0:
            raise self._no_sweep(connection, sweep_id)

    def _insert_run(self, connection: Connection, row: Row) -> None:
        sweep_id: str | None = row["sweep_id"]
        if sweep_id is not None and self._database.one_statement:
            values = {f"run_{name}": row[name] for name in RUN_COLUMNS}
            inserted = connection.execute(
                statements.INSERT_RUN_AT_ONCE, {"of_sweep": sweep_id, **values}
            )
            if inserted.first() is None:
                raise self._no_sweep(connection, sweep_id)
            return
        self._raise_version(connection, sweep_id)
        connection.execute(statements.INSERT_RUN, {"of_sweep": sweep_id, **row})

    def _update_run(
        self, connection: Connection, run_id: str, sweep_id: str | None, columns: Row
    ) -> None:
        self._raise_version(connection, sweep_id)
        connection.execute(
            statements.UPDATE_RUN, {"of_run": run_id, "of_sweep": sweep_id, **columns}
        )

    def _exists(self, query: Any, parameters: Mapping[str, Any]) -> bool:
        return self._database.read(
            lambda connection: connection.execute(query, parameters).first() is not None
        )

    def _holds(self, connection: Connection, query: Any, parameters: Row, row: Row) -> bool:
        """Whether that row was written already, by a transaction whose answer was lost."""
        stored = connection.execute(query, parameters).one_or_none()
        return stored is not None and _has(stored._asdict(), row)


def _read_history(connection: Connection, run_id: str, start: int) -> list[HistoryRow]:
    rows = connection.execute(statements.HISTORY, {"of_run": run_id, "start": start})
    return [history_row(*row) for row in rows]


def _read_texts(
    connection: Connection, run_id: str, start: int, places: Sequence[int] | None
) -> Iterator[Sequence[Any]]:
    if places is None:
        return iter(connection.execute(statements.CURVE, {"of_run": run_id, "start": start}))
    return iter(connection.execute(statements.ROWS_AT, {"of_run": run_id, "places": places}))


def _has(row: Mapping[str, Any], columns: Row) -> bool:
    """Whether a row has these values, as far as it has these columns."""
    return all(row[name] == value for name, value in columns.items() if name in row)
