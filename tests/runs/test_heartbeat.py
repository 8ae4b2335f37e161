"""Which runs count as lost: by their process where it can be looked at, else by silence."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

import nbsweep
from nbsweep.control import under_way
from nbsweep.control import lost_runs
from nbsweep.control.agent import Agent
from nbsweep.control.controller import Controller, Halt
from nbsweep.control.lost_runs import LONGEST_CALL_S, LONGEST_GAP_S, STALE_AFTER_S, Watch
from nbsweep.control.options import AgentOptions
from nbsweep.control.stopping import StopLevel
from nbsweep.records import RunState
from nbsweep.runs import session
from nbsweep.runs.identity import AgentIdentity, this_process
from nbsweep.store import open_store
from nbsweep.testing import FakeClock
from nbsweep.testing.stores import a_run, a_sweep

pytestmark = pytest.mark.skipif(os.name != "posix", reason="no signals to other processes")

# A process whose only run is inside a C call that holds the interpreter's lock: no thread of
# it can write a heartbeat. A regular expression that backtracks for ages is such a call.
BUSY = """
import os, re, sys, nbsweep
nbsweep.setup(sys.argv[1])
def train():
    with nbsweep.init() as run:
        run.log({"loss": 1.0})
        nbsweep.runs.session.writer().flush_soon(60)
        print("begun", flush=True)
        re.match("(a+)+$", "a" * 64 + "b")
nbsweep.agent(sys.argv[2], train, count=1, show=False)
"""
GRID = {
    "method": "grid",
    "metric": {"name": "loss"},
    "parameters": {"x": {"values": [1]}},
    "retry": {"crashed": 1},
}


@pytest.fixture
def store(tmp_path):
    store = open_store(f"sqlite:///{tmp_path}/runs.db")
    store.create_sweep(a_sweep(config=GRID))
    yield store
    store.close()


@pytest.fixture
def busy(store):
    command = [sys.executable, "-c", BUSY, store.url, "sweep001"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        while process.stdout.readline().strip() != b"begun":
            assert process.poll() is None
        yield process
        process.kill()


def another_agent(store):
    """An agent that has looked at the sweep, and the clock by which it goes."""
    clock = FakeClock()
    agent = Controller(store, "sweep001", AgentIdentity.create(), str, elapsed=clock)
    return agent, clock


def after(seconds, agent, clock):
    """What the agent hands out once it has looked at the sweep for so long."""
    order = agent.next_order()
    while seconds > 0 and isinstance(order, Halt):
        step = min(seconds, 10.0)
        clock.advance(step)
        seconds -= step
        order = agent.next_order()
    return order


def test_a_c_call_that_lets_no_thread_in_is_alive_and_its_point_not_repeated(store, busy):
    (before,) = store.runs()
    assert isinstance(after(STALE_AFTER_S + 30, *another_agent(store)), Halt)
    (run,) = store.runs()
    assert run.state is RunState.RUNNING
    assert run.heartbeat_at == before.heartbeat_at, "there was no heartbeat meanwhile"


def test_a_stopped_process_is_lost_after_a_while_and_its_point_repeated(store, busy):
    busy.send_signal(signal.SIGSTOP)
    os.waitpid(busy.pid, os.WUNTRACED)
    agent, clock = another_agent(store)
    assert isinstance(after(STALE_AFTER_S / 2, agent, clock), Halt)
    again = after(STALE_AFTER_S, agent, clock)
    assert (again.run.number, again.run.attempt) == (1, 1)
    assert store.snapshot("sweep001").runs[0].state is RunState.CRASHED


def backtracking():
    with nbsweep.init() as run:
        run.log({"loss": 1.0})
        session.writer().flush_soon(60)
        re.match("(a+)+$", "a" * 64 + "b")


def in_a_worker(store, monkeypatch, beat_after_s, then):
    """What `then` gives, called with the run that a worker process has under way."""
    monkeypatch.setattr(under_way, "BEAT_AFTER_S", beat_after_s)
    agent = Agent(
        store,
        "sweep001",
        AgentOptions(function=backtracking, executor="processes", count=1),
        folder=str,
    )
    thread = threading.Thread(target=agent.run)
    thread.start()
    try:
        while not (store.runs() and store.runs()[0].summary):
            time.sleep(0.05)
        return then(store.runs()[0])
    finally:
        agent.stop(StopLevel.LEAVE)
        thread.join()


def test_the_agent_beats_for_a_worker_that_cannot(store, monkeypatch):
    def wait_for_beats(run):
        beats = {run.heartbeat_at}
        while len(beats) < 3:
            time.sleep(0.05)
            beats.add(store.run(run.id).heartbeat_at)
        return store.run(run.id)

    run = in_a_worker(store, monkeypatch, 0.3, wait_for_beats)
    assert run.state is RunState.RUNNING
    assert run.worker.split(":")[1] != str(os.getpid())


def test_a_stopped_worker_is_ended_and_its_run_crashed(store, monkeypatch):
    monkeypatch.setattr(lost_runs, "STALE_AFTER_S", 1.0)

    def stop_the_process(run):
        os.kill(int(run.worker.split(":")[1]), signal.SIGSTOP)
        while not store.run(run.id).state.ended:
            time.sleep(0.05)
        return store.run(run.id)

    run = in_a_worker(store, monkeypatch, 0.3, stop_the_process)
    assert run.state is RunState.CRASHED
    assert run.error.startswith("the worker process")


def test_a_killed_process_is_lost_at_once(store, busy):
    busy.kill()
    busy.wait()
    again = after(0, *another_agent(store))
    assert (again.run.number, again.run.attempt) == (1, 1)


def silent_for(seconds, **fields):
    """Whether a run is lost that an observer sees silent for so long, looking all the time."""
    clock = FakeClock()
    watch, run = Watch(clock), a_run(heartbeat_at=0.0, **fields)
    watch.is_lost(run)
    while seconds > 0:
        step = min(seconds, LONGEST_GAP_S)
        clock.advance(step)
        seconds -= step
        watch.silent_s(run)
    return watch.is_lost(run)


def test_silence_decides_where_the_process_cannot_be_seen():
    assert not silent_for(STALE_AFTER_S - 1, agent_id="elsewhere:1:1.1:x")
    assert silent_for(STALE_AFTER_S + 1, agent_id="elsewhere:1:1.1:x")
    assert not silent_for(STALE_AFTER_S + 1, agent_id="elsewhere:1:1.1:x", state=RunState.FAILED)


def test_the_worker_counts_rather_than_its_agent():
    """A kernel that restarts leaves the runs of a cluster's workers alone."""
    host, pid, start = this_process().split(":")
    ticks, namespace = start.split(".")
    dead = f"{host}:{pid}:{int(ticks) - 1}.{namespace}"
    assert silent_for(1, agent_id=dead)
    assert not silent_for(1, agent_id=dead, worker=this_process())
    assert silent_for(1, agent_id=this_process(), worker=dead)


