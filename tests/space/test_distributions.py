"""Every distribution: its values, quantiles, cdf, support and grid agree with each other."""

import math
import pickle

import pytest
from hypothesis import example, given
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
    same_value,
)
from tests.space.strategies import (
    continuous,
    discrete,
    distributions,
    stepped,
    unbounded_steps,
)

PLAIN_TYPES = (type(None), bool, int, float, str, list, dict)

units = st.floats(0.0, 1.0)


@given(distributions, units)
def test_every_quantile_is_a_plain_value_that_the_distribution_contains(distribution, u):
    value = distribution.quantile(u)
    assert type(value) in PLAIN_TYPES
    assert distribution.contains(value)
    if distribution.support is not None and not isinstance(distribution, (Categorical, Constant)):
        assert value in distribution.support
    if distribution.bounds is not None:
        low, high = distribution.bounds
        assert low <= value <= high
    if distribution.is_log:
        assert value > 0


@given(distributions)
def test_the_ends_of_u_give_the_ends_of_the_support(distribution):
    if distribution.support is None:
        low, high = distribution.quantile(0.0), distribution.quantile(1.0)
        assert math.isfinite(low)
        assert math.isfinite(high)
        assert low <= high
    elif not isinstance(distribution, Categorical):
        assert same_value(distribution.quantile(0.0), distribution.support[0])
        assert same_value(distribution.quantile(1.0), distribution.support[-1])


@given(discrete, st.data())
def test_the_cdf_of_a_value_in_a_finite_support_leads_back_to_it(distribution, data):
    support = distribution.support
    value = support[data.draw(st.integers(0, len(support) - 1))]
    assert 0.0 < distribution.cdf(value) < 1.0
    assert same_value(distribution.quantile(distribution.cdf(value)), value)


@given(unbounded_steps, st.floats(0.001, 0.999))
def test_the_cdf_of_a_likely_multiple_of_q_leads_back_to_it(distribution, u):
    value = distribution.quantile(u)
    assert distribution.quantile(distribution.cdf(value)) == value


@example(LogUniform(0.001, 0.0010000000000000002), 0.5)
@given(continuous, st.floats(0.001, 0.999))
def test_cdf_and_quantile_are_inverse_where_values_are_continuous(distribution, u):
    value = distribution.quantile(u)
    low, high = distribution.quantile(0.0), distribution.quantile(1.0)
    # Where limits are close, floats between them are few.
    resolution = 1e-9 + 1e-14 * max(abs(low), abs(high)) / (high - low)
    assert distribution.cdf(value) == pytest.approx(u, abs=resolution)


@given(st.one_of(continuous, stepped(), unbounded_steps), units, units)
def test_quantiles_of_numbers_never_fall(distribution, u, v):
    assert distribution.quantile(min(u, v)) <= distribution.quantile(max(u, v))


@given(distributions)
def test_distributions_are_values(distribution):
    distribution.quantile(0.5)  # whatever it keeps for later takes no part
    restored = pickle.loads(pickle.dumps(distribution))
    assert restored == distribution
    assert hash(restored) == hash(distribution)
    assert distribution.kind


@pytest.mark.parametrize(
    ("distribution", "kind"),
    [
        (Constant(1), "constant"),
        (Categorical((1,)), "categorical"),
        (Categorical((1,), (1.0,)), "categorical_w_probabilities"),
        (IntUniform(0, 1), "int_uniform"),
        (Uniform(0, 1), "uniform"),
        (Uniform(0, 1, 1), "q_uniform"),
        (LogUniform(1, 2), "log_uniform_values"),
        (LogUniform(1, 2, 1), "q_log_uniform_values"),
        (InvLogUniform(1, 2), "inv_log_uniform_values"),
        (Normal(), "normal"),
        (Normal(q=1), "q_normal"),
        (LogNormal(), "log_normal"),
        (LogNormal(q=1), "q_log_normal"),
        (Beta(), "beta"),
        (Beta(q=1), "q_beta"),
    ],
)
def test_kind_is_the_name_that_wandb_uses(distribution, kind):
    assert distribution.kind == kind


