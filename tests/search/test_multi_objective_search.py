"""Bayes under `metrics`: several objectives, and limits that runs have to keep."""

from __future__ import annotations

import json
import math
import warnings
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbsweep.objectives import front, hypervolume, of_values
from nbsweep.records import Observation, RunState, Suggestion
from nbsweep.search.bayes_search import predict, suggest
from nbsweep.search.encoding import Encoding
from nbsweep.sweep_config import parse
from nbsweep.testing import SearchContract

SQUARE = {"x": {"min": 0.0, "max": 1.0}, "y": {"min": 0.0, "max": 1.0}}
MIXED = {
    "lr": {"distribution": "log_uniform_values", "min": 1e-4, "max": 1.0},
    "layers": {"min": 1, "max": 8},
    "kind": {"values": ["mlp", "conv", None]},
}
LOSS, SIZE = {"name": "loss", "goal": "minimize"}, {"name": "size", "goal": "minimize"}


def config(metrics=(LOSS, SIZE), space=SQUARE, **more):
    return parse({"method": "bayes", "metrics": list(metrics), "parameters": space, **more})


def runs_of(sweep, values, n=14, seed=0) -> list[Observation]:
    """Ended runs at n drawn points; `values` maps params to a value for each metric."""
    encoding = Encoding(sweep.space)
    points = [encoding.decode(x) for x in encoding.sample(n, np.random.default_rng(seed))]
    return [observed(sweep, params, values(params)) for params in points]


def observed(sweep, params, values, state=RunState.FINISHED) -> Observation:
    first = sweep.metrics.index(sweep.metric)
    return Observation(params, values[first], state, values=tuple(values))


def ask(sweep, observations=(), pending=(), seed=0) -> Suggestion:
    found = suggest(sweep, observations, pending, np.random.default_rng(seed))
    assert found is not None
    return found


def drive(sweep, values, budget, seed=0) -> list[Observation]:
    observations: list[Observation] = []
    for number in range(budget):
        found = suggest(sweep, observations, [], np.random.default_rng([seed, number]))
        if found is None:
            break
        result = values(found.params)
        state = RunState.FAILED if result is None else RunState.FINISHED
        result = result or (None,) * len(sweep.metrics)
        run = observed(sweep, found.params, result, state)
        observations.append(replace(run, origin=found.origin))
    return observations


def two_hills(p):
    """Objectives with optima at x = 0.2 and x = 0.8, y = 0.4: the front is the line between."""
    off = 2.0 * (p["y"] - 0.4) ** 2
    return (p["x"] - 0.2) ** 2 + off, (p["x"] - 0.8) ** 2 + off


def points_of(sweep, observations):
    judged = [of_values(run.values, sweep.metrics) for run in observations]
    return [each.point for each in judged if each.point is not None and each.is_feasible]


# --- the contract of every search method, for each kind of `metrics` ---------------------


class MetricsContract(SearchContract):
    """The contract, with a value for each of the metrics."""

    runs = 12

    def simulate(self, runs):
        found = super().simulate(runs)
        return [replace(run, values=self.values(run)) for run in found]

    def values(self, run):
        count = len(self.config().metrics)
        return tuple(None if run.value is None else (-1) ** k * run.value for k in range(count))


class TestTwoObjectives(MetricsContract):
    def config(self):
        return config(space=MIXED)


class TestThreeObjectives(MetricsContract):
    def config(self):
        return config((LOSS, SIZE, {"name": "acc", "goal": "maximize"}))


class TestOneObjectiveWithinLimits(MetricsContract):
    def config(self):
        return config((LOSS, {"name": "ms", "at_most": 0.5, "at_least": -3.0}), MIXED)


class TestFiniteSpaceOfTwoObjectives(MetricsContract):
    def config(self):
        space = {"a": {"values": [1, 2, 3]}, "b": {"values": ["u", "v"]}, "c": {"min": 1, "max": 2}}
        return config((LOSS, {"name": "ms", "goal": "minimize", "at_most": 0.3}), space)


