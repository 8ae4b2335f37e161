"""The order of runs by several objectives."""

import random
from math import inf

from hypothesis import given
from hypothesis import strategies as st

from nbsweep.objectives import dominates, front
from nbsweep.search.joint_curves import Standing
from nbsweep.search.joint_ranks import front_size, ranked

numbers = st.integers(0, 6).map(float)


def order_of(points, kept=0):
    return [points[i] for i in ranked([Standing(point, 0.0) for point in points], kept)]


@given(st.integers(1, 3).flatmap(lambda m: st.lists(st.tuples(*[numbers] * m), max_size=30)))
def test_fronts_follow_each_other_as_peeling_them_off_says(points):
    order, rest = order_of(points), list(points)
    while rest:
        best = sorted(rest[i] for i in front(rest))
        assert sorted(order[: len(best)]) == best
        order = order[len(best) :]
        rest = [point for point in rest if point not in best]
    assert order == []


@given(
    st.lists(st.tuples(numbers, numbers, numbers), min_size=1, max_size=15),
    st.integers(1, 8),
    st.randoms(use_true_random=False),
)
def test_the_order_of_the_runs_does_not_count(points, kept, rng):
    shuffled = rng.sample(points, len(points))
    assert order_of(points, kept) == order_of(shuffled, kept)


def test_a_front_that_is_cut_is_spread():
    points = [(0.0, 1.0), (0.1, 0.88), (0.2, 0.8), (0.5, 0.5), (1.0, 0.0)]
    assert order_of(points, 3) == [
        (0.0, 1.0),  # the best of the first objective
        (1.0, 0.0),  # the farthest from it
        (0.5, 0.5),  # the farthest from both
        (0.2, 0.8),
        (0.1, 0.88),
    ]
    assert order_of(points, 5) == points


def test_scales_do_not_count():
    rng = random.Random(0)
    points = [(x := rng.random(), 1 - x) for _ in range(12)]
    scaled = [(1e9 * a, 1e-9 * b - 7) for a, b in points]
    places = ranked([Standing(point, 0.0) for point in points], 4)
    assert ranked([Standing(point, 0.0) for point in scaled], 4) == places
    huge = [(a * 1.7e308 * (-1) ** i, b) for i, (a, b) in enumerate(points)]
    assert len(order_of(huge, 4)) == 12


def test_runs_that_keep_the_limits_come_first_then_those_that_break_them_least():
    standings = [
        Standing((0.0, 0.0), 0.5),
        Standing((3.0, 3.0), 0.0),
        Standing((1.0, 1.0), 0.1),
        Standing((2.0, 4.0), 0.0),
    ]
    assert ranked(standings, 2) == [3, 1, 2, 0]
    assert front_size(standings) == 2


def test_what_is_not_finite_has_no_place():
    standings = [Standing(None, 0.0), Standing((inf, 0.0), 0.0), Standing((1.0, 1.0), inf)]
    assert ranked([*standings, Standing((9.0, 9.0), 9.0)], 1) == [3]


def test_no_point_is_before_one_that_dominates_it():
    rng = random.Random(1)
    points = [tuple(rng.random() for _ in range(3)) for _ in range(200)]
    order = order_of(points, 50)
    assert not any(dominates(order[j], order[i]) for i in range(200) for j in range(i + 1, 200))
