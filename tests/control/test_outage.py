"""A store that fails for a while, or for good, while agents work."""

import re
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter

import pytest

import nbsweep
from nbsweep import store as store_package
from nbsweep.handles.agent import AgentHandle
from nbsweep.runs import session, writer
from nbsweep.store import patience
from nbsweep.testing import FakeClock
from tests import faults

POINTS = 4
CONFIG = {
    "method": "grid",
    "metric": {"name": "loss", "goal": "minimize"},
    "parameters": {"x": {"values": list(range(POINTS))}},
}


@pytest.fixture(autouse=True)
def own_stores(monkeypatch):
    stores = {}
    monkeypatch.setattr(store_package, "_stores", stores)
    monkeypatch.setattr(patience, "_troubles", {})
    yield
    for store in stores.values():
        store.close()


@pytest.fixture
def told(monkeypatch):
    """The sentences that the display got."""
    sentences = []
    monkeypatch.setattr(AgentHandle, "message", lambda _, text: sentences.append(text))
    return sentences


class Outage:
    """Has every database call fail while it is on."""

    def __init__(self, error):
        self.is_on = threading.Event()
        self.faults = faults.Faults(error, lambda _: self.is_on.is_set())

    def lasts(self, seconds):
        self.is_on.set()
        threading.Timer(seconds, self.is_on.clear).start()


def finished_once(sweep_id):
    runs = session.store().snapshot(sweep_id).runs
    ends = Counter(run.params["x"] for run in runs if run.state.value == "finished")
    assert ends == dict.fromkeys(range(POINTS), 1)
    return runs


@pytest.mark.parametrize("kind", faults.SQLITE)
@pytest.mark.parametrize("workers", [1, 2])
def test_an_outage_is_waited_out_and_told(kind, workers, told, monkeypatch):
    monkeypatch.setattr(patience, "WORTH_TELLING_S", 0.1)
    outage, longest = Outage(faults.SQLITE[kind]), [0.0]
    text = str(faults.SQLITE[kind]())

    def train():
        with nbsweep.init() as run:
            if run.config["x"] == 1:
                outage.lasts(0.8)
            for step in range(40):
                time.sleep(0.005)
                began = time.monotonic()
                run.log({"loss": run.config["x"] + step})
                longest[0] = max(longest[0], time.monotonic() - began)

    sweep_id = nbsweep.sweep(CONFIG)
    with faults.injected(outage.faults):
        nbsweep.agent(sweep_id, train, show=False, workers=workers)
    assert outage.faults.failed > 2
    runs = finished_once(sweep_id)
    assert [(run.attempt, run.history_rows) for run in runs] == [(0, 40)] * POINTS
    assert longest[0] < 0.05
    first, *_, last = told
    assert re.fullmatch(
        rf"The store cannot be (written|read): {re.escape(text)} \(\./\.nbsweep/nbsweep\.db\); "
        r"trying again, \d+ rows? waits?\.",
        first,
    )
    assert last == "The store can be written again."


def test_one_that_lasts_ends_the_agent_with_one_sentence(told, monkeypatch, caplog):
    """And the points that were under way are handed out by the next agent."""
    monkeypatch.setattr(patience, "LONGEST_S", 0.3)
    outage = Outage(faults.SQLITE["disk full"])

    def train():
        with nbsweep.init() as run:
            if run.config["x"] == 1:
                outage.is_on.set()
            run.log({"loss": run.config["x"]})

    sweep_id = nbsweep.sweep(CONFIG)
    with faults.injected(outage.faults):
        nbsweep.agent(sweep_id, train, show=False, workers=2)
    assert told[-1] == (
        "The agent ended: The disk that holds ./.nbsweep/nbsweep.db is full (database or disk is "
        "full). What was stored before is safe. Free some space and repeat, or name a folder on "
        "another disk in NBSWEEP_DIR."
    )
    outage.is_on.clear()

    def train_again():
        with nbsweep.init() as run:
            run.log({"loss": run.config["x"]})

    nbsweep.agent(sweep_id, train_again, show=False)
    finished_once(sweep_id)
    assert session.store().sweep(sweep_id).state.value == "FINISHED"


def test_an_interrupt_does_not_wait_for_a_store_that_fails():
    outage = Outage(faults.SQLITE["EIO"])
    sweep_id = nbsweep.sweep(CONFIG)
    began = threading.Event()

    def train():
        with nbsweep.init() as run:
            began.set()
            outage.is_on.set()
            while True:
                run.log({"loss": 1})
                time.sleep(0.01)

    with faults.injected(outage.faults):
        agent = nbsweep.agent(sweep_id, train, show=False, background=True)
        assert began.wait(10)
        agent.stop(now=True)
        time.sleep(0.3)
        agent._agent.interrupt()  # the second time
        assert agent.wait(5)


def test_a_run_outside_of_sweeps_waits_too():
    outage = Outage(faults.SQLITE["disk full"])
    with faults.injected(outage.faults):
        run = nbsweep.init()
        outage.lasts(0.7)
        run.log({"loss": 1})
        run.finish()
    assert session.store().run(run.id).state.value == "finished"
    assert [row.values for row in session.store().history(run.id)] == [{"loss": 1}]


