"""A sweep in a real kernel that somebody interrupts, kills and starts again."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager

import nbsweep

DEADLINE_S = 60

# Run 3 goes on until somebody ends it; the file says that it is under way.
TRAINING = """
import pathlib, time
import nbsweep

def train():
    with nbsweep.init() as run:
        for step in range(3):
            nbsweep.log({"loss": run.config.x / (step + 1)})
        if run.config.x == 3 and not pathlib.Path("second-kernel").exists():
            time.sleep(0.6)  # longer than the writer waits
            pathlib.Path("under-way").touch()
            for _ in range(3000):
                time.sleep(0.02)
                nbsweep.log({"loss": 3.0})
"""

SWEEP = """
sweep_id = nbsweep.sweep({
    "method": "grid",
    "metric": {"name": "loss", "goal": "minimize"},
    "parameters": {"x": {"values": [1, 2, 3, 4, 5]}},
})
print(sweep_id)
"""


class Kernel:
    """A kernel of this Python in the test's folder."""

    def __init__(self) -> None:
        self.manager = KernelManager(kernel_name="python3")
        self.manager.start_kernel()
        self.client: BlockingKernelClient = self.manager.blocking_client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=DEADLINE_S)

    def start(self, code: str) -> None:
        """Send a cell without waiting for it."""
        self.client.execute(code)

    def run(self, code: str) -> str:
        """Execute a cell; what it printed. Fails when it raises."""
        printed: list[str] = []

        def keep(message: dict[str, Any]) -> None:
            if message["msg_type"] == "stream" and message["content"]["name"] == "stdout":
                printed.append(message["content"]["text"])

        reply = self.client.execute_interactive(code, timeout=DEADLINE_S, output_hook=keep)
        assert reply["content"]["status"] == "ok", reply["content"]
        return "".join(printed)

    def reply(self) -> dict[str, Any]:
        """The reply to the cell that `start` sent."""
        content: dict[str, Any] = self.client.get_shell_msg(timeout=DEADLINE_S)["content"]
        return content

    def close(self) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)


@pytest.fixture
def new_kernel() -> Iterator[Callable[[], Kernel]]:
    kernels: list[Kernel] = []

    def start() -> Kernel:
        kernels.append(Kernel())
        return kernels[-1]

    yield start
    for kernel in kernels:
        kernel.close()


def wait_for(path: Path) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not path.exists():
        assert time.monotonic() < deadline, f"{path} did not appear"
        time.sleep(0.02)


def start_sweep(kernel: Kernel) -> str:
    """Start the sweep's agent; returns when run 3 is under way."""
    kernel.run(TRAINING)
    sweep_id = kernel.run(SWEEP).split()[-1]
    kernel.start("nbsweep.agent(sweep_id, train)")
    wait_for(Path("under-way"))
    return sweep_id


def test_a_killed_kernel_loses_one_run_and_a_new_one_carries_on(
    new_kernel: Callable[[], Kernel],
) -> None:
    first = new_kernel()
    pid = int(first.run("import os; print(os.getpid())"))
    sweep_id = start_sweep(first)
    os.kill(pid, signal.SIGKILL)

    Path("second-kernel").touch()
    second = new_kernel()
    second.run(TRAINING)
    second.run(f"nbsweep.agent({sweep_id!r}, train)")

    runs = nbsweep.Sweep(sweep_id).runs
    assert [(run.params["x"], run.attempt, run.state) for run in runs] == [
        (1, 0, "finished"),
        (2, 0, "finished"),
        (3, 0, "crashed"),
        (3, 1, "finished"),
        (4, 0, "finished"),
        (5, 0, "finished"),
    ]
    for run in runs:
        losses = [row["loss"] for row in run.history()]
        assert losses[:3] == [run.params["x"] / step for step in (1, 2, 3)]


def test_an_interrupt_kills_the_run_shows_the_rest_and_leaves_the_cell_clean(
    new_kernel: Callable[[], Kernel],
) -> None:
    kernel = new_kernel()
    sweep_id = start_sweep(kernel)
    kernel.manager.interrupt_kernel()
    assert kernel.reply()["status"] == "ok"

    sweep = nbsweep.Sweep(sweep_id)
    assert [run.state for run in sweep.runs] == ["finished", "finished", "killed"]

    kernel.run("nbsweep.agent(sweep_id, train, count=2)")
    assert [run.state for run in sweep.runs][3:] == ["finished", "finished"]
