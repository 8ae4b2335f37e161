"""The figures of the front and of its hypervolume, and the front in the other figures."""

import pytest

from nbsweep.analysis.charts.history import collect_history
from nbsweep.analysis.frame import frame
from nbsweep.analysis.front_plot import Place, collect_front, collect_hypervolume
from nbsweep.analysis.importance import importance
from nbsweep.analysis.parallel_coordinates import collect
from nbsweep.plots.figures.chart import draw_chart
from nbsweep.plots.figures.front import draw_front, draw_hypervolume
from nbsweep.plots.figures.parallel_coordinates import draw_parallel_coordinates
from nbsweep.records import RunState
from tests.made_up_sweeps import OBJECTIVES, VALUES, front_sweep


def collected(sweep):
    return collect_front(sweep.snapshot(), sweep.config)


def trace(figure, name):
    return next(trace for trace in figure.data if trace.name == name)


def test_runs_are_on_the_front_dominated_or_beyond_a_limit():
    data = collected(front_sweep())
    places = {dot.number: dot.place for dot in data.dots}
    assert places == {
        1: Place.FRONT, 2: Place.DOMINATED, 3: Place.FRONT, 4: Place.DOMINATED,
        5: Place.BEYOND, 6: Place.FRONT,
    }  # fmt: skip
    figure = draw_front(data)
    assert trace(figure, "on the front").marker.symbol == "star"
    assert trace(figure, "beyond a limit").marker.symbol == "circle-open"
    assert len(trace(figure, "dominated").x) == 2
    assert figure.layout.title.text.startswith("<b>digits · 6 runs</b>")
    assert "Front of loss and accuracy: 3 runs" in figure.layout.title.text


def test_hover_texts_tell_all_objectives_and_where_a_run_stands():
    figure = draw_front(collected(front_sweep()))
    texts = [text for (text,) in trace(figure, "on the front").customdata]
    assert texts[1] == (
        "<b>brisk-sweep-3</b> · run 3<br>loss 0.3<br>accuracy 0.8<br>on the front<br>"
        "alone covers 11 % of the front's volume"
    )
    assert (
        trace(figure, "beyond a limit")
        .customdata[0][0]
        .endswith("beyond a limit<br>latency 20.5 (at most 20)")
    )


@pytest.mark.parametrize(
    "goals", [("minimize", "minimize"), ("minimize", "maximize"), ("maximize", "maximize")]
)
def test_the_steps_part_what_the_front_dominates_from_what_it_does_not(goals):
    """A point below the steps, seen from the good corner, would be on the front."""
    metrics = [{"name": name, "goal": goal} for name, goal in zip("ab", goals, strict=True)]
    signs = [1 if goal == "minimize" else -1 for goal in goals]
    points = [(0.0, 4.0), (1.0, 2.0), (3.0, 1.0), (4.0, 4.0)]
    sweep = front_sweep([[s * v for s, v in zip(signs, p, strict=True)] for p in points], metrics)
    data = collected(sweep)
    at = {dot.number: dot.positions for dot in data.dots}
    xs, ys = zip(*data.steps, strict=True)
    for number in (1, 2, 3):
        assert at[number] in data.steps
    good = [0.0 if sign > 0 else 1.0 for sign in signs]
    bad = [1 - g for g in good]
    assert (xs[0], ys[0]) == (at[1][0], bad[1])
    assert (xs[-1], ys[-1]) == (bad[0], at[3][1])
    assert all(
        x0 == x1 or y0 == y1 for (x0, y0), (x1, y1) in zip(data.steps, data.steps[1:], strict=False)
    )
    assert (at[1][0], at[2][1]) not in data.steps  # the corner that nobody reached
    assert (at[2][0], at[1][1]) in data.steps


def test_a_limit_on_an_objective_is_a_line():
    metrics = [OBJECTIVES[0], {"name": "latency", "goal": "minimize", "at_most": 20}]
    sweep = front_sweep([(0.1, 10.0), (0.2, 30.0)], metrics)
    (axis,) = [axis for axis in collected(sweep).axes if axis.limits]
    assert axis.limits == ((0.5, "at most 20"),)
    (line,) = draw_front(collected(sweep)).layout.shapes
    assert (line.y0, line.y1) == (0.5, 0.5)