def test_a_run_that_nobody_attends_to_is_lost_at_last():
    living = AgentIdentity.create()
    assert not silent_for(STALE_AFTER_S + 1, agent_id=living.id, pid=1)
    assert silent_for(LONGEST_CALL_S + 1, agent_id=living.id, pid=1)
    assert silent_for(STALE_AFTER_S + 1, agent_id=living.id, pid=living.pid), "seen from inside"


def test_the_agent_beats_for_a_run_that_waits_for_a_free_worker(tmp_path, monkeypatch):
    monkeypatch.setattr(under_way, "BEAT_AFTER_S", 0.2)
    store, enough = open_store(f"sqlite:///{tmp_path}/waiting.db"), threading.Event()
    store.create_sweep(a_sweep(config={**GRID, "parameters": {"x": {"values": [1, 2]}}}))

    def train():
        enough.wait(60)

    with ThreadPoolExecutor(1) as pool:
        options = AgentOptions(function=train, executor=pool, workers=2)
        agent = Agent(store, "sweep001", options, folder=str)
        thread = threading.Thread(target=agent.run)
        thread.start()
        beats = set()
        deadline = time.monotonic() + 60
        while len(beats) < 3 and time.monotonic() < deadline:
            time.sleep(0.02)
            beats |= {run.heartbeat_at for run in store.runs() if run.state is RunState.PENDING}
        waiting = [run for run in store.runs() if run.state is RunState.PENDING]
        enough.set()
        thread.join()
    assert len(waiting) == 1
    assert len(beats) >= 3
    assert [run.state for run in store.runs()] == [RunState.FINISHED] * 2
    store.close()
