"""Every chart of runs that there is little to draw of: words, or a picture that makes sense."""

import math
import re
import warnings
import xml.etree.ElementTree as ElementTree

import pytest

from nbsweep.analysis.charts.catalogue import CHARTS, Shown, collect_chart, names_for
from nbsweep.analysis.frame import frame
from nbsweep.plots.figures.chart import draw_chart
from nbsweep.plots.paper import write_chart
from nbsweep.records import Curve, RunState
from nbsweep.view.chart_svg import chart_file, chart_plot
from tests.made_up_sweeps import CONFIG, FakeSweep, front_sweep, mixed_sweep


def plain(n=12, parameters=None, **fields):
    """n finished runs."""
    config = {**CONFIG, "parameters": parameters or CONFIG["parameters"], **fields}
    sweep = FakeSweep(config)
    for _ in range(n):
        sweep.add()
    return sweep


def with_losses(losses, **fields):
    """A run for each loss, which its curve ends with."""
    sweep = FakeSweep({**CONFIG, **fields})
    for loss in losses:
        run = sweep.add(summary={} if loss is None else {"loss": loss})
        finite = [v for v in (1.0, 0.9, loss) if v is not None and math.isfinite(v)]
        sweep.curves[run.id] = Curve(run.id, run.state, tuple(range(len(finite))), tuple(finite))
    return sweep


def only(state):
    sweep = FakeSweep()
    for _ in range(4):
        sweep.add(state)
    return sweep


def without_metric():
    sweep = FakeSweep({key: value for key, value in CONFIG.items() if key != "metric"})
    for _ in range(12):
        sweep.add()
    return sweep


def other_metric():
    """Runs that log something else than what the sweep is about."""
    sweep = FakeSweep()
    for _ in range(12):
        sweep.add(summary={"other": 1.0})
    sweep.curves.clear()
    return sweep


WIDE = {f"p{i:03d}": {"min": 0.0, "max": 1.0} for i in range(200)}
MANY_VALUES = {
    "word": {"values": [f"value-{i}-{'x' * 60}" for i in range(500)]},
    "lr": {"distribution": "log_uniform_values", "min": 1e-300, "max": 1e300},
}
ONE_VALUE = {"a": {"values": ["only"]}, "b": {"values": [3]}, "c": {"value": 1}}
ODD_NAMES = {"x_2": {"min": 0.0, "max": 1.0}, "name": {"values": ["<i>", "&amp;", "$y$", "名前"]}}

SWEEPS = {
    "no run": lambda: plain(0),
    "one run": lambda: plain(1),
    "two runs": lambda: plain(2),
    "all failed": lambda: only(RunState.FAILED),
    "all running": lambda: only(RunState.RUNNING),
    "all pending": lambda: only(RunState.PENDING),
    "constant": lambda: with_losses([0.5] * 14),
    "constant zero": lambda: with_losses([0.0] * 14),
    "nan and infinities": lambda: with_losses([0.1, math.nan, math.inf, -math.inf, 0.3] * 3),
    "all nan": lambda: with_losses([math.nan] * 12),
    "two scales": lambda: with_losses([0.1, 0.2, 1e9, 0.15, 2e9, 0.3] * 4),
    "far apart": lambda: with_losses([-1.7e308, 1.7e308, 0.0, 1.0] * 4),
    "tiny": lambda: with_losses([1e-308 * (i + 1) for i in range(14)]),
    "close": lambda: with_losses([1e6 + i * 1e-9 for i in range(14)]),
    "200 parameters": lambda: plain(12, WIDE),
    "500 values": lambda: plain(40, MANY_VALUES),
    "one value": lambda: plain(12, ONE_VALUE),
    "odd names": lambda: plain(12, ODD_NAMES, name="$x^2$ <b>\N{NULL}\ud800"),
    "without the metric": other_metric,
    "no metric": without_metric,
    "mixed": lambda: mixed_sweep(40),
    "front": front_sweep,
    "bayes": lambda: with_losses([0.4, 0.3, 0.2] * 4, method="bayes"),
    "hyperband": lambda: plain(12, early_terminate={"type": "hyperband", "min_iter": 3}),
}


def charts(name):
    sweep = SWEEPS[name]()
    snapshot = sweep.snapshot()
    shown = Shown(frame(snapshot, sweep.config), snapshot, sweep.config)
    return [collect_chart(kind, shown) for kind in names_for(sweep.config)]


@pytest.mark.parametrize("name", SWEEPS)
def test_each_chart_is_a_sentence_or_a_picture_without_odd_numbers(name):
    for chart in charts(name):
        assert bool(chart.empty) != bool(chart.panels), chart.name
        plot = chart_plot(chart)
        if chart.empty:
            assert re.fullmatch(r"[A-Z0-9].*\.", chart.empty, re.DOTALL), chart.empty
            assert plot.caption == chart.empty
        for svg in filter(None, (plot.svg, chart_file(chart))):
            ElementTree.fromstring(svg)
            assert not re.search(r'="[^"]*\b(nan|inf)\b', svg), chart.name
            assert len(svg) < 400_000, chart.name
        json = draw_chart(chart).to_json()
        assert len(json) < 2_000_000, chart.name
        assert not re.search(r"[\[,:](NaN|-?Infinity)[\],}]", json), chart.name


@pytest.mark.parametrize("name", SWEEPS)
def test_each_chart_tells_what_its_axes_are(name):
    for chart in charts(name):
        for panel in chart.panels:
            assert panel.x.low <= panel.x.high, chart.name
            assert panel.y.low <= panel.y.high, chart.name
            for axis in (panel.x, panel.y):
                is_named = axis.title or (axis.kind == "category")
                assert is_named or panel.title, chart.name
                assert math.isfinite(axis.low), chart.name
                assert math.isfinite(axis.high), chart.name


PAPER = ("one run", "far apart", "tiny", "500 values", "odd names", "mixed", "front")


@pytest.mark.slow
@pytest.mark.parametrize("name", PAPER)
def test_matplotlib_draws_them_too_and_warns_of_nothing(name, tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for chart in charts(name):
            path = tmp_path / f"{chart.name}.png"
            write_chart(chart, path)
            assert path.stat().st_size > 1000


def test_all_charts_are_tried():
    tried = {kind for name in SWEEPS for kind in names_for(SWEEPS[name]().config)}
    assert tried == set(CHARTS)
