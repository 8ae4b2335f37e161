"""Runs that go on: after a stop, after a crash, and because somebody asked for it."""

import json
import logging
import os
import signal
import subprocess
import sys
import textwrap
from dataclasses import replace
from pathlib import Path

import pytest

import nbsweep
from nbsweep.continued import suggestion_origin
from nbsweep.records import RunState
from nbsweep.runs.checkpoint import last_checkpoint
from nbsweep.runs.stop import stop_run

CONFIG = {
    "method": "grid",
    "metric": {"name": "loss", "goal": "minimize"},
    "parameters": {"lr": {"values": [1.0, 2.0]}, "epochs": {"value": 3}},
}


def curve(lr, epoch):
    return lr / (1 + epoch)


class Training:
    """Trains as code does that saves checkpoints; what it did stands in its lists."""

    def __init__(self, every=1, takes=True, stop_at=None, fail_at=None):
        self.every, self.takes = every, takes
        self.stop_at, self.fail_at = stop_at, fail_at
        self.began_at = []

    def __call__(self):
        with nbsweep.init() as run:
            begin = 0
            if self.takes and run.resumed_from is not None:
                begin = json.loads((run.resumed_from / "state.json").read_text())["epoch"]
            self.began_at.append(begin)
            for epoch in range(begin, run.config.epochs):
                if (run.number, epoch) == self.fail_at:
                    self.fail_at = None
                    raise RuntimeError("out of memory")
                run.log({"loss": curve(run.config.lr, epoch), "epoch": epoch})
                if (epoch + 1) % self.every == 0:
                    state = json.dumps({"epoch": epoch + 1})
                    run.checkpoint(lambda folder: (folder / "state.json").write_text(state))  # noqa: B023
                if (run.number, epoch) == self.stop_at:
                    self.stop_at = None
                    stop_run(run.store, run.id, "band 2: worse than 0.3", RunState.STOPPED)


def agent(sweep, train, **arguments):
    nbsweep.agent(sweep.id, train, **{"show": False, "executor": "inline", **arguments})


def new_sweep(**changes):
    return nbsweep.Sweep(nbsweep.sweep({**CONFIG, **changes}))


def losses(sweep, number):
    curves = sweep.snapshot(curves=True)
    run = sweep.stored.find(number)
    return list(curves.curves[run.id].values)


def test_a_finished_run_is_trained_longer_as_the_same_run():
    sweep, train = new_sweep(), Training()
    agent(sweep, train)
    before = sweep.stored.find(1)
    assert (sweep.state, before.state) == ("FINISHED", RunState.FINISHED)
    sweep.continue_run(1, iterations=2)
    assert (sweep.state, sweep.runs[0].state) == ("RUNNING", "finished")
    agent(sweep, train)
    after = sweep.stored.find(1)
    assert train.began_at == [0, 0, 3]
    assert len(sweep.runs) == 2
    assert (after.id, after.attempt, after.state) == (before.id, 0, RunState.FINISHED)
    assert (after.config["epochs"], after.params["epochs"]) == (5, 3)
    assert losses(sweep, 1) == [curve(1.0, epoch) for epoch in range(5)]
    assert [row["_step"] for row in sweep.runs[0].history()] == [0, 1, 2, 3, 4]
    (mark,) = after.continued
    assert {key: mark[key] for key in ("step", "iteration", "rows", "end", "state", "value")} == {
        "step": 3,
        "iteration": 3,
        "rows": 3,
        "end": 3,
        "state": "finished",
        "value": curve(1.0, 2),
    }
    assert (mark["after"], mark["requested"], mark["config"]) == (
        before.ended_at,
        True,
        {"epochs": 5},
    )
    assert "anew" not in mark
    assert after.continue_requested == {}
    assert sweep.best_run().metric == curve(1.0, 4)
    assert (sweep.state, len(sweep.rows())) == ("FINISHED", 2)
    assert after.duration_s == pytest.approx(after.ended_at - after.started_at - after.paused_s)


