"""The statements of the SQL store, each written once, so that SQLAlchemy compiles it once.

``of_sweep`` and ``of_run`` name the sweep and the run of a statement.
"""

from __future__ import annotations

from sqlalchemy import (
    BindParameter,
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

from nbsweep.store.rows import RUN_COLUMNS, SWEEP_COLUMNS
from nbsweep.store.tables import console as console_table
from nbsweep.store.tables import history, runs, sweeps

_sweep_id: BindParameter[str] = bindparam("of_sweep")
_run_id: BindParameter[str] = bindparam("of_run")
_sweep_columns = [sweeps.c[name] for name in SWEEP_COLUMNS]
_run_columns = [runs.c[name] for name in RUN_COLUMNS]

SWEEP_IDS = select(sweeps.c.id).order_by(sweeps.c.created_at.desc(), sweeps.c.id)
RUN_IDS = select(runs.c.id).order_by(runs.c.created_at.desc(), runs.c.id)

ALL_SWEEPS = select(*_sweep_columns).order_by(sweeps.c.created_at, sweeps.c.id)
NEWEST_SWEEPS = select(*_sweep_columns).order_by(sweeps.c.created_at.desc(), sweeps.c.id.desc())
SWEEP = select(*_sweep_columns, sweeps.c.version).where(sweeps.c.id == _sweep_id)
LOCK_SWEEP = SWEEP.with_for_update()
SWEEP_VERSION = select(sweeps.c.version).where(sweeps.c.id == _sweep_id)
INSERT_SWEEP = insert(sweeps)
UPDATE_SWEEP = update(sweeps).where(sweeps.c.id == _sweep_id).values(version=sweeps.c.version + 1)

# The version that the sweep just got; 0 for a run without a sweep.
_new_version = func.coalesce(SWEEP_VERSION.scalar_subquery(), 0)
_by_creation = (runs.c.created_at, runs.c.number, runs.c.attempt, runs.c.id)
ALL_RUNS = select(*_run_columns).order_by(*_by_creation)
RESULTS = (
    select(runs.c.sweep_id, runs.c.number, runs.c.attempt, runs.c.state, runs.c.summary)
    .where(runs.c.sweep_id.is_not(None))
    .order_by(runs.c.sweep_id, runs.c.number, runs.c.attempt)
)
RUN = select(*_run_columns).where(runs.c.id == _run_id)
LOCK_RUN = RUN.with_for_update()
LOCK_RUN_BRIEFLY = (
    select(
        runs.c.sweep_id,
        runs.c.state,
        runs.c.agent_id,
        runs.c.heartbeat_at,
        runs.c.ended_at,
        runs.c.stop_requested,
        runs.c.stop_state,
        runs.c.history_rows,
        runs.c.summary,
    )
    .where(runs.c.id == _run_id)
    .with_for_update()
)
CHANGED_RUNS = (
    select(*_run_columns)
    .where(runs.c.sweep_id == _sweep_id, runs.c.version > bindparam("since"))
    .order_by(runs.c.number, runs.c.attempt)
)
# A sweep and what changed since a version, in one statement; without the latter one row.
# The sweep's columns in the first row alone: its config may be longer than all the runs.
_is_first = func.row_number().over(order_by=(runs.c.number, runs.c.attempt)) == 1
SWEEP_AND_CHANGED_RUNS = (
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
CLAIM = select(runs.c.id).where(
    runs.c.sweep_id == _sweep_id,
    runs.c.number == bindparam("of_number"),
    runs.c.attempt == bindparam("of_attempt"),
)
LAST_ATTEMPT = select(func.max(runs.c.attempt)).where(
    runs.c.sweep_id == _sweep_id, runs.c.number == bindparam("of_number")
)
INSERT_RUN = insert(runs).values(version=_new_version)
# Both in one statement, for PostgreSQL; inserts nothing where there is no such sweep.
# The parameters have a prefix: a plain column name would set the sweep's column as well.
_moved = UPDATE_SWEEP.returning(sweeps.c.version).cte("moved")
INSERT_RUN_AT_ONCE = (
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
UPDATE_RUN = update(runs).where(runs.c.id == _run_id).values(version=_new_version)

HISTORY = (
    select(history.c.step, history.c.time_s, history.c["values"])
    .where(history.c.run_id == _run_id, history.c.row >= bindparam("start"))
    .order_by(history.c.row)
)
# What curves are read from: `nbsweep.store.metric_text`.
CURVE = (
    select(history.c.step, history.c["values"])
    .where(history.c.run_id == _run_id, history.c.row >= bindparam("start"))
    .order_by(history.c.row)
)
ROWS_AT = (
    select(history.c.step, history.c["values"])
    .where(history.c.run_id == _run_id, history.c.row.in_(bindparam("places", expanding=True)))
    .order_by(history.c.row)
)
INSERT_HISTORY = insert(history)

CONSOLE = (
    select(console_table.c.text)
    .where(console_table.c.run_id == _run_id)
    .order_by(console_table.c.chunk)
)
# The run's row is locked meanwhile, so nobody else takes that place.
INSERT_CONSOLE = insert(console_table).values(
    chunk=select(func.coalesce(func.max(console_table.c.chunk), -1) + 1)
    .where(console_table.c.run_id == _run_id)
    .scalar_subquery()
)
