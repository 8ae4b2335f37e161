"""Partial dependence, contour and rank: that they show what decides a known function."""

import math
import random

import pytest

from nbsweep.analysis.charts.chart import Band, Bars, Cells, Line, Points
from nbsweep.analysis.charts.contour import collect_contour
from nbsweep.analysis.charts.dependence import collect_dependence
from nbsweep.analysis.charts.rank import collect_rank
from nbsweep.analysis.dependence import dependence_bands, dependence_surface
from nbsweep.analysis.frame import frame
from nbsweep.errors import UsageError
from tests.made_up_sweeps import FakeSweep

PARAMETERS = {
    "noise": {"min": 0.0, "max": 1.0},
    "lr": {"distribution": "log_uniform_values", "min": 1e-4, "max": 1.0},
    "kind": {"values": ["good", "bad", "unused"]},
    "width": {"min": 0.0, "max": 4.0},
}


def known(n=120, goal="minimize", sign=1.0):
    """loss = (log10 lr + 2)² + 3 for "bad" + width: lr and kind decide most."""
    config = {
        "name": "known",
        "method": "random",
        "metric": {"name": "loss", "goal": goal},
        "parameters": PARAMETERS,
    }
    sweep = FakeSweep(config)
    rng = random.Random(1)
    for _ in range(n):
        params = {
            "noise": rng.random(),
            "lr": 10 ** (4 * rng.random() - 4),
            "kind": rng.choice(["good", "bad"]),
            "width": 4 * rng.random(),
        }
        loss = (math.log10(params["lr"]) + 2) ** 2 + 3 * (params["kind"] == "bad")
        sweep.add(params=params, summary={"loss": sign * (loss + params["width"] / 4)})
    return frame(sweep.snapshot(), sweep.config)


def test_the_curve_of_a_parameter_follows_the_function_and_its_band_holds_it():
    curve = dependence_bands(known(), ["lr"])["lr"]
    lowest = curve.numbers[curve.values.index(min(curve.values))]
    assert 10**-2.6 < lowest < 10**-1.4
    assert curve.values[0] - min(curve.values) > 1.5
    for low, value, high in zip(curve.low, curve.values, curve.high, strict=True):
        assert low <= value <= high


def test_a_band_is_wider_with_fewer_runs():
    def width(n):
        curve = dependence_bands(known(n), ["lr"])["lr"]
        spans = [high - low for low, high in zip(curve.low, curve.high, strict=True)]
        return sum(spans) / len(spans)

    assert width(24) > 1.5 * width(400)


def test_dependence_draws_the_most_important_first_and_categories_as_bars():
    chart = collect_dependence(known())
    titles = [panel.x.title for panel in chart.panels]
    assert set(titles[:2]) == {"lr", "kind"}
    assert set(titles) == {"lr", "kind", "width", "noise"}
    lr = chart.panels[titles.index("lr")]
    assert [type(mark) for mark in lr.marks] == [Points, Band, Line]
    kind = chart.panels[titles.index("kind")]
    assert [type(mark) for mark in kind.marks] == [Points, Bars, Line]
    (bars,) = (mark for mark in kind.marks if isinstance(mark, Bars))
    assert bars.at == (0.0, 1.0)
    assert bars.starts[1] - bars.ends[0] > 1.0  # "bad" is worse beyond doubt
    assert "out-of-bag R² 0." in chart.subtitle


def test_a_surface_is_lowest_where_the_function_is():
    surface = dependence_surface(known(), "lr", "width")
    flat = {
        (x, y): value
        for y, row in zip(surface.y, surface.values, strict=True)
        for x, value in zip(surface.x, row, strict=True)
    }
    x, _ = min(flat, key=flat.get)
    assert 10**-2.7 < x < 10**-1.3
    assert dependence_surface(known(9), "lr", "width") is None
    assert dependence_surface(known(), "lr", "nothing") is None


