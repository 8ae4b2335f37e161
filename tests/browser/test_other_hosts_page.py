"""The panel as VS Code and Colab put it into a page, as far as their public sources say.

Neither runs here: their pages are emulated, with a stub in the place of the widget manager that
keeps what the panel says. VS Code: one webview for all outputs, transparent, with a strict policy
for contents; the module comes from a blob. Colab: a sandboxed frame of another origin for each
output, which becomes as high as what is in it.
"""

from __future__ import annotations

import html
import json
from pathlib import Path

import pytest
from playwright.sync_api import Frame, Page, expect

from nbsweep.panel.saved import still_bundle
from nbsweep.panel.widget import STATIC, Panel
from tests.browser.test_panel_page import CONFIG, snapshot

pytestmark = [pytest.mark.browser, pytest.mark.slow]

# Of notebook webviews, without the addresses that only VS Code serves.
POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval' blob: data:; "
    "style-src 'unsafe-inline'; img-src data: blob:; connect-src 'none'"
)


def stub(state: dict[str, object]) -> str:
    """A script that loads the module from a blob and shows a view, as anywidget does."""
    code = json.dumps((STATIC / "panel.js").read_text(encoding="utf-8")).replace("</", "<\\/")
    return f"""
        const state = {json.dumps(state).replace("</", "<" + chr(92) + "/")};
        window.sent = [];
        const listeners = {{}};
        window.tell = (message) => (listeners["msg:custom"] ?? []).forEach((f) => f(message, []));
        const model = {{
            get: (name) => state[name], set(name, value) {{ state[name] = value; }},
            save_changes() {{ window.sent.push({{ kind: "state" }}); }},
            send: (message) => window.sent.push(message),
            on: (name, f) => (listeners[name] ??= []).push(f), off() {{}} }};
        const url = URL.createObjectURL(new Blob([{code}], {{ type: "text/javascript" }}));
        import(url).then(({{ default: widget }}) => {{
            for (const el of document.querySelectorAll(".here")) widget.render({{ model, el }});
        }});"""


def state_of(n: int) -> dict[str, object]:
    panel = Panel(lambda: snapshot(n), CONFIG, clock=lambda: 1e6)
    controls = {"actions": ["pause", "stop"], "bridge": "pull", "charts": []}
    state = {"snap": panel.light_picture(), "controls": controls, "brushes": {}, "selected_ids": []}
    panel.close()
    return state


def troubles_of(page: Page) -> list[str]:
    troubles: list[str] = []
    page.on(
        "console", lambda m: troubles.append(m.text) if m.type in ("error", "warning") else None
    )
    page.on("pageerror", lambda error: troubles.append(str(error)))
    return troubles


@pytest.mark.parametrize("kind", ["vscode-dark", "vscode-light", "vscode-high-contrast"])
def test_a_vs_code_webview_with_its_policy(offline_page: Page, tmp_path: Path, kind: str) -> None:
    ground = "#fff" if kind.endswith("light") else "#1f1f1f"
    file = tmp_path / "webview.html"
    file.write_text(
        f'<!doctype html><html style="background:{ground}"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}"></head>'
        f'<body class="{kind}" data-vscode-theme-kind="{kind}">'
        '<div class="output"><div class="here"></div></div>'
        '<div class="output"><div class="here"></div></div>'
        f"<script>{stub(state_of(20))}</script></body></html>",
        encoding="utf-8",
    )
    troubles = troubles_of(offline_page)
    offline_page.goto(file.as_uri())
    views = offline_page.locator(".panel")
    expect(views).to_have_count(2)
    for view in (views.first, views.last):
        theme = "light" if kind.endswith("light") else "dark"
        expect(view).to_have_attribute("data-theme", theme)
        expect(view.locator("tbody tr[data-run]").first).to_be_visible()

    # Clicks are sent at once; answers come when the kernel reads them, long after for a busy one.
    views.first.locator("[data-action=stop]").click()
    sent = offline_page.evaluate("window.sent")
    assert {"kind": "steer", "action": "stop"}.items() <= sent[-1].items()
    assert sent[0] == {"kind": "ready"}
    offline_page.evaluate("""window.tell({ kind: "log", first: 1, lines: [[1, 3, "printed"]] })""")
    for view in (views.first, views.last):
        expect(view.locator(".log .last")).to_have_text("3 │ printed")
    assert troubles == []


def test_a_vs_code_webview_changes_its_theme(offline_page: Page, tmp_path: Path) -> None:
    file = tmp_path / "webview.html"
    file.write_text(
        '<!doctype html><html><body data-vscode-theme-kind="vscode-light"><div class="here"></div>'
        f"<script>{stub(state_of(5))}</script></body></html>",
        encoding="utf-8",
    )
    offline_page.goto(file.as_uri())
    panel = offline_page.locator(".panel")
    expect(panel).to_have_attribute("data-theme", "light")
    offline_page.evaluate("document.body.setAttribute('data-vscode-theme-kind', 'vscode-dark')")
    expect(panel).to_have_attribute("data-theme", "dark")


