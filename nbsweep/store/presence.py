"""Whether an open store is still there: its file the one that was opened, with its content.

SQLite would go on writing to a file that was deleted, and open connections to a new, empty
one in its place; what others put there it would mix with what it remembers.
"""

from __future__ import annotations

import os
import secrets
import shutil
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError

UNTOLD = -1  # what stands for a mark that cannot be read just now
_DROPPED = ("42P01", "3F000", "3D000")  # undefined table, schema, database


class Presence:
    """What was opened at a path, to be compared with what is there later.

    The content is known by a mark, a random number that a store gets when it is made and
    that lies at a fixed place of the file (SQLite's user_version).

    Args:
        path: of the SQLite file, which is there.
        place: the path as its user knows it.
        mark: of the store; 0 when it has none.
    """

    def __init__(self, path: Path, place: str, mark: int) -> None:
        self._path, self._place, self._mark = path, place, mark
        status = path.stat()
        self._file = (status.st_dev, status.st_ino)
        self._state = (status.st_mtime_ns, status.st_size)
        self._marked_on_disk = _mark_in(path) == mark != 0  # else it is still in the log
        self._is_other = False

    def fate(self, engine: Engine) -> str | None:
        """What happened to the file, in a sentence for the user; None when it is as it was.

        Args:
            engine: with connections to the file.
        """
        try:
            status = os.stat(self._path)  # noqa: PTH116 - half the cost, at every transaction
        except (FileNotFoundError, NotADirectoryError):
            folder = "" if self._path.parent.is_dir() else " with its folder"
            return self._sentence(
                f"was deleted or moved away{folder}", "no new one was made in its place"
            )
        except OSError:
            return None  # SQLite will have its own words
        if self._is_other:
            return self.overwritten()
        file = (status.st_dev, status.st_ino)
        if file != self._file:
            if self._mark and _mark_in(self._path) == self._mark and not _is_unlinked(self._path):
                self._file = file  # a mounted drive that numbers its files anew
                return None
            return self._sentence("was replaced by another file", "that one was left as it is")
        state = (status.st_mtime_ns, status.st_size)
        if state != self._state:  # seldom: most is written to the log beside it
            mark = _mark_in(self._path)
            if mark == UNTOLD:
                return None
            if self._mark and mark != self._mark and (mark is None or self._marked_on_disk):
                self._is_other = True
                self._protect(engine, mark)
            self._state = state
            self._marked_on_disk = self._marked_on_disk or mark == self._mark
        return self.overwritten() if self._is_other else None

    def _protect(self, engine: Engine, mark: int | None) -> None:
        """Keep the log of an overwritten file from being written into the new content.

        SQLite would do that when the last connection closes, and when the next one opens. The
        log goes with the file that was there; it is set aside and emptied.

        Args:
            engine: with connections to the file.
            mark: that the file has now.
        """
        log = self._path.with_name(f"{self._path.name}-wal")
        stale = mark is None  # else a transaction of SQLite may have changed all
        with suppress(SQLAlchemyError, sqlite3.Error), closing(engine.raw_connection()) as opened:
            found = opened.cursor().execute("PRAGMA user_version").fetchone()
            stale = stale or found[0] == self._mark  # not as the file has it
        with suppress(OSError):
            if stale and log.stat().st_size:
                shutil.copy2(log, f"{log}-of-the-overwritten")
                os.truncate(log, 0)
        engine.dispose()

    def overwritten(self) -> str:
        """The sentence for a file whose content is not what it was."""
        return self._sentence("was overwritten by another program", "it was left as it is")

    def _sentence(self, what: str, now: str) -> str:
        return (
            f"The store {self._place} {what} while it was in use: nothing more can be stored, "
            f"and {now}. Put the file back, or make a new sweep."
        )


def mark_of(connection: Connection, *, make: bool = False) -> int:
    """The mark of a SQLite store, in a transaction of the connection; 0 without one.

    Args:
        connection: to the store.
        make: give it one, where it has none.
    """
    mark: int = connection.scalar(text("PRAGMA user_version")) or 0
    if make and not mark:
        mark = 1 + secrets.randbelow(2**31 - 1)
        connection.execute(text(f"PRAGMA user_version = {mark}"))
    return mark


def dropped(error: Exception, place: str) -> str | None:
    """What became of a database on a server, where a failure shows that it is gone.

    Args:
        error: of the driver, or what SQLAlchemy made of it.
        place: the store as its user knows it.
    """
    cause = getattr(error, "orig", None) or error
    message = (str(cause).strip().splitlines() or [""])[0]
    no_database = 'database "' in message and "does not exist" in message
    if getattr(cause, "sqlstate", None) not in _DROPPED and not no_database:
        return None
    return (
        f"The PostgreSQL store {place} was dropped while it was in use ({message}). Restore "
        "it, or make a new sweep."
    )


def _is_unlinked(path: Path) -> bool:
    """Whether this process has a file open that was at a path; True where nobody tells."""
    name = f"{os.path.realpath(path)} (deleted)"
    try:
        numbers = os.listdir("/proc/self/fd")  # noqa: PTH208 - numbers, not paths
    except OSError:
        return True
    for number in numbers:
        with suppress(OSError):  # closed meanwhile
            if os.readlink(f"/proc/self/fd/{number}") == name:  # noqa: PTH115 - as above
                return True
    return False


def _mark_in(path: Path) -> int | None:
    """The mark in the file itself, past the log of what is not in it yet; None: no database.

    UNTOLD when it cannot be read just now.

    By SQLite, since closing a file by other means would drop the locks of its connections.
    """
    try:
        address = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
        with closing(sqlite3.connect(address, uri=True)) as opened:
            mark: int = opened.execute("PRAGMA user_version").fetchone()[0]
            return mark
    except sqlite3.DatabaseError as error:
        # Pages are missing while its log is being written into it, on a full disk say.
        return UNTOLD if "malformed" in str(error) else None
