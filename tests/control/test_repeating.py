"""`repeats` in a sweep config: how often a configuration is run, alone and in a crowd."""

from collections import Counter

import pytest

import nbsweep
from nbsweep.control.controller import Controller, Halt
from nbsweep.records import RunEnd, RunState
from nbsweep.runs.identity import AgentIdentity
from nbsweep.store.memory import MemoryStore
from nbsweep.testing.stores import a_sweep, race

GRID = {"method": "grid", "parameters": {"x": {"values": list(range(5))}, "seed": {"value": 10}}}
METRIC = {"metric": {"name": "loss", "goal": "minimize"}}


@pytest.fixture
def store():
    store = MemoryStore()
    yield store
    store.close()


def controller(store):
    return Controller(store, "sweep001", AgentIdentity.create(), str)


def claimed(one, most=99):
    runs = []
    while len(runs) < most and not isinstance(order := one.next_order(), Halt):
        runs.append(order.run)
    return runs


def end(store, run, loss=1.0, state=RunState.FINISHED):
    summary = {} if loss is None else {"loss": loss}
    store.finish_run(run.id, run.agent_id, RunEnd(state, summary, run.config, 0, at=1.0))


def test_a_grid_runs_each_point_so_often_with_a_seed_of_its_own(store):
    store.create_sweep(a_sweep(config={**GRID, "repeats": 3}))
    runs = claimed(controller(store))
    assert [(run.params["x"], run.params["seed"]) for run in runs] == [
        (x, seed) for x in range(5) for seed in (10, 11, 12)
    ]
    assert [run.origin.get("replicate_of") for run in runs[:6]] == [None, 1, 1, None, 4, 4]
    assert [run.origin.get("varied") for run in runs[:2]] == [None, ["seed"]]


def test_agents_that_work_at_once_run_each_point_of_a_grid_so_often(store):
    store.create_sweep(a_sweep(config={**GRID, "repeats": 4}))
    found = race(6, lambda _: claimed(controller(store)))
    runs = [run for of_agent in found for run in of_agent]
    assert sorted(run.number for run in runs) == list(range(1, 21))
    assert Counter((run.params["x"], run.params["seed"]) for run in runs) == Counter(
        {(x, seed): 1 for x in range(5) for seed in (10, 11, 12, 13)}
    )


def test_agents_that_work_at_once_repeat_random_draws_so_often(store):
    parameters = {"x": {"min": 0.0, "max": 1.0}, "seed": {"value": 10}}
    config = {"method": "random", "repeats": 3, "run_cap": 30, "parameters": parameters}
    store.create_sweep(a_sweep(config=config))
    found = race(4, lambda _: claimed(controller(store)))
    runs = [run for of_agent in found for run in of_agent]
    assert len({run.number for run in runs}) == len(runs) >= 30
    counts = Counter(run.params["x"] for run in runs)
    assert set(counts.values()) <= {1, 2, 3}
    assert sum(count == 3 for count in counts.values()) >= 8
    for run in runs:
        first = next((r for r in runs if r.number == run.origin.get("replicate_of")), run)
        assert first.params["x"] == run.params["x"]
    seeds = Counter((run.params["x"], run.params["seed"]) for run in runs)
    assert set(seeds.values()) == {1}


def test_a_configuration_that_fails_is_not_repeated(store):
    parameters = {"x": {"min": 0.0, "max": 1.0}}
    config = {"method": "random", "repeats": 3, "run_cap": 5, "parameters": parameters, **METRIC}
    store.create_sweep(a_sweep(config=config))
    one = controller(store)
    (first,) = claimed(one, 1)
    end(store, first, None, RunState.FAILED)
    runs = claimed(one)
    assert [run.origin.get("replicate_of") for run in runs] == [None, 2, 2, None]


def test_enqueued_points_are_repeated_after_all_of_them(store):
    parameters = {"x": {"min": 0.0, "max": 1.0}}
    store.create_sweep(
        a_sweep(config={"method": "random", "repeats": 2, "run_cap": 6, "parameters": parameters})
    )
    store.enqueue("sweep001", [{"x": 0.25}, {"x": 0.75}])
    runs = claimed(controller(store))
    assert [run.params["x"] for run in runs[:4]] == [0.25, 0.75, 0.25, 0.75]
    assert [run.origin.get("replicate_of") for run in runs] == [None, None, 1, 2, None, 5]


def test_a_grid_with_points_that_failed_ends(store):
    store.create_sweep(a_sweep(config={**GRID, **METRIC, "repeats": 2}))
    one = controller(store)
    while not isinstance(order := one.next_order(), Halt):
        fails = order.run.params["x"] == 3
        end(
            store,
            order.run,
            None if fails else 1.0,
            RunState.FAILED if fails else RunState.FINISHED,
        )
    assert store.sweep("sweep001").state.value == "FINISHED"
    runs = store.snapshot("sweep001").runs
    assert Counter(run.params["x"] for run in runs) == {0: 2, 1: 2, 2: 2, 3: 1, 4: 2}


