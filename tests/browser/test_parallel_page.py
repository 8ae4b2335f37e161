"""Parallel coordinates in a saved page: what only a browser measures and points at."""

from __future__ import annotations

import dataclasses
import random
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from nbsweep import sweep_config
from nbsweep.panel.saved import report
from nbsweep.records import RunRecord, RunState, Snapshot, SweepRecord, SweepState

pytestmark = [pytest.mark.browser, pytest.mark.slow]

NAMES = ["lr", *(f"model.encoder.parameter_{k}" for k in range(12)), "data.augmentation.crop"]
MORE = [f"optimizer.group_{k}.weight_decay" for k in range(6)]


def config_of(names: list[str]) -> sweep_config.SweepConfig:
    """A sweep of numbers and of a category with long names."""
    log = {"distribution": "log_uniform_values", "min": 1e-5, "max": 0.1}
    spec = {name: (log if k % 3 == 0 else {"min": 0.0, "max": 1.0}) for k, name in enumerate(names)}
    kinds = {"values": ["google/bert-base-uncased", "google/bert-base-cased", "xlnet"]}
    return sweep_config.parse(
        {"method": "random", "metric": {"name": "loss"}, "parameters": {**spec, "net": kinds}}
    )


def opened(
    page: Page, folder: Path, config: sweep_config.SweepConfig, *, n: int = 40, width: int = 1000
) -> None:
    """Open the report of n made-up runs; the third failed."""
    record = SweepRecord("ab12cd34", "demo", "digits", config.source, 1, SweepState.FINISHED)
    runs = []
    for number in range(1, n + 1):
        rng = random.Random(number)
        params = {p.name: p.distribution.quantile(rng.random()) for p in config.space}
        run = RunRecord(
            f"run{number}", "demo", record.id, number, name=f"run {number}",
            state=RunState.FINISHED, params=params, config=params,
            summary={"loss": 0.2 + rng.random()}, started_at=1.0, heartbeat_at=2.0, ended_at=2.0,
        )  # fmt: skip
        if number == 3:
            run = dataclasses.replace(run, state=RunState.FAILED, summary={}, error="Error: no")
        runs.append(run)
    page.set_viewport_size({"width": width, "height": 900})
    file = folder / "report.html"
    made = report(Snapshot(record, tuple(runs), {}, 1, 0.0), config, now=1e6)
    file.write_text(made, encoding="utf-8")
    page.goto(file.as_uri())
    expect(page.locator(".parallel .title").first).to_be_visible()


def boxes(found: Locator) -> list[tuple[float, float, float, float]]:
    measured = found.evaluate_all(
        "all => all.map(one => { const b = one.getBoundingClientRect();"
        " return [b.left, b.top, b.right, b.bottom]; })"
    )
    return [tuple(box) for box in measured]


@pytest.mark.parametrize("width", [700, 1000, 1600])
@pytest.mark.parametrize("names", [NAMES[:5], NAMES[:12], [*NAMES, *MORE[:5]]])
def test_no_two_titles_overlap(
    offline_page: Page, tmp_path: Path, width: int, names: list[str]
) -> None:
    opened(offline_page, tmp_path, config_of(names), width=width)
    hidden = offline_page.locator(".sheet tbody input:not(:checked)")
    offline_page.locator(".parallel details.menu summary").click()
    for name in [*names, "net"]:
        box = offline_page.locator(f"[data-key='show:{name}']")
        if not box.is_checked():
            box.check()
    offline_page.locator(".parallel details.menu summary").click()
    expect(offline_page.locator("[data-axis]")).to_have_count(len(names) + 2)
    assert hidden.count() <= 1  # the duration
    titles = offline_page.locator(".parallel .title")
    assert len(set(titles.all_text_contents())) == len(names) + 2
    measured = boxes(titles)
    for k, (left, top, right, bottom) in enumerate(measured):
        for left_2, top_2, right_2, bottom_2 in measured[k + 1 :]:
            # Lines of text may touch, letters must not.
            assert right <= left_2 or right_2 <= left or bottom - 4 <= top_2 or bottom_2 - 4 <= top
    plot = boxes(offline_page.locator(".parallel .chart"))[0]
    assert all(plot[0] <= box[0] and box[2] <= plot[2] for box in measured)


