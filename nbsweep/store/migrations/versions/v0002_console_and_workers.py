"""What runs print, who executes them with which code, and earlier observations.

Columns are added as they are, without copying tables: a migration takes no longer on
a store with many runs.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("sweeps", sa.Column("prior", sa.Text, nullable=False, server_default="[]"))
    op.add_column("runs", sa.Column("stop_state", sa.Text))
    op.add_column("runs", sa.Column("code_hash", sa.Text))
    op.add_column("runs", sa.Column("peak_memory_bytes", sa.BigInteger))
    op.add_column("runs", sa.Column("worker", sa.Text))
    # Until now whoever asked a run to stop killed it.
    op.execute("UPDATE runs SET stop_state = 'killed' WHERE stop_requested IS NOT NULL")
    op.create_table(
        "console",
        sa.Column(
            "run_id", sa.Text, sa.ForeignKey("runs.id", name="fk_console_run"), primary_key=True
        ),
        sa.Column("chunk", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("text", sa.Text, nullable=False),
    )