def test_steps_after_the_checkpoint_are_logged_anew_and_count_once(tmp_path):
    sweep, train = new_sweep(), Training(every=2)
    agent(sweep, train)  # 3 epochs, checkpoint after 2
    sweep.continue_run(1, config={"epochs": 6})
    agent(sweep, train)
    assert train.began_at == [0, 0, 2]
    assert losses(sweep, 1) == [curve(1.0, epoch) for epoch in range(6)]
    assert [row["epoch"] for row in sweep.runs[0].history()] == list(range(6))
    run = sweep.stored.find(1)
    assert [row.values["epoch"] for row in sweep.store.history(run.id)] == [0, 1, 2, 2, 3, 4, 5]
    assert (run.continued[0]["step"], run.continued[0]["iteration"]) == (2, 2)
    assert run.continued[0]["end"] == 3
    public = nbsweep.Api().sweep(sweep.id).runs
    history = next(r for r in public if r.id == run.id).scan_history()
    assert [row["epoch"] for row in history] == list(range(6))


def test_code_that_ignores_its_checkpoint_begins_anew_and_is_told(caplog):
    sweep = new_sweep()
    agent(sweep, Training())
    sweep.continue_run(1, config={"epochs": 4})
    with caplog.at_level(logging.WARNING):
        agent(sweep, Training(takes=False))
    run = sweep.stored.find(1)
    assert run.continued[0]["anew"] is True
    assert (run.continued[0]["step"], run.continued[0]["iteration"]) == (3, 3)
    assert [row["_step"] for row in sweep.runs[0].history()] == list(range(7))
    assert [record.getMessage() for record in caplog.records] == [
        f"Run {run.name} goes on, but its code did not look at run.resumed_from: it begins anew, "
        "and so does its curve. What it logged before is kept."
    ]
    from nbsweep.search.evidence import Evidence

    config = replace(sweep.stored.config, early_terminate=None)
    snapshot = sweep.snapshot(curves=True)
    evidence = Evidence(config, snapshot.sweep)
    evidence._learns_from_curves = True
    evidence.update(snapshot)
    assert list(evidence.observations[0].curve.values) == [curve(1.0, e) for e in range(4)]


def test_steps_that_code_names_go_on_after_those_that_are_there_where_it_begins_anew():
    sweep = new_sweep()

    def train():
        with nbsweep.init() as run:
            for epoch in range(run.config.epochs):
                run.log({"loss": curve(run.config.lr, epoch)}, step=epoch)
                run.checkpoint(lambda folder: (folder / "x").write_text("x"))

    agent(sweep, train)
    sweep.continue_run(1)
    agent(sweep, train)
    assert [row["_step"] for row in sweep.runs[0].history()] == list(range(6))
    assert losses(sweep, 1) == [curve(1.0, epoch) for epoch in (0, 1, 2, 0, 1, 2)]


@pytest.mark.parametrize("executor", ["inline", "threads"])
def test_an_attempt_that_failed_is_tried_again_from_its_checkpoint(executor):
    sweep = new_sweep(retry={"failed": 1})
    train = Training(every=2, fail_at=(1, 2))
    agent(sweep, train, executor=executor)
    first, second = sweep.runs[:2]
    assert (first.state, first.attempt, second.state, second.attempt) == (
        "failed",
        0,
        "finished",
        1,
    )
    assert first.id != second.id
    assert train.began_at == [0, 2, 0]
    assert losses(sweep, 1) == [curve(1.0, epoch) for epoch in range(3)]
    assert [row["_step"] for row in second.history()] == [0, 1, 2]
    assert second.summary["loss"] == curve(1.0, 2)
    assert suggestion_origin(sweep.stored.find(1)) == first.origin
    assert second.origin["predecessor"] == first.id


def test_what_rows_of_the_attempt_before_show_is_there_for_the_next_one_too():
    sweep = new_sweep(retry={"failed": 1}, parameters={"lr": {"value": 1.0}})
    began = []

    def train():
        with nbsweep.init() as run:
            began.append(run.resumed_from)
            if began[-1] is None:
                run.log({"loss": 1.0, "page": nbsweep.Html("<b>1</b>")})
                run.checkpoint(lambda folder: (folder / "x").write_text("x"))
                raise RuntimeError("cut off")
            run.log({"loss": 0.5})

    agent(sweep, train)
    first, second = sweep.runs
    (page,) = [row["page"] for row in second.history() if "page" in row]
    shown = [Path(".nbsweep/runs") / run.id / page["path"] for run in (first, second)]
    assert [path.read_text().count("<b>1</b>") for path in shown] == [1, 1]


