"""A page of a real Chromium that reaches nothing but local files."""

from __future__ import annotations

import os
import shutil
import signal
import threading
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
LIMIT_S = 200.0


@pytest.fixture
def browser(do_without: Callable[[str], NoReturn]) -> Iterator[Browser]:
    """Chromium for one try of one test, ended after LIMIT_S whatever it is doing.

    Not every call of Playwright has a time limit, and an exception that an alarm raises inside
    one leaves its event loop dead: each call after that would wait for ever. The end of the
    browser makes them fail instead. A Chromium for each try, so that the next one gets a
    healthy one; and while Playwright is started its event loop counts as running in this
    thread, where tests that call `asyncio.run` would fail.
    """
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        do_without("no Chromium on this machine: apt-get install chromium")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=FLAGS)
        known = chromium.new_browser_cdp_session().send("SystemInfo.getProcessInfo")
        (pid,) = (int(one["id"]) for one in known["processInfo"] if one["type"] == "browser")
        limit = threading.Timer(LIMIT_S, os.kill, (pid, signal.SIGKILL))
        limit.daemon = True
        limit.start()
        try:
            yield chromium
            chromium.close()
        finally:
            limit.cancel()


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
    """Try a test again whose page was not ready in time, as on a machine that does more.

    Its time limit is the one of `browser`; pytest-timeout's alarm would break Playwright.
    """
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.flaky(reruns=2))
            item.add_marker(pytest.mark.timeout(0))
