"""What `sweep` and `agent` do, through the public names."""

import _thread
import threading
import time
from contextlib import suppress

import pytest

import nbsweep
from nbsweep.control import lost_runs
from nbsweep.control.failures import FailurePolicy
from nbsweep.control.stopping import ABANDON_AFTER_S
from nbsweep.errors import NotFoundError, UsageError
from nbsweep.records import RunRecord, RunState
from nbsweep.runs import session
from nbsweep.runs.identity import new_id

GRID = {
    "method": "grid",
    "metric": {"name": "loss", "goal": "minimize"},
    "parameters": {"x": {"values": [1, 2, 3]}, "opt": {"parameters": {"lr": {"values": [0.1]}}}},
}
RANDOM = {
    "method": "random",
    "seed": 7,
    "metric": {"name": "loss"},
    "parameters": {"x": {"min": 0.0, "max": 1.0}},
}


@pytest.fixture(autouse=True, params=["memory", "sqlite"])
def store(request, tmp_path):
    urls = {"memory": f"memory://{tmp_path}", "sqlite": f"sqlite:///{tmp_path}/runs.db"}
    nbsweep.setup(urls[request.param])
    store = session.store()
    yield store
    nbsweep.setup(None)
    store.close()


def make(config=GRID, **changes):
    return nbsweep.sweep({**config, **changes}, project="p")


def run_agent(sweep_id, function, **arguments):
    nbsweep.agent(sweep_id, function, show=False, **arguments)
    return nbsweep.Sweep(sweep_id)


def train():
    with nbsweep.init() as run:
        run.log({"loss": run.config.x * 2.0})


def claim_elsewhere(store, sweep_id, number, heartbeat_at):
    """A run of the grid that an agent on another host has under way."""
    store.claim_run(
        RunRecord(
            id=new_id(),
            project="p",
            sweep_id=sweep_id,
            number=number,
            state=RunState.RUNNING,
            params={"x": number, "opt.lr": 0.1},
            origin={"method": "grid", "grid_index": number - 1},
            agent_id="elsewhere",
            host="elsewhere",
            pid=1,
            heartbeat_at=heartbeat_at,
        )
    )


@pytest.mark.parametrize("executor", ["threads", "inline"])
def test_grid_runs_each_point_once_and_ends_the_sweep(executor):
    sweep = run_agent(make(), train, executor=executor)
    assert [(run.params["x"], run.metric, run.state) for run in sweep.runs] == [
        (1, 2.0, "finished"),
        (2, 4.0, "finished"),
        (3, 6.0, "finished"),
    ]
    assert sweep.runs[0].config == {"x": 1, "opt": {"lr": 0.1}}
    assert sweep.state == "FINISHED"
    assert sweep.best_run().params["x"] == 1


def test_count_limits_this_call_and_the_next_call_continues():
    sweep_id = make()
    assert len(run_agent(sweep_id, train, count=2).runs) == 2
    assert nbsweep.Sweep(sweep_id).state == "RUNNING"
    sweep = run_agent(sweep_id, train, count=1)
    assert [run.params["x"] for run in sweep.runs] == [1, 2, 3]
    assert sweep.state == "FINISHED", "the last grid point ends the sweep"


def test_runs_beyond_the_cap_are_not_handed_out():
    sweep = run_agent(make(RANDOM, run_cap=4), train, count=10)
    assert len(sweep.runs) == 4
    assert sweep.state == "FINISHED"


def test_target_ends_the_sweep():
    config = {**GRID, "metric": {"name": "loss", "goal": "maximize", "target": 4}}
    sweep = run_agent(make(config), train)
    assert [run.params["x"] for run in sweep.runs] == [1, 2]
    assert sweep.state == "FINISHED"