def test_runs_that_are_asked_for_wait_too():
    outage = Outage(faults.SQLITE["disk full"])
    sweep = nbsweep.Sweep(nbsweep.sweep(CONFIG))
    with faults.injected(outage.faults):
        while (run := sweep.ask()) is not None:
            outage.lasts(0.6 if run.number == 2 else 0.0)
            run.tell(run.config["x"])
    finished_once(sweep.id)


def test_judging_does_not_hold_up_log_while_the_store_fails():
    config = {**CONFIG, "early_terminate": {"type": "hyperband", "min_iter": 1, "eta": 2}}
    outage, longest = Outage(faults.SQLITE["EIO"]), [0.0]

    def train():
        with nbsweep.init() as run:
            outage.is_on.set()
            for _ in range(60):
                began = time.monotonic()
                run.log({"loss": run.config["x"]})
                longest[0] = max(longest[0], time.monotonic() - began)
                time.sleep(0.005)
            outage.is_on.clear()

    sweep_id = nbsweep.sweep(config)
    with faults.injected(outage.faults):
        nbsweep.agent(sweep_id, train, show=False, count=1)
    assert longest[0] < 0.05


# --- with the operating system's own errors ---

FULL = """
import resource, sys, threading, time
import nbsweep

def limit(size):  # of files: what is written beyond it fails, as on a full disk
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

longest = [0.0]

def train():
    with nbsweep.init() as run:
        if run.config["x"] == 1:
            limit(4096)
            threading.Timer(1.0, limit, [resource.RLIM_INFINITY]).start()
        for step in range(300):
            began = time.monotonic()
            run.log({"loss": step, "text": "x" * 100})
            longest[0] = max(longest[0], time.monotonic() - began)
            time.sleep(0.001)

sweep_id = nbsweep.sweep({"method": "grid", "parameters": {"x": {"values": [0, 1, 2]}}})
nbsweep.agent(sweep_id, train, show=False)
runs = nbsweep.Sweep(sweep_id).runs
print("ends:", *[(run.state, len(run.history())) for run in runs], longest[0] < 0.05)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit for files")
def test_files_that_may_not_grow():
    done = subprocess.run([sys.executable, "-c", FULL], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    ends = " ".join(["('finished', 300)"] * 3)
    assert done.stdout.splitlines()[-1] == f"ends: {ends} True"


@pytest.mark.parametrize("executor", ["threads", "processes"])
def test_a_file_that_another_program_locks(executor):
    """With a lock of SQLite's own; worker processes find it locked too."""
    sweep_id = nbsweep.sweep(CONFIG)
    path = session.store().url.removeprefix("sqlite:///")
    begun = threading.Event()

    def hold():
        other = sqlite3.connect(path, isolation_level=None, timeout=30)
        begun.wait(20)
        other.execute("BEGIN IMMEDIATE")
        time.sleep(1.0)
        other.execute("ROLLBACK")
        other.close()

    def train():
        import time

        import nbsweep

        with nbsweep.init() as run:
            for step in range(20):
                run.log({"loss": step})
                time.sleep(0.01)

    holder = threading.Thread(target=hold)
    holder.start()
    agent = nbsweep.agent(
        sweep_id, train, show=False, background=True, workers=2, executor=executor
    )
    while not session.store().runs():
        time.sleep(0.02)
    begun.set()
    assert agent.wait(60)
    holder.join()
    runs = finished_once(sweep_id)
    assert [(run.attempt, run.history_rows) for run in runs] == [(0, 20)] * POINTS


# --- what is held meanwhile is bounded ---


class FailingStore:
    url = "memory://failing"

    def append_history(self, *_, **__):
        raise patience.PassingError("disk full")


def test_every_second_of_the_oldest_rows_is_given_up_beyond_a_bound(monkeypatch, caplog):
    monkeypatch.setattr(writer, "MAX_BACKLOG", 10)
    monkeypatch.setattr(writer, "MAX_HELD", 40)
    channel = writer.Channel(FailingStore(), "run", "ann", dict, FakeClock())
    process_writer = writer.Writer()
    for step in range(1_000):
        channel.append((step, 0.0, {"loss": step}))
        if step == 12:
            channel.flush()
        if channel.is_long and step >= 12:
            process_writer.make_room(channel)
    steps = [row.step for row in channel.close().rows]
    assert len(steps) <= 40
    assert steps == sorted(set(steps))
    assert steps[-15:] == list(range(985, 1_000)), "the newest are all there"
    (record,) = [r for r in caplog.records if "as many as are held" in r.message]
    assert record.message == (
        "Run run: 40 rows wait for the store, as many as are held. Of the older ones only every "
        "second is kept from now on."
    )


def test_rows_that_are_being_written_are_not_given_up(monkeypatch):
    monkeypatch.setattr(writer, "MAX_BACKLOG", 10)
    monkeypatch.setattr(writer, "MAX_HELD", 20)
    written = []

    class Slow:
        url = "memory://slow"

        def append_history(self, run_id, agent_id, rows, **_):
            for step in range(10, 60):
                channel.append((step, 0.0, {"loss": step}))
                channel.thin()
            written.extend(row.step for row in rows)

    channel = writer.Channel(Slow(), "run", "ann", dict, FakeClock())
    for step in range(10):
        channel.append((step, 0.0, {"loss": step}))
    channel.flush()
    left = [row.step for row in channel.close().rows]
    assert written == list(range(10))
    assert left[0] >= 10
    assert left == sorted(left)
    assert left[-1] == 59
