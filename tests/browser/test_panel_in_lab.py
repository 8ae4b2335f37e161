"""The live panel in a real JupyterLab: rows appear, clicks act, brushes reach Python."""

from __future__ import annotations

import importlib.util
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.slow]

START_S = 90
WAIT_MS = 60_000
# Colab's ipykernel, where `make test` installed it: the first of those folders.
OLD_KERNEL = os.environ.get("IPYKERNEL_PATHS", "").partition(os.pathsep)[0]

CELLS = [
    """
import functools, math, time
import nbsweep
from nbsweep import sweep_config
from nbsweep.handles.agent import AgentHandle
from nbsweep.runs import start
from nbsweep.control.agent import Agent
from nbsweep.control.options import AgentOptions
from nbsweep.handles.panels import new_panel
from nbsweep.handles.sweep import Sweep
from nbsweep.handles.at_work import ahead
from nbsweep.view.live import LiveView
from nbsweep.panel.display import PanelDisplay

sweep = Sweep(nbsweep.sweep({
    "name": "<b>digits</b>", "method": "random", "seed": 3,
    "metric": {"name": "loss", "goal": "minimize"},
    "parameters": {
        "optimizer": {"values": ["adam", "sgd"]}, "width": {"values": [64, 128, 256]},
        "learning_rate": {"distribution": "log_uniform_values", "min": 1e-4, "max": 0.1}}}))
config = sweep_config.parse(sweep.config)
done = []

def train():
    with nbsweep.init() as run:
        print("rate", run.config.learning_rate)
        rate = abs(math.log10(run.config.learning_rate) + 2.3)
        for step in range(8 if len(done) < 12 else 1000):  # the 13th is there to be stopped
            run.log({"loss": 0.2 + 0.3 * rate + math.exp(-step / 4)})
            time.sleep(0.02)
        done.append(run.id)

folder = functools.partial(start.run_folder, sweep.store)
agent = Agent(sweep.store, sweep.id, AgentOptions(function=train, count=40), folder=folder)
handle = AgentHandle(agent, sweep)
panel = new_panel(sweep.stored, handle)
left = functools.partial(ahead, sweep.id)
handle.show_in(LiveView(panel.read, config, ahead=left, display=PanelDisplay(panel)))
print("ready")
""",
    "handle.run();",
    "print('selected', len(panel.selected), len(panel.selected_dataframe()), handle.reason)",
    "again = sweep.panel\nagain",
    "print('chosen', len(again.selected), again.selected[0].config['optimizer'])",
    "import nbsweep\nfresh = nbsweep.show()\nfresh",  # in a kernel that was started anew
]
STOPPED = [
    """
import time, nbsweep
sweep_id = nbsweep.sweep({
    "method": "random", "metric": {"name": "loss"}, "parameters": {"a": {"values": [1, 2]}}})

def train():
    with nbsweep.init() as run:
        for step in range(2000):
            run.log({"loss": 1 / (1 + step)})
            time.sleep(0.02)

import ipykernel
print("ready on", ipykernel.__version__)
""",
    'nbsweep.agent(sweep_id, train, show="panel")',
    "print('state', [run.state for run in nbsweep.Sweep(sweep_id).runs])",
]


def notebook(sources: list[str], kernel_name: str = "python3") -> dict[str, object]:
    cells = [
        {
            "cell_type": "code",
            "execution_count": None,
            "id": f"cell{i}",
            "metadata": {},
            "outputs": [],
            "source": source.strip(),
        }
        for i, source in enumerate(sources)
    ]
    kernel = {"display_name": kernel_name, "language": "python", "name": kernel_name}
    return {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}


SETTINGS = {
    "notebook-extension/tracker": {"windowingMode": "none"},
    "apputils-extension/notification": {
        "fetchNews": "false",
        "checkForUpdates": False,
    },
}


