"""What is drawn from a chart: as a plotly figure and as a static picture."""

import xml.etree.ElementTree as ElementTree

import pytest

import nbsweep
from nbsweep.analysis.charts.chart import (
    Axis,
    Band,
    Bars,
    Cells,
    Chart,
    ColourBar,
    Line,
    Panel,
    Points,
    Rule,
    Tick,
    Words,
    categories,
)
from nbsweep.analysis.charts.palette import DARK, LIGHT
from nbsweep.plots.figures.chart import draw_chart
from nbsweep.view.chart_svg import chart_plot

NUMBERS = Axis("loss <b>", 1.0, 100.0, "log")
STEPS = Axis("step", 0.0, 10.0, is_integer=True)
ALL_MARKS = Chart(
    "everything",
    "a < b",
    panels=(
        Panel(
            STEPS,
            NUMBERS,
            (
                Band((0.0, 10.0), (2.0, 2.0), (20.0, 20.0), name="band"),
                Line((0.0, 5.0, 6.0, 10.0), (3.0, 4.0, None, 5.0), "best", "line", end="star"),
                Points((1.0, 2.0), (10.0, 50.0), "failed", "dots", texts=("one\n1", "two & 2")),
                Points((3.0,), (10.0,), shades=(0.5,), symbol="cross"),
                Rule(30.0, text="limit"),
                Words(2.0, 60.0, "said"),
            ),
        ),
        Panel(
            Axis("share", 0.0, 1.0),
            categories("", ["lr", "x<y"], is_reversed=True),
            (Bars((0.0, 1.0), (0.0, 0.0), (0.7, 0.3), errors=(0.1, 0.1), labels=("0.7", "0.3")),),
        ),
        Panel(
            categories("a", ["p", "q"]),
            categories("b", ["r"]),
            (Cells((-0.5, 0.5, 1.5), (-0.5, 0.5), ((1.0, None),), 0.0, 1.0, labels=(("1", ""),)),),
        ),
    ),
    n_columns=2,
    colours=ColourBar("loss", (Tick(0.0, "9"), Tick(1.0, "1"))),
)


def test_figure_has_a_trace_for_each_mark_and_reads_no_tags():
    figure = draw_chart(ALL_MARKS)
    kinds = [trace.type for trace in figure.data]
    # The texts of bars and of cells are traces of their own; the last one is the colour bar.
    assert kinds == [*["scatter"] * 5, "bar", "scatter", "heatmap", "scatter", "scatter"]
    assert [trace.name for trace in figure.data if trace.showlegend] == ["band", "line", "dots"]
    assert figure.layout.title.text == "<b>a &lt; b</b>"
    assert figure.layout.yaxis.title.text == "loss &lt;b&gt;"
    assert figure.layout.yaxis.type == "log"
    assert list(figure.data[3].hovertext) == ["one<br>1", "two &amp; 2"]
    assert figure.layout.yaxis2.range[0] > figure.layout.yaxis2.range[1]
    figure.to_json()


def test_still_picture_is_well_formed_and_says_the_same():
    plot = chart_plot(ALL_MARKS)
    root = ElementTree.fromstring(plot.svg)
    texts = ["".join(node.itertext()) for node in root.iter("{http://www.w3.org/2000/svg}text")]
    for words in ("limit", "said", "band", "line", "dots", "x<y", "0.7", "step", "loss <b>"):
        assert words in texts
    assert "nan" not in plot.svg
    assert plot.alt == "a < b"


def test_empty_chart_says_why():
    chart = Chart("edf", "t", empty="No run has ended yet.")
    assert draw_chart(chart).layout.annotations[0].text == "No run has ended yet."
    assert chart_plot(chart)[1:4] == ("No run has ended yet.", "", "")


@pytest.mark.parametrize("palette", [LIGHT, DARK])
def test_shades_go_from_end_to_end(palette):
    for scale in ("quality", "signed", "amount"):
        colours = palette.scales[scale]
        assert (palette.shade(-1, scale), palette.shade(2, scale)) == (colours[0], colours[-1])
    assert palette.colour(8) == palette.colour(0)


def test_edf_of_a_maximized_metric_has_the_best_at_the_left():
    sweep_id = nbsweep.sweep(
        {
            "method": "grid",
            "metric": {"name": "acc", "goal": "maximize"},
            "parameters": {"x": {"values": [1, 2, 3, 4]}},
        }
    )

    def train():
        with nbsweep.init() as run:
            run.log({"acc": run.config.x / 4})

    nbsweep.agent(sweep_id, train, show=False)
    sweep = nbsweep.Sweep(sweep_id)
    figure = nbsweep.plots.edf(sweep)
    assert list(figure.data[0].x) == [1.0, 0.75, 0.5, 0.25]
    assert list(figure.data[0].y) == [0.25, 0.5, 0.75, 1.0]
    assert "half of 4 runs reached 0.75 or more" in figure.layout.title.text
    assert "<img" in figure._still()["text/html"]
    assert sweep.plot_edf("nothing").layout.annotations[1].text == (
        "No run has ended with a value of nothing yet."
    )