def test_same_seed_suggests_the_same_runs_even_when_interrupted_between():
    once = run_agent(make(RANDOM), train, count=4)
    twice_id = make(RANDOM)
    run_agent(twice_id, train, count=1)
    twice = run_agent(twice_id, train, count=3)
    assert [run.params for run in once.runs] == [run.params for run in twice.runs]
    assert len({run.params["x"] for run in once.runs}) == 4


def test_training_runs_beside_the_main_thread_by_default_and_on_it_inline():
    seen = []
    note = lambda: seen.append(threading.current_thread() is threading.main_thread())  # noqa: E731
    run_agent(make(RANDOM), note, count=1)
    run_agent(make(RANDOM), note, count=1, executor="inline")
    assert seen == [False, True]


def test_failed_run_keeps_its_traceback_and_the_sweep_goes_on():
    def sometimes():
        with nbsweep.init() as run:
            run.log({"loss": 1.0})
            if run.config.x == 2:
                raise ValueError("x is two")

    first, second, third = run_agent(make(), sometimes).runs
    assert (first.state, second.state, third.state) == ("finished", "failed", "finished")
    assert second.error.startswith("Traceback")
    assert "raise ValueError" in second.error
    assert second.error.rstrip().endswith("ValueError: x is two")
    assert "nbsweep/runtime" not in second.error, "the user's own frames only"
    assert second.summary == {"loss": 1.0}


def test_function_that_returns_without_init_is_a_finished_run():
    runs = run_agent(make(), lambda: None).runs
    assert [run.state for run in runs] == ["finished"] * 3
    assert runs[0].config["x"] == 1


def test_finish_with_an_exit_code_and_sys_exit_fail_the_run():
    def leave():
        run = nbsweep.init()
        if run.config.x == 1:
            run.finish(exit_code=2)
        elif run.config.x == 2:
            raise SystemExit(3)
        else:
            raise SystemExit(0)

    assert [run.state for run in run_agent(make(), leave).runs] == ["failed", "failed", "finished"]


def test_second_init_in_one_run_continues_it_instead_of_overwriting():
    def folds():
        for fold in range(2):
            with nbsweep.init() as run:
                run.log({"loss": fold})

    (run,) = run_agent(make(RANDOM), folds, count=1).runs
    assert [(row["_step"], row["loss"]) for row in run.history()] == [(0, 0), (1, 1)]
    assert run.state == "finished"


def test_init_of_a_sweep_run_takes_labels_and_defaults_but_not_the_sweeps_values():
    def labelled():
        with nbsweep.init(
            project="other", name="mine", tags=["t"], config={"x": 99, "epochs": 3}
        ) as run:
            assert run.project == "p"
            assert run.sweep_id == sweep_id

    sweep_id = make()
    run = run_agent(sweep_id, labelled, count=1).runs[0]
    assert (run.name, run.tags, run.config["x"], run.config["epochs"]) == ("mine", ["t"], 1, 3)
    assert run.state == "finished"


def test_crashed_run_is_marked_and_its_point_handed_out_again(store, monkeypatch):
    monkeypatch.setattr(lost_runs, "STALE_AFTER_S", 0.5)  # seen silent for so long, not by a clock
    sweep_id = make()
    run_agent(sweep_id, train, count=1)
    claim_elsewhere(store, sweep_id, number=2, heartbeat_at=time.time() - 3600)
    sweep = run_agent(sweep_id, train)
    assert [(run.number, run.attempt, run.state) for run in sweep.runs] == [
        (1, 0, "finished"),
        (2, 0, "crashed"),
        (2, 1, "finished"),
        (3, 0, "finished"),
    ]
    assert sweep.state == "FINISHED"


def test_living_run_of_another_agent_is_left_alone_and_its_point_not_repeated(store):
    sweep_id = make()
    claim_elsewhere(store, sweep_id, number=1, heartbeat_at=time.time())
    sweep = run_agent(sweep_id, train)
    assert [run.params["x"] for run in sweep.runs] == [1, 2, 3]
    assert sweep.runs[0].state == "running"
    assert sweep.state == "RUNNING", "not over while a run is under way"


