"""Curves are drawn at the steps at which they were logged."""

import dataclasses

from nbsweep.panel.packing import pack
from nbsweep.panel.saved import _light_span
from nbsweep.records import Curve, RunState
from nbsweep.view.picture import CURVE_POINTS, picture
from tests.made_up_sweeps import CONFIG, FakeSweep


def row_with(steps):
    sweep = FakeSweep(CONFIG)
    run = sweep.add(RunState.FINISHED)
    curve = Curve(run.id, run.state, tuple(steps), tuple(1 / (1 + i) for i in range(len(steps))))
    sweep.curves[run.id] = curve
    snapshot = dataclasses.replace(sweep.snapshot(), curves={run.id: curve})
    (row,) = picture(snapshot, sweep.config, total=1, now=sweep.now)["rows"]
    return row


def test_even_steps_are_two_numbers_however_many_points_there_are():
    assert row_with(range(0, 1000, 10))["span"] == [0, 990]
    assert row_with([7])["span"] == [7, 7]
    assert row_with([3, 3, 3])["span"] == [3, 3]
    assert row_with([0, 1, 2, 3, 4, 5, 6, 7, 8, 10])["span"] == [0, 10]


def test_uneven_steps_come_with_the_points():
    """A metric that is logged at each step of an epoch and once more at the end of a long one."""
    row = row_with([0, 1, 2, 3, 100])
    assert (row["span"], len(row["curve"])) == ([0, 1, 2, 3, 100], 5)
    many = row_with([i * i for i in range(500)])
    assert len(many["span"]) == len(many["curve"]) == CURVE_POINTS
    assert (many["span"][0], many["span"][-1]) == (0, 499 * 499)
    packed, _ = pack([row_with([0, 9]), many])
    assert packed["steps"] == {1: many["span"]}


def test_a_saved_curve_keeps_the_steps_of_the_points_that_it_keeps():
    assert _light_span([0, 1, 2, 3, 100], [5.0, 4.0, 3.0, 2.0, 1.0], 3) == [0, 2, 100]
    assert _light_span([0, 1, 2, 3, 100], [], 3) == [0, 100]
    assert _light_span([0, 9], [1.0, 2.0], 3) == [0, 9]
    assert _light_span([], [], 3) == []
