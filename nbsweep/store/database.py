"""Connections to one SQL database: transactions, and its failures in words.

What differs between SQLite and PostgreSQL is here; `nbsweep.store.sql` does not know
which of the two it talks to.
"""

from __future__ import annotations

import logging
import math
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    MetaData,
    Table,
    Text,
    func,
    inspect,
    select,
)
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.pool import NullPool, Pool

from nbsweep.errors import StoreError, StoreGoneError
from nbsweep.store import migrations, patience
from nbsweep.store.faults import (
    ConnectionLostError,
    ConstraintError,
    LockedError,
    UnwritableError,
    postgres_failure,
    sqlite_failure,
)
from nbsweep.store.patience import PassingError
from nbsweep.store.postgres_server import postgres_engine, without_password
from nbsweep.store.presence import Presence, dropped, mark_of
from nbsweep.store.sqlite_file import ReadOnlyFile, SQLiteFile
from nbsweep.store.tables import metadata

SQLITE_PREFIX = "sqlite:///"

# How long a call outlives a fault where nobody asked for more patience. A file is locked
# for as long as another program writes; a server's restart takes seconds, a machine's a
# minute; a disk that is full stays so until somebody has read that it is.
BUSY_TIMEOUT_S = 30.0
RECONNECT_FOR_S = 60.0
REPEAT_FOR_S = 0.5
_FIRST_WAIT_S = 0.05
_LONGEST_WAIT_S = 2.0
_LONGEST_WAIT_FOR_LOCK_S = 0.1

UNSYNCED_SHARE = 0.05  # of the time, that syncs of history may take
LONGEST_UNSYNCED_S = 5.0  # on a disk so slow that they would take more

logger = logging.getLogger("nbsweep")
T = TypeVar("T")

_ADVISORY_LOCK = 0x6E62737765657031  # "nbsweep1": held while the tables are made or migrated
_version = Table(
    migrations.VERSION_TABLE, MetaData(), Column("version_num", Text, primary_key=True)
)


