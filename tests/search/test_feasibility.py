"""The chance that a run succeeds, learnt from where runs failed."""

from __future__ import annotations

import numpy as np

from nbsweep.search.feasibility import Feasibility


def learnt(n: int, fails, seed: int = 0) -> Feasibility:
    x = np.random.default_rng(seed).random((n, 2))
    return Feasibility(x, ~fails(x), np.array([False, False]))


def test_the_failing_side_is_avoided_and_the_other_is_not():
    model = learnt(40, lambda x: x[:, 0] > 0.6)
    p = np.exp(model.log_probability(np.array([[0.1, 0.5], [0.95, 0.5]])))
    assert p[0] > 0.95
    assert p[1] < 0.1


def test_failures_at_random_leave_no_place_to_avoid():
    luck = np.random.default_rng(1)
    model = learnt(80, lambda x: luck.random(len(x)) < 0.2)
    spread = model.log_probability(np.random.default_rng(2).random((200, 2)))
    assert spread.min() > np.log(0.3)


def test_gradient_equals_finite_differences():
    model = learnt(25, lambda x: x.sum(axis=1) > 1.2)
    x = np.random.default_rng(3).random((5, 2))
    value, gradient = model.log_probability_and_gradient(x)
    np.testing.assert_allclose(value, model.log_probability(x))
    for j, step in enumerate(np.eye(2) * 1e-6):
        difference = model.log_probability(x + step) - model.log_probability(x - step)
        np.testing.assert_allclose(gradient[:, j], difference / 2e-6, rtol=1e-4, atol=1e-6)


def test_one_kind_of_run_alone_says_nothing():
    x = np.random.default_rng(0).random((6, 2))
    for succeeded in (np.ones(6, dtype=bool), np.zeros(6, dtype=bool)):
        model = Feasibility(x, succeeded, np.array([False, False]))
        assert np.all(np.isfinite(model.log_probability(x)))
