"""What runs print in a real JupyterLab: in the panel's pane, and not in the cell."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.test_panel_in_lab import (  # noqa: F401 - fixtures
    WAIT_MS,
    Notebook,
    lab,
    notebook,
    open_book,
)

pytestmark = [pytest.mark.browser, pytest.mark.slow]

N = 12
SETUP = """
import logging, sys, time, warnings
import nbsweep
from tqdm import tqdm
logging.basicConfig(level="INFO")
sweep_id = nbsweep.sweep({
    "method": "random", "metric": {"name": "loss"}, "parameters": {"a": {"min": 0.0, "max": 1.0}}})

def train():
    with nbsweep.init() as run:
        print("begun with", run.config.a)
        for step in tqdm(range(5), mininterval=0):
            run.log({"loss": 1 / (1 + step)})
            time.sleep(0.02)
        logging.info("logged")
        warnings.warn("of a run")
        print("\\r 50 %", end="")
        print("\\r100 %")
        sys.stderr.write("to stderr\\n")

print("ready")
"""


def outputs(book: Notebook, index: int) -> list[dict[str, Any]]:
    found = book.page.evaluate(
        """index => window.jupyterapp.shell.currentWidget.content.widgets[index]
            .model.outputs.toJSON()""",
        index,
    )
    assert isinstance(found, list)
    return found


@pytest.mark.parametrize("workers", [1, 4])
def test_prints_go_to_one_pane_and_the_cell_holds_one_output(
    open_book: Callable[..., Notebook],  # noqa: F811
    lab: tuple[str, Path],  # noqa: F811
    workers: int,
) -> None:
    pytest.importorskip("tqdm")
    agent = f"nbsweep.agent(sweep_id, train, count={N}, workers={workers})"
    book = open_book(notebook([SETUP, agent, "print('after')"]))
    book.run(0)
    expect(book.output(0)).to_contain_text("ready", timeout=WAIT_MS)
    book.run(1)
    pane = book.output(1).locator(".log")
    expect(pane).to_be_visible(timeout=WAIT_MS)
    pane.locator("summary").click()
    expect(pane.locator(".log-text")).to_contain_text("begun with", timeout=WAIT_MS)
    expect(book.prompt(1)).to_have_text("[2]:", timeout=WAIT_MS)
    kinds = [(o["output_type"], o.get("name"), o.get("text")) for o in outputs(book, 1)]
    assert [kind for kind, _, _ in kinds] == ["display_data"], kinds

    # What stays in the notebook has the last lines.
    book.output(1).locator(".log summary").click()
    text = book.output(1).locator(".log-text")
    for said in ("begun with", "INFO:root:logged", "of a run", "100 %", "to stderr", "100%|"):
        expect(text).to_contain_text(said)
    shown = text.inner_text().splitlines()
    assert len([line for line in shown if " 50 %" in line]) == 0
    assert len([line for line in shown if "| 5/5 " in line]) == N, "a line for each bar"
    book.run(2)
    expect(book.output(2)).to_contain_text("after", timeout=WAIT_MS)
    assert not [error for error in book.errors if "nbsweep" in error]


def test_prints_are_in_the_cell_too_where_that_is_wanted(
    open_book: Callable[..., Notebook],  # noqa: F811
    lab: tuple[str, Path],  # noqa: F811
) -> None:
    agent = "nbsweep.agent(sweep_id, train, count=3, console='cell')"
    book = open_book(notebook([SETUP, agent]))
    book.run(0)
    expect(book.output(0)).to_contain_text("ready", timeout=WAIT_MS)
    book.run(1)
    expect(book.output(1).locator(".log .last")).to_contain_text("│", timeout=WAIT_MS)
    expect(book.prompt(1)).to_have_text("[2]:", timeout=WAIT_MS)
    printed = json.dumps([o for o in outputs(book, 1) if o["output_type"] == "stream"])
    assert printed.count("begun with") == 3
    assert "to stderr" in printed