def test_the_tip_tells_of_lines_bars_titles_and_cut_values(
    offline_page: Page, tmp_path: Path
) -> None:
    opened(offline_page, tmp_path, config_of(NAMES[:5]))
    tip = offline_page.locator(".parallel .tip")
    plot = offline_page.locator(".parallel .chart")
    plot.scroll_into_view_if_needed()
    left, top, right, bottom = boxes(plot)[0]
    loss = boxes(offline_page.locator("[data-axis='loss'] .rule").first)[0][0]
    told = set()
    for x in range(int(left) + 2, int(right) - 2, 11):
        for y in range(int(top) + 40, int(bottom) - 2, 37):
            offline_page.mouse.move(x, y)
            if not tip.is_visible():
                continue
            text = tip.inner_text()
            told.add("run" if text.startswith("run ") else "bar" if "run" in text else "value")
            tip_box = boxes(tip)[0]
            assert min(tip_box[0] - left, right + 1 - tip_box[2]) >= 0, (x, y, text)
            assert min(tip_box[1] - top, bottom + 1 - tip_box[3]) >= 0, (x, y, text)
    assert {"run", "bar"} <= told
    ticks = offline_page.locator("[data-axis='net'] .tick")
    net = boxes(ticks.filter(has_text="uncased"))[0]
    offline_page.mouse.move((net[0] + net[2]) / 2, (net[1] + net[3]) / 2)
    expect(tip).to_have_text("net: google/bert-base-uncased")
    offline_page.locator("[data-axis='lr'] .title").hover()
    expect(tip).to_contain_text("1e-5 to 0.1, logarithmic")
    offline_page.mouse.move(loss, top - 5)
    expect(tip).to_be_hidden()
    offline_page.locator("[data-axis='lr']").focus()
    offline_page.keyboard.press("Shift+Tab")
    offline_page.keyboard.press("Tab")
    expect(tip).to_contain_text("lr\n1e-5 to 0.1, logarithmic", use_inner_text=True)


def test_a_first_tap_tells_and_a_second_one_opens(offline_page: Page, tmp_path: Path) -> None:
    opened(offline_page, tmp_path, config_of(NAMES[:2]), n=1)
    plot = offline_page.locator(".parallel .chart")
    plot.scroll_into_view_if_needed()
    _, top, _, bottom = boxes(plot)[0]
    xs = sorted(box[0] for box in boxes(offline_page.locator("[data-axis] .grab")))
    touch = offline_page.context.new_cdp_session(offline_page)
    touch.send("Emulation.setTouchEmulationEnabled", {"enabled": True})

    def tap(x: float, y: float) -> None:
        for kind, points in (("touchStart", [{"x": x, "y": y}]), ("touchEnd", [])):
            touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    tip, opened_run = offline_page.locator(".parallel .tip"), offline_page.locator(".drawer")
    x, y = (xs[0] + xs[1]) / 2, int(top) + 34
    while not tip.is_visible():  # where the line is
        y += 6
        assert y < bottom
        offline_page.mouse.move(x, y)
    offline_page.mouse.move(x, top - 40)
    expect(tip).to_be_hidden()
    tap(x, y)
    expect(tip).to_contain_text("run 1")
    offline_page.wait_for_timeout(600)  # a second tap at once would be a double one
    expect(opened_run).to_be_hidden()
    tap(x, y)
    expect(opened_run).to_be_visible()


def test_runs_are_left_out_of_a_saved_page_and_brought_back(
    offline_page: Page, tmp_path: Path
) -> None:
    opened(offline_page, tmp_path, config_of(NAMES[:3]))
    rows = offline_page.locator("tbody tr[data-run]")
    expect(rows).to_have_count(40)
    labels = offline_page.locator("[data-axis='loss'] .tick")
    shown = "all => all.map((one) => one.lastChild.textContent)"
    before = labels.evaluate_all(shown)
    grab = offline_page.locator("[data-axis='loss'] .grab")
    grab.scroll_into_view_if_needed()
    box = grab.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"]
    offline_page.mouse.move(x, y + 140)
    offline_page.mouse.down()
    offline_page.mouse.move(x, y + 160, steps=3)
    offline_page.mouse.move(x, y + 204, steps=3)
    offline_page.mouse.up()
    expect(rows).not_to_have_count(40)
    kept = rows.count()
    offline_page.get_by_role("button", name="keep only these").click()
    left_out = offline_page.locator(".left-out")
    expect(left_out).to_have_text(f"{40 - kept} runs left out · bring back")
    expect(rows).to_have_count(kept)
    after = labels.evaluate_all(shown)
    assert before[0] == "failed"
    assert max(map(float, after)) < max(map(float, before[1:]))
    offline_page.get_by_role("button", name="bring back").click()
    expect(rows).to_have_count(40)
    assert labels.evaluate_all(shown) == before
