"""Cost against result, and the front of the two."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbsweep import sweep_config
from nbsweep.analysis.charts.chart import Line, Points
from nbsweep.analysis.charts.cost import collect_cost, cost_front
from nbsweep.analysis.frame import frame
from nbsweep.records import RunState

SPACE = {"x": {"min": 0.0, "max": 1.0}}


def chart(make_snapshot, values, seconds=None, *, goal="minimize", by="_runtime", states=None):
    runs = make_snapshot([{"x": 0.5}] * len(values), values, states)
    if seconds is not None:
        pairs = zip(runs.runs, seconds, strict=True)
        changed = [
            dataclasses.replace(
                run, ended_at=None if s is None else run.started_at + s,
                started_at=None if s is None else run.started_at,
            )
            for run, s in pairs
        ]  # fmt: skip
        runs = dataclasses.replace(runs, runs=tuple(changed))
    config = sweep_config.parse(
        {"method": "random", "metric": {"name": "loss", "goal": goal}, "parameters": SPACE}
    )
    return collect_cost(frame(runs, config), runs, by)


def marks(drawn, kind):
    return [mark for mark in drawn.panels[0].marks if isinstance(mark, kind)]


def test_the_front_goes_from_the_cheapest_run_to_the_best(make_snapshot):
    drawn = chart(make_snapshot, [5.0, 4.0, 4.5, 2.0, 2.0], [10, 20, 30, 40, 50])
    (line,) = marks(drawn, Line)
    assert (line.x, line.y) == ((10.0, 20.0, 40.0), (5.0, 4.0, 2.0))
    assert drawn.panels[0].x.title == "duration (s)"
    rest, front = marks(drawn, Points)
    assert rest.x == (30.0, 50.0)
    assert front.texts[0] == "run-1\nloss 5\nduration 10 s"


def test_of_a_maximized_metric_more_is_better(make_snapshot):
    drawn = chart(make_snapshot, [0.5, 0.9, 0.7], [60, 600, 1200], goal="maximize")
    (line,) = marks(drawn, Line)
    assert (line.x, line.y) == ((1.0, 10.0), (0.5, 0.9))
    assert drawn.panels[0].x.title == "duration (min)"


def test_it_says_what_is_nearly_as_good_at_a_fraction_of_the_cost(make_snapshot):
    drawn = chart(make_snapshot, [1.0, 0.9, 0.2, 0.19, 0.8], [5, 9, 10, 100, 50])
    assert drawn.subtitle == (
        "the best, run-4, has loss 0.19; run-3 came to 0.2 at 10 % of its duration"
    )


def test_stopped_runs_are_told_and_unknown_costs_left_out(make_snapshot):
    states = [RunState.FINISHED, RunState.STOPPED, RunState.FINISHED, RunState.FAILED]
    drawn = chart(make_snapshot, [1.0, 2.0, 3.0, None], [10, 30, None, 5], states=states)
    assert [mark.name for mark in marks(drawn, Points)] == ["stopped early", ""]
    assert drawn.caption == (
        "1 run left out: 1 failed; 1 run without duration left out; "
        "1 run stopped early would have cost more"
    )


def test_any_number_that_runs_report_may_be_the_cost(make_snapshot):
    runs = make_snapshot([{"x": 0.5}] * 3, [3.0, 2.0, 1.0])
    sizes = [1e3, 1e5, None]
    changed = [
        dataclasses.replace(run, summary={**run.summary, "size": size})
        for run, size in zip(runs.runs, sizes, strict=True)
    ]
    runs = dataclasses.replace(runs, runs=tuple(changed))
    config = sweep_config.parse(
        {"method": "random", "metric": {"name": "loss"}, "parameters": SPACE}
    )
    drawn = collect_cost(frame(runs, config), runs, "size")
    assert (drawn.panels[0].x.title, drawn.panels[0].x.kind) == ("size", "log")
    assert drawn.caption == "1 run without size left out"
    assert collect_cost(frame(runs, config), runs, "nothing").empty == (
        "No run that ended with a value of loss has a nothing."
    )


def test_without_runs_it_says_why(make_snapshot):
    assert chart(make_snapshot, []).empty == "No run has ended with a value of loss yet."
    assert chart(make_snapshot, [1.0], [None]).empty == "It is not known how long the runs took."


@given(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), max_size=12))
def test_no_run_beats_one_of_the_front_and_each_other_one_is_beaten(points):
    numbered = dict(enumerate(points))
    front = cost_front(numbered)
    for i, (cost, value) in numbered.items():
        beaten = any(
            c <= cost and v <= value and ((c, v) != (cost, value) or j < i)
            for j, (c, v) in numbered.items()
            if j != i
        )
        assert (i in front) is not beaten
    assert [numbered[i] for i in front] == sorted(numbered[i] for i in front)


@pytest.mark.parametrize("value", [1e308, -1e308])
def test_extreme_values_break_nothing(make_snapshot, value):
    assert chart(make_snapshot, [value, 0.0, 1.0], [1e-6, 1e9, 3.0]).panels
