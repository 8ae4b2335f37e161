"""What a sweep config means: defaults, inference, and what is read in a lenient way."""

import copy
import enum
import json
import math
from collections import OrderedDict
from types import MappingProxyType

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from nbsweep.space.search_space import (
    Beta,
    Categorical,
    Constant,
    IntUniform,
    InvLogUniform,
    LogNormal,
    LogUniform,
    Normal,
    Uniform,
)
from nbsweep.sweep_config import EarlyTermination, Metric, Retry, parse, to_dict


def random_sweep(spec, **others):
    return {"method": "random", "parameters": {"p": spec}, **others}


def distribution_of(spec):
    return parse(random_sweep(spec)).space.parameters[0].distribution


TUTORIAL = {
    "method": "random",
    "metric": {"name": "loss", "goal": "minimize"},
    "parameters": {
        "optimizer": {"values": ["adam", "sgd"]},
        "fc_layer_size": {"values": [128, 256, 512]},
        "dropout": {"values": [0.3, 0.4, 0.5]},
        "epochs": {"value": 1},
        "learning_rate": {"distribution": "uniform", "min": 0, "max": 0.1},
        "batch_size": {"distribution": "q_log_uniform_values", "q": 8, "min": 32, "max": 256},
    },
}


def test_the_tutorial_of_wandb():
    config = parse(TUTORIAL)
    assert config.method == "random"
    assert config.metric == Metric("loss", "minimize")
    assert {parameter.name: parameter.distribution for parameter in config.space} == {
        "batch_size": LogUniform(32, 256, 8),
        "dropout": Categorical((0.3, 0.4, 0.5)),
        "epochs": Constant(1),
        "fc_layer_size": Categorical((128, 256, 512)),
        "learning_rate": Uniform(0, 0.1),
        "optimizer": Categorical(("adam", "sgd")),
    }
    assert config.notes == ()


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({"value": None}, Constant(None)),
        ({"values": [1, None]}, Categorical((1, None))),
        ({"values": ["a", "b"], "probabilities": [0.2, 0.8]}, Categorical(("a", "b"), (0.2, 0.8))),
        ({"min": 1, "max": 5}, IntUniform(1, 5)),
        ({"min": 1.0, "max": 5.0}, Uniform(1.0, 5.0)),
        ({"min": 0, "max": 0.1}, Uniform(0, 0.1)),
        ({"min": 0.5, "max": 2}, Uniform(0.5, 2)),
    ],
)
def test_a_distribution_left_out_is_inferred(spec, expected):
    assert distribution_of(spec) == expected


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({"distribution": "constant", "value": [1]}, Constant([1])),
        ({"distribution": "categorical", "values": ["a"]}, Categorical(("a",))),
        ({"distribution": "int_uniform", "min": -1, "max": 1}, IntUniform(-1, 1)),
        ({"distribution": "uniform", "min": 1, "max": 2}, Uniform(1, 2)),
        ({"distribution": "q_uniform", "min": 0, "max": 9}, Uniform(0, 9, 1)),
        ({"distribution": "q_uniform", "min": 0, "max": 9, "q": 0.5}, Uniform(0, 9, 0.5)),
        ({"distribution": "log_uniform_values", "min": 0.1, "max": 9}, LogUniform(0.1, 9)),
        ({"distribution": "q_log_uniform_values", "min": 1, "max": 9}, LogUniform(1, 9, 1)),
        ({"distribution": "inv_log_uniform_values", "min": 1, "max": 9}, InvLogUniform(1, 9)),
        ({"distribution": "normal"}, Normal(0.0, 1.0)),
        ({"distribution": "q_normal", "mu": 2, "sigma": 3}, Normal(2, 3, 1)),
        ({"distribution": "log_normal", "mu": 2}, LogNormal(2, 1.0)),
        ({"distribution": "q_log_normal", "q": 0.5}, LogNormal(0.0, 1.0, 0.5)),
        ({"distribution": "beta", "a": 2}, Beta(2, 1.0)),
        ({"distribution": "q_beta", "b": 2, "q": 0.1}, Beta(1.0, 2, 0.1)),
    ],
)
def test_every_distribution_and_its_defaults(spec, expected):
    assert distribution_of(spec) == expected


