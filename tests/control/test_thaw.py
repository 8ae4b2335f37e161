"""Paused runs that early termination lets go on."""

import json

import pytest

import nbsweep
from nbsweep.control.controller import Controller, Halt
from nbsweep.records import RunState, WorkOrder
from nbsweep.runs.identity import AgentIdentity
from nbsweep.runs.stop import stop_run
from nbsweep.search import thaw
from nbsweep.search.thaw import ThawDecision

CONFIG = {
    "method": "random",
    "seed": 5,
    "metric": {"name": "loss", "goal": "minimize"},
    "parameters": {"lr": {"min": 0.1, "max": 9.0}, "epochs": {"value": 4}},
    "early_terminate": {"type": "auto", "thaw": True},
}


@pytest.fixture
def decisions(monkeypatch):
    """What `next_thaw` was asked, and what it is to say; it never stops runs by itself."""
    made = {"asked": [], "wants": lambda paused, params: None}

    def next_thaw(config, paused, runs, params):
        made["asked"].append(([run.curve.run_id for run in paused], len(runs), params))
        wanted = made["wants"](paused, params)
        return None if wanted is None else ThawDecision(wanted, "ends at 0.1; chance 90 %")

    monkeypatch.setattr(thaw, "next_thaw", next_thaw)
    monkeypatch.setattr("nbsweep.runs.judge.stops", lambda *args: [])
    return made


def train(stopped=(), takes=True, saves=True):
    def work():
        with nbsweep.init() as run:
            begin = 0
            if takes and run.resumed_from is not None:
                begin = json.loads((run.resumed_from / "n.json").read_text())
            for n in range(begin, run.config.epochs):
                run.log({"loss": run.config.lr / (1 + n)})
                if saves:
                    run.checkpoint(lambda f: (f / "n.json").write_text(json.dumps(n + 1)))  # noqa: B023
                if run.number in stopped and n == 1 and begin == 0:
                    stop_run(run.store, run.id, "ends at 3", RunState.STOPPED)

    return work


def agent(sweep, function, **arguments):
    nbsweep.agent(sweep.id, function, show=False, executor="inline", **arguments)


def new_sweep(**changes):
    return nbsweep.Sweep(nbsweep.sweep({**CONFIG, **changes}))


def test_a_paused_run_goes_on_where_it_promises_more_than_a_new_one(decisions):
    sweep = new_sweep(run_cap=4)

    def wants(paused, params):
        return paused[0].curve.run_id if params is not None else None

    decisions["wants"] = wants
    agent(sweep, train(stopped=(2,)))
    runs = sweep.snapshot().runs
    assert [run.state.value for run in runs] == ["finished"] * 4
    assert [len(run.continued) for run in runs] == [0, 1, 0, 0]
    mark = runs[1].continued[0]
    assert (mark["why"], mark["reason"], mark["state"]) == (
        "ends at 0.1; chance 90 %",
        "ends at 3",
        "stopped",
    )
    assert "requested" not in mark
    paused, known, params = decisions["asked"][0]
    assert (paused, known) == ([runs[1].id], 2)
    assert params == runs[2].params, "of the run that would be handed out instead"
    assert sweep.state == "FINISHED"


@pytest.mark.parametrize("limit", ["run_cap", "grid", "count"])
def test_when_nothing_new_may_be_handed_out_what_may_still_win_goes_on(decisions, limit):
    changes = {
        "run_cap": {"run_cap": 3},
        "grid": {
            "method": "grid",
            "parameters": {"lr": {"values": [1, 2, 3]}, "epochs": {"value": 4}},
        },
        "count": {},
    }[limit]
    sweep = new_sweep(**changes)
    decisions["wants"] = lambda paused, params: paused[-1].curve.run_id if params is None else None
    agent(sweep, train(stopped=(1, 3)), count=3 if limit == "count" else None)
    runs = sweep.snapshot().runs
    assert [run.state.value for run in runs] == ["finished"] * 3
    assert [len(run.continued) for run in runs] == [1, 0, 1], "a thaw is no new run"
    assert sweep.state == ("RUNNING" if limit == "count" else "FINISHED")


