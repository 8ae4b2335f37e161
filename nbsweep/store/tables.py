"""The tables, for SQLAlchemy Core; a migration makes them (`nbsweep.store.migrations`).

Column names are the field names of the records. ``version`` is raised on the sweep by
every change of it or of one of its runs, in the same transaction, and the changed run
takes the same number: the runs that changed since a snapshot are those whose version
is greater than the snapshot's.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData()

sweeps = Table(
    "sweeps",
    metadata,
    Column("id", Text, primary_key=True),
    Column("project", Text, nullable=False),
    Column("name", Text),
    Column("config", Text, nullable=False),  # JSON
    Column("seed", Text, nullable=False),  # JSON: a seed may exceed 64 bits
    Column("state", Text, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("ended_at", Double),
    Column("end_reason", Text),
    Column("prior", Text, nullable=False),  # JSON
    Column("edits", Text, nullable=False),  # JSON
    Column("queue", Text, nullable=False),  # JSON
    Column("version", BigInteger, nullable=False),
)

runs = Table(
    "runs",
    metadata,
    Column("id", Text, primary_key=True),
    Column("project", Text, nullable=False),
    Column("sweep_id", Text, ForeignKey("sweeps.id", name="fk_runs_sweep")),
    Column("number", BigInteger, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("params", Text, nullable=False),  # JSON
    Column("config", Text, nullable=False),  # JSON
    Column("summary", Text, nullable=False),  # JSON
    Column("origin", Text, nullable=False),  # JSON
    Column("agent_id", Text, nullable=False),
    Column("host", Text, nullable=False),
    Column("pid", BigInteger, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("started_at", Double),
    Column("heartbeat_at", Double, nullable=False),
    Column("ended_at", Double),
    Column("exit_code", BigInteger),
    Column("error", Text),
    Column("stop_requested", Text),
    Column("stop_state", Text),
    Column("history_rows", BigInteger, nullable=False),
    Column("notes", Text),
    Column("tags", Text, nullable=False),  # JSON
    Column("group", Text),
    Column("job_type", Text),
    Column("code_hash", Text),
    Column("peak_memory_bytes", BigInteger),
    Column("worker", Text),
    Column("retry_requested", Boolean, nullable=False),
    Column("parent_id", Text),
    Column("continue_requested", Text, nullable=False),  # JSON
    Column("version", BigInteger, nullable=False),
    # The claim of a suggestion. Runs without a sweep have NULL here and never collide.
    UniqueConstraint("sweep_id", "number", "attempt", name="uq_runs_claim"),
    Index("ix_runs_version", "sweep_id", "version"),
    Index("ix_runs_parent", "parent_id"),
)

history = Table(
    "history",
    metadata,
    Column("run_id", Text, ForeignKey("runs.id", name="fk_history_run"), primary_key=True),
    Column("row", BigInteger, primary_key=True, autoincrement=False),  # 0, 1, 2, … in its run
    Column("step", BigInteger, nullable=False),
    Column("time_s", Double, nullable=False),
    Column("values", Text, nullable=False),  # JSON
    # Rows lie in the order they are read in; no second tree to keep.
    sqlite_with_rowid=False,
)

console = Table(
    "console",
    metadata,
    Column("run_id", Text, ForeignKey("runs.id", name="fk_console_run"), primary_key=True),
    Column("chunk", BigInteger, primary_key=True, autoincrement=False),  # 0, 1, 2, … in its run
    Column("text", Text, nullable=False),
)
