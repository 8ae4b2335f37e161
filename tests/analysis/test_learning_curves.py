"""Where the curves of runs under way are heading."""

import numpy as np
import pytest

from nbsweep.analysis.learning_curves import forecast_curves
from nbsweep.records import Curve, RunState

END = 40


def curve(run_id, state=RunState.FINISHED, upto=END, *, floor, rng, power=0.7, noise=0.01):
    steps = np.arange(upto)
    values = floor + (1.0 + 0.2 * rng.normal()) * (steps + 1.0) ** -power
    values += noise * rng.normal(size=upto)
    return Curve(run_id, state, tuple(map(int, steps)), tuple(map(float, values)))


def sweep(n, seed=0, upto=12, **given):
    """`n` finished runs and one under way, which has shown `upto` of its steps."""
    rng = np.random.default_rng(seed)
    curves = [curve(f"run{i}", floor=rng.uniform(0.0, 1.0), rng=rng, **given) for i in range(n)]
    whole = curve("live", floor=rng.uniform(0.0, 1.0), rng=rng, **given)
    live = Curve("live", RunState.RUNNING, whole.steps[:upto], whole.values[:upto])
    return {c.run_id: c for c in [*curves, live]}, whole.values[-1]


@pytest.mark.parametrize("n", [12, 2])
def test_the_interval_holds_the_end_about_as_often_as_it_says(n):
    """Twelve finished runs are enough to go by; of two only the horizon is known."""
    hits, ratios = 0, []
    for seed in range(60):
        curves, end = sweep(n, seed)
        (found,) = forecast_curves(curves)
        assert found.like_others == (n == 12)
        assert (found.step, found.horizon) == (11, END - 1)
        hits += found.low <= end <= found.high
        ratios.append(abs(found.value - end))
    assert hits >= 0.6 * 60
    assert np.median(ratios) < 0.06


def test_the_chance_to_become_the_best_follows_the_goal():
    curves, end = sweep(12, noise=0.001)
    assert forecast_curves(curves, "minimize", best=end + 0.5)[0].chance > 0.95
    assert forecast_curves(curves, "minimize", best=end - 0.5)[0].chance < 0.05
    assert forecast_curves(curves, "maximize", best=end - 0.5)[0].chance > 0.95
    assert forecast_curves(curves)[0].chance is None


def test_there_is_no_forecast_without_ground():
    curves, _ = sweep(0)
    assert forecast_curves(curves) == []  # nobody knows where runs end
    short, _ = sweep(2, upto=5)
    assert forecast_curves(short) == []
    rng = np.random.default_rng(0)
    past = {"a": curve("a", floor=0, rng=rng), "b": curve("b", RunState.RUNNING, floor=0, rng=rng)}
    assert forecast_curves(past) == []  # it is as far as runs go
    flat = Curve("flat", RunState.RUNNING, tuple(range(8)), (1.0,) * 8)
    assert forecast_curves({"a": past["a"], "flat": flat}) == []
    assert forecast_curves({}) == []


def test_huge_values_do_no_harm():
    rng = np.random.default_rng(0)
    wild = Curve("w", RunState.RUNNING, tuple(range(8)), tuple(1e300 * v for v in range(8)))
    for found in forecast_curves({"a": curve("a", floor=0, rng=rng), "w": wild}):
        assert found.low <= found.value <= found.high
