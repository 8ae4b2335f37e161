"""What a search makes of beliefs: where it begins, what it weighs, and what it drops."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from nbsweep.records import Observation, RunState
from nbsweep.search.bayes_search import suggest
from nbsweep.search.beliefs import FLOOR, STRENGTH, Beliefs
from nbsweep.search.encoding import Encoding
from nbsweep.search.known_points import KnownPoints
from nbsweep.search.optimum_prior import EDGE_ODDS, OptimumPrior
from nbsweep.search.surrogate import Model
from nbsweep.sweep_config import parse

LR = {"distribution": "log_uniform_values", "min": 1e-5, "max": 1.0}


def config_of(parameters, goal="minimize", **more):
    metric = {"name": "loss", "goal": goal}
    return parse({"method": "bayes", "metric": metric, "parameters": parameters, **more})


def believed(parameters, **more):
    config = config_of(parameters, **more)
    encoding = Encoding(config.space)
    beliefs = Beliefs.of(config, encoding)
    assert beliefs is not None
    return encoding, beliefs


def sweep(config, loss, runs, seed=0):
    """The observations of so many runs."""
    observations = []
    for number in range(runs):
        found = suggest(config, observations, [], np.random.default_rng([seed, number]))
        state = RunState.FINISHED
        value = loss(found.params)
        if value is None:
            state = RunState.FAILED
        observations.append(Observation(found.params, value, state, found.origin))
    return observations


def test_without_beliefs_there_are_none():
    config = config_of({"lr": LR})
    assert Beliefs.of(config, Encoding(config.space)) is None


def test_a_range_is_flat_inside_and_falls_to_the_floor_outside():
    encoding, beliefs = believed({"lr": {**LR, "belief": [1e-4, 1e-3]}})
    x = np.array([encoding.encode({"lr": v})[0] for v in (1e-4, 3e-4, 1e-3, 1e-2, 1.0)])
    value, _ = beliefs.log_prior(x)
    assert value[:3] == pytest.approx(0.0, abs=0.02)
    # A decade above, two standard deviations of half a decade.
    assert value[3] == pytest.approx(-2.0, abs=0.05)
    assert value[4] == pytest.approx(math.log(FLOOR), abs=1e-3)


def test_a_distribution_counts_with_its_density_on_the_axis():
    spec = {"min": 0.0, "max": 1.0}
    law = {"distribution": "normal", "mu": 0.3, "sigma": 0.1}
    _, beliefs = believed({"u": {**spec, "belief": law}})
    x = np.array([[0.3], [0.4], [0.5]])
    value, _ = beliefs.log_prior(x)
    assert value == pytest.approx([0.0, -0.5, -2.0], abs=0.06)
    assert beliefs.axes[0].mode == pytest.approx(0.3, abs=0.02)


def test_categories_count_with_their_probabilities():
    spec = {"values": ["a", "b", "c"]}
    belief = {"values": ["a", "b"], "probabilities": [0.8, 0.2]}
    _, beliefs = believed({"c": {**spec, "belief": belief}})
    value, gradient = beliefs.log_prior(np.array([[0.0], [1.0], [2.0]]))
    assert value == pytest.approx([0.0, math.log(0.25), math.log(FLOOR)], abs=5e-3)
    assert not gradient.any()


def test_the_gradient_is_that_of_the_log_prior():
    encoding, beliefs = believed(
        {
            "lr": {**LR, "belief": [1e-4, 1e-3]},
            "n": {"distribution": "normal", "belief": {"distribution": "normal", "sigma": 0.3}},
            "u": {"min": 0.0, "max": 0.1, "belief": 0.02},
        }
    )
    prior = OptimumPrior(~encoding.is_category, None, beliefs, 5)
    x = encoding.sample(60, np.random.default_rng(0))
    value, gradient = prior.log_prior_and_gradient(x)
    for j in range(x.shape[1]):
        moved = x.copy()
        moved[:, j] += 1e-7
        slope = (prior.log_prior(moved) - value) / 1e-7
        assert slope == pytest.approx(gradient[:, j], rel=1e-4, abs=1e-4)


def test_a_belief_replaces_the_prior_on_ends_on_its_axis_alone_and_fades():
    encoding, beliefs = believed(
        {"lr": {**LR, "belief": [1e-4, 1e-3]}, "u": {"min": 0.0, "max": 1.0}}
    )
    inside, _ = encoding.encode({"lr": 3e-4, "u": 0.5})
    far, _ = encoding.encode({"lr": 1.0, "u": 0.5})
    end, _ = encoding.encode({"lr": 3e-4, "u": 1.0})
    for runs in (5, 50):
        value = OptimumPrior(~encoding.is_category, None, beliefs, runs).log_prior(
            np.array([inside, far, end])
        )
        assert value[0] - value[1] == pytest.approx(-STRENGTH / runs * math.log(FLOOR), rel=0.01)
        assert value[0] - value[2] == pytest.approx(math.log(EDGE_ODDS))


def test_an_inactive_parameter_is_not_believed_in():
    encoding, beliefs = believed(
        {
            "kind": {"values": ["adam", "sgd"]},
            "momentum": {"min": 0.0, "max": 1.0, "when": {"kind": "sgd"}, "belief": [0.9, 0.99]},
        }
    )
    points = [{"kind": "adam"}, {"kind": "sgd", "momentum": 0.95}, {"kind": "sgd", "momentum": 0.1}]
    value, gradient = beliefs.log_prior(np.array([encoding.encode(p)[0] for p in points]))
    assert value[0] == 0.0
    assert value[1] == pytest.approx(0.0, abs=0.02)
    assert value[2] < -6.0
    assert not gradient[0].any()


def test_tied_parameters_count_with_all_that_is_believed_of_them():
    config = {
        "model": {"values": ["small", "large"], "belief": ["large"]},
        "lr": {"values": [0.1, 0.01]},
        "zipped": {"values": [1, 2]},
    }
    encoding, beliefs = believed(config, zip=["model", "lr"])
    points = [
        {"model": "small", "lr": 0.1, "zipped": 1},
        {"model": "large", "lr": 0.01, "zipped": 1},
    ]
    value, _ = beliefs.log_prior(np.array([encoding.encode(p)[0] for p in points]))
    assert value == pytest.approx([math.log(FLOOR), 0.0], abs=1e-2)


def test_the_first_run_is_at_the_mode_and_every_other_of_the_start_is_near():
    config = config_of({"lr": {**LR, "belief": [1e-4, 1e-3]}, "u": {"min": 0.0, "max": 1.0}})
    start = sweep(config, lambda p: p["u"], 4)
    rates = [o.params["lr"] for o in start]
    assert rates[0] == pytest.approx(10**-3.5, rel=0.02)
    near = [1e-5 * 1.01 <= rate <= 2e-2 for rate in rates]
    assert (near[0], near[2]) == (True, True)
    assert {o.origin["belief"] for o in start} == {"followed"}


def test_where_runs_fail_the_start_fills_the_space_again():
    _, beliefs = believed({"lr": {**LR, "belief": [1e-4, 1e-3]}})
    failed = [Observation({"lr": v}, None, RunState.FAILED) for v in (2e-4, 5e-4)]
    known = KnownPoints.of(beliefs.encoding, None, failed)
    point = np.array([[0.9]])
    assert beliefs.startup_points(point, known, np.random.default_rng(0)) is point


@pytest.mark.parametrize("goal", ["minimize", "maximize"])
def test_a_good_belief_is_followed_and_a_wrong_one_is_dropped(goal):
    sign = 1.0 if goal == "minimize" else -1.0

    def loss(params):
        return sign * ((math.log10(params["lr"]) + 4) ** 2 + (params["u"] - 0.3) ** 2)

    other = {"u": {"min": 0.0, "max": 1.0}}
    good = sweep(config_of({"lr": {**LR, "belief": [3e-5, 3e-4]}, **other}, goal), loss, 14)
    assert {o.origin["belief"] for o in good} == {"followed"}
    assert not any("belief_dropped" in o.origin for o in good)
    wrong = sweep(config_of({"lr": {**LR, "belief": [0.1, 1.0]}, **other}, goal), loss, 14)
    last = wrong[-1].origin
    assert last["belief"] == "dropped"
    assert list(last["belief_dropped"]) == ["lr"]
    assert "was reached, inside" in last["belief_dropped"]["lr"]
    assert json.loads(json.dumps(dict(last))) == dict(last)
    assert min(abs(math.log10(o.params["lr"]) + 4) for o in wrong) < 0.5


def test_a_belief_is_dropped_by_axis():
    def loss(params):
        return (math.log10(params["lr"]) + 4) ** 2 + 2.0 * (params["kind"] != "sgd")

    parameters = {
        "lr": {**LR, "belief": [3e-5, 3e-4]},
        "kind": {"values": ["adam", "sgd", "lion"], "belief": ["adam"]},
    }
    runs = sweep(config_of(parameters), loss, 16)
    assert runs[-1].origin["belief"] == "followed"
    assert list(runs[-1].origin["belief_dropped"]) == ["kind"]


def test_what_was_dropped_comes_back_when_runs_no_longer_contradict_it():
    encoding, beliefs = believed({"u": {"min": 0.0, "max": 1.0, "belief": [0.8, 1.0]}})
    contradicting = [Observation({"u": u}, u) for u in (0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0)]
    agreeing = [*contradicting, *(Observation({"u": u}, -5.0) for u in (0.85, 0.88))]
    for observations, dropped in ((contradicting, True), (agreeing, False)):
        known = KnownPoints.of(encoding, None, observations)
        model = Model.of(known, encoding.is_category, encoding.may_bend)
        judged = beliefs.judged(model, known, np.random.default_rng(0))
        assert ("u" in judged.dropped) is dropped
        assert bool(judged.followed) is not dropped


def test_the_order_of_observations_does_not_matter():
    config = config_of({"lr": {**LR, "belief": [0.1, 1.0]}, "u": {"min": 0.0, "max": 1.0}})
    runs = sweep(config, lambda p: p["u"] + p["lr"], 10)
    once = suggest(config, runs, [], np.random.default_rng(5))
    again = suggest(config, runs[::-1], [], np.random.default_rng(5))
    assert once == again


def test_believed_points_meet_the_constraints():
    parameters = {
        "a": {"min": 0.0, "max": 1.0, "belief": [0.8, 1.0]},
        "b": {"min": 0.0, "max": 1.0, "belief": [0.8, 1.0]},
    }
    config = config_of(parameters, constraints=["a + b <= 1"])
    runs = sweep(config, lambda p: -p["a"], 8)
    assert all(o.params["a"] + o.params["b"] <= 1.0 for o in runs)


def test_a_belief_in_a_finite_space_orders_what_is_left():
    parameters = {"kind": {"values": list("abcdefgh"), "belief": ["f"]}, "n": {"values": [1, 2]}}
    runs = sweep(config_of(parameters), lambda p: 1.0 + p["n"], 16)
    assert [o.params["kind"] for o in runs].index("f") == 0
    assert len({(o.params["kind"], o.params["n"]) for o in runs}) == 16
