"""Whether the surrogate is believed, and what is run when it is not."""

from __future__ import annotations

import numpy as np

from nbsweep.search.encoding import Encoding
from nbsweep.search.feasibility import Feasibility
from nbsweep.search.gp import GaussianProcess, fit
from nbsweep.search.second_opinion import MIN_JUDGED, POINTS, predicts, second_opinion
from nbsweep.space.search_space import SearchSpace, Uniform

SQUARE = Encoding(SearchSpace.of({("x",): Uniform(0.0, 1.0), ("y",): Uniform(0.0, 1.0)}))


def fitted(x, y):
    return GaussianProcess(x, y, SQUARE.is_category, fit(x, y, SQUARE.is_category)[0])


def test_a_smooth_metric_is_predicted_and_pure_chance_is_not():
    believed = 0
    for seed in range(10):
        rng = np.random.default_rng(seed)
        x = rng.random((40, 2))
        smooth = np.sin(5 * x[:, 0]) + x[:, 1]
        smooth = (smooth - smooth.mean()) / smooth.std()
        assert predicts(fitted(x, smooth), smooth)
        chance = rng.permutation(smooth)
        believed += predicts(fitted(x, chance), chance)
    assert believed <= 2  # chance now and then looks like a trend


def test_the_surrogate_has_the_benefit_of_the_doubt_at_first():
    rng = np.random.default_rng(0)
    x, y = rng.random((MIN_JUDGED - 1, 2)), rng.normal(size=MIN_JUDGED - 1)
    assert predicts(fitted(x, y), y)


def test_a_constant_metric_is_predicted():
    x = np.random.default_rng(0).random((30, 2))
    assert predicts(fitted(x, np.zeros(30)), np.zeros(30))


def test_points_are_near_the_best_or_anywhere():
    best = np.array([[0.2, 0.2]])
    spread = []
    for seed in range(20):
        points = second_opinion(SQUARE, best, None, np.random.default_rng(seed))
        assert points.shape == (POINTS, 2)
        assert points.min() >= 0.0
        assert points.max() <= 1.0
        spread.append(float(np.median(np.abs(points - best).max(axis=1))))
    assert 5 <= sum(median < 0.2 for median in spread) <= 15


def test_points_where_runs_fail_are_left_out():
    rng = np.random.default_rng(0)
    x = rng.random((60, 2))
    feasibility = Feasibility(x, x[:, 0] < 0.5, SQUARE.is_category)
    for seed in range(6):
        points = second_opinion(SQUARE, x[x[:, 0] < 0.5], feasibility, np.random.default_rng(seed))
        assert (points[:, 0] > 0.6).mean() < 0.1