def test_steps_stay_inside_the_limits_at_multiples_of_q():
    distribution = Uniform(1, 10, 4)
    assert list(distribution.support) == [4, 8]
    assert distribution.bounds == (4, 8)
    assert [distribution.quantile(u) for u in (0.0, 0.3, 0.5, 0.7, 1.0)] == [4, 4, 4, 8, 8]
    assert [distribution.contains(value) for value in (0, 4, 8, 12)] == [False, True, True, False]


def test_the_points_of_a_grid_belong_to_the_distribution():
    """W&B's grid counts from min, its draws round to multiples of q; both can occur."""
    distribution = Uniform(1, 10, 4)
    assert list(distribution.grid) == [1, 5, 9]
    assert all(distribution.contains(value) for value in distribution.grid)
    assert not distribution.contains(7)


def test_rounding_is_half_to_even_as_in_wandb():
    distribution = Uniform(0, 10, 1)
    assert [distribution.quantile(u) for u in (0.05, 0.15, 0.25, 0.35)] == [0, 2, 2, 4]


@pytest.mark.parametrize(
    ("distribution", "type_"),
    [
        (Uniform(0, 10, 1), int),
        (Uniform(0.0, 10.0, 2.0), int),
        (LogUniform(32, 256, 8), int),
        (Normal(0.5, 2.0, 1), int),
        (Uniform(0, 10, 0.5), float),
        (Uniform(0, 10), float),
        (LogUniform(1, 10), float),
        (IntUniform(0, 10), int),
    ],
)
def test_whole_steps_are_ints_and_all_else_is_float(distribution, type_):
    assert {type(distribution.quantile(u)) for u in (0.0, 0.1, 0.5, 0.9, 1.0)} == {type_}


def test_decimal_steps_have_no_stray_digits():
    assert [Uniform(0, 1, 0.3).quantile(u) for u in (0.3, 0.6, 0.9)] == [0.3, 0.6, 0.9]
    assert list(Uniform(0, 0.7, 0.1).support)[-1] == 0.7


def test_quantiles_are_those_of_the_law():
    assert Uniform(-1, 3).quantile(0.25) == 0.0
    assert LogUniform(1e-4, 1.0).quantile(0.5) == pytest.approx(1e-2)
    assert InvLogUniform(1e-4, 1.0).quantile(0.25) == pytest.approx(1e-3)
    assert Normal(10, 2).quantile(0.975) == pytest.approx(10 + 2 * 1.959963984540054)
    assert LogNormal(1, 2).quantile(0.5) == pytest.approx(math.e)
    assert Beta(2, 2).quantile(0.5) == pytest.approx(0.5)
    assert Beta(1, 3).quantile(0.3) == pytest.approx(1 - 0.7 ** (1 / 3))
    assert [IntUniform(1, 4).quantile(u) for u in (0.0, 0.25, 0.26, 1.0)] == [1, 1, 2, 4]


def test_tails_of_the_normal_keep_their_digits():
    assert Normal().cdf(-7.0) == pytest.approx(1.2798125438858352e-12, rel=1e-12)
    assert Normal().quantile(0.0) == pytest.approx(-8.2, abs=0.1)
    assert Normal().quantile(1.0) == pytest.approx(8.2, abs=0.1)


def test_limits_further_apart_than_any_float():
    distribution = Uniform(-1.7e308, 1.7e308)
    assert distribution.quantile(0.5) == 0.0
    assert distribution.cdf(0.0) == 0.5
    assert distribution.quantile(1.0) == 1.7e308


def test_numbers_outside_the_limits_are_at_the_ends_of_the_cdf():
    for distribution in (Uniform(0, 1), LogUniform(0.1, 1), Beta(), IntUniform(0, 1)):
        assert distribution.cdf(-5) == 0.0
        assert distribution.cdf(math.inf) == 1.0
    assert LogNormal().cdf(-1.0) == 0.0


