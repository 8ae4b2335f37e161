"""``wandb.controller()``: configure, search and stop by functions, in this process and others."""

import subprocess
import sys
import threading

import pytest

import nbsweep
from nbsweep.errors import UsageError
from nbsweep.records import RunState
from nbsweep.runs import session


def train():
    with nbsweep.init() as run:
        for epoch in range(3):
            run.log({"loss": run.config.lr + epoch})


def made_by_hand():
    sweep = nbsweep.controller(project="p")
    sweep.configure_search("grid")
    sweep.configure_metric("loss", goal="minimize")
    sweep.configure_parameter("lr", values=[1, 2])
    sweep.configure_parameter("opt", value="adam")
    sweep.configure_name("by hand")
    sweep.configure_description("d")
    sweep.configure_controller(type="local")
    return sweep


def test_the_configure_phase_makes_the_config():
    sweep = made_by_hand()
    assert sweep.sweep_id is None
    sweep_id = sweep.create()
    assert sweep.sweep_config == {
        "method": "grid",
        "metric": {"name": "loss", "goal": "minimize"},
        "parameters": {"lr": {"values": [1, 2]}, "opt": {"value": "adam"}},
        "name": "by hand",
        "description": "d",
        "controller": {"type": "local"},
    }
    assert nbsweep.Sweep(sweep_id).project == "p"
    with pytest.raises(UsageError, match="what it searches cannot be configured any more"):
        sweep.configure_metric("acc")
    with pytest.raises(UsageError):
        sweep.create()


def test_a_whole_config_may_be_yaml():
    sweep = nbsweep.controller()
    sweep.configure("method: random\nparameters: {lr: {min: 0.0, max: 1.0}}")
    with pytest.raises(UsageError, match="configured already"):
        sweep.configure({})
    sweep.configure_stopping("hyperband", min_iter=2)
    sweep.configure_metric("loss")
    sweep.create()
    assert sweep.sweep_config["early_terminate"] == {"min_iter": 2, "type": "hyperband"}


def test_run_watches_the_agents_that_decide_by_themselves(capsys):
    sweep = made_by_hand()
    sweep.create()
    handle = nbsweep.agent(sweep.sweep_id, train, background=True, show=False)
    sweep.run()
    handle.wait()
    assert sweep.done()
    assert [run.params["lr"] for run in nbsweep.Sweep(sweep.sweep_id).runs] == [1, 2]
    last = capsys.readouterr().out.splitlines()[-1]
    assert last == f"Sweep: {sweep.sweep_id} (grid) | Runs: 2 (Finished: 2)"


def test_a_search_function_gets_the_engines_runs_and_is_asked_until_it_has_nothing_left():
    seen = []

    def search(config, runs):
        seen.append(
            [(run.state, run.config["lr"]["value"], run.metric_history("loss")) for run in runs]
        )
        return {"lr": {"value": len(runs) + 0.5}} if len(runs) < 3 else None

    sweep = nbsweep.controller(
        {
            "method": search,
            "metric": {"name": "loss"},
            "parameters": {"lr": {"min": 0.0, "max": 9.0}},
        }
    )
    nbsweep.agent(sweep.sweep_id, train, show=False)
    handle = nbsweep.Sweep(sweep.sweep_id)
    assert [run.params["lr"] for run in handle.runs] == [0.5, 1.5, 2.5]
    assert handle.state == "FINISHED"
    assert seen[1] == [("finished", 0.5, [0.5, 1.5, 2.5])]


def test_wandbs_own_engine_can_be_the_search_function():
    sweeps = pytest.importorskip("sweeps")
    config = {"method": "grid", "parameters": {"lr": {"values": [3, 1, 2]}}}

    def search(_, runs):
        return sweeps.next_run(
            config, [sweeps.SweepRun(config=run.config, state=run.state) for run in runs]
        )

    sweep = nbsweep.controller({**config, "method": search})
    nbsweep.agent(sweep.sweep_id, train, show=False, count=3)
    assert [run.params["lr"] for run in nbsweep.Sweep(sweep.sweep_id).runs] == [3, 1, 2]


def test_agents_of_another_process_run_what_is_scheduled(tmp_path):
    (tmp_path / "train.py").write_text(
        "import nbsweep\nwith nbsweep.init() as run:\n    run.log({'loss': run.config.lr})\n"
    )

    def search(config, runs):
        return {"lr": {"value": float(len(runs))}} if len(runs) < 3 else None

    sweep = nbsweep.controller(
        {
            "method": search,
            "program": "train.py",
            "metric": {"name": "loss"},
            "parameters": {"lr": {"min": 0.0, "max": 9.0}},
        }
    )
    command = [sys.executable, "-m", "nbsweep", "agent", sweep.sweep_id]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as agent:
        sweep.run(print_status=False)
        printed = agent.communicate(timeout=120)[0].decode()
    runs = nbsweep.Sweep(sweep.sweep_id).runs
    assert [run.params["lr"] for run in runs] == [0.0, 1.0, 2.0], printed
    assert {run.state for run in runs} == {"finished"}
    assert agent.returncode == 0


