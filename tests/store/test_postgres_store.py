"""What PostgreSQL has to stand: many processes, lost connections, a restart of the server."""

import logging
import re
import subprocess
import sys
import threading

import pytest

from nbsweep.errors import StoreError
from nbsweep.records import RunState, StopRequest
from nbsweep.runs.writer import MAX_BACKOFF_S, Channel
from nbsweep.store import database
from nbsweep.store.sql import SqlStore
from nbsweep.testing import FakeClock
from nbsweep.testing.stores import a_row, a_run, a_sweep, end, race


@pytest.fixture
def store(postgres_server):
    store = SqlStore(postgres_server.new_database())
    yield store
    store.close()


def lose_the_answer_to_the_commit(store, times=1):
    """The next transactions are committed, but their connection breaks before that is said."""
    writing, left = store._database.writing, [times]

    class Writing:
        def __enter__(self):
            self.context = writing()
            return self.context.__enter__()

        def __exit__(self, *error):
            self.context.__exit__(*error)
            if left[0] and error == (None, None, None):
                left[0] -= 1
                raise database.ConnectionLostError("the line is dead", in_doubt=True)

    store._database.writing = Writing


# --- lost connections ---


def test_dropped_connections_go_unnoticed(store, postgres_server):
    store.create_sweep(a_sweep())
    run = store.claim_run(a_run())
    calls = [
        lambda: store.append_history(run.id, "ann", [a_row(0, loss=1)], summary=None, at=1.0),
        lambda: store.snapshot("sweep001", curves=True),
        lambda: store.claim_run(a_run(2)),
        lambda: store.request_stop(run.id, "enough"),
        lambda: end(store, run.id),
    ]
    for call in calls:
        assert postgres_server.drop_connections() >= 1
        call()
    assert store.run(run.id).state is RunState.FINISHED
    assert store.history(run.id) == [a_row(0, loss=1)]
    assert [run.number for run in store.runs()] == [1, 2]


def test_a_connection_dropped_within_a_transaction_has_it_done_again(
    store, postgres_server, monkeypatch
):
    """The first attempt wrote half of it, and none of that is left."""
    store.create_sweep(a_sweep())
    run = store.claim_run(a_run())
    update_run, attempts = store._update_run, []

    def dropped_once(*arguments):
        attempts.append(arguments)
        if len(attempts) == 1:
            postgres_server.drop_connections()
        return update_run(*arguments)

    monkeypatch.setattr(store, "_update_run", dropped_once)
    rows = [a_row(step, loss=step) for step in range(3)]
    store.append_history(run.id, "ann", rows, summary={"loss": 2}, at=1.0, console="once\n")
    assert len(attempts) == 2
    assert store.history(run.id) == rows
    assert store.console(run.id) == "once\n"
    assert store.run(run.id).history_rows == 3


@pytest.mark.parametrize("times", [1, 2])
def test_what_was_committed_without_an_answer_is_not_done_twice(store, times):
    store.create_sweep(a_sweep())
    lose_the_answer_to_the_commit(store, times)
    run = store.claim_run(a_run())
    assert store.run(run.id) == run
    store.request_stop(run.id, "enough", RunState.STOPPED)

    lose_the_answer_to_the_commit(store, times)
    reply = store.append_history(
        run.id, "ann", [a_row(0, loss=1)], summary={"loss": 1}, at=1.0, console="once\n"
    )
    assert reply == StopRequest("enough", RunState.STOPPED)
    assert store.history(run.id) == [a_row(0, loss=1)]

    lose_the_answer_to_the_commit(store, times)
    ended = end(store, run.id, rows=[a_row(1, loss=0)], summary={"loss": 0}, console="at the end")
    assert (ended.state, ended.history_rows) == (RunState.FINISHED, 2)
    assert store.run(run.id) == ended
    assert store.history(run.id) == [a_row(0, loss=1), a_row(1, loss=0)]
    assert store.console(run.id) == "once\nat the end"

    lose_the_answer_to_the_commit(store, times)
    store.create_sweep(a_sweep("sweep002"))
    assert [sweep.id for sweep in store.sweeps()] == ["sweep001", "sweep002"]

    crashed = store.claim_run(a_run(2))
    lose_the_answer_to_the_commit(store, times)
    assert store.mark_crashed(crashed.id, seen_heartbeat_at=102.0, at=400.0)


