"""Which parameter values are the same, and evenly spaced values made on demand."""

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbsweep.space.values import Steps, fresh, same_value, value_key

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=6,
)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (1, 1.0),
        (0.0, -0.0),
        (math.nan, float("nan")),
        ([1, [math.nan]], (1.0, (math.nan,))),
        ({"a": 1, "b": [2]}, {"b": [2.0], "a": 1}),
        (2**70, float(2**70)),
    ],
)
def test_same_values(a, b):
    assert same_value(a, b)
    assert hash(value_key(a)) == hash(value_key(b))


DISTINCT = [
    *(None, True, False, 0, 1, 2, 0.5, math.nan, math.inf, "", "1", "None", "nan"),
    *([], [1], [True], [[1]], {}, {"a": 1}, {"a": True}, {"a": None}),
]


@pytest.mark.parametrize(("a", "b"), list(itertools.combinations(DISTINCT, 2)), ids=repr)
def test_different_values(a, b):
    assert not same_value(a, b)


def test_values_that_json_does_not_know_are_told_apart_by_what_they_show():
    assert same_value(b"x", b"x")
    assert not same_value(b"x", "x")


@given(json_values)
def test_a_value_is_the_same_as_its_copy(value):
    assert same_value(value, fresh(value))


def test_fresh_copies_what_can_be_changed():
    value = {"layers": [1, 2]}
    copied = fresh(value)
    copied["layers"].append(3)
    assert value == {"layers": [1, 2]}


def test_steps_are_exact_in_decimals():
    assert list(Steps(range(6), 10)) == [0.0, 0.1, 0.2, 0.3, 0.4, 0.5]
    assert list(Steps(range(2, 9, 3))) == [2, 5, 8]


def test_a_billion_billion_steps_cost_nothing():
    steps = Steps(range(10**18), 10)
    assert (len(steps), steps[3], steps[-1]) == (10**18, 0.3, (10**18 - 1) / 10)
    assert steps[1:4] == Steps(range(1, 4), 10)
    assert steps.index(12345.6) == 123456
    assert 0.35 not in steps


def test_steps_find_numbers_that_were_computed_in_floats():
    steps = Steps(range(100), 10)
    assert steps.index(0.1 + 0.2) == steps.index(0.3) == 3
    assert 3 * 0.3 in steps
    assert steps.index(2) == 20
    assert steps.index(2.0, 20) == 20


@pytest.mark.parametrize("value", [-0.1, 10.0, 0.25, math.nan, math.inf, True, "0.1", None, 1e300])
def test_steps_do_not_find_what_they_do_not_hold(value):
    steps = Steps(range(100), 10)
    assert value not in steps
    with pytest.raises(ValueError, match="is not one of the 100 steps"):
        steps.index(value)


def test_steps_may_be_empty():
    assert list(Steps(range(0))) == []
    assert 0 not in Steps(range(0))


def test_steps_show_how_they_begin():
    assert repr(Steps(range(0, 50, 3), 10)) == "Steps(0.0, 0.3, 0.6, …; 17 values)"
    assert repr(Steps(range(2))) == "Steps(0, 1; 2 values)"


def test_equal_steps_have_equal_hashes():
    assert Steps(range(0, 6, 2)) == Steps(range(0, 5, 2))
    assert hash(Steps(range(0, 6, 2))) == hash(Steps(range(0, 5, 2)))
    assert Steps(range(3)) != Steps(range(3), 10)
    assert Steps(range(3)) != [0, 1, 2]


@given(
    st.integers(-(10**6), 10**6),
    st.integers(1, 50),
    st.integers(1, 10**4),
    st.sampled_from([1, 2, 8, 10, 1000, 10**6]),
    st.data(),
)
def test_every_step_is_found_where_it_stands(start, step, count, denominator, data):
    steps = Steps(range(start, start + step * count, step), denominator)
    i = data.draw(st.integers(0, count - 1))
    assert steps.index(steps[i]) == i
