"""Predictions against what came."""

import dataclasses

import pytest

from nbsweep import sweep_config
from nbsweep.analysis.charts.calibration import chance_range, collect_calibration
from nbsweep.analysis.charts.chart import Line, Points
from nbsweep.analysis.frame import frame
from nbsweep.records import RunState

CONFIG = sweep_config.parse(
    {
        "method": "bayes",
        "metric": {"name": "loss"},
        "parameters": {"x": {"min": 0.0, "max": 1.0}},
    }
)


def chart(make_snapshot, rows, states=None, config=CONFIG, metric=None):
    """Of (value, predicted mean, low, high) each; without a prediction just (value,)."""
    runs = make_snapshot([{"x": 0.5}] * len(rows), [row[0] for row in rows], states)
    names = ("predicted_mean", "predicted_low", "predicted_high")
    changed = [
        dataclasses.replace(run, origin=dict(zip(names, row[1:], strict=False)))
        for run, row in zip(runs.runs, rows, strict=True)
    ]
    runs = dataclasses.replace(runs, runs=tuple(changed))
    return collect_calibration(frame(runs, config, metric=metric), runs)


def test_points_intervals_and_the_share_that_held(make_snapshot):
    rows = [
        (5.0,),
        (1.0, 1.1, 0.9, 1.3),
        (2.0, 1.5, 1.4, 1.6),
        (1.2, 1.2, 1.0, 1.4),
        (1.4, 1.5, 1.3, 1.7),
    ]
    drawn = chart(make_snapshot, rows)
    left, right = drawn.panels
    points = {mark.name: mark for mark in left.marks if isinstance(mark, Points)}
    assert points["held"].x == (1.1, 1.2, 1.5)
    assert points["held"].y == (1.0, 1.2, 1.4)
    assert (points["did not hold"].x, points["did not hold"].y) == ((1.5,), (2.0,))
    assert points["did not hold"].texts == ("run-3\npredicted 1.5 (1.4 to 1.6)\ncame 2",)
    (line,) = [mark for mark in right.marks if isinstance(mark, Line)]
    assert line.y == (1.0, 0.5, 2 / 3, 0.75)
    assert drawn.subtitle == (
        "3 of 4 values (75 %) came within the 80 % interval, which is too few to judge by"
    )
    assert left.x.title == "predicted loss"
    assert (left.x.low, left.x.high) == (left.y.low, left.y.high)


def test_it_tells_the_sure_from_the_cautious(make_snapshot):
    good, bad = (1.0, 1.0, 0.9, 1.1), (2.0, 1.0, 0.9, 1.1)
    assert chart(make_snapshot, [good] * 10 + [bad] * 10).subtitle == (
        "10 of 20 values (50 %) came within the 80 % interval, fewer than the 13 to 19 that are "
        "due: it was too sure of itself"
    )
    assert chart(make_snapshot, [good] * 20).subtitle == (
        "20 of 20 values (100 %) came within the 80 % interval, more than the 13 to 19 that are "
        "due: it was too cautious"
    )
    assert chart(make_snapshot, [good] * 16 + [bad] * 4).subtitle == (
        "16 of 20 values (80 %) came within the 80 % interval, as is due (13 to 19)"
    )


def test_what_comes_by_chance_is_the_central_range_of_the_binomial_law():
    # Quantiles 0.05 and 0.95 by scipy.stats.binom.
    assert chance_range(20, 0.8) == (13, 19)
    assert chance_range(5, 0.8) == (2, 5)
    assert chance_range(1000, 0.8) == (779, 821)


def test_stopped_failed_and_unpredicted_runs_do_not_count(make_snapshot):
    told = (1.0, 1.0, 0.9, 1.1)
    states = [RunState.FINISHED, RunState.STOPPED, RunState.FAILED, RunState.FINISHED]
    drawn = chart(make_snapshot, [told, told, told, (1.0, 1.0)], states)
    assert drawn.subtitle.startswith("1 of 1 value (100 %)")


def test_predictions_far_beyond_the_runs_stay_on_the_axes(make_snapshot):
    rows = [(1.0 + k / 10, 1.0, 0.9, 1.1) for k in range(9)] + [(1.5, 1e9, -1e9, 3e9)]
    drawn = chart(make_snapshot, rows)
    left = drawn.panels[0]
    for mark in left.marks:
        assert all(left.x.low <= x <= left.x.high for x in mark.x)
    assert "1 prediction beyond the axes shown at their ends" in drawn.caption


def test_of_several_metrics_each_has_its_predictions(make_snapshot):
    config = sweep_config.parse(
        {
            "method": "bayes",
            "metrics": [
                {"name": "loss", "goal": "minimize"},
                {"name": "size", "goal": "minimize"},
            ],
            "parameters": {"x": {"min": 0.0, "max": 1.0}},
        }
    )
    runs = make_snapshot([{"x": 0.5}], [1.0])
    origin = {
        "predicted_mean": 1.1,
        "predicted_low": 0.7,
        "predicted_high": 1.2,
        "predicted": {"loss": {"mean": 1.1, "sd": 0.1}, "size": {"mean": 10.0, "sd": 1.0}},
    }
    run = dataclasses.replace(runs.runs[0], summary={"loss": 1.0, "size": 12.0}, origin=origin)
    runs = dataclasses.replace(runs, runs=(run,))
    by_name = {
        name: collect_calibration(frame(runs, config, metric=name), runs)
        for name in ("loss", "size")
    }
    held = [
        mark.texts
        for drawn in by_name.values()
        for mark in drawn.panels[0].marks
        if isinstance(mark, Points)
    ]
    assert held == [
        ("run-1\npredicted 1.1 (0.7 to 1.2)\ncame 1",),
        ("run-1\npredicted 10 (8.718 to 11.28)\ncame 12",),
    ]
    assert by_name["size"].subtitle.startswith("0 of 1 value")


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([], "No run has ended with a value of loss yet."),
        (
            [(1.0,)],
            "No run that ended had a prediction of loss: only method bayes makes them, after its "
            "first few runs.",
        ),
    ],
)
def test_without_predictions_it_says_why(make_snapshot, rows, words):
    assert chart(make_snapshot, rows).empty == words