def test_two_agents_share_a_grid_without_repeating_a_point():
    sweep_id = make(GRID, parameters={"x": {"values": list(range(20))}})
    agents = [
        threading.Thread(target=run_agent, args=(sweep_id, train), name=f"agent-{n}")
        for n in range(2)
    ]
    for agent in agents:
        agent.start()
    for agent in agents:
        agent.join()
    sweep = nbsweep.Sweep(sweep_id)
    assert sorted(run.params["x"] for run in sweep.runs) == list(range(20))
    assert {run.state for run in sweep.runs} == {"finished"}


def fail():
    raise ValueError("always")


def test_three_early_failures_end_the_agent():
    sweep = run_agent(make(RANDOM), fail, count=10)
    assert [run.state for run in sweep.runs] == ["failed"] * 3
    assert sweep.state == "RUNNING", "the sweep itself can go on"


def test_disable_flapping_carries_on(monkeypatch):
    monkeypatch.setenv("WANDB_AGENT_DISABLE_FLAPPING", "true")
    assert len(run_agent(make(RANDOM), fail, count=10).runs) == 10


def test_initial_failures_limit_is_read_from_the_environment():
    policy = FailurePolicy.from_environment({"WANDB_AGENT_MAX_INITIAL_FAILURES": "2"}, None)
    assert policy.initial_failures == 2


def test_failures_in_a_row_end_the_agent(monkeypatch):
    monkeypatch.setenv("WANDB_AGENT_DISABLE_FLAPPING", "true")
    assert len(run_agent(make(RANDOM), fail, max_consecutive_failed_runs=4).runs) == 4


def test_interrupt_kills_the_run_under_way_and_leaves_the_sweep_resumable():
    def slow():
        with nbsweep.init() as run:
            if run.number == 2:
                _thread.interrupt_main()
            for step in range(2000):
                run.log({"loss": step})
                if run.number != 2:
                    return
                time.sleep(0.005)

    sweep_id = make()
    sweep = run_agent(sweep_id, slow)
    assert [run.state for run in sweep.runs] == ["finished", "killed"]
    assert sweep.state == "RUNNING"
    assert len(run_agent(sweep_id, train).runs) == 3


def test_interrupt_ends_a_run_that_never_logs():
    def silent():
        _thread.interrupt_main()
        while True:
            time.sleep(0.01)

    (run,) = run_agent(make(), silent).runs
    assert run.state == "killed"


@pytest.mark.parametrize("workers", [1, 3])
def test_second_interrupt_leaves_runs_behind_that_swallow_the_first(workers):
    begun, enough = threading.Semaphore(0), threading.Event()

    def stubborn():
        with suppress(BaseException):
            begun.release()
        while not enough.is_set():
            with suppress(BaseException):
                enough.wait(0.05)

    def press_twice():
        for _ in range(workers):
            begun.acquire()
        _thread.interrupt_main()
        while not all(run.stop_requested for run in session.store().runs()):
            time.sleep(0.01)
        pressed.append(time.monotonic())
        _thread.interrupt_main()

    pressed = []
    presser = threading.Thread(target=press_twice)
    presser.start()
    sweep = run_agent(make(RANDOM), stubborn, workers=workers)
    took_s = time.monotonic() - pressed[0]
    enough.set()
    presser.join()
    for thread in threading.enumerate():
        if thread.name == "nbsweep-run":
            thread.join(60)
    assert [run.state for run in sweep.runs] == ["killed"] * workers
    assert took_s < ABANDON_AFTER_S, "it did not wait for them"
    assert sweep.state == "RUNNING"


