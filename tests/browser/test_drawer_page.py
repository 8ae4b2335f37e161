"""A run's details in a page: in sight wherever the run was clicked, and left alone while read."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from nbsweep.panel.inbox import BUTTONS
from nbsweep.panel.widget import STATIC, Panel
from tests.browser.test_panel_page import AXE, CONFIG, opened, snapshot

pytestmark = [pytest.mark.browser, pytest.mark.slow]

TABLE = '.runs [aria-label="Table of runs"]'
SIZES = [(700, 700), (1000, 700), (1600, 900)]
DETAIL: dict[str, Any] = {
    "console": "\n".join(f"epoch {k}: loss 0.{k:04}" for k in range(400)),
    "error": "\n".join(f'  File "model.py", line {k}, in f{k}' for k in range(60)) + "\nError: no",
    "stopped": [], "why": ["Drawn at random."], "metrics": [["loss", "0.5"]],
    "config": [[f"option_{k}", str(k)] for k in range(12)], "json": "{}",
    "parts": [], "continued": [], "facts": [],
    "started": 1e9, "iterations": 20, "cannot_continue": "",
}  # fmt: skip
IN_LAB = (
    '<div style="height: 100vh; overflow: auto"><div style="overflow-x: auto; overflow-y: auto">'
    '<div style="height: 300px">a cell</div><div id="here"></div><div style="height: 500px">'
    "more cells</div></div></div>"
)


def live(page: Page, folder: Path, *, around: str = '<div id="here"></div>', n: int = 60) -> None:
    """A page with the live panel and no kernel; `tell` gives it a message."""
    panel = Panel(lambda: snapshot(n), CONFIG, clock=lambda: 1e6)
    state = {
        "snap": panel.light_picture(),
        "controls": {"actions": list(BUTTONS), "bridge": "push", "charts": []},
        "brushes": {},
        "selected_ids": [],
    }
    panel.close()
    bundle = (STATIC / "panel.js").read_text(encoding="utf-8").replace("</", "<\\/")
    code = re.sub(r"export ?\{ ?(\w+) as default ?\};?", r"const widget = \1;", bundle)
    in_script = json.dumps(state).replace("</", "<\\/")
    text = (
        '<!doctype html><html lang="en"><head><title>live</title></head><body style="margin: 8px">'
        f'<main><h1>live</h1>{around}</main><script type="module">{code}\n'
        f"const state = {in_script};"
        "const heard = []; window.sent = [];"
        "window.nbsweepRoot = () => document.querySelector('#here > div').shadowRoot;"
        "window.tell = (message) => heard.forEach((hear) => hear(message, []));"
        "const model = { get: (name) => state[name], set() {}, save_changes() {},"
        " send: (message) => sent.push(message),"
        ' on(name, hear) { if (name === "msg:custom") heard.push(hear); }, off() {} };'
        'widget.render({ model, el: document.getElementById("here") });</script></body></html>'
    )
    (folder / "live.html").write_text(text, encoding="utf-8")
    page.goto((folder / "live.html").as_uri())
    expect(page.locator("header .name")).to_be_visible()


def tell(page: Page, **message: Any) -> None:
    page.evaluate("(message) => window.tell(message)", message)


def head_is_in_sight(page: Page) -> str:
    """The title of the run that is open, whose head lies in the window whole."""
    title = page.locator(".drawer-title")
    expect(title).to_be_visible()
    page.wait_for_function(
        """() => {
            const root = nbsweepRoot();
            const title = root.querySelector(".drawer-title").getBoundingClientRect();
            const drawer = root.querySelector(".drawer").getBoundingClientRect();
            const isHigh = title.top >= 0 && title.bottom <= innerHeight;
            return isHigh && drawer.left >= 0 && drawer.right <= innerWidth;
        }""",
        timeout=5000,
    )
    return title.inner_text()


def scroll_to(page: Page, selector: str, block: str) -> None:
    page.locator(selector).first.evaluate("(each, block) => each.scrollIntoView({ block })", block)
    page.wait_for_timeout(100)


def click_a_run(page: Page, label: str) -> None:
    """Move over a chart until a run is under the pointer, then click it."""
    canvas = page.locator(f'canvas[aria-label^="{label}"]')
    box = canvas.bounding_box()
    assert box is not None
    for y in range(12, int(box["height"]) - 20, 9):
        for x in (0.31, 0.5, 0.7):
            page.mouse.move(box["x"] + x * box["width"], box["y"] + y)
            page.wait_for_timeout(25)
            if page.locator("tr.hovered").count():
                page.mouse.down()
                page.mouse.up()
                return
    raise AssertionError(f"nothing to click in {label}")


@pytest.mark.parametrize("around", ["page", "lab"])
@pytest.mark.parametrize("size", SIZES)
def test_the_head_is_in_sight_wherever_a_run_is_clicked(
    offline_page: Page, tmp_path: Path, size: tuple[int, int], around: str
) -> None:
    offline_page.set_viewport_size({"width": size[0], "height": size[1]})
    live(offline_page, tmp_path, **({"around": IN_LAB} if around == "lab" else {}))
    seen = set()
    for label in ("Metric of each run", "Learning curves", "Parallel coordinates"):
        scroll_to(offline_page, f'canvas[aria-label^="{label}"]', "center")
        click_a_run(offline_page, label)
        seen.add(head_is_in_sight(offline_page))
        offline_page.keyboard.press("Escape")
        expect(offline_page.locator(".drawer")).to_be_hidden()
    for block in ("start", "center", "end"):
        scroll_to(offline_page, TABLE, block)
        offline_page.locator(TABLE).evaluate("(each) => { each.scrollTop = 400; }")
        offline_page.wait_for_timeout(50)
        box = offline_page.locator(TABLE).bounding_box()
        assert box is not None
        y = min(box["y"] + box["height"] - 30, size[1] - 30)
        offline_page.mouse.click(box["x"] + 150, y)
        seen.add(head_is_in_sight(offline_page))
        scrolled = offline_page.locator(TABLE).evaluate("(each) => each.scrollTop")
        assert scrolled == 400
        # Another one while it is open.
        offline_page.locator(".drawer").evaluate("(each) => each.scrollTo(0, 50)")
        covered = offline_page.evaluate("window.scrollY")
        tell(offline_page, kind="detail", run="run1", detail=DETAIL)
        offline_page.wait_for_timeout(50)
        assert offline_page.evaluate("window.scrollY") == covered
        offline_page.locator(".drawer .close").click()
    assert len(seen) >= 3


@pytest.mark.parametrize("width", [1000, 1600])
def test_in_a_frame_as_high_as_its_content_the_head_is_in_sight_too(
    offline_page: Page, tmp_path: Path, width: int
) -> None:
    """As the outputs of Colab, where neither the window's height nor sticking to it helps."""
    offline_page.set_viewport_size({"width": width, "height": 700})
    live(offline_page, tmp_path)  # writes the page of the frame
    outer = tmp_path / "outer.html"
    frame = f'<iframe src="live.html" style="width: {width - 40}px; height: 1500px"></iframe>'
    outer.write_text(f'<div style="height: 400px">a cell</div>{frame}', encoding="utf-8")
    offline_page.goto(outer.as_uri())
    inside = offline_page.frame_locator("iframe")
    for number, scrolled in ((60, 700), (45, 1000), (58, 500)):
        button = inside.locator(f"[data-run=run{number}] button.expand")
        button.scroll_into_view_if_needed()
        offline_page.evaluate("(top) => window.scrollTo(0, top)", scrolled)
        button.evaluate("(each) => each.click()")
        title = inside.locator(".drawer-title")
        expect(title).to_have_text(re.compile(f"Run {number}"))
        offline_page.wait_for_timeout(150)
        box = title.bounding_box()
        assert box is not None
        assert 0 <= box["y"] <= 700 - box["height"]
        inside.locator(".drawer .close").click()