def test_an_attempt_that_does_not_look_begins_anew():
    sweep = new_sweep(retry={"failed": 1})
    agent(sweep, Training(fail_at=(1, 2), takes=False))
    assert losses(sweep, 1) == [curve(1.0, epoch) for epoch in range(3)]
    assert [row["_step"] for row in sweep.runs[1].history()] == [0, 1, 2]


def test_a_run_that_finished_is_retried_from_the_start():
    sweep, train = new_sweep(), Training()
    agent(sweep, train)
    sweep.retry(1)
    agent(sweep, train)
    assert train.began_at == [0, 0, 0]
    assert "predecessor" not in sweep.runs[1].origin


def test_a_chain_of_attempts_finds_the_last_checkpoint_of_any():
    sweep = new_sweep(retry={"failed": 3})
    began = []

    def train():
        with nbsweep.init() as run:
            folder = run.resumed_from
            begin = 0 if folder is None else int((folder / "n").read_text())
            began.append((run.number, begin))
            for epoch in range(begin, 3):
                run.log({"loss": float(epoch)})
                if len(began) == 1:
                    run.checkpoint(lambda f: (f / "n").write_text(str(epoch + 1)))  # noqa: B023
                if len(began) < 4 and epoch == 1:
                    raise RuntimeError("again")
                if len(began) == 2:
                    raise RuntimeError("again")

    agent(sweep, train)
    assert began[:3] == [(1, 0), (1, 2), (1, 2)]
    assert losses(sweep, 1) == [0.0, 1.0, 2.0]


BROKEN = {
    "gone": lambda folder: __import__("shutil").rmtree(folder),
    "a file is missing": lambda folder: next(folder.glob("*/files/state.json")).unlink(),
    "a file is cut off": lambda folder: next(folder.glob("*/files/state.json")).write_text("{"),
    "no note": lambda folder: next(folder.glob("*/checkpoint.json")).unlink(),
    "half a note": lambda folder: next(folder.glob("*/checkpoint.json")).write_text('{"step": 3'),
}


@pytest.mark.parametrize("damage", BROKEN)
def test_a_checkpoint_that_cannot_be_used_is_said_in_a_sentence(damage, caplog):
    sweep, train = new_sweep(), Training()
    agent(sweep, train)
    sweep.continue_run(1)
    run = sweep.stored.find(1)
    folder = Path(".nbsweep/runs") / run.id / "checkpoint"
    BROKEN[damage](folder)
    with caplog.at_level(logging.WARNING):
        agent(sweep, train)
    (said,) = (record.getMessage() for record in caplog.records)
    assert said.startswith(f"Run {run.name} begins anew. Its checkpoint cannot be used: ")
    assert train.began_at == [0, 0, 0]
    after = sweep.stored.find(1)
    assert (after.continued[0]["anew"], after.continued[0]["value"]) == (True, curve(1.0, 2))
    assert [row["_step"] for row in sweep.runs[0].history()] == list(range(6))
    BROKEN[damage](Path(".nbsweep/runs") / sweep.runs[1].id / "checkpoint")
    with pytest.raises(nbsweep.UsageError, match=r"^continue_run: .* retry\(2\) tries its params"):
        sweep.continue_run(2)


def test_a_checkpoint_of_another_version_of_the_code_is_taken_and_said(caplog):
    sweep = new_sweep()

    def train():
        Training()()

    agent(sweep, train)
    sweep.continue_run(1, iterations=1)

    def train():  # another one
        with caplog.at_level(logging.WARNING):
            Training()()
            "more"

    agent(sweep, train)
    assert losses(sweep, 1) == [curve(1.0, epoch) for epoch in range(4)]
    run = sweep.stored.find(1)
    assert [record.getMessage() for record in caplog.records] == [
        f"Run {run.name} goes on from a checkpoint that another version of the training code "
        f"wrote. Where that does not fit any more, nbsweep.Sweep({sweep.id!r}).retry(1) begins "
        "anew."
    ]


