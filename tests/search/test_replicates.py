"""Runs of the same params as one configuration: which belong together, and their noise."""

import math

import numpy as np
import pytest

from nbsweep import sweep_config
from nbsweep.records import Metric, Observation, RunRecord, RunState, Suggestion
from nbsweep.search import grid_search, replicates
from nbsweep.search.gp import GaussianProcess, Hyperparameters
from nbsweep.search.known_points import distinct
from nbsweep.search.replicates import Repeats, configurations, pooled_noise, seeds
from nbsweep.search.targets import per_point, representatives

LOSS = Metric("loss")


def space(**parameters):
    more = {key: parameters.pop(key) for key in ("zip", "constraints") if key in parameters}
    return sweep_config.parse({"method": "random", "parameters": parameters, **more}).space


def a_run(number, params, loss=0.0, state=RunState.FINISHED, **fields):
    summary = {} if loss is None else {"loss": loss}
    return RunRecord(
        f"run{number}", "p", number=number, params=params, summary=summary, state=state, **fields
    )


X = {"min": 0.0, "max": 1.0}


def test_runs_of_equal_params_are_one_configuration_whatever_their_seed():
    of = space(x=X, seed={"value": 42}, net={"parameters": {"Random_State": {"values": [1, 2]}}})
    runs = [
        a_run(1, {"x": 0.5, "seed": 42, "net.Random_State": 1}, 3.0),
        a_run(2, {"x": 0.25, "seed": 42, "net.Random_State": 1}, 1.0),
        a_run(3, {"x": 0.5, "seed": 43, "net.Random_State": 2}, 5.0),
        a_run(4, {"x": 0.5, "seed": 44, "net.Random_State": 2}, None),
        a_run(5, {"x": 0.5, "seed": 45, "net.Random_State": 2}, 9.0, RunState.FAILED),
    ]
    first, second = configurations(runs, LOSS, of)
    assert (first.params, [run.number for run in first.runs], first.mean) == ({"x": 0.5}, [1, 3], 4)
    assert (second.params, second.n, second.mean) == ({"x": 0.25}, 1, 1.0)


def test_one_and_one_point_zero_are_the_same_value_and_true_is_another():
    runs = [a_run(i, {"x": x}) for i, x in enumerate([1, 1.0, True, [1], (1,)], start=1)]
    groups = [[run.number for run in each.runs] for each in configurations(runs, LOSS, space(x=X))]
    assert groups == [[1, 2], [3], [4, 5]]


def test_of_a_number_the_last_attempt_counts():
    runs = [a_run(1, {"x": 1}, 5.0), a_run(1, {"x": 1}, 7.0, attempt=1, name="again")]
    (only,) = configurations(runs, LOSS, space(x=X))
    assert (only.n, only.values) == (1, (7.0,))


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"seed": {"value": 1}}, {"seed"}),
        (
            {"random_seed": {"values": [1, 2]}, "rng_seed": {"value": 3}},
            {"random_seed", "rng_seed"},
        ),
        ({"seeds": {"value": 1}, "data_seed": {"value": 2}}, set()),
        ({"seed": {"values": [1, 2]}, "fold": {"values": [3, 4]}, "zip": ["seed", "fold"]}, set()),
        ({"seed": {"min": 0, "max": 9}, "constraints": ["seed < 5"]}, set()),
        ({"seed": {"values": [1, 2]}, "y": {"values": [1, 2], "when": {"seed": 1}}}, set()),
    ],
)
def test_a_seed_on_which_nothing_hangs_is_told_by_its_name(parameters, expected):
    assert seeds(space(x=X, **parameters)) == expected


def test_a_seed_of_another_name_is_told_by_the_runs_that_varied_it():
    of = space(x=X, data_seed={"value": 1})
    origin = {"replicate_of": 1, "varied": ["data_seed"]}
    runs = [
        a_run(1, {"x": 1, "data_seed": 1}),
        a_run(2, {"x": 1, "data_seed": 2}, origin=origin),
    ]
    assert [each.n for each in configurations(runs, LOSS, of)] == [2]
    assert [each.n for each in configurations(runs[:1], LOSS, of)] == [1]


def test_the_error_of_a_configuration_is_moderated_by_the_noise_of_all():
    values = {"a": [1.0, 3.0], "b": [10.0, 10.0, 13.0], "c": [7.0]}
    runs, number = [], 0
    for name, of in values.items():
        for value in of:
            number += 1
            runs.append(a_run(number, {"x": name}, value))
    a, b, c = configurations(runs, LOSS, space(x=X))
    pooled = (2.0 + 6.0) / 3  # 1 + 2 degrees of freedom
    assert pooled_noise(list(values.values())) == replicates.Noise(pooled, 3)
    assert c.error == pytest.approx(math.sqrt(pooled))
    assert a.error == pytest.approx(math.sqrt((3 * pooled + 2.0) / 4 / 2))
    assert b.error == pytest.approx(math.sqrt((3 * pooled + 6.0) / 5 / 3))


