"""Results on media that cannot be written: archives, shares of others, inputs of a notebook."""

import errno
import os
import re
import shutil
import sqlite3
import sys
import tempfile
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import create_engine

import nbsweep
from nbsweep import store as store_package
from nbsweep.cli import main
from nbsweep.errors import StoreError
from nbsweep.runs.identity import this_process
from nbsweep.store import migrations, open_store
from nbsweep.store.health import problem
from nbsweep.testing.stores import a_row, a_run, a_sweep, end

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no modes of folders")
NOBODY = 65534
REPORT = ["report", "sweep001", "-o-"]


@pytest.fixture(autouse=True)
def own_stores(monkeypatch):
    stores = {}
    monkeypatch.setattr(store_package, "_stores", stores)
    yield
    for store in stores.values():
        store.close()


@pytest.fixture
def made():
    """A folder with a store of one sweep with two ended runs, and the rights to make more."""
    with tempfile.TemporaryDirectory(prefix="nbsweep-made-") as name:
        folder = Path(name)
        store = open_store(f"sqlite:///{folder}/nbsweep.db")
        store.create_sweep(
            a_sweep(
                config={
                    "method": "grid",
                    "metric": {"name": "loss", "goal": "minimize"},
                    "parameters": {"lr": {"values": [0.1, 0.2]}},
                }
            )
        )
        for number in (1, 2):
            run = store.claim_run(a_run(number))
            end(store, run.id, rows=[a_row(0, loss=number)], summary={"loss": number})
        yield folder
        store.close()


@pytest.fixture
def shared(monkeypatch):
    """A folder that the rest of the test, which loses its rights by `take_rights`, only reads."""
    root = os.geteuid() == 0
    with (
        tempfile.TemporaryDirectory(prefix="nbsweep-shared-") as name,
        tempfile.TemporaryDirectory(prefix="nbsweep-here-") as here,
    ):
        folder = Path(name)
        if root:
            os.chown(here, NOBODY, NOBODY)
        monkeypatch.chdir(here)
        yield folder
        if root:
            os.seteuid(0)
        folder.chmod(0o755)


def take_rights(folder):
    this_process()  # imports what this user may not read afterwards
    for path in folder.iterdir():
        path.chmod(0o444)
    take_rights_of_folder(folder)


def take_rights_of_folder(folder):
    folder.chmod(0o555)
    if os.geteuid() == 0:
        os.seteuid(NOBODY)


def copy(made, shared, *suffixes):
    """The store as it is on the disk now, with its writer still at work."""
    for suffix in ("", *suffixes):
        shutil.copyfile(f"{made}/nbsweep.db{suffix}", f"{shared}/nbsweep.db{suffix}")


def without_log(made, shared):
    connection = sqlite3.connect(made / "nbsweep.db")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    copy(made, shared)


def with_log_and_memory(made, shared):
    copy(made, shared, "-wal", "-shm")


def with_log_alone(made, shared):
    copy(made, shared, "-wal")


def with_empty_log(made, shared):
    without_log(made, shared)
    Path(f"{shared}/nbsweep.db-wal").touch()


def with_rollback_journal(made, shared):
    without_log(made, shared)
    connection = sqlite3.connect(shared / "nbsweep.db")
    connection.execute("PRAGMA journal_mode=DELETE")
    connection.close()


def with_a_transaction_cut_off(made, shared):
    """Its journal has to be rolled back before the file can be read."""
    with_rollback_journal(made, shared)
    path = shared / "whole.db"
    (shared / "nbsweep.db").rename(path)
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA cache_size=1")
    connection.execute("BEGIN")
    connection.execute("DELETE FROM history")
    connection.execute("DELETE FROM runs")
    connection.execute("CREATE TABLE big (b)")
    connection.executemany("INSERT INTO big VALUES (?)", [(b"x" * 500,)] * 2_000)
    shutil.copyfile(path, shared / "nbsweep.db")
    shutil.copyfile(f"{path}-journal", shared / "nbsweep.db-journal")
    connection.execute("ROLLBACK")
    connection.close()
    path.unlink()


WAYS = [
    without_log,
    with_log_and_memory,
    with_log_alone,
    with_empty_log,
    with_rollback_journal,
    with_a_transaction_cut_off,
]


@pytest.mark.parametrize("way", WAYS)
def test_everything_can_be_read(way, made, shared):
    way(made, shared)
    before = {path.name: path.read_bytes() for path in shared.iterdir()}
    take_rights(shared)
    url = f"sqlite:///{shared}/nbsweep.db"
    store = open_store(url)
    assert [run.summary for run in store.runs()] == [{"loss": 1}, {"loss": 2}]
    assert store.history("sweep001-2-0") == [a_row(0, loss=2)]
    assert store.url == url
    assert {path.name: path.read_bytes() for path in shared.iterdir()} == before
    assert problem(url) is None


@pytest.mark.parametrize("way", [without_log, with_log_and_memory, with_log_alone])
def test_what_people_look_with_works(way, made, shared, monkeypatch):
    way(made, shared)
    monkeypatch.setenv("NBSWEEP_DIR", str(made))
    look()  # imports what it needs, which this user may not read afterwards
    take_rights(shared)
    monkeypatch.setenv("NBSWEEP_DIR", str(shared))
    look()


