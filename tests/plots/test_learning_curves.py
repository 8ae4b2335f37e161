"""Learning curves: which runs are drawn, how their ends look, and over what."""

import math

import pytest

import nbsweep
from nbsweep.analysis.charts.chart import Line, Points
from nbsweep.analysis.charts.learning_curves import (
    MOST_CURVES,
    collect_learning_curves,
    logged_rows,
    logged_steps,
)
from nbsweep.analysis.frame import frame
from nbsweep.records import Curve, HistoryRow, RunState
from tests.made_up_sweeps import CONFIG, FakeSweep, mixed_sweep


def curves(sweep, **options):
    snapshot = sweep.snapshot()
    columns = frame(snapshot, sweep.config)
    return collect_learning_curves(columns, logged_steps(snapshot, columns), **options)


def marks(chart, kind, name=None):
    (panel,) = chart.panels
    return [m for m in panel.marks if isinstance(m, kind) and name in (None, m.name)]


def sweep_of(values, config=CONFIG, states=None):
    """A run for each list of values."""
    sweep = FakeSweep(config)
    for k, row in enumerate(values):
        state = states[k] if states else RunState.FINISHED
        run = sweep.add(state, summary={"loss": row[-1]})
        sweep.curves[run.id] = Curve(run.id, state, tuple(range(len(row))), tuple(row))
    return sweep


def test_the_end_of_a_run_is_marked_by_how_it_ended():
    states = [RunState.FINISHED, RunState.STOPPED, RunState.FAILED, RunState.RUNNING]
    chart = curves(sweep_of([[1.0, 0.1], [1.0, 0.9], [1.0, 0.8], [1.0, 0.5]], states=states))
    ends = {(m.symbol, m.role): (m.x, m.y) for m in marks(chart, Points)}
    assert ends == {
        ("square", "stopped"): ((1.0,), (0.9,)),
        ("cross", "failed"): ((1.0,), (0.8,)),
        ("open", "running"): ((1.0,), (0.5,)),
    }
    names = [m.name for m in marks(chart, Line)]
    assert names == ["failed, crashed or killed", "stopped early", "running", "best"]
    (best,) = marks(chart, Line, "best")
    assert best.y == (1.0, 0.1)
    assert best.texts[1] == "brisk-sweep-1 · run 1\nstep 1\nloss 0.1"


def test_runs_that_look_alike_are_one_line_with_gaps():
    chart = curves(sweep_of([[3.0, 1.0], [3.0, 2.0], [3.0, 2.0]]))
    (line,) = marks(chart, Line, "finished")
    assert line.y == (3.0, 2.0, None, 3.0, 2.0)
    assert line.x == (0.0, 1.0, 1.0, 0.0, 1.0)


def test_a_run_that_went_on_has_a_ring_where_it_did():
    sweep = FakeSweep()
    for _ in range(3):
        sweep.add()
    sweep.go_on(2, [0.2, 0.1])
    chart = curves(sweep)
    (rings,) = marks(chart, Points, "continued")
    assert rings.x == (19.0,)
    assert rings.texts == ("brisk-sweep-2\ncontinued at step 20 after 3 min 05 s",)
    assert "a ring where a run was continued" in chart.caption


def test_of_many_runs_the_best_and_some_others_are_drawn():
    sweep = sweep_of([[1.0, 0.5 - i / 1000] for i in range(300)])
    chart = curves(sweep)
    drawn = {text.partition("\n")[0] for line in marks(chart, Line) for text in line.texts if text}
    assert len(drawn) == MOST_CURVES
    assert {f"brisk-sweep-{i} · run {i}" for i in range(261, 301)} <= drawn
    assert f"{MOST_CURVES} of 300 runs drawn" in chart.caption
    assert len(drawn - {f"brisk-sweep-{i} · run {i}" for i in range(200, 301)}) > 20


def test_the_axis_is_logarithmic_where_curves_fall_by_decades():
    falling = [[10.0 ** -(i / 2) * (1 + k) for i in range(8)] for k in range(4)]
    assert curves(sweep_of(falling)).panels[0].y.kind == "log"
    assert curves(sweep_of(falling), log=False).panels[0].y.kind == "linear"
    assert curves(sweep_of([[1.0, 0.5]] * 4)).panels[0].y.kind == "linear"
    assert curves(sweep_of([[1.0, 0.5]] * 4), log=True).panels[0].y.kind == "log"
    assert curves(sweep_of([[1.0, -0.5]] * 4), log=True).panels[0].y.kind == "linear"


def test_a_diverged_run_does_not_flatten_the_others_and_is_counted():
    rows = [[1.0, 0.5, 0.4 + k / 100] for k in range(9)]
    chart = curves(sweep_of([*rows, [1.0, 1e6, 1e9]]))
    assert chart.panels[0].y.high < 100
    assert "2 values beyond the axis" in chart.caption


ROWS = [
    HistoryRow(0, 1_000_000.0, {"epoch": 0}),
    HistoryRow(1, 1_000_060.0, {"loss": 0.9}),
    HistoryRow(2, 1_000_120.0, {"loss": 0.8, "epoch": 1}),
    HistoryRow(3, 1_000_180.0, {"loss": math.nan}),
    HistoryRow(4, 1_000_240.0, {"loss": 0.7, "deep": {"er": 5}}),
]


@pytest.mark.parametrize(
    ("x", "places"),
    [
        ("step", (1.0, 2.0, 4.0)),
        ("time", (60.0, 120.0, 240.0)),
        ("epoch", (0.0, 1.0, 1.0)),
        ("deep.er", (5.0,)),
        ("nothing", None),
    ],
)
def test_a_metric_is_drawn_over_steps_time_or_another_metric(x, places):
    sweep = FakeSweep()
    run = sweep.add()
    columns = frame(sweep.snapshot(), sweep.config)
    logged = logged_rows([run], {run.id: ROWS}, columns, x)
    assert [curve.x for curve in logged] == ([] if places is None else [places])
    if places is None:
        chart = collect_learning_curves(columns, logged, x=x)
        assert chart.empty == "No run has logged loss and nothing yet."


def test_time_has_its_unit():
    sweep = FakeSweep()
    run = sweep.add()
    columns = frame(sweep.snapshot(), sweep.config)
    chart = collect_learning_curves(
        columns, logged_rows([run], {run.id: ROWS}, columns, "time"), x="time"
    )
    (panel,) = chart.panels
    assert panel.x.title == "time since the run began (min)"
    assert (panel.x.low, panel.x.high) == (1.0, 4.0)


def test_any_metric_of_the_history_can_be_drawn():
    sweep_id = nbsweep.sweep({**CONFIG, "method": "random"})

    def train():
        with nbsweep.init() as run:
            for i in range(4):
                run.log({"loss": 1 / (i + 1), "val": {"acc": i / 4}, "epoch": i / 2})

    nbsweep.agent(sweep_id, train, count=2, show=False)
    figure = nbsweep.plots.learning_curves(nbsweep.Sweep(sweep_id), "val.acc", x="epoch")
    assert figure.layout.xaxis.title.text == "epoch"
    assert figure.layout.yaxis.title.text == "val.acc"
    assert list(figure.data[0].x)[:4] == [0.0, 0.5, 1.0, 1.5]
    assert list(figure.data[0].y)[:4] == [0.0, 0.25, 0.5, 0.75]


def test_states_of_a_mixed_sweep_are_all_in_the_legend():
    names = {m.name for m in marks(curves(mixed_sweep(30)), Line)}
    assert {"stopped early", "running", "finished", "best"} <= names