def test_a_continuation_that_is_cut_off_loses_no_result_and_goes_on_once_more():
    sweep = new_sweep(retry={"failed": 1})
    agent(sweep, Training())
    sweep.continue_run(1, iterations=3)
    train = Training(fail_at=(1, 4))
    seen = []

    def watched():
        seen.append(sweep.stored.config.metric.best_run(sweep.snapshot().runs)[1])
        train()

    agent(sweep, watched)
    assert seen == [curve(1.0, 2)] * 2, "its result stands while it goes on"
    run = sweep.stored.find(1)
    assert (run.state, run.attempt, len(run.continued)) == (RunState.FINISHED, 0, 2)
    assert train.began_at == [3, 4]
    assert losses(sweep, 1) == [curve(1.0, epoch) for epoch in range(6)]
    assert [mark["state"] for mark in run.continued] == ["finished", "failed"]
    assert all(mark["requested"] for mark in run.continued)
    assert sweep.best_run().metric == curve(1.0, 5)


def test_a_continuation_that_fails_for_good_leaves_the_result_before():
    sweep = new_sweep()
    agent(sweep, Training())
    sweep.continue_run(1, iterations=3)
    agent(sweep, Training(fail_at=(1, 4)))
    assert sweep.runs[0].state == "failed"
    assert sweep.best_run().id == sweep.runs[0].id
    assert sweep.stored.config.metric.counted(sweep.stored.find(1)) == curve(1.0, 2)
    assert [run.number for run in sweep.best_runs(5)] == [1, 2]


def test_early_termination_leaves_alone_what_a_person_wants_to_go_on():
    rule = {"type": "hyperband", "min_iter": 2, "eta": 2}
    sweep = new_sweep(early_terminate=rule, parameters={**CONFIG["parameters"]})
    train = Training(stop_at=(2, 1))
    agent(sweep, train)
    assert (sweep.runs[1].state, len(losses(sweep, 2))) == ("stopped", 2)
    sweep.continue_run(2)
    agent(sweep, train)
    run = sweep.stored.find(2)
    assert (run.state, run.stop_requested) == (RunState.FINISHED, None)
    assert run.continued[0]["reason"] == "band 2: worse than 0.3"
    assert losses(sweep, 2) == [curve(2.0, epoch) for epoch in range(3)]


def test_the_best_are_trained_longer_in_one_line_before_anything_new():
    sweep = new_sweep(
        method="random", seed=3, parameters={"lr": {"min": 0.1, "max": 9.0}, "epochs": {"value": 2}}
    )
    train = Training()
    agent(sweep, train, count=4)
    best = sweep.best_runs(2)
    assert [run.metric for run in best] == sorted(run.metric for run in sweep.runs)[:2]
    sweep.continue_run(sweep.best_runs(2), iterations=5)
    agent(sweep, train, count=2)
    assert len(sweep.runs) == 4, "count counts what a person asks for"
    assert train.began_at == [0, 0, 0, 0, 2, 2]
    assert {run.config["epochs"] for run in sweep.best_runs(2)} == {7}


def test_what_was_asked_while_it_waits_adds_up():
    sweep, train = new_sweep(), Training()
    agent(sweep, train)
    sweep.continue_run(1, iterations=2)
    sweep.continue_run(1, iterations=2)
    sweep.continue_run(2, config={"epochs": 4})
    agent(sweep, train)
    assert [len(losses(sweep, number)) for number in (1, 2)] == [7, 4]
    assert [len(run.continued) for run in sweep.snapshot().runs] == [1, 1]


def test_a_loop_that_asks_gets_runs_that_go_on():
    sweep = new_sweep()
    agent(sweep, Training())
    started = sweep.stored.find(1).started_at
    sweep.continue_run(1, iterations=1)
    run = sweep.ask()
    assert (run.number, run.resumed, run.step, run.config.epochs) == (1, True, 3, 4)
    assert json.loads((run.resumed_from / "state.json").read_text()) == {"epoch": 3}
    with run:
        run.log({"loss": 0.25})
    assert sweep.ask() is None
    assert (sweep.stored.find(1).started_at, losses(sweep, 1)[-1]) == (started, 0.25)


