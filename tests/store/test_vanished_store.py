"""A store whose file is deleted, replaced or overwritten while it is in use."""

import logging
import re
import shutil
import sys
import threading
import time
from pathlib import Path

import pytest

import nbsweep
from nbsweep.errors import StoreGoneError
from nbsweep.runs import session
from nbsweep.store import open_store
from nbsweep.store.sql import SqlStore
from nbsweep.testing.stores import a_row, a_run, a_sweep

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps open files")

WAYS_OUT = "Put the file back, or make a new sweep."
DELETED = (
    "The store ./folder/runs.db was deleted or moved away{} while it was in use: nothing more can "
    f"be stored, and no new one was made in its place. {WAYS_OUT}"
)
REPLACED = (
    "The store ./folder/runs.db was replaced by another file while it was in use: nothing more can "
    f"be stored, and that one was left as it is. {WAYS_OUT}"
)
OVERWRITTEN = (
    "The store ./folder/runs.db was overwritten by another program while it was in use: nothing "
    f"more can be stored, and it was left as it is. {WAYS_OUT}"
)
PATH = Path("folder/runs.db")


def other_store(path):
    store = SqlStore(f"sqlite:///{path.absolute()}")
    store.create_sweep(a_sweep("other001"))
    store.close()
    return path


def delete_all():
    for path in PATH.parent.glob("runs.db*"):
        path.unlink()


def overwrite(content):
    with PATH.open("r+b") as file:
        file.write(content)
        file.truncate()


FAULTS = {
    "the file is deleted": (PATH.unlink, DELETED.format("")),
    "all of its files are deleted": (delete_all, DELETED.format("")),
    "the folder is deleted": (
        lambda: shutil.rmtree(PATH.parent),
        DELETED.format(" with its folder"),
    ),
    "the folder is moved": (
        lambda: PATH.parent.rename("elsewhere"),
        DELETED.format(" with its folder"),
    ),
    "another store takes its place": (
        lambda: other_store(Path("other.db")).replace(PATH),
        REPLACED,
    ),
    "a copy of itself takes its place": (
        lambda: (shutil.copy(PATH, "copy.db"), Path("copy.db").replace(PATH)),
        REPLACED,
    ),
    "a folder takes its place": (lambda: (PATH.unlink(), PATH.mkdir()), REPLACED),
    "a copy of another store overwrites it": (
        lambda: overwrite(other_store(Path("other.db")).read_bytes()),
        OVERWRITTEN,
    ),
    "garbage overwrites it": (lambda: overwrite(b"garbage" * 1000), OVERWRITTEN),
    "it is emptied": (lambda: overwrite(b""), OVERWRITTEN),
}
faults = pytest.mark.parametrize(("fault", "message"), FAULTS.values(), ids=FAULTS)


@pytest.fixture
def store():
    PATH.parent.mkdir()
    store = open_store(f"sqlite:///{PATH}")
    store.create_sweep(a_sweep())
    yield store
    store.close()


def listing():
    """What lies in the store's folder."""
    return {path.name: path.read_bytes() for path in PATH.parent.glob("*") if path.is_file()}


@faults
def test_every_call_says_what_happened_and_nothing_is_made_or_changed(store, fault, message):
    run = store.claim_run(a_run())
    fault()
    before = listing()
    calls = [
        lambda: store.claim_run(a_run(2)),
        lambda: store.append_history(run.id, "ann", [a_row(0, loss=1)], summary=None, at=1.0),
        lambda: store.snapshot("sweep001"),
        store.sweeps,
        lambda: open_store(store.url, existing=True),
        lambda: open_store(store.url, anew=False),
    ]
    for call in calls:
        with pytest.raises(StoreGoneError, match=f"^{re.escape(message)}$"):
            call()
    store.close()
    with pytest.raises(StoreGoneError, match=f"^{re.escape(message)}$"):
        store.sweeps()
    kept = [name for name in before if message != OVERWRITTEN or name == "runs.db"]
    after = listing()
    assert {name: after[name] for name in kept} == {name: before[name] for name in kept}
    assert after.keys() <= {
        *before,
        *(f"runs.db-{log}-of-the-overwritten" for log in ("wal", "shm")),
    }


def test_a_store_that_was_copied_over_another_can_be_used(store):
    for number in range(1, 9):
        store.claim_run(a_run(number))
    overwrite(other_store(Path("other.db")).read_bytes())
    with pytest.raises(StoreGoneError):
        store.sweeps()
    store.close()
    again = SqlStore(store.url)
    assert [sweep.id for sweep in again.sweeps()] == ["other001"]
    assert again.runs() == []
    again.close()


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="nobody tells")
def test_a_drive_that_numbers_its_files_anew_is_no_reason(store):
    store._database._presence._file = (1, 2)
    assert store.sweeps() == [a_sweep()]
    assert store.usable


def test_a_folder_that_was_moved_away_and_back_goes_on(store):
    PATH.parent.rename("elsewhere")
    with pytest.raises(StoreGoneError):
        store.sweeps()
    Path("elsewhere").rename(PATH.parent)
    store.claim_run(a_run())
    assert [run.id for run in store.runs()] == ["sweep001-1-0"]


