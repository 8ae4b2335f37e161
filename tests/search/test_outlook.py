"""What the next runs of a sweep may still gain."""

import math
from dataclasses import replace

import numpy as np
import pytest

from nbsweep import sweep_config
from nbsweep.records import Observation, RunState
from nbsweep.search import suggest
from nbsweep.search.outlook import MIN_RUNS, NoOutlook, outlook

BOWL = {"x": {"min": 0.0, "max": 1.0}, "y": {"min": 0.0, "max": 1.0}}


def config(method="random", goal="minimize", **parameters):
    metric = {"name": "loss", "goal": goal}
    return sweep_config.parse(
        {"method": method, "metric": metric, "parameters": parameters or BOWL}
    )


def bowl(params):
    return (params["x"] - 0.3) ** 2 + (params["y"] - 0.6) ** 2


def after(space, n, function=bowl, seed=0):
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(n):
        suggestion = suggest(space, found, [], rng)
        value = function(suggestion.params)
        found.append(Observation(suggestion.params, value, origin=suggestion.origin))
    return found


def asked(space, observations, pending=()):
    return outlook(space, observations, pending, np.random.default_rng(1))


def test_a_search_that_has_arrived_has_little_to_gain():
    space = config("bayes")
    early, late = (asked(space, after(space, n)) for n in (10, 30))
    assert late.based_on == 30
    assert late.gain <= early.gain
    assert not late.is_worth_it


def test_random_draws_gain_about_what_they_are_said_to():
    """Over many sweeps, so that luck evens out; 10 more runs are drawn to compare."""
    space, said, found = config("random"), [], []
    for seed in range(12):
        runs = after(space, 22, seed=seed)
        said.append(asked(space, runs[:12]).gain)
        best = min(run.value for run in runs[:12])
        found.append(max(0.0, best - min(run.value for run in runs[12:])))
    assert 0.4 * np.mean(found) < np.mean(said) < 2.5 * np.mean(found)


def test_maximizing_is_minimizing_with_the_other_sign():
    down, up = config("random"), config("random", goal="maximize")
    runs = after(down, 14)
    flipped = [Observation(run.params, -run.value) for run in runs]
    assert asked(up, flipped).gain == pytest.approx(asked(down, runs).gain)


def test_a_grid_is_asked_about_its_own_next_points_and_about_the_rest():
    places = [i / 8 for i in range(9)]
    space = config("grid", x={"values": places}, y={"values": places})
    # In order of x: the valley at 0.9 comes late, the next ten points lie far from it.
    runs = after(space, 36, lambda p: abs(p["x"] - 0.9) + 0.01 * p["y"])
    found = asked(space, runs)
    assert found.rest_runs == 81 - 36 - 10
    assert found.is_worth_it
    assert asked(space, after(space, 80, bowl)).next_runs == 1


def test_a_grid_that_is_through_says_so():
    space = config("grid", x={"values": list(range(12))})
    runs = after(space, 12, lambda p: p["x"] ** 2)
    assert asked(space, runs) == NoOutlook(
        "Nothing is left to try: all points of the grid have a run.", is_done=True
    )


def test_it_says_plainly_when_there_is_no_ground():
    space = config("bayes")
    few = after(space, MIN_RUNS - 1)
    assert asked(space, few) == NoOutlook(
        "Too early to say whether more runs are worth it: that takes 10 runs, 9 have a value of "
        "loss so far."
    )
    assert asked(space, few[:1]) == NoOutlook(
        "Too early to say whether more runs are worth it: that takes 10 runs, 1 has a value of "
        "loss so far."
    )
    same = [Observation(run.params, 1.0) for run in after(config("random"), 15)]
    assert asked(space, same) == NoOutlook(
        "No forecast: all 15 runs have the same loss. Check that the parameters reach the "
        "training code, and what is logged."
    )
    rng = np.random.default_rng(3)
    noise = [Observation(run.params, rng.normal()) for run in after(config("random"), 40)]
    assert asked(space, noise) == NoOutlook(
        "No forecast: in these 40 runs the parameters do not tell which loss comes out. More runs "
        "may show it, or wider ranges, or other parameters."
    )
    nothing = sweep_config.parse({"method": "random", "parameters": BOWL})
    assert asked(nothing, few) == NoOutlook(
        "No forecast: the sweep has no metric. Name one in the config, such as "
        '"metric": {"name": "loss", "goal": "minimize"}.'
    )
    assert asked(config("random", x={"value": 1}), few) == NoOutlook(
        "No forecast: no parameter varies, so all runs try the same."
    )


def test_many_runs_of_a_smooth_metric_are_ground_enough():
    """Their posterior is so narrow that rounding makes its covariance indefinite."""
    runs = after(config("random"), 100)
    best = min(run.value for run in runs)  # of a bowl that ends at 0
    assert asked(config("bayes"), runs).gain == pytest.approx(best, rel=0.1)


@pytest.mark.parametrize("method", ["random", "bayes", "grid"])
@pytest.mark.parametrize(
    "smooth",
    [
        bowl,
        lambda p: -1235 + 1e-4 * bowl(p),
        lambda p: 0.9999 + 1e-5 * p["x"],
        lambda p: math.sin(3 * p["x"]) * p["y"],
        lambda p: 1.7e9 + p["x"] - p["y"],
    ],
)
def test_a_smooth_metric_without_noise_has_an_outlook(smooth, method):
    places = {"values": [i / 10 for i in range(11)]}
    space = config(method, **({"x": places, "y": places} if method == "grid" else BOWL))
    found = asked(space, after(config("random", **space.source["parameters"]), 25, smooth))
    assert not isinstance(found, NoOutlook)
    assert 0 <= found.low <= found.high


def test_a_failed_run_counts_as_the_search_counts_it():
    runs = after(config("random"), 14)
    failed = [replace(run, state=RunState.FAILED) for run in runs[:4]]
    assert asked(config("bayes"), [*runs, *failed]).based_on == 14
    space = config("bayes")
    space = replace(space, metric=replace(space.metric, impute="best"))
    assert asked(space, [*runs, *failed]).based_on == 18


def test_failed_runs_and_odd_values_do_no_harm():
    space = config("bayes")
    runs = after(space, 14)
    odd = [
        Observation({"x": 0.9, "y": 0.9}, None, RunState.FAILED),
        Observation({"x": 0.8, "y": 0.9}, 1e30),
        Observation({"x": 0.7, "y": 0.9}, float("nan")),
    ]
    found = asked(space, [*runs, *odd])
    assert 0.0 <= found.low <= found.gain <= max(found.high, found.gain)
    assert np.isfinite(found.gain)


def test_the_same_runs_give_the_same_answer():
    space = config("bayes")
    runs = after(space, 12)
    assert asked(space, runs) == asked(space, runs[::-1])


def test_values_that_no_model_takes_are_said_to_be_so(monkeypatch):
    def broken(*_):
        raise np.linalg.LinAlgError("not positive definite")

    monkeypatch.setattr("nbsweep.search.outlook._outlook", broken)
    assert asked(config("bayes"), []) == NoOutlook(
        "No forecast: the values of loss are too large, or too far apart, to learn from. Where "
        "runs diverge, log its logarithm or a bounded value."
    )