@pytest.fixture
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """Address and folder of a JupyterLab that belongs to one try of one test alone."""
    pytest.importorskip("jupyterlab")
    root = tmp_path_factory.mktemp("lab")
    for name, values in SETTINGS.items():
        file = root / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(values))
    if OLD_KERNEL:
        spec = {
            "argv": [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
            "display_name": "old", "language": "python",
            "env": {"PYTHONPATH": os.pathsep.join([OLD_KERNEL, os.environ.get("PYTHONPATH", "")])},
        }  # fmt: skip
        folder = root / "data" / "kernels" / "old"
        folder.mkdir(parents=True)
        (folder / "kernel.json").write_text(json.dumps(spec))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    env = dict(
        os.environ,
        JUPYTER_CONFIG_DIR=str(root / "config"),
        JUPYTER_DATA_DIR=str(root / "data"),
        JUPYTER_RUNTIME_DIR=str(root / "runtime"),
        JUPYTERLAB_SETTINGS_DIR=str(root / "settings"),
        JUPYTERLAB_WORKSPACES_DIR=str(root / "workspaces"),
        IPYTHONDIR=str(root / "ipython"),
        NBSWEEP_DIR=str(root / "store"),
        PYDEVD_DISABLE_FILE_VALIDATION="1",
    )
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"]
    command += [f"--ServerApp.port={port}", "--ServerApp.ip=127.0.0.1"]
    command += ["--IdentityProvider.token=", f"--ServerApp.root_dir={root}"]
    command += ["--LabApp.expose_app_in_browser=True", "--ServerApp.disable_check_xsrf=True"]
    command += ["--JupyterNotebookApp.expose_app_in_browser=True"]
    with (root / "lab.log").open("w") as log:
        server = subprocess.Popen(command, env=env, stdout=log, stderr=log, cwd=root)
    address = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + START_S
        while True:
            try:
                urllib.request.urlopen(f"{address}/api/status", timeout=2).close()
                break
            except OSError:
                if server.poll() is not None or time.monotonic() > deadline:
                    pytest.fail((root / "lab.log").read_text()[-2000:])
                time.sleep(0.3)
        yield address, root
    finally:
        server.terminate()
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()


class Notebook:
    """One notebook in one tab."""

    def __init__(
        self, page: Page, address: str, root: Path, name: str, content: dict[str, object],
        *, is_notebook_7: bool = False,
    ) -> None:  # fmt: skip
        self.page = page
        self.errors: list[str] = []
        (root / name).write_text(json.dumps(content))
        # A workspace of its own: Lab would open the tabs of the test before as well.
        in_lab = f"{address}/lab/workspaces/{Path(name).stem}/tree/{name}"
        self.address = f"{address}/notebooks/{name}" if is_notebook_7 else in_lab
        page.on("console", self._keep)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.open()

    def _keep(self, message: ConsoleMessage) -> None:
        # Pages that Lab looks up on the network, and files that a fresh server has not.
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.errors.append(message.text)

    def open(self) -> None:
        self.page.goto(self.address, timeout=WAIT_MS)
        self.page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=WAIT_MS)

    def run(self, index: int) -> None:
        """Start a cell, as soon as the kernel is there, without waiting for its end."""
        self.page.wait_for_function(
            """() => {
                const context = window.jupyterapp?.shell.currentWidget?.sessionContext;
                const kernel = context?.session?.kernel;
                return context?.isReady && kernel?.connectionStatus === "connected";
            }""",
            timeout=WAIT_MS,
        )
        for _ in range(5):  # Lab swallows a command now and then while it is opening
            self.page.evaluate(
                """index => {
                    const notebook = window.jupyterapp.shell.currentWidget.content;
                    notebook.deselectAll();
                    notebook.activeCellIndex = index;
                    window.jupyterapp.commands.execute("notebook:run-cell");
                }""",
                index,
            )
            try:
                expect(self.prompt(index)).not_to_have_text("[ ]:", timeout=3_000)
            except AssertionError:
                continue
            return

    def restart_kernel(self) -> None:
        self.ends("window.jupyterapp.shell.currentWidget.sessionContext.restartKernel()")

    def save(self) -> None:
        self.ends("window.jupyterapp.commands.execute('docmanager:save')")

    def ends(self, promise: str) -> None:
        """Wait for a promise of Lab's, but not for ever: it may be asking the user something."""
        self.page.evaluate(
            f"""() => Promise.race([{promise}, new Promise((_, reject) =>
                setTimeout(() => reject(new Error("no end in {WAIT_MS} ms")), {WAIT_MS}))])"""
        )

    def output(self, index: int) -> Locator:
        return self.page.locator(".jp-Notebook .jp-Cell").nth(index).locator(".jp-Cell-outputArea")

    def prompt(self, index: int) -> Locator:
        return self.page.locator(".jp-Notebook .jp-Cell").nth(index).locator(".jp-InputPrompt")

    def drag(self, panel: Locator, axis: str, share_from: float, share_to: float) -> None:
        """Brush an axis with the mouse."""
        grab = panel.locator(f'[data-axis="{axis}"] .grab')
        for _ in range(100):  # a redraw replaces the axes now and then
            grab.scroll_into_view_if_needed()
            if box := grab.bounding_box():
                break
        assert box is not None
        x = box["x"] + box["width"] / 2
        mouse = self.page.mouse
        mouse.move(x, box["y"] + share_from * box["height"])
        mouse.down()
        for step in range(1, 6):
            share = share_from + (share_to - share_from) * step / 5
            mouse.move(x, box["y"] + share * box["height"])
        mouse.up()


