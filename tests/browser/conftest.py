"""A page of a real Chromium that reaches nothing but local files."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from typing import NoReturn

import pytest
from playwright.sync_api import Browser, Page, Route, sync_playwright

FLAGS = [
    "--no-sandbox",  # Chromium refuses to run as root with it
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def browser(do_without: Callable[[str], NoReturn]) -> Iterator[Browser]:
    """Chromium for the tests of one file.

    Not for the whole session: while Playwright is started its event loop counts as running
    in this thread, and tests that call `asyncio.run` would fail.
    """
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        do_without("no Chromium on this machine: apt-get install chromium")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def offline_page(browser: Browser) -> Iterator[Page]:
    """A new page; every request over a network is refused."""

    def refuse(route: Route) -> None:
        if route.request.url.startswith(("file:", "data:", "blob:")):
            route.continue_()
        else:
            route.abort()

    context = browser.new_context(viewport={"width": 1100, "height": 900})
    context.route("**/*", refuse)
    yield context.new_page()
    context.close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Try a test again whose page was not ready in time, as on a machine that does more."""
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.flaky(reruns=2))
