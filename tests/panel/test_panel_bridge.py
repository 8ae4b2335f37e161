"""Clicks reach Python while a cell blocks the kernel; real kernels, no browser.

Runs on the installed ipykernel, and on those whose folders IPYKERNEL_PATHS lists (see
`make test-kernels`).
"""

import os
import time
from pathlib import Path

import pytest

from nbsweep.panel import bridge
from nbsweep.panel.jobs import Jobs
from tests.kernels import running_kernel

pytestmark = pytest.mark.slow

WIDGETS = "jupyter.widget"
CONTROL = "jupyter.widget.control"
DEADLINE_S = 30

SETUP = """
import threading, time, ipykernel
from nbsweep import sweep_config
from nbsweep.records import RunRecord, RunState, Snapshot, SweepRecord, SweepState
from nbsweep.panel import bridge
from nbsweep.view.live import LiveView
from nbsweep.panel.display import PanelDisplay
from nbsweep.panel.widget import Panel

config = sweep_config.parse(
    {"method": "random", "metric": {"name": "loss"}, "parameters": {"a": {"values": [1, 2]}}}
)
sweep = SweepRecord("ab12cd34", "demo", None, config.source, 1, SweepState.RUNNING)
stopped = threading.Event()
stopped_after = None
class Control:
    def stop(self, now=False):
        stopped.set()
def read():
    return Snapshot(sweep, (), {}, 1, time.time())
print(ipykernel.__version__, bridge.kind())
"""
BLOCK = """
panel = Panel(read, config, Control())
view = LiveView(panel.read, config, display=PanelDisplay(panel))
view.start()
began = time.monotonic()
while not stopped.wait(0.05) and time.monotonic() - began < 30:
    bridge.poll()
print("stopped" if stopped.is_set() else "not stopped", panel.selected_ids)
view.stop("stopped")
"""
PATHS = [None, *filter(None, os.environ.get("IPYKERNEL_PATHS", "").split(os.pathsep))]


class Client:
    """What a page does, over a kernel's own channels."""

    def __init__(self, client):
        self.client = client
        self.seen = []

    def execute(self, code):
        return self.client.execute(code)

    def wait_for(self, found, what):
        """The first message of the kernel that `found` accepts, also one seen before."""
        deadline = time.monotonic() + DEADLINE_S
        for message in self.seen:
            if found(message):
                return message
        while time.monotonic() < deadline:
            try:
                message = self.client.get_iopub_msg(timeout=1)
            except Exception:  # noqa: BLE001 - queue.Empty of another name in each version
                continue
            self.seen.append(message)
            if found(message):
                return message
        pytest.fail(f"never came: {what}; seen {[m['msg_type'] for m in self.seen]}")

    def printed(self):
        return "".join(m["content"]["text"] for m in self.seen if m["msg_type"] == "stream")

    def comm(self, comm_id, data, msg_type="comm_msg", **more):
        content = {"comm_id": comm_id, "data": data, **more}
        message = self.client.session.msg(msg_type, content, metadata={"version": "1.0.0"})
        self.client.shell_channel.send(message)
        return message["header"]["msg_id"]

    def open_panel(self):
        def is_panel(message):
            return message["msg_type"] == "comm_open" and "snap" in message["content"]["data"].get(
                "state", {}
            )

        return self.wait_for(is_panel, "the panel")["content"]["comm_id"]


@pytest.fixture(params=PATHS, ids=lambda path: Path(path or "installed").name)
def page(request):
    pytest.importorskip("jupyter_client.manager")
    environment = dict(os.environ)
    if request.param:
        environment["PYTHONPATH"] = request.param
    with running_kernel(environment, DEADLINE_S) as client:
        yield Client(client)


def is_idle_for(msg_id):
    return lambda m: (
        m["msg_type"] == "status"
        and m["content"]["execution_state"] == "idle"
        and m["parent_header"].get("msg_id") == msg_id
    )


def test_a_click_stops_a_cell_that_blocks(page):
    setup = page.execute(SETUP)
    page.wait_for(is_idle_for(setup), "the end of the first cell")
    assert page.printed().split()[1] in ("push", "pull")
    cell = page.execute(BLOCK)
    comm_id = page.open_panel()
    page.wait_for(lambda m: m["msg_type"] == "display_data", "the output")
    later = page.execute("print('the next cell')")

    selection = {"method": "update", "state": {"selected_ids": ["run1"]}, "buffer_paths": []}
    update = page.comm(comm_id, selection)
    # ipywidgets sends its next change after the "idle" of the last.
    page.wait_for(is_idle_for(update), "an answer to the selection while the cell runs")
    assert "stopped" not in page.printed()
    page.comm(comm_id, {"method": "custom", "content": {"kind": "steer", "action": "stop_now"}})
    page.wait_for(is_idle_for(cell), "the end of the cell")
    page.wait_for(is_idle_for(later), "the end of the next cell")
    lines = page.printed().splitlines()
    assert lines[1:] == ["stopped ['run1']", "the next cell"]


def test_a_page_that_connects_while_a_cell_blocks_gets_the_panel(page):
    setup = page.execute(SETUP)
    page.wait_for(is_idle_for(setup), "the end of the first cell")
    if "push" not in page.printed():
        pytest.skip("on ipykernel 6 the main thread must be free for that")
    cell = page.execute(BLOCK)
    comm_id = page.open_panel()
    page.wait_for(lambda m: m["msg_type"] == "display_data", "the output")
    page.client.kernel_info()
    info = page.client.get_shell_msg(timeout=DEADLINE_S)
    while info["msg_type"] != "kernel_info_reply":
        info = page.client.get_shell_msg(timeout=DEADLINE_S)
    page.comm("c0ffee", {}, "comm_open", target_name=CONTROL)
    page.comm("c0ffee", {"method": "request_states"})
    states = page.wait_for(
        lambda m: m["msg_type"] == "comm_msg" and m["content"]["comm_id"] == "c0ffee",
        "the state of all widgets",
    )
    assert comm_id in states["content"]["data"]["states"]
    page.comm(comm_id, {"method": "custom", "content": {"kind": "steer", "action": "stop_now"}})
    page.wait_for(is_idle_for(cell), "the end of the cell")
    assert "\nstopped" in page.printed()


AGENT = """
import time, nbsweep
nbsweep.setup("memory://panel")
sweep_id = nbsweep.sweep(
    {"method": "random", "metric": {"name": "loss"}, "parameters": {"a": {"values": [1, 2]}}}
)
def train():
    with nbsweep.init() as run:
        for step in range(600):
            run.log({"loss": 1 / (1 + step)})
            time.sleep(0.05)
nbsweep.agent(sweep_id, train, show="panel")
print([run.state for run in nbsweep.Sweep(sweep_id).runs])
"""


def is_of_a_run_under_way(message):
    content = message["content"].get("data", {}).get("content", {})
    return message["msg_type"] == "comm_msg" and any(
        row.get("state") == "running" for row in content.get("rows", [])
    )


def test_stop_now_ends_an_agent_and_its_cell(page):
    cell = page.execute(AGENT)
    comm_id = page.open_panel()
    page.wait_for(is_of_a_run_under_way, "a run")
    page.comm(comm_id, {"method": "custom", "content": {"kind": "steer", "action": "stop_now"}})
    page.wait_for(is_idle_for(cell), "the end of the cell")
    assert "['killed']" in page.printed()


def test_outside_of_a_kernel_nothing_happens():
    assert bridge.kind() == "none"
    jobs = Jobs("test")
    bridge.attach(object(), lambda said: jobs)
    bridge.poll()
    bridge.detach(object())
