"""Bayesian search where time counts: gain per time, and what ends before a deadline."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pytest

from nbsweep import search
from nbsweep.records import Observation, RunState
from nbsweep.search.encoding import Encoding
from nbsweep.search.improvement import LogImprovement
from nbsweep.search.known_points import KnownPoints
from nbsweep.search.run_cost import LEAST_SHARE, LEEWAY, WEIGHT, RunCost
from nbsweep.search.surrogate import Model
from nbsweep.sweep_config import SweepConfig, parse

SPACE = {
    "x": {"min": 0.0, "max": 1.0},
    "y": {"min": 0.0, "max": 1.0},
    "size": {"min": 0.0, "max": 1.0},
}


SIZE = 0  # its axis: they are in alphabetical order


def sweep(parameters=SPACE, per="time", left=None) -> SweepConfig:
    metric = {"name": "loss"} | ({"per": per} if per else {})
    config = parse({"method": "bayes", "metric": metric, "parameters": parameters})
    return replace(config, time_left_s=left)


def loss(params) -> float:
    """Hardly better with size, which is what costs."""
    return (params["x"] - 0.3) ** 2 + (params["y"] - 0.7) ** 2 - 0.01 * params["size"]


def cost(params) -> float:
    return 100.0 ** params["size"]


def searched(config, count, seconds=cost, value=loss, seed=0) -> list[Observation]:
    done: list[Observation] = []
    for number in range(1, count + 1):
        suggestion = search.suggest(config, done, (), search.generator(seed, number))
        params = suggestion.params
        done.append(
            Observation(params, value(params), origin=suggestion.origin, duration_s=seconds(params))
        )
    return done


def drawn(count, config=None, seconds=cost, value=loss, seed=5) -> list[Observation]:
    encoding = Encoding((config or sweep()).space)
    places = map(encoding.decode, encoding.sample(count, np.random.default_rng(seed)))
    return [Observation(p, value(p), duration_s=seconds(p)) for p in places]


def asked(config, observations, number=30, pending=()):
    suggestion = search.suggest(config, observations, pending, search.generator(1, number))
    assert suggestion is not None
    return suggestion


@pytest.mark.slow
def test_gain_per_time_costs_less_time_and_finds_as_much():
    spent = {"time": 0.0, None: 0.0}
    for seed in range(1, 7):
        for per in spent:
            runs = searched(sweep(per=per), 22, seed=seed)
            spent[per] += sum(o.duration_s for o in runs)
            assert min(o.value for o in runs) < 0.01
    assert spent["time"] < 0.9 * spent[None]


def test_dear_runs_have_their_turn_where_they_are_the_good_ones():
    def best_is_dear(params):
        return loss(params) - params["size"]

    runs = searched(sweep(), 25, value=best_is_dear)
    assert max(o.params["size"] for o in runs) > 0.9
    assert min(o.value for o in runs) < -0.95


@pytest.mark.parametrize(
    "seconds",
    [
        lambda p: 30.0,
        lambda p: 30.0 + 0.5 * math.sin(1e4 * p["x"]),
        lambda p: None,
        lambda p: 0.0,
    ],
    ids=["equal", "jitter", "unknown", "zero"],
)
def test_it_is_the_same_search_where_durations_do_not_depend_on_params(seconds):
    with_time = searched(sweep(), 10, seconds)
    without = searched(sweep(per=None), 10, seconds)
    assert [o.params for o in with_time] == [o.params for o in without]


def test_durations_change_nothing_where_time_does_not_count():
    runs = drawn(12)
    silent = [replace(o, duration_s=None) for o in runs]
    assert asked(sweep(per=None), runs) == asked(sweep(per=None), silent)
    assert "predicted_seconds" not in asked(sweep(per=None), runs).origin


def test_the_order_of_observations_does_not_matter():
    broke = Observation({"x": 0.1, "y": 0.1, "size": 0.1}, None, RunState.FAILED, duration_s=0.2)
    runs = [*drawn(14), broke]
    for config in (sweep(), sweep(left=20.0)):
        assert asked(config, runs) == asked(config, runs[::-1])


def test_the_origin_says_how_long_it_takes():
    suggestion = asked(sweep(), drawn(30))
    assert suggestion.origin["predicted_seconds"] == pytest.approx(cost(suggestion.params), rel=0.2)
    assert "time_left_s" not in suggestion.origin
    at_start = asked(sweep(left=9.0), drawn(1), number=2)
    assert at_start.origin["predicted_seconds"] is None
    assert at_start.origin["time_left_s"] == 9.0
    assert json.loads(json.dumps(at_start.origin)) == at_start.origin


@pytest.mark.parametrize("left", [2.0, 5.0, 30.0])
@pytest.mark.parametrize("known", [4, 12, 60])
def test_nothing_is_suggested_that_cannot_end_in_time(left, known):
    runs = drawn(known, seed=7)
    for number in range(20, 23):
        suggestion = asked(sweep(per=None, left=left), runs, number)
        assert cost(suggestion.params) <= (left if known > 4 else 1.5 * left)


def test_where_nothing_ends_in_time_it_is_the_shortest():
    suggestion = asked(sweep(per=None, left=0.5), drawn(20))
    assert cost(suggestion.params) < 1.1


@pytest.mark.parametrize("left", [0.0, -5.0, 1e-9, math.inf, 1e12])
def test_a_time_left_that_makes_no_sense_still_gives_a_suggestion(left):
    config = sweep(left=left)
    suggestion = asked(config, drawn(20))
    assert config.space.contains(suggestion.params)
    assert math.isfinite(suggestion.origin["predicted_seconds"])
    if left <= 0:
        assert cost(suggestion.params) < 1.1


FINITE = {"x": {"values": [1, 2, 3, 4]}, "size": {"values": [1, 10, 100]}}


def finite_runs(sizes) -> list[Observation]:
    places = [{"x": x, "size": size} for x in (1, 2, 3) for size in sizes]
    return [Observation(p, abs(p["x"] - 3.0), duration_s=float(p["size"])) for p in places]


def test_of_a_finite_space_only_what_ends_in_time_is_tried():
    tried = finite_runs((1, 100))
    for number in range(10, 16):
        assert asked(sweep(FINITE, left=20.0), tried, number).params["size"] in (1, 10)


def test_of_a_finite_space_the_shortest_that_is_left_is_tried_when_none_ends_in_time():
    tried = [*finite_runs((1, 10, 100)), Observation({"x": 4, "size": 1}, 1.0, duration_s=1.0)]
    assert asked(sweep(FINITE, left=2.0), tried).params == {"x": 4, "size": 10}


def test_points_that_relations_exclude_stay_out_when_time_is_short():
    config = replace(
        parse(
            {
                "method": "bayes",
                "metric": {"name": "loss", "per": "time"},
                "parameters": SPACE,
                "constraints": ["x + size >= 0.5"],
            }
        ),
        time_left_s=4.0,
    )
    runs = [o for o in drawn(40) if o.params["x"] + o.params["size"] >= 0.5]
    for number in range(30, 34):
        params = asked(config, runs, number).params
        assert params["x"] + params["size"] >= 0.5
        assert cost(params) <= 4.0


def test_dear_runs_are_preferred_less_the_less_time_is_left():
    """α falls to 0 with the time: the last run is the one with the largest gain that fits."""
    runs, encoding = drawn(20), Encoding(sweep().space)
    weights = [
        RunCost.of(sweep(left=left), encoding, runs).weight for left in (1e6, 400.0, 100.0, 0.0)
    ]
    assert weights == sorted(weights, reverse=True)
    assert weights[0] == pytest.approx(RunCost.of(sweep(), encoding, runs).weight, rel=0.01)
    assert weights[-1] == 0.0


def slopes(value, x) -> np.ndarray:
    """Central differences of a function of points (m, d), shape (m, d)."""
    steps = np.eye(x.shape[1]) * 1e-5
    return np.stack([(value(x + step) - value(x - step)) / 2e-5 for step in steps], axis=1)


def test_the_chance_to_end_in_time_is_a_factor_of_the_gain():
    config = sweep(per=None, left=30.0)
    encoding, runs = Encoding(config.space), drawn(20)
    known = KnownPoints.of(encoding, config.metric, runs)
    model = Model.of(known, encoding.is_category)
    costly, best_f = RunCost.of(config, encoding, runs), np.array([model.y.min()])
    x = np.random.default_rng(3).random((6, 3))
    x[:, SIZE] = np.linspace(0.3, 0.95, 6)
    log_p, slope = costly.log_in_time_with_gradient(x)
    np.testing.assert_allclose(log_p, costly.log_in_time(x))
    np.testing.assert_allclose(slope, slopes(costly.log_in_time, x), rtol=1e-3, atol=1e-3)
    assert log_p[0] > -0.01
    assert log_p[-1] < -1.0
    with_limit = LogImprovement(model.gp, best_f, None, costly)
    plain = LogImprovement(model.gp, best_f, None)
    np.testing.assert_allclose(with_limit.value(x), plain.value(x) + log_p)
    for part, other, added in zip(
        with_limit.value_and_gradient(x), plain.value_and_gradient(x), (log_p, slope), strict=True
    ):
        np.testing.assert_allclose(part, other + added)


class Hill:
    """A gain with its top where size is 0.8."""

    top = np.array([0.8, 0.4, 0.6])

    def value(self, x):
        return -3.0 * np.square(x - self.top).sum(axis=1)


@pytest.mark.parametrize("weight", [0.4, 1.0])
def test_gain_is_given_up_for_more_time_than_it_is_worth_and_within_the_leeway(weight):
    encoding, runs = Encoding(sweep().space), drawn(30)
    costly, hill = replace(RunCost.of(sweep(), encoding, runs), weight=weight), Hill()
    by_gain = np.vstack([hill.top, np.random.default_rng(0).random((50, 3))])
    [first] = costly.ranked(hill, encoding, by_gain, np.random.default_rng(1))[:1]
    lost = -hill.value(first[None, :])[0]
    won = weight * math.log(100.0) * (hill.top[SIZE] - first[SIZE])
    # Along size alone 3 Δ² is lost and α 4.6 Δ won: at best Δ = α 0.77, or the leeway is used up.
    step = min(weight * math.log(100.0) / 6.0, math.sqrt(LEEWAY / 3.0))
    at_best = weight * math.log(100.0) * step - 3.0 * step**2
    assert 0.6 * at_best < won - lost < 1.1 * at_best
    assert lost < 1.05 * LEEWAY


@pytest.mark.parametrize(
    ("value", "share"),
    [
        (lambda p: -p["size"], LEAST_SHARE),
        (lambda p: p["size"], 1.0),
        (lambda p: p["x"] + 0.35 * -p["size"], 0.3),
    ],
    ids=["dear runs are good", "dear runs are bad", "a little"],
)
def test_time_weighs_less_where_dear_runs_are_the_good_ones(value, share):
    config = sweep()
    encoding, runs = Encoding(config.space), drawn(40, value=value)
    known = KnownPoints.of(encoding, config.metric, runs)
    model = Model.of(known, encoding.is_category)
    costly = RunCost.of(config, encoding, runs)
    assert costly.tempered(model.x, model.y).weight == pytest.approx(share * WEIGHT, abs=0.15)
    assert costly.tempered(model.x, np.zeros(len(model.x))) == costly