class Database:
    """One SQL database, open, with the tables of this version of nbsweep.

    A transaction is a function of the connection, so that it can be done again when the
    machine fails under it: `read` and `write` try for as long as `nbsweep.store.patience`
    says, further and further apart, and only then raise.

    Connections come from a pool and go back after each transaction. One connection per
    thread would save some 10 µs a transaction, but a kernel starts and loses many
    threads, and what a lost thread leaves open is closed whenever the garbage
    collector finds it.

    Attributes:
        url: as `open_store` takes it.
        place: the database as its user knows it, for messages; no password.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._closed = False
        self._inherited: list[Engine] = []
        self._path = Path(url[len(SQLITE_PREFIX) :]) if url.startswith(SQLITE_PREFIX) else None
        self.place = shown_path(self._path) if self._path else without_password(url)
        self._syncs_at_commit = True
        self._synced_at = self._sync_cost_s = 0.0
        self._file: SQLiteFile | None = None
        if self._path:
            _make_folder(self._path.parent)
            self._file = SQLiteFile(self._path)
        self._file_id: tuple[int, ...] | None = None
        self._presence: Presence | None = None
        self._gone: str | None = None
        self._opened = False
        try:
            self._open()
            self._file_id = self._present_file_id()
            if self._path and not self.read_only:
                self._presence = Presence(self._path, self.place, self._mark())
            self._opened = True
        except BaseException:
            self.close()
            raise

    def _open(self) -> None:
        if self._path and ReadOnlyFile.needed(self._path):
            return self._open_read_only(self._path)
        self._connect()
        try:
            self._migrate()
        except UnwritableError:
            if self._path is None or not self._path.is_file():
                raise
            self._open_read_only(self._path)  # rights do not tell everything
        return None

    def _open_read_only(self, path: Path) -> None:
        """Open a file that can only be read, in the first way in which its tables can be."""
        file = self._file = ReadOnlyFile(path)
        failure: Exception | None = None
        while file.next_way():
            self._connect()
            try:
                with self.reading() as connection:
                    revision = self._revision(connection)
            except StoreError as error:
                self._engine.dispose()
                failure = failure or error
                continue
            if revision != migrations.HEAD:
                self._engine.dispose()
                self._file = file.copied()
                self._connect()
                self._migrate()
                self._engine.dispose()
                self._file = file
                self._connect()
            return
        assert failure is not None
        raise failure

    def _connect(self, pool: type[Pool] | None = None) -> None:
        if self._file is not None:
            engine = self._file.engine(pool, BUSY_TIMEOUT_S)
        else:
            engine = postgres_engine(self.url, pool)
        self._engine = self._reader = self._single = engine
        # SQLite lets one writer in at a time and has the others poll, up to 0.1 s
        # apart. Threads of one process wait for each other here instead.
        self._write_turn: AbstractContextManager[Any] = threading.Lock()
        if not self._path:
            self._write_turn = nullcontext()
            self._single = engine.execution_options(isolation_level="AUTOCOMMIT")
            self._reader = engine.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
        self._driver_error: type[Exception] = engine.dialect.loaded_dbapi.Error

    def read(self, work: Callable[[Connection], T], *, single: bool = False) -> T:
        """What `work` gives, called in a transaction that sees one moment.

        Raises StoreError when the database fails.

        Args:
            work: reads.
            single: it reads with one statement, which sees one moment by itself.
        """

        def attempt(_in_doubt: bool) -> T:
            if single:
                with self._failures(), self._single.connect() as connection:
                    return work(connection)
            with self.reading() as connection:
                return work(connection)

        return self._persist(attempt, "read")

    def write(
        self,
        work: Callable[[Connection, bool], T],
        *,
        single: bool = False,
        unsynced_s: float = math.inf,
    ) -> T:
        """What `work` gives, called in a transaction that is committed when it returns.

        Its second argument is True when an earlier call of it may have been committed,
        though the answer to the commit was lost: it then has to look before it writes.
        Raises as `writing` does.

        Args:
            work: reads and writes.
            single: it writes with one statement where `one_statement` says so. A server
                then commits with the statement: one round trip instead of four, and who
                waits for its locks waits that much less.
            unsynced_s: seconds of writes that a loss of power may cost: 0 has everything
                on the disk when this returns.
        """
        if self.read_only:
            raise UnwritableError(
                f"{self.place} is read-only here, so nothing can be stored: make the file and its "
                "folder writable, or copy the folder and name the copy in NBSWEEP_DIR."
            )

        def attempt(in_doubt: bool) -> T:
            if single and self.one_statement:
                with self._failures(committing=True), self._single.connect() as connection:
                    return work(connection, in_doubt)
            began = time.monotonic()
            if self._syncs_at_commit or not self._sync_is_due(unsynced_s, began):
                with self.writing() as connection:
                    return work(connection, in_doubt)
            with self.writing(synced=True) as connection:
                result = work(connection, in_doubt)
            self._synced_at = time.monotonic()
            self._sync_cost_s = self._synced_at - began
            return result

        return self._persist(attempt, "written")

    def _sync_is_due(self, unsynced_s: float, now: float) -> bool:
        if unsynced_s:
            share_s = min(self._sync_cost_s / UNSYNCED_SHARE, LONGEST_UNSYNCED_S)
            unsynced_s = max(unsynced_s, share_s)
        return now - self._synced_at >= unsynced_s

    @property
    def one_statement(self) -> bool:
        """Whether one statement can change two tables, and is worth a transaction."""
        return self._path is None

    @property
    def read_only(self) -> bool:
        """Whether nothing can be written."""
        return self._file is not None and self._file.read_only

    def _persist(self, attempt: Callable[[bool], T], verb: str, *, opening: bool = False) -> T:
        """Call `attempt` again for as long as it raises PassingError, within limits."""
        patient = patience.current()
        began, wait_s = 0.0, _FIRST_WAIT_S
        in_doubt = told = False
        while True:
            try:
                result = attempt(in_doubt)
                patience.note_recovery(self.url, verb)
                return result
            except PassingError as error:
                failure = error
            in_doubt = in_doubt or failure.in_doubt
            patience.note_trouble(self.url, verb, failure.text, self.place)
            if failure.needs_reopening:
                self._engine.dispose()
            now = time.monotonic()
            if not began:
                # At once: the pool's other connections are gone as well, and the server
                # may have been back for hours.
                began = now
                continue
            limit_s = patient.limit_s
            if limit_s is None:
                limit_s = _usual_limit_s(failure, opening)
            if self._closed or now - began >= limit_s or patient.gives_up():
                raise failure
            if not (told or patient.is_heard) and now - began >= patience.WORTH_TELLING_S:
                told = True  # once: the outage may be long
                logger.warning("Waiting for the store: %s", failure)
            # Not in step with the other processes that wait for it.
            patient.pause(min(wait_s, limit_s) * random.uniform(0.5, 1.0))
            longest_s = _LONGEST_WAIT_FOR_LOCK_S if failure.is_lock else _LONGEST_WAIT_S
            wait_s = min(longest_s, 2 * wait_s)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that sees the database as of one moment.

        Raises StoreError when the database fails.
        """
        with self._failures(), self._reader.begin() as connection:
            self._begin(connection, "BEGIN")
            yield connection

    @contextmanager
    def writing(self, *, synced: bool = False) -> Iterator[Connection]:
        """A transaction that is committed at the end, or rolled back by an exception.

        On SQLite it holds the write lock from its beginning, so that what it reads
        stays true until it has written. Raises StoreError when the database fails,
        ConstraintError when a row breaks a rule of its table.

        Args:
            synced: whether the commit of a write-ahead log is on the disk at the end.
        """
        with (
            self._failures(),
            self._write_turn,
            self._engine.connect() as connection,
            connection.begin() as transaction,
        ):
            if not self._syncs_at_commit:
                self._set_sync(connection, synced)
            self._begin(connection, "BEGIN IMMEDIATE")
            yield connection
            with self._failures(committing=True):
                try:
                    transaction.commit()
                except BaseException:
                    connection.invalidate()  # its transaction may be open still
                    raise

    def _begin(self, connection: Connection, statement: str) -> None:
        """Begin the transaction on SQLite, whose driver leaves that to us.

        IMMEDIATE for writers: a transaction that reads first and writes then would fail
        at once, without waiting, when another one wrote in between. Past SQLAlchemy's
        execute, and not in a listener of its engine: one listener makes it look for more
        before and after every statement.
        """
        if self._path is not None:
            driver: Any = connection.connection.dbapi_connection
            driver.execute(statement)

    def _set_sync(self, connection: Connection, synced: bool) -> None:
        """Have the commits of a connection wait for the disk, or not; not in a transaction."""
        level = "FULL" if synced else "NORMAL"
        if connection.info.get("synchronous", "NORMAL") != level:
            driver: Any = connection.connection.dbapi_connection
            driver.execute(f"PRAGMA synchronous={level}")
            connection.info["synchronous"] = level

    @property
    def usable(self) -> bool:
        """Whether it is open and its file is still the one that was opened."""
        if self._closed or self.gone is not None:
            return False
        return not self.read_only or self._present_file_id() == self._file_id

    @property
    def gone(self) -> str | None:
        """What happened to its file, in a sentence, when that is not what was opened."""
        return self._gone or (self._presence.fate(self._engine) if self._presence else None)

    def close(self) -> None:
        """Close all connections; later transactions raise StoreError."""
        self._gone = self.gone  # as it is now: another store may take the place
        self._closed = True
        if hasattr(self, "_engine"):  # not where opening it failed at once
            self._engine.dispose()
        if self._file is not None:
            self._file.close()

    def retire(self) -> None:
        """Close idle connections and keep none from now on: the process is ending.

        Later transactions still work; each opens and closes its own connection.
        """
        self._engine.dispose()
        self._connect(NullPool)

    def after_fork(self) -> None:
        """Start afresh in a forked child.

        The parent's connections must be neither used nor closed here (closing would
        drop the parent's locks and end its sessions), hence they are kept for ever.
        Locks start afresh: the thread that held one does not exist in the child.
        """
        self._inherited.append(self._engine)
        self._connect()

    def _present_file_id(self) -> tuple[int, ...] | None:
        return None if self._file is None else self._file.state

    @contextmanager
    def _failures(self, *, committing: bool = False) -> Iterator[None]:
        gone = self.gone
        if gone is not None:
            raise StoreGoneError(gone)
        if self._closed:
            raise StoreError(f"The store {self.place} was closed; open it again.")
        try:
            yield
        except IntegrityError as error:
            raise ConstraintError(str(self._failure(error))) from error
        except (SQLAlchemyError, self._driver_error) as error:
            lost = (self.gone or dropped(error, self.place)) if self._opened else None
            if lost is not None:
                raise StoreGoneError(lost) from error
            raise self._failure(error, committing=committing) from error

    def _mark(self) -> int:
        """The mark by which its content is known; a store without one gets it where it can."""
        mark = self.read(mark_of)
        if not mark:
            with suppress(StoreError):
                mark = self.write(lambda connection, _in_doubt: mark_of(connection, make=True))
                with self._failures(), closing(self._engine.raw_connection()) as direct:
                    direct.cursor().execute("PRAGMA wal_checkpoint(PASSIVE)")
        return mark

    def _failure(self, error: Exception, *, committing: bool = False) -> StoreError:
        if self._path is None:
            return postgres_failure(error, self.place, committing=committing)
        there = self._file_id is not None and self._present_file_id() == self._file_id
        return sqlite_failure(error, self.place, committing=committing, there=there)

    def _migrate(self) -> None:
        """Make or update the tables, once, whoever else opens the database meanwhile."""

        def look(_in_doubt: bool) -> str | None:
            with self.reading() as connection:
                return self._revision(connection)

        def upgrade(_in_doubt: bool) -> None:
            with self.writing() as connection:
                if self._path is None:
                    connection.execute(select(func.pg_advisory_xact_lock(_ADVISORY_LOCK)))
                if self._revision(connection) != migrations.HEAD:
                    migrations.upgrade(connection)

        revision = self._persist(look, "read", opening=True)
        if self._path is not None:
            self._persist(self._write_ahead, "written", opening=True)
        if revision != migrations.HEAD:
            self._persist(upgrade, "written", opening=True)

    def _write_ahead(self, _in_doubt: bool) -> None:
        """Switch the SQLite file to the write-ahead log: readers never wait then.

        A folder that cannot map shared memory keeps the rollback journal.
        """
        with self._failures(), closing(self._engine.raw_connection()) as connection:
            cursor = connection.cursor()
            mode = cursor.execute("PRAGMA journal_mode").fetchone()
            if mode != ("wal",):
                mode = cursor.execute("PRAGMA journal_mode=WAL").fetchone()
                self._engine.dispose()  # the next connections adapt to the mode
            self._syncs_at_commit = mode != ("wal",)

    def _revision(self, connection: Connection) -> str | None:
        """The revision of the tables that are there, None without any.

        Raises StoreError when they are not ours to touch.
        """
        present = set(inspect(connection).get_table_names())
        if migrations.VERSION_TABLE not in present:
            taken = sorted(present & set(metadata.tables))
            if taken:
                raise StoreError(
                    f"{self.place} holds tables of another program ({', '.join(taken)}). It was "
                    "left as it is. Name another database or folder for nbsweep "
                    "(NBSWEEP_STORE, NBSWEEP_DIR)."
                )
            return None
        revision: str | None = connection.scalar(select(_version.c.version_num))
        if revision is not None and revision not in migrations.REVISIONS:
            raise StoreError(
                f"{self.place} was made by a newer nbsweep (its tables have revision {revision}, "
                f"this nbsweep knows up to {migrations.HEAD}). It was left as it is. Update with "
                "pip install -U nbsweep, or name another folder in NBSWEEP_DIR."
            )
        return revision


def _usual_limit_s(failure: PassingError, opening: bool) -> float:
    """How long to try again where nobody said so."""
    if isinstance(failure, LockedError):
        return BUSY_TIMEOUT_S
    if isinstance(failure, ConnectionLostError):
        return 0.0 if opening else RECONNECT_FOR_S  # rather a URL that is wrong
    return REPEAT_FOR_S


def shown_path(path: Path) -> str:
    """The path as its user would write it: from the working folder where it lies there."""
    try:
        return f"./{path.relative_to(Path.cwd()).as_posix()}"
    except (ValueError, OSError):
        return str(path)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"The folder {shown_path(folder)} cannot be made ({error.strerror}). Name a folder "
            "that can be written in NBSWEEP_DIR."
        ) from error
