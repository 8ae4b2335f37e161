"""Reads SQLite files of other programs without changing them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from nbsweep.errors import StoreError
from nbsweep.sweep_config.yaml_file import no_such_file

MAGIC = b"SQLite format 3\0"


def is_sqlite(path: Path) -> bool:
    """Whether this is a file that SQLite wrote."""
    try:
        with path.open("rb") as file:
            return file.read(len(MAGIC)) == MAGIC
    except OSError:
        return False


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection that can only read, with rows by name.

    A program that was killed may have left its last writes in a file beside it (-wal),
    which SQLite takes into account; without one nothing is created there.

    Raises:
        UsageError: there is no such file.
        StoreError: it cannot be read, or a table is missing.
    """
    if not path.is_file():
        raise no_such_file(path, "*.db", "*.sqlite")
    beside = any(path.with_name(f"{path.name}-{kind}").exists() for kind in ("wal", "journal"))
    mode = "mode=ro" if beside else "immutable=1"
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?{mode}", uri=True)) as connection:
            connection.row_factory = sqlite3.Row
            yield connection
    except sqlite3.Error as error:
        raise StoreError(f"{path} cannot be read: {error}.") from error


def columns(connection: sqlite3.Connection, table: str) -> set[str]:
    """The columns of a table; none when there is no such table."""
    return {row["name"] for row in connection.execute(f'PRAGMA table_info("{table}")')}


def tables(path: Path) -> set[str]:
    """The tables of a file; none when it cannot be read."""
    try:
        with reading(path) as connection:
            rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            return {row["name"] for row in rows}
    except StoreError:
        return set()
