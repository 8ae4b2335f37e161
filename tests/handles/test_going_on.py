"""From a click on a panel to a run that went on, and what is shown of it."""

import re
from pathlib import Path

import pytest

import nbsweep
from nbsweep.errors import UsageError
from nbsweep.handles.export import run_text
from nbsweep.handles.going_on import continue_best, resumption
from nbsweep.records import RunState
from nbsweep.runs.stop import stop_run
from tests.panel.test_panel_widget import Page

CONFIG = {
    "method": "grid",
    "metric": {"name": "loss", "goal": "minimize"},
    "parameters": {"x": {"values": [4, 1, 3, 2]}, "epochs": {"value": 5}},
}


@pytest.fixture(autouse=True)
def store(tmp_path):
    nbsweep.setup(f"sqlite:///{tmp_path}/runs.db")
    yield
    nbsweep.setup(None)


def train():
    """Five epochs; of x = 2 nothing can go on, since it saves nothing."""
    with nbsweep.init() as run:
        start = 0
        if run.resumed_from:
            start = int((run.resumed_from / "epoch").read_text())
        for epoch in range(start, run.config.epochs):
            run.log({"loss": run.config.x + 1 / (1 + epoch)})
            if run.config.x != 2:
                run.checkpoint(
                    lambda folder, done=epoch + 1: (folder / "epoch").write_text(str(done))
                )


@pytest.fixture
def sweep():
    sweep = nbsweep.Sweep(nbsweep.sweep(CONFIG))
    nbsweep.agent(sweep, train, show=False)
    return sweep


def run_with(sweep, x):
    return next(run for run in sweep.runs if run.params["x"] == x)


@pytest.fixture
def page(sweep):
    panel = sweep.panel
    yield Page(panel)
    panel.close()


def test_a_click_lets_a_run_go_on_as_the_same_run(sweep, page):
    run = run_with(sweep, 1)
    detail = page.say(kind="detail", run=run.id)["detail"]
    assert (detail["iterations"], detail["cannot_continue"]) == (5, "")
    ((name, saved),) = detail["continued"]
    assert (name, bool(re.fullmatch(r"before step 5, saved \d{4}-\d\d-\d\d \d\d:\d\d", saved))) == (
        "checkpoint",
        True,
    )
    answer = page.say(kind="steer", action="continue", run=run.id, count=3)
    assert (answer["ok"], answer["text"]) == (True, "run goes on")
    nbsweep.agent(sweep, train, count=1, show=False)
    went_on = run_with(sweep, 1)
    assert (went_on.id, went_on.attempt, len(sweep.runs)) == (run.id, 0, 4)
    assert len(went_on.history()) == 8
    assert [mark["step"] for mark in went_on.continued] == [5]
    assert re.search(
        r"\nContinued\n  continued at step 5 after .+\n\nCheckpoint\n", run_text(went_on)
    )
    assert (went_on.checkpoint / "epoch").read_text() == "8"


def test_a_run_without_a_checkpoint_says_so_instead(sweep, page):
    run = run_with(sweep, 2)
    detail = page.say(kind="detail", run=run.id)["detail"]
    assert detail["cannot_continue"].startswith(
        f"Run {run.number} left no checkpoint to go on from"
    )
    answer = page.say(kind="steer", action="continue", run=run.id, count=3)
    assert answer["ok"] is False
    assert run.checkpoint is None


def test_an_attempt_that_was_tried_again_says_which_can_go_on(sweep, page):
    first = run_with(sweep, 1)
    sweep.retry(first)
    nbsweep.agent(sweep, train, count=1, show=False)
    page.panel.read()
    detail = page.say(kind="detail", run=first.id)["detail"]
    assert detail["cannot_continue"] == (
        f"Run {first.number} was tried again since. continue_run({first.number}) goes on with its "
        "last attempt."
    )


def test_the_best_three_are_trained_longer_as_far_as_they_can(sweep, page):
    assert "continue_best" in page.panel.controls["actions"]
    answer = page.say(kind="steer", action="continue_best")
    best, other, third = (run_with(sweep, x).number for x in (1, 2, 3))
    assert answer["ok"]
    assert answer["text"].startswith(
        f"Runs {best} and {third} go on next. continue_run: run {other} "
    )
    assert sweep.state == "RUNNING"
    page.panel.read()
    assert page.panel._own_picture()["notes"] == [
        f"Runs {min(best, third)}, {max(best, third)} go on as soon as an agent works on the "
        f"sweep: nbsweep.agent({sweep.id!r}, train)."
    ]
    nbsweep.agent(sweep, train, count=2, show=False)
    rows = {run.params["x"]: len(run.history()) for run in sweep.runs}
    assert rows == {1: 10, 2: 5, 3: 10, 4: 5}
    assert sweep.best_run().number == best


def test_when_none_of_the_best_can_go_on_nothing_is_asked_for(sweep):
    for x in (1, 3):
        for file in Path(run_with(sweep, x).checkpoint).parent.rglob("*"):
            if file.is_file():
                file.unlink()
    with pytest.raises(UsageError) as caught:
        continue_best(sweep.stored)
    assert str(caught.value).count("continue_run: ") == 3
    assert not any(run.continue_requested for run in sweep.snapshot().runs)
    damaged = resumption(sweep.stored, sweep.stored.find(run_with(sweep, 1)))
    assert damaged.checkpoint == ""
    assert "cannot be used" in damaged.obstacle


def test_a_sweep_in_which_nothing_counts_has_no_best_runs():
    sweep = nbsweep.Sweep(nbsweep.sweep(CONFIG))
    with pytest.raises(UsageError) as caught:
        continue_best(sweep.stored)
    assert str(caught.value) == f"No run of sweep {sweep.id} has ended with a value yet."


def test_an_agent_at_work_takes_the_run_beyond_its_count_and_refuses_when_done(sweep):
    nbsweep.resume(sweep, train, show=False)
    handle = nbsweep.agent(sweep, train, count=1, background=True, show=False)
    handle.wait(30)
    run = run_with(sweep, 1)
    with pytest.raises(UsageError) as caught:
        handle.continue_run(run.id, 3)
    assert str(caught.value) == (
        f"continue_run: this agent is done. nbsweep.Sweep({sweep.id!r}).continue_run({run.id!r}), "
        f"then nbsweep.agent({sweep.id!r}, train, count=1)."
    )


def test_a_stopped_run_goes_on_to_its_own_end(sweep):
    def stops_itself():
        with nbsweep.init() as run:
            start = int((run.resumed_from / "epoch").read_text()) if run.resumed_from else 0
            for epoch in range(start, 5):
                run.log({"loss": run.config.x / (1 + epoch)})
                run.checkpoint(
                    lambda folder, done=epoch + 1: (folder / "epoch").write_text(str(done))
                )
                if epoch == 1 and not start:
                    stop_run(nbsweep.Sweep(other).store, run.id, "early", RunState.STOPPED)

    other = nbsweep.sweep(CONFIG)
    nbsweep.agent(other, stops_itself, count=1, show=False)
    stored = nbsweep.Sweep(other)
    (stopped,) = stored.runs
    assert stopped.state == "stopped"
    continue_best(stored.stored)
    nbsweep.agent(other, stops_itself, count=1, show=False)
    (went_on,) = stored.runs
    assert (went_on.state, len(went_on.history())) == ("finished", 5)