@pytest.mark.parametrize("workers", [1, 2])
def test_except_exception_does_not_swallow_a_stop_and_what_must_run_still_does(workers):
    cleaned = []

    def careful():
        try:
            with nbsweep.init() as run:
                while True:
                    try:
                        run.log({"loss": 1.0})
                        nbsweep.Sweep(run.sweep_id).kill(run.id)
                        time.sleep(0.005)
                    except Exception:  # noqa: BLE001 - as training code does
                        pass
        finally:
            cleaned.append(run.number)

    sweep = run_agent(make(), careful, workers=workers, count=2)
    assert [run.state for run in sweep.runs] == ["killed", "killed"]
    assert sorted(cleaned) == [1, 2]


def test_interrupt_inside_the_training_code_ends_the_agent_inline():
    def interrupted():
        raise KeyboardInterrupt

    (run,) = run_agent(make(), interrupted, executor="inline").runs
    assert run.state == "killed"


def test_cancel_stops_the_run_under_way():
    def slow():
        with nbsweep.init() as run:
            nbsweep.Sweep(run.sweep_id).cancel()
            for step in range(2000):
                run.log({"loss": step})
                time.sleep(0.005)

    (run,) = run_agent(make(), slow).runs
    assert run.state == "killed"
    assert nbsweep.Sweep(run.config and session.store().sweeps()[-1].id).state == "CANCELED"


def test_stopped_sweep_hands_out_no_more_runs_until_resumed():
    sweep_id = make()

    def stop_after_first():
        nbsweep.Sweep(sweep_id).stop()

    assert len(run_agent(sweep_id, stop_after_first).runs) == 1
    assert len(run_agent(sweep_id, train).runs) == 1
    nbsweep.Sweep(sweep_id).resume()
    assert len(run_agent(sweep_id, train).runs) == 3


def test_paused_sweep_waits_until_resumed():
    sweep_id = make()
    nbsweep.Sweep(sweep_id).pause()
    timer = threading.Timer(0.3, nbsweep.Sweep(sweep_id).resume)
    timer.start()
    assert len(run_agent(sweep_id, train).runs) == 3
    timer.join()


def test_tracebacks_do_not_keep_the_users_objects_alive():
    import gc
    import weakref

    class Model:
        pass

    alive = []

    def broken():
        model = Model()
        alive.append(weakref.ref(model))
        raise ValueError("out of memory")

    run_agent(make(), broken, count=1)
    gc.collect()
    assert alive[0]() is None


@pytest.mark.parametrize("form", ["{}", "p/{}", "me/p/{}"])
def test_all_forms_of_a_sweep_id_work(form):
    assert len(run_agent(form.format(make()), train, count=1).runs) == 1


def test_wrong_arguments_are_refused_before_any_run():
    sweep_id = make()
    with pytest.raises(NotFoundError, match="no sweep 'nonesuch'"):
        run_agent("nonesuch", train)
    with pytest.raises(UsageError, match="sweep id"):
        run_agent("a/b/c/d", train)
    with pytest.raises(TypeError, match="must be callable, not int"):
        run_agent(sweep_id, 3)
    with pytest.raises(UsageError, match="neither program nor command"):
        run_agent(sweep_id, None)
    with pytest.raises(UsageError, match=r"count=-1"):
        run_agent(sweep_id, train, count=-1)
    with pytest.raises(UsageError, match="unknown name 'procs'"):
        run_agent(sweep_id, train, executor="procs")
    assert nbsweep.Sweep(sweep_id).runs == []


def test_sweep_takes_a_function_that_returns_the_config(capsys):
    sweep_id = nbsweep.sweep(lambda: GRID)
    assert f"Create sweep with ID: {sweep_id}" in capsys.readouterr().out
    assert nbsweep.Sweep(sweep_id).config["method"] == "grid"


def test_environment_names_the_run_for_libraries_and_is_restored(monkeypatch):
    import os

    monkeypatch.delenv("WANDB_RUN_ID", raising=False)
    seen = []
    run_agent(make(), lambda: seen.append(os.environ["WANDB_RUN_ID"]), count=1)
    assert len(seen) == 1
    assert "WANDB_RUN_ID" not in os.environ