def look():
    for command in (["ls"], ["show", "sweep001"], ["runs", "sweep001"], REPORT):
        result = CliRunner().invoke(main, command)
        assert result.exit_code == 0, (command, result.output, result.exception)
    sweep = nbsweep.Sweep("sweep001")
    assert sweep.best_run().metric == 1
    assert [run.state for run in sweep.runs] == ["finished", "finished"]
    assert "sweep001" in repr(sweep)
    panel = nbsweep.show()
    panel.close()
    runs = nbsweep.Api().runs("demo")
    assert sorted(run.summary["loss"] for run in runs) == [1, 2]
    page = sweep.report("here.html")
    assert page.stat().st_size > 1000
    page.unlink()


def test_writing_says_why_not_in_one_sentence(made, shared, monkeypatch):
    without_log(made, shared)
    take_rights(shared)
    monkeypatch.setenv("NBSWEEP_DIR", str(shared))
    message = (
        f"{shared}/nbsweep.db is read-only here, so nothing can be stored: make the file and its "
        "folder writable, or copy the folder and name the copy in NBSWEEP_DIR."
    )
    config = {"method": "random", "parameters": {"x": {"min": 0.0, "max": 1.0}}}
    for call in (
        lambda: nbsweep.sweep(config),
        lambda: nbsweep.Sweep("sweep001").pause(),
        nbsweep.init,
    ):
        with pytest.raises(StoreError, match=f"^{re.escape(message)}$"):
            call()


def test_tables_of_an_older_version_are_read_from_a_migrated_copy(shared):
    engine = create_engine(f"sqlite:///{shared}/nbsweep.db")
    with engine.connect() as connection:
        migrations.upgrade(connection, to="0001")
        connection.exec_driver_sql(
            "INSERT INTO sweeps (id, project, config, seed, state, created_at, version) VALUES "
            """('old00001', 'demo', '{"method":"grid"}', '7', 'RUNNING', 1.0, 5)"""
        )
        connection.commit()
    engine.dispose()
    before = (shared / "nbsweep.db").read_bytes()
    take_rights(shared)
    copies = set(Path(tempfile.gettempdir()).glob("nbsweep-*/nbsweep.db"))
    store = open_store(f"sqlite:///{shared}/nbsweep.db")
    (copied,) = set(Path(tempfile.gettempdir()).glob("nbsweep-*/nbsweep.db")) - copies
    assert store.sweep("old00001").queue == ()
    with pytest.raises(StoreError, match="is read-only here"):
        store.enqueue("old00001", [{"lr": 1}])
    assert (shared / "nbsweep.db").read_bytes() == before
    store.close()
    assert not copied.parent.exists()


def test_a_read_only_file_that_was_replaced_is_opened_anew(made, shared):
    without_log(made, shared)
    take_rights(shared)
    url = f"sqlite:///{shared}/nbsweep.db"
    assert len(open_store(url).runs()) == 2
    if os.geteuid() == NOBODY:
        os.seteuid(0)
    shared.chmod(0o755)
    (shared / "nbsweep.db").chmod(0o644)
    with sqlite3.connect(shared / "nbsweep.db") as connection:
        connection.execute("DELETE FROM history")
        connection.execute("DELETE FROM runs")
    connection.close()
    take_rights(shared)
    assert open_store(url).runs() == []


def test_a_newer_version_is_refused_there_too(made, shared):
    without_log(made, shared)
    with sqlite3.connect(shared / "nbsweep.db") as connection:
        connection.execute(f"UPDATE {migrations.VERSION_TABLE} SET version_num = '9999'")
    connection.close()
    take_rights(shared)
    with pytest.raises(StoreError, match="was made by a newer nbsweep"):
        open_store(f"sqlite:///{shared}/nbsweep.db")


def test_a_file_that_may_not_even_be_read(made, shared):
    without_log(made, shared)
    take_rights(shared)
    if os.geteuid() == NOBODY:
        os.seteuid(0)
    (shared / "nbsweep.db").chmod(0)
    take_rights_of_folder(shared)
    message = (
        f"{shared}/nbsweep.db cannot be written (unable to open database file). Make the file and "
        "its folder writable, or name another folder in NBSWEEP_DIR."
    )
    with pytest.raises(StoreError, match=f"^{re.escape(message)}$"):
        open_store(f"sqlite:///{shared}/nbsweep.db")


def test_a_copy_that_has_no_room_is_an_error_that_says_so(made, shared, monkeypatch):
    without_log(made, shared)
    with sqlite3.connect(shared / "nbsweep.db") as connection:
        connection.execute(f"UPDATE {migrations.VERSION_TABLE} SET version_num = '0001'")
    connection.close()
    take_rights(shared)

    def no_room(source, copy):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(shutil, "copyfile", no_room)
    message = (
        rf"^{shared}/nbsweep\.db has to be copied to be read, but its copy .*/nbsweep\.db cannot "
        r"be written \(No space left on device\)\. Name a folder with room in the variable "
        r"TMPDIR\.$"
    )
    with pytest.raises(StoreError, match=message):
        open_store(f"sqlite:///{shared}/nbsweep.db")


def test_what_is_no_database_is_refused_there_too(shared):
    (shared / "nbsweep.db").write_text("learning_rate,loss\n" * 100)
    take_rights(shared)
    with pytest.raises(StoreError, match="is not a database that SQLite can read"):
        open_store(f"sqlite:///{shared}/nbsweep.db")
