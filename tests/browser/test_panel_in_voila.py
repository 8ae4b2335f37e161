"""A page of Voila: the panel of a background agent lives on when the notebook has been executed."""

from __future__ import annotations

import importlib.util
import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.test_panel_in_lab import notebook

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(
        importlib.util.find_spec("voila") is None,
        reason="Voila is not installed; `make test-hosts` does",
    ),
]

START_S = 60
WAIT_MS = 60_000
CELLS = [
    """
import time, nbsweep
sweep_id = nbsweep.sweep({
    "method": "random", "metric": {"name": "loss"}, "parameters": {"a": {"min": 0.0, "max": 1.0}}})

def train():
    with nbsweep.init() as run:
        for step in range(10):
            run.log({"loss": run.config.a + 1 / (1 + step)})
            time.sleep(0.05)
""",
    "handle = nbsweep.agent(sweep_id, train, count=200, background=True)",
    "print('executed')",
]


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """Of Voila's page of the notebook."""
    (tmp_path / "notebook.ipynb").write_text(json.dumps(notebook(CELLS)))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    places = [str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")]
    env = dict(
        os.environ,
        HOME=str(tmp_path),
        NBSWEEP_DIR=str(tmp_path / "store"),
        PYTHONPATH=os.pathsep.join(places),
        PYDEVD_DISABLE_FILE_VALIDATION="1",
    )
    command = [sys.executable, "-m", "voila", "notebook.ipynb", "--no-browser", f"--port={port}"]
    with (tmp_path / "voila.log").open("w") as log:
        server = subprocess.Popen(command, env=env, stdout=log, stderr=log, cwd=tmp_path)
    try:
        deadline = time.monotonic() + START_S
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/voila/static/", timeout=2).close()
                break
            except urllib.error.HTTPError:  # it answers, and has no such file
                break
            except OSError:
                if server.poll() is not None or time.monotonic() > deadline:
                    pytest.fail((tmp_path / "voila.log").read_text()[-2000:])
                time.sleep(0.3)
        yield f"http://127.0.0.1:{port}/"
    finally:
        server.terminate()
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()


def test_a_background_agents_panel_lives_and_can_be_stopped(browser: Browser, address: str) -> None:
    from jupyter_core.paths import jupyter_path

    loader = next(
        path
        for folder in jupyter_path("voila", "templates", "base", "static")
        if (path := Path(folder) / "require.min.js").is_file()
    )
    page = browser.new_page(viewport={"width": 1100, "height": 1200})
    # What Voila's page loads from a network, from Voila's own folder instead.
    page.route("**/require.js/**", lambda route: route.fulfill(path=loader))
    page.goto(address, timeout=WAIT_MS)
    expect(page.get_by_text("executed", exact=True)).to_be_visible(timeout=WAIT_MS)
    rows = page.locator("tbody tr[data-run]")
    before = rows.count()
    expect(rows.nth(before + 4)).to_be_visible(timeout=WAIT_MS)
    stop = page.locator("[data-action=stop_now]")
    stop.click()
    expect(page.locator("header")).to_contain_text("stopped", timeout=WAIT_MS)
    expect(stop).to_be_hidden()
    expect(rows.nth(before + 4)).to_be_visible()
    page.close()
