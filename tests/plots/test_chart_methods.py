"""The charts as methods of a sweep that was really run."""

import json
import math

import numpy as np
import pytest

import nbsweep
from nbsweep.analysis.frame import frame
from nbsweep.analysis.parallel_coordinates import collect
from nbsweep.errors import UsageError
from nbsweep.plots.figures.parallel_coordinates import draw_parallel_coordinates
from tests.made_up_sweeps import FakeSweep

N_RUNS = 14


@pytest.fixture
def sweep():
    """A real one: bayes, hyperband, a second metric."""
    sweep_id = nbsweep.sweep(
        {
            "name": "digits",
            "method": "bayes",
            "seed": 1,
            "metric": {"name": "loss", "goal": "minimize"},
            "early_terminate": {"type": "hyperband", "min_iter": 2},
            "parameters": {
                "lr": {"distribution": "log_uniform_values", "min": 1e-4, "max": 1.0},
                "kind": {"values": ["a", "b"]},
            },
        }
    )

    def train():
        with nbsweep.init() as run:
            end = (math.log10(run.config.lr) + 2) ** 2 + (run.config.kind == "b")
            for step in range(8):
                run.log({"loss": end + 1 / (1 + step), "size": 10.0 ** (end + 1)})

    nbsweep.agent(sweep_id, train, count=N_RUNS, show=False)
    return nbsweep.Sweep(sweep_id)


@pytest.mark.parametrize(
    ("name", "title", "axes"),
    [
        ("timeline", "workers", {"worker"}),
        ("correlation", "correlations", set()),
        ("rungs", "early termination", {"rung (iteration)", "runs", "iteration", "loss"}),
        ("surrogate", "the model around the best run", {"lr", "kind", "loss"}),
        (
            "calibration",
            "predictions of loss",
            {
                "predicted loss",
                "loss that came",
                "predictions, in order of the runs",
                "share within the interval so far",
            },
        ),
        ("cost", "duration and loss", {"loss"}),
    ],
)
def test_each_chart_is_a_figure_with_named_axes_and_a_still(sweep, name, title, axes):
    figure = getattr(nbsweep.plots, name)(sweep)
    assert figure.layout.title.text.startswith(f"<b>digits · {title}</b>")
    drawn = json.loads(figure.to_json())["layout"]
    names = {
        axis.get("title", {}).get("text")
        for key, axis in drawn.items()
        if key.startswith(("xaxis", "yaxis"))
    }
    assert axes <= names
    if name in ("timeline", "cost"):
        unit = "time since the first run began (" if name == "timeline" else "duration ("
        assert any(text and text.startswith(unit) for text in names)
    bundle = figure._still()
    assert "<img" in bundle["text/html"]
    assert getattr(sweep, f"plot_{name}")().to_json()


def test_correlations_include_what_the_runs_log(sweep):
    figure = sweep.plot_correlation(method="pearson")
    assert list(figure.layout.xaxis.ticktext) == ["kind", "lr", "size", "duration (s)"]
    assert list(figure.layout.yaxis.ticktext) == ["lr", "size", "duration (s)", "loss"]
    with pytest.raises(UsageError, match="method: found 'kendall'"):
        sweep.plot_correlation(method="kendall")


def test_bars_of_several_marks_lie_where_they_say(sweep):
    """Not side by side, as plotly has bars of several traces."""
    assert sweep.plot_rungs().layout.barmode == "overlay"
    assert sweep.plot_timeline().layout.barmode == "overlay"


def test_another_metric_and_another_cost(sweep):
    figure = sweep.plot_cost("loss", by="size")
    assert figure.layout.xaxis.title.text == "size"
    assert figure.layout.xaxis.type == "log"
    assert sweep.plot_cost("size").layout.yaxis.title.text == "size"
    model = sweep.plot_surrogate("size")
    assert "The search has no model of size: it models loss." in [
        note.text for note in model.layout.annotations
    ]


def test_many_lines_are_arrays_of_few_digits_that_are_where_they_were():
    sweep = FakeSweep(
        {
            "method": "random",
            "metric": {"name": "loss"},
            "parameters": {f"p{k}": {"min": 0.0, "max": 1.0} for k in range(14)},
        }
    )
    for k in range(1000):
        sweep.add(params={f"p{j}": (k * (j + 1) * 0.618034) % 1 for j in range(14)})
    data = collect(frame(sweep.snapshot(), sweep.config))
    figure = draw_parallel_coordinates(data)
    (trace,) = figure.data
    for axis, dimension in zip(data.axes, trace.dimensions, strict=True):
        assert isinstance(dimension["values"], np.ndarray)
        np.testing.assert_allclose(dimension["values"], axis.positions, rtol=0, atol=5e-6)
    np.testing.assert_allclose(trace.line.color, data.colours, rtol=0, atol=5e-6)
    # 10,000 runs in 3 MB.
    assert len(figure.to_json()) < 300_000
