"""The agent's output where JupyterLab cannot show widgets, or is slow to: it lives all the same."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Route, expect

from tests.browser.test_panel_in_lab import (
    WAIT_MS,
    Notebook,
    lab,  # noqa: F401 - a fixture
    notebook,
    open_book,  # noqa: F401 - a fixture
)

pytestmark = [pytest.mark.browser, pytest.mark.slow]

CELLS = [
    """
import time, nbsweep
from nbsweep.panel import widget
sweep_id = nbsweep.sweep({
    "method": "random", "metric": {"name": "loss"}, "parameters": {"a": {"min": 0.0, "max": 1.0}}})

def train():
    with nbsweep.init() as run:
        for step in range(20):
            run.log({"loss": run.config.a + 1 / (1 + step)})
            time.sleep(0.02)
print("ready")
""",
    "nbsweep.agent(sweep_id, train, count=25)",
]
DONE = r"(\d+) of 25 runs"
ANYWIDGET = "**/extensions/anywidget/static/**"
# What each place shows in the widget's stead, by itself.
PLACES = {"no widget manager": "0 of 25 runs", "a model that cannot be loaded": "Error"}


def disable(root: Path, extension: str) -> None:
    """As `jupyter labextension disable` does, for the next page."""
    file = root / "config" / "labconfig" / "page_config.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"disabledExtensions": {extension: True}}))


def runs_done(output: Locator) -> int:
    return int(
        output.evaluate(
            f"""node => {{
                const walk = element => (element.shadowRoot?.textContent ?? "") + element.textContent
                    + [...element.children].map(walk).join("");
                return Number(/{DONE}/.exec(walk(node))?.[1] ?? -1);
            }}"""
        )
    )


@pytest.mark.parametrize("place", PLACES)
def test_within_three_seconds_the_static_view_lives(
    place: str,
    open_book: Callable[..., Notebook],  # noqa: F811
    lab: tuple[str, Path],  # noqa: F811
    tmp_path: Path,
) -> None:
    if place == "no widget manager":
        disable(lab[1], "@jupyter-widgets/jupyterlab-manager")
    book = open_book(notebook(CELLS))
    if place == "a model that cannot be loaded":
        book.page.route(ANYWIDGET, lambda route: route.abort())
        book.open()
    book.run(0)
    expect(book.output(0)).to_contain_text("ready", timeout=WAIT_MS)
    book.run(1)
    output = book.output(1)
    expect(output).to_contain_text(PLACES[place], timeout=WAIT_MS)
    began = time.monotonic()
    expect(output.locator("tbody tr").nth(2)).to_be_visible(timeout=4_000)
    assert time.monotonic() - began < 4.0
    expect(output).not_to_contain_text("Error")
    first = runs_done(output)
    expect(output.locator("tbody tr").nth(first + 5)).to_be_visible(timeout=WAIT_MS)
    book.page.screenshot(path=tmp_path / "static.png")
    # The end is the saved page, with its brushes, as anywhere.
    expect(output.locator("[data-nbsweep] header")).to_contain_text("done", timeout=WAIT_MS)


def test_a_page_that_is_slow_to_load_has_its_widget_in_the_end(
    open_book: Callable[..., Notebook],  # noqa: F811
    lab: tuple[str, Path],  # noqa: F811
) -> None:
    book = open_book(notebook(CELLS))

    def hold(route: Route) -> None:
        time.sleep(4.0)
        route.continue_()

    book.run(0)
    expect(book.output(0)).to_contain_text("ready", timeout=WAIT_MS)
    book.page.route(ANYWIDGET, hold)
    book.run(1)
    output = book.output(1)
    expect(output.locator("tbody tr").nth(2)).to_be_visible(timeout=WAIT_MS)
    expect(output.locator("[data-action=stop_now]")).to_be_hidden()
    expect(output.locator("[data-action=stop_now]")).to_be_visible(timeout=WAIT_MS)
    output.locator("[data-action=stop_now]").click()
    expect(output.locator("[data-nbsweep] header")).to_contain_text("stopped", timeout=WAIT_MS)