def test_a_narrow_page_shows_the_details_beside_what_was_clicked(
    offline_page: Page, tmp_path: Path
) -> None:
    offline_page.set_viewport_size({"width": 1000, "height": 700})
    live(offline_page, tmp_path)
    rows = offline_page.locator("tbody tr[data-run]")
    scroll_to(offline_page, TABLE, "end")
    for place in ("end", "start"):
        scroll_to(offline_page, "tbody tr[data-run]:nth-child(8)", place)
        row = rows.nth(7)
        row.click(position={"x": 200, "y": 8})
        head_is_in_sight(offline_page)
        offline_page.wait_for_timeout(100)
        row_box, drawer_box = row.bounding_box(), offline_page.locator(".drawer").bounding_box()
        assert row_box is not None
        assert drawer_box is not None
        is_above = row_box["y"] + row_box["height"] <= drawer_box["y"] + 1
        is_below = drawer_box["y"] + drawer_box["height"] <= row_box["y"] + 1
        assert is_above or is_below
        offline_page.keyboard.press("Escape")
        expect(offline_page.locator(".drawer")).to_be_hidden()


def test_a_wide_page_keeps_the_details_in_sight_while_it_is_scrolled(
    offline_page: Page, tmp_path: Path
) -> None:
    offline_page.set_viewport_size({"width": 1600, "height": 700})
    for around in ("<div id='here'></div><div style='height: 900px'></div>", IN_LAB):
        live(offline_page, tmp_path, around=around)
        offline_page.locator("[data-run=run60] button.expand").evaluate("(each) => each.click()")
        for block in ("start", "end", "center"):
            scroll_to(offline_page, TABLE, block)
            head_is_in_sight(offline_page)
        charts = offline_page.locator(".main").bounding_box()
        drawer = offline_page.locator(".drawer").bounding_box()
        assert charts is not None
        assert drawer is not None
        assert drawer["x"] >= charts["x"] + charts["width"]