def test_a_stopping_function_stops_runs_in_order():
    """It is made by a factory, as in W&B, and stops what its factory's arguments say."""
    go_on = threading.Event()

    def factory(kwargs):
        def stop(config, runs):
            bad = [
                run
                for run in runs
                if run.state == "running"
                and max(run.metric_history("loss") or [0]) >= kwargs["limit"]
            ]
            for run in bad:
                run.early_terminate_info = {"reason": "too high"}
            return bad

        return stop

    def long():
        with nbsweep.init() as run:
            for _ in range(100_000):
                run.log({"loss": run.config.lr})
                if run.config.lr < 5:
                    return
                go_on.wait(0.005)

    sweep = nbsweep.controller()
    sweep.configure({"method": "grid", "parameters": {"lr": {"values": [1, 9]}}})
    sweep.configure_metric("loss")
    sweep.configure_stopping(factory, limit=5)
    sweep.create()
    nbsweep.agent(sweep.sweep_id, long, show=False)
    good, bad = nbsweep.Sweep(sweep.sweep_id).runs
    assert (good.state, bad.state, bad.stop_reason) == ("finished", RunState.STOPPED, "too high")
    assert bad.metric == 9


def test_a_training_function_as_program_runs_in_parallel():
    together = threading.Barrier(2, timeout=60)

    def both():
        with nbsweep.init() as run:
            together.wait()
            run.log({"loss": run.config.lr})

    sweep = made_by_hand()
    sweep.configure_program(both)
    sweep.create()
    sweep.run(print_status=False, workers=2)
    assert [run.state for run in nbsweep.Sweep(sweep.sweep_id).runs] == ["finished", "finished"]


def test_the_steps_can_be_taken_one_by_one():
    sweep = made_by_hand()
    sweep.create()
    suggestion = sweep.search()
    assert suggestion.config == {"lr": {"value": 1}, "opt": {"value": "adam"}}
    sweep.schedule({"lr": {"value": 2}})
    sweep.step()
    sweep.print_actions()
    nbsweep.agent(sweep.sweep_id, train, count=1, show=False)
    assert nbsweep.Sweep(sweep.sweep_id).runs[0].params["lr"] == 2
    assert not sweep.done()
    assert sweep.stopping() == []


def test_in_an_edited_sweep_the_search_knows_runs_by_their_place_in_the_new_grid():
    parameters = {"lr": {"values": [1, 2, 3]}}
    config = {"method": "grid", "metric": {"name": "loss"}, "parameters": parameters}
    sweep_id = nbsweep.sweep(config)
    nbsweep.agent(sweep_id, train, count=1, show=False)
    nbsweep.Sweep(sweep_id).edit({"lr": {"values": [2, 3]}})
    assert nbsweep.controller(sweep_id).search().config["lr"]["value"] == 2


def test_calls_at_the_wrong_moment_and_wrong_answers_are_told():
    sweep = nbsweep.controller()
    with pytest.raises(UsageError, match="there is no sweep yet"):
        sweep.run()
    with pytest.raises(UsageError, match="nothing is configured"):
        sweep.create()
    with pytest.raises(UsageError, match="'local' is what there is"):
        sweep.configure_controller("cloud")
    with pytest.raises(UsageError, match="print_space: there is no sweep yet"):
        sweep.print_space()
    made = made_by_hand()
    made.create()
    with pytest.raises(UsageError, match="The search function returned int"):
        made.schedule(3)
    assert session.attached_controller("nothing") is None


def test_runs_of_a_sweep_with_several_metrics_are_judged_by_all_of_them(monkeypatch):
    monkeypatch.setattr("nbsweep.runs.judge.stops", lambda *args: [])  # it stops none by itself
    points = [(0.1, 9.0), (0.9, 1.0), (0.95, 10.0)]
    config = {
        "method": "grid",
        "metrics": [{"name": "loss", "goal": "minimize"}, {"name": "ms", "goal": "minimize"}],
        "parameters": {"place": {"values": [0, 1, 2]}},
        "early_terminate": {"type": "hyperband", "min_iter": 2},
    }
    sweep = nbsweep.controller(nbsweep.sweep(config))
    found = []

    def train():
        with nbsweep.init() as run:
            for _ in range(3):
                loss, ms = points[run.config.place]
                run.log({"loss": loss, "ms": ms})
            session.writer().flush_soon(30.0)
            doomed = [(each.name, each.early_terminate_info["reason"]) for each in sweep.stopping()]
            found.append([reason for name, reason in doomed if name == run.id])

    nbsweep.agent(sweep.sweep_id, train, show=False, executor="inline")
    reason = "band 2: loss 0.95, ms 10 is number 3; the best 2 go on of 3 runs"
    assert found == [[], [], [reason]]
