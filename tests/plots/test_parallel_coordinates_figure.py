import math

import plotly.graph_objects as go
import pytest

from nbsweep.analysis.parallel_coordinates import MISSING_POSITION
from nbsweep.plots.figures.parallel_coordinates import (
    collect_parallel_coordinates,
    draw_parallel_coordinates,
)
from nbsweep.records import RunState


def draw(frame):
    return draw_parallel_coordinates(collect_parallel_coordinates(frame))


def words(figure):
    return [annotation.text for annotation in figure.layout.annotations]


def test_there_is_a_dimension_for_each_axis_and_a_value_for_each_run(make_sweep):
    trace = draw(make_sweep(8)).data[0]
    labels = [dimension.label for dimension in trace.dimensions]
    assert labels == ["learning_rate", "momentum", "optimizer", "width", "loss"]
    assert {len(dimension["values"]) for dimension in trace.dimensions} == {8}
    assert len(trace.line.color) == 8
    assert (trace.line.cmin, trace.line.cmax, max(trace.line.color)) == (0, 1, 1.0)


def test_no_value_is_nan_since_plotly_drops_such_lines(make_sweep):
    momentum = draw(make_sweep(8)).data[0].dimensions[1]
    assert MISSING_POSITION in momentum["values"]
    assert not any(math.isnan(value) for value in momentum["values"])
    assert momentum.range == (MISSING_POSITION, 1)
    assert momentum.ticktext[0] == "missing"


def test_ticks_are_named_and_in_range(make_sweep):
    trace = draw(make_sweep(8)).data[0]
    optimizer = trace.dimensions[2]
    assert optimizer.ticktext == ("", "sgd", "adam", "")
    assert optimizer.tickvals == (0.0, 0.25, 0.75, 1.0)
    for dimension in trace.dimensions:
        low, high = dimension.range
        # plotly draws an axis from its first tick to its last.
        assert (min(dimension.tickvals), max(dimension.tickvals)) == pytest.approx((low, high))


def test_an_axis_of_one_value_keeps_its_line(make_sweep):
    loss = draw(make_sweep(1)).data[0].dimensions[-1]
    assert loss.tickvals == (0.0, 0.5, 1.0)
    assert loss.ticktext[0] == loss.ticktext[2] == ""


def test_title_and_captions_are_literal_text(make_sweep):
    figure = draw(make_sweep(3, [(RunState.FAILED, None)]))
    assert "digits &lt;b&gt;&amp;amp;&lt;/b&gt; · 3 runs" in figure.layout.title.text
    assert "in run-1 &lt;i&gt;" in figure.layout.title.text
    assert words(figure) == ["1 run left out: 1 failed"]


def test_a_single_run_has_no_colour_bar(make_sweep):
    assert not draw(make_sweep(1)).data[0].line.showscale
    assert draw(make_sweep(2)).data[0].line.showscale


def test_an_empty_sweep_says_what_is_missing(make_sweep):
    figure = draw(make_sweep(0))
    assert len(figure.data) == 0
    assert words(figure) == ["Nothing to draw yet: there has to be a finished run."]


def test_without_a_metric_the_runs_are_coloured_by_their_order(make_sweep):
    trace = draw(make_sweep(4, metric=False)).data[0]
    assert trace.line.colorbar.title.text == "run"
    assert [dimension.label for dimension in trace.dimensions][-1] == "width"


@pytest.mark.parametrize("n", [1, 1000])
def test_it_is_a_plain_figure_that_serialises(make_sweep, n):
    figure = draw(make_sweep(n))
    assert type(figure) is go.Figure
    assert len(figure.to_json()) < 200 * n + 50_000
