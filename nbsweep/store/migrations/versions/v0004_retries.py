"""Which ended runs somebody wants to have tried again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column(
        "runs",
        sa.Column("retry_requested", sa.Boolean, nullable=False, server_default=sa.false()),
    )
