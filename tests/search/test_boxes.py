"""Boxes of what a front does not dominate, beside hypervolumes worked out another way."""

import numpy as np
import pytest

from nbsweep.objectives import front, hypervolume
from nbsweep.search.boxes import MAX_FRONT, boxes_of, front_of, front_places, reference_of


def volume(points, reference) -> float:
    return hypervolume([tuple(point) for point in points], tuple(reference))


@pytest.mark.parametrize("m", [1, 2, 3, 4])
@pytest.mark.parametrize("n", [0, 1, 2, 7, 20])
def test_what_a_point_adds_is_the_difference_of_two_hypervolumes(m, n):
    rng = np.random.default_rng(10 * m + n)
    points = rng.random((n, m))
    if n > 5:
        points[1], points[2, 0], points[3, -1] = points[0], points[4, 0], points[5, -1]  # ties
    reference = np.full(m, 1.1)
    new = 1.3 * rng.random((40, m)) - 0.1
    before = volume(points, reference)
    expected = [volume([*points, point], reference) - before for point in new]
    found = boxes_of(points, reference).added_volume(new)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)


def test_boxes_are_disjoint_and_hold_what_is_not_dominated():
    rng = np.random.default_rng(3)
    points, reference = rng.random((15, 3)), np.ones(3)
    boxes = boxes_of(points, reference)
    asked = rng.random((500, 3))
    inside = np.all((boxes.lower <= asked[:, None]) & (asked[:, None] < boxes.upper), axis=2)
    dominated = np.all(points <= asked[:, None], axis=2).any(axis=1)
    np.testing.assert_array_equal(inside.sum(axis=1), np.where(dominated, 0, 1))


@pytest.mark.parametrize(("m", "most"), [(2, 12), (3, 25)])
def test_there_are_few_boxes(m, most):
    """n + 1 for two objectives, 2n + 3 at most for three."""
    angles = np.abs(np.random.default_rng(0).normal(size=(11, m)))
    points = 1.0 - angles / np.linalg.norm(angles, axis=1, keepdims=True)
    assert len(boxes_of(points, np.full(m, 1.1)).upper) <= most


def test_a_large_front_is_thinned_and_keeps_its_ends():
    t = np.linspace(0.0, 1.0, 10 * MAX_FRONT[2])
    points = np.column_stack([t, 1.0 - t])
    boxes = boxes_of(points, np.array([1.1, 1.1]))
    assert len(boxes.upper) <= MAX_FRONT[2] + 1
    ends = np.array([[0.0, 1.0], [1.0, 0.0]])
    np.testing.assert_allclose(boxes.added_volume(ends), 0.0, atol=1e-12)


def test_the_front_is_that_of_objectives_without_equals():
    points = np.round(np.random.default_rng(1).random((60, 3)), 1)
    expected = {tuple(points[i]) for i in front([tuple(point) for point in points])}
    found = front_of(points)
    assert {tuple(point) for point in found} == expected
    assert len(found) == len(expected)
    assert [tuple(points[i]) for i in front_places(points)] == sorted(expected)


def test_the_reference_lies_a_tenth_of_the_range_beyond_the_worst():
    points = np.array([[0.0, 10.0], [1.0, 0.0]])
    np.testing.assert_allclose(reference_of(points), [1.1, 11.0])
    np.testing.assert_allclose(reference_of(points[:1], least=0.5), [0.5, 10.5])
