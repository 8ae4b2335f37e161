"""`Sweep.ask` and `tell`: loops that own their control flow."""

import math
import subprocess
import sys
import textwrap
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import nbsweep
from nbsweep.errors import UsageError
from nbsweep.runs import session

CONFIG = {
    "method": "random",
    "seed": 1,
    "metric": {"name": "loss", "goal": "minimize"},
    "parameters": {"x": {"min": 0.0, "max": 1.0}},
}
GRID = {**CONFIG, "method": "grid", "parameters": {"x": {"values": [1, 2, 3]}}}


@pytest.fixture(autouse=True)
def store(tmp_path):
    nbsweep.setup(f"memory://{tmp_path}")
    yield
    for run in session.live_runs():
        run.end_at_exit(0)
    nbsweep.setup(None)


def new_sweep(config=CONFIG, **more):
    return nbsweep.Sweep(nbsweep.sweep({**config, **more}))


def test_a_loop_goes_through_a_grid_and_ends_the_sweep():
    sweep = new_sweep(GRID)
    while (run := sweep.ask()) is not None:
        run.tell(run.config.x**2)
    assert [(r.params["x"], r.metric, r.state) for r in sweep.runs] == [
        (1, 1, "finished"),
        (2, 4, "finished"),
        (3, 9, "finished"),
    ]
    assert sweep.state == "FINISHED"
    assert sweep.runs[0].history()[0]["loss"] == 1


def test_the_sweep_ends_with_its_last_run_though_nobody_asks_again():
    sweep = new_sweep(run_cap=2)
    for _ in range(2):
        sweep.ask().tell(0.5)
    assert sweep.state == "FINISHED"
    assert sweep.ask() is None


def test_several_runs_may_be_under_way():
    sweep = new_sweep(GRID)
    runs = [sweep.ask() for _ in range(3)]
    assert sweep.ask() is None
    assert sweep.state == "RUNNING"
    for run in reversed(runs):
        sweep.tell(run, {"loss": run.config.x, "extra": 7})
    assert [r.summary for r in sweep.runs] == [{"loss": x, "extra": 7} for x in (1, 2, 3)]
    assert sweep.state == "FINISHED"


def test_bayes_learns_from_what_it_is_told():
    sweep = new_sweep(method="bayes")
    for _ in range(8):
        run = sweep.ask()
        run.tell((run.config.x - 0.3) ** 2)
    assert sweep.runs[-1].origin["observations"] == 7


def test_a_block_is_the_current_run_and_its_end_ends_it():
    sweep = new_sweep(GRID)
    with sweep.ask() as run:
        assert nbsweep.run is run
        nbsweep.log({"loss": 3.0})
        assert nbsweep.config.x == 1
        with nbsweep.init() as inner:
            assert inner is run
            inner.log({"loss": 2.0})
        assert run.ended_as is None
    assert nbsweep.run is None
    assert [row["loss"] for row in sweep.runs[0].history()] == [3.0, 2.0]
    assert (sweep.runs[0].state, sweep.runs[0].metric) == ("finished", 2.0)


def test_an_existing_training_function_works_inside_the_block():
    def train():
        with nbsweep.init(project="elsewhere") as run:
            run.log({"loss": run.config.x})

    sweep = new_sweep(GRID)
    with sweep.ask() as run:
        train()
        run.tell(0.5)
    with sweep.ask():
        train()
    assert [r.metric for r in sweep.runs] == [0.5, 2]


def test_an_existing_training_function_takes_over_the_only_run():
    sweep = new_sweep(GRID)
    run = sweep.ask()
    with nbsweep.init() as inner:
        assert inner is run
        inner.log({"loss": 4.0})
    assert (sweep.runs[0].state, sweep.runs[0].metric) == ("finished", 4.0)


def test_an_exception_in_the_block_fails_the_run_and_passes_on():
    sweep = new_sweep(GRID)
    with pytest.raises(ZeroDivisionError), sweep.ask() as run:
        run.log({"loss": 1 / 0})
    assert sweep.runs[0].state == "failed"
    assert "ZeroDivisionError" in sweep.runs[0].error


