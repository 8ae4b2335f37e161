"""What brushes mean in natural values."""

import pytest

from nbsweep.analysis.frame import frame
from nbsweep.panel.axes import Axes
from nbsweep.panel.brushes import ranges_to_narrow
from tests.made_up_sweeps import FakeSweep


@pytest.fixture
def sweep():
    made = FakeSweep()
    for _ in range(12):
        made.add()
    return made


def narrow(sweep, ranges, selected=(), invert=False):
    axes = Axes(frame(sweep.snapshot(), sweep.config)).listed
    brushes = {"ranges": ranges, "invert": invert}
    return ranges_to_narrow(axes, brushes, selected, sweep.config)


def test_a_brush_on_a_logarithmic_axis_gives_limits_with_few_digits(sweep):
    # 1e-4 to 0.1: three decades, a third of the axis each.
    assert narrow(sweep, {"learning_rate": [[1 / 3, 2 / 3]]}) == {"learning_rate": (0.001, 0.01)}


def test_several_brushes_on_an_axis_give_the_range_that_holds_them(sweep):
    found = narrow(sweep, {"learning_rate": [[0.9, 1.0], [1 / 3, 0.5]]})
    assert found == {"learning_rate": (0.001, 0.1)}


def test_a_brush_on_categories_keeps_those_inside(sweep):
    # Drawn from the top: adam at 0.75, sgd at 0.25.
    assert narrow(sweep, {"optimizer": [[0.6, 0.9]]}) == {"optimizer": ["adam"]}
    assert narrow(sweep, {"optimizer": [[0.2, 0.9]]}) == {"optimizer": ["adam", "sgd"]}


def test_a_brush_on_the_metric_keeps_what_lies_around_the_runs_inside(sweep):
    runs = sweep.snapshot().runs[:4]
    found = narrow(sweep, {"loss": [[0.0, 0.3]], "optimizer": [[0.6, 0.9]]}, runs)
    assert set(found) == {
        "learning_rate",
        "optimizer",
        "fc_layer_size",
        "dropout",
        "batch_size",
    }
    assert found["optimizer"] == ["adam"]
    low, high = found["learning_rate"]
    rates = [run.params["learning_rate"] for run in runs]
    assert low <= min(rates) < max(rates) <= high


def test_an_inverted_brush_goes_by_the_runs_alone(sweep):
    runs = sweep.snapshot().runs[:4]
    found = narrow(sweep, {"learning_rate": [[0.4, 0.6]]}, runs, invert=True)
    assert found == narrow(sweep, {}, runs)
    assert "learning_rate" in found


def test_the_place_of_missing_values_and_single_runs_give_no_range(sweep):
    assert narrow(sweep, {"learning_rate": [[-0.15, -0.1]]}) == {}
    assert narrow(sweep, {}, sweep.snapshot().runs[:1]) == {}