READ = """() => {
    const root = nbsweepRoot();
    const selection = root.getSelection ? root.getSelection() : getSelection();
    return {
        tops: [...root.querySelectorAll(".drawer pre")].map((each) => each.scrollTop),
        drawer: root.querySelector(".drawer").scrollTop,
        focus: root.activeElement && root.activeElement.textContent,
        selected: String(selection),
    };
}"""


def test_updates_leave_alone_what_is_read(offline_page: Page, tmp_path: Path) -> None:
    offline_page.set_viewport_size({"width": 1600, "height": 700})
    live(offline_page, tmp_path)
    offline_page.locator("[data-run=run56] button.expand").click()  # a failed one
    tell(offline_page, kind="detail", run="run56", detail=DETAIL)
    pres = offline_page.locator(".drawer pre")
    expect(pres).to_have_count(2)
    left = "(each) => each.scrollHeight - each.clientHeight - each.scrollTop"
    assert offline_page.locator("pre.console").evaluate(left) < 3  # its end is what one wants
    offline_page.get_by_role("button", name="copy", exact=True).focus()
    offline_page.evaluate(
        """() => {
            const root = nbsweepRoot();
            const [error, printed] = root.querySelectorAll(".drawer pre");
            error.scrollTop = 150;
            printed.scrollTop = 900;
            root.querySelector(".drawer").scrollTop = 40;
            const range = document.createRange();
            const at = error.textContent.indexOf("line 20");
            range.setStart(error.firstChild, at);
            range.setEnd(error.firstChild, at + 7);
            const selection = root.getSelection ? root.getSelection() : getSelection();
            selection.removeAllRanges();
            selection.addRange(range);
        }"""
    )
    before = offline_page.evaluate(READ)
    assert before["selected"] == "line 20"
    assert before["focus"] == "copy"
    for k in range(20):
        rows = [
            {"id": "run56", "duration_s": 100.0 + k},
            {"id": "run60", "metric": k, "note": str(k)},
        ]
        tell(offline_page, kind="delta", seq=2 + k, set={}, rows=rows, gone=[])
        offline_page.wait_for_timeout(20)
    longer = DETAIL["console"] + "\nepoch 400\nepoch 401"
    tell(offline_page, kind="detail", run="run56", detail={**DETAIL, "console": longer})
    expect(offline_page.locator(".drawer pre.console")).to_contain_text("epoch 401")
    assert offline_page.evaluate(READ) == before

    # The console, with its beginning cut as it grows, and what is selected in it.
    offline_page.evaluate(
        """() => {
            const root = nbsweepRoot();
            const printed = root.querySelector(".drawer pre.console");
            const range = document.createRange();
            const at = printed.textContent.indexOf("epoch 70:");
            range.setStart(printed.firstChild, at);
            range.setEnd(printed.firstChild, at + 8);
            const selection = root.getSelection ? root.getSelection() : getSelection();
            selection.removeAllRanges();
            selection.addRange(range);
        }"""
    )
    where = """() => {
        const root = nbsweepRoot();
        const selection = root.getSelection ? root.getSelection() : getSelection();
        const box = selection.getRangeAt(0).getBoundingClientRect();
        return [String(selection), Math.round(box.top)];
    }"""
    before = offline_page.evaluate(where)
    assert before[0] == "epoch 70"
    cut = longer[longer.index("epoch 20:") :] + "\nepoch 402"
    tell(offline_page, kind="detail", run="run56", detail={**DETAIL, "console": cut})
    expect(offline_page.locator(".drawer pre.console")).to_contain_text("epoch 402")
    after = offline_page.evaluate(where)
    assert after[0] == "epoch 70"
    assert abs(after[1] - before[1]) <= 1

    # Read to its end it is followed.
    offline_page.locator("pre.console").evaluate(
        "(each) => { each.scrollTop = each.scrollHeight; }"
    )
    tell(offline_page, kind="detail", run="run56", detail={**DETAIL, "console": cut + "\nlast" * 9})
    expect(offline_page.locator(".drawer pre.console")).to_contain_text("last")
    assert offline_page.locator("pre.console").evaluate(left) < 3


