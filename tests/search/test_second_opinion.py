"""Whether the surrogate is believed, and what is run when it is not."""

from __future__ import annotations

import numpy as np

from nbsweep.search.encoding import Encoding
from nbsweep.search.feasibility import Feasibility
from nbsweep.search.known_points import KnownPoints
from nbsweep.search.second_opinion import POINTS, second_opinion
from nbsweep.search.surrogate import MIN_JUDGED, Model
from nbsweep.space.search_space import SearchSpace, Uniform

SQUARE = Encoding(SearchSpace.of({("x",): Uniform(0.0, 1.0), ("y",): Uniform(0.0, 1.0)}))


def fitted(x, values):
    none = np.empty((0, 2))
    known = KnownPoints(1.0, x, values, np.zeros(len(x)), none, none, x)
    return Model.of(known, SQUARE.is_category)


def test_a_smooth_metric_is_predicted_and_pure_chance_is_not():
    believed = 0
    for seed in range(10):
        rng = np.random.default_rng(seed)
        x = rng.random((40, 2))
        smooth = np.sin(5 * x[:, 0]) + x[:, 1]
        smooth = (smooth - smooth.mean()) / smooth.std()
        assert fitted(x, smooth).predicts
        chance = rng.permutation(smooth)
        model = fitted(x, chance)
        assert model.is_doubted is not model.predicts
        believed += model.predicts
    assert believed <= 2  # chance now and then looks like a trend


def test_the_surrogate_has_the_benefit_of_the_doubt_at_first():
    rng = np.random.default_rng(1)
    x, y = rng.random((MIN_JUDGED - 1, 2)), rng.normal(size=MIN_JUDGED - 1)
    model = fitted(x, y)
    assert not model.is_doubted
    assert not model.predicts  # the search would say so with one run more


def test_a_constant_metric_is_predicted():
    x = np.random.default_rng(0).random((30, 2))
    assert fitted(x, np.zeros(30)).predicts


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