def test_nothing_is_known_of_noise_while_nothing_was_repeated():
    runs = [a_run(i, {"x": i}, float(i)) for i in range(1, 4)]
    assert [each.error for each in configurations(runs, LOSS, space(x=X))] == [None] * 3
    assert pooled_noise([[1.0], [2.0]]) is None


def test_huge_values_have_a_mean_and_an_error():
    runs = [a_run(i, {"x": 1}, v) for i, v in enumerate([1.6e308, 1.7e308, -1e308], start=1)]
    (only,) = configurations(runs, LOSS, space(x=X))
    assert only.mean == pytest.approx(2.3 / 3 * 1e308)
    assert only.error == math.inf


@pytest.mark.parametrize(
    ("goal", "values", "expected"),
    [
        ("minimize", [3.0, 1.0, 2.0], 3),
        ("minimize", [4.0, 1.0, 2.0, 3.0], 3),
        ("maximize", [4.0, 1.0, 2.0, 3.0], 4),
        ("minimize", [5.0, 5.0, 5.0], 2),
        ("maximize", [7.0], 1),
    ],
)
def test_the_run_of_the_median_value_stands_for_a_configuration(goal, values, expected):
    runs = [a_run(i, {"x": 1}, value) for i, value in enumerate(values, start=1)]
    (only,) = configurations(runs, Metric("loss", goal), space(x=X))
    assert only.middle.number == expected


# Seeds of repetitions


def fresh(parameters, first, used, names=None):
    of = space(x=X, **parameters)
    return replicates.fresh_seeds(of, seeds(of) if names is None else names, first, used)


def test_a_constant_seed_counts_up_and_skips_what_was_used():
    used = [{"seed": 42}, {"seed": 43}, {"seed": 45}]
    assert fresh({"seed": {"value": 42}}, {"seed": 42}, used) == {"seed": 44}


@pytest.mark.parametrize(("value", "expected"), [(2**32 - 1, 2**32 - 2), (2**32 - 2, 2**32 - 1)])
def test_a_seed_never_grows_beyond_what_numpy_takes(value, expected):
    assert fresh({"seed": {"value": value}}, {"seed": value}, [{"seed": value}]) == {
        "seed": expected
    }


@pytest.mark.parametrize("value", [None, "fixed", True, [1]])
def test_a_constant_that_is_no_number_stays(value):
    assert fresh({"seed": {"value": value}}, {"seed": value}, [{"seed": value}]) == {}


def test_a_searched_seed_takes_the_values_that_were_not_tried_and_then_none():
    parameters = {"seed": {"values": [7, 8, 9]}}
    assert fresh(parameters, {"seed": 8}, [{"seed": 8}]) == {"seed": 7}
    assert fresh(parameters, {"seed": 8}, [{"seed": 8}, {"seed": 7}]) == {"seed": 9}
    assert fresh(parameters, {"seed": 8}, [{"seed": s} for s in (7, 8, 9)]) is None
    (drawn,) = fresh({"seed": {"min": 0.0, "max": 1.0}}, {"seed": 0.5}, [{"seed": 0.5}]).values()
    assert 0.0 <= drawn <= 1.0 != 0.5 != drawn


def test_a_seed_without_a_value_in_this_configuration_is_left_out():
    parameters = {"opt": {"values": ["a", "b"]}, "seed": {"value": 1, "when": {"opt": "a"}}}
    assert fresh(parameters, {"opt": "b"}, [{"opt": "b"}]) == {}


def test_a_replicate_goes_through_the_queue_and_back():
    of = space(x=X, seed={"value": 1})
    first = a_run(7, {"x": 0.5, "seed": 1})
    made = replicates.replicate(first, [first.params], of, {})
    entry = replicates.to_queue(made)
    assert {key: entry[key] for key in ("x", "seed")} == {"x": 0.5, "seed": 2}
    assert replicates.from_queue(entry) == Suggestion(
        {"x": 0.5, "seed": 2}, {"why": "confirm", "replicate_of": 7, "varied": ["seed"]}
    )
    assert replicates.from_queue({"x": 0.5}) is None


# What `repeats` still wants


def test_configurations_that_lack_runs_come_by_number_and_only_good_ones():
    wanted = Repeats(3, frozenset({"seed"}))
    assert wanted.next() == []
    wanted.update([a_run(1, {"x": 1, "seed": 1}), a_run(2, {"x": 2, "seed": 1}, None)])
    assert [run.number for run in wanted.next()] == [1]
    wanted.update([a_run(n, {"x": 1, "seed": n}, state=RunState.RUNNING) for n in (3, 4)])
    assert [run.number for run in wanted.next()] == [2]
    assert [run.number for run in wanted.like({"x": 1, "seed": 99})] == [1, 3, 4]
    assert wanted.like({"x": 5}) == []


