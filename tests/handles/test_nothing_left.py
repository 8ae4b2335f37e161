"""An agent that arrives when nothing is left to run says so in one sentence, and is no error."""

import asyncio
import time

import pytest

import nbsweep
from nbsweep.errors import NotFoundError
from nbsweep.records import SweepState
from nbsweep.runs import session
from nbsweep.testing.stores import a_run

GRID = {"method": "grid", "metric": {"name": "loss"}, "parameters": {"x": {"values": [1, 2]}}}
RANDOM = {**GRID, "method": "random", "parameters": {"x": {"min": 0.0, "max": 1.0}}}
BAYES = {**RANDOM, "method": "bayes"}


@pytest.fixture(autouse=True)
def store(tmp_path):
    nbsweep.setup(f"memory://{tmp_path}")
    yield session.store()
    nbsweep.setup(None)


def train():
    with nbsweep.init() as run:
        run.log({"loss": 0.5})


def refuse():
    raise AssertionError("a run was started")


def done(config):
    sweep_id = nbsweep.sweep(config)
    nbsweep.agent(sweep_id, train, show=False)
    assert nbsweep.Sweep(sweep_id).state == "FINISHED"
    return sweep_id


ENDS = [
    (GRID, "all points of the search space were tried"),
    ({**RANDOM, "run_cap": 2}, "run_cap of 2 runs reached"),
    ({**BAYES, "run_cap": 1}, "run_cap of 1 runs reached"),
    (
        {**RANDOM, "metric": {"name": "loss", "target": 0.6}},
        "target reached: loss 0.5 in run 1",
    ),
]
WAYS = {
    "agent": lambda sweep_id: nbsweep.agent(sweep_id, refuse),
    "agent, shown as text": lambda sweep_id: nbsweep.agent(sweep_id, refuse, show="static"),
    "agent_async": lambda sweep_id: asyncio.run(nbsweep.agent_async(sweep_id, refuse)),
    "background": lambda sweep_id: nbsweep.agent(sweep_id, refuse, background=True).wait(5),
    "by its handle": lambda sweep_id: nbsweep.agent(nbsweep.Sweep(sweep_id), refuse, count=3),
    "Api": lambda sweep_id: nbsweep.agent(nbsweep.Api().sweep(sweep_id), refuse),
}


@pytest.mark.parametrize(("config", "reason"), ENDS)
@pytest.mark.parametrize("way", WAYS)
def test_what_was_done_to_the_end_is_said(config, reason, way, capsys):
    sweep_id = done(config)
    before = nbsweep.Sweep(sweep_id).runs
    capsys.readouterr()
    result = WAYS[way](sweep_id)
    assert capsys.readouterr().out == f"Sweep {sweep_id} has nothing left to run: {reason}.\n"
    assert result in (None, True)
    assert len(nbsweep.Sweep(sweep_id).runs) == len(before)


@pytest.mark.parametrize(("verb", "word"), [("stop", "stopped"), ("cancel", "canceled")])
@pytest.mark.parametrize("way", WAYS)
def test_what_a_person_ended_can_be_opened_again(verb, word, way, capsys):
    sweep_id = nbsweep.sweep(GRID)
    getattr(nbsweep.Sweep(sweep_id), verb)()
    capsys.readouterr()
    WAYS[way](sweep_id)
    assert capsys.readouterr().out == (
        f"Sweep {sweep_id} was {word} and hands out no more runs; nbsweep.resume({sweep_id!r}, "
        f"train) opens it again (in a terminal: nbsweep sweep --resume {sweep_id}).\n"
    )
    nbsweep.resume(sweep_id, train, show=False)
    assert [run.state for run in nbsweep.Sweep(sweep_id).runs] == ["finished"] * 2


def test_a_budget_that_is_used_up_by_runs_still_under_way(store, capsys):
    sweep_id = nbsweep.sweep({**RANDOM, "run_cap": 1})
    store.set_sweep_state(sweep_id, SweepState.RUNNING)
    store.claim_run(a_run(1, sweep_id, agent_id="other", heartbeat_at=time.time()))
    capsys.readouterr()
    nbsweep.agent(sweep_id, refuse)
    said = f"Sweep {sweep_id} has nothing left to run: run_cap of 1 runs reached.\n"
    assert capsys.readouterr().out == said
    assert nbsweep.Sweep(sweep_id).state == "RUNNING"


def test_the_handle_of_a_background_agent_is_done_and_says_why():
    handle = nbsweep.agent(done(GRID), refuse, background=True)
    assert handle.wait(5)
    assert (handle.status, handle.exception) == ("done", None)
    assert handle.reason == "all points of the search space were tried"


def test_resume_of_a_sweep_that_is_through_says_so_too(capsys):
    sweep_id = done(GRID)
    capsys.readouterr()
    nbsweep.resume(sweep_id, refuse)
    reason = "all points of the search space were tried"
    assert capsys.readouterr().out == f"Sweep {sweep_id} has nothing left to run: {reason}.\n"
    assert nbsweep.Sweep(sweep_id).state == "FINISHED"


def test_ask_gives_none():
    canceled = nbsweep.sweep(GRID)
    nbsweep.Sweep(canceled).cancel()
    for sweep_id in (done(GRID), canceled):
        assert nbsweep.Sweep(sweep_id).ask() is None


def test_an_unknown_sweep_is_still_an_error():
    for call in (nbsweep.agent, nbsweep.resume):
        with pytest.raises(NotFoundError):
            call("nothere1", refuse)
