"""Connections to one SQL database: transactions, and its failures in words.

What differs between SQLite and PostgreSQL is here; `nbsweep.store.sql` does not know
which of the two it talks to.
"""

from __future__ import annotations

import logging
import random
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import (
    URL,
    Column,
    Connection,
    Engine,
    MetaData,
    Table,
    Text,
    create_engine,
    event,
    func,
    inspect,
    make_url,
    select,
)
from sqlalchemy.exc import (
    ArgumentError,
    DBAPIError,
    IntegrityError,
    OperationalError,
    SQLAlchemyError,
)
from sqlalchemy.pool import NullPool, Pool

from nbsweep.errors import MissingDependencyError, StoreError, StoreGoneError
from nbsweep.store import migrations
from nbsweep.store.presence import Presence, dropped, mark_of
from nbsweep.store.tables import metadata

SQLITE_PREFIX = "sqlite:///"
BUSY_TIMEOUT_S = 30.0

# How long a call outlives a server that is away: a restart takes seconds, a machine's
# a minute. Then it raises, and the writer of history rows keeps its rows and goes on.
RECONNECT_FOR_S = 60.0
_FIRST_WAIT_S = 0.05
_LONGEST_WAIT_S = 2.0

# A network that drops a connection in silence is noticed within a minute.
_POSTGRES_DEFAULTS = {
    "connect_timeout": "10",
    "keepalives_idle": "20",
    "keepalives_interval": "10",
    "keepalives_count": "3",
}

logger = logging.getLogger("nbsweep")
T = TypeVar("T")

_ADVISORY_LOCK = 0x6E62737765657031  # "nbsweep1": held while the tables are made or migrated
_version = Table(
    migrations.VERSION_TABLE, MetaData(), Column("version_num", Text, primary_key=True)
)

# What SQLite says, in the words of its C source, and what its user can do. {place} is
# the file. Python 3.10 has no error codes, so the text decides.
_WAYS_OUT = (
    (
        ("readonly database", "unable to open database"),
        "{place} cannot be written ({text}). Make the file and its folder writable, or name "
        "another folder in NBSWEEP_DIR.",
    ),
    (
        ("not a database", "malformed"),
        "{place} is not a database that SQLite can read ({text}). It was left as it is. Move "
        "it away and a new one is made in its place, or name another folder in NBSWEEP_DIR.",
    ),
    (
        ("is full",),
        "The disk that holds {place} is full ({text}). What was stored before is safe. Free "
        "some space and repeat, or name a folder on another disk in NBSWEEP_DIR.",
    ),
    (
        ("is locked",),
        "{place} was kept locked by another program ({text}). Close that program, or repeat "
        "when it is done.",
    ),
    (
        ("disk i/o", "locking protocol"),
        "{place} cannot be read or written reliably ({text}). Network and cloud folders often "
        "cannot hold a database; name a local folder in NBSWEEP_DIR.",
    ),
)


class ConstraintError(StoreError):
    """A row broke a rule of its table: its key is taken, or a value is missing."""


class ConnectionLostError(StoreError):
    """The connection to the server was lost, or the server cannot be reached.

    Attributes:
        in_doubt: True when the commit was under way, so that the transaction may have
            happened although nobody said so.
    """

    def __init__(self, message: str, *, in_doubt: bool) -> None:
        self.in_doubt = in_doubt
        super().__init__(message)


