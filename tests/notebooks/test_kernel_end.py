"""Runs that a kernel's end cut off are tried again; those that a person stopped are not."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.manager import KernelManager

import nbsweep

pytestmark = pytest.mark.slow

DEADLINE_S = 60

SWEEP = {
    "method": "grid",
    "metric": {"name": "loss", "goal": "minimize"},
    "parameters": {"x": {"values": [1, 2, 3, 4, 5]}},
}

# Run 3 goes on until somebody ends it; the file says that it is under way.
TRAINING = """
import pathlib, time
import nbsweep

def train():
    with nbsweep.init() as run:
        nbsweep.log({"loss": float(run.config.x)})
        if run.config.x == 3 and not pathlib.Path("second").exists():
            nbsweep.runs.session.writer().flush_soon(60)
            pathlib.Path("under-way").touch()
            while True:
                time.sleep(0.02)
                LOOP
"""
LOGS, SILENT = 'nbsweep.log({"loss": 3.0})', "pass"

HOW = {
    "foreground": (LOGS, "nbsweep.agent(ID, train)"),
    "silent": (SILENT, "nbsweep.agent(ID, train)"),
    "inline": (SILENT, "nbsweep.agent(ID, train, executor='inline')"),
    "processes": (LOGS, "nbsweep.agent(ID, train, executor='processes')"),
    "background": (LOGS, "nbsweep.agent(ID, train, background=True)"),
    "awaited": (LOGS, "await nbsweep.agent(ID, train, background=True)"),
    "asked": (SILENT, "sweep = nbsweep.Sweep(ID)\nfor _ in range(5):\n  with sweep.ask(): train()"),
}


@pytest.fixture
def sweep_id(tmp_path: Path) -> str:
    return nbsweep.sweep(SWEEP)


@pytest.fixture
def manager() -> Iterator[KernelManager]:
    manager = KernelManager(kernel_name="python3")
    manager.start_kernel()
    yield manager
    if manager.has_kernel:
        manager.shutdown_kernel(now=True)


def wait_for(path: Path) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not path.exists():
        assert time.monotonic() < deadline, f"{path} did not appear"
        time.sleep(0.02)


def start(manager: KernelManager, sweep_id: str, how: str) -> Any:
    """Have run 3 under way in the kernel."""
    client = manager.blocking_client()
    client.start_channels()
    client.wait_for_ready(timeout=DEADLINE_S)
    loop, call = HOW[how]
    client.execute(TRAINING.replace("LOOP", loop))
    client.execute(call.replace("ID", repr(sweep_id)))
    wait_for(Path("under-way"))
    return client


def states(sweep_id: str) -> list[tuple[int, int, str]]:
    return [(run.number, run.attempt, run.state) for run in nbsweep.Sweep(sweep_id).runs]


def rest(sweep_id: str) -> list[tuple[int, int, str]]:
    """What a second kernel makes of the sweep."""
    nbsweep.agent(sweep_id, lambda: None, show=False)
    return states(sweep_id)


DONE = [(number, 0, "finished") for number in (1, 2)]
AFTER = [(number, 0, "finished") for number in (4, 5)]


@pytest.mark.parametrize(
    ("how", "end"),
    [
        ("foreground", lambda manager: manager.restart_kernel(now=False)),
        ("silent", lambda manager: manager.shutdown_kernel(now=False)),
        ("inline", lambda manager: manager.shutdown_kernel(now=False)),
        ("processes", lambda manager: manager.shutdown_kernel(now=False)),
        ("background", lambda manager: manager.restart_kernel(now=False)),
        ("awaited", lambda manager: manager.shutdown_kernel(now=False)),
        ("asked", lambda manager: manager.shutdown_kernel(now=False)),
    ],
)
def test_a_point_that_the_end_of_the_kernel_cut_off_is_tried_again(
    manager: KernelManager, sweep_id: str, how: str, end: Callable[[KernelManager], None]
) -> None:
    client = start(manager, sweep_id, how)
    end(manager)
    client.stop_channels()
    assert states(sweep_id) == [*DONE, (3, 0, "preempted")]
    assert rest(sweep_id) == [*DONE, (3, 0, "preempted"), (3, 1, "finished"), *AFTER]
    assert nbsweep.Sweep(sweep_id).state == "FINISHED"


def test_a_kernel_that_is_killed_right_after_the_interrupt_leaves_a_crashed_run(
    manager: KernelManager, sweep_id: str
) -> None:
    """As a Jupyter server does to all of its kernels when it ends itself."""
    client = start(manager, sweep_id, "foreground")
    manager.shutdown_kernel(now=True)
    client.stop_channels()
    assert rest(sweep_id) == [*DONE, (3, 0, "crashed"), (3, 1, "finished"), *AFTER]


@pytest.mark.parametrize("how", ["foreground", "inline", "awaited", "asked"])
def test_a_point_that_a_person_interrupted_is_not_tried_again(
    manager: KernelManager, sweep_id: str, how: str
) -> None:
    client = start(manager, sweep_id, how)
    manager.interrupt_kernel()
    deadline = time.monotonic() + DEADLINE_S
    while states(sweep_id)[-1][2] == "running":
        assert time.monotonic() < deadline
        time.sleep(0.05)
    manager.shutdown_kernel(now=False)
    client.stop_channels()
    assert rest(sweep_id) == [*DONE, (3, 0, "killed"), *AFTER]


@pytest.mark.skipif(os.name != "posix", reason="no SIGHUP here")
@pytest.mark.parametrize("kind", ["script", "command line", "workers"])
def test_a_point_that_a_closed_terminal_cut_off_is_tried_again(sweep_id: str, kind: str) -> None:
    Path("train.py").write_text(TRAINING.replace("LOOP", SILENT))
    if kind == "script":
        code = f"from train import *\nnbsweep.agent({sweep_id!r}, train, show=False)"
        command = [sys.executable, "-c", code]
    else:
        command = [sys.executable, "-m", "nbsweep", "agent", sweep_id, "train.py:train"]
        command += ["--executor", "processes"] if kind == "workers" else []
    process = subprocess.Popen(
        command,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=_heed_hangup,  # noqa: PLW1509 - no thread holds a lock that it needs
    )
    with process:
        try:
            wait_for(Path("under-way"))
            os.killpg(process.pid, signal.SIGHUP)  # all processes of the terminal
            code = process.wait(DEADLINE_S)
        finally:
            process.kill()
    assert code == (-signal.SIGHUP if kind == "script" else 130)
    Path("second").touch()
    assert rest(sweep_id) == [*DONE, (3, 0, "preempted"), (3, 1, "finished"), *AFTER]


def _heed_hangup() -> None:
    """As a terminal starts programs, even where the tests themselves run under nohup."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.mark.skipif(os.name != "posix", reason="no SIGHUP here")
def test_nohup_is_respected(sweep_id: str) -> None:
    Path("train.py").write_text(TRAINING.replace("LOOP", 'if pathlib.Path("on").exists(): break'))
    code = f"from train import *\nnbsweep.agent({sweep_id!r}, train, show=False)"
    with subprocess.Popen(["nohup", sys.executable, "-c", code], stderr=subprocess.DEVNULL) as process:
        wait_for(Path("under-way"))
        process.send_signal(signal.SIGHUP)
        Path("on").touch()
        assert process.wait(DEADLINE_S) == 0
    assert states(sweep_id) == [*DONE, (3, 0, "finished"), *AFTER]
