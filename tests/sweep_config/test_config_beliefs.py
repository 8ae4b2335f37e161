"""`belief` in a parameter's spec: what it is read into, and what is said of a wrong one."""

from __future__ import annotations

import pytest

from nbsweep.errors import ConfigError
from nbsweep.space.search_space import Categorical, Constant, LogNormal, LogUniform, Normal, Uniform
from nbsweep.sweep_config import parse
from nbsweep.sweep_config.beliefs import belief_words
from nbsweep.sweep_config.edits import edited

LOG = {"distribution": "log_uniform_values", "min": 1e-5, "max": 1.0}
LINEAR = {"min": 0.0, "max": 0.1}
WHOLE = {"min": 1, "max": 8}
NORMAL = {"distribution": "normal", "mu": 0, "sigma": 1}
NAMES = {"values": ["adam", "sgd", "rmsprop"]}
SIZES = {"values": [16, 32, 64]}


def config(spec, method="bayes", **more):
    return parse(
        {
            "method": method,
            "metric": {"name": "loss", "goal": "minimize"},
            "parameters": {"p": spec, "other": {"values": [1, 2]}},
            **more,
        }
    )


def message(spec, belief):
    with pytest.raises(ConfigError) as caught:
        config({**spec, "belief": belief})
    return str(caught.value).strip()


@pytest.mark.parametrize(
    ("spec", "belief", "law"),
    [
        (LOG, [1e-4, 1e-3], LogUniform(1e-4, 1e-3)),
        (LOG, {"min": 1e-4, "max": 1e-3}, LogUniform(1e-4, 1e-3)),
        (LOG, {"min": 1e-4}, LogUniform(1e-4, 1.0)),
        (LINEAR, {"max": 0.01}, Uniform(0.0, 0.01)),
        (WHOLE, [2, 4], Uniform(2, 4)),
        (WHOLE, 3, Constant(3)),
        (NORMAL, [1, 2], Uniform(1, 2)),
        (LOG, 0.01, Constant(0.01)),
        (LOG, {"value": 0.01}, Constant(0.01)),
        (LOG, {"values": [0.01, 0.1]}, Categorical((0.01, 0.1))),
        (LOG, {"distribution": "log_normal", "mu": -7, "sigma": 1}, LogNormal(-7, 1)),
        (LINEAR, {"distribution": "normal", "mu": 0.01, "sigma": 0.01}, Normal(0.01, 0.01)),
        (NAMES, ["adam"], Constant("adam")),
        (NAMES, "adam", Constant("adam")),
        (NAMES, ["adam", "sgd"], Categorical(("adam", "sgd"))),
        (
            NAMES,
            {"values": ["adam", "sgd"], "probabilities": [0.9, 0.1]},
            Categorical(("adam", "sgd"), (0.9, 0.1)),
        ),
        (SIZES, [32, 64], Categorical((32, 64))),
        (SIZES, [20, 50], LogUniform(20, 50)),
    ],
)
def test_what_a_belief_is_read_into(spec, belief, law):
    assert config({**spec, "belief": belief}).beliefs == {"p": law}


def test_a_belief_changes_neither_the_space_nor_what_has_none():
    with_belief = config({**LOG, "belief": [1e-4, 1e-3]})
    assert with_belief.space == config(LOG).space
    assert config(LOG).beliefs == {}
    assert config({**LOG, "belief": None}) == config(LOG)
    assert parse(with_belief.source) == with_belief


@pytest.mark.parametrize(
    ("spec", "belief", "said"),
    [
        (LOG, [1e-3, 1e-4], "parameters.p.belief: min 0.001 is not below max 0.0001. Swap them."),
        (
            LOG,
            [1e-3, 1e-3],
            "parameters.p.belief: min 0.001 is not below max 0.001. "
            'Use {"value": 0.001} for one value.',
        ),
        (
            LOG,
            [2, 3],
            "parameters.p.belief: 2 to 3 is outside of what the parameter can be, 1e-05 to 1, log. "
            "Believe in a part of that, or widen it.",
        ),
        (
            LOG,
            3,
            "parameters.p.belief: 3 is outside of what the parameter can be, 1e-05 to 1, log. "
            "Believe in a part of that, or widen it.",
        ),
        (
            LINEAR,
            {"distribution": "normal", "mu": 5, "sigma": 0.1},
            "parameters.p.belief: normal, mu 5, sigma 0.1 is outside of what the parameter can be, "
            "0 to 0.1. Believe in a part of that, or widen it.",
        ),
        (
            LOG,
            {"values": [0.1, 10]},
            "parameters.p.belief: 10 is outside of what the parameter can be, 1e-05 to 1, log. "
            "Believe in a part of that, or widen it.",
        ),
        (
            LOG,
            [1, 2, 3],
            "parameters.p.belief: found a list of 3; a range has two ends, such as [0.001, 0.01] "
            'or {"min": 0.001, "max": 0.01}.',
        ),
        (
            LOG,
            "small",
            'parameters.p.belief: found the text "small"; a number, a range or a distribution is '
            "needed.",
        ),
        (LOG, {"max": "x"}, 'parameters.p.belief.max: found the text "x"; a number is needed.'),
        (
            LOG,
            {"mu": -7},
            'parameters.p.belief: mu and sigma need "distribution": "normal" or "log_normal".',
        ),
        (
            LOG,
            {"min": 1e-4, "max": 1e-3, "mu": 1},
            'parameters.p.belief: "mu" does not go with min and max. Remove it.',
        ),
        (
            LOG,
            {"value": 0.1, "min": 0.01},
            'parameters.p.belief: "value" stands alone in a belief; remove "min".',
        ),
        (
            NAMES,
            ["adm"],
            'parameters.p.belief: "adm" is not one of its values. Did you mean "adam"? '
            'Its values: "adam", "sgd", "rmsprop".',
        ),
        (
            NAMES,
            [],
            "parameters.p.belief: the list is empty. Give at least one value, or leave belief out.",
        ),
        (
            NAMES,
            {"min": 1},
            'parameters.p.belief: min and max need numbers; this parameter is "adam", "sgd", '
            '"rmsprop".',
        ),
        (
            NAMES,
            {"distribution": "normal"},
            "parameters.p.belief: normal, mu 0, sigma 1 is a distribution over numbers; this "
            'parameter is "adam", "sgd", "rmsprop". Use {"values": […], "probabilities": […]}.',
        ),
        (
            NAMES,
            {"values": ["adam", "sgd"], "probabilities": [0.9, 0.2]},
            "parameters.p.belief.probabilities: they sum to 1.1, not to 1. Divide each of them by "
            "1.1.",
        ),
    ],
)
def test_message_about_a_belief(spec, belief, said):
    assert message(spec, belief) == said