class Database:
    """One SQL database, open, with the tables of this version of nbsweep.

    A transaction is a function of the connection, so that it can be done again when the
    connection to a server is lost under it: `read` and `write` try for
    `RECONNECT_FOR_S`, further and further apart, and only then raise. A file has
    nothing to lose.

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
        self.place = shown_path(self._path) if self._path else _without_password(url)
        if self._path:
            _make_folder(self._path.parent)
        self._connect()
        self._presence: Presence | None = None
        self._gone: str | None = None
        self._opened = False
        try:
            self._migrate()
            if self._path:
                self._presence = Presence(self._path, self.place, self._mark())
            self._opened = True
        except BaseException:
            self.close()
            raise

    def _connect(self, pool: type[Pool] | None = None) -> None:
        engine = (
            _sqlite_engine(self._path, pool) if self._path else _postgres_engine(self.url, pool)
        )
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

        return self._persist(attempt)

    def write(self, work: Callable[[Connection, bool], T], *, single: bool = False) -> T:
        """What `work` gives, called in a transaction that is committed when it returns.

        Its second argument is True when an earlier call of it may have been committed,
        though the answer to the commit was lost: it then has to look before it writes.
        Raises as `writing` does.

        Args:
            work: reads and writes.
            single: it writes with one statement where `one_statement` says so. A server
                then commits with the statement: one round trip instead of four, and who
                waits for its locks waits that much less.
        """

        def attempt(in_doubt: bool) -> T:
            if single and self.one_statement:
                with self._failures(committing=True), self._single.connect() as connection:
                    return work(connection, in_doubt)
            with self.writing() as connection:
                return work(connection, in_doubt)

        return self._persist(attempt)

    @property
    def one_statement(self) -> bool:
        """Whether one statement can change two tables, and is worth a transaction."""
        return self._path is None

    def _persist(self, attempt: Callable[[bool], T]) -> T:
        """Call `attempt` again for as long as it raises ConnectionLostError, within limits."""
        deadline, wait_s, in_doubt = 0.0, _FIRST_WAIT_S, False
        while True:
            try:
                return attempt(in_doubt)
            except ConnectionLostError as error:
                in_doubt = in_doubt or error.in_doubt
                now = time.monotonic()
                if not deadline:
                    # At once: the pool's other connections are gone as well, and the
                    # server may have been back for hours.
                    deadline, pause_s = now + RECONNECT_FOR_S, 0.0
                elif self._closed or now > deadline:
                    raise
                else:
                    if wait_s == _FIRST_WAIT_S:  # once: the outage may be long
                        logger.warning("Waiting for the store: %s", error)
                    # Not in step with the other processes that wait for the server.
                    pause_s = wait_s * random.uniform(0.5, 1.0)
                    wait_s = min(_LONGEST_WAIT_S, 2 * wait_s)
            time.sleep(pause_s)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that sees the database as of one moment.

        Raises StoreError when the database fails.
        """
        with self._failures(), self._reader.begin() as connection:
            self._begin(connection, "BEGIN")
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that is committed at the end, or rolled back by an exception.

        On SQLite it holds the write lock from its beginning, so that what it reads
        stays true until it has written. Raises StoreError when the database fails,
        ConstraintError when a row breaks a rule of its table.
        """
        with (
            self._failures(),
            self._write_turn,
            self._engine.connect() as connection,
            connection.begin() as transaction,
        ):
            self._begin(connection, "BEGIN IMMEDIATE")
            yield connection
            with self._failures(committing=True):
                transaction.commit()

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

    @property
    def usable(self) -> bool:
        """Whether it is open and its file is still the one that was opened."""
        return not self._closed and self.gone is None

    @property
    def gone(self) -> str | None:
        """What happened to its file, in a sentence, when that is not what was opened."""
        return self._gone or (self._presence.fate(self._engine) if self._presence else None)

    def close(self) -> None:
        """Close all connections; later transactions raise StoreError."""
        self._gone = self.gone  # as it is now: another store may take the place
        self._closed = True
        self._engine.dispose()

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
            raise ConstraintError(self._explain(error)) from error
        except (SQLAlchemyError, self._driver_error) as error:
            lost = (self.gone or dropped(error, self.place)) if self._opened else None
            if lost is not None:
                raise StoreGoneError(lost) from error
            if self._path is None and _is_lost(error):
                raise ConnectionLostError(self._explain(error), in_doubt=committing) from error
            raise StoreError(self._explain(error)) from error

    def _mark(self) -> int:
        """The mark by which its content is known; a store without one gets it where it can."""
        with self.reading() as connection:
            mark = mark_of(connection)
        if not mark:
            with suppress(StoreError):
                with self.writing() as connection:
                    mark = mark_of(connection, make=True)
                with self._failures(), closing(self._engine.raw_connection()) as direct:
                    direct.cursor().execute("PRAGMA wal_checkpoint(PASSIVE)")
        return mark

    def _explain(self, error: Exception) -> str:
        cause = error.orig if isinstance(error, DBAPIError) and error.orig else error
        text = (str(cause).strip().splitlines() or [type(cause).__name__])[0]
        if self._path is None:
            return (
                f"The PostgreSQL store {self.place} failed ({text}). Check that the server runs "
                "and that the URL names it (NBSWEEP_STORE)."
            )
        for fragments, message in _WAYS_OUT:
            if any(fragment in text.lower() for fragment in fragments):
                return message.format(place=self.place, text=text)
        return f"The store {self.place} failed: {text}"

    def _migrate(self) -> None:
        """Make or update the tables, once, whoever else opens the database meanwhile."""
        with self.reading() as connection:
            revision = self._revision(connection)
        if self._path is not None:
            self._write_ahead()
        if revision == migrations.HEAD:
            return
        with self.writing() as connection:
            if self._path is None:
                connection.execute(select(func.pg_advisory_xact_lock(_ADVISORY_LOCK)))
            if self._revision(connection) != migrations.HEAD:
                migrations.upgrade(connection)

    def _write_ahead(self) -> None:
        """Switch the SQLite file to the write-ahead log: readers never wait then.

        A folder that cannot map shared memory keeps the rollback journal. The switch of
        a new file fails at once while another process writes to it, whatever the
        busy timeout, hence the loop.
        """
        deadline = time.monotonic() + BUSY_TIMEOUT_S
        with self._failures(), closing(self._engine.raw_connection()) as connection:
            cursor = connection.cursor()
            if cursor.execute("PRAGMA journal_mode").fetchone() == ("wal",):
                return
            while True:
                try:
                    cursor.execute("PRAGMA journal_mode=WAL")
                    break
                except sqlite3.OperationalError as error:
                    if "locked" not in str(error) or time.monotonic() > deadline:
                        raise
                    time.sleep(0.01)
        self._engine.dispose()  # the next connections adapt to the mode

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


def _is_lost(error: Exception) -> bool:
    """Whether the connection broke, the server went away or does not take connections."""
    if not isinstance(error, DBAPIError):
        return False
    if error.connection_invalidated:
        return True
    # No connection could be made: psycopg then has no code of the server to tell. Class
    # 57P is a server that is starting or stopping, 53300 one with too many clients.
    state = getattr(error.orig, "sqlstate", None)
    if state is None:
        return isinstance(error, OperationalError)
    return str(state).startswith("57P") or state == "53300"


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


def _sqlite_engine(path: Path, pool: type[Pool] | None) -> Engine:
    # isolation_level None: Python's driver leaves transactions to us.
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        connect_args={"isolation_level": None, "timeout": BUSY_TIMEOUT_S},
        poolclass=pool,
    )

    @event.listens_for(engine, "connect")
    def configure(connection: sqlite3.Connection, _record: object) -> None:
        # In write-ahead mode a commit survives the death of the process without a sync
        # to disk; the rollback journal is safe with a sync at each commit only.
        (mode,) = connection.execute("PRAGMA journal_mode").fetchone()
        connection.execute(f"PRAGMA synchronous={'NORMAL' if mode == 'wal' else 'FULL'}")
        connection.execute("PRAGMA foreign_keys=ON")

    return engine


def _postgres_engine(url: str, pool: type[Pool] | None) -> Engine:
    try:
        address = make_url(url)
        defaults = {
            key: _POSTGRES_DEFAULTS[key] for key in _POSTGRES_DEFAULTS.keys() - address.query
        }
        # No ping before each transaction, which costs a round trip: a connection that is
        # found lost is replaced and the transaction done again.
        return create_engine(address, connect_args=defaults, poolclass=pool)
    except ImportError as error:
        raise MissingDependencyError(
            'PostgreSQL stores need an extra package: pip install "nbsweep[postgres]"'
        ) from error
    except (ArgumentError, ValueError) as error:
        raise StoreError(_bad_url(url)) from error


def _without_password(url: str) -> str:
    try:
        return make_url(url).render_as_string(hide_password=True)
    except (ArgumentError, ValueError) as error:
        raise StoreError(_bad_url(url)) from error


def _bad_url(url: str) -> str:
    scheme = url.partition("://")[0]
    return (
        f"The store URL {scheme}://… cannot be read. Write "
        "postgresql+psycopg://user:password@host:5432/database."
    )
