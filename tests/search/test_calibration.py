"""Predictions that hold: from the model's errors so far to the intervals that are said."""

from __future__ import annotations

import numpy as np
import pytest

from nbsweep.records import Observation, RunState
from nbsweep.search.bayes_search import suggest
from nbsweep.search.calibration import (
    ERRORS,
    Errors,
    Record,
    calibrated,
    holds,
    model_prediction,
)
from nbsweep.search.targets import TargetTransform
from nbsweep.sweep_config import parse

CONFIG = parse(
    {
        "method": "bayes",
        "metric": {"name": "loss", "goal": "minimize"},
        "parameters": {"x": {"min": 0.0, "max": 1.0}, "y": {"min": 0.0, "max": 1.0}},
    }
)


def ended(error, seen=5, **fields):
    origin = {"model_mean": 1.0, "model_sd": 0.5, "observations": seen}
    return Observation({}, 1.0 + 0.5 * error, origin=origin, **fields)


def test_without_a_record_the_errors_are_those_of_the_benchmark():
    errors = Errors.of([], 1.0)
    assert errors.quantiles([0.025, 0.525, 0.975]) == pytest.approx(ERRORS[[0, 10, 19]])
    assert errors.quantiles([0.5])[0] > 0.0  # what a search hopes for comes out worse


def test_the_record_of_a_sweep_takes_over():
    good = Errors.of([ended(e, i) for i, e in enumerate(np.linspace(-0.5, 0.5, 60))], 1.0)
    low, high = good.quantiles([0.1, 0.9])
    prior_low, prior_high = Errors.of([], 1.0).quantiles([0.1, 0.9])
    assert high - low < 0.4 * (prior_high - prior_low)
    bad = Errors.of([ended(8.0, i) for i in range(60)], 1.0)
    assert bad.quantiles([0.5])[0] == pytest.approx(8.0, abs=0.1)


def test_recent_errors_count_more_and_those_suggested_together_alike():
    old_bad = [ended(9.0, i) for i in range(30)] + [ended(0.0, 30 + i) for i in range(30)]
    old_good = [ended(0.0, i) for i in range(30)] + [ended(9.0, 30 + i) for i in range(30)]
    assert Errors.of(old_bad, 1.0).quantiles([0.5])[0] < 1.0
    assert Errors.of(old_good, 1.0).quantiles([0.5])[0] > 8.0
    together = Errors.of([ended(e, 5) for e in (-3.0, 0.11, 4.0)], 1.0)
    weights = together.weights[np.isin(together.sorted, [-3.0, 0.11, 4.0])]
    assert len(set(weights)) == 1


def test_only_finished_runs_with_a_prediction_count():
    silent = [
        ended(9.0, state=RunState.STOPPED),
        ended(9.0, state=RunState.FAILED),
        Observation({}, 5.0),
        Observation({}, None, origin={"model_mean": 1.0, "model_sd": 0.5}),
        Observation({}, 5.0, origin={"model_mean": 1.0, "model_sd": 0.0}),
        Observation({}, 5.0, origin={"model_mean": None, "model_sd": None}),
    ]
    assert len(Errors.of(silent, 1.0).sorted) == len(ERRORS)


def test_what_is_said_follows_from_the_quantiles():
    errors = Errors.of([], 1.0)
    said = calibrated(2.0, 0.1, 1.9, errors)
    low, middle, high = errors.quantiles([0.1, 0.5, 0.9])
    assert said["predicted_low"] == pytest.approx(2.0 + 0.1 * low)
    assert said["predicted_mean"] == pytest.approx(2.0 + 0.1 * middle)
    assert said["predicted_high"] == pytest.approx(2.0 + 0.1 * high)
    assert said["probability_of_improvement"] == pytest.approx(errors.probability_below(-1.0))
    assert 0.0 < said["expected_improvement"] < 0.1
    assert (said["model_mean"], said["model_sd"]) == (2.0, 0.1)