def test_a_number_between_the_steps_keeps_its_place_in_the_cdf():
    assert Uniform(0, 10, 5).cdf(2.0) == pytest.approx(0.2)


@pytest.mark.parametrize("value", ["0.5", None, True, math.nan, [1]])
@pytest.mark.parametrize("distribution", [Uniform(0, 1), IntUniform(0, 1), Normal(q=1), Beta()])
def test_what_is_not_a_number_has_no_place_among_numbers(distribution, value):
    assert not distribution.contains(value)
    with pytest.raises(ValueError, match="is not a number"):
        distribution.cdf(value)


def test_huge_numbers_are_outside_and_no_error():
    for distribution in (Uniform(0, 1, 0.1), Normal(q=0.1), LogNormal(q=1e-5), IntUniform(0, 1)):
        assert not distribution.contains(1e308 * (1 + 1e-9)) or distribution.support is None
        assert not distribution.contains(math.inf)
    assert not IntUniform(0, 1).contains(0.5)


def test_whole_floats_are_integers():
    assert IntUniform(0, 10).contains(3.0)


def test_an_unknown_category_has_no_place():
    with pytest.raises(ValueError, match=r"'c' is not one of \['a', 'b'\]"):
        Categorical(("a", "b")).cdf("c")
    with pytest.raises(ValueError, match="2 is not the constant 1"):
        Constant(1).cdf(2)


def test_categories_tell_true_from_one_and_know_nan():
    distribution = Categorical((True, 1, math.nan, None))
    assert [distribution.cdf(value) for value in (True, 1.0, math.nan, None)] == [
        0.125,
        0.375,
        0.625,
        0.875,
    ]
    assert not distribution.contains(False)


def test_listed_values_keep_their_order_and_count_once():
    distribution = Categorical((512, 128, 256, 128))
    assert list(distribution.support) == list(distribution.grid) == [512, 128, 256]
    assert distribution.bounds == (128, 512)
    assert [distribution.quantile(u) for u in (0.1, 0.3, 0.6, 0.9)] == [512, 128, 256, 128]


def test_values_of_probability_zero_are_never_drawn():
    distribution = Categorical(("a", "b", "c", "d"), (0.0, 0.5, 0.5, 0.0))
    assert list(distribution.support) == ["b", "c"]
    assert [distribution.quantile(u) for u in (0.0, 0.49, 0.5, 1.0)] == ["b", "b", "c", "c"]
    assert not distribution.contains("d")
    assert distribution.grid is None


@pytest.mark.parametrize(
    "listed",
    [
        (128, 256, 512),
        (512, 128, 256),
        (0.1, 0.01, 0.001),
        (1, 2, 5, 10, 20, 50),
        (0.001, 0.005, 0.01, 0.05, 0.1),
        (1e-5, 1e-2),
    ],
)
def test_values_with_even_ratios_are_logarithmic(listed):
    assert Categorical(listed).is_log


@pytest.mark.parametrize(
    "listed",
    [(1, 2, 3), (32, 64, 96, 128), (0, 1, 10, 100), (-1, 1), (1, 2), (3,), (0.5, 0.9, 0.99)],
)
def test_other_numbers_are_linear(listed):
    assert Categorical(listed).is_numeric
    assert not Categorical(listed).is_log


@pytest.mark.parametrize("listed", [("a", "b"), (1, "2"), (1, True), (1, None), (1, math.nan)])
def test_values_that_are_not_all_numbers_have_no_axis(listed):
    distribution = Categorical(listed)
    assert not distribution.is_numeric
    assert not distribution.is_log
    assert distribution.bounds is None


def test_only_positive_laws_are_logarithmic():
    logarithmic = [LogUniform(1, 2), LogUniform(1, 9, 2), InvLogUniform(1, 2), LogNormal()]
    assert all(distribution.is_log for distribution in logarithmic)
    # Rounding gives 0 among its values, which no logarithmic axis can show.
    assert LogNormal(q=1).contains(0)
    assert not LogNormal(q=1).is_log
    assert not LogNormal().contains(0.0)