@pytest.mark.parametrize(
    ("spec", "expected", "note"),
    [
        (
            {"distribution": "log_uniform", "min": math.log(1e-5), "max": math.log(0.1)},
            LogUniform(1e-5, 0.1),
            'parameters.p: "log_uniform" takes exponents of e, so values run from 1e-05 to 0.1; '
            'to give the limits themselves, use "log_uniform_values".',
        ),
        (
            {"distribution": "log_uniform", "min": 0.0001, "max": 0.1},
            LogUniform(1.000100005, 1.10517091808),
            'parameters.p: "log_uniform" takes exponents of e, so values run from 1.0001 to '
            '1.10517; to give the limits themselves, use "log_uniform_values".',
        ),
        (
            {"distribution": "inv_log_uniform", "min": 0, "max": math.log(1000)},
            InvLogUniform(0.001, 1.0),
            'parameters.p: "inv_log_uniform" takes exponents of 1/e, so values run from 0.001 '
            'to 1; to give the limits themselves, use "inv_log_uniform_values".',
        ),
        (
            {"distribution": "q_log_uniform", "min": 3.466, "max": 5.545, "q": 8},
            LogUniform(32, 256, 8),
            'parameters.p: "q_log_uniform" takes exponents of e, so values run from 32 to 256; '
            'to give the limits themselves, use "q_log_uniform_values".',
        ),
    ],
)
def test_exponents_become_limits_and_are_pointed_out(spec, expected, note):
    config = parse(random_sweep(spec))
    assert config.space.parameters[0].distribution == expected
    assert config.notes == (note,)
    assert to_dict(config)["parameters"]["p"] == spec


def test_nested_parameters_of_any_depth():
    config = parse(
        random_sweep(
            {
                "parameters": {
                    "lr": {"min": 0.0, "max": 1.0},
                    "adam": {"parameters": {"beta.1": {"value": 0.9}}},
                }
            }
        )
    )
    assert [(parameter.name, parameter.path) for parameter in config.space] == [
        ("p.adam.beta.1", ("p", "adam", "beta.1")),
        ("p.lr", ("p", "lr")),
    ]
    nested = config.space.nest({"p.lr": 0.5, "p.adam.beta.1": 0.9})
    assert nested == {"p": {"lr": 0.5, "adam": {"beta.1": 0.9}}}


def test_all_other_keys_are_kept():
    config = parse(
        random_sweep(
            {"value": 1},
            name="demo",
            description="",
            project="mnist",
            entity="me",
            program="train.py",
            command=["${env}", "python", "${program}", 1, None],
            controller={"type": "cloud"},
            job="j",
            image_uri="i",
            apiVersion="1",
            kind="sweep",
            settings={"quiet": True},
            run_cap=10,
            seed=3,
            retry={"failed": 2},
        )
    )
    assert (config.name, config.description, config.project) == ("demo", "", "mnist")
    assert (config.program, config.run_cap, config.seed) == ("train.py", 10, 3)
    assert config.command == ("${env}", "python", "${program}", 1, None)
    assert config.retry == Retry(crashed=1, failed=2)


def test_what_is_left_out_has_wandbs_defaults():
    config = parse({"method": "grid", "parameters": {"a": {"value": 1}}})
    assert config.metric is None
    assert config.early_terminate is None
    assert config.run_cap is config.seed is config.name is config.command is None
    assert config.retry == Retry(crashed=1, failed=0)
    metric = {"name": "loss"}
    stop = {"type": "hyperband", "min_iter": 3}
    config = parse(random_sweep({"value": 1}, metric=metric, early_terminate=stop))
    assert config.metric == Metric("loss", "minimize", None, "worst", "false")
    assert config.early_terminate == EarlyTermination("hyperband", 3, None, None, 3.0, True)


def test_both_forms_of_hyperband():
    def read(**block):
        block = {"type": "hyperband", **block}
        config = random_sweep({"value": 1}, metric={"name": "loss"}, early_terminate=block)
        return parse(config).early_terminate

    assert read(min_iter=2, eta=1.5) == EarlyTermination("hyperband", min_iter=2, eta=1.5)
    assert read(max_iter=27, s=2.0, strict=False) == EarlyTermination(
        "hyperband", max_iter=27, s=2, strict=False
    )


@pytest.mark.parametrize(
    ("block", "as_if", "note"),
    [
        (
            {"min_iter": 3, "s": 2},
            {"min_iter": 3},
            "s is ignored without max_iter, as in W&B: bands are counted up from min_iter.",
        ),
        ({"min_iter": 3, "s": -0.5, "eta": 2}, {"min_iter": 3, "eta": 2}, "s is ignored"),
        (
            {"min_iter": 3, "max_iter": 27, "s": 2},
            {"max_iter": 27, "s": 2},
            "min_iter is ignored beside max_iter and s, as in W&B: bands are counted down from "
            "max_iter.",
        ),
    ],
)
def test_mixed_forms_of_hyperband_mean_what_they_mean_in_wandb(block, as_if, note):
    def read(block):
        block = {"type": "hyperband", **block}
        return parse(random_sweep({"value": 1}, metric={"name": "x"}, early_terminate=block))

    config = read(block)
    assert config.early_terminate == read(as_if).early_terminate
    [said] = config.notes
    assert said.startswith(f"early_terminate: {note}")
    assert parse(to_dict(config)) == config
    assert parse(to_dict(config)).notes == ()


