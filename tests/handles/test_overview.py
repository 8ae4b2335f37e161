"""A list of sweeps says of each what its picture says, and reads no history for that."""

import subprocess
import sys

import pytest

import nbsweep
from nbsweep.handles.overview import overviews
from nbsweep.records import RunState, SweepState
from nbsweep.store.sql import SqlStore
from nbsweep.testing.stores import a_run, a_sweep
from nbsweep.view.picture import expected_total, picture

CONFIG = {
    "method": "grid",
    "name": "digits",
    "metric": {"name": "acc", "goal": "maximize"},
    "parameters": {"x": {"values": [1, 2, 3]}},
}
STATES = list(RunState)


def drawn(store, sweep_id):
    """What the picture of a sweep says, with all its curves."""
    sweep = nbsweep.Sweep(sweep_id, store.url)
    snapshot, config = sweep.snapshot(curves=True), sweep.stored.config
    whole = picture(snapshot, config, total=expected_total(snapshot, config), now=1000.0)
    best, metric = whole["best"], whole["metric"]
    return {
        "id": sweep_id,
        "name": whole["sweep"]["name"],
        "state": whole["sweep"]["word"],
        "runs": len(whole["rows"]),
        "metric": ", ".join(m["name"] for m in whole["metrics"]) or (metric and metric["name"]),
        "best": best and best["value"],
        "front": len(whole["front"]) or None,
    }


@pytest.fixture
def store(tmp_path):
    nbsweep.setup(f"sqlite:///{tmp_path}/list.db")
    yield nbsweep.runs.session.store()
    nbsweep.setup(None)


def fill(
    store, sweep_id, states, *, config=CONFIG, state=SweepState.RUNNING, agent_id="ann", **record
):
    store.create_sweep(a_sweep(sweep_id, config=config, **record))
    for number, ending in enumerate(states, start=1):
        params = {"x": number}
        run = a_run(number, sweep_id, params=params, config=params, agent_id=agent_id)
        run = store.claim_run(run)
        if ending.ended:
            summary = {"acc": number / 10, "nested": {"acc": 9}}
            end = nbsweep.records.RunEnd(ending, summary, {"x": number}, 0, 900.0)
            store.finish_run(run.id, agent_id, end)
    store.set_sweep_state(sweep_id, state)


def test_a_list_says_what_the_pictures_say(store):
    finished = [RunState.FINISHED] * 2
    fill(store, "empty001", [])
    fill(store, "states01", [state for state in STATES if state.ended])
    fill(store, "done0001", [RunState.FINISHED] * 3)
    fill(store, "idle0001", finished)
    for name, state in [("pause001", SweepState.PAUSED), ("cancel01", SweepState.CANCELED)]:
        fill(store, name, finished, state=state)
    plain = {key: value for key, value in CONFIG.items() if key not in ("metric", "name")}
    fill(store, "plain001", finished, config=plain, name="by hand")
    fill(store, "capped01", finished, config={**CONFIG, "run_cap": 2})
    nested = {**CONFIG, "metric": {"name": "nested.acc", "goal": "minimize"}}
    fill(store, "nested01", finished, config=nested)
    fill(store, "edited01", [RunState.FINISHED] * 3)
    nbsweep.Sweep("edited01").edit({"x": {"values": [1, 2, 7]}})
    fill(store, "prior001", finished, prior=({"run_id": "r", "params": {"x": 3}, "value": None},))
    several = {key: value for key, value in CONFIG.items() if key != "metric"}
    goals = [{"name": "acc", "goal": "maximize"}, {"name": "nested.acc", "goal": "minimize"}]
    fill(store, "front001", finished, config={**several, "metrics": goals})
    listed = {row["id"]: row for row in overviews(store)}
    assert len(listed) == 12
    assert (listed["front001"]["best"], listed["front001"]["front"]) == (None, 1)
    for sweep_id, row in listed.items():
        expected = drawn(store, sweep_id)
        assert {key: row[key] for key in expected} == expected
    words = {sweep_id: row["state"] for sweep_id, row in listed.items()}
    assert words["done0001"] == words["prior001"] == words["capped01"] == "done"
    assert (words["empty001"], words["idle0001"]) == ("no runs yet", "idle")
    assert listed["states01"]["best"] == drawn(store, "states01")["best"]


def test_runs_whose_process_is_gone_end_when_they_are_listed(store):
    code = "from nbsweep.runs.identity import this_process; print(this_process())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    states = [RunState.FINISHED, RunState.RUNNING]
    fill(store, "lost0001", states, agent_id=done.stdout.strip())
    assert [row["state"] for row in overviews(store)] == ["idle"]
    assert store.snapshot("lost0001").runs[1].state is RunState.CRASHED


def test_a_project_s_sweeps_alone(store):
    fill(store, "one00001", [RunState.FINISHED], project="one")
    fill(store, "two00001", [RunState.FINISHED] * 2, project="two")
    [row] = overviews(store, "two")
    assert (row["id"], row["runs"], row["best"]) == ("two00001", 2, 0.2)


def test_no_list_reads_history(store, monkeypatch):
    fill(store, "long0001", [RunState.FINISHED] * 3)
    fill(store, "live0001", [RunState.FINISHED, RunState.RUNNING])

    def refuse(*_):
        raise AssertionError("a list read the history of a run")

    monkeypatch.setattr("nbsweep.store.sql._read_texts", refuse)
    monkeypatch.setattr("nbsweep.store.sql._read_history", refuse)
    assert isinstance(store, SqlStore)
    assert [row["runs"] for row in overviews(store)] == [2, 3]
    sweep = nbsweep.Sweep("long0001")
    assert len(sweep.rows()) == 3
    assert sweep.best_run().metric == 0.3
    api = nbsweep.Api({"project": "demo"})
    assert len(api.runs()) == 5
    assert [s.best_loss for s in api.project("demo").sweeps()] == [0.1, 0.3]


def test_several_objectives_are_named_and_have_no_best_value(store):
    several = [{"name": "acc", "goal": "maximize"}, {"name": "nested.acc"}]
    config = {**{key: CONFIG[key] for key in CONFIG if key != "metric"}, "metrics": several}
    fill(store, "front001", [RunState.FINISHED], config=config)
    [row] = overviews(store)
    assert (row["metric"], row["best"]) == ("acc, nested.acc", None)
