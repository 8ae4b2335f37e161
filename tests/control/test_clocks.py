"""Clocks that are wrong or jump: no live run is taken for dead, no dead one for alive."""

import threading
import time

import pytest

import nbsweep
from nbsweep.control import lost_runs
from nbsweep.control.agent import Agent
from nbsweep.control.controller import Controller, Halt
from nbsweep.control.lost_runs import STALE_AFTER_S, Watch, mark_crashed
from nbsweep.control.options import AgentOptions
from nbsweep.records import RunState
from nbsweep.runs import session
from nbsweep.runs.identity import AgentIdentity, Vital
from nbsweep.runs.writer import HEARTBEAT_INTERVAL_S
from nbsweep.store import open_store
from nbsweep.testing import FakeClock
from nbsweep.testing.stores import a_run, a_sweep

GRID = {
    "method": "grid",
    "metric": {"name": "loss"},
    "parameters": {"x": {"values": [1]}},
    "retry": {"crashed": 1},
}
SKEWS_S = [0.0, 600.0, -600.0, 36_000.0, -36_000.0]
LATEST_S = 90.0
NOW = 1_700_000_000.0


@pytest.fixture(params=["sqlite", "postgres"])
def store(request, tmp_path):
    if request.param == "postgres":
        url = request.getfixturevalue("postgres_server").new_database()
    else:
        url = f"sqlite:///{tmp_path}/runs.db"
    store = open_store(url)
    store.create_sweep(a_sweep(config=GRID))
    yield store
    store.close()


class Elsewhere:
    """A run that another machine has under way, and an agent here that looks at it.

    Args:
        store: where both are.
        skew_s: how far the clock here is ahead.
    """

    def __init__(self, store, skew_s):
        self.store, self.passed, self.skew_s = store, FakeClock(0.0), skew_s
        self.there = NOW  # the other machine's clock
        self.run = store.claim_run(
            a_run(
                1,
                agent_id="elsewhere:1:1.1:x",
                host="elsewhere",
                state=RunState.RUNNING,
                started_at=NOW,
                heartbeat_at=NOW,
                params={"x": 1},
                origin={"method": "grid", "grid_index": 0},
            )
        )
        self.agent = Controller(
            store,
            "sweep001",
            AgentIdentity.create(),
            str,
            clock=lambda: NOW + self.skew_s + self.passed(),
            elapsed=self.passed,
        )

    def beat(self):
        self.store.append_history(self.run.id, self.run.agent_id, [], summary=None, at=self.there)

    def pass_time(self, seconds, *, beats):
        """Let time pass with a look every few seconds; what was handed out, if anything."""
        for _ in range(round(seconds / HEARTBEAT_INTERVAL_S)):
            self.passed.advance(HEARTBEAT_INTERVAL_S)
            self.there += HEARTBEAT_INTERVAL_S
            if beats:
                self.beat()
            order = self.agent.next_order()
            if not isinstance(order, Halt):
                return order
        return None


@pytest.mark.parametrize("skew_s", SKEWS_S)
def test_a_wrong_clock_loses_no_live_run_and_finds_the_dead(store, skew_s):
    elsewhere = Elsewhere(store, skew_s)
    assert elsewhere.pass_time(300, beats=True) is None
    died_at = elsewhere.passed()
    again = elsewhere.pass_time(600, beats=False)
    assert (again.run.number, again.run.attempt) == (1, 1)
    assert STALE_AFTER_S <= elsewhere.passed() - died_at <= LATEST_S
    lost = store.run(elsewhere.run.id)
    assert lost.state is RunState.CRASHED
    assert 300 <= lost.duration_s <= 300 + LATEST_S, "in its own time"


@pytest.mark.parametrize("jump_s", SKEWS_S[1:])
@pytest.mark.parametrize("whose", ["there", "skew_s"])
def test_a_clock_that_jumps_loses_no_live_run(store, whose, jump_s):
    elsewhere = Elsewhere(store, 0.0)
    assert elsewhere.pass_time(30, beats=True) is None
    setattr(elsewhere, whose, getattr(elsewhere, whose) + jump_s)
    assert elsewhere.pass_time(120, beats=True) is None
    assert store.run(elsewhere.run.id).state is RunState.RUNNING


def test_a_clock_that_stands_still_beats_too(store):
    elsewhere = Elsewhere(store, 0.0)
    beats = []
    for _ in range(5):
        elsewhere.beat()
        beats.append(store.run(elsewhere.run.id).heartbeat_at)
    assert beats == sorted(set(beats))
    assert beats[-1] - beats[0] < 0.001
    assert not store.mark_crashed(elsewhere.run.id, seen_heartbeat_at=beats[0], at=NOW)


