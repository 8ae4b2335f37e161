"""Bent axes: monotone, straight at the centre of the prior, derivatives as they should be."""

from __future__ import annotations

import numpy as np
import pytest

from nbsweep.search.warp import unwarp, warp, warp_by_parameter, warp_slope

X = np.linspace(0.0, 1.0, 101)
INSIDE = X[1:-1]
BENT = [-8.0, -2.5, -1e-3, 1e-3, 0.4, 5.0, 8.0]


@pytest.mark.parametrize("t", [*BENT, 0.0, 1e-9, -1e-9])
def test_an_axis_is_mapped_onto_itself_in_order(t):
    w = warp(X, np.array(t))
    assert w[0] == 0.0
    assert w[-1] == pytest.approx(1.0, abs=1e-14)
    assert np.all(np.diff(w) > 0.0)


@pytest.mark.parametrize("t", [0.0, 1e-9, -1e-9])
def test_an_axis_is_straight_at_the_centre_of_the_prior(t):
    np.testing.assert_allclose(warp(X, np.array(t)), X, atol=2e-7)
    np.testing.assert_allclose(warp_slope(X, np.array(t)), 1.0, atol=1e-6)
    np.testing.assert_allclose(warp_by_parameter(X, np.array(t)), X * (1.0 - X) / 2, atol=1e-6)


def test_a_positive_parameter_is_a_logarithmic_scale_from_the_lower_end():
    """Beyond e⁻ᵗ equal factors are equal steps: from 1 % to 10 % as far as from 10 % to 100 %."""
    w = warp(np.array([0.01, 0.1, 1.0]), np.array(14.0))
    np.testing.assert_allclose(np.diff(w), np.log(10.0) / 14.0, rtol=1e-3)


@pytest.mark.parametrize("t", BENT)
def test_the_other_sign_is_the_other_end(t):
    np.testing.assert_allclose(warp(1.0 - X, np.array(-t)), 1.0 - warp(X, np.array(t)), atol=1e-12)


@pytest.mark.parametrize("t", [*BENT, 0.0])
def test_unwarp_leads_back_and_never_beyond_an_end(t):
    back = unwarp(warp(X, np.array(t)), np.array(t))
    np.testing.assert_allclose(back, X, atol=1e-12)
    assert back.min() >= 0.0
    assert back.max() <= 1.0


@pytest.mark.parametrize("t", BENT)
def test_slopes_equal_finite_differences(t):
    step, bend = 1e-6, np.array(t)
    by_x = (warp(INSIDE + step, bend) - warp(INSIDE - step, bend)) / (2 * step)
    np.testing.assert_allclose(warp_slope(INSIDE, bend), by_x, rtol=1e-5)
    by_t = (warp(INSIDE, bend + step) - warp(INSIDE, bend - step)) / (2 * step)
    np.testing.assert_allclose(warp_by_parameter(INSIDE, bend), by_t, rtol=1e-5, atol=1e-9)


def test_each_axis_has_its_own_parameter():
    x, t = np.array([[0.1, 0.2], [0.3, 0.4]]), np.array([3.0, 0.0])
    w = warp(x, t)
    np.testing.assert_array_equal(w[:, 0], warp(x[:, 0], np.array(3.0)))
    np.testing.assert_allclose(w[:, 1], x[:, 1], atol=2e-7)