def test_scientific_notation_that_yaml_reads_as_text():
    config = parse(
        yaml.safe_load("""
        method: random
        metric: {name: loss, target: 1e-3}
        run_cap: 1e2
        parameters:
          lr: {distribution: log_uniform_values, min: 1e-5, max: 0.1}
          decay: {values: [1e-5, 1E-4, 0.001, 0]}
          steps: {distribution: int_uniform, min: 1, max: 1e3}
          scale: {value: 1e-3}
          noise: {distribution: normal, mu: 1e1, sigma: 2e-1}
          schedule: {values: [1e-5, cosine]}
        """)
    )
    assert config.metric.target == 0.001
    assert config.run_cap == 100
    assert {parameter.name: parameter.distribution for parameter in config.space} == {
        "decay": Categorical((1e-5, 1e-4, 0.001, 0)),
        "lr": LogUniform(1e-5, 0.1),
        "noise": Normal(10.0, 0.2),
        "scale": Constant(0.001),
        "schedule": Categorical(("1e-5", "cosine")),
        "steps": IntUniform(1, 1000),
    }
    assert (
        'parameters.lr.min: the text "1e-5" was read as the number 1e-05 '
        "(YAML reads 1e-5 as text, 1.0e-5 as a number)."
    ) in config.notes
    assert len(config.notes) == 9
    assert to_dict(config)["parameters"]["decay"] == {"values": [1e-5, 1e-4, 0.001, 0]}


def test_a_number_in_quotes_is_a_number_where_one_is_needed():
    config = parse(random_sweep({"min": " 0.5 ", "max": "2"}))
    assert config.space.parameters[0].distribution == Uniform(0.5, 2)
    assert config.notes == (
        'parameters.p.min: the text " 0.5 " was read as the number 0.5.',
        'parameters.p.max: the text "2" was read as the number 2.',
    )


def test_text_among_values_stays_text():
    assert distribution_of({"values": ["1", "2"]}) == Categorical(("1", "2"))
    assert distribution_of({"values": ["1e5", True]}) == Categorical(("1e5", True))
    assert distribution_of({"value": "12"}) == Constant("12")


class Optimizer(enum.Enum):
    ADAM = "adam"
    SGD = "sgd"


class Text(str):
    __slots__ = ()


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({"values": (1, 2)}, Categorical((1, 2))),
        ({"values": range(3)}, Categorical((0, 1, 2))),
        ({"values": np.array([0.1, 0.2])}, Categorical((0.1, 0.2))),
        ({"values": np.arange(2)}, Categorical((0, 1))),
        ({"values": [np.float32(0.5), np.int64(3), np.bool_(True), np.str_("x")]},
         Categorical((0.5, 3, True, "x"))),
        ({"values": [(64, 32), (128,)]}, Categorical(([64, 32], [128]))),
        ({"values": list(Optimizer)}, Categorical(("adam", "sgd"))),
        ({"value": np.array(3)}, Constant(3)),
        ({"value": Text("x")}, Constant("x")),
        ({"value": {1: {True: None}}}, Constant({"1": {"true": None}})),
        ({"min": np.float64(0.1), "max": np.float64(0.2)}, Uniform(0.1, 0.2)),
        ({"min": np.int32(1), "max": np.int64(9)}, IntUniform(1, 9)),
        (OrderedDict(min=1, max=2), IntUniform(1, 2)),
        (MappingProxyType({"value": 1}), Constant(1)),
        ({"value": np.longdouble(0.5)}, Constant(0.5)),
    ],
)  # fmt: skip
def test_values_of_other_libraries_become_plain(spec, expected):
    config = parse(MappingProxyType(random_sweep(spec)))
    assert config.space.parameters[0].distribution == expected
    plain = to_dict(config)
    assert json.loads(json.dumps(plain)) == plain
    assert parse(plain) == config


def test_none_for_an_optional_key_is_leaving_it_out():
    config = parse(random_sweep({"value": 1}, run_cap=None, metric=None, name=None))
    assert to_dict(config) == random_sweep({"value": 1})


