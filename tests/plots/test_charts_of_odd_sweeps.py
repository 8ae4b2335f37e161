"""Every chart of every odd sweep is a picture or a sentence, as a figure and as a still."""

import math
import random
import re
import xml.etree.ElementTree as ElementTree

import pytest

from nbsweep.analysis.charts.catalogue import CHARTS, Shown, names_for
from nbsweep.analysis.frame import frame
from nbsweep.plots.figures.chart import draw_chart
from nbsweep.records import RunState
from nbsweep.view.chart_svg import chart_plot
from tests.made_up_sweeps import CONFIG, FakeSweep, front_sweep, mixed_sweep

EVIL = '<b>&amp;"\u2028\ud800%{x}</b>'


def with_values(values, **config):
    """A finished run for each value of the metric, whatever it is."""
    sweep = FakeSweep({**CONFIG, **config})
    for value in values:
        sweep.add(summary={} if value is None else {"loss": value}, origin=told(value))
    return sweep


def told(value):
    """A prediction beside it."""
    if value is None or not math.isfinite(value):
        return {}
    return {"predicted_mean": value, "predicted_low": value - 1, "predicted_high": value + 1}


def of_state(state, n=3):
    sweep = FakeSweep()
    for _ in range(n):
        sweep.add(state)
    return sweep


def many_parameters():
    rng = random.Random(0)
    names = [f"p{k}" for k in range(200)]
    space = {name: {"min": 0.0, "max": 1.0} for name in names}
    sweep = FakeSweep({**CONFIG, "parameters": space})
    for _ in range(12):
        params = {name: rng.random() for name in names}
        sweep.add(params=params, summary={"loss": params["p3"]})
    return sweep


def many_categories():
    values = [f"checkpoint-{k}" for k in range(500)]
    sweep = FakeSweep({**CONFIG, "parameters": {"c": {"values": values}, "x": {"values": [1, 2]}}})
    for k in range(40):
        sweep.add(params={"c": values[7 * k], "x": 1 + k % 2}, summary={"loss": k % 5 + 0.1})
    return sweep


def evil():
    sweep = FakeSweep(
        {
            "name": EVIL,
            "method": "random",
            "metric": {"name": EVIL[:-10], "goal": "maximize"},
            "parameters": {"a": {"values": [EVIL, "b", None, 1]}, "b": {"min": 0.0, "max": 1.0}},
        },
        name=EVIL,
    )
    for k in range(9):
        params = {"a": [EVIL, "b", None, 1][k % 4], "b": k / 9}
        sweep.add(params=params, name=EVIL, worker=EVIL, summary={EVIL[:-10]: k / 9, EVIL: 1.0})
    return sweep


def conditional():
    parameters = {
        "opt": {"values": ["adam", "sgd"]},
        "momentum": {"min": 0.0, "max": 1.0, "when": {"opt": "sgd"}},
    }
    sweep = FakeSweep({**CONFIG, "parameters": parameters})
    for k in range(12):
        params = {"opt": "sgd", "momentum": k / 12} if k % 2 else {"opt": "adam"}
        sweep.add(params=params, summary={"loss": k % 7 + 0.5})
    return sweep


def without_metric():
    sweep = FakeSweep({key: value for key, value in CONFIG.items() if key != "metric"})
    for _ in range(5):
        sweep.add()
    return sweep


def without_curves():
    sweep = mixed_sweep(20)
    sweep.curves = {}
    return sweep


def early(kind, n=20):
    options = {"hyperband": {"min_iter": 3}, "asha": {"min_iter": 1, "eta": 2}}
    rule = {"type": kind, **options.get(kind, {})}
    return mixed_sweep(n, config={**CONFIG, "early_terminate": rule})


INF, NAN = math.inf, math.nan
SWEEPS = {
    "nothing": FakeSweep,
    "pending": lambda: of_state(RunState.PENDING),
    "running": lambda: of_state(RunState.RUNNING),
    "failed": lambda: of_state(RunState.FAILED),
    "killed": lambda: of_state(RunState.KILLED),
    "one run": lambda: with_values([0.5]),
    "two runs": lambda: with_values([0.5, 0.7]),
    "no value": lambda: with_values([None] * 4),
    "constant": lambda: with_values([0.25] * 12),
    "constant bayes": lambda: with_values([0.25] * 12, method="bayes"),
    "nan and inf": lambda: with_values([NAN, INF, -INF, 0.5, 0.7, NAN, 0.2, 0.3, 1.0]),
    "only nan": lambda: with_values([NAN] * 5),
    "huge": lambda: with_values([1e308, -1e308, 0.0, 1.0, 2.0, 3.0], method="bayes"),
    "tiny": lambda: with_values([1e-300, 2e-300, 3e-300, 1e-310, 5e-324], method="bayes"),
    "zero": lambda: with_values([0.0] * 6),
    "two scales": lambda: with_values([*[k / 50 for k in range(10)], *[1e6 + k for k in range(9)]]),
    "200 parameters": many_parameters,
    "500 categories": many_categories,
    "conditional": conditional,
    "front": front_sweep,
    "no metric": without_metric,
    "no curves": without_curves,
    "evil": evil,
    "mixed": lambda: mixed_sweep(30),
    "grid": lambda: with_values(
        [0.1, 0.2, 0.3], method="grid",
        parameters={"optimizer": {"values": ["adam", "sgd"]}, "width": {"values": [1, 2]}},
    ),
    **{kind: lambda kind=kind: early(kind) for kind in ("hyperband", "asha", "median", "auto")},
    "hyperband of few": lambda: early("hyperband", 2),
}  # fmt: skip


@pytest.mark.parametrize("kind", SWEEPS)
def test_every_chart_is_a_picture_or_a_sentence(kind):
    sweep = SWEEPS[kind]()
    snapshot = sweep.snapshot()
    shown = Shown(frame(snapshot, sweep.config), snapshot, sweep.config)
    for name in names_for(sweep.config):
        chart = CHARTS[name].collect(shown)
        assert chart.name == name
        assert bool(chart.panels) is not bool(chart.empty), (name, chart.empty)
        assert "nan" not in re.sub(r"[Nn]aN or|run_?nan", "", chart.subtitle), (
            name,
            chart.subtitle,
        )
        if chart.empty:
            assert re.fullmatch(r"[A-Z0-9<].*[.]", chart.empty), (name, chart.empty)
        for panel in chart.panels:
            assert panel.x.title or panel.x.kind == "category", name
            for axis in (panel.x, panel.y):
                assert math.isfinite(axis.low), (name, axis)
                assert math.isfinite(axis.high), (name, axis)
                assert axis.low <= axis.high, (name, axis)
        draw_chart(chart).to_json()
        plot = chart_plot(chart)
        if plot.svg:
            ElementTree.fromstring(plot.svg)
            assert not re.search(r'"[^"]*\b(nan|inf)\b[^"]*"', plot.svg), name
            assert len(plot.svg) < 400_000, name
        assert plot.alt or plot.caption, name