def test_code_by_hand_as_in_wandb_finds_its_file():
    sweep = new_sweep(retry={"failed": 1})
    seen = []

    def train():
        import nbsweep as wandb

        run = wandb.init()
        begin = 0
        if wandb.run.resumed:
            with wandb.restore("model.txt") as file:
                begin = int(file.read())
        seen.append((run.number, begin, wandb.run.resumed))
        for epoch in range(begin, 3):
            wandb.log({"loss": float(epoch)})
            Path("model.txt").write_text(str(epoch + 1))
            wandb.save("model.txt")
            Path("model.txt").unlink()
            if epoch == 1 and len(seen) == 1:
                raise RuntimeError("again")
        Path("model.txt").unlink(missing_ok=True)

    agent(sweep, train)
    assert seen == [(1, 0, False), (1, 2, True), (2, 0, False)]
    assert losses(sweep, 1) == [0.0, 1.0, 2.0]
    sweep.continue_run(2, config={"epochs": 9})
    agent(sweep, train)
    assert seen[3:] == [(2, 3, True)]


def test_a_restored_checkpoint_file_counts_as_a_look():
    sweep = new_sweep()
    agent(sweep, Training())
    sweep.continue_run(1, iterations=1)

    def train():
        with nbsweep.init() as run:
            with run.restore("state.json") as file:
                assert json.load(file) == {"epoch": 3}
            run.log({"loss": 0.1})

    agent(sweep, train)
    assert "anew" not in sweep.stored.find(1).continued[0]


def test_two_agents_go_on_with_a_run_once():
    from nbsweep.control.controller import Controller, Halt
    from nbsweep.runs.identity import AgentIdentity

    sweep = new_sweep(run_cap=2)
    agent(sweep, Training())
    sweep.continue_run(1)
    controllers = [
        Controller(sweep.store, sweep.id, AgentIdentity.create(), lambda i: f".nbsweep/runs/{i}")
        for _ in range(2)
    ]
    for controller in controllers:
        controller._read()
    decisions = [controller._decide(sweep.stored.record) for controller in controllers]
    assert [decision.run.number for decision in decisions] == [1, 1]
    orders = [controller.next_order() for controller in controllers]
    assert orders[0].run.state is RunState.PENDING
    assert isinstance(orders[1], Halt)
    assert len(sweep.stored.find(1).continued) == 1
    sweep.kill(1)


def test_a_run_waits_for_an_agent_where_its_checkpoint_is(monkeypatch):
    from nbsweep.control import controller as module

    sweep = new_sweep()
    agent(sweep, Training())
    sweep.continue_run(1)
    monkeypatch.setattr(module.Reach, "holds", lambda self, run: False)
    agent(sweep, Training())
    assert sweep.runs[0].state == "finished"
    assert sweep.stored.find(1).continue_requested == {"config": {}}
    assert sweep.state == "RUNNING"
    from nbsweep.control.continuing import elsewhere

    records = [replace(run, host=f"node{run.number}") for run in sweep.snapshot().runs]
    assert elsewhere(records[:1]) == (
        "run 1 can only go on where its checkpoint is: call agent on node1"
    )
    assert elsewhere(records) == (
        "runs 1, 2 can only go on where their checkpoints are: call agent on node1, node2"
    )


PROGRAM = """
import json, os, pathlib, sys, time
import nbsweep

def train():
    with nbsweep.init() as run:
        folder = run.resumed_from
        begin = 0 if folder is None else json.loads((folder / "state.json").read_text())["n"]
        with open("began.txt", "a") as file:
            file.write(f"{run.number} {begin}\\n")
        for n in range(begin, run.config.epochs):
            run.log({"loss": 1.0 / (1 + n), "n": n})

            def save(folder):
                (folder / "big.bin").write_bytes(b"x" * 1000)
                if DIE == (run.number, n) and not os.path.exists("died"):
                    pathlib.Path("died").write_text("")
                    os.kill(os.getpid(), 9)
                (folder / "state.json").write_text(json.dumps({"n": n + 1}))

            run.checkpoint(save)
"""


