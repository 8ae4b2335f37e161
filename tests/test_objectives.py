"""Several metrics at once: limits, dominance, the front and its volume."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbsweep.objectives import (
    dominates,
    front,
    front_runs,
    hypervolume,
    judged,
    of_values,
    reference_point,
)
from nbsweep.records import Goal, Metric, RunRecord, RunState

ACCURACY = Metric("accuracy", Goal.MAXIMIZE)
LATENCY = Metric("latency", at_most=20.0, is_objective=False)
SIZE = Metric("size")

points_of = st.integers(2, 4).flatmap(
    lambda m: st.lists(st.tuples(*[st.integers(0, 6)] * m), min_size=1, max_size=12)
)


def run(number: int, state: RunState = RunState.FINISHED, **summary: float) -> RunRecord:
    return RunRecord(f"r{number}", "demo", "ab", number, name="n", state=state, summary=summary)


def test_the_front_has_the_runs_that_keep_the_limits_and_that_none_dominates() -> None:
    runs = [
        run(1, accuracy=0.9, size=10.0, latency=19.0),
        run(2, accuracy=0.8, size=5.0, latency=20.0),
        run(3, accuracy=0.85, size=12.0, latency=3.0),  # dominated by the first
        run(4, accuracy=0.99, size=1.0, latency=20.5),  # too slow
        run(5, accuracy=0.99, size=1.0),  # nobody knows
        run(6, accuracy=0.95, latency=1.0),  # without one objective
        run(7, RunState.FAILED, accuracy=1.0, size=0.0, latency=0.0),
        run(8, RunState.STOPPED, accuracy=0.7, size=2.0, latency=0.0),
    ]
    assert [r.number for r in front_runs(runs, [ACCURACY, LATENCY, SIZE])] == [1, 2, 8]


def test_runs_with_the_same_values_are_on_the_front_together() -> None:
    runs = [run(1, loss=0.5), run(2, loss=0.5), run(3, loss=0.6)]
    assert [r.number for r in front_runs(runs, [Metric("loss")])] == [1, 2]


def test_a_violation_is_measured_in_units_of_the_limit() -> None:
    metrics = [ACCURACY, LATENCY]
    assert judged(run(1, accuracy=0.9, latency=30.0), metrics).violation == 0.5
    assert judged(run(1, accuracy=0.9, latency=20.0), metrics).is_feasible
    assert judged(run(1, accuracy=0.9), metrics).violation is None
    assert Metric("x", at_least=0.5).beyond(0.2) == pytest.approx(0.3)


def test_values_are_signed_so_that_low_ones_are_good() -> None:
    each = of_values([0.9, 3.0, 7.0], [ACCURACY, LATENCY, SIZE])
    assert each.point == (-0.9, 7.0)
    assert of_values([0.9, 3.0, None], [ACCURACY, LATENCY, SIZE]).point is None


@given(points_of)
def test_no_point_of_the_front_is_dominated_and_each_other_is(
    points: list[tuple[int, ...]],
) -> None:
    kept = {points[i] for i in front(points)}
    for point in points:
        assert (point in kept) is not any(dominates(other, point) for other in points)


@given(points_of)
def test_the_volume_counts_the_cells_that_are_dominated(points: list[tuple[int, ...]]) -> None:
    m = len(points[0])
    cells = itertools.product(range(7), repeat=m)
    dominated = sum(
        any(all(a <= c for a, c in zip(point, cell, strict=True)) for point in points)
        for cell in cells
    )
    assert hypervolume(points, (7.0,) * m) == dominated


def test_the_reference_lies_a_tenth_of_the_front_behind_it() -> None:
    assert reference_point([(0.0, 10.0), (5.0, 0.0), (9.0, 9.0)]) == (5.5, 11.0)
    assert reference_point([(2.0, 4.0)]) == (2.2, 4.4)
    assert reference_point([]) is None
    assert hypervolume([], (1.0, 1.0)) == 0.0
