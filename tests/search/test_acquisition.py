"""Expected improvement against integration and finite differences, near and far."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad

from nbsweep.search.acquisition import (
    log_expected_improvement,
    log_expected_improvement_slopes,
    log_h,
    log_mean_exp,
    log_novelty,
    log_probability_below,
)


@pytest.mark.parametrize(
    ("mean", "sd", "best_f"), [(0.0, 1.0, 0.0), (1.0, 0.5, 0.2), (-2.0, 0.3, 0.0), (0.4, 2.0, -1.0)]
)
def test_expected_improvement_equals_its_integral(mean, sd, best_f):
    def integrand(f: float) -> float:
        density = math.exp(-0.5 * ((f - mean) / sd) ** 2) / (sd * math.sqrt(2 * math.pi))
        return (best_f - f) * density

    expected, _ = quad(integrand, mean - 12 * sd, best_f)
    found = log_expected_improvement(np.array([mean]), np.array([sd]), best_f)
    assert math.exp(found[0]) == pytest.approx(expected, rel=1e-6)


def test_log_h_is_smooth_over_its_branches():
    for border in (-1.0, -1e3, -1e5):
        z = border * np.array([1 - 1e-7, 1 + 1e-7])
        values = log_h(z)
        # The slope is about |z|, so this is what a smooth function may change by.
        assert abs(values[1] - values[0]) < 3e-7 * border**2 + 1e-6


def test_log_h_far_below_follows_its_asymptote():
    z = np.array([-1e4, -1e8])
    expected = -0.5 * z * z - 0.5 * math.log(2 * math.pi) - 2 * np.log(-z)
    np.testing.assert_allclose(log_h(z), expected, rtol=1e-7)


@given(z=st.floats(-1e9, 1e4))
def test_log_h_is_finite_everywhere(z):
    assert math.isfinite(log_h(np.array([z]))[0])


@given(z=st.floats(-1e3, 30.0), sd=st.floats(0.05, 10.0))
def test_slopes_equal_finite_differences(z, sd):
    mean = np.array([-z * sd])
    spread = np.array([sd])
    step = 1e-6 * sd
    _, by_mean, by_sd = log_expected_improvement_slopes(mean, spread, 0.0)
    difference = log_expected_improvement(mean + step, spread, 0.0) - log_expected_improvement(
        mean - step, spread, 0.0
    )
    assert by_mean[0] == pytest.approx(difference[0] / (2 * step), rel=1e-3, abs=1e-6)
    difference = log_expected_improvement(mean, spread + step, 0.0) - log_expected_improvement(
        mean, spread - step, 0.0
    )
    assert by_sd[0] == pytest.approx(difference[0] / (2 * step), rel=1e-3, abs=1e-6)


def test_improvement_far_away_still_has_a_slope():
    value, by_mean, by_sd = log_expected_improvement_slopes(np.array([1e4]), np.array([1.0]), 0.0)
    assert value[0] < -1e7
    assert by_mean[0] == pytest.approx(-1e4, rel=1e-3)
    assert by_sd[0] > 0


def test_log_mean_exp_neither_over_nor_underflows():
    mean, weights = log_mean_exp(np.array([[-1000.0, -1000.0], [800.0, 0.0]]))
    np.testing.assert_allclose(mean, [-1000.0, 800.0 - math.log(2)])
    np.testing.assert_allclose(weights, [[0.5, 0.5], [1.0, 0.0]])


def test_log_probability_below_and_its_slopes():
    value, by_mean, by_sd = log_probability_below(np.array([0.3]), np.array([0.7]), 0.1)
    assert math.exp(value[0]) == pytest.approx(0.5 * math.erfc(0.2 / 0.7 / math.sqrt(2)))
    step = 1e-6
    up, down = (
        log_probability_below(np.array([0.3 + e]), np.array([0.7]), 0.1)[0] for e in (step, -step)
    )
    assert by_mean[0] == pytest.approx((up - down)[0] / (2 * step), rel=1e-5)
    up, down = (
        log_probability_below(np.array([0.3]), np.array([0.7 + e]), 0.1)[0] for e in (step, -step)
    )
    assert by_sd[0] == pytest.approx((up - down)[0] / (2 * step), rel=1e-5)


def test_novelty_is_one_without_noise_and_vanishes_where_all_is_known():
    value, _ = log_novelty(np.array([1.0, 1e-4]), 1e-10)
    assert value[0] == pytest.approx(0.0, abs=1e-4)
    value, _ = log_novelty(np.array([1.0, 1e-4]), 1.0)
    assert math.exp(value[0]) == pytest.approx(1 - 1 / math.sqrt(2))
    assert math.exp(value[1]) == pytest.approx(0.5e-8, rel=1e-3)


def test_slope_of_novelty_equals_finite_differences():
    sd = np.array([0.01, 0.3, 2.0])
    _, slope = log_novelty(sd, 0.09)
    difference = log_novelty(sd + 1e-7, 0.09)[0] - log_novelty(sd - 1e-7, 0.09)[0]
    np.testing.assert_allclose(slope, difference / 2e-7, rtol=1e-5)