@pytest.mark.parametrize("method", ["grid", "random"])
def test_other_methods_take_metrics_and_ignore_their_values(method):
    space = {"a": {"values": [1, 2, 3]}}
    several = parse({"method": method, "metrics": [LOSS, SIZE], "parameters": space})
    one = parse({"method": method, "metric": LOSS, "parameters": space})
    from nbsweep import search

    runs = [observed(several, {"a": 1}, (0.1, 2.0))]
    rng = np.random.default_rng
    assert search.suggest(several, runs, [], rng(0)) == search.suggest(one, runs, [], rng(0))


# --- valid whatever happens --------------------------------------------------------------

ODD = st.one_of(
    st.none(),
    st.sampled_from([0.0, 1.0, 1e300, -1e300, 1e-300, math.nan, math.inf, -math.inf, 1e9]),
    st.floats(-1e3, 1e3),
)
KINDS = [
    (LOSS, SIZE),
    (LOSS, {"name": "acc", "goal": "maximize"}, {"name": "ms", "at_most": 20.0}),
    ({"name": "acc", "goal": "maximize", "at_least": 0.5}, {"name": "ms", "at_least": 1e-9}),
    ({"name": "ms", "at_most": 0.0, "at_least": 0.0}, {**SIZE, "at_least": 3}),
    (LOSS, SIZE, {"name": "c", "goal": "maximize"}, {"name": "d", "goal": "minimize"}),
]


@settings(max_examples=40, deadline=None)
@given(
    metrics=st.sampled_from(KINDS),
    rows=st.lists(st.tuples(ODD, ODD, ODD, ODD), max_size=16),
    states=st.lists(st.sampled_from([s for s in RunState if s.ended]), min_size=16, max_size=16),
    finished=st.booleans(),
    running=st.integers(0, 3),
)
def test_suggestion_is_in_the_space_whatever_the_runs_gave(
    metrics, rows, states, finished, running
):
    sweep = config(metrics, MIXED)
    points = runs_of(sweep, lambda _: (None,) * len(metrics), 20)
    runs = [
        observed(
            sweep, points[i].params, row[: len(metrics)],
            RunState.FINISHED if finished else states[i],
        )
        for i, row in enumerate(rows)
    ]  # fmt: skip
    pending = [Suggestion(run.params) for run in points[16 : 16 + running]]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = ask(sweep, runs, pending)
    assert sweep.space.contains(found.params)
    assert json.loads(json.dumps(found.origin, allow_nan=False)) == found.origin


VALUES = {
    "perfectly correlated": lambda p: (two_hills(p)[0], 3.0 * two_hills(p)[0] + 1.0),
    "perfectly opposed": lambda p: (two_hills(p)[0], -two_hills(p)[0]),
    "scales 1e9 apart": lambda p: (1e-3 * two_hills(p)[0], 1e9 * two_hills(p)[1]),
    "far from 0": lambda p: (1e9 + two_hills(p)[0], two_hills(p)[1] - 1e9),
    "one constant": lambda p: (two_hills(p)[0], 7.0),
    "first constant": lambda p: (0.0, two_hills(p)[1]),
    "all tied": lambda _: (1.0, 2.0),
    "NaN in some runs": lambda p: (two_hills(p)[0], math.nan if p["x"] > 0.6 else p["y"]),
    "logged in some runs": lambda p: (two_hills(p)[0], p["y"] if p["y"] > 0.5 else None),
    "steps": lambda p: (round(p["x"], 1), round(1.0 - p["x"] + p["y"], 1)),
    "diverged": lambda p: (1e30 if p["x"] > 0.5 else p["x"], p["y"]),
}


