"""Which errors of a database pass, and which stay."""

import pickle
import sqlite3

import pytest
from sqlalchemy.exc import DBAPIError, OperationalError, ProgrammingError

from nbsweep.store.faults import (
    ConnectionLostError,
    DiskError,
    LockedError,
    NoRoomError,
    UnwritableError,
    postgres_failure,
    sqlite_failure,
)
from nbsweep.store.patience import PassingError, lasting, patient
from nbsweep.store.patience import current as current_patience

SQLITE = {
    "database or disk is full": NoRoomError,
    "out of memory": NoRoomError,
    "disk I/O error": DiskError,
    "locking protocol": DiskError,
    "database is locked": LockedError,
    "database table is locked: runs": LockedError,
    "database schema is locked: main": LockedError,
    "attempt to write a readonly database": UnwritableError,
    "unable to open database file": UnwritableError,
    "file is not a database": None,
    "database disk image is malformed": None,
    "no such table: runs": None,
    "too many SQL variables": None,
}


@pytest.mark.parametrize("text", SQLITE)
@pytest.mark.parametrize("wrapped", [False, True])
def test_of_sqlite(text, wrapped):
    error = sqlite3.OperationalError(text)
    if wrapped:
        error = OperationalError("SELECT 1", {}, error)
    failure = sqlite_failure(error, "./nbsweep.db", committing=True)
    expected = SQLITE[text]
    assert isinstance(failure, PassingError) == bool(
        expected and issubclass(expected, PassingError)
    )
    if expected is not None:
        assert type(failure) is expected
    if isinstance(failure, PassingError):
        assert (failure.text, failure.in_doubt) == (text, True)


def test_a_file_that_was_open_before_and_is_there_still_can_be_opened_again():
    """Too many open files, say."""
    error = sqlite3.OperationalError("unable to open database file")
    failure = sqlite_failure(error, "./nbsweep.db", committing=False, there=True)
    assert isinstance(failure, DiskError)


class ServerError(Exception):
    """An error of psycopg, with the server's code."""

    def __init__(self, sqlstate):
        super().__init__(f"code {sqlstate}")
        self.sqlstate = sqlstate


PASSING = ["08006", "53100", "53200", "53300", "57P01", "57P03", "58030", "40001", "40P01", "55P03"]
STAYING = ["42P01", "42501", "25006", "22P02", "57014", "XX001", "28P01", "3D000"]


@pytest.mark.parametrize("code", PASSING + STAYING)
def test_of_postgres(code):
    error = DBAPIError("SELECT 1", {}, ServerError(code))
    failure = postgres_failure(error, "postgresql://db", committing=False)
    assert isinstance(failure, ConnectionLostError) == (code in PASSING)


def test_a_server_that_cannot_be_reached_has_no_code():
    error = OperationalError("SELECT 1", {}, ServerError(None))
    assert isinstance(postgres_failure(error, "db", committing=False), ConnectionLostError)
    error = ProgrammingError("SELECT 1", {}, ServerError(None))
    assert not isinstance(postgres_failure(error, "db", committing=False), PassingError)


def test_they_come_back_from_other_processes_as_they_were():
    failure = pickle.loads(pickle.dumps(NoRoomError("message", text="full", in_doubt=True)))
    assert (str(failure), failure.text, failure.in_doubt) == ("message", "full", True)


def test_who_asks_for_patience_within_has_the_last_word():
    with patient(3.0):
        with lasting():
            assert current_patience().limit_s == 3.0
        with patient(0.0):
            assert current_patience().limit_s == 0.0
        assert current_patience().limit_s == 3.0
    with lasting():
        assert current_patience().limit_s == 600.0
    assert current_patience().limit_s is None
