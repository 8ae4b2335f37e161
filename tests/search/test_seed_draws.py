"""A searched seed is drawn by bayes: no model takes its numbers for an axis."""

from dataclasses import replace

import numpy as np
import pytest

from nbsweep.records import Observation
from nbsweep.search.bayes_search import predict, suggest
from nbsweep.sweep_config import parse

X = {"min": 0.0, "max": 1.0}
SEED = {"min": 0, "max": 10_000}
LOSS = {"name": "loss", "goal": "minimize"}


def config(parameters, **more):
    more = more or {"metric": LOSS}
    return parse({"method": "bayes", "parameters": parameters, **more})


def ask(of, observations=(), seed=0):
    return suggest(of, observations, [], np.random.default_rng(seed))


def drive(of, value, budget):
    observations = []
    for number in range(budget):
        found = ask(of, observations, [3, number])
        if found is None:
            break
        observations.append(Observation(found.params, value(found.params), origin=found.origin))
    return observations


@pytest.mark.parametrize("name", ["seed", "Random_State", "rng_seed"])
def test_the_other_params_are_those_of_a_sweep_without_the_seed(name):
    with_seed, plain = config({name: SEED, "x": X, "y": X}), config({"x": X, "y": X})
    runs = drive(with_seed, lambda p: (p["x"] - 0.3) ** 2 + 1e-5 * p[name], 12)
    bare = [replace(o, params={k: o.params[k] for k in "xy"}) for o in runs]
    for number in range(5):
        mine, theirs = ask(with_seed, runs, number), ask(plain, bare, number)
        assert {k: mine.params[k] for k in "xy"} == theirs.params
        assert list(mine.params) == [name, "x", "y"]
        assert mine.origin["seeds"] == [name]
        assert {k: v for k, v in mine.origin.items() if k != "seeds"} == theirs.origin
    assert len({run.params[name] for run in runs}) > 8


def test_runs_that_differ_in_their_seed_alone_are_predicted_alike():
    of = config({"seed": SEED, "x": X})
    runs = [Observation({"seed": i, "x": i / 9}, i / 9) for i in range(10)]
    low, high = predict(of, runs, [{"seed": 0, "x": 0.5}, {"seed": 9999, "x": 0.5}]).median
    assert low == high


def test_where_all_else_was_tried_the_other_seeds_come_next_and_the_space_ends():
    of = config({"seed": {"values": [1, 2]}, "kind": {"values": ["a", "b", "c"]}})
    runs = drive(of, lambda p: {"a": 1.0, "b": 2.0, "c": 3.0}[p["kind"]], 20)
    assert len(runs) == 6
    assert {run.params["kind"] for run in runs[:3]} == {"a", "b", "c"}
    assert len({(run.params["kind"], run.params["seed"]) for run in runs}) == 6
    assert ["seeds" in run.origin for run in runs] == [True] * 3 + [False] * 3


def test_a_sweep_over_seeds_alone_tries_each_once():
    runs = drive(config({"seed": {"values": [5, 6, 7]}}), lambda p: 1.0, 9)
    assert sorted(run.params["seed"] for run in runs) == [5, 6, 7]


def test_one_on_which_others_hang_is_a_parameter_like_any_other():
    of = config({"seed": SEED, "x": X}, metric=LOSS, constraints=["seed >= 5000"])
    found = ask(of)
    assert found.params["seed"] >= 5000
    assert "seeds" not in found.origin


def test_a_seed_with_a_condition_is_drawn_where_it_has_a_value():
    seed = {**SEED, "when": {"kind": "noisy"}}
    of = config({"kind": {"values": ["noisy", "plain"]}, "x": X, "seed": seed})
    runs = drive(of, lambda p: p["x"], 12)
    assert {"seed" in run.params for run in runs} == {True, False}
    assert all(("seed" in run.params) == (run.params["kind"] == "noisy") for run in runs)
    assert all(run.origin["seeds"] == ["seed"] * ("seed" in run.params) for run in runs)


def test_under_several_metrics_it_is_drawn_as_well():
    metrics = [LOSS, {"name": "size", "goal": "minimize"}]
    of = config({"seed": SEED, "x": X}, metrics=metrics)
    runs = [
        Observation({"seed": i, "x": i / 9}, i / 9, values=(i / 9, 1 - i / 9)) for i in range(10)
    ]
    found = ask(of, runs)
    assert (found.origin["why"], found.origin["seeds"]) == ("model", ["seed"])