def test_a_keyboard_opens_reads_and_closes(offline_page: Page, tmp_path: Path) -> None:
    offline_page.set_viewport_size({"width": 1000, "height": 700})
    live(offline_page, tmp_path)
    button = offline_page.locator("[data-run=run40] button.expand")
    button.focus()
    offline_page.keyboard.press("Enter")
    expect(offline_page.locator(".drawer-title")).to_be_focused()
    assert head_is_in_sight(offline_page) == "Run 40"
    for _ in range(3):
        offline_page.keyboard.press("Tab")
    expect(offline_page.locator(".drawer .close")).to_be_focused()
    offline_page.keyboard.press("Escape")
    expect(offline_page.locator(".drawer")).to_be_hidden()
    expect(button).to_be_focused()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [700, 1600])
def test_axe_finds_nothing_in_the_details_of_a_failed_run(
    offline_page: Page, tmp_path: Path, scheme: str, width: int, do_without: Any
) -> None:
    if not AXE.is_file():
        do_without("no axe-core here: cd frontend && npm ci")
    offline_page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    offline_page.set_viewport_size({"width": width, "height": 900})
    live(offline_page, tmp_path, n=30)
    offline_page.locator("[data-run=run28] button.expand").click()
    detail = {**DETAIL, "stopped": ["Killed."], "parts": [["fold", "1"]], "facts": [["code", "1"]]}
    tell(offline_page, kind="detail", run="run28", detail=detail)
    tell(offline_page, kind="detail", run="run1", detail={**DETAIL, "config": []})
    expect(offline_page.locator(".drawer pre").first).to_be_visible()
    offline_page.add_script_tag(path=AXE)
    found = offline_page.evaluate("async () => (await axe.run()).violations")
    assert [(one["id"], one["nodes"][0]["html"]) for one in found] == []


def test_a_run_of_a_saved_page_that_it_holds_little_of_is_shown_as_far_as_it_goes(
    offline_page: Page, tmp_path: Path
) -> None:
    runs = snapshot(300)
    last = dataclasses.replace(runs.runs[-1], summary={"loss": 9.0})  # the worst
    troubles = opened(
        offline_page, tmp_path, dataclasses.replace(runs, runs=(*runs.runs[:-1], last))
    )
    offline_page.locator("[data-run=run300] button.expand").click()
    drawer = offline_page.locator(".drawer")
    expect(drawer.locator(".config tbody tr")).to_have_count(3)
    expect(drawer.locator(".drawer-curve")).to_be_visible()
    expect(drawer).to_contain_text("not kept in this page")
    offline_page.keyboard.press("Escape")
    offline_page.locator(".best-run button", has_text="run ").click()
    expect(drawer).to_contain_text("Nothing is known of how")
    expect(drawer).not_to_contain_text("not kept in this page")
    assert troubles == []
