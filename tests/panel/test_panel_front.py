"""A sweep with several objectives in the panel: its axes, its analyses, what is saved of it."""

import random

import pytest

from nbsweep.analysis.frame import frame
from nbsweep.panel import analyses
from nbsweep.panel.brushes import ranges_to_narrow
from nbsweep.panel.saved import report
from nbsweep.panel.widget import STATIC, Panel
from nbsweep.records import RunState, SweepState
from nbsweep.view.picture import picture
from tests.made_up_sweeps import front_sweep
from tests.saved_pages import script_of


@pytest.fixture
def panel_of():
    made = []

    def make(sweep):
        panel = Panel(sweep.snapshot, sweep.config, clock=lambda: sweep.now)
        made.append(panel)
        return panel

    yield make
    for panel in made:
        panel.close()


def many(n=24):
    return front_sweep([(i % 5, (i * 7) % 11, 1.0) for i in range(n)])


def test_further_metrics_are_axes_before_the_metrics_with_their_own_goal():
    sweep = front_sweep()
    sweep.add(RunState.RUNNING)
    axes = analyses.axes(sweep.snapshot(), sweep.config)
    *others, accuracy, latency, loss = axes.listed
    assert [axis["name"] for axis in (accuracy, latency, loss)] == ["accuracy", "latency", "loss"]
    assert [axis["is_objective"] for axis in (*others, accuracy, latency, loss)] == [
        *[False] * len(others), True, True, False,
    ]  # fmt: skip
    assert (accuracy["best"], loss["best"]) == (0.99, 0.1)
    places = [axes.places(run)[-2:] for run in sweep.runs]
    assert places[:2] == [[0.9, 10.0], [0.85, 10.0]]
    assert places[6] == [None, 1.0]
    assert places[7] == [None, None]  # it is under way


def test_each_objective_has_its_ranking():
    sweep = many()
    for name in ("loss", "accuracy", "latency"):
        ranking = analyses.ranking(sweep.snapshot(), sweep.config, target=name)
        assert ranking["metric"] == name


def test_a_brush_on_an_objective_keeps_what_lies_around_the_selected_runs():
    sweep = front_sweep()
    axes = analyses.axes(sweep.snapshot(), sweep.config).listed
    rectangle = {"ranges": {"loss": [[0.0, 0.5]], "accuracy": [[0.5, 1.0]]}, "invert": False}
    found = ranges_to_narrow(axes, rectangle, sweep.runs[:3], sweep.config)
    assert set(found) <= {column.name for column in frame(sweep.snapshot(), sweep.config).params}
    assert "learning_rate" in found


def test_the_panel_follows_the_front_and_its_volume(panel_of):
    sweep = front_sweep()
    panel = panel_of(sweep)
    assert panel.picture["front"] == ["run00003", "run00006", "run00001"]
    sweep.add(summary={"loss": 0.1, "accuracy": 0.95, "latency": 1.0})
    panel.finish(picture(panel.read(), sweep.config, total=50, now=sweep.now))
    assert panel.picture["front"] == ["run00008"]
    volume = panel.picture["hypervolume"]
    assert [number for number, _ in volume["steps"]] == [1, 3, 6, 8] or volume["steps"][-1][0] == 8
    assert volume["text"].startswith("0.0")
    assert ", measured to loss 0.11 and accuracy 0.855" in volume["text"]


def test_a_sweep_with_one_metric_has_no_volume(make_mixed_sweep):
    sweep = make_mixed_sweep(10)
    assert analyses.volume(sweep.snapshot(), sweep.config) is None


def test_runs_that_the_page_selects_reach_python(panel_of):
    panel = panel_of(front_sweep())
    panel.set_state({"selected_ids": ["run00003", "run00006"]})
    assert [run.number for run in panel.selected] == [3, 6]


@pytest.mark.parametrize("has_front", [True, False])
def test_a_saved_page_holds_the_front_end_that_it_needs(has_front, make_mixed_sweep):
    sweep = front_sweep(sweep_state=SweepState.FINISHED) if has_front else make_mixed_sweep(10)
    page = report(sweep.snapshot(), sweep.config, now=sweep.now)
    script = script_of(page)
    assert ("another run is as good in all and better in one" in script) is has_front
    file = "frozen_front.min.js" if has_front else "frozen.min.js"
    assert (STATIC / file).read_text(encoding="utf-8")[:500] in script


def test_a_saved_page_of_many_runs_stays_small():
    rng = random.Random(3)
    sweep = front_sweep([(rng.random(), rng.random(), 30 * rng.random()) for _ in range(3000)])
    page = report(sweep.snapshot(), sweep.config, now=sweep.now)
    assert len(page.encode()) < 400_000