def test_a_stop_ends_the_block_but_not_the_loop():
    sweep = new_sweep(GRID)
    done = []
    while (run := sweep.ask()) is not None:
        with run:
            if run.number == 2:
                sweep.kill(2)
                while True:
                    run.log({"loss": 1.0})
            run.log({"loss": 0.0})
        done.append(run.number)
    assert done == [1, 2, 3]
    assert [r.state for r in sweep.runs] == ["finished", "killed", "finished"]


def test_early_termination_ends_asked_runs():
    sweep = new_sweep(
        {**GRID, "parameters": {"x": {"values": [1, 2, 3, 9]}}},
        early_terminate={"type": "median", "min_iter": 3, "min_runs": 3},
    )
    while (run := sweep.ask()) is not None:
        with run:
            for _ in range(1000 if run.config.x == 9 else 5):
                run.log({"loss": run.config.x})
    last = sweep.runs[-1]
    assert last.state == "stopped"
    assert "median" in last.stop_reason


def test_told_values_win_over_logged_ones_whatever_the_mode():
    sweep = new_sweep(metric={"name": "loss", "goal": "minimize", "mode": "best"})
    run = sweep.ask()
    for value in (3.0, 1.0, 2.0):
        run.log({"loss": value})
    run.tell(1.7)
    assert sweep.runs[0].metric == 1.7
    assert len(sweep.runs[0].history()) == 3


def test_states_and_odd_values():
    sweep = new_sweep()
    sweep.ask().tell(state="failed")
    sweep.ask().tell(math.nan)
    sweep.ask().tell(np.float32(0.5))
    sweep.ask().tell(np.array(2))
    assert [(r.state, r.metric) for r in sweep.runs] == [
        ("failed", None),
        ("finished", None),
        ("finished", 0.5),
        ("finished", 2.0),
    ]


def test_tell_by_number_or_id():
    sweep = new_sweep()
    first, second = sweep.ask(), sweep.ask()
    sweep.tell(1, 0.1)
    sweep.tell(second.id, 0.2)
    assert [first.ended_as, second.ended_as] == ["finished", "finished"]


@pytest.mark.parametrize(
    ("told", "message"),
    [
        (
            ({"los": 0.3},),
            'tell: run 1 has no "loss", the metric of this sweep. Did you mean "los" in place of '
            '"loss"? Tell it: run.tell(0.3) or run.tell({"loss": 0.3}); a run that failed: '
            'run.tell(state="failed").',
        ),
        (
            (),
            'tell: run 1 has no "loss", the metric of this sweep. Tell it: run.tell(0.3) or '
            'run.tell({"loss": 0.3}); a run that failed: run.tell(state="failed").',
        ),
        (
            ("low",),
            "tell: found str 'low'; a number, a dict of metrics, or nothing is needed.",
        ),
        (
            (0.3, "fail"),
            "tell: state 'fail' is not how a run ends. Did you mean \"failed\"? Accepted: "
            '"finished", "failed", "crashed", "killed", "stopped", "preempted".',
        ),
    ],
)
def test_messages(told, message):
    run = new_sweep().ask()
    with pytest.raises(UsageError) as caught:
        run.tell(*told)
    assert str(caught.value) == message
    assert run.ended_as is None


SEVERAL = {
    **{key: value for key, value in CONFIG.items() if key != "metric"},
    "metrics": [
        {"name": "loss", "goal": "minimize", "mode": "best"},
        {"name": "accuracy", "goal": "maximize"},
        {"name": "ms", "at_most": 20},
    ],
}


def test_several_metrics_are_told_by_name():
    sweep = new_sweep(SEVERAL)
    run = sweep.ask()
    run.log({"loss": 0.1})
    run.tell({"loss": 0.3, "accuracy": np.float32(0.5), "ms": math.nan})
    run = sweep.ask()
    run.log({"loss": 0.4, "accuracy": 0.75})
    sweep.tell(2, {"ms": 12})
    sweep.ask().tell({"loss": 1.0}, state="failed")
    assert [run.metrics for run in sweep.runs] == [
        {"loss": 0.3, "accuracy": 0.5, "ms": None},
        {"loss": 0.4, "accuracy": 0.75, "ms": 12.0},
        {"loss": 1.0, "accuracy": None, "ms": None},
    ]


