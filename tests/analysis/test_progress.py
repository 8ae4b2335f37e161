import math

import pytest

from nbsweep.analysis.progress import best_so_far, simple_regret


def test_the_best_so_far_follows_the_goal_and_skips_what_is_no_value():
    values = [None, 3.0, math.nan, 5.0, 1.0, 2.0]
    assert best_so_far(values) == [None, 3.0, 3.0, 3.0, 1.0, 1.0]
    assert best_so_far(values, "maximize") == [None, 3.0, 3.0, 5.0, 5.0, 5.0]


def test_no_values_have_no_best():
    assert best_so_far([]) == []


def test_regret_is_the_distance_of_the_best_so_far_to_the_optimum():
    assert simple_regret([None, 3.0, 1.5, 2.0], 1.0) == [None, 2.0, 0.5, 0.5]
    assert simple_regret([0.5, 0.75], 1.0, "maximize") == [0.5, 0.25]


def test_noise_beyond_the_optimum_is_no_negative_regret():
    assert simple_regret([0.9], 1.0) == [pytest.approx(0.0)]
    assert simple_regret([1.1], 1.0, "maximize") == [pytest.approx(0.0)]