def test_a_metric_to_be_maximised_is_told_upside_down():
    low = calibrated(2.0, 0.1, 1.9, Errors.of([], 1.0))
    high = calibrated(2.0, 0.1, 1.9, Errors.of([], -1.0))
    assert high["predicted_mean"] == -low["predicted_mean"]
    assert (high["predicted_low"], high["predicted_high"]) == (
        -low["predicted_high"],
        -low["predicted_low"],
    )
    for name in ("predicted_sd", "expected_improvement", "probability_of_improvement"):
        assert high[name] == low[name]
    mirrored = Observation({}, -3.0, origin={"model_mean": -1.0, "model_sd": 0.5})
    assert 4.0 in Errors.of([mirrored], -1.0).sorted  # 4 sd worse


def test_a_model_without_uncertainty_says_one_value():
    said = calibrated(2.0, 0.0, 2.0, Errors.of([], 1.0))
    assert said["predicted_low"] == said["predicted_high"] == said["predicted_mean"] == 2.0
    assert said["probability_of_improvement"] == 0.0


def test_values_above_the_cut_are_predicted_as_they_are():
    transform = TargetTransform.of(np.array([1.0, 1.1, 1.2, 1.3, 50.0]))
    assert transform.inverse(np.array([9.0]))[0] == pytest.approx(transform.worst)
    mean, _ = model_prediction(transform, 9.0, 1.0)
    assert mean > transform.worst


@pytest.mark.parametrize(
    ("value", "held"), [(0.9, False), (1.0, True), (1.5, True), (2.0, True), (2.1, False)]
)
def test_whether_a_prediction_held(value, held):
    assert holds({"predicted_low": 1.0, "predicted_high": 2.0}, value) is held


def test_without_an_interval_nothing_is_checked():
    assert holds({"predicted_mean": 1.0}, 1.0) is None
    assert holds({"predicted_low": None, "predicted_high": None}, 1.0) is None
    origin = {"predicted_low": 1.0, "predicted_high": 2.0}
    record = Record.of([(origin, 1.5), (origin, 3.0), ({}, 1.0)])
    assert (record.predictions, record.held, record.is_enough) == (2, 1, False)


def test_what_is_said_does_not_change_which_point_is_run():
    def loss(params):
        return abs(params["x"] - 0.3) + abs(params["y"] - 0.7)

    bare, kept = [], []
    for number in range(14):
        found = suggest(CONFIG, kept, [], np.random.default_rng([3, number]))
        same = suggest(CONFIG, bare, [], np.random.default_rng([3, number]))
        assert found.params == same.params
        value = loss(found.params)
        kept.append(Observation(found.params, value, origin=found.origin))
        bare.append(Observation(found.params, value))
    low, high = found.origin["predicted_low"], found.origin["predicted_high"]
    assert low < found.origin["predicted_mean"] < high
    assert high - low != same.origin["predicted_high"] - same.origin["predicted_low"]


@pytest.mark.slow
def test_most_intervals_hold_on_a_kinked_function():
    """Where the model's own 80 % intervals hold 51 % of the runs."""
    held, own = [], []
    for seed in range(2):
        runs = []
        for number in range(40):
            found = suggest(CONFIG, runs, [], np.random.default_rng([seed, number]))
            x, y = found.params["x"], found.params["y"]
            value = abs(x - 0.3) + 2.0 * abs(y - 0.7) + 0.3 * abs(np.sin(9.0 * x))
            origin = found.origin
            if (inside := holds(origin, value)) is not None:
                held.append(inside)
                own.append(abs(value - origin["model_mean"]) <= 1.2816 * origin["model_sd"])
            runs.append(Observation(found.params, value, origin=origin))
    assert 0.65 <= np.mean(held) <= 0.95
    assert abs(np.mean(held) - 0.8) < abs(np.mean(own) - 0.8)