def test_false_for_impute_while_running_is_the_word():
    metric = {"name": "loss", "impute_while_running": False}
    config = parse(random_sweep({"value": 1}, metric=metric))
    assert config.metric.impute_while_running == "false"
    assert to_dict(config)["metric"]["impute_while_running"] == "false"


def test_the_users_config_is_not_changed():
    given_config = random_sweep(
        {"values": ["1e-5", 0.1]}, metric={"name": "l", "target": "1e-3"}, run_cap=None
    )
    before = copy.deepcopy(given_config)
    config = parse(given_config)
    to_dict(config)["parameters"]["p"]["values"].append(5)
    assert given_config == before
    assert distribution_of(to_dict(config)["parameters"]["p"]) == Categorical((1e-5, 0.1))


def test_configs_that_mean_the_same_are_equal():
    a = parse(random_sweep({"values": ["1e-5", math.nan]}))
    b = parse(random_sweep({"values": ("1e-5", float("nan"))}))
    assert a == b
    assert a != parse(random_sweep({"values": ["1e-5", 0]}))


json_scalars = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.sampled_from(["adam", "1e-5", ""])
)
any_specs = st.one_of(
    st.fixed_dictionaries({"value": json_scalars | st.lists(json_scalars, max_size=3)}),
    st.fixed_dictionaries({"values": st.lists(json_scalars, min_size=1, max_size=4)}),
    st.tuples(st.integers(-9, 9), st.integers(10, 99)).map(
        lambda pair: {"min": pair[0], "max": pair[1]}
    ),
    st.tuples(st.floats(-9, 9), st.sampled_from([0.1, 1, 2.5])).map(
        lambda pair: {"distribution": "q_uniform", "min": pair[0], "max": 50, "q": pair[1]}
    ),
    st.floats(-5, 0).map(lambda low: {"distribution": "log_uniform", "min": low, "max": 1}),
)
names = st.sampled_from(["lr", "a.b", "_x", "Z-1"])
blocks = st.recursive(
    st.dictionaries(names, any_specs, min_size=1, max_size=3),
    lambda inner: st.dictionaries(
        names, st.one_of(any_specs, inner.map(lambda block: {"parameters": block})), min_size=1
    ),
    max_leaves=4,
)


@given(blocks)
def test_what_is_stored_reads_back_as_the_same_config(parameters):
    config = parse({"method": "random", "parameters": parameters})
    assert parse(to_dict(config)) == config
    assert parse(json.loads(json.dumps(to_dict(config)))) == config


def test_a_long_text_of_digits_is_read_at_once():
    """It was compared with the pattern of a number in quadratic time: minutes."""
    text = "0123456789" * 20_000
    config = parse({"method": "random", "parameters": {"text": {"value": text}}})
    assert config.space.constants == {"text": text}


def test_a_sweep_that_stops_by_itself_needs_no_numbers():
    config = parse(
        {
            "method": "bayes",
            "metric": {"name": "loss", "per": "time"},
            "early_terminate": {"type": "auto"},
            "parameters": {"lr": {"min": 0.0, "max": 1.0}},
        }
    )
    assert config.early_terminate == EarlyTermination("auto", confidence=0.95, thaw=False)
    assert config.metric.per == "time"
    assert config.learns_from_curves


@pytest.mark.parametrize("method", ["grid", "random", "custom"])
def test_a_metric_per_time_says_where_it_has_no_effect(method):
    config = parse(
        {
            "method": method,
            "metric": {"name": "loss", "per": "time"},
            "parameters": {"lr": {"values": [0.1, 0.2]}},
        }
    )
    assert config.notes == (
        f'metric.per: "time" is ignored: method "{method}" does not weigh a gain by the time that '
        'a run takes; "bayes" does.',
    )
    assert config.metric == Metric("loss")
    assert parse(to_dict(config)) == config
    assert parse(to_dict(config)).notes == ()


def test_bayes_has_nothing_to_say_of_a_metric_per_time():
    config = parse(
        {
            "method": "bayes",
            "metric": {"name": "loss", "per": "time"},
            "parameters": {"lr": {"min": 0.0, "max": 1.0}},
        }
    )
    assert config.notes == ()
    assert config.time_left_s is None


@pytest.mark.parametrize(
    ("text", "seconds"),
    [(90, 90.0), ("90s", 90.0), ("20m", 1200.0), ("1h30m", 5400.0), ("1.5 hours", 5400.0)],
)
def test_run_time_is_seconds_or_a_text(text, seconds):
    config = parse({"method": "random", "run_time": text, "parameters": {"lr": {"value": 1}}})
    assert config.run_time_s == seconds