def test_much_writing_by_others_and_a_vacuum_are_no_reason(store):
    import sqlite3

    other = SqlStore(store.url)
    for number in range(1, 60):
        run = other.claim_run(a_run(number))
        other.append_history(
            run.id, "ann", [a_row(step, text="x" * 1000) for step in range(30)], summary={}, at=1.0
        )
    other.close()
    with sqlite3.connect(PATH) as direct:
        direct.execute("DELETE FROM history")
        direct.commit()
        direct.execute("VACUUM")
        direct.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    direct.close()
    assert len(store.runs()) == 59


def test_a_store_of_an_older_version_gets_its_mark_when_it_is_opened(store):
    import sqlite3

    store.close()
    with sqlite3.connect(PATH) as direct:
        direct.execute("PRAGMA user_version = 0")
    direct.close()
    again = open_store(store.url)
    assert again.sweeps() == [a_sweep()]
    overwrite(other_store(Path("other.db")).read_bytes())
    with pytest.raises(StoreGoneError, match=f"^{re.escape(OVERWRITTEN)}$"):
        again.sweeps()
    again.close()


def test_a_new_store_in_its_place_is_not_made_quietly(store, caplog):
    PATH.unlink()
    with caplog.at_level(logging.WARNING, "nbsweep"):
        assert open_store(store.url).sweeps() == []
    assert [record.getMessage() for record in caplog.records] == [
        DELETED.format("") + " A new store was made there."
    ]


def test_a_worker_makes_no_store_where_there_is_none(tmp_path):
    with pytest.raises(StoreGoneError, match=r"^The store /.*/none\.db is not there any more: "):
        open_store(f"sqlite:///{tmp_path}/none.db", existing=True)
    assert not (tmp_path / "none.db").exists()


@pytest.mark.parametrize("what", ["DROP DATABASE {} WITH (FORCE)", "tables"])
def test_a_database_that_is_dropped_is_told_at_once(postgres_server, what):
    url = postgres_server.new_database()
    store = SqlStore(url)
    store.create_sweep(a_sweep())
    if what == "tables":
        import psycopg

        with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute("DROP TABLE console, history, runs, sweeps")
    else:
        postgres_server.execute(what.format(url.rpartition("/")[2]))
    began_at = time.monotonic()
    with pytest.raises(StoreGoneError, match=r"was dropped while it was in use \(.*\)\. Restore"):
        store.sweeps()
    assert time.monotonic() - began_at < 5
    store.close()


CONFIG = {
    "method": "grid",
    "metric": {"name": "loss"},
    "parameters": {"x": {"values": list(range(1000))}},
}


def without_folder(message):
    """A message without what depends on how far the deletion of a folder has come."""
    return message.replace(" with its folder", "")


@pytest.mark.parametrize("kind", ["short", "logs", "silent", "processes"])
@pytest.mark.parametrize(
    ("fault", "message"),
    [list(FAULTS.values())[n] for n in (0, 2, 4, 7)],
    ids=[list(FAULTS)[n] for n in (0, 2, 4, 7)],
)
def test_the_agent_ends_within_a_second_and_says_so(fault, message, kind, tmp_path):
    begun, over = tmp_path / "begun", tmp_path / "over"

    def train():
        with nbsweep.init() as run:
            run.log({"loss": 1.0})
            begun.touch()
            while kind != "short" and not over.exists():
                time.sleep(0.01)
                if kind != "silent":
                    run.log({"loss": 1.0})

    nbsweep.setup(f"sqlite:///{tmp_path}/folder/runs.db")
    sweep = nbsweep.Sweep(nbsweep.sweep(CONFIG))
    executor = "processes" if kind == "processes" else "threads"
    handle = nbsweep.agent(sweep, train, executor=executor, background=True, show=False)
    try:
        while not begun.exists():
            assert not handle.wait(0.01)
        fault()
        before, began_at = listing(), time.monotonic()
        with pytest.raises(StoreGoneError) as caught:
            handle.wait(60)
        limit_s = 1.0 if kind != "processes" else 5.0  # they are ended, which takes its time
        assert time.monotonic() - began_at < limit_s + 1.0, "a busy machine"
        assert handle.reason == str(caught.value)
        assert without_folder(handle.reason) == without_folder(message)
        time.sleep(0.3)
        assert {name.removesuffix("-of-the-overwritten") for name in listing()} <= before.keys()
    finally:
        over.touch()
        handle.stop(now=True)
        nbsweep.setup(None)
        sweep.store.close()
    deadline = time.monotonic() + 20
    while session.live_runs() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert session.live_runs() == []
    assert threading.active_count() < 50


def test_the_command_line_says_it_in_one_line(tmp_path, monkeypatch, capfd):
    import subprocess

    Path("train.py").write_text(
        "import nbsweep, pathlib\n"
        "def train():\n"
        "    with nbsweep.init() as run:\n"
        "        pathlib.Path('begun').touch()\n"
        "        while True: run.log({'loss': 1.0})\n"
    )
    nbsweep.setup(f"sqlite:///{tmp_path}/folder/runs.db")
    sweep_id = nbsweep.sweep(CONFIG)
    monkeypatch.setenv("NBSWEEP_STORE", f"sqlite:///{tmp_path}/folder/runs.db")
    command = [sys.executable, "-m", "nbsweep", "agent", sweep_id, "train.py:train"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        while not Path("begun").exists():
            assert process.poll() is None
            time.sleep(0.02)
        shutil.rmtree(tmp_path / "folder")
        printed, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert without_folder(printed.splitlines()[-1]) == f"Error: {DELETED.format('')}"
    assert "Traceback" not in printed
    assert not (tmp_path / "folder").exists()
    session.store().close()
    nbsweep.setup(None)
