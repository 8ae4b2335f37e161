import plotly.graph_objects as go
import pytest

from nbsweep.analysis.charts.history import collect_history
from nbsweep.analysis.frame import frame
from nbsweep.plots.figures.chart import draw_chart
from nbsweep.records import RunState
from tests.made_up_sweeps import FakeSweep

OTHERS = [
    (RunState.FINISHED, 0.2),
    (RunState.FAILED, None),
    (RunState.FINISHED, None),
    (RunState.RUNNING, 0.25),
    (RunState.FINISHED, 1e10),
    (RunState.RUNNING, None),
]


def draw(frame):
    return draw_chart(collect_history(frame))


def trace(figure, name):
    return next(trace for trace in figure.data if trace.name == name)


def test_runs_that_count_are_points_over_their_number(make_sweep):
    points = trace(draw(make_sweep(5, OTHERS)), "run")
    assert points.x == (1, 2, 3, 4, 5, 6, 10)
    assert points.y[5] == 0.2


def test_the_best_so_far_never_gets_worse_and_its_star_is_the_best(make_sweep):
    figure = draw(make_sweep(5, OTHERS))
    best = trace(figure, "best so far")
    assert list(best.y) == sorted(best.y, reverse=True)
    assert best.y[-1] == 0.2
    star = trace(figure, "best")
    assert (star.x, star.y) == ((6,), (0.2,))


def test_a_diverged_run_is_a_triangle_at_the_end_of_the_axis(make_sweep):
    points = trace(draw(make_sweep(5, OTHERS)), "run")
    assert points.y[-1] < 1
    assert (points.marker.symbol[-1], points.marker.symbol[0]) == ("triangle-up", "circle")
    assert points.hovertext[-1].endswith("· run 10<br>1e+10")


def test_runs_under_way_are_hollow_and_those_without_value_crosses(make_sweep):
    figure = draw(make_sweep(5, OTHERS))
    assert trace(figure, "running").x == (9,)
    crosses = trace(figure, "without a value")
    assert crosses.x == (7, 8)
    assert [text.rpartition("<br>")[2] for text in crosses.hovertext] == ["failed", "no value"]


def test_names_are_literal_text(make_sweep):
    assert trace(draw(make_sweep(1)), "run").hovertext[0].startswith("run-1 &lt;i&gt; · run 1<br>")


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "No run has ended with a value of loss yet."),
        ({"metric": False}, "The sweep has no metric to draw."),
    ],
)
def test_nothing_to_draw_is_said_in_words(make_sweep, fields, words):
    figure = draw(make_sweep(0, **fields))
    assert type(figure) is go.Figure
    assert len(figure.data) == 0
    assert words in [annotation.text for annotation in figure.layout.annotations]


def test_a_sweep_that_only_just_started_shows_its_running_run(make_sweep):
    figure = draw(make_sweep(0, [(RunState.RUNNING, 0.5)]))
    assert [trace.name for trace in figure.data] == ["running"]


def test_a_run_that_went_on_has_a_ring_and_says_where():
    sweep = FakeSweep()
    for _ in range(3):
        sweep.add()
    sweep.go_on(2, [0.1])
    points = trace(draw(frame(sweep.snapshot(), sweep.config)), "run")
    assert points.marker.line.width == (0, 1.8, 0)
    _, *lines = points.hovertext[1].split("<br>")
    assert lines == ["0.1", "continued at step 20 after 3 min 05 s"]
    assert points.hovertext[0].count("<br>") == 1


def test_a_run_under_way_that_had_a_result_is_one_point():
    sweep = FakeSweep()
    sweep.add(summary={"loss": 0.5})
    sweep.add(summary={"loss": 0.7})
    sweep.go_on(1, [0.1], state=RunState.RUNNING)
    figure = draw(frame(sweep.snapshot(), sweep.config))
    assert (trace(figure, "run").x, trace(figure, "run").y) == ((1, 2), (0.5, 0.7))
    assert "running" not in [each.name for each in figure.data]
