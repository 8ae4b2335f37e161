"""The table of runs in a browser: rows that stay while runs come, columns that stay in sight."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest
from playwright.sync_api import Page, expect

from nbsweep import sweep_config
from tests.browser.test_panel_page import AXE, live_page, odd_sweep, opened, snapshot

pytestmark = [pytest.mark.browser, pytest.mark.slow]

HEARING = (
    "set() {}, save_changes() {}, send() {}, off() {},"
    ' on(name, callback) { if (name === "msg:custom") window.tell = callback; } };'
)
# Each change says something of a run under way and brings a run that goes on top.
DELTAS = """async ([from, to]) => {
  for (let seq = from; seq < to; seq++) {
    const row = { ...window.last, id: `new${seq}`, number: 100 + seq };
    const live = { id: "run30", duration_s: seq, metric: 1 / seq, metric_text: `${1 / seq}` };
    window.tell({ kind: "delta", seq, set: {}, rows: [live, row], gone: [] }, []);
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  }
}"""
ROOT = "document.querySelector('#here > div').shadowRoot"
STAND = f"""() => {{
  const root = {ROOT};
  const box = root.querySelector('.runs > .scroll');
  const top = root.querySelector('[data-run=run30]').getBoundingClientRect().top;
  return [root.activeElement?.getAttribute('aria-label'),
    (root.getSelection?.() ?? getSelection()).toString(),
    Math.round(top - box.getBoundingClientRect().top), box.scrollLeft];
}}"""


def hearing_page(folder: Path) -> str:
    """The live panel of 30 runs, the last one under way; `tell` gives it a message."""
    page, n = re.subn(r"set\(\) \{\}, save.*?off\(\) \{\} \};", lambda _: HEARING, live_page())
    assert n == 1
    page = page.replace(
        "const model =",
        'const runs = state.snap.rows; Object.assign(runs[29], { active: true, state: "running",'
        ' word: "running" }); window.seq = state.snap.seq; window.last = runs[28];'
        "\nconst model =",
    )
    file = folder / "live.html"
    file.write_text(page, encoding="utf-8")
    return file.as_uri()


@pytest.mark.parametrize("sorted_by", ["run", "loss"])
def test_focus_selection_and_scroll_survive_what_comes(
    offline_page: Page, tmp_path: Path, sorted_by: str
) -> None:
    offline_page.set_viewport_size({"width": 700, "height": 700})
    offline_page.goto(hearing_page(tmp_path))
    kill = offline_page.locator("[data-run=run30] .kill")
    expect(kill).to_be_visible()
    if sorted_by == "loss":  # by which the run that is read moves, and others around it
        offline_page.get_by_role("button", name=re.compile("^loss")).first.click()
        expect(offline_page.locator("th[aria-sort]")).to_contain_text("loss")
    offline_page.evaluate(DELTAS, [2, 6])
    kill.scroll_into_view_if_needed()
    kill.focus()
    offline_page.evaluate(
        f"""() => {{
          const root = {ROOT};
          const box = root.querySelector('.runs > .scroll');
          box.scrollTop += 40;
          box.scrollLeft = 30;
          const cells = root.querySelectorAll('[data-run=run30] td');
          const range = document.createRange();
          range.selectNodeContents(cells[cells.length - 2]);
          (root.getSelection?.() ?? getSelection()).removeAllRanges();
          (root.getSelection?.() ?? getSelection()).addRange(range);
        }}"""
    )
    offline_page.wait_for_timeout(100)  # a frame, in which what is scrolled settles
    before = offline_page.evaluate(STAND)
    assert before[0] == "Stop run 30"
    assert before[1].strip()
    offline_page.evaluate(DELTAS, [6, 26])
    after = offline_page.evaluate(STAND)
    assert after[:2] == before[:2]
    assert after[3] == before[3]
    assert abs(after[2] - before[2]) <= 2  # what is read stays where it is
    expect(offline_page.locator("tbody tr[data-run]")).to_have_count(54)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [700, 1000])
def test_run_and_state_stay_in_sight_beside_500_columns(
    offline_page: Page, tmp_path: Path, scheme: str, width: int
) -> None:
    offline_page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    offline_page.set_viewport_size({"width": width, "height": 900})
    opened(offline_page, tmp_path, *odd_sweep("500 parameters"))
    assert offline_page.locator(".runs thead th").count() > 500
    box = offline_page.locator(".runs > .scroll")
    box.scroll_into_view_if_needed()
    box.evaluate("box => { box.scrollLeft = 1500; box.scrollTop = 60; }")
    offline_page.locator("tbody tr[data-run]").nth(4).hover()
    offline_page.wait_for_timeout(100)
    assert offline_page.evaluate("document.documentElement.scrollWidth") <= width
    # What is at the places of the first cells: they, and nothing that was scrolled below them.
    wrong = box.evaluate("""box => {
      const edge = box.getBoundingClientRect();
      const found = [];
      for (const cell of box.querySelectorAll('th.fixed, td.fixed')) {
        const at = cell.getBoundingClientRect();
        if (at.bottom > edge.bottom || at.top < edge.top) continue;
        if (at.left < edge.left - 1 || at.right > edge.right) found.push('out of sight');
        const [x, y] = [(at.left + at.right) / 2, (at.top + at.bottom) / 2];
        const top = box.getRootNode().elementFromPoint(x, y);
        const isCell = top === cell || cell.contains(top);
        if (!isCell && !top.closest('thead, .pinned')) found.push(top.outerHTML);
        const { backgroundColor } = getComputedStyle(cell);
        if (!/^rgb\\(/.test(backgroundColor)) found.push(backgroundColor);
      }
      return found;
    }""")
    assert wrong == []
    states = box.locator("td.fixed.state")
    best = box.locator("tr.pinned td.fixed.state")
    head = box.locator("th.fixed.state")
    assert states.count() == 12
    boxes = [each.bounding_box() for each in (head, best)]
    assert boxes[0]
    assert boxes[1]
    assert abs(boxes[0]["y"] + boxes[0]["height"] - boxes[1]["y"]) <= 1  # right below the head


def test_columns_are_chosen_with_the_keyboard(offline_page: Page, tmp_path: Path) -> None:
    troubles = opened(offline_page, tmp_path, *odd_sweep("500 parameters"))
    offline_page.locator(".columns summary").focus()
    offline_page.keyboard.press("Enter")
    find = offline_page.get_by_label("Find a column")
    find.fill("p499")
    offline_page.keyboard.press("Tab")
    offline_page.keyboard.press("Space")
    expect(offline_page.get_by_role("button", name="p499", exact=True)).to_have_count(0)
    expect(offline_page.get_by_role("button", name="p498", exact=True)).to_have_count(1)
    box = offline_page.get_by_label("p499", exact=True)
    expect(box).to_be_focused()
    expect(box).not_to_be_checked()
    offline_page.keyboard.press("Escape")
    expect(find).to_be_hidden()
    expect(offline_page.locator(".columns summary")).to_be_focused()
    assert troubles == []


def test_a_filter_selects_in_a_saved_output(offline_page: Page, tmp_path: Path) -> None:
    troubles = opened(offline_page, tmp_path, snapshot(50))
    field = offline_page.get_by_label("Filter runs")
    field.fill("rate<0.01 -failed")
    expect(offline_page.locator(".runs .tools")).to_contain_text(
        re.compile(r"\d+ runs of 50 selected")
    )
    shown = offline_page.locator("tbody tr[data-run]")
    n = shown.count()
    assert 10 < n < 50
    expect(offline_page.locator(".runs .tools")).to_contain_text(f"{n} runs of 50 selected")
    expect(shown.locator("text=failed")).to_have_count(0)
    field.fill("")
    expect(shown).to_have_count(50)
    expect(offline_page.locator(".runs .tools")).not_to_contain_text("selected")
    assert troubles == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_four_runs_are_compared_and_no_more(
    offline_page: Page, tmp_path: Path, scheme: str, do_without: Callable[[str], NoReturn]
) -> None:
    offline_page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    troubles = opened(offline_page, tmp_path, snapshot(30))
    for number in (1, 2, 3, 4, 5):
        box = offline_page.get_by_label(f"Compare run {number}", exact=True)
        box.focus()
        offline_page.keyboard.press("Space")
    part = offline_page.get_by_label("Comparison of runs")
    expect(part).to_contain_text("Runs 1, 2, 3 and 4 compared")
    expect(offline_page.get_by_label("Compare run 5", exact=True)).not_to_be_checked()
    expect(offline_page.locator(".runs")).to_contain_text("untick one of 1, 2, 3, 4 first")
    colours = part.locator(".swatch line").evaluate_all(
        "all => all.map(one => one.getAttribute('stroke') + one.getAttribute('stroke-dasharray'))"
    )
    assert len(set(colours)) == 4
    inked = part.locator("canvas").first.evaluate(
        "canvas => canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)"
        ".data.some(value => value > 0)"
    )
    assert inked
    if not AXE.is_file():
        do_without("no axe-core here: cd frontend && npm ci")
    offline_page.locator("details").evaluate_all("all => all.forEach(one => { one.open = true; })")
    offline_page.add_script_tag(path=AXE)
    found = offline_page.evaluate("async () => (await axe.run()).violations")
    assert [(one["id"], one["nodes"][0]["html"]) for one in found] == []
    part.get_by_role("button", name="Close the comparison").click()
    expect(part).to_be_hidden()
    assert troubles == []


def test_without_a_metric_what_is_logged_is_shown(offline_page: Page, tmp_path: Path) -> None:
    source = {**sweep_config.parse(odd_sweep("no runs")[1].source).source}
    source.pop("metric")
    troubles = opened(offline_page, tmp_path, snapshot(8), sweep_config.parse(source))
    heads = offline_page.locator(".runs thead th").all_text_contents()
    assert [head.rstrip("▲▼") for head in heads[:3]] == ["run", "state", "loss"]
    loss = offline_page.locator("[data-run=run1] td").nth(2)
    assert float(loss.inner_text()) > 0
    assert troubles == []
