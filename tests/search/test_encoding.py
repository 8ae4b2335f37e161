"""Natural values to coordinates and back, for every distribution."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbsweep.search.encoding import UNKNOWN_CATEGORY, Axis, Encoding
from nbsweep.space.search_space import (
    Beta,
    Categorical,
    Constant,
    Distribution,
    IntUniform,
    InvLogUniform,
    LogNormal,
    LogUniform,
    Normal,
    Parameter,
    SearchSpace,
    Uniform,
)
from tests.space.strategies import SEARCHED

EVERYTHING = SearchSpace.of(
    {(f"p{i:02d}",): law for i, law in enumerate(SEARCHED)} | {("fixed", "seed"): Constant(7)}
)


def axis(law: Distribution) -> Axis:
    return Axis.of(Parameter(("p",), "p", law))


@given(u=st.lists(st.floats(0.0, 1.0), min_size=len(SEARCHED), max_size=len(SEARCHED)))
def test_every_point_decodes_to_params_of_the_space_and_back(u):
    encoding = Encoding(EVERYTHING)
    point = encoding.from_probabilities(np.array([u]))[0]
    params = encoding.decode(point)
    assert EVERYTHING.contains(params)
    again, fits = encoding.encode(params)
    assert fits
    assert encoding.encode(encoding.decode(again))[0] == pytest.approx(again, abs=1e-9)
    finite = ~encoding.is_continuous
    np.testing.assert_array_equal(again[finite], encoding.snap(point[None, :])[0, finite])


@given(x=st.lists(st.floats(-0.2, 1.2), min_size=len(SEARCHED), max_size=len(SEARCHED)))
def test_snap_is_inside_and_idempotent(x):
    encoding = Encoding(EVERYTHING)
    snapped = encoding.snap(np.array([x]))
    np.testing.assert_array_equal(encoding.snap(snapped), snapped)
    assert EVERYTHING.contains(encoding.decode(snapped[0]))


def test_decoded_params_hold_constants_and_plain_python_values():
    encoding = Encoding(EVERYTHING)
    params = encoding.decode(encoding.sample(1, np.random.default_rng(0))[0])
    assert list(params) == [parameter.name for parameter in EVERYTHING]
    assert params["fixed.seed"] == 7
    plain = (int, float, bool, str, list, dict, type(None))
    assert all(type(value) in plain for value in params.values())


def test_lists_of_numbers_are_ordered_and_others_are_categories():
    numbers = axis(Categorical((512, 128, 256)))
    assert not numbers.is_category
    assert numbers.values == (128, 256, 512)
    np.testing.assert_allclose(numbers.coordinates, [1 / 6, 3 / 6, 5 / 6])
    assert axis(Categorical((1, "auto"))).is_category
    assert axis(Categorical((True, False))).is_category


def test_falsy_values_stay_apart():
    """W&B's own encoding maps all of these to one coordinate."""
    found = axis(Categorical((False, None, "", 0, [])))
    assert len({found.encode(value)[0] for value in (False, None, "", 0, [])}) == 5


def test_samples_follow_the_probabilities():
    law = Categorical(("a", "b", "c"), (0.1, 0.7, 0.2))
    encoding = Encoding(SearchSpace.of({("p",): law}))
    x = encoding.sample(4000, np.random.default_rng(0))[:, 0]
    shares = np.bincount(x.astype(int)) / 4000
    np.testing.assert_allclose(shares, [0.1, 0.7, 0.2], atol=0.03)


@pytest.mark.parametrize("law", [LogUniform(1.0, 8.0, q=1.0), Uniform(0.0, 1.0, q=0.3)])
def test_samples_of_a_grid_follow_its_distribution(law):
    encoding = Encoding(SearchSpace.of({("p",): law}))
    u = (np.arange(2000) + 0.5) / 2000
    drawn = [encoding.decode(x) for x in encoding.from_probabilities(u[:, None])]
    expected = [law.quantile(value) for value in u]
    assert np.mean([a["p"] == b for a, b in zip(drawn, expected, strict=True)]) > 0.99


def test_a_value_of_probability_zero_is_never_proposed():
    found = axis(Categorical((1, 2, 3), (0.2, 0.0, 0.8)))
    assert found.values == (1, 3)


def test_values_that_no_longer_fit_are_taken_as_far_as_they_go():
    numbers = axis(Categorical((100, 200, 400)))
    assert numbers.encode(300) == (pytest.approx((0.5 + 5 / 6) / 2), False)
    assert numbers.encode(1000) == (pytest.approx(5 / 6), False)
    assert numbers.encode("many") == (0.5, False)
    assert axis(Categorical(("a", "b"))).encode("z") == (UNKNOWN_CATEGORY, False)
    assert axis(Uniform(0.0, 1.0)).encode(5.0) == (1.0, False)
    assert axis(LogUniform(0.1, 1.0)).encode(-5.0) == (0.0, False)
    assert axis(Uniform(0.0, 1.0)).encode(None) == (0.5, False)
    assert axis(Uniform(0.0, 1.0)).encode(math.nan) == (0.5, False)
    assert axis(IntUniform(1, 10)).encode(99) == (pytest.approx(0.95), False)


def test_missing_params_do_not_fit():
    encoding = Encoding(
        SearchSpace.of({("a",): Uniform(0.0, 1.0), ("b",): Categorical(("x", "y"))})
    )
    x, fits = encoding.encode({"a": 0.25})
    assert not fits
    np.testing.assert_array_equal(x, [0.25, UNKNOWN_CATEGORY])


def test_unbounded_axes_end_before_infinity():
    found = axis(Normal(0.0, 1.0))
    assert abs(found.decode(0.0)) < 3.2
    assert abs(found.decode(1.0)) < 3.2


def test_enumerate_lists_every_point_once():
    space = SearchSpace.of({("a",): IntUniform(1, 3), ("b",): Categorical(("x", "y"))})
    encoding = Encoding(space)
    found = {tuple(encoding.decode(x).values()) for x in encoding.enumerate()}
    assert encoding.size == 6
    assert found == {(a, b) for a in (1, 2, 3) for b in "xy"}


def test_decoded_lists_are_fresh():
    law = Categorical(([1, 2], [3]))
    encoding = Encoding(SearchSpace.of({("p",): law}))
    encoding.decode(np.array([0.0]))["p"].append(9)
    assert encoding.decode(np.array([0.0])) == {"p": [1, 2]}


def test_axes_bend_only_where_nobody_chose_the_spacing():
    laws = {
        "uniform": Uniform(0.0, 0.1),
        "steps": Uniform(0.0, 0.5, q=0.1),
        "fine_steps": Uniform(0.0, 1.0, q=1e-4),
        "integers": IntUniform(1, 500),
        "normal": Normal(0.0, 1.0),
        "beta": Beta(2.0, 2.0),
        "log": LogUniform(1e-5, 1.0),
        "log_normal": LogNormal(-5.0, 2.0),
        "inverse_log": InvLogUniform(1.0, 10.0),
        "list": Categorical((1, 2, 50)),
        "names": Categorical(("a", "b")),
    }
    encoding = Encoding(SearchSpace.of({(name,): law for name, law in laws.items()}))
    bends = {a.name for a, may in zip(encoding.axes, encoding.may_bend, strict=True) if may}
    assert bends == {"uniform", "steps", "fine_steps", "integers", "normal", "beta"}