# The frame is as high as its content, as Colab makes it: a page that grows with its frame,
# with 100vh for one, would never come to rest.
FRAME = """
    <script>
    const grown = [];
    new ResizeObserver(() => {
        const height = document.documentElement.scrollHeight;
        grown.push(height);
        parent.postMessage({ height, n: grown.length, rows: rows(), store: store() }, "*");
    }).observe(document.documentElement);
    const rows = () => [...document.querySelectorAll("*")].flatMap((one) =>
        one.shadowRoot ? [...one.shadowRoot.querySelectorAll("tbody tr[data-run]")] : []).length;
    const store = () => { try { localStorage.x; return true; } catch { return false; } };
    const tell = () => parent.postMessage({ rows: rows(), n: grown.length, store: store() }, "*");
    setInterval(tell, 50);
    </script>"""


def colab(page: Page, folder: Path, outputs: list[str], *, theme: str = "") -> None:
    """A page with a sandboxed frame of an origin of its own for each output."""
    frames = "".join(
        '<iframe sandbox="allow-scripts" style="width:100%;height:40px;border:0" srcdoc="'
        + html.escape(
            f'<!doctype html><html{theme}><body style="margin:0">{one}{FRAME}</body></html>'
        )
        + '"></iframe>'
        for one in outputs
    )
    script = """
        window.told = new Map();
        onmessage = ({ source, data }) => {
            const frames = [...document.querySelectorAll("iframe")];
            const i = frames.findIndex((frame) => frame.contentWindow === source);
            if (data.height) frames[i].style.height = `${data.height}px`;
            told.set(i, data);
        };"""
    file = folder / "colab.html"
    file.write_text(
        f"<!doctype html><html><body><script>{script}</script>{frames}</body></html>",
        encoding="utf-8",
    )
    page.goto(file.as_uri())


def rest(page: Page, i: int) -> tuple[int, int]:
    """The height at which a frame has come to rest, and how often it changed until then."""
    # Chromium draws nothing in a frame of another origin that is out of sight.
    page.locator("iframe").nth(i).scroll_into_view_if_needed()
    page.wait_for_function(f"told.get({i})?.rows > 0")
    page.wait_for_timeout(600)
    n = page.evaluate(f"told.get({i}).n")
    page.wait_for_timeout(400)
    assert page.evaluate(f"told.get({i}).n") == n, "it still grows"
    assert not page.evaluate(f"told.get({i}).store"), "the frame is not sandboxed"
    return page.evaluate(f"document.querySelectorAll('iframe')[{i}].clientHeight"), n


@pytest.mark.parametrize("theme", ["", " theme=dark"])
def test_saved_and_live_panels_come_to_rest_in_colabs_frames(
    offline_page: Page, tmp_path: Path, theme: str
) -> None:
    troubles = troubles_of(offline_page)
    saved = still_bundle(snapshot(20), CONFIG, now=1e6)["text/html"]
    live = f'<div class="here"></div><script>{stub(state_of(20))}</script>'
    colab(offline_page, tmp_path, [saved, live], theme=theme)
    for i in (0, 1):
        height, n = rest(offline_page, i)
        assert 400 < height < 4000
        assert n < 25
        frame = offline_page.frames[1 + i]
        expect(frame.locator(".panel")).to_have_attribute(
            "data-theme", "dark" if theme else "light"
        )
    assert [each for each in troubles if "ResizeObserver" in each or "nbsweep" in each] == []


def test_a_live_panel_in_colabs_frame_is_brushed_and_sends(
    offline_page: Page, tmp_path: Path
) -> None:
    live = f'<div class="here"></div><script>{stub(state_of(20))}</script>'
    colab(offline_page, tmp_path, [live])
    rest(offline_page, 0)
    frame = offline_page.frames[1]
    frame.locator("[data-action=stop]").click()
    assert [m["action"] for m in frame.evaluate("sent") if m["kind"] == "steer"] == ["stop"]
    drag(offline_page, frame, "learning_rate")
    assert frame.evaluate("sent.at(-1)") == {"kind": "state"}


def drag(page: Page, frame: Frame, axis: str) -> None:
    """Brush the middle of an axis with the mouse."""
    grab = frame.locator(f'[data-axis="{axis}"] .grab')
    grab.scroll_into_view_if_needed()
    box = grab.bounding_box()
    assert box is not None
    x = box["x"] + box["width"] / 2
    page.mouse.move(x, box["y"] + 0.3 * box["height"])
    page.mouse.down()
    page.mouse.move(x, box["y"] + 0.6 * box["height"], steps=4)
    page.mouse.up()
