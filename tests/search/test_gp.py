"""The Gaussian process: kernel, fit and posterior against independent computations."""

from __future__ import annotations

import math

import numpy as np
import pytest

from nbsweep.search.gp import (
    GaussianProcess,
    Hyperparameters,
    Prior,
    fit,
    log_likelihood,
    negative_log_posterior,
    sample_hyperparameters,
)
from nbsweep.search.kernel import (
    Distances,
    Pairs,
    cholesky,
    inverse_from_cholesky,
    matern52,
    squared_differences,
)
from nbsweep.search.warp import warp


def mixed_points(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Three numeric coordinates and two categories of three."""
    rng = np.random.default_rng(seed)
    x = rng.random((n, 5))
    x[:, 3:] = rng.integers(3, size=(n, 2))
    return x, np.array([False, False, False, True, True])


def response(x: np.ndarray) -> np.ndarray:
    y = np.sin(4 * x[:, 0]) + (x[:, 1] - 0.3) ** 2 + 0.5 * (x[:, 3] == 1)
    return (y - y.mean()) / y.std()


def test_matern_equals_its_textbook_form():
    r = np.linspace(0.0, 5.0, 11)
    s = math.sqrt(5) * r
    correlation, _ = matern52(r**2)
    np.testing.assert_allclose(correlation, (1 + s + s**2 / 3) * np.exp(-s), atol=1e-14)


def test_matern_slope_is_minus_twice_its_derivative_in_the_squared_distance():
    r2 = np.linspace(0.1, 5.0, 9)
    _, slope = matern52(r2)
    step = 1e-6
    difference = (matern52(r2 + step)[0] - matern52(r2 - step)[0]) / (2 * step)
    np.testing.assert_allclose(slope, -2 * difference, rtol=1e-7)


def test_categories_are_as_far_apart_as_their_names_differ_not_as_their_indices():
    is_category = np.array([True])
    a = np.array([[0.0]])
    b = np.array([[0.0], [1.0], [7.0]])
    r2 = Distances(b, is_category, np.array([[2.0]]))(a)[0]
    np.testing.assert_allclose(r2, [[0.0, 0.25, 0.25]])


def test_both_ways_to_compute_distances_agree():
    x, is_category = mixed_points(9)
    lengthscale = np.array([0.3, 1.0, 2.0, 0.7, 1.5])
    tensor = lengthscale**-2.0 @ squared_differences(x, is_category)
    direct = Distances(x, is_category, lengthscale[None, :])(x)[0]
    np.testing.assert_allclose(tensor.reshape(9, 9), direct, atol=1e-12)


def test_inverse_from_cholesky_is_the_inverse():
    rng = np.random.default_rng(0)
    a = rng.normal(size=(6, 6))
    matrix = a @ a.T + np.eye(6)
    np.testing.assert_allclose(
        inverse_from_cholesky(cholesky(matrix)) @ matrix, np.eye(6), atol=1e-12
    )


def test_cholesky_adds_jitter_to_a_singular_matrix_and_refuses_a_negative_one():
    factor = cholesky(np.ones((3, 3)))
    np.testing.assert_allclose(factor @ factor.T, np.ones((3, 3)), atol=1e-3)
    with pytest.raises(ArithmeticError, match="not positive definite"):
        cholesky(-np.eye(3))
    with pytest.raises(ArithmeticError, match="not positive definite"):
        cholesky(np.full((2, 2), np.nan))


def test_gradient_of_the_posterior_density_equals_finite_differences():
    x, is_category = mixed_points(14)
    y = response(x)
    extra = np.where(np.arange(14) % 3 == 0, 0.1, 0.0)
    pairs = Pairs(x, is_category)
    theta = np.random.default_rng(1).normal(scale=0.5, size=7)
    _, gradient = negative_log_posterior(theta, pairs, y, extra)
    for i, step in enumerate(np.eye(7) * 1e-6):
        above, _ = negative_log_posterior(theta + step, pairs, y, extra)
        below, _ = negative_log_posterior(theta - step, pairs, y, extra)
        assert gradient[i] == pytest.approx((above - below) / 2e-6, rel=1e-5, abs=1e-6)


def test_density_equals_the_multivariate_normal():
    x, is_category = mixed_points(6)
    y = response(x)
    theta = Prior().mode(5).to_vector() + 0.1
    value, _ = negative_log_posterior(theta, Pairs(x, is_category), y, np.zeros(6))
    h = Hyperparameters.from_vector(theta)
    r2 = Distances(x, is_category, h.lengthscale[None, :])(x)[0]
    k = h.signal_variance * matern52(r2)[0] + h.noise_variance * np.eye(6)
    expected = 0.5 * y @ np.linalg.solve(k, y) + 0.5 * np.linalg.slogdet(k)[1]
    assert value == pytest.approx(expected - Prior().log_density(theta)[0])


def test_fit_finds_the_dimensions_that_matter():
    x, is_category = mixed_points(60)
    hyperparameters, _ = fit(x, response(x), is_category)
    relevant = hyperparameters.lengthscale[[0, 3]]
    assert relevant.max() < hyperparameters.lengthscale[[2, 4]].min()


def test_fit_is_no_worse_than_its_start():
    x, is_category = mixed_points(20)
    y = response(x)
    start = Hyperparameters(np.full(5, 0.2), 2.0, 0.1)
    _, value = fit(x, y, is_category, start=start)
    at_start, _ = negative_log_posterior(start.to_vector(), Pairs(x, is_category), y, np.zeros(20))
    assert value <= at_start


def test_posterior_interpolates_when_there_is_no_noise():
    x, is_category = mixed_points(20)
    y = response(x)
    gp = GaussianProcess(x, y, is_category, Hyperparameters(np.full(5, 1.0), 1.0, 1e-6))
    mean, sd = gp.posterior(x)
    np.testing.assert_allclose(mean[0], y, atol=1e-3)
    assert sd.max() < 0.01


def test_posterior_returns_to_the_prior_far_away():
    x = np.zeros((1, 1))
    gp = GaussianProcess(x, np.array([3.0]), np.array([False]), Hyperparameters(np.array([0.02])))
    mean, sd = gp.posterior(np.array([[1.0]]))
    assert mean[0, 0] == pytest.approx(0.0, abs=1e-12)
    assert sd[0, 0] == pytest.approx(1.0)


def test_leave_one_out_equals_a_posterior_without_the_point():
    x, is_category = mixed_points(9)
    y = response(x)
    extra = np.linspace(0.0, 0.3, 9)
    hyperparameters = Prior().mode(5)
    found = GaussianProcess(x, y, is_category, hyperparameters, extra).leave_one_out()
    for i in range(9):
        rest = np.arange(9) != i
        without = GaussianProcess(x[rest], y[rest], is_category, hyperparameters, extra[rest])
        assert found[0, i] == pytest.approx(without.posterior(x[i : i + 1])[0][0, 0])


def test_extra_noise_makes_a_point_count_less():
    x = np.array([[0.5]])
    plain = Hyperparameters(np.array([0.5]), 1.0, 1e-3)
    sure = GaussianProcess(x, np.array([2.0]), np.array([False]), plain)
    unsure = GaussianProcess(x, np.array([2.0]), np.array([False]), plain, np.array([1.0]))
    assert unsure.posterior(x)[0][0, 0] < 1.1 < sure.posterior(x)[0][0, 0]


def test_gradient_of_the_posterior_equals_finite_differences():
    x, is_category = mixed_points(15)
    targets = np.vstack([response(x), -response(x) + x[:, 0]])
    sets = [Hyperparameters(np.full(5, 0.8)), Hyperparameters(np.full(5, 1.7), 2.0, 0.01)]
    gp = GaussianProcess(x, targets, is_category, sets)
    points = mixed_points(4, seed=5)[0]
    _, _, mean_gradient, sd_gradient = gp.posterior_with_gradient(points)
    assert np.all(mean_gradient[:, :, 3:] == 0.0)
    assert np.all(sd_gradient[:, :, 3:] == 0.0)
    for j in range(3):
        step = np.zeros(5)
        step[j] = 1e-6
        mean_up, sd_up = gp.posterior(points + step)
        mean_down, sd_down = gp.posterior(points - step)
        np.testing.assert_allclose(mean_gradient[:, :, j], (mean_up - mean_down) / 2e-6, rtol=1e-4)
        np.testing.assert_allclose(sd_gradient[:, :, j], (sd_up - sd_down) / 2e-6, rtol=1e-4)


def test_sets_of_hyperparameters_do_not_know_of_each_other():
    x, is_category = mixed_points(12)
    y, points = response(x), mixed_points(4, seed=5)[0]
    sets = [Hyperparameters(np.full(5, 0.8)), Hyperparameters(np.full(5, 1.7), 2.0, 0.01)]
    beside = GaussianProcess(x, np.vstack([y, -y]), is_category, sets)
    for i, targets in enumerate((y, -y)):
        alone = GaussianProcess(x, targets, is_category, sets[i])
        for found, expected in zip(
            [*beside.posterior_with_gradient(points), *beside.joint(points)],
            [*alone.posterior_with_gradient(points), *alone.joint(points)],
            strict=True,
        ):
            np.testing.assert_allclose(found[i], expected[0], rtol=1e-9, atol=1e-12)


def test_joint_posterior_has_the_posterior_on_its_diagonal():
    x, is_category = mixed_points(12)
    gp = GaussianProcess(x, response(x), is_category, Hyperparameters(np.full(5, 0.8)))
    points = mixed_points(4, seed=5)[0]
    mean, sd = gp.posterior(points)
    joint_mean, covariance = gp.joint(points)
    np.testing.assert_allclose(joint_mean, mean)
    np.testing.assert_allclose(np.diag(covariance[0]), sd[0] ** 2)
    assert np.linalg.eigvalsh(covariance[0]).min() > -1e-9


@pytest.mark.parametrize("d", [1, 100])
def test_fit_survives_duplicates_and_constant_targets(d):
    x = np.repeat(np.random.default_rng(0).random((4, d)), 3, axis=0)
    hyperparameters, value = fit(x, np.zeros(12), np.zeros(d, dtype=bool))
    assert math.isfinite(value)
    assert np.all(np.isfinite(hyperparameters.lengthscale))


def test_likelihood_is_the_density_without_its_prior():
    x, is_category = mixed_points(10)
    pairs, y = Pairs(x, is_category), response(x)
    theta = Prior().mode(5).to_vector() - 0.3
    value, _ = negative_log_posterior(theta, pairs, y, np.zeros(10))
    likelihood = log_likelihood(theta, pairs, y, np.zeros(10))
    assert likelihood == pytest.approx(-value - Prior().log_density(theta)[0])


def test_draws_of_hyperparameters_follow_the_posterior_where_it_is_known():
    """Targets of zero and a huge extra noise say nothing: the draws follow the prior."""
    x, is_category = mixed_points(3)
    prior = Prior(lengthscale_log_sd=0.3, signal_log_sd=0.3, noise_log_sd=0.3)
    drawn = sample_hyperparameters(
        x,
        np.zeros(3),
        is_category,
        prior.mode(5),
        400,
        np.random.default_rng(0),
        np.full(3, 1e6),
        prior,
    )
    theta = np.array([h.to_vector() for h in drawn])
    np.testing.assert_allclose(theta.mean(axis=0), prior.mode(5).to_vector(), atol=0.08)
    np.testing.assert_allclose(theta.std(axis=0), prior.log_sd(5), rtol=0.2)


def test_draws_of_hyperparameters_are_plausible_and_differ():
    x, is_category = mixed_points(25)
    y = response(x)
    best, value = fit(x, y, is_category)
    rng = np.random.default_rng(0)
    drawn = sample_hyperparameters(x, y, is_category, best, 6, rng)
    pairs = Pairs(x, is_category)
    for h in drawn:
        assert -log_likelihood(h.to_vector(), pairs, y, np.zeros(25)) < value + 40.0
    assert len({h.noise_variance for h in drawn}) == 6


BENDING = Prior(bend_sd=(2.0, 0.0, 2.0, 0.0, 0.0))  # the second coordinate stays straight


def bent_theta(rng: np.random.Generator) -> np.ndarray:
    theta = rng.normal(scale=0.5, size=12)
    theta[7:] = [2.5, 0.0, -3.0, 0.0, 0.0]
    return theta


def test_gradient_of_the_posterior_density_by_the_bends_equals_finite_differences():
    x, is_category = mixed_points(14)
    y, pairs = response(x), Pairs(x, is_category)
    theta = bent_theta(np.random.default_rng(1))
    value, gradient = negative_log_posterior(theta, pairs, y, np.zeros(14), BENDING)
    assert np.all(np.isfinite(gradient))
    likelihood = log_likelihood(theta, pairs, y, np.zeros(14))
    assert likelihood == pytest.approx(-value - BENDING.log_density(theta)[0])
    for i, step in enumerate(np.eye(12)[[*range(8), 9]] * 1e-6):
        above, _ = negative_log_posterior(theta + step, pairs, y, np.zeros(14), BENDING)
        below, _ = negative_log_posterior(theta - step, pairs, y, np.zeros(14), BENDING)
        expected = gradient[[*range(8), 9]][i]
        assert expected == pytest.approx((above - below) / 2e-6, rel=1e-5, abs=1e-6)


def test_a_process_on_bent_axes_is_one_on_points_that_were_bent_before():
    x, is_category = mixed_points(20)
    at, _ = mixed_points(6, seed=3)
    bent = Hyperparameters.from_vector(bent_theta(np.random.default_rng(2)), 5)
    straight = Hyperparameters(bent.lengthscale, bent.signal_variance, bent.noise_variance)
    gp = GaussianProcess(x, response(x), is_category, [bent, straight])

    def moved(points: np.ndarray) -> np.ndarray:
        out = points.copy()
        for j in (0, 2):
            out[:, j] = warp(points[:, j], bent.bend[j])
        return out

    before = GaussianProcess(moved(x), response(x), is_category, straight)
    for found, expected in zip(gp.posterior(at), before.posterior(moved(at)), strict=True):
        np.testing.assert_allclose(found[0], expected[0], rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(gp.joint(at)[1][0], before.joint(moved(at))[1][0], atol=1e-8)
    plain = GaussianProcess(x, response(x), is_category, straight)
    np.testing.assert_allclose(gp.posterior(at)[0][1], plain.posterior(at)[0][0], rtol=1e-5)
    r2 = Pairs(x, is_category).squared(bent.lengthscale**-2.0, bent.bend)
    direct = bent.lengthscale**-2.0 @ squared_differences(moved(x), is_category)
    np.testing.assert_allclose(r2, direct.reshape(20, 20), atol=1e-6)


def test_gradient_of_the_posterior_on_bent_axes_equals_finite_differences():
    x, is_category = mixed_points(20)
    at, _ = mixed_points(4, seed=5)
    sets = [
        Hyperparameters.from_vector(bent_theta(np.random.default_rng(2)), 5),
        Hyperparameters(np.full(5, 0.8), bend=np.zeros(5)),
    ]
    gp = GaussianProcess(x, response(x), is_category, sets)
    _, _, mean_gradient, sd_gradient = gp.posterior_with_gradient(at)
    assert not mean_gradient[:, :, 3:].any()
    for j in range(3):
        step = np.eye(5)[j] * 1e-6
        (above, sd_above), (below, sd_below) = gp.posterior(at + step), gp.posterior(at - step)
        np.testing.assert_allclose(mean_gradient[:, :, j], (above - below) / 2e-6, atol=1e-5)
        np.testing.assert_allclose(sd_gradient[:, :, j], (sd_above - sd_below) / 2e-6, atol=1e-5)


def test_fit_bends_the_axis_whose_response_is_on_a_log_scale_and_no_other():
    rng = np.random.default_rng(0)
    x = rng.random((40, 2))
    x[20:, 0] *= 0.03  # where the best runs are
    y = np.square(np.log10(x[:, 0] + 1e-4) + 2.5) + 4.0 * np.square(x[:, 1] - 0.4)
    y = (y - y.mean()) / y.std()
    numeric, prior = np.array([False, False]), Prior(bend_sd=(2.0, 2.0))
    low, value = fit(x, y, numeric, prior=prior)
    assert low.bend[0] > 4.0
    assert abs(low.bend[1]) < 1.0
    assert value < fit(x, y, numeric)[1] - 5.0
    high, _ = fit(1.0 - x, y, numeric, prior=prior)
    np.testing.assert_allclose(high.bend, -low.bend, atol=0.3)
    held, _ = fit(x, y, numeric, prior=Prior(bend_sd=(0.0, 2.0)))
    assert held.bend[0] == 0.0


def test_draws_of_bends_follow_their_prior_where_nothing_is_known():
    x, is_category = mixed_points(3)
    drawn = sample_hyperparameters(
        x, np.zeros(3), is_category, BENDING.mode(5), 400, np.random.default_rng(0),
        np.full(3, 1e6), BENDING,
    )  # fmt: skip
    bend = np.array([h.bend for h in drawn])
    assert not bend[:, [1, 3, 4]].any()
    np.testing.assert_allclose(bend[:, [0, 2]].mean(axis=0), 0.0, atol=0.4)
    np.testing.assert_allclose(bend[:, [0, 2]].std(axis=0), 2.0, rtol=0.2)
