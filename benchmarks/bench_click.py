"""From a click to its effect, in a real kernel and without a browser.

On Stop now, to the training loop left. The run logs every 50 ms. The three ways of an agent: a
cell that blocks the kernel, one that awaits, and one that has ended while the agent works in the
background. And on Pause and Resume, to the state in the store, while the parameters of a big
sweep are ranked over and over.
"""

from __future__ import annotations

import contextlib
import os
import queue
import time
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

from common import Row, give, median, version

CLICKS = 5
TARGET_S = 0.5
PATIENCE_S = 240
SETUP = """
import time, nbsweep
nbsweep.setup("memory://clicks")
left_at = []
def train():
    with nbsweep.init() as run:
        try:
            for step in range(10_000):
                run.log({"loss": 1 / (1 + step)})
                time.sleep(0.05)
        finally:
            left_at.append(time.time())
def new_sweep():
    return nbsweep.sweep({"method": "random", "metric": {"name": "loss"},
                          "parameters": {"x": {"min": 0.0, "max": 1.0}}})
"""
CELLS = {
    "a blocking cell": "nbsweep.agent(new_sweep(), train)",
    "await agent_async": "_ = await nbsweep.agent_async(new_sweep(), train)",
    "a background agent": "_ = nbsweep.agent(new_sweep(), train, background=True)",
}
RANKED_RUNS = 2000
PRESSES = 60  # while an analysis runs
PRESS_TARGET_S = 0.3
RANKING = f"""
import nbsweep, time
from nbsweep.handles.agent import AgentHandle
from nbsweep.panel import analyses
big = nbsweep.sweep({{"method": "random", "metric": {{"name": "loss"}},
    "parameters": {{f"x{{i}}": {{"min": 0.0, "max": 1.0}} for i in range(20)}}}})
def quick():
    with nbsweep.init() as run:
        run.log({{"loss": run.config.x0 + run.config.x1 * run.config.x2}})
nbsweep.agent(big, quick, count={RANKED_RUNS}, show=False)
pressed_at, ranking_s = [], []
def noting(call, into, seconds):
    def noted(*args, **kwargs):
        begin = time.time()
        answer = call(*args, **kwargs)
        into.append(time.time() - begin if seconds else time.time())
        return answer
    return noted
AgentHandle.pause = noting(AgentHandle.pause, pressed_at, False)
AgentHandle.resume = noting(AgentHandle.resume, pressed_at, False)
analyses.ranking = noting(analyses.ranking, ranking_s, True)
"""

Message = dict[str, Any]


class Page:
    """What a page does over a kernel's channels."""

    def __init__(self, client: Any) -> None:
        self.client = client

    def wait_for(self, found: Callable[[Message], bool]) -> Message:
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            with contextlib.suppress(queue.Empty):
                message: Message = self.client.get_iopub_msg(timeout=1)
                if found(message):
                    return message
        raise TimeoutError("the kernel did not answer")

    def run(self, code: str) -> None:
        sent = self.client.execute(code)
        self.wait_for(
            lambda m: (
                m["parent_header"].get("msg_id") == sent
                and m["content"].get("execution_state") == "idle"
            )
        )

    def number(self, code: str) -> float:
        sent = self.client.execute(f"print({code})")
        found = self.wait_for(
            lambda m: m["parent_header"].get("msg_id") == sent and m["msg_type"] == "stream"
        )
        return float(found["content"]["text"])

    def click(self, cell: str) -> float:
        """Seconds from the click to the end of the training loop of one agent."""
        panel = self.open(cell)
        time.sleep(1.0)
        begin = time.time()
        self.say(panel, kind="steer", action="stop_now")
        while not self.number("len(left_at)"):
            time.sleep(0.2)
        return self.number("left_at.pop()") - begin

    def open(self, cell: str) -> str:
        """The comm of the panel that a cell opens."""
        self.client.execute(cell)
        opened = self.wait_for(
            lambda m: (
                m["msg_type"] == "comm_open" and "snap" in m["content"]["data"].get("state", {})
            )
        )
        return str(opened["content"]["comm_id"])

    def say(self, panel: str, **said: Any) -> None:
        content = {"comm_id": panel, "data": {"method": "custom", "content": said}}
        message = self.client.session.msg("comm_msg", content, metadata={"version": "1.0.0"})
        self.client.shell_channel.send(message)

    def presses(self) -> tuple[list[float], float]:
        """Seconds from each click on Pause and Resume to its effect, and of a ranking."""
        self.run(RANKING)
        panel = self.open("nbsweep.agent(big, train)")
        self.wait_for(lambda m: m["msg_type"] == "display_data")
        self.say(panel, kind="ready")
        begins = []
        for number in range(PRESSES):
            if number % 4 == 0:  # there is always one under way
                self.say(panel, kind="analyse", key=str(number), target="", runs=None)
            time.sleep(0.1 + 0.007 * (number % 10))
            begins.append(time.time())
            self.say(panel, kind="steer", action="resume" if number % 2 else "pause")
            self.wait_for(
                lambda m: (
                    m["msg_type"] == "comm_msg"
                    and m["content"]["data"].get("content", {}).get("kind") == "answer"
                )
            )
        self.say(panel, kind="steer", action="stop_now")
        ends = [self.number(f"pressed_at[{i}]") for i in range(PRESSES)]
        ranking_s = self.number("max(ranking_s)")
        return [end - begin for begin, end in zip(begins, ends, strict=True)], ranking_s


def clicks() -> list[Row]:
    from tests.kernels import running_kernel

    rows = []
    # Silent, as benchmarks are, there would be no panel to click in.
    environment = {k: v for k, v in os.environ.items() if k != "NBSWEEP_SILENT"}
    with running_kernel(environment, PATIENCE_S) as client:
        page = Page(client)
        page.run(SETUP)
        for name, cell in CELLS.items():
            seconds = [page.click(cell) for _ in range(CLICKS)]
            rows.append(
                Row(
                    f"click on Stop now, {name}",
                    f"nbsweep, {version('ipykernel')}",
                    f"{median(seconds):.2f} s (at most {max(seconds):.2f} s)",
                    f"≤ {TARGET_S} s",
                    max(seconds) <= TARGET_S,
                )
            )
        waits, ranking_s = page.presses()
        p95 = sorted(waits)[round(0.95 * (len(waits) - 1))]
        rows.append(
            Row(
                f"click on Pause while {RANKED_RUNS:,} runs × 20 parameters are ranked",
                f"nbsweep, {version('ipykernel')}",
                f"median {median(waits):.3f} s, p95 {p95:.3f} s (rankings of {ranking_s:.1f} s)",
                f"p95 ≤ {PRESS_TARGET_S} s",
                p95 <= PRESS_TARGET_S,
            )
        )
    return rows


give(clicks() if find_spec("ipykernel") and find_spec("jupyter_client") else [])