def set_setting(root: Path, plugin: str, **values: str) -> None:
    folder = root / "settings" / "@jupyterlab" / "apputils-extension"
    (folder / f"{plugin}.jupyterlab-settings").write_text(json.dumps(values))


@pytest.fixture(params=["JupyterLab Light", "JupyterLab Dark"], ids=["light", "dark"])
def book(request: pytest.FixtureRequest, open_book: Callable[..., Notebook]) -> Notebook:
    return open_book(notebook(CELLS), theme=request.param)


@pytest.fixture
def open_book(
    request: pytest.FixtureRequest, browser: Browser, lab: tuple[str, Path]
) -> Iterator[Callable[..., Notebook]]:
    """Opens one notebook: open_book(content, theme=…, comms=…, is_notebook_7=…)."""
    address, root = lab
    context = browser.new_context(viewport={"width": 1280, "height": 1100})

    def open_it(
        content: dict[str, object],
        *,
        theme: str = "JupyterLab Light",
        comms: str = "perCommTarget",
        is_notebook_7: bool = False,
    ) -> Notebook:
        set_setting(root, "themes", theme=theme)
        set_setting(root, "kernels-settings", commsOverSubshells=comms)
        name = f"{request.node.name.translate(str.maketrans('[]. ', '----'))}.ipynb"
        page = context.new_page()
        return Notebook(page, address, root, name, content, is_notebook_7=is_notebook_7)

    yield open_it
    context.close()
    with urllib.request.urlopen(f"{address}/api/kernels", timeout=10) as reply:
        kernels = json.load(reply)
    for kernel in kernels:
        deletion = urllib.request.Request(f"{address}/api/kernels/{kernel['id']}", method="DELETE")
        urllib.request.urlopen(deletion, timeout=20).close()


def test_a_sweep_is_watched_brushed_stopped_and_kept(
    book: Notebook, tmp_path: Path, lab: tuple[str, Path]
) -> None:
    book.run(0)
    expect(book.output(0)).to_contain_text("ready", timeout=WAIT_MS)
    book.run(1)
    output = book.output(1)
    rows = output.locator("tbody tr[data-run]")

    # Rows appear while the cell runs.
    expect(rows.nth(12)).to_be_visible(timeout=WAIT_MS)
    expect(book.prompt(1)).to_contain_text("*")
    expect(output.locator(".word")).to_have_text("running")
    expect(output.locator("header .name")).to_have_text("<b>digits</b>")

    # A brush narrows the table, and a click shows a run, both while the cell blocks.
    book.drag(output, "optimizer", 0.0, 0.5)
    expect(output.locator(".runs .tools")).to_contain_text("selected")
    rows.nth(2).locator("button.expand").click()
    detail = output.locator(".drawer")
    expect(detail).to_contain_text("learning_rate", timeout=WAIT_MS)
    expect(detail.locator("pre.console")).to_contain_text("rate 0.0", timeout=WAIT_MS)
    detail.locator(".close").click()
    expect(detail).to_be_hidden()
    expect(output.locator(".outlook summary").first).to_be_visible(timeout=WAIT_MS)

    # A further chart is drawn while the cell blocks, too.
    output.locator(".further select").select_option("timeline")
    expect(output.locator(".further img")).to_be_visible(timeout=WAIT_MS)
    expect(output.locator(".further [role=status]")).to_contain_text("drawn from 13 runs")
    book.page.screenshot(path=tmp_path / "live.png")

    # Stop now ends the run that is under way, and the cell.
    output.locator("[data-action=stop_now]").click()
    expect(book.prompt(1)).not_to_contain_text("*", timeout=15_000)
    frozen = output.locator("[data-nbsweep] header")
    expect(frozen).to_contain_text("stopped", timeout=WAIT_MS)
    expect(output.locator("[data-action=stop_now]")).to_be_hidden()
    expect(output.locator(".runs .tools")).to_contain_text("selected")  # the brush is kept
    book.run(2)
    expect(book.output(2)).to_contain_text("selected", timeout=WAIT_MS)
    _, n, same, reason = book.output(2).inner_text().split()
    assert 0 < int(n) < 40
    assert n == same
    assert reason == "stopped"
    book.page.screenshot(path=tmp_path / "frozen.png")

    # A panel of its own is live again, and its brush is read in the next cell.
    book.run(3)
    again = book.output(3)
    expect(again.locator("tbody tr[data-run]").first).to_be_visible(timeout=WAIT_MS)
    book.drag(again, "optimizer", 0.5, 1.0)
    expect(again.locator(".runs .tools")).to_contain_text("selected")
    book.run(4)
    expect(book.output(4)).to_contain_text("chosen", timeout=WAIT_MS)
    _, chosen, optimizer = book.output(4).inner_text().split()
    assert int(chosen) > 0
    assert optimizer == "sgd"

    # The brush becomes a narrower sweep, and its code is there to be pasted.
    again.locator("[data-action=narrow]").click()
    expect(again.locator(".narrower")).to_contain_text("nbsweep.sweep(", timeout=WAIT_MS)
    book.page.screenshot(path=tmp_path / "narrow.png")

    # A new kernel knows nothing of it; what was drawn stays, and one call brings it back.
    book.restart_kernel()
    expect(frozen).to_contain_text("stopped")
    before = rows.count()
    book.drag(output, "loss", 0.0, 0.55)
    expect(rows).not_to_have_count(before)
    book.run(5)
    expect(book.output(5).locator("tbody tr[data-run]").first).to_be_visible(timeout=WAIT_MS)
    expect(book.output(5).locator("header .name")).to_have_text("<b>digits</b>")
    assert book.errors == []


