"""What a SQLite file has to stand: several processes, sudden death, bad files, full disks."""

import os
import re
import signal
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import event

from nbsweep.errors import StoreError
from nbsweep.records import RunState
from nbsweep.store import database, migrations
from nbsweep.store.sql import SqlStore
from nbsweep.testing.stores import a_row, a_run, a_sweep, end


@contextmanager
def opened(path):
    store = SqlStore(f"sqlite:///{path}")
    try:
        yield store
    finally:
        store.close()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "nbsweep.db"


@pytest.fixture
def store(path):
    with opened(path) as store:
        yield store


def pragma(store, name):
    with store._database.reading() as connection:
        return connection.exec_driver_sql(f"PRAGMA {name}").scalar()


def exactly(message):
    return f"^{re.escape(message)}$"


# --- durable ---


def test_everything_is_there_when_the_file_is_opened_again(path):
    with opened(path) as store:
        store.create_sweep(a_sweep())
        store.claim_run(a_run())
        run = end(store, "sweep001-1-0", rows=[a_row(0, loss=1.5)], summary={"loss": 1.5})
        snapshot = store.snapshot("sweep001", curves=True)
    with opened(path) as store:
        assert store.sweep("sweep001") == a_sweep()
        assert store.run(run.id) == run
        assert store.history(run.id) == [a_row(0, loss=1.5)]
        again = store.snapshot("sweep001", snapshot, curves=True)
        assert (again.version, again.runs) == (snapshot.version, snapshot.runs)


def test_the_file_is_in_write_ahead_mode_without_a_sync_per_commit(store):
    assert pragma(store, "journal_mode") == "wal"
    assert pragma(store, "synchronous") == 1
    assert pragma(store, "foreign_keys") == 1


def test_what_was_committed_survives_kill_9(path):
    """The process dies within a transaction, and no one of its connections is closed."""
    script = """
import os, signal, sys
from nbsweep.records import RunState
from nbsweep.store.sql import SqlStore
from nbsweep.testing.stores import a_row, a_run, a_sweep, end
store = SqlStore(sys.argv[1])
store.create_sweep(a_sweep())
store.claim_run(a_run(1))
end(store, "sweep001-1-0", rows=[a_row(step, loss=step) for step in range(300)])
store.claim_run(a_run(2))
store.append_history("sweep001-2-0", "ann", [a_row(0, loss=0)], summary={"loss": 0}, at=300.0)
with store._database.writing() as connection:
    connection.exec_driver_sql("UPDATE runs SET state = 'failed', summary = '{}'")
    connection.exec_driver_sql("DELETE FROM history")
    os.kill(os.getpid(), signal.SIGKILL)
"""
    url = f"sqlite:///{path}"
    done = subprocess.run([sys.executable, "-c", script, url], capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    with opened(path) as store:
        assert pragma(store, "integrity_check") == "ok"
        ended, open_run = store.runs()
        assert (ended.state, ended.history_rows) == (RunState.FINISHED, 300)
        assert store.history(ended.id) == [a_row(step, loss=step) for step in range(300)]
        assert (open_run.state, open_run.summary) == (RunState.RUNNING, {"loss": 0})
        assert store.mark_crashed(open_run.id, seen_heartbeat_at=300.0, at=400.0)
        store.claim_run(a_run(2, attempt=1))


def test_processes_that_start_together_claim_each_number_once(path):
    """The file does not exist yet: they also make its tables together."""
    script = """
import sys
from nbsweep.errors import ClaimConflictError, StoreError
from nbsweep.store import open_store
from nbsweep.testing.stores import a_run, a_sweep
url, agent = sys.argv[1:]
print("ready", flush=True)
sys.stdin.readline()
store = open_store(url)
try:
    store.create_sweep(a_sweep())
except StoreError:
    pass  # another process made it
won = []
for number in range(1, 61):
    try:
        won.append(store.claim_run(a_run(number, id=f"{agent}-{number}", agent_id=agent)).number)
    except ClaimConflictError:
        pass
print(*won)
"""
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", script, f"sqlite:///{path}", str(agent)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for agent in range(3)
    ]
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    printed = [process.communicate(timeout=60) for process in processes]
    assert [errors for _, errors in printed] == ["", "", ""]
    won = [[int(number) for number in output.split()] for output, _ in printed]
    assert sorted(number for numbers in won for number in numbers) == list(range(1, 61))
    with opened(path) as store:
        runs = store.snapshot("sweep001").runs
        assert [run.number for run in runs] == list(range(1, 61))
        assert all(run.number in won[int(run.agent_id)] for run in runs)
        assert pragma(store, "integrity_check") == "ok"


