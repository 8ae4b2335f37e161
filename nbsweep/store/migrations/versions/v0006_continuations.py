"""Ended runs that somebody wants to go on."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column(
        "runs", sa.Column("continue_requested", sa.Text, nullable=False, server_default="{}")
    )
