"""The frozen panel in a file of its own: no kernel, no network, light and dark."""

from __future__ import annotations

import dataclasses
import json
import math
import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest
from playwright.sync_api import Page, expect

from nbsweep import sweep_config
from nbsweep.panel.inbox import BUTTONS
from nbsweep.panel.saved import report, still_bundle
from nbsweep.panel.widget import STATIC, Panel
from nbsweep.records import Curve, RunRecord, RunState, Snapshot, SweepRecord, SweepState

pytestmark = [pytest.mark.browser, pytest.mark.slow]

AXE = Path(__file__).parents[2] / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
EVIL = '<img src=x onerror="window.hacked = true"></script><script>window.hacked = true</script>'
CONFIG = sweep_config.parse(
    {
        "method": "random",
        "metric": {"name": "loss", "goal": "minimize"},
        "parameters": {
            "optimizer": {"values": ["adam", "sgd", EVIL]},
            "learning_rate": {"distribution": "log_uniform_values", "min": 1e-4, "max": 0.1},
            "momentum": {"min": 0.0, "max": 1.0},
        },
    }
)


def snapshot(n: int, *, name: str = "digits") -> Snapshot:
    """n made-up runs, every seventh of them failed with a nasty error."""
    record = SweepRecord("ab12cd34", "demo", name, CONFIG.source, 1, SweepState.FINISHED)
    runs, curves = [], {}
    for number in range(1, n + 1):
        rng = random.Random(number)
        params = {p.name: p.distribution.quantile(rng.random()) for p in CONFIG.space}
        loss = 0.2 + rng.random()
        run = RunRecord(
            f"run{number}", "demo", record.id, number, name=EVIL, state=RunState.FINISHED,
            params=params, config=params, summary={"loss": loss}, started_at=number * 10.0,
            heartbeat_at=number * 10 + 8.0, ended_at=number * 10 + 8.0,
        )  # fmt: skip
        if number % 7 == 0:
            run = dataclasses.replace(
                run, state=RunState.FAILED, summary={}, error=f"Traceback\nValueError: {EVIL}"
            )
        else:
            values = tuple(loss + 1 / (1 + step) for step in range(20))
            curves[run.id] = Curve(run.id, run.state, tuple(range(20)), values)
        runs.append(run)
    return Snapshot(record, tuple(runs), curves, 1, 0.0)