@pytest.mark.parametrize("times", [1, 2])
def test_a_change_of_a_sweep_committed_without_an_answer_is_not_made_twice(store, times):
    store.create_sweep(a_sweep())
    lose_the_answer_to_the_commit(store, times)
    assert store.enqueue("sweep001", [{"lr": 1}]).queue == ({"lr": 1},)

    lose_the_answer_to_the_commit(store, times)
    edited = store.edit_sweep("sweep001", {"method": "grid"}, {"at": 1.0}, seen_edits=0)
    assert edited == store.sweep("sweep001")
    assert edited.edits == ({"at": 1.0},)
    assert store.snapshot("sweep001").version == 3

    run = store.claim_run(a_run())
    end(store, run.id)
    lose_the_answer_to_the_commit(store, times)
    assert store.request_retry(run.id)
    assert store.snapshot("sweep001").version == 6


def test_calls_wait_for_a_server_that_restarts(store, postgres_server, caplog):
    store.create_sweep(a_sweep())
    run = store.claim_run(a_run())
    postgres_server.stop()
    waiting = threading.Event()
    caplog.set_level(logging.WARNING, "nbsweep")
    handler = logging.Handler()
    handler.emit = lambda record: waiting.set()
    database.logger.addHandler(handler)
    ended = []
    thread = threading.Thread(target=lambda: ended.append(end(store, run.id)))
    thread.start()
    assert waiting.wait(10)
    postgres_server.start()
    thread.join(10)
    database.logger.removeHandler(handler)
    assert store.run(run.id) == ended[0]
    assert len(caplog.records) == 1
    assert "Waiting for the store: The PostgreSQL store" in caplog.text


def test_a_server_that_stays_away_is_an_error_and_the_rows_are_kept(
    store, postgres_server, monkeypatch, caplog
):
    monkeypatch.setattr(database, "RECONNECT_FOR_S", 0.0)
    clock = FakeClock()
    store.create_sweep(a_sweep())
    run = store.claim_run(a_run())
    channel = Channel(store, run.id, "ann", lambda: {"loss": 1}, clock)
    channel.append((0, 1.0, {"loss": 0}))
    channel.flush()
    postgres_server.stop()
    channel.append((1, 2.0, {"loss": 1}))
    for _ in range(3):
        clock.advance(MAX_BACKOFF_S)
        channel.flush()
    assert "1 rows wait for the store" in caplog.text
    message = (
        rf"The PostgreSQL store {re.escape(store.url)} failed \(.*\)\. Check that the server runs "
        r"and that the URL names it \(NBSWEEP_STORE\)\."
    )
    with pytest.raises(StoreError, match=message):
        store.runs()
    postgres_server.start()
    channel.append((2, 3.0, {"loss": 2}))
    clock.advance(MAX_BACKOFF_S)
    channel.flush()
    assert [row.step for row in store.history(run.id)] == [0, 1, 2]


def test_a_url_that_no_server_answers_fails_at_once(monkeypatch):
    def no_waiting(seconds):
        raise AssertionError("waited")

    monkeypatch.setattr(database.time, "sleep", no_waiting)
    message = re.escape("The PostgreSQL store postgresql+psycopg://ann:***@127.0.0.1:1/db failed (")
    with pytest.raises(StoreError, match=message):
        SqlStore("postgresql+psycopg://ann:secret@127.0.0.1:1/db")


# --- several at once ---


def test_the_tables_are_made_once_by_those_who_open_an_empty_database_together(postgres_server):
    url = postgres_server.new_database()
    stores = race(6, lambda _: SqlStore(url))
    assert [type(store) for store in stores] == [SqlStore] * 6
    stores[0].create_sweep(a_sweep())
    for store in stores:
        assert store.sweep("sweep001") == a_sweep()
        store.close()


def test_16_processes_claim_each_number_once(store):
    script = """
import os, sys
from nbsweep.errors import ClaimConflictError
from nbsweep.store import open_store
from nbsweep.testing.stores import a_run
store = open_store(sys.argv[1])
sys.stdout.write("ready\\n")
sys.stdout.flush()
sys.stdin.readline()
for agent in range(8):
    if os.fork() == 0:
        won = []
        for number in range(1, 61):
            try:
                run = a_run(number, id=f"{os.getpid()}-{number}", agent_id=str(os.getpid()))
                won.append(store.claim_run(run).number)
            except ClaimConflictError:
                pass
        os.write(1, (" ".join(map(str, won)) + "\\n").encode())
        os._exit(0)
for agent in range(8):
    assert os.wait()[1] == 0
"""
    store.create_sweep(a_sweep())
    parents = [
        subprocess.Popen(
            [sys.executable, "-c", script, store.url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for process in parents:
        assert process.stdout.readline() == "ready\n"
    for process in parents:
        process.stdin.write("go\n")
        process.stdin.flush()
    printed = [process.communicate(timeout=60) for process in parents]
    assert [errors for _, errors in printed] == ["", ""]
    won = [int(number) for output, _ in printed for number in output.split()]
    assert sorted(won) == list(range(1, 61))
    assert [run.number for run in store.snapshot("sweep001").runs] == list(range(1, 61))
