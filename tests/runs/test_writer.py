import threading

import pytest

import nbsweep
from nbsweep.errors import OwnershipError, StoreError
from nbsweep.records import RunState, StopRequest
from nbsweep.runs.writer import HEARTBEAT_INTERVAL_S, Channel, Writer
from nbsweep.testing import FakeClock


class RecordingStore:
    """Keeps what a channel writes; `answer` is raised or returned."""

    def __init__(self):
        self.rows, self.beats, self.changes, self.answer = [], 0, [], None

    def append_history(self, run_id, agent_id, rows, *, summary, at, console=""):
        if isinstance(self.answer, Exception):
            raise self.answer
        self.rows.extend(rows)
        self.beats += not rows
        return self.answer

    def update_run(self, run_id, agent_id, changes):
        self.changes.append(changes)


@pytest.fixture
def store():
    return RecordingStore()


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def channel(store, clock):
    return Channel(store, "run", "agent", dict, clock)


def log(channel, *steps):
    for step in steps:
        channel.append((step, 0.0, {"loss": step}))


def test_flush_writes_each_row_once_and_in_order(channel, store):
    log(channel, 0, 1)
    channel.flush()
    log(channel, 2)
    channel.flush()
    assert [row.step for row in store.rows] == [0, 1, 2]


def test_nothing_is_written_between_heartbeats(channel, store, clock):
    channel.flush()
    assert store.beats == 0
    clock.advance(HEARTBEAT_INTERVAL_S)
    channel.flush()
    channel.flush()
    assert store.beats == 1


def test_reply_of_the_store_asks_the_run_to_stop(channel, store):
    store.answer = StopRequest("the median of 7 runs is better", RunState.STOPPED)
    log(channel, 0)
    channel.flush()
    assert channel.stop_reason == "the median of 7 runs is better"
    assert channel.stop_state is RunState.STOPPED


def test_first_stop_reason_stays(channel):
    channel.request_stop("one", RunState.STOPPED)
    channel.request_stop("two")
    assert (channel.stop_reason, channel.stop_state) == ("one", RunState.STOPPED)


def test_rows_wait_while_the_store_fails_and_are_written_when_it_works(channel, store, clock):
    store.answer = StoreError("disk full")
    log(channel, 0, 1)
    channel.flush()
    assert store.rows == []
    store.answer = None
    channel.flush()
    assert store.rows == [], "it backs off before it tries again"
    log(channel, 2)
    clock.advance(10)
    channel.flush()
    assert [row.step for row in store.rows] == [0, 1, 2]


def test_log_waits_for_a_store_that_is_behind(monkeypatch):
    monkeypatch.setattr("nbsweep.runs.writer.MAX_BACKLOG", 100)
    waiting = []
    with nbsweep.init() as run:
        original = run.store.append_history

        def append(run_id, agent_id, rows, **kwargs):
            waiting.append(len(rows))
            return original(run_id, agent_id, rows, **kwargs)

        monkeypatch.setattr(run.store, "append_history", append)
        for step in range(2_000):
            run.log({"loss": step})
    assert max(waiting) <= 101
    assert [row.values["loss"] for row in run.store.history(run.id)] == list(range(2_000))


def test_log_does_not_wait_for_a_store_that_fails(channel, store, monkeypatch):
    monkeypatch.setattr("nbsweep.runs.writer.MAX_BACKLOG", 2)
    log(channel, 0, 1)
    assert channel.is_full
    store.answer = StoreError("connection lost")
    channel.flush()
    assert not channel.is_full


def test_nobody_waits_where_no_thread_writes(channel, monkeypatch):
    monkeypatch.setattr("nbsweep.runs.writer.MAX_BACKLOG", 2)
    log(channel, 0, 1)
    Writer().make_room(channel)
    assert channel.is_full


def test_rows_of_a_part_bring_the_stop_of_its_parent(store, clock):
    parent, part = (Channel(store, run_id, "agent", dict, clock) for run_id in ("run", "part"))
    part.follow(parent)
    log(part, 0)
    part.flush()
    store.answer = StopRequest("stopped by hand", RunState.KILLED)
    parent.flush()
    assert parent.stop_reason == "stopped by hand"


def test_run_that_was_ended_elsewhere_stops(channel, store):
    store.answer = OwnershipError("ended", "run")
    log(channel, 0)
    channel.flush()
    assert channel.stop_reason == "the run was ended by another process"


def test_close_hands_back_what_was_not_written(channel, store):
    log(channel, 0)
    channel.flush()
    log(channel, 1)
    channel.change(name="late")
    channel.console.write("no line end")
    unwritten = channel.close()
    assert [row.step for row in unwritten.rows] == [1]
    assert unwritten.changes == {"name": "late"}
    assert unwritten.console == "no line end"
    channel.flush()
    assert [row.step for row in store.rows] == [0]


def test_changed_fields_are_written_with_the_next_flush(channel, store):
    channel.change(name="a")
    channel.change(notes="b")
    channel.flush()
    channel.flush()
    assert store.changes == [{"name": "a", "notes": "b"}]


def test_rows_logged_by_many_threads_all_arrive(channel, store):
    threads = [
        threading.Thread(target=log, args=(channel, *range(200 * n, 200 * n + 200)))
        for n in range(4)
    ]
    for thread in threads:
        thread.start()
    for _ in range(50):
        channel.flush()
    for thread in threads:
        thread.join()
    channel.flush()
    assert sorted(row.step for row in store.rows) == list(range(800))


def test_writer_thread_flushes_and_ends_with_its_last_holder(channel, store):
    written = threading.Event()
    original = store.append_history

    def append(*args, **kwargs):
        written.set()
        return original(*args, **kwargs)

    store.append_history = append
    before = set(threading.enumerate())
    writer = Writer(interval_s=0.001)
    writer.hold()
    writer.add(channel)
    log(channel, 0)
    assert written.wait(5)
    writer.remove(channel)
    assert [thread.name for thread in set(threading.enumerate()) - before] == ["nbsweep-writer"]
    writer.release()
    assert not set(threading.enumerate()) - before
