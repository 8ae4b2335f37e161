"""What going on promises: expected improvement, and what is compared with it."""

import math
from statistics import NormalDist

import numpy as np
import pytest

from nbsweep.records import Curve, RunState
from nbsweep.search.curve_model import PredictedEnd, ShownRun
from nbsweep.search.going_on import Prospects, expected_improvement
from nbsweep.sweep_config import parse

Z80 = NormalDist().inv_cdf(0.9)


@pytest.mark.parametrize("best", [-1.5, 0.2, 0.9, 1.0, 1.3, 6.0])
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_expected_improvement_is_the_integral_of_the_chance(best, sign):
    """A lopsided end: 0.5 below and 2 above its median for its worse side, by the goal."""
    low, high = (0.5, 3.0) if sign > 0 else (-3.0, -0.5)
    end = PredictedEnd("r", 10, sign * 1.0, low, high, 1.0, sign)
    v = np.linspace(best - 30.0, best, 200_001)
    chances = [end.chance(sign * each) for each in v[::50]]
    brute = float(np.trapezoid(chances, v[::50]))
    assert expected_improvement(end, sign * best) == pytest.approx(brute, rel=1e-3, abs=1e-9)


def test_an_end_that_is_known_is_worth_its_distance():
    known = PredictedEnd("r", 10, 0.3, 0.3, 0.3, 0.0, 1.0)
    assert expected_improvement(known, 0.5) == pytest.approx(0.2)
    assert expected_improvement(known, 0.1) == 0.0
    assert expected_improvement(PredictedEnd("r", 10, 0.0, -1e-9, 1e-9, 1e-9, 1.0), -1e9) == 0.0


def shown(run_id, end, iterations, state, **params):
    values = tuple(end + 0.8 * k**-0.8 for k in range(1, iterations + 1))
    return ShownRun(params, Curve(run_id, state, tuple(range(iterations)), values))


def prospects(method, parameters, runs):
    config = parse(
        {
            "method": method,
            "metric": {"name": "loss", "goal": "minimize"},
            "parameters": parameters,
            "early_terminate": {"type": "auto"},
        }
    )
    return Prospects.of(config, runs)


def finished(*ends):
    return [shown(f"f{i}", x, 30, RunState.FINISHED, x=x) for i, x in enumerate(ends)]


def test_a_guided_search_promises_more_of_a_new_run_than_a_random_one():
    runs = finished(0.9, 0.5, 0.7, 0.3)
    space = {"x": {"min": 0.0, "max": 1.0}}
    random, bayes = (prospects(method, space, runs).new_rate for method in ("random", "bayes"))
    assert 0.0 < random < bayes


def test_a_grid_without_a_point_left_promises_nothing():
    runs = finished(0.9, 0.5, 0.7, 0.3)
    assert prospects("grid", {"x": {"values": [0.9, 0.5, 0.7, 0.3]}}, runs).new_rate is None
    rest = prospects("grid", {"x": {"values": [0.9, 0.5, 0.7, 0.3, 0.1]}}, runs)
    assert rest.new_rate is not None
    assert math.isfinite(rest.new_rate)


@pytest.mark.parametrize("state", [RunState.CRASHED, RunState.FAILED, RunState.KILLED])
def test_a_run_that_broke_sets_no_mark_and_any_other_does(state):
    runs = finished(0.9, 0.5, 0.7, 0.3)
    late = shown("late", 0.6, 10, RunState.RUNNING, x=0.6)
    for other, mark in ((state, 0.3), (RunState.STOPPED, 0.1), (RunState.RUNNING, 0.1)):
        seen = [*runs, late, shown("best", 0.1, 29, other, x=0.1)]
        to_beat = prospects("random", {"x": {"min": 0.0, "max": 1.0}}, seen).of_run(late).to_beat
        assert to_beat == pytest.approx(mark + 0.8 * (30 if mark == 0.3 else 29) ** -0.8)
