"""Suggestions made again from the store alone."""

import random
import threading
from dataclasses import replace

import pytest

import nbsweep
from nbsweep.errors import UsageError
from nbsweep.records import RunRecord, RunState
from nbsweep.search.recompute import _from_text, _to_text, recompute, seen

WORKERS = 4
SPACE = {"x": {"min": 0.0, "max": 1.0}, "kind": {"values": ["a", "b", "c"]}}
first_ones = None


@pytest.fixture(autouse=True)
def store(tmp_path):
    nbsweep.setup(f"sqlite:///{tmp_path}/runs.db")
    yield
    nbsweep.setup(None)


def make(method, parameters=SPACE, **more):
    config = {"method": method, "metric": {"name": "loss"}, "parameters": parameters, **more}
    return nbsweep.Sweep(nbsweep.sweep(config))


def train():
    with nbsweep.init() as run:
        if run.number <= WORKERS and first_ones is not None:
            first_ones.wait()  # so that the last of them was suggested with others under way
        if run.number == 9 and nbsweep.Sweep(run.sweep_id).runs[-1].attempt == 0:
            raise ValueError("fails, and is handed out again or not")
        threading.Event().wait(random.random() * 0.02)  # runs end in any order
        run.log({"loss": (run.config.x - 0.3) ** 2 + (run.config.kind == "b")})


def train_as_long_as_x():
    with nbsweep.init() as run:
        run.log({"loss": (run.config.x - 0.8) ** 2})


@pytest.mark.parametrize("method", ["bayes", "random"])
def test_every_suggestion_of_four_workers_can_be_made_again(method, monkeypatch):
    monkeypatch.setitem(globals(), "first_ones", threading.Barrier(WORKERS, timeout=120))
    sweep = make(method, retry={"failed": 1})
    nbsweep.agent(sweep, train, count=18, workers=WORKERS, show=False)
    runs = sweep.runs
    assert len({(run.params["x"], run.params["kind"]) for run in runs}) >= 17  # x may be 0 twice
    for run in runs:
        assert sweep.recompute(run.id) == run.params
    if method == "bayes":
        pending = [_from_text(run.origin["seen"]["pending"]) for run in runs]
        assert max(map(len, pending)) == WORKERS - 1, "suggested while three others were under way"
        assert any(run.origin.get("predicted_mean") is not None for run in runs)


def test_a_suggestion_is_another_one_when_it_had_seen_other_runs():
    """So that the test above says something."""
    sweep = make("bayes")
    nbsweep.agent(sweep, train, count=16, show=False)
    last = sweep.snapshot().runs[-1]
    blind = replace(last, origin={**last.origin, "seen": {"ended": "1-12", "pending": ""}})
    assert recompute(last, sweep.snapshot()).params == last.params
    assert recompute(blind, sweep.snapshot()).params != last.params


def test_suggestions_that_looked_at_time_can_be_made_again():
    sweep = nbsweep.Sweep(
        nbsweep.sweep(
            {"method": "bayes", "metric": {"name": "loss", "per": "time"}, "parameters": SPACE}
        )
    )
    nbsweep.agent(sweep, train, count=12, workers=2, show=False)
    assert any(run.origin["predicted_seconds"] for run in sweep.runs)
    for run in sweep.runs:
        assert sweep.recompute(run) == run.params


def test_the_time_that_was_left_is_part_of_what_a_suggestion_followed_from():
    """Its run is made again with the time that was left then, not without a limit."""
    sweep = make("bayes", {"x": {"min": 0.0, "max": 1.0}})
    nbsweep.agent(sweep, train_as_long_as_x, count=10, show=False)
    snapshot = sweep.snapshot()
    runs = [
        replace(run, ended_at=run.started_at + 100.0 * run.params["x"] + 1.0)
        for run in snapshot.runs
    ]
    took = 100.0 * runs[-1].params["x"] + 1.0
    last = replace(runs[-1], origin={**runs[-1].origin, "time_left_s": took / 2.0})
    again = recompute(last, replace(snapshot, runs=(*runs[:-1], last)))
    assert again.origin["time_left_s"] == took / 2.0
    assert 100.0 * again.params["x"] + 1.0 < took / 2.0


def test_what_was_suggested_before_an_edit_can_be_made_again():
    sweep = make("bayes")
    nbsweep.agent(sweep, train, count=14, show=False)
    sweep.edit({"x": {"max": 0.5}})
    nbsweep.agent(sweep, train, count=2, show=False)
    assert [run.origin["seen"].get("edits") for run in sweep.runs[13:]] == [None, 1, 1]
    for run in sweep.runs[12:]:
        assert sweep.recompute(run) == run.params


def test_grid_points_follow_from_their_numbers():
    sweep = make("grid", {"a": {"values": [1, 2, 3]}, "b": {"values": ["x", "y"]}})
    nbsweep.agent(sweep, lambda: None, workers=3, show=False)
    assert [sweep.recompute(run) for run in sweep.runs] == [run.params for run in sweep.runs]
    sweep.edit({"a": {"values": [1, 2, 3, 4]}})
    with pytest.raises(UsageError, match="was edited, and its grid search does not keep"):
        sweep.recompute(1)


def test_a_search_function_of_the_users_is_asked_again():
    def middle(config, observations, pending, rng):
        return {"x": float(rng.random()) / (1 + len(observations)), "kind": "a"}

    sweep = make("custom")
    nbsweep.agent(sweep, train, count=3, search=middle, show=False)
    for run in sweep.runs:
        assert sweep.recompute(run, search=middle) == run.params


def test_a_run_that_does_not_say_what_it_had_seen_is_refused():
    sweep = make("bayes")
    sweep.store.claim_run(
        RunRecord("old", "p", sweep.id, 1, state=RunState.RUNNING, params={"x": 0.1})
    )
    with pytest.raises(UsageError) as caught:
        sweep.recompute("old")
    assert str(caught.value) == ("recompute: run 1 does not say which runs its params came from.")


def test_numbers_in_a_row_take_little_room():
    assert _to_text([3, 1, 2, 7, 9, 10]) == "1-3,7,9-10"
    assert _from_text("1-3,7,9-10") == {1, 2, 3, 7, 9, 10}
    assert (_to_text([]), _from_text("")) == ("", set())
    runs = [
        RunRecord("a", "p", "s", 1, 0, state=RunState.FINISHED),
        RunRecord("b", "p", "s", 2, 1, state=RunState.RUNNING),
    ]
    assert seen(runs, 0) == {"ended": "1", "pending": "2", "attempts": {"2": 1}}
    assert seen(runs, 2)["edits"] == 2