@pytest.mark.parametrize("name", VALUES)
@pytest.mark.parametrize("n", [8, 45])
def test_every_kind_of_values_gives_a_finite_suggestion_in_any_order(name, n):
    sweep = config()
    runs = runs_of(sweep, VALUES[name], n)
    pending = [Suggestion({"x": 0.1, "y": 0.2}), Suggestion({"x": 0.4, "y": 0.3})]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        first = ask(sweep, runs, pending, seed=5)
    assert sweep.space.contains(first.params)
    numbers = [each["mean"] for each in first.origin["predicted"].values()]
    assert all(math.isfinite(number) for number in numbers)
    assert ask(sweep, runs, pending, seed=5) == first
    assert ask(sweep, runs[::-1], pending[::-1], seed=5) == first


def test_when_all_is_tied_it_explores_and_says_so():
    sweep = config()
    assert ask(sweep, runs_of(sweep, VALUES["all tied"])).origin["why"] == "exploration"


@pytest.mark.parametrize("scale", [1e9, 1e-9])
def test_the_scale_of_an_objective_changes_nothing(scale):
    sweep = config()
    plain = ask(sweep, runs_of(sweep, two_hills)).params
    found = ask(sweep, runs_of(sweep, lambda p: (two_hills(p)[0], scale * two_hills(p)[1]))).params
    assert found["x"] == pytest.approx(plain["x"], abs=0.02)
    assert found["y"] == pytest.approx(plain["y"], abs=0.02)


def test_maximising_is_minimising_the_negative():
    low, high = config(), config((LOSS, {"name": "size", "goal": "maximize"}))
    runs = runs_of(low, two_hills)
    flipped = [replace(run, values=(run.values[0], -run.values[1])) for run in runs]
    one, other = ask(low, runs), ask(high, flipped)
    assert one.params == other.params
    expected = {**one.origin["predicted"]["size"]}
    expected["mean"] *= -1
    assert other.origin["predicted"]["size"] == expected


# --- learning ----------------------------------------------------------------------------


def test_a_front_is_found_and_spread_over():
    sweep = config()
    runs = drive(sweep, two_hills, 25)
    points = points_of(sweep, runs)
    places = front(points)
    on_front = np.array([[runs[i].params["x"], runs[i].params["y"]] for i in places])
    assert len(places) >= 10
    assert on_front[:, 0].min() < 0.3
    assert on_front[:, 0].max() > 0.7
    np.testing.assert_allclose(on_front[:, 1], 0.4, atol=0.1)
    whole = hypervolume([((t - 0.2) ** 2, (t - 0.8) ** 2) for t in np.linspace(0, 1, 500)], (1, 1))
    assert hypervolume(points, (1, 1)) > 0.97 * whole


def test_three_objectives_are_searched():
    sweep = config((LOSS, SIZE, {"name": "c", "goal": "maximize"}))
    value = lambda p: (*two_hills(p), p["y"])  # noqa: E731
    random = points_of(sweep, runs_of(sweep, value, 25))
    found = points_of(sweep, drive(sweep, value, 25))
    assert hypervolume(found, (1, 1, 0)) > 1.05 * hypervolume(random, (1, 1, 0))


def test_one_objective_is_brought_to_its_limit_and_no_further():
    """The best is at x = 1, runs with x > 0.6 take too long."""
    sweep = config((LOSS, {"name": "ms", "at_most": 60.0}))
    runs = drive(sweep, lambda p: (1.0 - p["x"] + (p["y"] - 0.5) ** 2, 100.0 * p["x"]), 25)
    kept = [run for run in runs if run.values[1] <= 60.0]
    assert min(run.values[0] for run in kept) < 0.42
    assert sum(run.values[1] > 65.0 for run in runs[8:]) <= 3


def test_a_limit_on_an_objective_bounds_the_front():
    sweep = config((LOSS, {**SIZE, "at_most": 0.1}))
    runs = drive(sweep, two_hills, 25)
    assert sum(run.values[1] > 0.12 for run in runs[10:]) <= 4
    assert min(point[0] for point in points_of(sweep, runs)) < 0.15  # 0.0808 at the limit


