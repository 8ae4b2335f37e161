"""Processes that are taken away: their runs end in order and are handed out again."""

import os
import signal
import subprocess
import sys
import threading
import time

import pytest

import nbsweep
from nbsweep.records import RunState
from nbsweep.runs import session

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals between processes are POSIX's")

SCRIPT = """
import sys, time, nbsweep
nbsweep.setup(sys.argv[1])
kind = sys.argv[3]

def train():
    with nbsweep.init() as run:
        run.log({"loss": 1.0})
        nbsweep.runs.session.writer().flush_soon(60)
        print("begun", flush=True)
        try:
            while True:
                time.sleep(0.01)
                if kind == "logs":
                    run.log({"loss": 1.0})
        finally:
            print("cleaned up", file=sys.__stdout__, flush=True)

background = kind == "background"
handle = nbsweep.agent(sys.argv[2], train, show=False, background=background)
if background:
    while not nbsweep.Sweep(sys.argv[2]).runs or not nbsweep.Sweep(sys.argv[2]).runs[0].summary:
        time.sleep(0.02)
"""


@pytest.fixture
def sweep(tmp_path):
    nbsweep.setup(f"sqlite:///{tmp_path}/runs.db")
    config = {"method": "grid", "metric": {"name": "loss"}, "parameters": {"x": {"values": [1]}}}
    yield nbsweep.Sweep(nbsweep.sweep(config))
    session.store().close()
    nbsweep.setup(None)


def script(sweep, kind):
    command = [sys.executable, "-W", "ignore", "-c", SCRIPT, sweep.store.url, sweep.id, kind]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finishes(sweep):
    """Let another agent do the rest; how the runs ended then."""
    nbsweep.agent(sweep, lambda: None, show=False)
    return [(run.number, run.attempt, run.state) for run in sweep.runs]


@pytest.mark.parametrize("kind", ["logs", "silent"])
def test_sigterm_ends_the_runs_in_order_then_the_process_and_their_params_go_out_again(sweep, kind):
    with script(sweep, kind) as process:
        assert process.stdout.readline() == "begun\n"
        process.send_signal(signal.SIGTERM)
        printed, errors = process.communicate(timeout=120)
    assert (process.returncode, errors) == (-signal.SIGTERM, "")
    assert "cleaned up" in printed
    (run,) = sweep.runs
    assert (run.state, run.stop_reason) == ("preempted", "terminated")
    assert finishes(sweep) == [(1, 0, "preempted"), (1, 1, "finished")]


def test_a_process_that_ends_leaves_the_params_of_its_background_runs_to_be_tried(sweep):
    with script(sweep, "background") as process:
        _, errors = process.communicate(timeout=120)
    assert (process.returncode, errors) == (0, "")
    assert finishes(sweep) == [(1, 0, "preempted"), (1, 1, "finished")]


def test_sigterm_to_a_worker_process_ends_its_run_and_the_params_go_out_again(sweep, tmp_path):
    cleaned = tmp_path / "cleaned"

    def train():
        with nbsweep.init() as run:
            if not cleaned.exists():
                run.log({"pid": os.getpid()})
                try:
                    while True:
                        time.sleep(0.01)
                finally:
                    cleaned.touch()

    def terminate():
        while not (sweep.runs and sweep.runs[0].summary):
            time.sleep(0.05)
        os.kill(sweep.runs[0].summary["pid"], signal.SIGTERM)

    killer = threading.Thread(target=terminate)
    killer.start()
    nbsweep.agent(sweep, train, executor="processes", show=False)
    killer.join()
    assert [(run.attempt, run.state) for run in sweep.runs] == [(0, "preempted"), (1, "finished")]


@pytest.mark.parametrize("executor", ["threads", "processes"])
def test_a_run_that_never_logs_fails_by_its_time_limit_too(sweep, executor):
    def train():
        while True:
            time.sleep(0.01)

    nbsweep.agent(sweep, train, executor=executor, timeout_s=0.2, count=1, show=False)
    (run,) = sweep.store.runs()
    assert (run.state, run.error) == (RunState.FAILED, "longer than timeout_s=0.2")
