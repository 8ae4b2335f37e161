"""The menu of further charts: what the panel offers, and what Python answers."""

import threading

import pytest

from nbsweep import sweep_config
from nbsweep.analysis.charts.catalogue import CHARTS, charts_for
from nbsweep.panel import analyses
from nbsweep.records import RunState
from tests.panel.test_panel_widget import (  # noqa: F401 - a fixture
    DEADLINE_S,
    FakeControl,
    Page,
    drawn,
    make_panel,
)

FURTHER = [name for name, entry in CHARTS.items() if entry.is_further]
SPACE = {"parameters": {"x": {"min": 0.0, "max": 1.0}}}


@pytest.mark.parametrize(
    ("config", "names"),
    [
        ({"method": "random"}, ["correlation", "timeline"]),
        (
            {"method": "random", "metric": {"name": "loss"}},
            [name for name in FURTHER if name not in ("calibration", "rungs")],
        ),
        (
            {
                "method": "bayes",
                "metric": {"name": "loss"},
                "early_terminate": {"type": "hyperband", "min_iter": 3},
            },
            FURTHER,
        ),
    ],
)
def test_a_sweep_is_offered_the_charts_that_it_can_have(config, names):
    known = charts_for(sweep_config.parse({**config, **SPACE}))
    assert list(known) == [name for name in CHARTS if name in names]
    assert known["timeline"] == "Workers over time"


def test_a_chart_that_is_picked_comes_as_a_picture_from_the_analysts_thread(
    make_panel,  # noqa: F811
    make_mixed_sweep,
    monkeypatch,
):
    on = []
    plain = analyses.chart

    def watched(*what):
        on.append(threading.current_thread().name)
        return plain(*what)

    monkeypatch.setattr("nbsweep.panel.analyses.chart", watched)
    sweep = make_mixed_sweep(12)
    panel = make_panel(sweep, FakeControl())
    assert ["timeline", "Workers over time"] in panel.controls["charts"]
    answer = Page(panel).say(kind="chart", name="timeline")
    assert (answer["name"], answer["error"]) == ("timeline", "")
    chart = answer["chart"]
    assert chart["title"] == "digits · workers"
    assert chart["svg"].startswith("<svg")
    assert chart["alt"].startswith("digits · workers. ")
    assert chart["n_runs"] == 12
    ended = sum(run.state.ended for run in panel.snapshot.runs)
    assert 0 < chart["n_ended"] == ended < 12
    assert on == ["nbsweep-analyst"]


def test_a_finished_sweep_keeps_its_charts_while_its_buttons_go(
    make_panel,  # noqa: F811
    make_mixed_sweep,
):
    sweep = make_mixed_sweep(12)
    panel = make_panel(sweep, FakeControl())
    panel.finish(drawn(sweep, panel))
    assert panel.controls["actions"] == []
    assert dict(panel.controls["charts"]) == charts_for(sweep.config)
    assert Page(panel).say(kind="chart", name="edf")["chart"]["svg"]


def test_a_chart_of_no_use_is_answered_with_a_sentence(make_panel, make_mixed_sweep):  # noqa: F811
    page = Page(make_panel(make_mixed_sweep(3)))
    assert page.say(kind="chart", name="rungs")["error"] == (
        "There is no chart 'rungs' of this sweep. There are: slice, dependence, contour, rank, "
        "cost, correlation, edf, surrogate, timeline."
    )


def test_an_empty_chart_says_why(make_panel, make_sweep):  # noqa: F811
    sweep = make_sweep()
    sweep.add(RunState.PENDING)
    chart = Page(make_panel(sweep)).say(kind="chart", name="timeline")["chart"]
    assert (chart["svg"], chart["caption"]) == ("", "No run has begun yet.")


def test_a_chart_that_breaks_leaves_nobody_waiting(make_panel, make_mixed_sweep, monkeypatch):  # noqa: F811
    def broken(*_):
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr("nbsweep.panel.analyses.chart", broken)
    answer = Page(make_panel(make_mixed_sweep(3))).say(kind="chart", name="edf")
    assert answer["chart"] is None
    assert answer["error"] == "It could not be drawn: ZeroDivisionError: division by zero"


def test_a_chart_that_is_asked_for_again_is_drawn_once_and_others_all_the_same(
    make_panel,  # noqa: F811
    make_mixed_sweep,
    monkeypatch,
):
    began, may_go_on, names = threading.Event(), threading.Event(), []

    def slow(_snapshot, _config, name):
        names.append(name)
        began.set()
        assert may_go_on.wait(DEADLINE_S)

    monkeypatch.setattr("nbsweep.panel.analyses.chart", slow)
    panel = make_panel(make_mixed_sweep(12))
    answered, last = [], threading.Event()
    panel.draw(lambda *_: answered.append("first"), "edf")
    assert began.wait(DEADLINE_S)
    panel.draw(lambda *_: answered.append("edf"), "edf")
    panel.draw(lambda *_: answered.append("cost"), "cost")
    panel.draw(lambda *_: last.set(), "edf")
    may_go_on.set()
    assert last.wait(DEADLINE_S)
    assert names == ["edf", "cost", "edf"]
    assert answered == ["first", "cost"]