def test_an_observer_that_slept_gives_the_run_time_to_beat(store):
    """A laptop that wakes, or a server that was away for minutes: nobody could beat."""
    elsewhere = Elsewhere(store, 0.0)
    assert elsewhere.pass_time(10, beats=True) is None
    elsewhere.passed.advance(36_000)
    assert isinstance(elsewhere.agent.next_order(), Halt)
    assert elsewhere.pass_time(120, beats=True) is None


@pytest.mark.parametrize("skew_s", SKEWS_S)
def test_an_agent_with_nothing_else_to_do_goes_at_once_when_the_run_elsewhere_beats(store, skew_s):
    elsewhere = Elsewhere(store, skew_s)
    first = elsewhere.agent.next_order()
    assert (first.paused, first.waiting) == (bool(skew_s), bool(skew_s))
    if skew_s:
        assert first.reason == (
            "Waiting at most 60 seconds for a sign of life: run 1 on elsewhere is under way "
            "elsewhere, or left behind there."
        )
    elsewhere.beat()
    assert elsewhere.agent.next_order() == Halt("all points of the search space were tried")


def test_a_busy_agent_keeps_watch_too(store):
    elsewhere = Elsewhere(store, -600.0)
    for _ in range(20):
        elsewhere.agent.keep_watch()
        elsewhere.passed.advance(LATEST_S / 20)
    assert store.run(elsewhere.run.id).state is RunState.CRASHED


def test_one_look_ends_only_what_was_on_this_host(store):
    elsewhere = Elsewhere(store, 36_000.0)
    assert not mark_crashed(store, store.runs())
    assert store.run(elsewhere.run.id).state is RunState.RUNNING


def test_parts_of_a_lost_run_end_when_they_are_lost_themselves(store):
    elsewhere, passed = Elsewhere(store, 0.0), FakeClock()
    part = store.claim_run(
        a_run(0, id="part", sweep_id=None, parent_id=elsewhere.run.id, agent_id="third:1:1.1:x")
    )
    watch = Watch(passed)
    for second in range(0, 200, 10):
        mark_crashed(store, store.snapshot("sweep001").runs, watch)
        passed.advance(10)
        if second < 100:
            store.append_history(part.id, part.agent_id, [], summary=None, at=NOW)
            assert not store.run(part.id).state.ended
    assert store.run(elsewhere.run.id).state is RunState.CRASHED
    assert store.run(part.id).state is RunState.CRASHED


@pytest.mark.parametrize("jump_s", [600.0, -36_000.0])
def test_a_jump_in_mid_run_changes_neither_its_life_nor_its_duration(store, monkeypatch, jump_s):
    """The clock of this machine jumps while a run is under way, with another agent beside it."""
    monkeypatch.setattr(lost_runs, "vital", lambda process: Vital.UNKNOWN)
    monkeypatch.setattr(lost_runs, "STALE_AFTER_S", 0.6)
    monkeypatch.setattr("nbsweep.runs.writer.HEARTBEAT_INTERVAL_S", 0.1)
    monkeypatch.setattr("nbsweep.control.controller.RECOVERY_INTERVAL_S", 0.1)
    real, ahead = time.time, [0.0]
    monkeypatch.setattr(time, "time", lambda: real() + ahead[0])
    begun, enough = threading.Event(), threading.Event()

    def train():
        with nbsweep.init() as run:
            run.log({"loss": 1.0})
            begun.set()
            enough.wait(60)
            run.log({"loss": 2.0})

    options = AgentOptions(function=train, timeout_s=60)
    agent = Agent(store, "sweep001", options, folder=str, clock=time.time)
    thread = threading.Thread(target=agent.run)
    thread.start()
    assert begun.wait(60)
    other = Controller(store, "sweep001", AgentIdentity.create(), str, clock=time.time)
    ahead[0] = jump_s
    until = time.monotonic() + 0.9
    while time.monotonic() < until:
        assert isinstance(other.next_order(), Halt)
        time.sleep(0.05)
    enough.set()
    thread.join()
    (run,) = store.runs()
    assert run.state is RunState.FINISHED
    assert 0.9 < run.duration_s < 30.0
    first, second = (row.time_s for row in store.history(run.id))
    assert 0.9 < second - first < 30.0
    assert session.live_runs() == []
