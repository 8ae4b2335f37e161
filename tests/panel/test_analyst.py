"""When the analyses of a panel are made again: never is what they say of other runs."""

import threading

import pytest

from nbsweep.panel import analyses
from nbsweep.panel.analyst import GROWTH, SHARE, URGENT_SHARE, Analyst, Due
from nbsweep.panel.widget import Panel
from nbsweep.records import RunState
from nbsweep.view.picture import picture
from tests.made_up_sweeps import CONFIG, FakeSweep

DEADLINE_S = 60


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


def metric_axis(panel):
    return next(axis for axis in panel.picture["axes"] if axis["is_metric"])


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


def show(sweep, panel):
    panel.show(picture(panel.read(), sweep.config, total=50, now=sweep.now, live=True))


@pytest.fixture
def costly_imports(monkeypatch):
    """Axes and rankings of which the first takes 3 s of imports, on a timer of the test."""
    timer = Clock()
    loaded = []

    def load(*_, **__):
        if not loaded:
            timer.now += 3.0
        loaded.append(True)

    monkeypatch.setattr(analyses, "load_axes", load)
    monkeypatch.setattr(analyses, "load", load)
    return timer


@pytest.mark.parametrize("goal", ["minimize", "maximize"])
def test_axes_fit_the_first_runs_of_a_fresh_kernel_at_once(costly_imports, goal):
    clock = Clock()
    sweep = FakeSweep({**CONFIG, "metric": {"name": "accuracy", "goal": goal}})
    analyst = Analyst(clock, lambda: None, costly_imports)
    assert analyst.axes(sweep.snapshot(), sweep.config).listed[-1]["high"] == 1.0
    sweep.add(RunState.FINISHED, summary={"accuracy": 0.25})
    axes = analyst.axes(sweep.snapshot(), sweep.config).listed[-1]
    assert (axes["low"], axes["high"], axes["best"]) == (0.25, 0.25, 0.25)
    analyst.close()


def test_a_better_run_than_the_axes_hold_is_drawn_in_its_place_at_once(panel_of):
    sweep = FakeSweep(CONFIG)
    for loss in (0.5, 0.6, 0.7):
        sweep.add(RunState.FINISHED, summary={"loss": loss})
    panel = panel_of(sweep)
    assert metric_axis(panel)["low"] == 0.5
    sweep.add(RunState.FINISHED, summary={"loss": 0.01})
    show(sweep, panel)
    assert (metric_axis(panel)["low"], metric_axis(panel)["best"]) == (0.01, 0.01)


def test_a_category_that_comes_up_later_has_its_place_at_once(panel_of):
    sweep = FakeSweep({**CONFIG, "method": "random"})
    for value in ("a", "b", "c"):
        sweep.add(RunState.FINISHED, params={"optimizer": "adam", "kind": value})
    panel = panel_of(sweep)
    sweep.add(RunState.FINISHED, params={"optimizer": "adam", "kind": "d"})
    show(sweep, panel)
    (axis,) = (axis for axis in panel.picture["axes"] if axis["name"] == "kind")
    assert axis["categories"] == ["a", "b", "c", "d"]
    place = [each["name"] for each in panel.picture["axes"]].index("kind")
    assert [row["places"][place] for row in panel.picture["rows"]] == [0.0, 1.0, 2.0, 3.0]


def test_axes_hold_what_lies_beyond_their_cut_end_and_nothing_better_than_the_best():
    sweep = FakeSweep(CONFIG)
    for loss in (0.5, 0.6, 0.7, 0.8, 1e9):
        sweep.add(RunState.FINISHED, summary={"loss": loss})
    axes = analyses.axes(sweep.snapshot(), sweep.config)
    assert axes.listed[-1]["high"] < 10
    axes.hold(1e8)
    assert not axes.is_outgrown
    axes.hold(0.4999)
    assert axes.is_outgrown


def test_what_is_costly_is_made_again_by_its_share_of_the_time_and_sooner_when_outgrown():
    clock = Clock()
    due = Due(clock, shortest_s=1.0)
    assert due.is_due(0)
    due.made(100, cost_s=0.5)
    clock.now += 1000.0
    assert not due.is_due(100)
    clock.now = 1000.0 + 0.5 / URGENT_SHARE
    assert not due.is_due(101)
    assert due.is_due(round(100 * GROWTH))
    assert due.is_due(100, is_outgrown=True)
    clock.now = 1000.0 + 0.5 / SHARE
    assert due.is_due(101)
    due.made(101, cost_s=0.0)
    clock.now += 0.9
    assert not due.is_due(102)
    clock.now -= 3600.0  # set back
    assert due.is_due(102)


def test_a_ranking_is_made_once_there_are_runs_enough_for_one(costly_imports):
    clock, told = Clock(), threading.Semaphore(0)
    analyst = Analyst(clock, told.release, costly_imports)
    sweep = FakeSweep(CONFIG)
    analyst.rank_when_due(sweep.snapshot(), sweep.config)
    assert told.acquire(timeout=DEADLINE_S)
    assert analyst.importance["n_runs"] == 0
    for _ in range(12):
        sweep.add(RunState.FINISHED)
    clock.now += 1.0
    analyst.rank_when_due(sweep.snapshot(), sweep.config)
    assert told.acquire(timeout=DEADLINE_S)
    assert (analyst.importance["n_runs"], len(analyst.importance["rows"])) == (12, 5)
    analyst.close()


def test_a_ranking_under_way_never_takes_the_place_of_the_last_one(monkeypatch):
    """Wherever it is when the last one is made."""
    began, may_go_on = threading.Event(), threading.Event()

    def outlook(*_):
        if threading.current_thread().name == "nbsweep-analyst":
            began.set()
            assert may_go_on.wait(DEADLINE_S)
            return "early"
        return "late"

    monkeypatch.setattr(analyses, "outlook", outlook)
    sweep, told = FakeSweep(CONFIG), []
    analyst = Analyst(Clock(), lambda: told.append(True))
    analyst.rank_when_due(sweep.snapshot(), sweep.config)
    assert began.wait(DEADLINE_S)
    for _ in range(12):
        sweep.add(RunState.FINISHED)
    analyst.finish(sweep.snapshot(), sweep.config)
    may_go_on.set()
    answered = threading.Event()
    analyst.analyse(lambda *_: answered.set(), sweep.snapshot(), sweep.config)
    assert answered.wait(DEADLINE_S)
    assert (analyst.outlook, analyst.importance["n_runs"], told) == ("late", 12, [])
    analyst.close()