def test_nothing_goes_on_without_thaw(decisions):
    sweep = new_sweep(run_cap=3, early_terminate={"type": "auto"})
    agent(sweep, train(stopped=(1,)))
    assert decisions["asked"] == []
    assert sweep.runs[0].state == "stopped"


def test_a_run_without_a_checkpoint_or_of_other_code_does_not_go_on_by_itself(decisions):
    sweep = new_sweep(run_cap=2)
    agent(sweep, train(stopped=(1,), saves=False))
    assert decisions["asked"] == []
    sweep = new_sweep(run_cap=3)
    agent(sweep, train(stopped=(1,)), count=2)
    asked = len(decisions["asked"])
    agent(sweep, lambda: None)  # another function
    assert len(decisions["asked"]) == asked
    assert sweep.runs[0].state == "stopped"


def test_code_that_ignores_its_checkpoint_is_not_given_a_second_run(decisions):
    sweep = new_sweep(run_cap=3)
    decisions["wants"] = lambda paused, params: paused[0].curve.run_id
    agent(sweep, train(stopped=(1, 2), takes=False))
    assert [len(run.continued) for run in sweep.snapshot().runs] == [1, 0, 0]
    assert sweep.runs[1].state == "stopped"


def test_the_same_question_is_not_asked_again_until_a_run_ends(decisions):
    sweep = new_sweep(run_cap=2)
    agent(sweep, train(stopped=(1,)), count=1)
    controller = Controller(
        *(sweep.store, sweep.id, AgentIdentity.create()), lambda i: f".nbsweep/runs/{i}"
    )
    order = controller.next_order()
    assert isinstance(order, WorkOrder)
    decisions["asked"].clear()
    for _ in range(3):
        assert isinstance(controller.next_order(), Halt)
    assert len(decisions["asked"]) == 1
    stop_run(sweep.store, order.run.id, "enough", RunState.STOPPED)


def test_what_a_suggestion_had_seen_is_computed_again_after_runs_went_on(decisions):
    sweep = new_sweep(method="bayes", run_cap=9)
    decisions["wants"] = lambda paused, params: (
        paused[0].curve.run_id if params is not None and len(decisions["asked"]) % 3 == 2 else None
    )
    function = train(stopped=(2, 4, 5, 6))
    agent(sweep, function)
    sweep.continue_run([2, 7], config={"epochs": 7})
    agent(sweep, function, count=2)
    runs = sweep.snapshot().runs
    assert sum(len(run.continued) for run in runs) >= 4
    assert any("continued" in run.origin["seen"] for run in runs)
    for run in runs:
        again = sweep.recompute(run.number)
        assert again == run.params, run.number


def test_the_real_decision_thaws_a_run_that_was_stopped_too_early():
    """A run that leads by far, paused among finished ones: it goes on before the sweep ends."""
    sweep = new_sweep(
        run_cap=9,
        parameters={"lr": {"min": 0.5, "max": 2.0}, "epochs": {"value": 12}},
    )

    def work():
        with nbsweep.init() as run:
            begin = 0
            if run.resumed_from is not None:
                begin = json.loads((run.resumed_from / "n.json").read_text())
            scale = 0.2 if run.number == 8 else run.config.lr
            for n in range(begin, 12):
                run.log({"loss": scale * (0.3 + 0.7 / (1 + n))})
                run.checkpoint(lambda f: (f / "n.json").write_text(json.dumps(n + 1)))  # noqa: B023
                if run.number == 8 and n == 7 and begin == 0:
                    stop_run(run.store, run.id, "by mistake", RunState.STOPPED)

    agent(sweep, work)
    run = sweep.stored.find(8)
    assert (run.state, len(run.continued)) == (RunState.FINISHED, 1)
    assert run.continued[0]["why"]
    curve = sweep.snapshot(curves=True).curves[run.id]
    assert len(curve.values) == 12
