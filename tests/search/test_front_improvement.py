"""Expected hypervolume improvement: closed form beside sampling, slopes beside differences."""

import math

import numpy as np
import pytest

from nbsweep.search.acquisition import log_expected_improvement, log_novelty
from nbsweep.search.boxes import boxes_of
from nbsweep.search.front_improvement import FrontImprovement, Term
from nbsweep.search.gp import GaussianProcess, Hyperparameters

RNG = np.random.default_rng(0)
X = RNG.random((8, 2))
IS_CATEGORY = np.zeros(2, dtype=bool)
FRONT = np.array([[-1.0, 0.8], [-0.3, 0.1], [0.6, -0.7]])
SETS = [
    Hyperparameters(np.array([0.4, 0.7]), 1.0, 1e-3),
    Hyperparameters(np.array([0.9, 0.3]), 0.6, 1e-2),
]


def posterior(seed: int, sets=SETS[:1]) -> GaussianProcess:
    y = np.random.default_rng(seed).normal(size=8)
    return GaussianProcess(X, y, IS_CATEGORY, sets)


def novelty(gps, x) -> np.ndarray:
    each = [log_novelty(gp.posterior(x)[1], gp.noise_variance[:, None])[0] for gp in gps]
    return np.log(np.exp(np.stack(each)).mean(axis=0))


@pytest.mark.parametrize("m", [2, 3])
def test_it_is_the_mean_of_what_samples_add(m):
    gps = [posterior(seed) for seed in range(m)]
    front = FRONT if m == 2 else np.column_stack([FRONT, [0.2, 0.9, -0.4]])
    boxes = boxes_of(front + 1.0, np.full(m, 2.5))  # where improvements are likely
    x = np.random.default_rng(2).random((4, 2))
    normal = np.random.default_rng(1).normal(size=(200_000, m))
    found = FrontImprovement(gps, boxes, []).value(x) - novelty(gps, x)[0]
    for i in range(len(x)):
        mean, sd = np.array([[float(v[0, i]) for v in gp.posterior(x)] for gp in gps]).T
        sampled = boxes.added_volume(mean + sd * normal)
        error = 4.0 * sampled.std() / math.sqrt(len(sampled))
        assert sampled.mean() > 10.0 * error
        assert math.exp(found[i]) == pytest.approx(sampled.mean(), abs=error, rel=1e-6)


def test_with_one_objective_it_is_the_expected_improvement():
    gp = posterior(0, SETS)
    boxes = boxes_of(np.array([[-0.4]]), np.array([2.0]))
    x = RNG.random((5, 2))
    each = log_expected_improvement(*gp.posterior(x), -0.4) + novelty([gp], x)
    expected = np.log(np.exp(each).mean(axis=0))
    np.testing.assert_allclose(FrontImprovement([gp], boxes, []).value(x), expected, rtol=1e-9)


def term(x):
    return np.sin(3.0 * x).sum(axis=1), 3.0 * np.cos(3.0 * x)


@pytest.mark.parametrize("sets", [(1, 1), (2, 2), (1, 2), (2, 1)], ids=str)
@pytest.mark.parametrize("is_known", [True, False])
def test_gradients_are_those_of_finite_differences(sets, is_known):
    gps = [posterior(seed, SETS[:count]) for seed, count in enumerate(sets)]
    boxes = boxes_of(FRONT, np.full(2, 1.5)) if is_known else None
    weights = np.log(np.arange(1.0, 5.0)) if is_known else 0.0
    terms = [Term(lambda x: term(x)[0], term, 0.7)]
    objective = FrontImprovement(gps, boxes, terms, weights)
    x = RNG.random((6, 2))
    value, gradient = objective.value_and_gradient(x)
    np.testing.assert_allclose(value, objective.value(x), rtol=1e-12)
    for j in range(2):
        step = np.zeros(2)
        step[j] = 1e-6
        slope = (objective.value(x + step) - objective.value(x - step)) / 2e-6
        np.testing.assert_allclose(gradient[:, j], slope, rtol=1e-4, atol=1e-5)


def test_weights_of_boxes_multiply_their_volumes():
    gps, x = [posterior(0), posterior(1)], RNG.random((5, 2))
    boxes = boxes_of(FRONT, np.full(2, 1.5))
    plain = FrontImprovement(gps, boxes, []).value(x)
    tripled = FrontImprovement(gps, boxes, [], np.full(len(boxes.upper), math.log(3.0))).value(x)
    np.testing.assert_allclose(tripled - plain, math.log(3.0), rtol=1e-9)


def test_it_stays_finite_and_has_a_slope_where_no_improvement_is_likely():
    y = np.linspace(4.0, 5.0, 8)
    gp = GaussianProcess(X, y, IS_CATEGORY, Hyperparameters(np.full(2, 3.0), 0.05, 1e-6))
    boxes = boxes_of(np.array([[-30.0, 0.0], [0.0, -30.0]]), np.full(2, 0.1))
    x = X + 1e-3
    value, gradient = FrontImprovement([gp, gp], boxes, []).value_and_gradient(x)
    assert np.all(np.isfinite(value))
    assert np.all(value < -100.0)
    assert np.all(np.isfinite(gradient))
    assert np.all(np.abs(gradient).sum(axis=1) > 0.0)