def test_without_runs_a_figure_says_so():
    sweep = front_sweep([])
    for figure in (
        draw_front(collected(sweep)),
        draw_hypervolume(collect_hypervolume(sweep.snapshot(), sweep.config)),
    ):
        assert not figure.data
        assert figure.layout.annotations[-1].text.startswith(
            "No run has ended with values of loss and accuracy"
        )


def test_the_volume_rises_at_the_runs_that_raised_it():
    sweep = front_sweep()
    figure = draw_hypervolume(collect_hypervolume(sweep.snapshot(), sweep.config))
    line, raising = figure.data
    assert tuple(line.x) == (1, 2, 3, 4, 6)
    assert tuple(raising.x) == (1, 3, 6)
    assert list(raising.y) == [line.y[0], line.y[2], line.y[4]]
    assert raising.customdata[0][1].startswith("adds 0.0022 (")
    caption = figure.layout.annotations[-1].text
    assert caption == (
        "measured to loss 0.52 and accuracy 0.79; 1 run left out: 1 without accuracy; "
        "1 run beyond a limit"
    )


def test_the_history_stars_the_front_and_calls_no_run_the_best():
    sweep = front_sweep()
    data = collect_history(frame(sweep.snapshot(), sweep.config))
    figure = draw_chart(data)
    assert trace(figure, "front").x == (1, 3, 6)
    assert "best" not in [each.name for each in figure.data]
    assert trace(figure, "best value so far").y == (0.5, 0.5, 0.3, 0.3, 0.3, 0.3, 0.1)
    assert trace(figure, "run").marker.symbol[4] == "circle-x-open"
    assert trace(figure, "run").hovertext[4].endswith("<br>0.2<br>latency 20.5 (at most 20)")
    assert data.subtitle == "Front of loss and accuracy: 3 runs"
    assert data.caption == "1 run beyond the limits, crossed out"


def test_a_history_with_limits_stars_the_best_that_keeps_them():
    metrics = [OBJECTIVES[0], OBJECTIVES[2]]
    sweep = front_sweep([(0.1, 30.0), (0.5, 1.0), (0.4, 1.0), (0.2, 21.0)], metrics)
    data = collect_history(frame(sweep.snapshot(), sweep.config))
    figure = draw_chart(data)
    assert (trace(figure, "best").x, trace(figure, "best").y) == ((3,), (0.4,))
    assert trace(figure, "best so far").y == (None, 0.5, 0.4, 0.4)
    assert data.subtitle == "lowest loss 0.4 in brisk-sweep-3"


def test_all_metrics_have_an_axis_at_the_right_of_the_parallel_coordinates():
    sweep = front_sweep()
    data = collect(frame(sweep.snapshot(), sweep.config))
    assert [axis.name for axis in data.axes[-3:]] == ["accuracy ↑", "latency ↓", "loss ↓"]
    assert data.n_results == 3
    assert {data.run_ids[k] for k in data.marked} == {"run00001", "run00003", "run00006"}
    assert data.axes[-3].has_missing
    assert draw_parallel_coordinates(data).data[0].dimensions[-3].range == (-0.12, 1)


def test_each_objective_has_its_own_importance_and_goal():
    sweep = front_sweep([(i % 5, (i * 7) % 11, 1.0) for i in range(24)])
    sweep.add(RunState.RUNNING)
    columns = frame(sweep.snapshot(), sweep.config, metric="accuracy")
    assert not columns.metric.is_minimized
    assert [column.name for column in columns.others] == ["loss", "latency"]
    assert importance(columns).metric == "accuracy"
    assert [column.name for column in frame(sweep.snapshot(), sweep.config).others] == [
        "accuracy",
        "latency",
    ]


def test_values_beyond_an_axis_name_the_metric():
    sweep = front_sweep([*VALUES, *[(0.5, 0.9, 1.0)] * 4, (1e9, 0.9, 1.0)])
    caption = collect(frame(sweep.snapshot(), sweep.config)).caption
    assert "1 run with loss above " in caption
