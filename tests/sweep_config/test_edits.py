"""A search space with other ranges."""

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from nbsweep import sweep_config
from nbsweep.errors import ConfigError
from nbsweep.space.search_space import (
    Categorical,
    Constant,
    IntUniform,
    LogUniform,
    Uniform,
)
from nbsweep.sweep_config.edits import edited, specs
from tests.space.strategies import CONSTANTS, SEARCHED, distributions

LAWS = CONSTANTS + SEARCHED


def config(method="random", **parameters):
    metric = {"name": "loss", "goal": "minimize"}
    return sweep_config.parse({"method": method, "metric": metric, "parameters": parameters})


@pytest.mark.parametrize("law", LAWS, ids=repr)
def test_the_spec_of_a_law_is_read_back_as_that_law(law):
    assert config(x=law.spec).space.parameters[0].distribution == law


@given(distributions)
def test_the_spec_of_any_law_is_read_back_as_that_law(law):
    assume(not law.is_log or math.log(law.quantile(0.0)) < math.log(law.quantile(1.0)))
    assert config(x=law.spec).space.parameters[0].distribution == law


def test_some_keys_of_a_spec_change_and_the_others_stay():
    before = config(lr={"distribution": "log_uniform_values", "min": 1e-5, "max": 0.1})
    after, changes = edited(before, {"lr": {"max": 0.01}})
    assert after.space.parameters[0].distribution == LogUniform(1e-5, 0.01)
    assert changes == {
        "lr": {
            "before": {"distribution": "log_uniform_values", "min": 1e-5, "max": 0.1},
            "after": {"distribution": "log_uniform_values", "min": 1e-5, "max": 0.01},
            "text": "1e-05 to 0.1, log → 1e-05 to 0.01, log",
        }
    }


def test_a_range_of_numbers_stays_one_when_its_limits_become_whole():
    after, _ = edited(config(x={"min": 0, "max": 0.5}), {"x": {"max": 1}})
    assert after.space.parameters[0].distribution == Uniform(0, 1)


def test_a_spec_that_says_all_by_itself_replaces_the_old_one():
    before = config(lr={"min": 0.0, "max": 0.1}, opt={"values": ["adam", "sgd"]})
    after, changes = edited(before, {"lr": {"values": [0.1, 0.2]}, "opt": {"value": "adam"}})
    laws = [parameter.distribution for parameter in after.space]
    assert laws == [Categorical((0.1, 0.2)), Constant("adam")]
    assert list(changes) == ["lr", "opt"]


def test_nested_parameters_go_by_their_dotted_name():
    before = config(net={"parameters": {"depth": {"min": 1, "max": 6}}}, x={"value": 1})
    after, _ = edited(before, {"net.depth": {"max": 4}})
    assert after.source["parameters"]["net"] == {
        "parameters": {"depth": {"distribution": "int_uniform", "min": 1, "max": 4}}
    }
    assert after.space.parameters[0].distribution == IntUniform(1, 4)


def test_limits_that_were_exponents_are_edited_as_values():
    before = config(lr={"distribution": "log_uniform", "min": -9, "max": 0})
    assert specs(before)["lr"]["distribution"] == "log_uniform_values"
    after, _ = edited(before, {"lr": {"max": 0.5}})
    law = after.space.parameters[0].distribution
    assert (law.min, law.max) == (before.space.parameters[0].distribution.min, 0.5)


def test_the_same_again_changes_nothing():
    assert edited(config(x={"min": 0.0, "max": 1.0}), {"x": {"max": 1}})[1] == {}


def test_the_config_itself_is_left_as_it_was():
    before = config(x={"min": 0.0, "max": 1.0})
    edited(before, {"x": {"max": 2.0}})
    assert before.source["parameters"]["x"] == {"min": 0.0, "max": 1.0}


@pytest.mark.parametrize(
    ("method", "change", "message"),
    [
        (
            "random",
            {"learning_rat": {"max": 1}},
            "parameters.learning_rat: the sweep has no such parameter. Did you mean "
            '"learning_rate"? Its parameters: learning_rate. A new parameter needs a new sweep.',
        ),
        (
            "random",
            {"learning_rate": {"max": -1}},
            "parameters.learning_rate: min 0.0 is not below max -1. Swap them.",
        ),
        (
            "random",
            {"learning_rate": 3},
            'parameters.learning_rate: found 3; a parameter is a dict. Use {"value": 3} for a '
            'constant, or {"values": [3, …]}.',
        ),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_path(method, change, message):
    with pytest.raises(ConfigError) as caught:
        edited(config(method, learning_rate={"min": 0.0, "max": 0.1}), change)
    assert str(caught.value) == message


def test_a_range_without_end_is_refused_for_a_grid():
    with pytest.raises(ConfigError, match="grid"):
        edited(config("grid", x={"values": [1, 2]}), {"x": {"min": 0.0, "max": 1.0}})


@given(st.sampled_from(LAWS), st.sampled_from(LAWS))
def test_any_law_can_be_replaced_by_any_other(old, new):
    after, changes = edited(config(x=old.spec), {"x": new.spec})
    assert after.space.parameters[0].distribution == new
    assert bool(changes) == (old != new)
