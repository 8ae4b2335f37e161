import sys

import pytest

pytestmark = pytest.mark.slow

CODE = """
import time
from nbsweep import sweep_config
from nbsweep.records import RunRecord, RunState, Snapshot, SweepRecord, SweepState
from nbsweep.view.live import Ahead, LiveView

config = sweep_config.parse(
    {"method": "random", "metric": {"name": "loss"}, "parameters": {"a": {"values": [1, 2]}}}
)
sweep = SweepRecord("ab12cd34", "demo", None, config.source, 1, SweepState.RUNNING)
runs = []
def read():
    return Snapshot(sweep, tuple(runs), {}, len(runs), time.time())

print("before")
view = LiveView(read, config, ahead=lambda now: Ahead(2 - len(now.runs), 1))
view.start()
for number in (1, 2):
    at = time.time()
    runs.append(RunRecord(
        f"run{number}", "demo", "ab12cd34", number, state=RunState.FINISHED, params={"a": number},
        summary={"loss": 1 / number}, started_at=at - 1, heartbeat_at=at, ended_at=at,
    ))
    time.sleep(0.6)
view.stop("count of 2 runs reached")
print("after")
"""


@pytest.fixture
def kernel():
    manager_module = pytest.importorskip("jupyter_client.manager")
    manager = manager_module.KernelManager()
    # The Python of the tests, whatever kernel specs the machine has.
    manager.kernel_spec.argv[0] = sys.executable
    manager.start_kernel()
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=60)
        yield client
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def test_a_kernel_sends_one_output_and_updates_it_until_the_end(kernel):
    messages = []
    reply = kernel.execute_interactive(CODE, timeout=60, output_hook=messages.append)
    assert reply["content"]["status"] == "ok", reply["content"]
    shown = [m for m in messages if m["msg_type"] in ("display_data", "update_display_data")]
    kinds = [message["msg_type"] for message in shown]
    assert kinds[0] == "display_data"
    assert set(kinds[1:]) == {"update_display_data"}
    assert len({message["content"]["transient"]["display_id"] for message in shown}) == 1
    pages = [message["content"]["data"]["text/html"] for message in shown]
    assert "0 of 2 runs" in pages[0]
    assert any("1 of 2 runs" in page for page in pages)  # sent by the view's thread
    assert "2 of 2 runs" in pages[-1]
    assert "count of 2 runs reached" in pages[-1]
    assert "<img" in pages[-1]
    assert "★ 2" in shown[-1]["content"]["data"]["text/plain"]
    printed = "".join(m["content"]["text"] for m in messages if m["msg_type"] == "stream")
    assert printed == "before\nafter\n"
