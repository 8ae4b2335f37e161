"""Grid search visits every combination once, in W&B's order."""

import itertools
import math

import pytest

from nbsweep.records import Observation, RunState, Suggestion
from nbsweep.search.grid_search import suggest
from nbsweep.sweep_config import parse
from nbsweep.testing import SearchContract


def grid_config(**parameters):
    return parse({"method": "grid", "parameters": parameters})


def next_params(config, observations=(), pending=()):
    suggestion = suggest(config, observations, pending, rng=None)
    return None if suggestion is None else dict(suggestion.params)


def whole_grid(config):
    pending = []
    while (suggestion := suggest(config, [], pending, rng=None)) is not None:
        pending.append(suggestion)
    return [dict(suggestion.params) for suggestion in pending]


class TestGridSearch(SearchContract):
    def config(self):
        return grid_config(
            optimizer={"values": ["adam", "sgd", None]},
            layers={"values": [[64], {"units": [32, 16]}]},
            epochs={"min": 1, "max": 2},
            dropout={"distribution": "q_uniform", "min": 0.1, "max": 0.4, "q": 0.1},
            seed={"value": 0},
        )


class TestGridSearchOfOnePoint(SearchContract):
    def config(self):
        return grid_config(seed={"value": 0}, layers={"value": [64, 32]})


def test_last_parameter_in_alphabetical_order_varies_fastest():
    config = grid_config(b={"values": ["x", "y"]}, a={"values": [3, 1, 2]})
    expected = [{"a": a, "b": b} for a, b in itertools.product([3, 1, 2], ["x", "y"])]
    assert whole_grid(config) == expected


def test_nested_parameters_are_ordered_by_their_path():
    config = grid_config(
        model={"parameters": {"z": {"values": [1, 2]}, "a": {"values": [3, 4]}}},
        lr={"values": [5, 6]},
    )
    expected = [
        {"lr": lr, "model.a": a, "model.z": z}
        for lr, a, z in itertools.product([5, 6], [3, 4], [1, 2])
    ]
    assert whole_grid(config) == expected


def test_constants_come_along_in_every_point():
    config = grid_config(a={"values": [1, 2]}, seed={"value": None})
    assert whole_grid(config) == [{"a": 1, "seed": None}, {"a": 2, "seed": None}]


def test_a_grid_of_constants_is_one_run():
    assert whole_grid(grid_config(a={"value": 1}, b={"value": "x"})) == [{"a": 1, "b": "x"}]


def test_values_listed_twice_are_visited_once():
    config = grid_config(a={"values": [1, 2, 1.0, True, 2, math.nan, math.nan, [1], [1.0]]})
    visited = [params["a"] for params in whole_grid(config)]
    assert [repr(value) for value in visited] == ["1", "2", "True", "nan", "[1]"]


def test_q_uniform_goes_from_min_in_steps_of_q_and_stops_below_max():
    config = grid_config(a={"distribution": "q_uniform", "min": 1, "max": 10, "q": 4})
    assert whole_grid(config) == [{"a": 1}, {"a": 5}, {"a": 9}]
    config = grid_config(a={"distribution": "q_uniform", "min": 0.1, "max": 0.4, "q": 0.1})
    assert whole_grid(config) == [{"a": 0.1}, {"a": 0.2}, {"a": 0.3}]


def test_int_uniform_includes_both_ends():
    assert whole_grid(grid_config(a={"min": -1, "max": 1})) == [{"a": -1}, {"a": 0}, {"a": 1}]


@pytest.mark.parametrize("state", [state for state in RunState if state.ended])
def test_a_point_is_done_however_its_run_ended(state):
    config = grid_config(a={"values": [1, 2]})
    first = suggest(config, [], [], rng=None)
    ended = Observation(first.params, None, state, first.origin)
    assert next_params(config, [ended]) == {"a": 2}


def test_the_lowest_free_point_comes_next():
    config = grid_config(a={"values": [1, 2, 3, 4]})
    ended = [Observation({}, 0.5, origin={"grid_index": index}) for index in (0, 2)]
    assert next_params(config, ended) == {"a": 2}
    assert next_params(config, ended, [Suggestion({}, {"grid_index": 1})]) == {"a": 4}


def test_code_that_changes_its_config_does_not_bring_a_point_back():
    """In W&B a cast of a swept value makes the sweep repeat its points (issue 11445)."""
    config = grid_config(a={"values": [1, 2]})
    first = suggest(config, [], [], rng=None)
    changed = Observation({"a": "cast to text"}, 0.5, origin=first.origin)
    assert next_params(config, [changed]) == {"a": 2}


def test_runs_from_elsewhere_count_when_they_are_points_of_the_grid():
    config = grid_config(
        a={"values": ["x", "y"]},
        b={"distribution": "q_uniform", "min": 0.0, "max": 0.3, "q": 0.1},
        c={"min": 1, "max": 2},
        k={"value": 5},
    )
    on_grid = {"a": "x", "b": 0.1 + 0.1, "c": 1.0, "k": 5, "extra": None}
    off_grid = [
        {**on_grid, "b": 0.15},
        {**on_grid, "c": 1.5},
        {**on_grid, "c": True},
        {**on_grid, "k": 6},
        {"a": "x"},
    ]
    for k in range(4):  # x 0.0 1, x 0.0 2, x 0.1 1, x 0.1 2
        off_grid.append({**on_grid, "b": 0.1 * (k // 2), "c": k % 2 + 1})
    ended = [Observation(params, 0.5) for params in [*off_grid, on_grid]]
    assert next_params(config, ended) == {"a": "x", "b": 0.2, "c": 2, "k": 5}


def test_dict_values_are_recognised_whatever_the_order_of_their_keys():
    config = grid_config(a={"values": [{"x": 1, "y": 2}, {"x": 3}]})
    assert next_params(config, [Observation({"a": {"y": 2, "x": 1.0}}, 0.5)]) == {"a": {"x": 3}}


def test_a_grid_too_large_for_memory_costs_nothing():
    config = grid_config(**{name: {"min": 0, "max": 10**9} for name in "abcdef"})
    index = (10**9 + 1) ** 5 * 7 + 3
    taken = [Observation({}, 0.5, origin={"grid_index": 0})]
    assert next_params(config, taken) == {**dict.fromkeys("abcde", 0), "f": 1}
    assert config.space.grid_size == (10**9 + 1) ** 6 > index


def test_the_training_code_cannot_change_the_grid_through_its_params():
    config = grid_config(a={"values": [[1], [2]]})
    suggest(config, [], [], rng=None).params["a"].append(99)
    assert whole_grid(config) == [{"a": [1]}, {"a": [2]}]
