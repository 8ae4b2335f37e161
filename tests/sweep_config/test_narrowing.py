"""Tighter ranges from limits, and from the runs that did well."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbsweep import sweep_config
from nbsweep.errors import ConfigError
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
from nbsweep.sweep_config.narrowing import narrowed, outwards, ranges_around
from tests.space.strategies import continuous, discrete, unbounded_steps


def config(method="random", **laws):
    metric = {"name": "loss", "goal": "minimize"}
    parameters = {name: law.spec for name, law in laws.items()}
    return sweep_config.parse({"method": method, "metric": metric, "parameters": parameters})


def left_of(law, wanted, method="random"):
    after, _ = narrowed(config(method, x=law), {"x": wanted})
    return after.space.parameters[0].distribution


@pytest.mark.parametrize(
    ("law", "wanted", "left"),
    [
        (Uniform(0.0, 1.0), (0.2, 0.5), Uniform(0.2, 0.5)),
        (Uniform(0.0, 1.0), (-5, 0.5), Uniform(0.0, 0.5)),
        (Uniform(0.0, 1.0), [0.4, 0.2, 0.3], Uniform(0.2, 0.4)),
        (Uniform(0.0, 1.0), (0.5, 0.5), Constant(0.5)),
        (Uniform(0.0, 1.0, 0.1), (0.15, 0.5), Uniform(0.2, 0.5, 0.1)),
        (Uniform(0.0, 1.0, 0.1), (0.29, 0.31), Constant(0.3)),
        (LogUniform(1e-5, 0.1), (1e-4, 1.0), LogUniform(1e-4, 0.1)),
        (LogUniform(16, 256, 8), (30, 70), LogUniform(32.0, 64.0, 8)),
        (LogUniform(1e-12, 1.0, 0.1), (0, 0.5), LogUniform(0.1, 0.5, 0.1)),
        (InvLogUniform(0.01, 10.0), (0.1, 1.0), InvLogUniform(0.1, 1.0)),
        (IntUniform(1, 9), (2.5, 6.5), IntUniform(3, 6)),
        (IntUniform(1, 9), (3, 3.5), Constant(3)),
        (Normal(0.0, 1.0), (-1, 2), Uniform(-1.0, 2.0)),
        (Normal(0.0, 10.0, 5.0), (-7, 12), Uniform(-5.0, 10.0, 5.0)),
        (LogNormal(0.0, 1.0), (0.5, 3), LogUniform(0.5, 3.0)),
        (LogNormal(0.0, 1.0), (0.0, 3), LogUniform(pytest.approx(2.7e-4, rel=0.1), 3.0)),
        (LogNormal(3.0, 1.0, 5.0), (2, 23), LogUniform(5.0, 20.0, 5.0)),
        (Beta(2.0, 2.0), (0.2, 0.5), Uniform(0.2, 0.5)),
        (Categorical(("a", "b", "c")), ["c", "a"], Categorical(("a", "c"))),
        (Categorical(("a", "b", "c")), ["b"], Constant("b")),
        (Categorical((32, 64, 128)), (60, 500), Categorical((64, 128))),
        (Categorical((32, 64, 128)), [32, 128], Categorical((32, 128))),
        (
            Categorical(("a", "b", "c"), (0.5, 0.3, 0.2)),
            ["b", "c"],
            Categorical(("b", "c"), (0.6, 0.4)),
        ),
    ],
)
def test_what_is_left_of_a_law(law, wanted, left):
    found = left_of(law, wanted)
    if isinstance(left, LogUniform) and not isinstance(left.min, (int, float)):
        assert (type(found), found.max) == (LogUniform, left.max)
        assert found.min == left.min
    elif isinstance(left, Categorical) and left.probabilities:
        assert found.values == left.values
        assert found.probabilities == pytest.approx(left.probabilities)
    else:
        assert found == left


def test_the_grid_keeps_its_own_points_when_it_begins_off_the_multiples_of_q():
    law = Uniform(0.05, 1.0, 0.1)
    kept = left_of(law, (0.2, 0.5), "grid")
    assert list(kept.grid) == [value for value in law.grid if 0.2 <= value <= 0.5]
    assert list(left_of(law, (0.5, 9.0), "grid").grid) == [v for v in law.grid if v >= 0.5]


@pytest.mark.parametrize(
    ("laws", "wanted", "message"),
    [
        (
            {"lr": Uniform(0.0, 0.1)},
            {"lr": (0.2, 0.3)},
            "parameters.lr: no value lies between 0.2 and 0.3; the range is 0 to 0.1.",
        ),
        (
            {"lr": Uniform(0.0, 0.1)},
            {"lr": (0.05, 0.01)},
            "parameters.lr: found (0.05, 0.01); 0.05 is above 0.01. Swap them.",
        ),
        (
            {"lr": Uniform(0.0, 0.1)},
            {"lr": "small"},
            "parameters.lr: found 'small'; a pair of numbers is needed, such as (0.025, 0.075).",
        ),
        (
            {"lr": Uniform(0.0, 0.1)},
            {"lr": (1, 2, 3)},
            "parameters.lr: found (1, 2, 3); a pair of numbers is needed, such as (0.025, 0.075).",
        ),
        (
            {"n": IntUniform(1, 9)},
            {"n": (2.2, 2.8)},
            "parameters.n: no value lies between 2.2 and 2.8. Use wider limits.",
        ),
        (
            {"opt": Categorical(("adam", "sgd"))},
            {"opt": ["rmsprop"]},
            "parameters.opt: 'rmsprop' is not among its values, which are 'adam', 'sgd'.",
        ),
        (
            {"opt": Categorical(("adam", "sgd"))},
            {"opt": []},
            "parameters.opt: the list is empty; the values are 'adam', 'sgd'.",
        ),
        (
            {"opt": Categorical(("adam", "sgd"))},
            {"opt": (1, 2)},
            "parameters.opt: found (1, 2); a list of its values is needed, such as "
            "['adam', 'sgd'].",
        ),
        (
            {"seed": Constant(1), "lr": Uniform(0.0, 1.0)},
            {"seed": [1]},
            "parameters.seed: it is always 1, so there is nothing to narrow.",
        ),
        (
            {"lr": Uniform(0.0, 0.1)},
            {"rate": (0, 1)},
            "parameters.rate: the sweep has no such parameter. Its parameters: lr. A new "
            "parameter needs a new sweep.",
        ),
    ],
)
def test_what_cannot_be_narrowed_is_refused_with_its_path(laws, wanted, message):
    with pytest.raises(ConfigError) as caught:
        narrowed(config(**laws), wanted)
    assert str(caught.value) == message


def test_limits_beyond_the_present_ones_change_nothing():
    assert narrowed(config(x=Uniform(0.0, 1.0)), {"x": (-1, 2)})[1] == {}
    assert narrowed(config(x=Normal(0.0, 1.0)), {"x": (-99, 99)})[1] == {}


NUMERIC = st.one_of(discrete, continuous, unbounded_steps).filter(lambda law: law.is_numeric)


@given(NUMERIC, st.floats(0.0, 1.0), st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_whatever_is_left_lies_inside_of_the_old_range_and_the_wanted_one(law, a, b, u):
    low, high = sorted((float(law.quantile(a)), float(law.quantile(b))))
    left = left_of(law, (low, high))
    drawn = left.quantile(u)
    assert low - 1e-9 * abs(low) <= drawn <= high + 1e-9 * abs(high)
    if not isinstance(law, (Normal, LogNormal)):
        assert law.contains(drawn)


def test_ranges_around_runs_hold_them_with_a_margin():
    space = config(
        lr=LogUniform(1e-5, 0.1),
        x=Uniform(0.0, 10.0),
        opt=Categorical(("adam", "sgd", "rmsprop")),
        n=IntUniform(1, 9),
        fixed=Constant(1),
    )
    runs = [
        {"lr": 1e-4, "x": 2.0, "opt": "rmsprop", "n": 3, "fixed": 1},
        {"lr": 1e-2, "x": 4.0, "opt": "adam", "n": 3, "fixed": 1},
        {"x": 3.0},
    ]
    assert ranges_around(space, runs) == {
        "lr": (6.3e-05, 0.0159),
        "x": (1.8, 4.2),
        "opt": ["adam", "rmsprop"],
        "n": (3.0, 3.0),
    }


@pytest.mark.parametrize(
    ("low", "high", "is_log", "found"),
    [
        (0.123456, 0.987654, False, (0.123, 0.988)),
        (1234.5, 1236.7, False, (1234.5, 1236.7)),
        (0.000123456, 0.0987654, True, (0.000123, 0.0988)),
        (-0.5, 0.5, False, (-0.5, 0.5)),
        (0.1 + 0.2, 0.7, False, (0.3, 0.7)),
        (2.0, 2.0, False, (2.0, 2.0)),
    ],
)
def test_limits_get_few_digits_and_hold_what_they_held(low, high, is_log, found):
    assert outwards(low, high, is_log) == found