def test_all_strange_values_are_named():
    said = message(NAMES, ["adm", "sgdd"])
    assert '"adm" is not one of its values' in said
    assert '"sgdd" is not one of its values' in said


@pytest.mark.parametrize(
    ("spec", "method", "more", "note"),
    [
        (
            {**LOG, "belief": [0.5, 3]},
            "bayes",
            {},
            "parameters.p.belief: 0.5 to 3 is partly outside of 1e-05 to 1, log, and counts as "
            "0.5 to 1.",
        ),
        (
            {"value": 1, "belief": [2, 4]},
            "bayes",
            {},
            "parameters.p.belief: the parameter is constant, so it is ignored.",
        ),
        (
            {**SIZES, "belief": [16]},
            "grid",
            {},
            "parameters.p.belief: a grid visits all of its points in order, so it is ignored.",
        ),
        (
            {**LOG, "belief": [0.1, 0.2]},
            "random",
            {},
            "parameters.p.belief: random draws follow the distribution alone, so it is ignored.",
        ),
        (
            {**LOG, "belief": [0.1, 0.2]},
            "custom",
            {},
            "parameters.p.belief: the search function decides, so it is ignored.",
        ),
        (
            {**LOG, "belief": [0.1, 0.2]},
            "custom",
            {"scheduler": {"engine": "optuna"}},
            "parameters.p.belief: engine optuna takes no beliefs, so it is ignored.",
        ),
    ],
)
def test_what_is_ignored_is_said(spec, method, more, note):
    assert note in config(spec, method, **more).notes


def test_text_of_numbers_is_read_as_everywhere():
    read = config({**LOG, "belief": ["1e-4", "1e-3"]})
    assert read.beliefs == {"p": LogUniform(1e-4, 1e-3)}
    assert read.source["parameters"]["p"]["belief"] == [1e-4, 1e-3]


def test_beliefs_of_nested_and_conditional_parameters_have_their_flat_names():
    read = parse(
        {
            "method": "bayes",
            "metric": {"name": "loss", "goal": "minimize"},
            "parameters": {
                "optimizer": {
                    "parameters": {
                        "kind": {"values": ["adam", "sgd"]},
                        "momentum": {
                            "min": 0.0,
                            "max": 1.0,
                            "when": {"optimizer.kind": "sgd"},
                            "belief": [0.8, 0.99],
                        },
                    }
                }
            },
        }
    )
    assert read.beliefs == {"optimizer.momentum": Uniform(0.8, 0.99)}


def test_an_edit_of_a_belief_says_so_and_changes_nothing_else():
    before = config(LOG)
    after, changes = edited(before, {"p": {"belief": [1e-4, 1e-3]}})
    assert after.space == before.space
    assert changes == {
        "p": {
            "before": LOG,
            "after": {**LOG, "belief": [1e-4, 1e-3]},
            "text": "belief none → 0.0001 to 0.001, log",
            "beliefs": True,
        }
    }
    back, changes = edited(after, {"p": {"belief": None}})
    assert back == before
    assert changes["p"]["text"] == "belief 0.0001 to 0.001, log → none"


def test_a_belief_stays_in_a_new_range_that_has_it_and_goes_with_one_that_has_not():
    before = config({**LOG, "belief": [1e-4, 1e-3]})
    kept, changes = edited(before, {"p": {"max": 0.1}})
    assert kept.beliefs == before.beliefs
    assert changes["p"]["text"] == "1e-05 to 1, log → 1e-05 to 0.1, log"
    assert "beliefs" not in changes["p"]
    lost, changes = edited(before, {"p": {"min": 0.01}})
    assert lost.beliefs == {}
    assert changes["p"]["text"] == (
        "1e-05 to 1, log → 0.01 to 1, log, belief 0.0001 to 0.001, log → none"
    )
    names, _ = edited(config({**NAMES, "belief": ["adam"]}), {"p": {"values": ["adam", "lion"]}})
    assert names.beliefs == {"p": Constant("adam")}


def test_a_belief_that_does_not_fit_the_new_range_in_the_same_edit_is_refused():
    before = config({**LOG, "belief": [1e-4, 1e-3]})
    with pytest.raises(ConfigError) as caught:
        edited(before, {"p": {"min": 0.01, "belief": [1e-4, 1e-3]}})
    assert str(caught.value).strip() == (
        "parameters.p.belief: 0.0001 to 0.001 is outside of what the parameter can be, "
        "0.01 to 1, log. Believe in a part of that, or widen it."
    )


def test_a_belief_in_words():
    assert belief_words(None) == "none"
    assert belief_words(Constant("adam")) == '"adam"'
    assert belief_words(LogUniform(1e-4, 1e-3)) == "0.0001 to 0.001, log"