def opened(
    page: Page, folder: Path, runs: Snapshot, config: sweep_config.SweepConfig = CONFIG
) -> list[str]:
    """Open the report of the runs; what the console and the page complain about."""
    file = folder / "report.html"
    file.write_text(report(runs, config, now=1e6), encoding="utf-8")
    troubles: list[str] = []
    page.on("console", lambda m: troubles.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.goto(file.as_uri())
    expect(page.locator("header .name")).to_be_visible()
    return troubles


def brush(page: Page, axis: str, share_from: float, share_to: float) -> None:
    grab = page.locator(f'[data-axis="{axis}"] .grab')
    grab.scroll_into_view_if_needed()
    box = grab.bounding_box()
    assert box is not None
    x = box["x"] + box["width"] / 2
    page.mouse.move(x, box["y"] + share_from * box["height"])
    page.mouse.down()
    page.mouse.move(x, box["y"] + (share_from + share_to) / 2 * box["height"], steps=3)
    page.mouse.move(x, box["y"] + share_to * box["height"], steps=3)
    page.mouse.up()


def selected(page: Page, before: int) -> int:
    """How many runs are selected, as soon as the table no longer shows `before` rows.

    The table is drawn a frame after the brush, in one go with the number above it.
    """
    expect(page.locator("tbody tr[data-run]")).not_to_have_count(before)
    told = page.locator(".runs .tools")
    expect(told).to_contain_text(re.compile(r"[\d,]+ runs? of"))
    found = re.match(r"([\d,]+) runs? of", told.inner_text().strip())
    return int(found[1]) if found else 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_brushes_work_without_kernel_and_network(
    offline_page: Page, tmp_path: Path, scheme: str
) -> None:
    offline_page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    troubles = opened(offline_page, tmp_path, snapshot(50, name=EVIL))
    expect(offline_page.locator(".panel")).to_have_attribute("data-theme", scheme)
    rows = offline_page.locator("tbody tr[data-run]")
    expect(rows).to_have_count(50)
    brush(offline_page, "loss", 0.6, 0.9)
    low = selected(offline_page, 50)
    assert 0 < low < 50
    expect(rows).to_have_count(low)
    brush(offline_page, "loss", 0.1, 0.3)  # a second one on the same axis adds runs
    both = selected(offline_page, low)
    assert both > low
    offline_page.get_by_role("button", name="invert").click()
    expect(rows).to_have_count(50 - both)
    offline_page.get_by_role("button", name="clear selection").click()
    expect(rows).to_have_count(50)
    offline_page.screenshot(path=tmp_path / f"{scheme}.png")
    assert troubles == []
    assert offline_page.evaluate("window.hacked") is None


def test_a_ring_shows_where_a_run_was_continued(offline_page: Page, tmp_path: Path) -> None:
    runs = snapshot(6)
    mark = {"step": 10, "end": 10, "iteration": 10, "rows": 10, "after": 20.0, "at": 205.0}
    origin = {"continued": [{**mark, "state": "stopped"}]}
    first = dataclasses.replace(runs.runs[0], origin=origin)
    runs = dataclasses.replace(runs, runs=(first, *runs.runs[1:]))
    troubles = opened(offline_page, tmp_path, runs)
    ring = offline_page.locator("circle.went-on")
    expect(ring).to_have_count(1)
    box = ring.bounding_box()
    assert box is not None
    offline_page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(offline_page.locator("tr[data-run=run1]")).to_have_class(re.compile("hovered"))
    assert ring.text_content() == "run 1 continued at step 10 after 3 min 05 s"
    offline_page.locator("tr[data-run=run1] button").click()
    expect(offline_page.locator(".drawer")).to_contain_text("step 10continued after 3 min 05 s")
    expect(offline_page.locator("[data-action]")).to_have_count(0)  # nobody would answer
    assert troubles == []


def test_a_keyboard_is_enough(offline_page: Page, tmp_path: Path) -> None:
    opened(offline_page, tmp_path, snapshot(30))
    axis = offline_page.locator('[data-axis="momentum"]')
    axis.focus()
    offline_page.keyboard.press("Enter")
    expect(axis).to_have_attribute("aria-valuetext", re.compile(r"selected 0\.\d+ to 0\.\d+"))
    before = selected(offline_page, 30)
    for _ in range(5):
        offline_page.keyboard.press("Shift+ArrowUp")
    assert selected(offline_page, before) > before
    offline_page.keyboard.press("Delete")
    expect(offline_page.locator("tbody tr[data-run]")).to_have_count(30)
    offline_page.locator("[data-run=run7] button.expand").focus()
    offline_page.keyboard.press("Enter")
    expect(offline_page.locator(".drawer [aria-label=Traceback]")).to_contain_text("onerror")
    assert offline_page.evaluate("window.hacked") is None


def live_page(
    seen: Snapshot | None = None,
    config: sweep_config.SweepConfig = CONFIG,
    **fields: object,
) -> str:
    """A page with the live panel of a made-up sweep, all its buttons, and no kernel.

    Args:
        seen: the runs; 30 made-up ones unless given.
        config: of their sweep.
        fields: of the picture that differ; with `snap=None` no picture has come yet.
    """
    panel = Panel(lambda: seen or snapshot(30), config, clock=lambda: 1e6)
    state = {
        "snap": {} if fields.get("snap", "") is None else panel.light_picture() | fields,
        "controls": {
            "actions": [*BUTTONS, "narrow", "believe", "continue_best"],
            "bridge": "push",
            "charts": panel.controls["charts"],
        },
        "brushes": {},
        "selected_ids": [],
    }
    panel.close()
    in_script = json.dumps(state).replace("</", "<\\/")
    bundle = (STATIC / "panel.js").read_text(encoding="utf-8").replace("</", "<\\/")
    code = re.sub(r"export ?\{ ?(\w+) as default ?\};?", r"const widget = \1;", bundle)
    return (
        '<!doctype html><html lang="en"><head><title>live</title><style>body{background:#fff}'
        "@media(prefers-color-scheme:dark){body{background:#111;color:#eee}}</style></head>"
        "<body><main><h1>live</h1>"
        f'<div id="here"></div></main><script type="module">{code}\n'
        f"const state = {in_script};"
        "const model = { get: (name) => state[name], set() {}, save_changes() {}, send() {},"
        " on() {}, off() {} };"
        'widget.render({ model, el: document.getElementById("here") });</script>'
        "</body></html>"
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("kind", ["report", "live"])
def test_axe_finds_nothing_of_any_level(
    offline_page: Page,
    tmp_path: Path,
    scheme: str,
    kind: str,
    do_without: Callable[[str], NoReturn],
) -> None:
    if not AXE.is_file():
        do_without("no axe-core here: cd frontend && npm ci")
    offline_page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    if kind == "report":
        opened(offline_page, tmp_path, snapshot(30))
    else:
        (tmp_path / "live.html").write_text(live_page(), encoding="utf-8")
        offline_page.goto((tmp_path / "live.html").as_uri())
        expect(offline_page.locator("[data-action=stop_now]")).to_be_visible()
    offline_page.locator("[data-run=run7] button.expand").click()
    expect(offline_page.locator(".drawer")).to_be_visible()
    # The menu of the axes, and the charts as tables.
    offline_page.locator("details").evaluate_all("all => all.forEach(one => { one.open = true; })")
    expect(offline_page.get_by_role("button", name="Flip: momentum")).to_be_visible()
    offline_page.add_script_tag(path=AXE)
    found = offline_page.evaluate("async () => (await axe.run()).violations")
    assert [(one["id"], one["nodes"][0]["html"]) for one in found] == []


def test_without_scripts_the_table_and_the_pictures_stay(
    offline_page: Page, tmp_path: Path
) -> None:
    page = re.sub(r"<script>.*</script>", "", report(snapshot(30), CONFIG, now=1e6), flags=re.S)
    file = tmp_path / "stripped.html"
    file.write_text(page, encoding="utf-8")
    offline_page.goto(file.as_uri())
    expect(offline_page.locator("tbody tr")).to_have_count(30)
    expect(offline_page.locator("img").first).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_converted_notebook_is_brushed_offline(
    offline_page: Page, tmp_path: Path, scheme: str
) -> None:
    nbformat = pytest.importorskip("nbformat")
    exporters = pytest.importorskip("nbconvert.exporters")
    data = still_bundle(snapshot(50, name=EVIL), CONFIG, now=1e6)
    output = nbformat.v4.new_output("display_data", data=data)
    cell = nbformat.v4.new_code_cell("agent(…)", outputs=[output])
    exporter = exporters.HTMLExporter(theme=scheme)
    html, _ = exporter.from_notebook_node(nbformat.v4.new_notebook(cells=[cell]))
    (tmp_path / "notebook.html").write_text(html, encoding="utf-8")
    broken: list[str] = []
    offline_page.on("pageerror", lambda error: broken.append(str(error)))
    offline_page.goto((tmp_path / "notebook.html").as_uri())
    expect(offline_page.locator(".panel")).to_have_attribute("data-theme", scheme)
    rows = offline_page.locator("tbody tr[data-run]")
    expect(rows).to_have_count(50)
    brush(offline_page, "loss", 0.6, 0.9)
    assert 0 < selected(offline_page, 50) < 50
    ours = [text for text in broken if not any(name in text for name in ("require", "MathJax"))]
    assert ours == []
    assert offline_page.evaluate("window.hacked") is None


def odd_sweep(name: str) -> tuple[Snapshot, sweep_config.SweepConfig]:
    """A sweep that is hard to draw."""
    if name == "500 parameters":
        parameters = {f"p{i}": {"min": 0.0, "max": 1.0} for i in range(500)}
        config = sweep_config.parse(
            {"method": "random", "metric": {"name": "loss"}, "parameters": parameters}
        )
        params = {f"p{i}": (i % 10) / 10 for i in range(500)}
        base = snapshot(12)
        runs = [dataclasses.replace(run, params=params, config=params) for run in base.runs]
        return dataclasses.replace(base, runs=tuple(runs)), config
    base = snapshot(0 if name == "no runs" else 14)
    summaries: dict[str, list[dict[str, object]]] = {
        "odd numbers": [
            {"loss": value, "other": value}
            for value in (math.nan, math.inf, -math.inf, None, 1e308, -1e308, 0.0, "text", 5e-324)
        ],
        "a late metric": [{}, {}, {}, {"loss": 0.5}],
    }
    runs = list(base.runs)
    for i, summary in enumerate(summaries.get(name, [])):
        runs[i] = dataclasses.replace(runs[i], summary=summary, state=RunState.FINISHED)
    if name == "only failures":
        runs = [
            dataclasses.replace(run, state=RunState.FAILED, summary={}, error="Error: no")
            for run in runs
        ]
        base = dataclasses.replace(base, curves={})
    return dataclasses.replace(base, runs=tuple(runs)), CONFIG


@pytest.mark.parametrize(
    "name", ["no runs", "only failures", "odd numbers", "a late metric", "500 parameters"]
)
def test_a_sweep_that_is_hard_to_draw_is_drawn(
    offline_page: Page, tmp_path: Path, name: str
) -> None:
    seen, config = odd_sweep(name)
    if name == "500 parameters":  # a narrower page draws fewer axes
        offline_page.set_viewport_size({"width": 1600, "height": 900})
    troubles = opened(offline_page, tmp_path, seen, config)
    rows = offline_page.locator("tbody tr[data-run]")
    expect(rows).to_have_count(len(seen.runs))
    axes = offline_page.locator("[data-axis]")
    expect(axes).to_have_count(13 if name == "500 parameters" else 4)
    wrong = offline_page.locator(".failures")
    if name == "only failures":  # nothing to draw: what went wrong, without a click
        expect(wrong).to_contain_text("All 14 runs failed")
        expect(wrong.locator("pre")).to_have_text("Error: no")
        expect(axes.first).to_be_hidden()
    else:
        offline_page.locator("details.menu summary", has_text="Axes").click()
        expect(offline_page.locator(".sheet tbody tr").first).to_be_visible()
    offline_page.screenshot(path=tmp_path / "odd.png")
    assert troubles == []
