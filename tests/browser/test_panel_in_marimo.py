"""The panel in a real marimo: it shows itself, says the truth of clicks, and drives other cells."""

from __future__ import annotations

import importlib.util
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(
        importlib.util.find_spec("marimo") is None,
        reason="marimo is not installed; `make test-hosts` does",
    ),
]

START_S = 60
WAIT_MS = 60_000
NOTICE = "answers clicks only between cells"
NOTEBOOK = """
import marimo

app = marimo.App()

@app.cell
def _():
    import time
    import marimo as mo
    import nbsweep
    sweep = nbsweep.Sweep(nbsweep.sweep({
        "method": "random", "metric": {"name": "loss"},
        "parameters": {"a": {"min": 0.0, "max": 1.0}, "b": {"values": ["x", "y"]}}}))
    def train():
        with nbsweep.init() as run:
            for step in range(10):
                run.log({"loss": run.config.a + 1 / (1 + step)})
                time.sleep(0.05)
    return mo, nbsweep, sweep, train

@app.cell
def _(mo, nbsweep, sweep, train):
    mo.output.append(mo.md("before"))
    nbsweep.agent(sweep, train, count=12)
    done = True
    return (done,)

@app.cell
def _(done, sweep):
    sweep.panel
    return

@app.cell
def _(done, mo, sweep):
    panel = mo.ui.anywidget(sweep.panel)
    panel
    return (panel,)

@app.cell
def _(panel):
    chosen = panel.value["selected_ids"]
    print("chosen", len(chosen), sorted({run.config["b"] for run in panel.selected}))
    return

@app.cell
def _(done, nbsweep, sweep, train):
    nbsweep.agent(sweep, train, count=200, background=True)
    return

if __name__ == "__main__":
    app.run()
"""


@pytest.fixture
def cells(browser: Browser, tmp_path: Path) -> Iterator[Callable[[int], Locator]]:
    """The cells of the notebook, in marimo's editor; the first call opens it and runs all."""
    (tmp_path / "notebook.py").write_text(NOTEBOOK)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "marimo", "edit", "notebook.py", "--headless", "--no-token"]
    command += ["--port", str(port), "--skip-update-check"]
    places = [str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")]
    env = dict(
        os.environ,
        HOME=str(tmp_path),
        NBSWEEP_DIR=str(tmp_path / "store"),
        PYTHONPATH=os.pathsep.join(places),
    )
    with (tmp_path / "marimo.log").open("w") as log:
        server = subprocess.Popen(command, env=env, stdout=log, stderr=log, cwd=tmp_path)
    try:
        deadline = time.monotonic() + START_S
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=2).close()
                break
            except OSError:
                if server.poll() is not None or time.monotonic() > deadline:
                    pytest.fail((tmp_path / "marimo.log").read_text()[-2000:])
                time.sleep(0.3)
        page = browser.new_page(viewport={"width": 1200, "height": 1400})
        page.goto(f"http://127.0.0.1:{port}/", timeout=WAIT_MS)
        expect(page.locator("[data-cell-id]").nth(5)).to_be_attached(timeout=WAIT_MS)
        for _ in range(20):  # until marimo listens to its keys
            page.wait_for_timeout(1500)
            if page.get_by_text("Create sweep with ID").count():
                break
            page.keyboard.press("Control+Shift+R")  # run all that is stale
        yield lambda i: page.locator("[data-cell-id]").nth(i)
        page.close()
    finally:
        server.terminate()
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()


def brush(page: Page, panel: Locator, axis: str, share_from: float, share_to: float) -> None:
    grab = panel.locator(f'[data-axis="{axis}"] .grab')
    for _ in range(100):  # a redraw replaces the axes now and then
        grab.scroll_into_view_if_needed()
        if box := grab.bounding_box():
            break
    assert box is not None
    x = box["x"] + box["width"] / 2
    page.mouse.move(x, box["y"] + share_from * box["height"])
    page.mouse.down()
    for step in range(1, 6):
        share = share_from + (share_to - share_from) * step / 5
        page.mouse.move(x, box["y"] + share * box["height"])
    page.mouse.up()


def test_the_panel_lives_in_marimo(cells: Callable[[int], Locator]) -> None:
    # The agent's own cell, while it works: live, below what the cell has shown before.
    agent = cells(1)
    expect(agent.locator("tbody tr[data-run]").nth(1)).to_be_visible(timeout=WAIT_MS)
    expect(agent.get_by_text("before", exact=True)).to_be_visible()
    expect(agent.locator("[data-action=stop_now]")).to_be_visible()
    expect(agent.get_by_text(NOTICE)).to_be_visible()
    # And after: the saved page, in a frame of its own, where its scripts run.
    saved = agent.frame_locator("iframe")
    expect(saved.locator("[data-nbsweep] header")).to_contain_text("done", timeout=WAIT_MS)
    expect(saved.locator("tbody tr[data-run]")).to_have_count(12)
    expect(agent.locator("marimo-anywidget")).to_have_count(0)

    # A panel as a cell's last expression.
    plain = cells(2)
    expect(plain.locator("tbody tr[data-run]").nth(11)).to_be_visible(timeout=WAIT_MS)
    expect(plain.get_by_text(NOTICE)).to_be_hidden()

    # A background agent shows itself; its clicks act, and nothing says that they do not.
    background = cells(5)
    expect(background.locator("tbody tr[data-run]").nth(13)).to_be_visible(timeout=WAIT_MS)
    expect(background.get_by_text(NOTICE)).to_be_hidden()
    background.locator("[data-action=stop_now]").click()
    expect(background.locator("header")).to_contain_text("stopped", timeout=WAIT_MS)
    expect(background.locator("[data-action=stop_now]")).to_be_hidden()

    # A brush runs the cells that use the panel's value again.
    expect(cells(4)).to_contain_text("chosen 0 []", timeout=WAIT_MS)
    brush(cells(3).page, cells(3), "b", 0.0, 0.4)
    expect(cells(4)).to_contain_text(re.compile(r"chosen [1-9]\d* \['[xy]'\]"), timeout=WAIT_MS)


def test_as_a_script_it_prints_lines(tmp_path: Path) -> None:
    (tmp_path / "notebook.py").write_text(NOTEBOOK.replace("count=200", "count=2"))
    places = [str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")]
    env = dict(os.environ, NBSWEEP_DIR=str(tmp_path), PYTHONPATH=os.pathsep.join(places))
    done = subprocess.run(
        [sys.executable, "notebook.py"],
        cwd=tmp_path, env=env, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "Best loss" in done.stdout
