"""The charts under a real pointer: values read off, zoomed by mouse, finger and keys, chosen."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import pytest
from playwright.sync_api import Browser, FloatRect, Locator, Page, expect

from tests.browser.test_panel_page import AXE, live_page, opened, snapshot

pytestmark = [pytest.mark.browser, pytest.mark.slow]

# Answers as Python would: x is the k-th epoch, y falls with it, for each run that is asked for.
ANSWERING = """send(message) {
  (window.said ??= []).push(message);
  if (message.kind !== "series") return;
  const xs = message.runs.flatMap(() => [1, 2, 3, 4]);
  const ys = message.runs.flatMap((id, k) => [4, 3, 2, 1.5].map((value) => value + k / 100));
  const buffer = new Float64Array([...xs, ...ys]).buffer;
  const answer = { kind: "series", x: message.x, y: message.y, runs: message.runs,
    rows: message.runs.map(() => 9), lengths: message.runs.map(() => 4),
    n_left: 0, took_s: 0.01, error: "" };
  setTimeout(() => this.tell(answer, [new DataView(buffer)]), 20);
}, on(name, callback) { if (name === "msg:custom") this.tell = callback; }, off() {} };"""


def answering_page() -> str:
    """The live panel with a kernel that knows curves of `train/loss` and `epoch`."""
    page = live_page().replace(
        '"logged": []', json.dumps({"logged": ["epoch", "train/loss"]})[1:-1]
    )
    done, n = re.subn(r"send\(\) \{\}, on\(\) \{\}, off\(\) \{\} \};", lambda _: ANSWERING, page)
    assert n == 1
    assert "train/loss" in done
    return done


def plot(page: Page, name: str) -> Locator:
    return page.locator(f'.chart.plot[aria-label^="{name}"]')


def box_of(target: Locator) -> FloatRect:
    target.scroll_into_view_if_needed()
    box = target.bounding_box()
    assert box is not None
    return box


def labels(page: Page, name: str) -> list[str]:
    return plot(page, name).locator(".axes text").all_text_contents()


CURVES, BEST = "Learning curves", "Metric of each run"


@pytest.mark.parametrize("name", [CURVES, BEST])
def test_the_mouse_reads_values_off_zooms_and_shows_all_again(
    offline_page: Page, tmp_path: Path, name: str
) -> None:
    troubles = opened(offline_page, tmp_path, snapshot(50))
    target = plot(offline_page, name)
    box = box_of(target)
    tip = target.locator(".tip")
    read = set()
    for x in range(60, int(box["width"]) - 10, 7):  # from end to end, it stays within the chart
        offline_page.mouse.move(box["x"] + x, box["y"] + box["height"] * 0.72)
        if tip.is_visible():
            read.add(tip.inner_text())
            found = tip.bounding_box()
            assert found is not None
            assert found["x"] >= box["x"] - 1
            assert found["x"] + found["width"] <= box["x"] + box["width"] + 1
    assert len(read) > 5
    at = r" · step \d+" if name == CURVES else ""
    for text in read:
        assert re.fullmatch(rf"run \d+{at} · loss [\d.e-]+( · the best so far)?", text), text
    before = labels(offline_page, name)
    offline_page.mouse.move(box["x"] + 120, box["y"] + 40)
    offline_page.mouse.down()
    offline_page.mouse.move(box["x"] + 200, box["y"] + 80, steps=3)
    expect(target.locator(".zoom")).to_be_visible()
    expect(tip).to_be_hidden()
    offline_page.mouse.move(box["x"] + 280, box["y"] + 110, steps=3)
    offline_page.mouse.up()
    expect(target.locator(".zoom")).to_be_hidden()
    reset = target.locator("xpath=..").get_by_role("button", name="reset zoom")
    expect(reset).to_be_visible()
    assert labels(offline_page, name) != before
    expect(offline_page.locator("aside.drawer")).to_be_hidden()  # it was no click
    target.dblclick(position={"x": 60, "y": 12})
    expect(reset).to_be_hidden()
    assert labels(offline_page, name) == before
    assert troubles == []


def test_what_is_drawn_under_the_pointer_is_what_it_reads(
    offline_page: Page, tmp_path: Path
) -> None:
    """The points lie where the table of the chart and the labels of the axes say."""
    opened(offline_page, tmp_path, snapshot(12))
    target = plot(offline_page, BEST)
    box = box_of(target)
    places = target.evaluate(
        """(element) => [...element.querySelectorAll(".axes text")].map((text) =>
             [text.textContent, Number(text.getAttribute("x")), Number(text.getAttribute("y"))])"""
    )
    by_text = {text: (x, y) for text, x, y in places}
    runs = sorted(
        (float(text), x) for text, (x, y) in by_text.items() if y > 155 and text.isdigit()
    )
    ticks = [(float(text), y) for text, (_, y) in by_text.items() if y < 155 and text != "run"]
    (a, ya), *_, (b, yb) = sorted(ticks)
    (m, xm), *_, (n, xn) = runs
    target.locator("xpath=..").locator("summary").click()
    rows = target.locator("xpath=..").locator("tbody tr")
    cells = [[float(cell) for cell in row.locator("td").all_text_contents()] for row in rows.all()]
    for number, value, _ in cells[2:6]:
        x = xm + (number - m) * (xn - xm) / (n - m)
        y = ya + (value - a) * (yb - ya) / (b - a)
        offline_page.mouse.move(box["x"] + x, box["y"] + y)
        expect(target.locator(".tip")).to_have_text(
            re.compile(rf"run {number:.0f} · loss {value:g}( |$)")
        )


def test_keys_zoom_the_focused_chart_and_not_the_page(offline_page: Page, tmp_path: Path) -> None:
    opened(offline_page, tmp_path, snapshot(30))
    target = plot(offline_page, CURVES)
    before = labels(offline_page, CURVES)
    target.focus()
    for keys in (["+"], ["+", "ArrowRight"], ["ArrowUp", "ArrowUp"]):
        known = labels(offline_page, CURVES)
        for key in keys:
            offline_page.keyboard.press(key)
        assert labels(offline_page, CURVES) != known
    assert offline_page.evaluate("scrollY") == 0
    offline_page.keyboard.press("Escape")
    assert labels(offline_page, CURVES) == before


def test_a_finger_zooms_across_and_scrolls_up_and_down(browser: Browser, tmp_path: Path) -> None:
    context = browser.new_context(
        viewport={"width": 800, "height": 500}, has_touch=True, offline=True
    )
    page = context.new_page()
    opened(page, tmp_path, snapshot(40))
    target = plot(page, CURVES)
    box = box_of(target)
    before = labels(page, CURVES)
    session = context.new_cdp_session(page)

    def swipe(x: float, y: float, to_x: float, to_y: float) -> None:
        def send(kind: str, points: list[dict[str, Any]]) -> None:
            session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

        send("touchStart", [{"x": x, "y": y}])
        for k in range(1, 9):
            send("touchMove", [{"x": x + (to_x - x) * k / 8, "y": y + (to_y - y) * k / 8}])
        send("touchEnd", [])

    left, top = box["x"], box["y"]
    swipe(left + 100, top + 60, left + 240, top + 64)
    reset = target.locator("xpath=..").get_by_role("button", name="reset zoom")
    expect(reset).to_be_visible()
    zoomed = labels(page, CURVES)
    assert zoomed != before
    swipe(left + 150, top + 140, left + 152, top + 10)
    page.wait_for_function("scrollY > 40")
    assert labels(page, CURVES) == zoomed
    reset.click()
    page.evaluate("scrollTo(0, 0)")
    box = box_of(target)
    page.touchscreen.tap(box["x"] + box["width"] - 16, box["y"] + 130)
    expect(target.locator(".tip")).to_contain_text("loss")
    context.close()


def test_another_metric_over_another_is_chosen_asked_for_and_drawn(
    offline_page: Page, tmp_path: Path
) -> None:
    (tmp_path / "live.html").write_text(answering_page(), encoding="utf-8")
    troubles: list[str] = []
    offline_page.on("pageerror", lambda error: troubles.append(str(error)))
    offline_page.goto((tmp_path / "live.html").as_uri())
    offline_page.get_by_label("Learning curves: upwards").select_option("train/loss")
    offline_page.get_by_label("Learning curves: across").select_option("epoch")
    target = plot(offline_page, CURVES)
    expect(target.locator(".axes")).to_contain_text("epoch")
    said = offline_page.evaluate("said.filter((one) => one.kind === 'series')")
    assert [(one["x"], one["y"], len(one["runs"])) for one in said][-1] == (
        "epoch", "train/loss", 30,
    )  # fmt: skip
    box = box_of(target)
    offline_page.mouse.move(box["x"] + box["width"] - 16, box["y"] + 140)
    expect(target.locator(".tip")).to_have_text(
        re.compile(r"run \d+ · epoch 4 · train/loss 1\.\d+")
    )
    target.locator("xpath=..").get_by_role("button", name="log scale").click()
    offline_page.get_by_label("Best so far: across").select_option(label="time")
    offline_page.get_by_label("Best so far: upwards").select_option(label="duration (s)")
    expect(plot(offline_page, BEST).locator(".axes")).to_contain_text("min")
    assert troubles == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_charts_that_are_zoomed_and_changed(
    offline_page: Page, tmp_path: Path, scheme: str, do_without: Callable[[str], NoReturn]
) -> None:
    if not AXE.is_file():
        do_without("no axe-core here: cd frontend && npm ci")
    offline_page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    (tmp_path / "live.html").write_text(answering_page(), encoding="utf-8")
    offline_page.goto((tmp_path / "live.html").as_uri())
    for name in (CURVES, BEST):
        plot(offline_page, name).focus()
        offline_page.keyboard.press("+")
    figure = plot(offline_page, BEST).locator("xpath=..")
    figure.get_by_role("button", name="log scale").click()
    box = box_of(plot(offline_page, BEST))
    offline_page.mouse.move(box["x"] + 200, box["y"] + 90)
    offline_page.add_script_tag(path=AXE)
    found = offline_page.evaluate("async () => (await axe.run()).violations")
    assert [(one["id"], one["nodes"][0]["html"]) for one in found] == []
