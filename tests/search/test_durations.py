"""How long a run takes, learnt from the runs that have ended."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from nbsweep.records import Curve, Observation, RunState
from nbsweep.search.durations import predicted_seconds
from nbsweep.search.encoding import Encoding
from nbsweep.sweep_config import parse

WIDTHS = parse(
    {
        "method": "bayes",
        "metric": {"name": "loss"},
        "parameters": {
            "width": {"distribution": "log_uniform_values", "min": 8, "max": 512},
            "optimizer": {"values": ["sgd", "adam"]},
            "rate": {"min": 0.0, "max": 1.0},
        },
    }
)


def cost(params) -> float:
    return (1.0 + 0.05 * params["width"]) * (2.0 if params["optimizer"] == "adam" else 1.0)


def drawn(n: int, seed: int = 0, config=WIDTHS) -> list[dict]:
    encoding = Encoding(config.space)
    return [encoding.decode(x) for x in encoding.sample(n, np.random.default_rng(seed))]


def timed(n: int, seconds=cost, seed: int = 0) -> list[Observation]:
    return [Observation(p, 1.0, duration_s=seconds(p)) for p in drawn(n, seed)]


def error(observations, seconds=cost) -> float:
    """Root mean square of the log of predicted by true seconds, at places not seen."""
    places = drawn(100, seed=99)
    predicted = predicted_seconds(WIDTHS, observations, places)
    assert predicted is not None
    ratio = predicted / np.array([seconds(p) for p in places])
    return float(np.sqrt(np.square(np.log(ratio)).mean()))


def curve(iterations: int) -> Curve:
    return Curve("r", RunState.STOPPED, tuple(range(iterations)), (0.5,) * iterations)


def test_durations_of_other_params_follow_from_those_seen():
    assert error(timed(8)) < 0.35
    assert error(timed(30)) < 0.08


def test_too_few_durations_say_nothing():
    assert predicted_seconds(WIDTHS, timed(2), drawn(3)) is None
    assert predicted_seconds(WIDTHS, [], drawn(3)) is None


@pytest.mark.parametrize("unknown", [None, 0.0, -1.0, math.nan, math.inf])
def test_a_duration_that_nobody_measured_is_left_out(unknown):
    known = timed(10)
    silent = [Observation(p, 1.0, duration_s=unknown) for p in drawn(10, seed=5)]
    assert predicted_seconds(WIDTHS, silent, drawn(3)) is None
    np.testing.assert_array_equal(
        predicted_seconds(WIDTHS, known + silent, drawn(3)),
        predicted_seconds(WIDTHS, known, drawn(3)),
    )


@pytest.mark.parametrize("state", [RunState.FAILED, RunState.CRASHED])
def test_a_run_that_broke_says_nothing_of_how_long_others_take(state):
    broke = [Observation(p, None, state, duration_s=0.01) for p in drawn(20, seed=3)]
    assert error(timed(12) + broke) == error(timed(12))


@pytest.mark.parametrize("state", [RunState.STOPPED, RunState.KILLED, RunState.PREEMPTED])
def test_a_run_that_was_cut_off_without_a_curve_says_nothing(state):
    cut = [Observation(p, 0.5, state, duration_s=0.5) for p in drawn(20, seed=3)]
    assert error(timed(12) + cut) == error(timed(12))


def test_equal_durations_are_expected_again():
    equal = timed(6, lambda p: 30.0)
    np.testing.assert_allclose(predicted_seconds(WIDTHS, equal, drawn(20, 7)), 30.0, rtol=1e-6)
    high = predicted_seconds(WIDTHS, equal, drawn(20, 7), quantile=0.9)
    assert np.all((high > 30.0) & (high < 35.0))


def test_nine_in_ten_runs_keep_the_high_quantile():
    rng = np.random.default_rng(1)
    places = drawn(300, seed=8)
    noisy = timed(40, lambda p: cost(p) * math.exp(0.3 * rng.normal()))
    limit = predicted_seconds(WIDTHS, noisy, places, quantile=0.9)
    kept = [
        cost(p) * math.exp(0.3 * rng.normal()) <= most
        for p, most in zip(places, limit, strict=True)
    ]
    assert 0.83 <= np.mean(kept) <= 0.96


@pytest.mark.parametrize("state", [RunState.STOPPED, RunState.KILLED, RunState.PREEMPTED])
def test_a_stopped_run_counts_with_what_all_of_its_iterations_would_take(state):
    whole = [replace(o, curve=curve(50)) for o in timed(6)]
    at_fifth = [
        Observation(p, 0.5, state, curve=curve(10), duration_s=cost(p) / 5)
        for p in drawn(20, seed=3)
    ]
    assert error(whole + at_fifth) < 0.12 < error(whole)


def test_what_comes_before_the_first_iteration_is_not_multiplied():
    def slow_start(params) -> float:
        return 20.0 + cost(params)

    whole = [replace(o, curve=curve(50)) for o in timed(6, slow_start)]
    at_tenth = [
        Observation(p, 0.5, RunState.STOPPED, curve=curve(5), duration_s=20.0 + cost(p) / 10)
        for p in drawn(20, seed=3)
    ]
    assert error(whole + at_tenth, slow_start) < 0.12


def test_the_length_of_stopped_runs_may_depend_on_a_parameter():
    config = parse(
        {
            "method": "bayes",
            "metric": {"name": "loss"},
            "parameters": {"epochs": {"values": [5, 10, 20, 40, 80]}},
        }
    )
    places = [{"epochs": n} for n in (5, 10, 20, 40, 80)]
    ended = [Observation(p, 1.0, curve=curve(p["epochs"]), duration_s=p["epochs"]) for p in places]
    stopped = [
        Observation(p, 1.0, RunState.STOPPED, curve=curve(2), duration_s=2.0) for p in places
    ]
    predicted = predicted_seconds(config, ended + stopped, places)
    np.testing.assert_allclose(predicted, [5, 10, 20, 40, 80], rtol=0.25)


def test_the_order_of_observations_does_not_matter():
    observations = timed(12) + [
        Observation(p, 0.5, RunState.STOPPED, curve=curve(3), duration_s=1.0)
        for p in drawn(5, seed=3)
    ]
    backwards = predicted_seconds(WIDTHS, observations[::-1], drawn(5, 9), 0.8)
    np.testing.assert_array_equal(
        backwards, predicted_seconds(WIDTHS, observations, drawn(5, 9), 0.8)
    )


def test_a_sweep_of_constants_expects_what_its_runs_took():
    config = parse({"method": "grid", "parameters": {"a": {"value": 1}}})
    observations = [Observation({"a": 1}, None, duration_s=s) for s in (9.0, 10.0, 11.1)]
    predicted = predicted_seconds(config, observations, [{"a": 1}])
    assert predicted == pytest.approx([10.0], rel=0.01)


def test_no_params_give_no_predictions():
    assert predicted_seconds(WIDTHS, timed(5), []).shape == (0,)


def test_durations_of_micro_and_of_kiloseconds_are_finite():
    rng = np.random.default_rng(2)
    wild = timed(20, lambda p: 10.0 ** rng.uniform(-6, 6))
    for quantile in (0.01, 0.5, 0.99):
        predicted = predicted_seconds(WIDTHS, wild, drawn(20, 9), quantile)
        assert np.all(np.isfinite(predicted) & (predicted >= 0))
