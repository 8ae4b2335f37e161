"""Changes of a sweep's search space after it was made."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("sweeps", sa.Column("edits", sa.Text, nullable=False, server_default="[]"))
