"""Make the README's picture: `picture.py demo/tutorial.html docs/images/sweep.png`.

Takes the last sweep that the demo's page shows, as a browser draws it.
"""

from __future__ import annotations

import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


def main(page_file: Path, picture: Path) -> None:
    """Draw the page and cut the sweep out of it."""
    picture.parent.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = browser.new_page(viewport={"width": 1100, "height": 900}, offline=True)
        page.goto(page_file.resolve().as_uri())
        sweeps = page.locator("div.nbsweep", has=page.locator("table"))
        sweeps.last.screenshot(path=picture)
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
