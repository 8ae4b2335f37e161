"""Maximising over mixed coordinates, with functions whose maximum is known."""

from __future__ import annotations

import numpy as np
import pytest

from nbsweep.search.encoding import Encoding
from nbsweep.search.maximize import climb, maximize, mutate
from nbsweep.search.warp import unwarp, warp, warp_slope
from nbsweep.space.search_space import Categorical, IntUniform, SearchSpace, Uniform

MIXED = SearchSpace.of(
    {
        ("a",): Uniform(0.0, 1.0),
        ("b",): Uniform(0.0, 1.0),
        ("c",): IntUniform(0, 9),
        ("d",): Categorical(("x", "y", "z")),
        ("e",): IntUniform(0, 99),
    }
)
BEST = np.array([0.237, 0.811, 0.75, 2.0, 0.905])


class Bowl:
    """Minus the squared distance to BEST, a mismatch of the category costing 1."""

    def __init__(self) -> None:
        self.gradients = 0

    def value(self, x: np.ndarray) -> np.ndarray:
        delta = x - BEST
        delta[:, 3] = delta[:, 3] != 0
        return -np.square(delta).sum(axis=1)

    def value_and_gradient(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        self.gradients += 1
        gradient = -2 * (x - BEST)
        gradient[:, 3] = 0.0
        return self.value(x), gradient


def test_maximum_is_found_in_continuous_and_discrete_coordinates():
    encoding = Encoding(MIXED)
    rng = np.random.default_rng(0)
    found = maximize(Bowl(), encoding, encoding.sample(40, rng), starts=3, rng=rng)
    np.testing.assert_allclose(found.x[0], BEST, atol=1e-4)


def test_results_are_sorted_and_hold_every_candidate():
    encoding = Encoding(MIXED)
    rng = np.random.default_rng(0)
    candidates = encoding.sample(25, rng)
    found = maximize(Bowl(), encoding, candidates, starts=2, rng=rng)
    assert np.all(np.diff(found.value) <= 0)
    rows = {row.tobytes() for row in found.x}
    assert all(row.tobytes() in rows for row in candidates)


def test_climbing_never_ends_below_its_start():
    class Misleading(Bowl):
        """Its gradient points the wrong way."""

        def value_and_gradient(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            value, gradient = super().value_and_gradient(x)
            return value, -gradient

    encoding = Encoding(MIXED)
    rng = np.random.default_rng(0)
    starts = encoding.sample(3, rng)
    values = Misleading().value(starts)
    assert np.all(climb(Misleading(), encoding, starts, values, rng)[1] >= values)


def test_a_purely_discrete_space_needs_no_gradient():
    space = SearchSpace.of({("a",): IntUniform(0, 9), ("b",): Categorical(("x", "y"))})
    encoding = Encoding(space)

    class Table:
        def value(self, x: np.ndarray) -> np.ndarray:
            return -np.abs(x[:, 0] - 0.65) - (x[:, 1] == 0)

        def value_and_gradient(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            raise AssertionError("not differentiable")

    rng = np.random.default_rng(0)
    found = maximize(Table(), encoding, encoding.sample(3, rng), starts=1, rng=rng)
    assert encoding.decode(found.x[0]) == {"a": 6, "b": "y"}


@pytest.mark.parametrize("seed", range(3))
def test_mutations_change_something_and_stay_in_the_space(seed):
    encoding = Encoding(MIXED)
    rng = np.random.default_rng(seed)
    parents = encoding.sample(2, rng)
    children = mutate(encoding, parents, 200, rng)
    assert all(MIXED.contains(encoding.decode(x)) for x in children)
    np.testing.assert_array_equal(encoding.snap(children), children)
    changed = (children[:, None, :] != parents[None, :, :]).any(axis=2).all(axis=1)
    assert changed.mean() > 0.7


BEND = np.array([7.0, 0.0, -4.0, 0.0, 3.0])


def test_mutations_on_bent_axes_stay_in_the_space_and_near_the_end_that_is_resolved():
    encoding = Encoding(MIXED)
    parents = encoding.snap(np.array([[0.001, 0.5, 0.5, 0.0, 0.5]]))
    bent = mutate(encoding, parents, 400, np.random.default_rng(0), BEND)
    np.testing.assert_array_equal(encoding.snap(bent), bent)
    straight = mutate(encoding, parents, 400, np.random.default_rng(0))

    def share_near_the_end(children: np.ndarray) -> float:
        moved = children[children[:, 0] != 0.001, 0]
        return float(((moved > 1e-4) & (moved < 1e-2)).mean())

    assert share_near_the_end(bent) > 0.5
    assert share_near_the_end(straight) < 0.25
    np.testing.assert_array_equal(bent[:, 1], straight[:, 1])  # a straight axis


def test_climbing_on_a_bent_axis_finds_an_optimum_in_the_lowest_per_mille():
    class Valley:
        def value(self, x: np.ndarray) -> np.ndarray:
            return -np.square(warp(x[:, 0], t) - 0.3) - np.square(x[:, 1] - 0.6)

        def value_and_gradient(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            by_w = -2 * (warp(x[:, 0], t) - 0.3)
            return self.value(x), np.column_stack(
                [by_w * warp_slope(x[:, 0], t), -2 * (x[:, 1] - 0.6)]
            )

    t = np.array(8.0)
    encoding = Encoding(SearchSpace.of({("a",): Uniform(0.0, 1.0), ("b",): Uniform(0.0, 1.0)}))
    start = np.array([[0.9, 0.1]])
    rng, bend = np.random.default_rng(0), np.array([8.0, 0.0])
    found = maximize(Valley(), encoding, start, starts=1, rng=rng, bend=bend)
    np.testing.assert_allclose(found.x[0], [unwarp(np.array(0.3), t), 0.6], rtol=1e-3)
    assert found.x[0, 0] < 0.005
