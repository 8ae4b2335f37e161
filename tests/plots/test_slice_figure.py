import plotly.graph_objects as go
import pytest

from nbsweep.analysis.charts.slice import MAX_PANELS, collect_slice
from nbsweep.errors import UsageError
from nbsweep.plots.figures.chart import draw_chart


def test_each_parameter_has_a_panel_with_all_runs(make_sweep):
    figure = draw_chart(collect_slice(make_sweep(9)))
    *traces, colours = figure.data
    assert len(traces) == 4
    assert {len(trace.x) for trace in traces} == {9}
    assert {trace.y for trace in traces} == {figure.data[0].y}
    assert colours.marker.colorbar.title.text == "run"
    titles = [figure.layout[f"xaxis{k or ''}"].title.text for k in ("", 2, 3, 4)]
    assert titles == ["learning_rate", "momentum", "optimizer", "width"]


def test_runs_of_one_category_lie_side_by_side_in_its_own_place(make_sweep):
    panel = collect_slice(make_sweep(20)).panels[2]
    (points,) = panel.marks
    assert [tick.label for tick in panel.x.ticks] == ["adam", "sgd"]
    for tick in panel.x.ticks:
        label = f"optimizer {tick.label}"
        places = [x for x, text in zip(points.x, points.texts, strict=True) if label in text]
        assert len(set(places)) == len(places) > 5
        assert all(abs(x - tick.at) <= 0.25 for x in places)


def test_a_missing_parameter_has_its_own_place(make_sweep):
    panel = collect_slice(make_sweep(9)).panels[1]
    (points,) = panel.marks
    lacking = ["momentum missing" in text for text in points.texts]
    assert any(lacking)
    assert panel.x.ticks[0] == (panel.x.low, "missing")
    assert panel.x.low == pytest.approx(-0.12)
    assert [x == panel.x.low for x in points.x] == lacking


def test_only_the_named_parameters_are_drawn_in_their_order(make_sweep):
    chart = collect_slice(make_sweep(9), ["width", "optimizer"])
    assert [panel.x.title for panel in chart.panels] == ["width", "optimizer"]
    with pytest.raises(UsageError) as caught:
        collect_slice(make_sweep(9), ["widht"])
    assert str(caught.value) == (
        "parameter 'widht': digits <b>&amp;</b> has none of that name that varies. Did you mean "
        '"width"? There are: learning_rate, momentum, optimizer, width.'
    )
    assert MAX_PANELS == 16


def test_hovering_tells_the_values(make_sweep):
    figure = draw_chart(collect_slice(make_sweep(1)))
    name, value, result = figure.data[0].hovertext[0].split("<br>")
    assert name == "run-1 &lt;i&gt;"
    assert value.startswith("learning_rate ")
    assert result.startswith("loss ")
    assert float(value.split()[1]) == pytest.approx(10 ** (4 * 0.3775 - 4), rel=1e-5)
    assert float(result.split()[1]) == pytest.approx(0.3 + 0.1225**2, rel=1e-5)


@pytest.mark.parametrize(
    ("n", "fields", "words"),
    [
        (0, {}, "Nothing to draw yet: there has to be a finished run."),
        (3, {"metric": False}, "The sweep has no metric to draw."),
    ],
)
def test_nothing_to_draw_is_said_in_words(make_sweep, n, fields, words):
    figure = draw_chart(collect_slice(make_sweep(n, **fields)))
    assert type(figure) is go.Figure
    assert len(figure.data) == 0
    assert words in [annotation.text for annotation in figure.layout.annotations]
