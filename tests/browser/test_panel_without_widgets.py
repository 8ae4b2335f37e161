"""The agent's output where JupyterLab cannot show widgets, or is slow to: it lives all the same."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

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
from nbsweep.panel.widget import Panel
front_end = str(Panel._esm)
{before}
sweep_id = nbsweep.sweep({{
    "method": "random", "metric": {{"name": "loss"}},
    "parameters": {{"a": {{"min": 0.0, "max": 1.0}}}}}})

def train():
    with nbsweep.init() as run:
        for step in range(20):
            run.log({{"loss": run.config.a + 1 / (1 + step)}})
            time.sleep(0.02)
print("ready")
""",
    "nbsweep.agent(sweep_id, train, count={count})",
]
MANAGER = "@jupyter-widgets/jupyterlab-manager"
BROKEN = "Panel._esm = \"throw new Error('no front end')\""
SLOW = 'Panel._esm = "await new Promise(r => setTimeout(r, 6000));" + front_end'


def cells(before: str = "", count: int = 25) -> dict[str, object]:
    return notebook([CELLS[0].format(before=before), CELLS[1].format(count=count)])


def disable(root: Path, extension: str) -> None:
    """As `jupyter labextension disable` does, for the next page."""
    file = root / "config" / "labconfig" / "page_config.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"disabledExtensions": {extension: True}}))


@pytest.mark.parametrize("place", ["no widget manager", "a front end that fails"])
def test_the_static_view_lives_where_no_widget_does(
    place: str,
    open_book: Callable[..., Notebook],  # noqa: F811
    lab: tuple[str, Path],  # noqa: F811
) -> None:
    if place == "no widget manager":
        disable(lab[1], MANAGER)
    book = open_book(cells(BROKEN if place == "a front end that fails" else ""))
    book.run(0)
    expect(book.output(0)).to_contain_text("ready", timeout=WAIT_MS)
    book.run(1)
    output, stop = book.output(1), book.output(1).locator("[data-action=stop_now]")
    expect(output.locator("tbody tr").nth(2)).to_be_visible(timeout=WAIT_MS)
    expect(book.prompt(1)).to_contain_text("*")  # the agent is at work
    expect(stop).to_have_count(0)
    before = output.locator("tbody tr").count()
    expect(output.locator("tbody tr").nth(before + 2)).to_be_visible(timeout=WAIT_MS)
    expect(output).not_to_contain_text("Error")
    # The end is the saved page, with its brushes, as anywhere.
    expect(output.locator("[data-nbsweep] header")).to_contain_text("done", timeout=WAIT_MS)


def test_a_page_that_is_slow_to_load_has_its_widget_in_the_end(
    open_book: Callable[..., Notebook],  # noqa: F811
) -> None:
    book = open_book(cells(SLOW, count=150))
    book.run(0)
    expect(book.output(0)).to_contain_text("ready", timeout=WAIT_MS)
    book.run(1)
    output, stop = book.output(1), book.output(1).locator("[data-action=stop_now]")
    expect(output.locator("tbody tr").nth(1)).to_be_visible(timeout=WAIT_MS)
    expect(stop).to_have_count(0)
    expect(stop).to_be_visible(timeout=WAIT_MS)
    stop.click()
    expect(output.locator("[data-nbsweep] header")).to_contain_text("stopped", timeout=WAIT_MS)
