"""Handing out suggestions, alone and in a crowd."""

import pytest

from nbsweep.control import controller as controller_module
from nbsweep.control.controller import Controller, Halt
from nbsweep.records import EarlyTermination, Metric, RunEnd, RunState
from nbsweep.runs.identity import AgentIdentity
from nbsweep.store.memory import MemoryStore
from nbsweep.testing.stores import a_sweep, race

GRID = {"method": "grid", "parameters": {"x": {"values": list(range(12))}, "y": {"values": [1, 2]}}}
POINTS = [(x, y) for x in range(12) for y in (1, 2)]


@pytest.fixture
def store():
    store = MemoryStore()
    yield store
    store.close()


def controller(store):
    return Controller(store, "sweep001", AgentIdentity.create(), str)


def claimed(one):
    runs = []
    while not isinstance(order := one.next_order(), Halt):
        runs.append(order.run)
    return runs


def point(run):
    return (run.params["x"], run.params["y"])


def test_an_agent_alone_takes_the_grid_in_its_order(store):
    store.create_sweep(a_sweep(config=GRID))
    runs = claimed(controller(store))
    assert [run.number for run in runs] == list(range(1, 25))
    assert [point(run) for run in runs] == POINTS


def test_an_order_brings_the_metric_and_the_stopping_rule_of_the_sweep(store):
    metric = {"name": "acc", "goal": "maximize", "mode": "best"}
    rule = {"type": "median", "min_runs": 2}
    store.create_sweep(a_sweep(config={**GRID, "metric": metric, "early_terminate": rule}))
    order = controller(store).next_order()
    assert order.metric == Metric("acc", "maximize", mode="best")
    assert order.early_terminate == EarlyTermination("median", min_runs=2)
    store.create_sweep(a_sweep("sweep002", config=GRID))
    bare = Controller(store, "sweep002", AgentIdentity.create(), str).next_order()
    assert (bare.metric, bare.early_terminate) == (None, None)


def test_random_draws_follow_from_the_seed_and_the_number_whoever_asks(store):
    config = {"method": "random", "run_cap": 20, "parameters": {"x": {"min": 0.0, "max": 1.0}}}
    for sweep_id in ("sweep001", "sweep002"):
        store.create_sweep(a_sweep(sweep_id, config=config))
    alone = claimed(Controller(store, "sweep002", AgentIdentity.create(), str))
    crowd = race(4, lambda _: claimed(controller(store)))
    together = sorted((run.number, run.params["x"]) for runs in crowd for run in runs)
    assert together == [(run.number, run.params["x"]) for run in alone]
    assert [number for number, _ in together] == list(range(1, 21))


def test_a_crowd_takes_each_number_and_each_point_once(store):
    """All agents choose among many, so that numbers are claimed out of order."""
    store.create_sweep(a_sweep(config=GRID))
    agents = [controller(store) for _ in range(8)]
    for agent in agents:
        agent._spread = controller_module.MAX_SPREAD
    runs = [run for taken in race(8, lambda index: claimed(agents[index])) for run in taken]
    assert sorted(run.number for run in runs) == list(range(1, 25))
    assert [point(run) for run in sorted(runs, key=lambda run: run.number)] == POINTS


def test_agents_that_meet_choose_among_more_and_calm_down_again(store, monkeypatch):
    store.create_sweep(a_sweep(config=GRID))
    first, second = controller(store), controller(store)
    snapshot, taken = store.snapshot, []

    def snapshot_then_loses(*arguments, **options):
        seen = snapshot(*arguments, **options)
        if not taken:  # the other one claims between this one's look and its claim
            taken.append(None)
            taken[0] = first.next_order().run
        return seen

    monkeypatch.setattr(store, "snapshot", snapshot_then_loses)
    assert second.next_order().run.number in (2, 3)
    assert second._spread == 1
    monkeypatch.undo()
    runs = [*taken, *store.runs()[1:], *claimed(second)]
    assert sorted(point(run) for run in runs) == POINTS


def test_a_run_that_somebody_wants_again_goes_before_new_ones_and_past_the_cap(store):
    store.create_sweep(a_sweep(config={**GRID, "run_cap": 2}))
    agent = controller(store)
    first, second = claimed(agent)
    for run in (first, second):
        end = RunEnd(RunState.FINISHED, summary={}, config={}, exit_code=0, at=1.0)
        store.finish_run(run.id, run.agent_id, end)
    assert store.request_retry(first.id)
    (again,) = claimed(agent)
    assert (again.number, again.attempt, again.params) == (1, 1, first.params)
