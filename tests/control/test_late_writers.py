"""A run that was taken for lost and comes back writes nothing over its successor."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import nbsweep
from nbsweep.control import lost_runs
from nbsweep.runs import session

pytestmark = pytest.mark.skipif(os.name != "posix", reason="no signals to other processes")

# Its first run says that it has begun and then waits; once woken it does `late` and goes on.
SCRIPT = """
import pathlib, sys, time, nbsweep
nbsweep.setup(sys.argv[1])
late = sys.argv[3]

def keep(run, text):
    pathlib.Path("model.txt").write_text(text)
    run.log_artifact("model.txt", name="model")

def train():
    with nbsweep.init() as run:
        run.log({"loss": 1.0})
        nbsweep.runs.session.writer().flush_soon(60)
        print("begun", file=sys.__stdout__, flush=True)
        while not pathlib.Path("woken").exists():
            time.sleep(0.01)
        print("late words")
        if late == "artifact":
            keep(run, "late")
        if late == "part":
            nbsweep.init(group="folds")
        if late == "log":
            for _ in range(1000):
                run.log({"loss": 99.0})
                time.sleep(0.01)
        run.summary["late"] = 1
        run.config.update({"late": 1})

nbsweep.agent(sys.argv[2], train, count=1, show=False, executor=sys.argv[4])
"""


@pytest.fixture
def sweep(tmp_path):
    nbsweep.setup(f"sqlite:///{tmp_path}/runs.db")
    config = {"method": "grid", "metric": {"name": "loss"}, "parameters": {"x": {"values": [1]}}}
    yield nbsweep.Sweep(nbsweep.sweep(config))
    session.store().close()
    nbsweep.setup(None)


def succeed():
    with nbsweep.init() as run:
        print("in time")
        Path("model.txt").write_text("in time")
        run.log_artifact("model.txt", name="model")
        run.log({"loss": 0.5})


@pytest.mark.parametrize(
    ("late", "executor"),
    [("log", "threads"), ("artifact", "threads"), ("part", "threads"), ("end", "inline")],
)
def test_nothing_of_a_run_that_was_given_up_is_written(
    sweep, tmp_path, monkeypatch, late, executor
):
    command = [sys.executable, "-W", "ignore", "-c", SCRIPT, sweep.store.url, sweep.id]
    monkeypatch.setattr(lost_runs, "STALE_AFTER_S", 0.3)
    monkeypatch.setattr("nbsweep.control.controller.RECOVERY_INTERVAL_S", 0.1)
    with subprocess.Popen([*command, late, executor], stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"begun\n"
        process.send_signal(signal.SIGSTOP)
        os.waitpid(process.pid, os.WUNTRACED)
        handle = nbsweep.agent(sweep, succeed, background=True, show=False)
        deadline = time.monotonic() + 60
        while not handle.wait(0.05) or len(sweep.runs) < 2:
            assert time.monotonic() < deadline
            if handle.status == "done":  # it had nothing to do: look again
                handle = nbsweep.agent(sweep, succeed, background=True, show=False)
        before = everything(sweep)
        (tmp_path / "woken").touch()
        process.send_signal(signal.SIGCONT)
        assert process.wait(60) == 0
    assert [(run.attempt, run.state) for run in sweep.runs] == [(0, "crashed"), (1, "finished")]
    assert everything(sweep) == before
    assert sweep.state == "FINISHED"


def everything(sweep):
    """All that is stored of a sweep's runs and their artifacts."""
    store, records = sweep.store, sweep.store.runs()
    folder = Path("artifacts")
    files = {path: path.read_text() for path in sorted(folder.rglob("*")) if path.is_file()}
    assert files
    return [
        records,
        [store.history(run.id) for run in records],
        [store.console(run.id) for run in records],
        files,
    ]
