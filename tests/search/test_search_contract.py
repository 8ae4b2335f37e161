"""SearchContract notices each of the faults that it is there for."""

import math

import numpy as np
import pytest

from nbsweep.records import Suggestion
from nbsweep.sweep_config import parse
from nbsweep.testing import SearchContract

SPACE = {"a": {"values": [1, 2, 3]}, "b": {"values": [[1], [2]]}}


class Faulty(SearchContract):
    """A method that goes through the grid of SPACE, but for what `fault` does to it."""

    def __init__(self, fault):
        self.fault = fault

    def config(self):
        return parse({"method": "grid", "parameters": SPACE})

    def suggest(self, config, observations, pending, rng):
        suggestion = super().suggest(config, observations, pending, rng)
        return self.fault(suggestion, config, observations, pending)


def outside(suggestion, config, observations, pending):
    return suggestion and Suggestion({**suggestion.params, "a": 4}, suggestion.origin)


def incomplete(suggestion, config, observations, pending):
    return suggestion and Suggestion({"a": 1}, suggestion.origin)


def numpy_values(suggestion, config, observations, pending):
    return suggestion and Suggestion({**suggestion.params, "a": np.int64(1)}, suggestion.origin)


def no_json(suggestion, config, observations, pending):
    return suggestion and Suggestion(suggestion.params, {**suggestion.origin, "x": math.nan})


def moody(suggestion, config, observations, pending, moods=[0]):  # noqa: B006  # the fault
    moods[0] += 1
    return suggestion and Suggestion(suggestion.params, {**suggestion.origin, "mood": moods[0]})


def first_come(suggestion, config, observations, pending):
    seen = observations[0].value if observations else 0.0
    return suggestion and Suggestion(suggestion.params, {**suggestion.origin, "first": seen})


def shared_values(suggestion, config, observations, pending):
    values = config.source["parameters"]["b"]["values"]
    return suggestion and Suggestion({**suggestion.params, "b": values[0]}, suggestion.origin)


def trusting(suggestion, config, observations, pending):
    sum(math.floor(run.value) for run in observations)
    return suggestion


def careless(suggestion, config, observations, pending):
    [run.params["a"] for run in observations]
    return suggestion


def forgetful(suggestion, config, observations, pending):
    return SearchContract().suggest(config, observations, [], None)


def endless(suggestion, config, observations, pending):
    return suggestion or Suggestion({"a": 1, "b": [1]}, {"method": "grid", "grid_index": 0})


def lazy(suggestion, config, observations, pending):
    return None if suggestion and suggestion.origin["grid_index"] == 5 else suggestion


@pytest.mark.parametrize(
    ("fault", "test"),
    [
        (outside, "test_suggests_a_value_of_its_space_for_every_parameter"),
        (incomplete, "test_suggests_a_value_of_its_space_for_every_parameter"),
        (numpy_values, "test_params_are_plain_python_values"),
        (no_json, "test_origin_is_json_and_names_the_method"),
        (moody, "test_same_inputs_give_the_same_suggestion"),
        (first_come, "test_order_of_the_runs_does_not_matter"),
        (shared_values, "test_leaves_what_it_is_given_alone"),
        (trusting, "test_runs_without_a_usable_value_do_not_stop_it"),
        (careless, "test_runs_from_elsewhere_do_not_stop_it"),
        (forgetful, "test_runs_under_way_count_as_taken"),
        (endless, "test_a_finite_space_ends_when_every_point_had_its_run"),
        (lazy, "test_a_finite_space_ends_when_every_point_had_its_run"),
    ],
)
def test_a_fault_is_noticed(fault, test):
    with pytest.raises((AssertionError, TypeError, ValueError, KeyError)):
        getattr(Faulty(fault), test)()


def test_a_method_without_faults_passes():
    contract = Faulty(lambda suggestion, *_: suggestion)
    for name in dir(contract):
        if name.startswith("test_"):
            getattr(contract, name)()


def test_a_config_has_to_be_given():
    with pytest.raises(NotImplementedError):
        SearchContract().config()
