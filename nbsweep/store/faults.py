"""What a database's errors mean: which pass, which stay, and what its user can do.

A fault of the machine passes: a full disk is cleared, a file is unlocked, a server comes
back. Whoever works for hours waits it out, see `nbsweep.store.patience`. What stays (a
damaged file, a read-only folder, tables of a newer nbsweep) is an error at once. The
decision is made here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.exc import DBAPIError, OperationalError

from nbsweep.errors import StoreError
from nbsweep.store.patience import PassingError


class ConstraintError(StoreError):
    """A row broke a rule of its table: its key is taken, or a value is missing."""


class ConnectionLostError(PassingError):
    """The connection to the server was lost, or the server cannot be reached."""


class LockedError(PassingError):
    """Another program keeps the file locked."""

    is_lock = True


class NoRoomError(PassingError):
    """The disk is full, or memory is."""


class DiskError(PassingError):
    """Reading or writing failed."""

    needs_reopening = True


class UnwritableError(StoreError):
    """The file or its folder may be read, not written; or it cannot even be read."""


@dataclass(frozen=True)
class _Fault:
    """One kind of failure of SQLite.

    Attributes:
        fragments: one of them is in what SQLite says, in lower case. Python 3.10 has no
            error codes, so the text decides.
        message: {place} is the file, {text} what SQLite said.
        error: what is raised; a PassingError is waited out.
    """

    fragments: Sequence[str]
    message: str
    error: type[StoreError] = StoreError


_SQLITE = (
    _Fault(
        ("readonly database", "unable to open database"),
        "{place} cannot be written ({text}). Make the file and its folder writable, or name "
        "another folder in NBSWEEP_DIR.",
        UnwritableError,
    ),
    _Fault(
        ("not a database", "malformed"),
        "{place} is not a database that SQLite can read ({text}). It was left as it is. Move "
        "it away and a new one is made in its place, or name another folder in NBSWEEP_DIR.",
    ),
    _Fault(
        ("is full",),
        "The disk that holds {place} is full ({text}). What was stored before is safe. Free "
        "some space and repeat, or name a folder on another disk in NBSWEEP_DIR.",
        NoRoomError,
    ),
    _Fault(
        ("is locked",),
        "{place} was kept locked by another program ({text}). Close that program, or repeat "
        "when it is done.",
        LockedError,
    ),
    _Fault(
        ("disk i/o", "locking protocol"),
        "{place} cannot be read or written reliably ({text}). Network and cloud folders often "
        "cannot hold a database; name a local folder in NBSWEEP_DIR.",
        DiskError,
    ),
    _Fault(
        ("out of memory",),
        "{place} cannot be read or written for lack of memory ({text}). End what needs it, and "
        "repeat.",
        NoRoomError,
    ),
)

# Of PostgreSQL, by the beginning of its code: connections, want of disk, memory or
# connections, a server that starts or stops, errors of its machine, and transactions
# that gave way to others.
_POSTGRES_PASSING = ("08", "53", "57P", "58", "40", "55P03")


def sqlite_failure(
    error: Exception, place: str, *, committing: bool, there: bool = False
) -> StoreError:
    """The error to raise for one of SQLite's.

    Args:
        error: as the driver or SQLAlchemy raised it.
        place: the file, as its user knows it.
        committing: whether the commit was under way.
        there: whether the file was opened before and is still there.
    """
    text = _words(error)
    for fault in _SQLITE:
        if any(fragment in text.lower() for fragment in fault.fragments):
            message = fault.message.format(place=place, text=text)
            error_type = fault.error
            if there and error_type is UnwritableError and "unable to open" in text:
                error_type = DiskError  # too many open files, say: it was open before
            if issubclass(error_type, PassingError):
                return error_type(message, text=text, in_doubt=committing)
            return error_type(message)
    return StoreError(f"The store {place} failed: {text}")


def postgres_failure(error: Exception, place: str, *, committing: bool) -> StoreError:
    """The error to raise for one of PostgreSQL's; arguments as of `sqlite_failure`."""
    text = _words(error)
    message = (
        f"The PostgreSQL store {place} failed ({text}). Check that the server runs "
        "and that the URL names it (NBSWEEP_STORE)."
    )
    if _passes(error):
        return ConnectionLostError(message, text=text, in_doubt=committing)
    return StoreError(message)


def _words(error: Exception) -> str:
    cause = error.orig if isinstance(error, DBAPIError) and error.orig else error
    return (str(cause).strip().splitlines() or [type(cause).__name__])[0]


def _passes(error: Exception) -> bool:
    if not isinstance(error, DBAPIError):
        return False
    if error.connection_invalidated:
        return True
    # No connection could be made: psycopg then has no code of the server to tell.
    state = getattr(error.orig, "sqlstate", None)
    if state is None:
        return isinstance(error, OperationalError)
    return str(state).startswith(_POSTGRES_PASSING)