def killed_at(place, sweep_id):
    """Have an agent in a process of its own die by SIGKILL in the middle of a checkpoint."""
    code = textwrap.dedent(PROGRAM) + (
        f"\nDIE = {place!r}\nnbsweep.agent({sweep_id!r}, train, show=False)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr


def agent_of_program(sweep_id):
    scope = {}
    exec(compile(textwrap.dedent(PROGRAM) + "\nDIE = None\n", "program", "exec"), scope)
    nbsweep.agent(sweep_id, scope["train"], show=False)


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL")
def test_a_process_killed_in_a_checkpoint_loses_no_row_before_the_last_one():
    sweep = new_sweep()
    killed_at((1, 2), sweep.id)
    first = sweep.stored.find(1)
    found, problem = last_checkpoint(Path(".nbsweep/runs") / first.id)
    assert (found.step, problem) == (2, "")
    assert [row.values["n"] for row in sweep.store.history(first.id)][:2] == [0, 1]
    agent_of_program(sweep.id)
    assert Path("began.txt").read_text().splitlines()[:2] == ["1 0", "1 2"]
    last = sweep.stored.find(1)
    assert (last.attempt, last.state) == (1, RunState.FINISHED)
    assert [row.values["n"] for row in sweep.store.history(last.id)] == [0, 1, 2]
    left = [p.name for p in (Path(".nbsweep/runs") / last.id / "checkpoint").iterdir()]
    assert len(left) == 1, "only the last one is kept"


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL")
def test_a_process_killed_in_a_continuation_loses_nothing():
    sweep = new_sweep()
    agent_of_program(sweep.id)
    before = sweep.best_run()
    sweep.continue_run(1, iterations=3)
    killed_at((1, 4), sweep.id)
    assert sweep.stored.find(1).id == before.id
    agent_of_program(sweep.id)
    run = sweep.stored.find(1)
    assert (run.id, run.attempt, run.state) == (before.id, 0, RunState.FINISHED)
    assert [mark["state"] for mark in run.continued] == ["finished", "crashed"]
    assert [row["n"] for row in sweep.runs[0].history()] == [0, 1, 2, 3, 4, 5]
    assert losses(sweep, 1) == [1.0 / (1 + n) for n in range(6)]
    stale = (Path(".nbsweep/runs") / run.id / "checkpoint").iterdir()
    assert len(list(stale)) == 1, "what the dead process left half written is removed"
    assert Path("began.txt").read_text().splitlines() == ["1 0", "2 0", "1 3", "1 4"]


@pytest.mark.slow
@pytest.mark.parametrize("executor", ["processes", "program"])
def test_runs_go_on_in_processes_and_as_programs(executor):
    program = {"program": "train.py"} if executor == "program" else {}
    sweep = new_sweep(parameters={"lr": {"value": 1.0}, "epochs": {"value": 3}}, **program)
    code = textwrap.dedent(PROGRAM) + "\nDIE = None\n"
    Path("train.py").write_text(code + 'if __name__ == "__main__":\n    train()\n')
    scope = {}
    exec(compile(code, "program", "exec"), scope)

    def work():
        if executor == "program":
            nbsweep.agent(sweep.id, show=False)
        else:
            nbsweep.agent(sweep.id, scope["train"], show=False, executor="processes")

    work()
    started = sweep.stored.find(1).started_at
    sweep.continue_run(1, iterations=2)
    work()
    run = sweep.stored.find(1)
    assert (run.state, run.attempt, run.started_at) == (RunState.FINISHED, 0, started)
    assert [row["_step"] for row in sweep.runs[0].history()] == [0, 1, 2, 3, 4]
    assert [row["n"] for row in sweep.runs[0].history()] == [0, 1, 2, 3, 4]
    assert Path("began.txt").read_text().splitlines() == ["1 0", "1 3"]
    assert "anew" not in run.continued[0]
