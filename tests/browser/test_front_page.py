"""The front in a frozen report: a rectangle on it selects runs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from nbsweep.panel.saved import report
from nbsweep.records import SweepState
from tests.made_up_sweeps import front_sweep

pytestmark = [pytest.mark.browser, pytest.mark.slow]

AXE = Path(__file__).parents[2] / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
# Along a front from (0.1, 0.1) to (0.9, 0.9), then as many that it dominates.
VALUES = [(0.1 + 0.1 * i, 0.1 + 0.1 * i, 1.0) for i in range(9)]
VALUES += [(loss + 0.3, accuracy, 1.0) for loss, accuracy, _ in VALUES]


def opened(page: Page, folder: Path) -> list[str]:
    sweep = front_sweep(VALUES, sweep_state=SweepState.FINISHED)
    file = folder / "report.html"
    file.write_text(report(sweep.snapshot(), sweep.config, now=sweep.now), encoding="utf-8")
    troubles: list[str] = []
    page.on("console", lambda m: troubles.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.goto(file.as_uri())
    expect(page.locator("header .name")).to_be_visible()
    return troubles


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    """From one place of the front's plane to another, each in shares of its width and height."""
    box = page.locator(".front-plane").bounding_box()
    assert box is not None
    for (x, y), act in ((start, page.mouse.down), (end, page.mouse.up)):
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=4)
        act()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_rectangle_on_the_front_selects_runs(
    offline_page: Page, tmp_path: Path, scheme: str
) -> None:
    offline_page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    troubles = opened(offline_page, tmp_path)
    rows = offline_page.locator("tbody tr[data-run]")
    expect(rows).to_have_count(18)
    expect(offline_page.locator("tr.best")).to_have_count(9)
    expect(offline_page.locator(".best-run")).to_contain_text("Front of loss and accuracy: 9 runs")
    # The lower left quarter: losses up to 0.65, accuracies up to 0.46.
    drag(offline_page, (0.001, 0.55), (0.5, 0.999))
    expect(offline_page.locator(".runs .tools")).to_contain_text("of 18 selected")
    inside = [loss < 0.65 and accuracy < 0.5 for loss, accuracy, _ in VALUES]
    expected = [i + 1 for i, is_inside in enumerate(inside) if is_inside]
    expect(rows).to_have_count(len(expected))  # the table is drawn a frame after the brush
    chosen = rows.evaluate_all("rows => rows.map((row) => Number(row.dataset.run.slice(3)))")
    assert sorted(chosen) == expected
    n = len(expected)
    # The same brushes lie on the axes of the parallel coordinates.
    expect(offline_page.locator('[data-axis="loss"] .brush')).to_have_count(1)
    expect(offline_page.locator('[data-axis="accuracy"] .brush')).to_have_count(1)
    drag(offline_page, (0.25, 0.75), (0.55, 0.75))  # to the right, by its middle
    expect(rows).not_to_have_count(n)
    offline_page.locator(".front-plane").focus()
    offline_page.keyboard.press("Delete")
    expect(rows).to_have_count(18)
    offline_page.keyboard.press("Enter")
    expect(offline_page.locator(".runs .tools")).to_contain_text(re.compile("of 18 selected"))
    expect(offline_page.locator(".front-plane")).to_be_focused()
    offline_page.keyboard.press("Escape")
    expect(rows).to_have_count(18)
    offline_page.get_by_role("button", name="select these").click()
    expect(rows).to_have_count(9)
    offline_page.add_script_tag(path=AXE)
    found = offline_page.evaluate(
        "axe.run({runOnly: ['wcag2a', 'wcag2aa']}).then((result) => "
        "result.violations.map(({id, nodes}) => `${id}: ${nodes[0].html}`))"
    )
    assert found == []
    assert troubles == []
