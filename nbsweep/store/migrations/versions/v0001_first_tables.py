"""The tables sweeps, runs and history.

A migration never changes once released, so it spells the tables out instead of using
those of `nbsweep.store.tables`.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "sweeps",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("project", sa.Text, nullable=False),
        sa.Column("name", sa.Text),
        sa.Column("config", sa.Text, nullable=False),
        sa.Column("seed", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.Column("ended_at", sa.Double),
        sa.Column("end_reason", sa.Text),
        sa.Column("version", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "runs",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("project", sa.Text, nullable=False),
        sa.Column("sweep_id", sa.Text, sa.ForeignKey("sweeps.id", name="fk_runs_sweep")),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("params", sa.Text, nullable=False),
        sa.Column("config", sa.Text, nullable=False),
        sa.Column("summary", sa.Text, nullable=False),
        sa.Column("origin", sa.Text, nullable=False),
        sa.Column("agent_id", sa.Text, nullable=False),
        sa.Column("host", sa.Text, nullable=False),
        sa.Column("pid", sa.BigInteger, nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.Column("started_at", sa.Double),
        sa.Column("heartbeat_at", sa.Double, nullable=False),
        sa.Column("ended_at", sa.Double),
        sa.Column("exit_code", sa.BigInteger),
        sa.Column("error", sa.Text),
        sa.Column("stop_requested", sa.Text),
        sa.Column("history_rows", sa.BigInteger, nullable=False),
        sa.Column("notes", sa.Text),
        sa.Column("tags", sa.Text, nullable=False),
        sa.Column("group", sa.Text),
        sa.Column("job_type", sa.Text),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("sweep_id", "number", "attempt", name="uq_runs_claim"),
    )
    op.create_index("ix_runs_version", "runs", ["sweep_id", "version"])
    op.create_table(
        "history",
        sa.Column(
            "run_id", sa.Text, sa.ForeignKey("runs.id", name="fk_history_run"), primary_key=True
        ),
        sa.Column("row", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("step", sa.BigInteger, nullable=False),
        sa.Column("time_s", sa.Double, nullable=False),
        sa.Column("values", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
