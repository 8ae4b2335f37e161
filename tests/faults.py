"""Faults of the machine, put under every database call of this process, one at a time.

A call is each thing that the store asks of its database: the begin of a transaction, each
statement, each commit. One of them fails as it does when a disk is full, when reading or
writing fails, when a file is locked or a connection breaks; before it took effect, or
after. Needs no rights and no broken disk, so that all calls can be tried one by one.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

from sqlalchemy import Engine, event
from sqlalchemy.engine.default import DefaultDialect

from nbsweep.store.database import Database

SQLITE = {
    "disk full": lambda: sqlite3.OperationalError("database or disk is full"),
    "EIO": lambda: sqlite3.OperationalError("disk I/O error"),
    "locked": lambda: sqlite3.OperationalError("database is locked"),
}


def postgres_faults() -> dict[str, Callable[[], Exception]]:
    """By name what makes the errors that PostgreSQL's driver raises."""
    import psycopg

    return {
        "disk full": lambda: psycopg.errors.DiskFull("could not extend file: No space left"),
        "EIO": lambda: psycopg.errors.IoError("could not read block 7: Input/output error"),
        "locked": lambda: psycopg.errors.LockNotAvailable("canceling statement: lock timeout"),
        "connection lost": lambda: psycopg.OperationalError("server closed the connection"),
    }


@dataclass
class Faults:
    """Counts the calls and has some of them fail.

    Attributes:
        error: makes what is raised.
        fails: whether the call of that number (from 1) fails.
        after: whether it takes effect before it fails.
        calls: how many there were.
        failed: how many of them failed.
    """

    error: Callable[[], Exception]
    fails: Callable[[int], bool]
    after: bool = False
    calls: int = 0
    failed: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def meet(self, call: Callable[[], Any]) -> Any:
        """Make a call, unless it is one of those that fail."""
        with self._lock:
            self.calls += 1
            fails = self.fails(self.calls)
            self.failed += fails
        if not fails:
            return call()
        if self.after:
            call()
        raise self.error()


@contextmanager
def injected(faults: Faults) -> Iterator[Faults]:
    """Have the calls of all databases of this process fail as `faults` says."""

    def execute(cursor: Any, statement: str, parameters: Any, context: Any) -> bool:
        faults.meet(lambda: cursor.execute(statement, parameters))
        return True

    def execute_many(cursor: Any, statement: str, parameters: Any, context: Any) -> bool:
        faults.meet(lambda: cursor.executemany(statement, parameters))
        return True

    def begin(database: Database, connection: Any, statement: str) -> None:
        if database._path is not None:
            faults.meet(lambda: begin_before(database, connection, statement))

    def commit(dialect: DefaultDialect, connection: Any) -> None:
        faults.meet(lambda: commit_before(dialect, connection))

    begin_before, commit_before = Database._begin, DefaultDialect.do_commit
    event.listen(Engine, "do_execute", execute)
    event.listen(Engine, "do_executemany", execute_many)
    try:
        with (
            mock.patch.object(Database, "_begin", begin),
            mock.patch.object(DefaultDialect, "do_commit", commit),
        ):
            yield faults
    finally:
        event.remove(Engine, "do_execute", execute)
        event.remove(Engine, "do_executemany", execute_many)


def nth(number: int) -> Callable[[int], bool]:
    """That call alone."""
    return lambda call: call == number


def every(number: int) -> Callable[[int], bool]:
    """Each `number`-th call."""
    return lambda call: call % number == 0
