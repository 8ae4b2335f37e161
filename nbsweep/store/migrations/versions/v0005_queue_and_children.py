"""Points that people enqueue, and runs that are a part of another one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("sweeps", sa.Column("queue", sa.Text, nullable=False, server_default="[]"))
    op.add_column("runs", sa.Column("parent_id", sa.Text))
    op.create_index("ix_runs_parent", "runs", ["parent_id"])
