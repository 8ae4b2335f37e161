"""Make the pictures of the panel with a real browser: ``picture.py docs/images``.

Runs a small sweep, writes its report, drags a brush in it, and takes it in a light and in a dark
page for the README, and for the docs on a narrow page and on a wide one, where a run is open.
"""

from __future__ import annotations

import math
import random
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

import nbsweep

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
RUNS = 32
# Colour scheme, width and height of each picture: to the end of its plots.
PICTURES = {
    "panel-light": ("light", 1000, 720),
    "panel-dark": ("dark", 1000, 720),
    "panel-narrow": ("light", 700, 1000),
    "panel-wide": ("dark", 1600, 690),
}
DRAWER_FROM = 1100  # pixels, from which on a run is open beside the charts
LARGEST = 280_000  # bytes; docs are read over slow lines too


def train() -> None:
    """A made-up training: a loss that falls to a floor which the params set."""
    with nbsweep.init() as run:
        config = run.config
        noise = random.Random(run.id)
        floor = 0.08 + 0.11 * (math.log10(config.learning_rate) + 2.4) ** 2
        floor += 0.06 * (config.optimizer == "sgd") + 0.05 * abs(config.dropout - 0.2)
        for epoch in range(20):
            run.log({"loss": floor + 0.9 * math.exp(-epoch / 4) + 0.012 * noise.random()})
        if config.learning_rate > 0.06:
            raise ValueError("loss is NaN")


def report(folder: Path) -> Path:
    """The report of a sweep of RUNS runs."""
    nbsweep.setup(f"memory://{folder}")
    sweep_id = nbsweep.sweep(
        {
            "name": "digits",
            "method": "random",
            "seed": 11,
            "metric": {"name": "loss", "goal": "minimize"},
            "parameters": {
                "learning_rate": {"distribution": "log_uniform_values", "min": 1e-4, "max": 0.1},
                "optimizer": {"values": ["adam", "sgd", "rmsprop"]},
                "dropout": {"min": 0.0, "max": 0.5},
                "width": {"values": [64, 128, 256]},
            },
        }
    )
    nbsweep.agent(sweep_id, train, count=RUNS, show=False)
    return nbsweep.Sweep(sweep_id).report(folder / "report.html")


def of_panel(browser: Browser, page_file: Path, picture: Path) -> None:
    """Draw the report in a light or dark page with a brush on the learning rate."""
    scheme, width, height = PICTURES[picture.stem]
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=scheme, offline=True
    )
    page = context.new_page()
    page.goto(page_file.resolve().as_uri())
    _brush(page, "learning_rate", 0.35, 0.62)
    if width >= DRAWER_FROM:
        page.locator(".best-run .link").first.click()
    page.mouse.move(1, 1)
    page.wait_for_timeout(500)  # what moves has come to rest
    page.screenshot(path=picture)
    context.close()
    n = picture.stat().st_size
    if n > LARGEST:
        raise SystemExit(f"{picture} has {n / 1000:.0f} kB; at most {LARGEST / 1000:.0f} kB")


def _brush(page: Page, axis: str, top: float, bottom: float) -> None:
    box = page.locator(f'[data-axis="{axis}"] .grab').bounding_box()
    assert box is not None
    x = box["x"] + box["width"] / 2
    page.mouse.move(x, box["y"] + top * box["height"])
    page.mouse.down()
    page.mouse.move(x, box["y"] + bottom * box["height"], steps=5)
    page.mouse.up()


def main(folder: Path) -> None:
    """Make the pictures."""
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as scratch:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        made = report(Path(scratch))
        for name in PICTURES:
            of_panel(browser, made, folder / f"{name}.png")
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
