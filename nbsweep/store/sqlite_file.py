"""A SQLite file, opened to be written, or to be read where nothing can be written.

Results lie on read-only media too: archives, shares of other people, the input folder of
a hosted notebook. SQLite reads a file in write-ahead mode there only with some help.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
import weakref
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from sqlalchemy import URL, Engine, create_engine, event
from sqlalchemy.pool import Pool

from nbsweep.errors import StoreError

# What others hold for longer is asked for again by `Database`, which tells that it waits.
LOCK_POLL_S = 0.02
_BESIDE = ("-wal", "-journal")  # what belongs to the file and may hold newer pages


class SQLiteFile:
    """A file that connections are made to.

    Attributes:
        path: where it is.
        read_only: whether nothing can be written.
    """

    read_only = False

    def __init__(self, path: Path) -> None:
        self.path = path

    def engine(self, pool: type[Pool] | None, busy_s: float) -> Engine:
        """Makes connections to it.

        Args:
            pool: what keeps them; None for the usual one.
            busy_s: how long others may keep it locked before a call fails.
        """
        return _engine(self.path, _uri(self.path), pool, min(busy_s, LOCK_POLL_S), self.read_only)

    @property
    def state(self) -> tuple[int, ...] | None:
        """Changes when another file takes its place; None when there is none."""
        try:
            status = self.path.stat()
        except OSError:
            return None
        return (status.st_dev, status.st_ino)

    def close(self) -> None:
        """Leave nothing behind."""


class ReadOnlyFile(SQLiteFile):
    """A file that is only read, in the first way that works.

    1. As one that never changes, when no write-ahead log lies beside it: SQLite then
       needs no files of its own.
    2. Beside its writer, whose log and shared memory can be read.
    3. As a copy, when a log was left behind without its writer, or the tables are old.

    Attributes:
        uri: opens it in the present way.
    """

    read_only = True

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._ways = self._all_ways()
        self.uri = ""
        self._is_live = False
        self._copy: Path | None = None
        self._remove: Callable[[], object] = _nothing

    @staticmethod
    def needed(path: Path) -> bool:
        """Whether there is a file that can be read but not written."""
        return (
            path.is_file()
            and _may(path, os.R_OK)
            and not (_may(path, os.W_OK) and _may(path.parent, os.W_OK | os.X_OK))
        )

    def next_way(self) -> bool:
        """Go on to the next way; False when there is none left."""
        return next(self._ways, False)

    def copied(self) -> SQLiteFile:
        """A copy of it that can be written, for tables that have to be migrated first."""
        if self._copy is None:
            self._make_copy()
        assert self._copy is not None
        self.uri = _uri(self._copy)
        return SQLiteFile(self._copy)

    def engine(self, pool: type[Pool] | None, busy_s: float) -> Engine:
        """See `SQLiteFile.engine`."""
        return _engine(self.path, self.uri, pool, min(busy_s, LOCK_POLL_S), read_only=True)

    @property
    def state(self) -> tuple[int, ...] | None:
        """As of `SQLiteFile`; changes with the file too, where that goes unnoticed else."""
        if self._is_live:
            return super().state
        try:
            logs = [_size(self.path, suffix) for suffix in _BESIDE]
            status = self.path.stat()
        except OSError:
            return None
        return (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, *logs)

    def close(self) -> None:
        """Remove the copy, if there is one."""
        self._remove()

    def _all_ways(self) -> Iterator[bool]:
        address = _uri(self.path)
        if not any(_size(self.path, suffix) for suffix in _BESIDE):
            self.uri = f"{address}?mode=ro&immutable=1"
            yield True
        self.uri, self._is_live = f"{address}?mode=ro", True
        yield True
        self._is_live = False
        with suppress(StoreError):  # the ways before say what is wrong with the file
            self.copied()
            yield True

    def _make_copy(self) -> None:
        folder = tempfile.mkdtemp(prefix="nbsweep-")
        self._remove = weakref.finalize(self, _remove, folder, os.getpid())
        copy = Path(folder) / self.path.name
        try:
            for suffix in ("", *_BESIDE):
                if suffix == "" or _size(self.path, suffix):
                    shutil.copyfile(f"{self.path}{suffix}", f"{copy}{suffix}")
        except OSError as error:
            raise StoreError(
                f"{self.path} has to be copied to be read, but its copy {copy} cannot be written "
                f"({error.strerror or error}). Name a folder with room in the variable TMPDIR."
            ) from error
        self._copy = copy


def _engine(
    path: Path, uri: str, pool: type[Pool] | None, busy_s: float, read_only: bool
) -> Engine:
    def connect() -> sqlite3.Connection:
        # isolation_level None: Python's driver leaves transactions to us.
        return sqlite3.connect(
            uri, uri=True, timeout=busy_s, isolation_level=None, check_same_thread=False
        )

    engine = create_engine(
        URL.create("sqlite", database=str(path)), creator=connect, poolclass=pool
    )

    @event.listens_for(engine, "connect")
    def configure(connection: sqlite3.Connection, _record: object) -> None:
        # In write-ahead mode a commit survives the death of the process without a sync
        # to disk; the rollback journal is safe with a sync at each commit only.
        (mode,) = connection.execute("PRAGMA journal_mode").fetchone()
        connection.execute(f"PRAGMA synchronous={'NORMAL' if mode == 'wal' else 'FULL'}")
        connection.execute("PRAGMA foreign_keys=ON")
        if read_only:
            connection.execute("PRAGMA query_only=ON")

    return engine


def _uri(path: Path) -> str:
    return path.absolute().as_uri()


def _size(path: Path, suffix: str) -> int:
    """The size of what lies beside a file; 0 without it."""
    try:
        return Path(f"{path}{suffix}").stat().st_size
    except FileNotFoundError:
        return 0


def _may(path: Path, mode: int) -> bool:
    effective = os.access in os.supports_effective_ids
    return os.access(path, mode, effective_ids=effective)


def _nothing() -> None:
    """Nothing to remove yet."""


def _remove(folder: str, pid: int) -> None:
    if os.getpid() == pid:  # a forked child leaves its parent's alone
        shutil.rmtree(folder, ignore_errors=True)
