"""Names that a sweep config cannot have, and parameters that some runs lack."""

import pytest

from nbsweep.importers import conditions
from nbsweep.importers.assembly import Wishes, assemble
from nbsweep.importers.foreign import ForeignRun
from nbsweep.importers.inference import infer_spec
from nbsweep.importers.names import renamed, usable_names
from nbsweep.records import RunState
from nbsweep.sweep_config import parse
from nbsweep.sweep_config.parameters import usable_name


@pytest.mark.parametrize(
    ("name", "usable"),
    [
        ("learning_rate", "learning_rate"),
        ("batch size", "batch_size"),
        ("model/depth", "model_depth"),
        ("größe", "groesse"),
        ("Ähnlichkeit", "Aehnlichkeit"),
        ("naïveté", "naivete"),
        ("λ", "lambda"),
        ("μ", "mu"),
        ("α_1", "alpha_1"),
        ("β₂", "beta2"),
        ("1st", "_1st"),
        ("0", "_0"),
        ("c++", "c"),
        ("a.b-c", "a.b-c"),
        ("学习率", ""),
        ("", ""),
    ],
)
def test_a_name_is_kept_or_becomes_the_nearest_that_a_parameter_can_have(name, usable):
    assert usable_name(name) == usable
    if usable:
        parse({"method": "random", "parameters": {usable: {"value": 1}}})


def test_no_two_names_become_the_same_and_none_that_fits_gives_way():
    names = ["batch size", "batch/size", "batch_size", "学习率", "…"]
    assert usable_names(names) == {
        "batch size": "batch_size_2",
        "batch/size": "batch_size_3",
        "batch_size": "batch_size",
        "学习率": "parameter",
        "…": "parameter_2",
    }
    assert usable_names(["opt.batch size", "a..b", "."], nested=True) == {
        "opt.batch size": "opt.batch_size",
        "a..b": "a..b",
        ".": "parameter",
    }


def test_the_note_tells_the_names_that_changed():
    names = {"batch size": "batch_size", "lr": "lr", "x/y": "x_y"}
    assert renamed(names, ["batch_size", "lr"]) == [
        'Parameters have other names here, as a sweep config allows: "batch size" → batch_size. '
        "Training code that goes on with the sweep reads them from its config by these."
    ]
    assert renamed({"lr": "lr"}, ["lr"]) == []


def runs(*params, state=RunState.FINISHED):
    return [ForeignRun(params=each, summary={"loss": 1.0}, state=state) for each in params]


def found(all_runs, at_least=1):
    names = list(dict.fromkeys(name for run in all_runs for name in run.params))

    def spec_of(name):
        return infer_spec([run.params.get(name) for run in all_runs])

    return conditions.conditions(all_runs, names, spec_of, at_least=at_least)


def test_a_parameter_of_one_branch_depends_on_the_choice():
    several = runs(
        {"opt": "sgd", "momentum": 0.1},
        {"opt": "adam", "beta": 0.9},
        {"opt": "sgd", "momentum": 0.2},
        {"opt": "lbfgs"},
    )
    assert found(several) == {"momentum": {"opt": ["sgd"]}, "beta": {"opt": ["adam"]}}
    assert conditions.in_words(found(several)) == [
        'momentum has a value only when opt is "sgd", as the runs show.',
        'beta has a value only when opt is "adam", as the runs show.',
    ]


def test_a_number_of_layers_gives_a_range_that_reaches_values_not_seen_yet():
    several = runs(
        {"layers": 1, "units_1": 8, "lr": 0.1},
        {"layers": 3, "units_1": 8, "units_2": 16, "lr": 0.2},
        {"layers": 2, "units_1": 9, "units_2": 16, "lr": 0.4},
        {"layers": 6, "units_1": 9, "units_2": 16, "lr": 0.3},
    )
    assert found(several) == {"units_2": {"layers": [2, 3, 4, 5, 6]}}


def test_a_branch_in_a_branch_needs_both_or_the_inner_one():
    several = runs(
        {"model": "svm", "kernel": "poly", "degree": 3},
        {"model": "svm", "kernel": "rbf"},
        {"model": "svm", "kernel": "poly", "degree": 4},
        {"model": "tree"},
    )
    assert found(several) == {
        "kernel": {"model": ["svm"]},
        "degree": {"kernel": ["poly"]},
    }
    both = runs(
        {"a": 1, "b": "x", "c": 0.5},
        {"a": 1, "b": "y"},
        {"a": 2, "b": "x"},
        {"a": 2, "b": "y"},
        {"a": 1, "b": "x", "c": 0.7},
    )
    assert found(both) == {"c": {"b": ["x"], "a": [1]}}


def test_of_several_explanations_it_is_the_one_with_few_values():
    several = runs(
        *({"opt": "sgd", "width": 10 + i, "seed": i, "momentum": 0.1 + i} for i in range(3)),
        *({"opt": "adam", "width": 20 + i, "seed": 10 + i} for i in range(3)),
    )
    assert found(several) == {"momentum": {"opt": ["sgd"]}}


def test_scattered_whole_numbers_explain_nothing():
    several = runs({"n": 1, "b": 0.5}, {"n": 2}, {"n": 3, "b": 0.25}, {"n": 5}, {"n": 9, "b": 1.0})
    assert found(several) == {}


def test_runs_that_were_cut_short_say_nothing_about_conditions():
    whole = runs({"a": True, "b": 1.5}, {"a": False, "b": 2.5})
    cut = runs({"a": True}, state=RunState.FAILED)
    assert found([*whole, *cut]) == {}


def test_what_no_condition_explains_stays_as_it_is():
    assert found(runs({"a": 1, "b": 0.5}, {"a": 1}, {"a": 2, "b": 0.4}, {"a": 2})) == {}
    assert found(runs({"x": 0.31, "b": 0.5}, {"x": 0.72}, {"x": 0.1, "b": 1.0})) == {}


def test_a_table_needs_two_runs_of_each_kind_before_it_counts_as_a_condition():
    pair = [{"opt": "sgd", "momentum": 0.1}, {"opt": "adam"}]
    assert found(runs(*pair), at_least=2) == {}
    foreign = assemble(
        runs(*pair, {"opt": "sgd", "momentum": 0.3}, {"opt": "adam"}), Wishes(), "x", nested=True
    )
    momentum = foreign.config["parameters"]["momentum"]
    assert momentum["when"] == {"opt": "sgd"}
    space = parse(foreign.config).space
    assert [parameter.name for parameter in space if parameter.when] == ["momentum"]
    assert foreign.notes == ['momentum has a value only when opt is "sgd", as the runs show.']


def test_a_condition_in_a_nested_config_is_one_the_config_understands():
    foreign = assemble(
        runs(
            *({"opt.the kind": "sgd", "opt.momentum": m / 10} for m in (1, 2, 3)),
            *({"opt.the kind": "adam"} for _ in range(3)),
        ),
        Wishes(),
        "x",
        nested=True,
    )
    inner = foreign.config["parameters"]["opt"]["parameters"]
    assert inner["the_kind"] == {"values": ["sgd", "adam"]}
    assert inner["momentum"]["when"] == {"opt.the_kind": "sgd"}
    parse(foreign.config)
