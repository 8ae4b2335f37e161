import plotly.graph_objects as go
import pytest

from nbsweep.analysis.parallel_coordinates import MISSING_POSITION
from nbsweep.plots.figures.slice import collect_slice, draw_slice


def test_each_parameter_has_a_panel_with_all_runs(make_sweep):
    figure = draw_slice(collect_slice(make_sweep(9)))
    assert len(figure.data) == 4
    assert {len(trace.x) for trace in figure.data} == {9}
    assert {trace.y for trace in figure.data} == {figure.data[0].y}
    titles = [figure.layout[f"xaxis{k or ''}"].title.text for k in ("", 2, 3, 4)]
    assert titles == ["learning_rate", "momentum", "optimizer", "width"]


def test_runs_of_one_category_lie_side_by_side_in_its_own_place(make_sweep):
    frame = make_sweep(20)
    data = collect_slice(frame)
    optimizer = data.panels[2]
    assert [tick.label for tick in optimizer.ticks] == ["adam", "sgd"]
    for tick, value in zip(optimizer.ticks, ("adam", "sgd"), strict=True):
        places = [x for x, v in zip(optimizer.positions, data.values[2], strict=True) if v == value]
        assert len(set(places)) == len(places) > 5
        assert all(abs(x - tick.position) <= 0.125 for x in places)


def test_a_missing_parameter_has_its_own_place(make_sweep):
    data = collect_slice(make_sweep(9))
    momentum = data.panels[1]
    lacking = [value == "missing" for value in data.values[1]]
    assert any(lacking)
    assert [x == MISSING_POSITION for x in momentum.positions] == lacking


def test_hovering_tells_the_values(make_sweep):
    figure = draw_slice(collect_slice(make_sweep(1)))
    name, value, result = figure.data[0].customdata[0]
    assert name == "run-1 &lt;i&gt;"
    assert float(value) == pytest.approx(10 ** (4 * 0.3775 - 4), rel=1e-5)
    assert float(result) == pytest.approx(0.3 + 0.1225**2, rel=1e-5)


@pytest.mark.parametrize(
    ("n", "fields", "words"),
    [
        (0, {}, "Nothing to draw yet: there has to be a finished run."),
        (3, {"metric": False}, "The sweep has no metric to draw."),
    ],
)
def test_nothing_to_draw_is_said_in_words(make_sweep, n, fields, words):
    figure = draw_slice(collect_slice(make_sweep(n, **fields)))
    assert type(figure) is go.Figure
    assert len(figure.data) == 0
    assert words in [annotation.text for annotation in figure.layout.annotations]