def test_without_a_run_that_keeps_the_limits_it_goes_where_they_are_likely_kept():
    sweep = config((LOSS, SIZE, {"name": "ms", "at_most": 0.02}))
    value = lambda p: (*two_hills(p), (p["x"] - 0.9) ** 2 + (p["y"] - 0.9) ** 2)  # noqa: E731
    runs = runs_of(sweep, value, 9, seed=3)
    assert all(run.values[2] > 0.02 for run in runs)
    found = ask(sweep, runs)
    assert found.origin["why"] == "limits"
    assert found.params["x"] > 0.6
    assert found.params["y"] > 0.6
    assert 0.0 < found.origin["probability_of_limits"] < 1.0
    later = drive(sweep, value, 25)
    assert any(run.values[2] <= 0.02 for run in later)


def test_an_interval_is_kept_on_both_sides():
    sweep = config((LOSS, {"name": "ms", "at_least": 0.45, "at_most": 0.55}))
    runs = drive(sweep, lambda p: (p["x"] + (p["y"] - 0.3) ** 2, p["x"]), 22)
    assert sum(0.4 < run.values[1] < 0.6 for run in runs[8:]) >= 9
    kept = [run.values[0] for run in runs if 0.45 <= run.values[1] <= 0.55]
    assert min(kept) == pytest.approx(0.45, abs=0.02)


def test_a_limit_counts_beside_values_that_are_a_million_times_larger():
    sweep = config((LOSS, {"name": "ms", "at_most": 20.0}))

    def value(p):
        return 1.0 - p["x"], 10.0 + 15.0 * p["x"] if p["y"] < 0.7 else 2e7

    runs = drive(sweep, value, 25)
    best = min(run.values[0] for run in runs if run.values[1] <= 20.0)
    assert best == pytest.approx(1 / 3, abs=0.05)


def test_a_run_that_lacks_one_metric_still_teaches_the_other():
    sweep = config()
    whole = runs_of(sweep, two_hills, 8)
    some = [replace(run, values=(run.values[0], None)) for run in runs_of(sweep, two_hills, 12, 4)]
    at = {"x": 0.2, "y": 0.4}
    few = predict(sweep, whole, [at])
    many = predict(sweep, [*whole, *some], [at])
    assert many.high[0] - many.low[0] < 0.8 * (few.high[0] - few.low[0])
    same = predict(sweep, whole, [at], "size")
    assert predict(sweep, [*whole, *some], [at], "size").median == pytest.approx(same.median)


def test_runs_without_one_of_the_metrics_are_avoided_like_failed_ones():
    sweep = config()

    def value(p):
        return (two_hills(p)[0], math.nan if p["x"] > 0.5 else two_hills(p)[1])

    runs = drive(sweep, value, 25)
    assert sum(run.params["x"] > 0.6 for run in runs[8:]) <= 2  # the front ends at the edge
    assert 0.0 < runs[-1].origin["probability_of_success"] <= 1.0


def test_failed_runs_teach_where_not_to_go():
    sweep = config()
    runs = drive(sweep, lambda p: None if p["x"] > 0.5 else two_hills(p), 25)
    assert sum(run.params["x"] > 0.6 for run in runs[8:]) <= 2


def test_a_prior_run_that_tells_one_metric_is_no_failure():
    sweep = config()
    prior = [Observation(run.params, run.value) for run in runs_of(sweep, two_hills, 6, seed=8)]
    found = ask(sweep, [*runs_of(sweep, two_hills), *prior])
    assert found.origin["probability_of_success"] is None
    assert found.origin["observations"] == 14


def test_pending_runs_push_the_next_suggestion_away():
    sweep = config()
    runs = runs_of(sweep, two_hills)
    pending: list[Suggestion] = []
    for seed in range(4):
        pending.append(ask(sweep, runs, pending, seed=seed))
    points = np.array([[each.params["x"], each.params["y"]] for each in pending])
    gaps = np.abs(points[:, None] - points[None]).max(axis=2)[np.triu_indices(4, 1)]
    assert gaps.min() > 0.01


