"""The metric as the surrogate sees it: robust, affine-invariant, invertible."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbsweep.search.targets import TargetTransform, grain, inverse_yeo_johnson, yeo_johnson

SAMPLE = np.random.default_rng(0).gamma(1.5, size=40)


@given(z=st.floats(-50.0, 50.0), power=st.sampled_from([-1.0, -0.5, 0.0, 0.3, 1.0, 2.0]))
def test_yeo_johnson_can_be_undone(z, power):
    there = yeo_johnson(np.array([z]), power)
    assert inverse_yeo_johnson(there, power)[0] == pytest.approx(z, rel=1e-6, abs=1e-6)


def test_power_one_changes_nothing():
    z = np.linspace(-3, 3, 7)
    np.testing.assert_allclose(yeo_johnson(z, 1.0), z)


def test_targets_are_standardised_in_order_and_invertible():
    transform = TargetTransform.of(SAMPLE)
    targets = transform.forward(SAMPLE)
    assert targets.mean() == pytest.approx(0.0, abs=1e-9)
    assert targets.std() == pytest.approx(1.0)
    np.testing.assert_array_equal(np.argsort(targets), np.argsort(SAMPLE))
    np.testing.assert_allclose(transform.inverse(targets), SAMPLE, rtol=1e-6)


@pytest.mark.parametrize(("factor", "shift"), [(1e6, 0.0), (1e-6, 0.0), (3.0, 1e3)])
def test_an_affine_change_gives_the_same_targets(factor, shift):
    changed = factor * SAMPLE + shift
    np.testing.assert_allclose(
        TargetTransform.of(changed).forward(changed),
        TargetTransform.of(SAMPLE).forward(SAMPLE),
        atol=1e-8,
    )


def test_one_diverged_loss_does_not_flatten_the_others():
    with_outlier = np.append(SAMPLE, 1e9)
    targets = TargetTransform.of(with_outlier).forward(with_outlier)
    assert np.ptp(targets[:-1]) > 2.0
    assert targets[-1] < 4.0


def test_decades_are_told_apart_near_the_best():
    values = 10.0 ** np.linspace(-4, 4, 33)
    targets = TargetTransform.of(values).forward(values)
    assert targets[8] - targets[0] > 0.005  # 1e-4 to 1e-2
    assert np.all(np.diff(targets[:20]) > 0)


@pytest.mark.parametrize("value", [0.0, -3.0, 1e300, 1e-320])
def test_constant_values_are_known_as_such(value):
    transform = TargetTransform.of(np.full(5, value))
    assert transform.is_constant
    np.testing.assert_array_equal(transform.forward(np.full(3, value)), np.zeros(3))
    np.testing.assert_array_equal(transform.inverse(np.zeros(2)), np.full(2, value))


def test_huge_values_of_either_sign_stay_finite():
    values = np.array([-1e308, 0.0, 1e308, 5e307])
    with np.errstate(all="ignore"):
        targets = TargetTransform.of(values).forward(values)
    assert np.all(np.isfinite(targets))
    assert np.ptp(targets) > 0


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0.5], 0.0),
        ([0.1, 0.2, 0.3], 0.0),
        ([0.1, 0.1, 0.1], 0.0),
        ([0.2, 0.1, 0.1, 0.7], 0.1),
        ([-0.98, -0.98 + 1e-16, -0.97, -0.96, -0.3, -0.2], 0.01),
        ([0.1, 0.2, 0.2, 0.2], 0.0),
    ],
    ids=["one", "all differ", "constant", "tied", "last digit", "only the bad are tied"],
)
def test_grain_is_the_step_of_a_metric_that_ties_at_its_best(values, expected):
    assert grain(np.array(values)) == pytest.approx(expected)


def test_grain_scales_with_the_metric():
    values = np.round(SAMPLE, 1)
    assert grain(3.0 * values) == pytest.approx(3.0 * grain(values))
