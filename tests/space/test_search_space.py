"""Parameters have names and places; the space nests, flattens and counts them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbsweep.space.search_space import (
    Categorical,
    Constant,
    IntUniform,
    LogUniform,
    SearchSpace,
    Uniform,
)

SPACE = SearchSpace.of(
    {
        ("optimizer", "lr"): LogUniform(1e-5, 0.1),
        ("batch_size",): Categorical((32, 64)),
        ("optimizer", "adam", "beta"): Uniform(0, 1),
        ("seed",): Constant(7),
        ("epochs",): IntUniform(3, 3),
    }
)


def test_parameters_are_sorted_by_path_and_named_by_it():
    assert [parameter.name for parameter in SPACE] == [
        "batch_size",
        "epochs",
        "optimizer.adam.beta",
        "optimizer.lr",
        "seed",
    ]


def test_order_is_that_of_keys_level_by_level():
    space = SearchSpace.of({("a.b",): Constant(1), ("a", "z"): Constant(2), ("a0",): Constant(3)})
    assert [parameter.path for parameter in space] == [("a", "z"), ("a.b",), ("a0",)]


def test_names_with_dots_do_not_collide_with_nested_ones():
    space = SearchSpace.of(
        {("a.b",): Constant(1), ("a", "b"): Constant(2), ("a", "b.c"): Constant(3)}
    )
    assert {parameter.name: parameter.path for parameter in space} == {
        "a.b": ("a.b",),
        "a/b": ("a", "b"),
        "a.b.c": ("a", "b.c"),
    }
    params = {"a.b": 1, "a/b": 2, "a.b.c": 3}
    assert space.nest(params) == {"a": {"b": 2, "b.c": 3}, "a.b": 1}
    assert space.flatten(space.nest(params)) == params


def test_nest_makes_the_config_of_a_run():
    params = {"optimizer.lr": 0.1, "optimizer.adam.beta": 0.9, "seed": 7, "unknown": 1}
    assert SPACE.nest(params) == {
        "optimizer": {"lr": 0.1, "adam": {"beta": 0.9}},
        "seed": 7,
        "unknown": 1,
    }


def test_flatten_leaves_out_what_is_missing_and_what_is_unknown():
    config = {"optimizer": {"lr": 0.1, "momentum": 0.9}, "extra": 1, "seed": None}
    assert SPACE.flatten(config) == {"optimizer.lr": 0.1, "seed": None}
    assert SPACE.flatten({"optimizer": "adam"}) == {}


paths = st.lists(st.sampled_from(["a", "b", "a.b", "c"]), min_size=1, max_size=3).map(tuple)


@given(st.dictionaries(paths, st.integers(), min_size=1, max_size=6))
def test_flatten_undoes_nest(values):
    leaves = {  # a key is either a leaf or a dict, as in any config
        path: Constant(value)
        for path, value in values.items()
        if not any(other != path and other[: len(path)] == path for other in values)
    }
    space = SearchSpace.of(leaves)
    params = {parameter.name: parameter.distribution.value for parameter in space}
    assert len(params) == len(leaves)
    assert space.flatten(space.nest(params)) == params


def test_searched_are_the_parameters_with_a_choice():
    names = [parameter.name for parameter in SPACE.searched]
    assert names == ["batch_size", "optimizer.adam.beta", "optimizer.lr"]


def test_contains_asks_every_parameter():
    params = {
        "batch_size": 32,
        "epochs": 3,
        "optimizer.adam.beta": 0.5,
        "optimizer.lr": 0.01,
        "seed": 7,
    }
    assert SPACE.contains(params)
    assert SPACE.contains({**params, "unknown": 1})
    assert not SPACE.contains({**params, "seed": 8})
    assert not SPACE.contains({**params, "optimizer.lr": 1.0})
    params.pop("epochs")
    assert not SPACE.contains(params)


@pytest.mark.parametrize(
    ("leaves", "size", "grid_size"),
    [
        ({("a",): Constant(1)}, 1, 1),
        ({("a",): Categorical((1, 2, 2)), ("b",): IntUniform(1, 5)}, 10, 10),
        ({("a",): Uniform(1, 10, 4)}, 2, 3),
        ({("a",): Uniform(0, 1e9, 1), ("b",): IntUniform(1, 10**9)}, 10**18 + 10**9, 10**18),
        ({("a",): LogUniform(32, 64, 8)}, 5, None),
        ({("a",): Uniform(0, 1), ("b",): Constant(1)}, None, None),
    ],
)
def test_sizes_count_the_points(leaves, size, grid_size):
    space = SearchSpace.of(leaves)
    assert (space.size, space.grid_size) == (size, grid_size)