def test_a_finite_space_is_visited_once_each_and_ends():
    sweep = config(space={"a": {"min": 1, "max": 4}, "b": {"values": ["u", "v", "w"]}})
    runs = drive(sweep, lambda p: (p["a"], -p["a"] + (p["b"] == "u")), 20)
    assert len({tuple(run.params.values()) for run in runs}) == len(runs) == 12


def test_runs_that_cannot_end_in_time_are_left_alone():
    sweep = replace(config(), time_left_s=30.0)
    runs = [
        replace(run, duration_s=100.0 * run.params["x"]) for run in runs_of(sweep, two_hills, 20)
    ]
    found = ask(sweep, runs)
    assert found.params["x"] < 0.35
    assert found.origin["time_left_s"] == 30.0
    assert found.origin["predicted_seconds"] < 35.0


def test_a_thousand_runs_are_no_burden():
    sweep = config()
    assert sweep.space.contains(ask(sweep, runs_of(sweep, two_hills, 1000)).params)


# --- what it says of itself --------------------------------------------------------------


def test_origin_says_what_was_expected_of_each_metric():
    sweep = config((LOSS, SIZE, {"name": "ms", "at_most": 0.9}))
    runs = drive(sweep, lambda p: (*two_hills(p), p["x"]), 16)
    origin = runs[-1].origin
    assert set(origin["predicted"]) == {"loss", "size", "ms"}
    for k, name in enumerate(("loss", "size", "ms")):
        told = origin["predicted"][name]
        assert abs(told["mean"] - runs[-1].values[k]) < 6.0 * told["sd"] + 0.02
    assert origin["predicted_mean"] == origin["predicted"]["loss"]["mean"]
    assert origin["predicted_sd"] == origin["predicted"]["loss"]["sd"]
    assert origin["expected_improvement"] is None
    assert 0.0 <= origin["probability_of_improvement"] <= 1.0
    assert 0.5 < origin["probability_of_limits"] <= 1.0


def test_hypervolume_in_the_origin_is_that_of_the_front():
    from nbsweep.objectives import reference_point

    sweep = config((LOSS, {"name": "size", "goal": "maximize"}))
    runs = runs_of(sweep, lambda p: (two_hills(p)[0], 1e6 * two_hills(p)[1]), 20)
    points = points_of(sweep, runs)
    expected = hypervolume(points, reference_point(points))
    origin = ask(sweep, runs).origin
    assert origin["hypervolume"] == pytest.approx(expected)
    assert 0.0 <= origin["expected_hypervolume_improvement"] < 3.0 * expected


def test_expected_improvement_of_one_objective_is_over_the_best_that_keeps_the_limits():
    sweep = config((LOSS, {"name": "ms", "at_most": 0.5}))
    runs = runs_of(sweep, lambda p: (1.0 - p["x"], p["x"]), 14)
    origin = ask(sweep, runs).origin
    best = min(run.values[0] for run in runs if run.values[1] <= 0.5)
    assert best > min(run.values[0] for run in runs)
    assert 0.0 < origin["expected_improvement"] < best - 0.4
    assert "hypervolume" not in origin


def test_predict_tells_each_metric_in_its_own_sign():
    sweep = config((LOSS, {"name": "acc", "goal": "maximize"}))
    runs = runs_of(sweep, lambda p: (p["x"], 5.0 + p["y"]), 20)
    at = [{"x": 0.3, "y": 0.7}]
    assert predict(sweep, runs, at).median[0] == pytest.approx(0.3, abs=0.05)
    acc = predict(sweep, runs, at, "acc")
    assert acc.median[0] == pytest.approx(5.7, abs=0.05)
    assert acc.low[0] <= acc.median[0] <= acc.high[0]
    assert predict(sweep, [], at, "acc") is None