@pytest.mark.parametrize("state", [s for s in RunState if s.ended])
def test_what_broke_or_was_ended_is_not_repeated(state):
    wanted = Repeats(2, frozenset())
    wanted.update([a_run(1, {"x": 1}, state=state)])
    is_repeated = state in (RunState.FINISHED, RunState.PREEMPTED)
    assert [run.number for run in wanted.next()] == ([1] if is_repeated else [])
    wanted.update([a_run(1, {"x": 1}, attempt=1)])  # tried again, and it went well
    assert [run.number for run in wanted.next()] == [1]
    wanted.update([a_run(1, {"x": 1}, state=state)])  # an old attempt says nothing any more
    assert [run.number for run in wanted.next()] == [1]


# Grids


def grid(repeats=2, **more):
    config = {"method": "grid", "repeats": repeats, "parameters": {"x": {"values": [5, 6]}}}
    return sweep_config.parse({**config, **more})


def slots(config, observations=(), pending=()):
    found = grid_search.remaining(config, observations, pending)
    return [(s.params["x"], s.origin.get("repeat", 0)) for s in found]


def test_a_grid_hands_out_each_point_so_often():
    assert slots(grid(3)) == [(x, k) for x in (5, 6) for k in range(3)]
    second = list(grid_search.remaining(grid(), (), ()))[1]
    assert second.origin == {"method": "grid", "grid_index": 0, "why": "replicate", "repeat": 1}


def test_what_is_left_of_a_grid_with_repeats():
    ours = {"grid_index": 0, "repeat": 1}
    assert slots(grid(), [Observation({"x": 5}, 1.0, origin=ours)]) == [(5, 0), (6, 0), (6, 1)]
    assert slots(grid(), [], [Suggestion({"x": 6}, {"grid_index": 1})]) == [(5, 0), (5, 1), (6, 1)]
    stranger = Observation({"x": 6}, 1.0, origin={"method": "prior"})
    assert slots(grid(), [stranger]) == [(5, 0), (5, 1), (6, 1)]
    assert slots(grid(), [stranger] * 2) == [(5, 0), (5, 1)]
    elsewhere = Observation({"x": 7}, 1.0)
    assert slots(grid(), [elsewhere]) == slots(grid())


@pytest.mark.parametrize("state", [RunState.FAILED, RunState.STOPPED, RunState.KILLED])
def test_a_grid_does_not_repeat_a_point_that_did_not_work_out(state):
    run = Observation({"x": 5}, None, state, {"grid_index": 0})
    assert slots(grid(4), [run]) == [(6, 0), (6, 1), (6, 2), (6, 3)]


def test_a_grid_with_relations_repeats_the_points_that_they_leave():
    config = grid(parameters={"x": {"values": [5, 6, 7]}}, constraints=["x != 6"])
    assert slots(config) == [(5, 0), (5, 1), (7, 0), (7, 1)]


# Repeated points in the model

TWICE = np.array([[0.1], [0.5], [0.1], [0.9], [0.1]])


def test_the_runs_of_a_point_are_kept_or_left_out_together():
    values = np.array([0.0, 1.0, 9.0, 2.0, 9.0])
    assert per_point(TWICE, values).tolist() == [6.0, 1.0, 6.0, 2.0, 6.0]
    # By value the lucky run of the worst point would stay, and without its twins be the best.
    assert representatives(values, 2).tolist() == [0, 1]
    assert representatives(per_point(TWICE, values), 2).tolist() == [1, 3]
    unique = np.array([3.0, 1.0, 2.0])
    assert per_point(TWICE[[0, 1, 3]], unique) is unique


def test_a_point_is_among_the_best_once():
    values = np.array([0.0, 1.0, 0.5, 2.0, 0.1])
    assert distinct(TWICE, values, 2).tolist() == [[0.1], [0.5]]
    assert distinct(TWICE, values, 9).tolist() == [[0.1], [0.5], [0.9]]


def test_a_run_is_not_predicted_from_its_twins():
    y = np.array([1.0, -0.3, 1.2, 0.4, 0.9])
    at = Hyperparameters(np.array([0.3]), 1.0, 0.05)
    categories = np.array([False])
    predicted = GaussianProcess(TWICE, y, categories, at).leave_one_out()[0]
    for i, x in enumerate(TWICE):
        others = ~np.isclose(TWICE[:, 0], x[0])
        without = GaussianProcess(TWICE[others], y[others], categories, at)
        assert predicted[i] == pytest.approx(without.posterior(x[None, :])[0][0, 0])