@pytest.mark.parametrize(("goal", "sign"), [("minimize", 1.0), ("maximize", -1.0)])
def test_a_contour_is_darkest_where_runs_are_good(goal, sign):
    chart = collect_contour(known(goal=goal, sign=sign), ["kind", "lr"])
    (panel,) = chart.panels
    cells, points = panel.marks
    assert isinstance(cells, Cells)
    assert (panel.x.title, panel.y.title, panel.y.kind) == ("kind", "lr", "log")
    assert cells.x_edges == (-0.5, 0.5, 1.5)
    good, bad = (max(row[k] for row in cells.values) for k in (0, 1))
    assert good > bad + 0.3
    best = max(range(len(cells.values)), key=lambda r: cells.values[r][0])
    assert 10**-2.7 < cells.y_edges[best] < 10**-1.3
    assert max(points.shades) == 1.0
    assert cells.texts[0][0].startswith("kind good\nlr 1.")


def test_a_contour_takes_the_two_most_important_and_says_how_well_it_predicts():
    chart = collect_contour(known())
    (panel,) = chart.panels
    assert {panel.x.title, panel.y.title} == {"lr", "kind"}
    assert "by a random forest, out-of-bag R² 0." in chart.subtitle


def test_few_runs_are_drawn_without_cells_and_it_is_said():
    chart = collect_contour(known(6), ["lr", "kind"])
    (panel,) = chart.panels
    assert [type(mark) for mark in panel.marks] == [Points]
    assert chart.caption == "points are runs; no cells yet: it takes 10 runs, there are 6"


@pytest.mark.parametrize("names", ["lr", ["lr"], ["lr", "lr"], ["lr", "kind", "width"]])
def test_a_contour_of_other_than_two_is_refused(names):
    with pytest.raises(UsageError) as caught:
        collect_contour(known(12), names)
    assert str(caught.value) == (
        f"contour: it takes two parameters, found {names!r}. Give their names: "
        'params=("learning_rate", "batch_size").'
    )


def test_categories_that_no_run_had_leave_a_gap():
    sweep = FakeSweep(
        {
            "method": "random",
            "metric": {"name": "loss", "goal": "minimize"},
            "parameters": {"c": {"values": ["a", "b", "c"]}, "x": {"min": 0.0, "max": 1.0}},
        }
    )
    rng = random.Random(3)
    for i in range(30):
        params = {"c": "ac"[i % 2], "x": rng.random()}
        sweep.add(params=params, summary={"loss": params["x"] + (i % 2)})
    (panel,) = collect_contour(frame(sweep.snapshot(), sweep.config), ["c", "x"]).panels
    cells = panel.marks[0]
    assert cells.x_edges == (-0.5, 0.5, 1.5, 2.5)
    assert all(row[1] is None and row[0] is not None for row in cells.values)


def test_rank_colours_by_rank_with_the_best_on_top_and_equals_alike():
    sweep = FakeSweep()
    for loss in (0.4, 0.1, 0.4, 1e9, 0.2):
        sweep.add(summary={"loss": loss})
    chart = collect_rank(frame(sweep.snapshot(), sweep.config), ["dropout", "learning_rate"])
    (panel,) = chart.panels
    (points,) = panel.marks
    assert points.shades == (0.0, 0.375, 0.375, 0.75, 1.0)
    assert points.texts[-1].startswith("brisk-sweep-2 · better than 100% of 5 runs\ndropout ")


def test_rank_draws_all_pairs_of_the_four_most_important():
    chart = collect_rank(known())
    assert len(chart.panels) == 6
    assert {chart.panels[0].x.title, chart.panels[0].y.title} == {"lr", "kind"}
    assert chart.colours.title == "rank"


def test_what_does_not_vary_has_no_cells_and_no_curve_and_it_is_said():
    sweep = FakeSweep(
        {
            "method": "random",
            "metric": {"name": "loss", "goal": "minimize"},
            "parameters": {"x": {"min": 0.0, "max": 1.0}, "y": {"min": 0.0, "max": 1.0}},
        }
    )
    for i in range(12):
        sweep.add(params={"x": i / 12, "y": 0.5}, summary={"loss": i / 12})
    still = frame(sweep.snapshot(), sweep.config)
    chart = collect_contour(still, ["x", "y"])
    assert chart.caption == "points are runs; no cells: y does not vary among the runs"
    chart = collect_dependence(still, "y")
    assert chart.caption == "no curve: y does not vary among the runs"
    assert [panel.x.title for panel in chart.panels] == ["y"]


def test_a_name_that_there_is_not_is_refused():
    for collect in (collect_dependence, collect_rank):
        with pytest.raises(UsageError, match='Did you mean "width"'):
            collect(known(12), ["widht", "lr"])