@pytest.mark.parametrize(
    ("told", "message"),
    [
        (
            0.3,
            "tell: found the number 0.3, and this sweep has 3 metrics. Tell a dict: "
            'run.tell({"loss": …, "accuracy": …, "ms": …}).',
        ),
        (
            {"loss": 0.3, "Accuracy": 0.5},
            'tell: run 1 has no "accuracy" or "ms", metrics of this sweep. Did you mean "Accuracy" '
            'in place of "accuracy"? Tell them: run.tell({"loss": …, "accuracy": …, "ms": …}); a '
            'run that failed: run.tell(state="failed").',
        ),
        (
            {"loss": 0.3, "accuracy": 0.5},
            'tell: run 1 has no "ms", a metric of this sweep. Tell them: run.tell({"loss": …, '
            '"accuracy": …, "ms": …}); a run that failed: run.tell(state="failed").',
        ),
    ],
)
def test_messages_about_several_metrics(told, message):
    run = new_sweep(SEVERAL).ask()
    with pytest.raises(UsageError) as caught:
        run.tell(told)
    assert str(caught.value) == message
    assert run.ended_as is None


def test_each_run_is_told_once_and_where_it_was_asked_for():
    sweep = new_sweep()
    run = sweep.ask()
    run.tell(0.1)
    with pytest.raises(UsageError) as caught:
        run.tell(0.2)
    assert str(caught.value) == ("tell: run 1 has ended already (finished). Each run is told once.")
    with pytest.raises(UsageError) as caught:
        sweep.tell(1, 0.2)
    assert str(caught.value) == (
        "tell: run 1 is not one that this process asked for and that is open: it has ended "
        "(finished). Keep the run that ask() returned, and tell it once."
    )


def test_ask_waits_while_the_sweep_is_paused():
    sweep = new_sweep()
    sweep.pause()
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(sweep.ask)
        with pytest.raises(TimeoutError):
            asked.result(timeout=0.5)
        sweep.resume()
        assert asked.result(timeout=30).number == 1


def test_threads_share_a_sweep():
    sweep = new_sweep(GRID, parameters={"x": {"values": list(range(20))}})

    def loop():
        while (run := sweep.ask()) is not None:
            with run:
                nbsweep.log({"loss": nbsweep.config.x})

    threads = [threading.Thread(target=loop) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(r.params["x"] for r in sweep.runs) == list(range(20))
    assert all(r.metric == r.params["x"] for r in sweep.runs)
    assert sweep.state == "FINISHED"


def test_a_custom_search_function_is_given_to_ask():
    sweep = new_sweep(method="custom")
    run = sweep.ask(search=lambda *_: {"x": 0.25})
    assert run.config.x == 0.25


SCRIPT = """
    import os, signal
    import nbsweep
    nbsweep.setup({url!r})
    run = nbsweep.Sweep({sweep_id!r}).ask()
    run.log({{"loss": 1.0}})
    print(run.number, flush=True)
    {end}
"""


@pytest.mark.parametrize("end", ["os.kill(os.getpid(), signal.SIGKILL)", "pass"])
def test_a_run_whose_process_ends_without_telling_crashes_and_is_handed_out_again(tmp_path, end):
    url = f"sqlite:///{tmp_path}/a.db"
    nbsweep.setup(url)
    sweep = new_sweep()
    script = textwrap.dedent(SCRIPT).format(url=url, sweep_id=sweep.id, end=end)
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.stdout == "1\n", done.stderr
    run = sweep.ask()
    assert sweep.runs[0].state == "crashed"
    assert run.number == 1
    assert run.config.x == sweep.runs[0].params["x"]
    run.tell(0.0)
    assert [(r.number, r.attempt, r.state) for r in sweep.runs] == [
        (1, 0, "crashed"),
        (1, 1, "finished"),
    ]
