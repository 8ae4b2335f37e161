"""The executed tutorial as HTML, opened without network in a real Chromium."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import ConsoleMessage, Locator, Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.slow]

# nbconvert's page and the badges ask for these; refused here, and nothing of ours.
ASKED_FOR_BY_OTHERS = ("require.min.js", "mathjax", "mermaid", "badge")
PLOTS = ("Parallel coordinates", "Parameter importance")


@pytest.fixture
def errors() -> list[str]:
    return []


@pytest.fixture
def page(demo: Path, offline_page: Page, errors: list[str]) -> Page:
    def keep(message: ConsoleMessage) -> None:
        url = message.location["url"]
        if message.type == "error" and not any(name in url for name in ASKED_FOR_BY_OTHERS):
            errors.append(f"{message.text} ({url})")

    offline_page.on("console", keep)
    offline_page.on("pageerror", lambda error: errors.append(str(error)))
    offline_page.goto((demo / "tutorial.html").as_uri(), wait_until="load")
    return offline_page


def output_of(page: Page, code: str) -> Locator:
    return page.locator(".jp-CodeCell", has_text=code).locator(".jp-Cell-outputWrapper")


def picture_width(picture: Locator) -> int:
    """Width in pixels that the browser decoded; 0 for a broken image."""
    width: int = picture.evaluate("image => image.decode().then(() => image.naturalWidth, () => 0)")
    return width


def test_the_first_agent_cell_shows_progress_a_row_a_run_and_the_lines(page: Page) -> None:
    panel = output_of(page, "train, count=5)").locator(".panel")
    expect(panel).to_contain_text("5 of 5 runs")
    expect(panel).to_contain_text("★ Best loss")
    expect(panel.locator("tbody tr[data-run]")).to_have_count(5)
    expect(panel.locator("tbody tr[data-run]").last).to_be_visible()
    expect(panel.locator('[data-axis="learning_rate"] .grab')).to_be_visible()
    expect(panel).to_contain_text("Too few runs")


def test_the_second_agent_cell_shows_all_runs_and_both_plots(page: Page) -> None:
    panel = output_of(page, "train, count=45)").locator(".panel")
    expect(panel).to_contain_text("50 of 50 runs")
    expect(panel.locator("tbody tr[data-run]")).to_have_count(50)
    for title in PLOTS:
        expect(panel.get_by_text(title, exact=True)).to_be_visible()


def test_a_brush_in_the_page_keeps_the_runs_inside(page: Page) -> None:
    panel = output_of(page, "train, count=45)").locator(".panel")
    grab = panel.locator('[data-axis="learning_rate"] .grab')
    grab.scroll_into_view_if_needed()
    box = grab.bounding_box()
    assert box is not None
    x = box["x"] + box["width"] / 2
    page.mouse.move(x, box["y"] + 0.5 * box["height"])
    page.mouse.down()
    page.mouse.move(x, box["y"] + 0.7 * box["height"], steps=3)
    page.mouse.up()
    expect(panel).to_contain_text("of 50 selected")
    expect(panel.locator("tbody tr[data-run]")).not_to_have_count(50)


@pytest.mark.parametrize(
    ("code", "title"),
    [("sweep.parallel_coordinates()", PLOTS[0]), ("sweep.importance()", PLOTS[1])],
)
def test_a_figure_is_seen_where_nothing_draws_plotly(page: Page, code: str, title: str) -> None:
    output = output_of(page, code)
    expect(output.get_by_text(title, exact=True)).to_be_visible()
    assert picture_width(output.locator("img")) > 300


def test_no_output_is_an_empty_box(page: Page) -> None:
    outputs = page.locator(".jp-OutputArea-output").all()
    assert len(outputs) >= 10
    for output in outputs:
        box = output.bounding_box()
        assert box is not None
        assert box["height"] > 10
        panel = output.locator(".panel")
        text = panel.inner_text() if panel.count() else output.inner_text()
        assert text.strip() or picture_width(output.locator("img").first)


def test_the_console_holds_no_error_of_ours(page: Page, errors: list[str]) -> None:
    assert page.title()
    assert errors == []