def test_readers_do_not_wait_for_a_writer(store, path):
    store.create_sweep(a_sweep())
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    other.execute("UPDATE sweeps SET project = 'not yet'")
    assert store.snapshot("sweep001").sweep.project == "demo"
    other.execute("COMMIT")
    other.close()
    assert store.sweep("sweep001").project == "not yet"


def test_an_exception_undoes_the_transaction_and_lets_others_write(store):
    store.create_sweep(a_sweep())

    def interrupted():
        with store._database.writing() as connection:
            connection.exec_driver_sql("UPDATE sweeps SET project = 'lost'")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert store.sweep("sweep001").project == "demo"
    store.claim_run(a_run())


# --- what can go wrong with a file ---


def test_a_file_that_is_no_database_is_left_as_it_is(path, tmp_path, monkeypatch):
    text = "learning_rate,loss\n" * 100
    path.write_text(text)
    message = (
        "./nbsweep.db is not a database that SQLite can read (file is not a database). It was "
        "left as it is. Move it away and a new one is made in its place, or name another folder "
        "in NBSWEEP_DIR."
    )
    with pytest.raises(StoreError, match=exactly(message)), opened(path):
        pass
    assert path.read_text() == text


def test_a_damaged_database_is_reported_where_the_damage_is_met(path):
    with opened(path) as store:
        store.create_sweep(a_sweep())
        store.claim_run(a_run())
        rows = [a_row(step, text="x" * 1000) for step in range(200)]
        store.append_history("sweep001-1-0", "ann", rows, summary=None, at=1.0)
    content = bytearray(path.read_bytes())
    content[len(content) // 3 :] = b"\xff" * (len(content) - len(content) // 3)
    path.write_bytes(content)
    with opened(path) as store:
        with pytest.raises(StoreError, match=r"\(database disk image is malformed\)\. It was left"):
            store.history("sweep001-1-0")
        assert store.sweep("sweep001") == a_sweep()
    assert path.read_bytes() == content


def test_a_full_disk_keeps_what_was_stored_and_says_so(store):
    store.create_sweep(a_sweep())
    run = store.claim_run(a_run())
    store.append_history(run.id, "ann", [a_row(0, loss=1)], summary={"loss": 1}, at=300.0)
    before = store.snapshot("sweep001", curves=True)

    @event.listens_for(store._database._engine, "begin")
    def no_more_pages(connection):
        connection.exec_driver_sql("PRAGMA max_page_count = 1")  # no fewer than it has

    rows = [a_row(step, text="x" * 1000) for step in range(1, 200)]
    message = (
        "The disk that holds ./nbsweep.db is full (database or disk is full). What was stored "
        "before is safe. Free some space and repeat, or name a folder on another disk in "
        "NBSWEEP_DIR."
    )
    with pytest.raises(StoreError, match=exactly(message)):
        store.append_history(run.id, "ann", rows, summary={"loss": 2}, at=400.0)
    assert store.snapshot("sweep001", before).version == before.version
    assert store.history(run.id) == [a_row(0, loss=1)]
    event.remove(store._database._engine, "begin", no_more_pages)
    with store._database.reading() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 1000000")
    store.append_history(run.id, "ann", rows, summary={"loss": 2}, at=400.0)
    assert len(store.history(run.id)) == 200


@pytest.fixture
def unprivileged():
    """A folder that the test's user, never root, owns; tmp_path is closed to others."""
    with tempfile.TemporaryDirectory(prefix="nbsweep-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        root = hasattr(os, "geteuid") and os.geteuid() == 0
        if root:
            os.seteuid(65534)
        try:
            yield folder
        finally:
            if root:
                os.seteuid(0)
            folder.chmod(0o755)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no modes of folders")
def test_a_read_only_folder_is_refused_with_the_way_out(unprivileged):
    if os.geteuid() != 65534:
        unprivileged.chmod(0o555)
    message = (
        f"{unprivileged}/nbsweep.db cannot be written (unable to open database file). Make the "
        "file and its folder writable, or name another folder in NBSWEEP_DIR."
    )
    with pytest.raises(StoreError, match=exactly(message)), opened(unprivileged / "nbsweep.db"):
        pass
    message = (
        f"The folder {unprivileged}/results cannot be made (Permission denied). Name a folder "
        "that can be written in NBSWEEP_DIR."
    )
    with (
        pytest.raises(StoreError, match=exactly(message)),
        opened(unprivileged / "results" / "nbsweep.db"),
    ):
        pass
    assert list(unprivileged.iterdir()) == []


def test_a_file_that_became_read_only_is_reported(store):
    store.create_sweep(a_sweep())
    with store._database.reading() as connection:
        connection.exec_driver_sql("PRAGMA query_only = ON")
    with pytest.raises(StoreError, match=r"cannot be written \(attempt to write a readonly data"):
        store.claim_run(a_run())
    assert store.runs() == []


def test_a_file_that_stays_locked_is_reported(path, monkeypatch):
    monkeypatch.setattr(database, "BUSY_TIMEOUT_S", 0.01)
    with opened(path) as store:
        store.create_sweep(a_sweep())
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        message = (
            "./nbsweep.db was kept locked by another program (database is locked). Close that "
            "program, or repeat when it is done."
        )
        with pytest.raises(StoreError, match=exactly(message)):
            store.claim_run(a_run())
        other.execute("ROLLBACK")
        other.close()
        store.claim_run(a_run())


def test_a_missing_value_is_a_store_error(store):
    """A mistake of ours, but the user still gets an error that names the store."""
    store.create_sweep(a_sweep())
    with pytest.raises(StoreError, match=r"The store \./nbsweep\.db failed: NOT NULL constraint"):
        store.claim_run(a_run(name=None))


# --- databases of others ---


def test_a_database_of_a_newer_nbsweep_is_left_as_it_is(path):
    with opened(path) as store:
        store.create_sweep(a_sweep())
        with store._database.writing() as connection:
            connection.exec_driver_sql(f"UPDATE {migrations.VERSION_TABLE} SET version_num='9999'")
    content = path.read_bytes()
    message = (
        "./nbsweep.db was made by a newer nbsweep (its tables have revision 9999, this nbsweep "
        f"knows up to {migrations.HEAD}). It was left as it is. Update with pip install -U "
        "nbsweep, or name another folder in NBSWEEP_DIR."
    )
    with pytest.raises(StoreError, match=exactly(message)), opened(path):
        pass
    assert path.read_bytes() == content


def test_a_database_of_another_program_is_left_as_it_is(path):
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE runs (run_uuid TEXT)")
    connection.execute("INSERT INTO runs VALUES ('precious')")
    connection.commit()
    connection.close()
    content = path.read_bytes()
    message = (
        "./nbsweep.db holds tables of another program (runs). It was left as it is. Name "
        "another database or folder for nbsweep (NBSWEEP_STORE, NBSWEEP_DIR)."
    )
    with pytest.raises(StoreError, match=exactly(message)), opened(path):
        pass
    assert path.read_bytes() == content


def test_tables_may_lie_beside_those_of_another_program(path):
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE alembic_version (version_num TEXT)")
    connection.execute("INSERT INTO alembic_version VALUES ('theirs')")
    connection.commit()
    with opened(path) as store:
        store.create_sweep(a_sweep())
    assert connection.execute("SELECT * FROM alembic_version").fetchall() == [("theirs",)]
    connection.close()


def test_a_copy_without_write_ahead_log_gets_it_back(path):
    """As the recovery tool of SQLite writes it."""
    with opened(path) as store:
        store.create_sweep(a_sweep())
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode=DELETE")
    connection.close()
    with opened(path) as store:
        assert (pragma(store, "journal_mode"), pragma(store, "synchronous")) == ("wal", 1)
        assert store.sweep("sweep001") == a_sweep()
