"""Whether the database of a store is sound."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from nbsweep.errors import SweepError
from nbsweep.store import open_store
from nbsweep.store.sqlite_file import ReadOnlyFile

_SQLITE = "sqlite:///"


def database_file(url: str) -> Path | None:
    """The file of a SQLite store, None for other stores."""
    return Path(url[len(_SQLITE) :]) if url.startswith(_SQLITE) else None


def problem(url: str) -> str | None:
    """What is wrong with the store at a URL, None when it is sound.

    Reads the whole file of a SQLite store; nothing is changed, none is made.
    """
    path = database_file(url)
    if path is not None:
        if not path.is_file():
            return f"there is no file {path}"
        try:
            rows = _integrity_check(path)
        except sqlite3.Error as error:
            return f"{path} cannot be read: {error}"
        faults = [str(row[0]) for row in rows if row[0] != "ok"]
        if faults:
            return f"{path} is damaged: {'; '.join(faults)}"
    try:
        open_store(url).sweeps()
    except SweepError as error:
        return str(error)
    return None


def _integrity_check(path: Path) -> list[tuple[object, ...]]:
    """What SQLite finds wrong; its error when the file cannot be read in any way."""
    with closing(ReadOnlyFile(path)) as file:
        if not ReadOnlyFile.needed(path):
            return _check(f"{path.resolve().as_uri()}?mode=ro")
        failure: sqlite3.Error | None = None
        while file.next_way():
            try:
                return _check(file.uri)
            except sqlite3.Error as error:
                failure = failure or error
    raise failure or sqlite3.OperationalError("unable to open database file")


def _check(uri: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(uri, uri=True)) as opened:
        return opened.execute("PRAGMA integrity_check(3)").fetchall()