def test_which_distributions_a_grid_can_visit():
    finite = [Constant(1), Categorical((1, 2)), IntUniform(1, 3), Uniform(0, 1, 0.5)]
    assert all(distribution.grid is not None for distribution in finite)
    others = [Uniform(0, 1), LogUniform(1, 8, 2), Normal(q=1), Beta(q=1), Normal()]
    assert all(distribution.grid is None for distribution in others)


def test_drawn_lists_can_be_changed_without_harm():
    distribution = Categorical(([1], [2]))
    distribution.quantile(0.1).append(9)
    assert distribution.quantile(0.1) == [1]
    constant = Constant({"a": []})
    constant.quantile(0.5)["a"].append(1)
    assert constant.quantile(0.5) == {"a": []}


@given(st.integers(-5, 5), st.integers(1, 400), st.sampled_from([0.1, 0.3, 0.25, 1, 1e-3]))
def test_steps_are_counted_right_whatever_floats_make_of_the_limits(start, count, q):
    """0.1 * 3 is 0.30000000000000004, and 0.7 / 0.1 is 6.999999999999999."""
    distribution = Uniform(start * q, (start + count) * q, q)
    assert len(distribution.grid) == count
    assert len(distribution.support) == count + 1
    assert distribution.grid[0] == distribution.support[0] == pytest.approx(start * q)


@pytest.mark.parametrize(
    ("law", "text"),
    [
        (Constant("adam"), 'always "adam"'),
        (Categorical(("adam", "sgd")), '"adam", "sgd"'),
        (Categorical(tuple(range(9))), "0, 1, 2, 3, 4, 5 and 3 more"),
        (IntUniform(1, 6), "1 to 6"),
        (Uniform(0.0, 1.0, 0.1), "0 to 1 in steps of 0.1"),
        (LogUniform(1e-5, 0.1), "1e-05 to 0.1, log"),
        (Normal(0.0, 2.0), "normal, mu 0, sigma 2"),
        (LogNormal(1.0, 2.0, 5.0), "log normal, mu 1, sigma 2 in steps of 5"),
        (Beta(2.0, 5.0), "beta, a 2, b 5"),
    ],
)
def test_words_say_what_a_parameter_can_be(law, text):
    assert law.words == text


@pytest.mark.parametrize(
    ("law", "text"),
    [
        (Constant("adam"), 'it is always "adam"'),
        (Categorical(("adam", "sgd")), 'one of ["adam", "sgd"] is needed'),
        (IntUniform(1, 6), "a whole number from 1 to 6 is needed"),
        (Uniform(0.0, 1.0, 0.1), "a multiple of 0.1 from 0 to 1 is needed"),
        (LogUniform(1e-5, 0.1), "a number from 1e-05 to 0.1 is needed"),
        (Normal(0.0, 2.0, 0.5), "a multiple of 0.5 is needed"),
        (LogNormal(1.0, 2.0), "a number is needed"),
    ],
)
def test_a_requirement_says_what_a_value_has_to_be(law, text):
    assert law.requirement == text


@pytest.mark.parametrize(
    ("law", "kind"),
    [
        (Uniform(0.0, 1.0), "linear"),
        (LogUniform(0.1, 1.0), "log"),
        (Categorical((1, 2, 3)), "linear"),
        (Categorical((1, 10, 100)), "log"),
        (Categorical(("a", 1)), "category"),
        (Constant("a"), "category"),
    ],
)
def test_the_axis_of_a_law_has_a_kind(law, kind):
    assert law.axis_kind == kind


@given(distributions)
def test_every_law_says_all_that_is_asked_of_it(law):
    assert law.words
    assert law.requirement
    assert law.axis_kind in ("linear", "log", "category")
    assert law.grid is not None or 'method "random"' in law.why_no_grid
    assert law.is_constant == ("value" in law.spec)
    assert len(law.weights) == (len(law.support) if law.listed else 0)
