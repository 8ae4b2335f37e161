"""What is drawn from a chart: as a plotly figure and as a static picture."""

import xml.etree.ElementTree as ElementTree
from dataclasses import replace

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
from nbsweep.analysis.charts.edf import collect_edf
from nbsweep.analysis.charts.palette import DARK, LIGHT
from nbsweep.analysis.charts.tame import tamed
from nbsweep.analysis.frame import frame
from nbsweep.plots.figures.chart import draw_chart
from nbsweep.view.chart_svg import chart_plot
from tests.made_up_sweeps import CONFIG, FakeSweep

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


def test_edf_of_several_sweeps_is_a_line_each_on_one_axis():
    frames = []
    for name, losses in (("first", [1.0, 2.0, 3.0, 4.0]), ("second", [0.5, 1.0]), ("third", [])):
        sweep = FakeSweep({**CONFIG, "name": name})
        for loss in losses:
            sweep.add(summary={"loss": loss})
        frames.append(frame(sweep.snapshot(), sweep.config))
    chart = collect_edf(frames[0], frames[1:])
    (panel,) = chart.panels
    assert [(line.name, line.y) for line in panel.marks] == [
        ("first", (0.25, 0.5, 0.75, 1.0)),
        ("second", (0.5, 1.0)),
    ]
    assert (panel.x.low, panel.x.high) == (0.5, 4.0)
    assert chart.subtitle == (
        "half of 4 runs of first reached 2 and half of 2 runs of second reached 0.5, or less"
    )
    assert chart.caption == "without a value of loss: third"


@pytest.mark.parametrize("draw", [draw_chart, chart_plot])
def test_crowded_marks_are_thinned_and_it_is_said(draw):
    n = 9001
    points = Points(tuple(float(i) for i in range(n)), (0.0,) * n, shades=(0.5,) * n)
    chart = Chart("crowd", "t", (Panel(Axis("x", 0, n), Axis("y", -1, 1), (points,)),))
    if draw is draw_chart:
        figure = draw_chart(chart)
        assert len(figure.data[0].x) == len(figure.data[0].marker.color) == 3001
        assert figure.data[0].x[-1] == n - 1  # what is on top stays
        assert figure.layout.annotations[0].text == "6,000 points not drawn"
    else:
        plot = chart_plot(chart)
        assert plot.svg.count("<circle") == 392
        assert plot.caption == "8,609 points not drawn"


def test_ends_that_libraries_cannot_subtract_become_places():
    points = Points((-1.7e308, 0.0, 1.7e308), (1.0, 2.0, 3.0))
    panel = Panel(Axis("x", -1.7e308, 1.7e308), Axis("y", 1, 3), (points,))
    moved = tamed(panel)
    assert moved.marks[0].x == (0.0, 0.5, 1.0)
    assert moved.marks[0].y == points.y
    assert [tick.label for tick in moved.x.ticks] == ["-1e308", "0", "1e308"]
    assert moved.x.ticks[1].at == 0.5
    assert tamed(replace(panel, x=Axis("x", -1, 1))).x == Axis("x", -1, 1)


def test_many_categories_are_named_as_far_as_there_is_room():
    names = [f"category_{i}" for i in range(500)]
    axis = categories("c", names)
    assert len(axis.ticks_up(20, 30)) <= 20
    across = axis.ticks_across(100)
    assert 5 <= len(across) <= 12
    assert all(len(tick.label) <= 14 for tick in across)
    few = categories("c", ["adam", "sgd"]).ticks_across(100)
    assert [tick.label for tick in few] == ["adam", "sgd"]


def test_a_logarithmic_axis_has_the_same_ticks_in_the_figure_and_the_still():
    panel = Panel(STEPS, Axis("loss", 0.02, 9.0, "log"), (Points((1.0,), (1.0,)),))
    chart = Chart("log", "t", (panel,))
    labels = list(draw_chart(chart).layout.yaxis.ticktext)
    assert labels == ["0.1", "1"] or len(labels) >= 3
    svg = chart_plot(chart).svg
    assert all(f">{label}</text>" in svg for label in labels)


def test_a_value_below_an_axis_lies_below_0():
    assert Axis("x", 1.0, 3.0).position(0.0) == -0.5
    assert Axis("x", 1.0, 100.0, "log").position(0.1) == pytest.approx(-0.5)
    assert Axis("x", 1.0, 3.0, is_reversed=True).position(4.0) == -0.5


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
