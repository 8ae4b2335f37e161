"""The panel's menu of further charts on a page of its own, answered by a real panel in Python."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest
from playwright.sync_api import Page, expect

from nbsweep.panel.widget import STATIC, Panel
from tests.browser.test_panel_page import AXE, CONFIG, snapshot
from tests.panel.test_panel_widget import ANSWERS
from tests.panel.test_panel_widget import Page as FakePage

pytestmark = [pytest.mark.browser, pytest.mark.slow]

# What JupyterLab does: a model with traits, whose messages go to Python and come back.
MODEL = """
const listeners = {};
const model = {
  get: (name) => window.traits[name],
  set: (name, value) => { window.traits[name] = value; },
  save_changes() {},
  on: (event, callback) => (listeners[event] ??= []).push(callback),
  off() {},
  async send(message) {
    for (const answer of await window.ask(message))
      for (const callback of listeners["msg:custom"] ?? []) callback(answer, []);
  },
};
const bundle = new Blob([window.bundle], { type: "text/javascript" });
const { default: widget } = await import(URL.createObjectURL(bundle));
widget.render({ model, el: document.querySelector("main") });
"""


@pytest.fixture
def panel() -> Iterator[Panel]:
    runs = snapshot(30)
    made = Panel(lambda: runs, CONFIG)
    yield made
    made.close()


def opened(page: Page, folder: Path, panel: Panel, scheme: str = "light") -> list[str]:
    """Open the live panel in a page; what the console and the page complain about."""
    python = FakePage(panel)

    def ask(message: dict[str, Any]) -> list[dict[str, Any]]:
        return [python.say(**message)] if message["kind"] in ANSWERS else []

    background = "#111111" if scheme == "dark" else "#ffffff"
    file = folder / "panel.html"
    style = f"color-scheme:{scheme};background:{background}"
    file.write_text(
        f"<!doctype html><html lang=en><title>p</title><body style='{style}'><main><h1>p</h1>",
        encoding="utf-8",
    )
    troubles: list[str] = []
    page.on("console", lambda m: troubles.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.expose_function("ask", ask)
    page.goto(file.as_uri())
    traits = {"snap": {}, "controls": panel.controls, "brushes": {}, "selected_ids": []}
    page.evaluate(
        f"([bundle, traits]) => {{ window.bundle = bundle; window.traits = traits; "
        f"return (async () => {{ {MODEL} }})(); }}",
        [(STATIC / "panel.js").read_text(encoding="utf-8"), json.loads(json.dumps(traits))],
    )
    expect(page.locator("header .name")).to_be_visible()
    return troubles


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [700, 1000, 1600])
def test_a_chart_is_picked_with_the_keyboard_and_shown(
    offline_page: Page, tmp_path: Path, panel: Panel, scheme: str, width: int
) -> None:
    offline_page.set_viewport_size({"width": width, "height": 900})
    troubles = opened(offline_page, tmp_path, panel, scheme)
    menu = offline_page.get_by_label("Further charts", exact=False).get_by_role("combobox")
    menu.focus()
    offline_page.keyboard.type("Work")
    expect(menu).to_have_value("timeline")
    image = offline_page.get_by_role("img", name="workers")
    expect(image).to_be_visible()
    box = image.bounding_box()
    assert box is not None
    assert box["width"] >= min(720, width - 40)
    assert image.evaluate("image => image.decode().then(() => image.naturalWidth)") == 960
    expect(offline_page.locator(".further figcaption")).to_have_text("digits · workers")
    expect(offline_page.locator(".further [role=status]")).to_have_text("drawn from 30 runs")
    # The panel is never wider than the page, whatever the picture is.
    assert offline_page.evaluate("document.documentElement.scrollWidth") <= width
    offline_page.locator(".further").screenshot(path=tmp_path / "chart.png")
    assert lightness(offline_page, image) == pytest.approx(
        0.09 if scheme == "dark" else 0.98, abs=0.03
    )
    menu.select_option("")
    expect(image).not_to_be_visible()
    assert troubles == []


def lightness(page: Page, image: Any) -> float:
    """How light the corner of the picture is, from 0 to 1."""
    red, green, blue, _ = image.evaluate(
        """async (image) => {
            await image.decode();
            const context = document.createElement("canvas").getContext("2d");
            context.drawImage(image, 0, 0, 20, 20, 0, 0, 20, 20);
            return [...context.getImageData(8, 8, 1, 1).data];
        }"""
    )
    return (red + green + blue) / 3 / 255


def test_every_chart_of_the_menu_is_drawn(offline_page: Page, tmp_path: Path, panel: Panel) -> None:
    troubles = opened(offline_page, tmp_path, panel)
    for name, label in panel.controls["charts"]:
        offline_page.locator(".further select").select_option(name)
        expect(offline_page.locator(".further [role=status]")).to_have_text("drawn from 30 runs")
        expect(offline_page.locator(".further img")).to_be_visible()
        assert offline_page.locator(".further select option:checked").inner_text() == label
        offline_page.locator(".further").screenshot(path=tmp_path / f"{name}.png")
    assert troubles == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_the_menu_and_its_chart(
    offline_page: Page, tmp_path: Path, panel: Panel, scheme: str,
    do_without: Callable[[str], NoReturn],
) -> None:  # fmt: skip
    if not AXE.is_file():
        do_without("no axe-core here: cd frontend && npm ci")
    opened(offline_page, tmp_path, panel, scheme)
    offline_page.locator(".further select").select_option("timeline")
    expect(offline_page.locator(".further img")).to_be_visible()
    offline_page.add_script_tag(path=AXE)
    found = offline_page.evaluate("async () => (await axe.run()).violations")
    assert [(one["id"], one["nodes"][0]["html"]) for one in found] == []