PLACES = ["no subshells", "Notebook 7", "old kernel"]


@pytest.mark.parametrize("place", PLACES)
def test_stop_now_ends_a_blocking_cell_in(
    place: str, open_book: Callable[..., Notebook], do_without: Callable[[str], NoReturn]
) -> None:
    if place == "old kernel" and not OLD_KERNEL:
        pytest.skip("only with the kernels that `make test` installs (IPYKERNEL_PATHS)")
    if place == "Notebook 7" and importlib.util.find_spec("notebook") is None:
        do_without("no Notebook 7 here: pip install notebook")
    kernel = "old" if place == "old kernel" else "python3"
    comms = "disabled" if place == "no subshells" else "perCommTarget"
    book = open_book(notebook(STOPPED, kernel), comms=comms, is_notebook_7=place == "Notebook 7")
    book.run(0)
    expect(book.output(0)).to_contain_text("ready on", timeout=WAIT_MS)
    if place == "old kernel":
        expect(book.output(0)).to_contain_text(Path(OLD_KERNEL).name)
    opening = len(book.errors)  # Notebook 7 complains of its own start
    book.run(1)
    output = book.output(1)
    expect(output.locator("tbody tr[data-run]").first).to_be_visible(timeout=WAIT_MS)
    book.run(2)  # waits for the end of the cell, as in Run All
    expect(book.prompt(1)).to_contain_text("*")
    output.locator("[data-action=stop_now]").click()
    expect(book.output(2)).to_contain_text("state ['killed']", timeout=WAIT_MS)
    expect(output.locator("[data-nbsweep] header")).to_contain_text("stopped", timeout=WAIT_MS)
    assert book.errors[opening:] == []


@pytest.mark.parametrize("book", ["JupyterLab Light"], indirect=True, ids=["light"])
def test_a_page_reloaded_during_the_cell_is_live_again_and_can_stop(book: Notebook) -> None:
    book.run(0)
    expect(book.output(0)).to_contain_text("ready", timeout=WAIT_MS)
    book.run(1)
    rows = book.output(1).locator("tbody tr[data-run]")
    expect(rows.nth(12)).to_be_visible(timeout=WAIT_MS)
    book.save()
    book.open()
    expect(rows.nth(12)).to_be_visible(timeout=WAIT_MS)
    book.output(1).locator("[data-action=stop_now]").click()
    # The page does not know the output's display id any more: its panel stays, whole and still.
    output = book.output(1)
    expect(output.locator(".word")).not_to_have_text("running", timeout=15_000)
    expect(output.locator("[data-action=stop_now]")).to_be_hidden()
    expect(rows.nth(12)).to_be_visible()
    rows.nth(2).locator("button.expand").click()
    expect(output.locator(".drawer pre.console")).to_contain_text("rate 0.0", timeout=WAIT_MS)
    # Whoever opens the notebook later finds it as well, while the kernel lives.
    book.save()
    book.open()
    expect(rows.nth(12)).to_be_visible(timeout=WAIT_MS)
    # A kernel that is gone is shown as gone, with what brings the sweep back.
    book.restart_kernel()
    expect(output.locator(".gone")).to_contain_text("nbsweep.show(", timeout=WAIT_MS)
    expect(rows.nth(12)).to_be_visible()
    book.run(5)
    expect(book.output(5).locator("header .name")).to_have_text("<b>digits</b>", timeout=WAIT_MS)