def test_prior_runs_count_as_runs_of_their_points(store):
    prior = [{"params": {"x": 0, "seed": 10}, "value": 1.0, "run_id": "a", "state": "finished"}]
    store.create_sweep(a_sweep(config={**GRID, "repeats": 2}, prior=prior))
    runs = claimed(controller(store))
    assert Counter(run.params["x"] for run in runs) == {0: 1, 1: 2, 2: 2, 3: 2, 4: 2}
    assert (runs[0].params["seed"], runs[0].origin.get("replicate_of")) == (11, None)


def test_without_repeats_origins_are_as_they_were(store):
    store.create_sweep(a_sweep(config=GRID))
    origins = [dict(run.origin) for run in claimed(controller(store))]
    assert origins == [{"method": "grid", "grid_index": i} for i in range(5)]


# With agents


@pytest.fixture
def setup(tmp_path):
    nbsweep.setup(f"memory://{tmp_path}")
    yield
    nbsweep.setup(None)


def swept(train, **config):
    sweep = nbsweep.Sweep(nbsweep.sweep({**METRIC, **config}))
    nbsweep.agent(sweep.id, train, show=False)
    return sweep


def noisy():
    with nbsweep.init() as run:
        noise = 0.3 * ((run.config["x"] * 7919 + run.number * 0.618034) % 1.0 - 0.5)
        run.log({"loss": (run.config["x"] - 0.4) ** 2 + noise})


def exact():
    with nbsweep.init() as run:
        run.log({"loss": (run.config["x"] - 0.4) ** 2})


@pytest.mark.usefixtures("setup")
def test_auto_repeats_leaders_where_runs_differ_and_says_why():
    sweep = swept(
        noisy,
        method="bayes",
        repeats="auto",
        run_cap=30,
        seed=3,
        parameters={"x": {"min": 0.0, "max": 1.0}},
    )
    runs = {run.number: run for run in sweep.runs}
    again = [run for run in runs.values() if run.origin["why"] == "replicate"]
    assert 3 <= len(again) <= 20
    for run in again:
        assert run.params == runs[run.origin["replicate_of"]].params
        assert run.origin["predicted_mean"] is not None
        assert sweep.recompute(run) == run.params
    said = sweep.why(again[0]).sentences[0]
    assert said == (
        f"It repeats run {again[0].origin['replicate_of']}: a model of "
        f"{again[0].origin['observations']} runs expected more of that than of a new point, since "
        "runs of the same parameters differ in loss."
    )
    assert sweep.best_run().id == sweep.leaders(1)[0].run.id


@pytest.mark.usefixtures("setup")
def test_auto_hardly_repeats_what_is_repeatable():
    sweep = swept(
        exact,
        method="bayes",
        repeats="auto",
        run_cap=25,
        seed=3,
        parameters={"x": {"min": 0.0, "max": 1.0}},
    )
    assert sum(run.origin["why"] == "replicate" for run in sweep.runs) <= 2


@pytest.mark.usefixtures("setup")
def test_auto_repeats_until_run_cap_where_all_points_were_tried():
    finite = {"x": {"values": [0.1, 0.4, 0.7]}, "seed": {"value": 1}}
    sweep = swept(noisy, method="bayes", repeats="auto", run_cap=9, parameters=finite)
    assert len(sweep.runs) == 9
    pairs = Counter((run.params["x"], run.params["seed"]) for run in sweep.runs)
    assert set(pairs.values()) == {1}
    assert len({x for x, _ in pairs}) == 3
    unbounded = swept(noisy, method="bayes", repeats="auto", parameters=finite)
    assert len({run.params["x"] for run in unbounded.runs}) == 3
    assert unbounded.state == "FINISHED"


@pytest.mark.usefixtures("setup")
@pytest.mark.parametrize("method", ["random", "bayes", "grid"])
def test_a_number_of_repeats_with_an_agent(method):
    x = {"values": [0.2, 0.4, 0.6, 0.8]} if method == "grid" else {"min": 0.0, "max": 1.0}
    sweep = swept(noisy, method=method, repeats=2, run_cap=7, parameters={"x": x})
    xs = [run.params["x"] for run in sweep.runs]
    assert xs[0::2][:3] == xs[1::2]
    assert len(set(xs)) == 4
    assert sweep.why(2).sentences[0] == (
        "It repeats run 1: the config wants each configuration to be run 2 times."
    )
    assert all(sweep.recompute(run) == run.params for run in sweep.runs)


@pytest.mark.usefixtures("setup")
def test_auto_ends_where_all_points_were_tried_and_runs_are_repeatable():
    finite = {"x": {"values": [0.1, 0.4, 0.7]}}
    sweep = swept(exact, method="bayes", repeats="auto", run_cap=9, parameters=finite)
    assert (len(sweep.runs), sweep.state) == (5, "FINISHED")
