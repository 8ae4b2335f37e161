"""The ordered changes of the tables, run when a store is opened (Alembic).

To change a table: change `nbsweep.store.tables`, write ``versions/v0007_what.py`` after
the pattern of the last one, and append its revision to `REVISIONS`. A test compares
what the migrations make with the tables, another this list with the files.
"""

from __future__ import annotations

from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy import Connection

# Known without importing Alembic, which takes longer than opening a store.
REVISIONS = ("0001", "0002", "0003", "0004", "0005", "0006")
HEAD = REVISIONS[-1]

# Our own name: a shared PostgreSQL database may have an alembic_version of others.
VERSION_TABLE = "nbsweep_version"

# Alembic keeps the migration under way in module globals.
_one_at_a_time = Lock()


def upgrade(connection: Connection, to: str = HEAD) -> None:
    """Bring the tables to a revision in the connection's transaction, which stays open."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    # Config interpolates: a folder called "50% off" has to survive.
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = connection
    with _one_at_a_time:
        command.upgrade(config, to)
