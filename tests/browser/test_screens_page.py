"""Every screen of the panel: axe finds nothing, nothing overflows, and the keyboard gets along."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest
from playwright.sync_api import Page, expect

from nbsweep import sweep_config
from nbsweep.panel.saved import report
from nbsweep.records import RunState, Snapshot, SweepState
from tests.browser.test_panel_page import AXE, CONFIG, live_page, snapshot
from tests.made_up_sweeps import front_sweep

pytestmark = [pytest.mark.browser, pytest.mark.slow]

NUMBERS = {"lr": {"min": 0.0, "max": 1.0}, "width": {"values": [64, 128, 256]}}
FRONT = front_sweep([(0.1 * i, 0.1 * i, 1.0) for i in range(1, 9)], sweep_state=SweepState.FINISHED)
SPECS = {"lr": {"min": 0.0, "max": 1.0}, "optimizer": {"values": ["adam", "sgd"]}}
CHART = {
    "title": "Ranks", "caption": "lr leads.", "alt": "lr leads", "n_runs": 30, "n_ended": 30,
    "svg": '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"/>', "took_s": 0.1,
}  # fmt: skip
NARROWER = {"action": "narrow", "run": None, "ok": True, "text": "26 runs count.", "code": "x = 1"}


def runs(n: int, state: RunState = RunState.FINISHED, **changes: object) -> Snapshot:
    """n runs that are all in one state."""
    seen = snapshot(n)
    error = "Traceback\nValueError: no" if state is RunState.FAILED else None
    gone = {} if state is RunState.FINISHED else {"summary": {}, "error": error, "ended_at": None}
    if state is RunState.FAILED:
        gone |= {"ended_at": 1e3}
    made = [dataclasses.replace(run, state=state, **gone, **changes) for run in seen.runs]
    curves = seen.curves if state is RunState.FINISHED else {}
    return dataclasses.replace(seen, runs=tuple(made), curves=curves)


def at_work(seen: Snapshot) -> Snapshot:
    """The same of a sweep that has not ended."""
    return dataclasses.replace(
        seen, sweep=dataclasses.replace(seen.sweep, state=SweepState.RUNNING)
    )


def searched(parameters: dict[str, object], *, metric: bool = True) -> sweep_config.SweepConfig:
    return sweep_config.parse(
        {"method": "random", "parameters": parameters}
        | ({"metric": {"name": "loss"}} if metric else {})
    )


def with_params(n: int, **params: object) -> Snapshot:
    """n runs of the same params."""
    return runs(n, params=params, config=params)


def click(selector: str) -> Callable[[Page], None]:
    return lambda page: page.locator(selector).first.click()


def told(kind: str, **fields: object) -> Callable[[Page], None]:
    """What the kernel sends."""
    return lambda page: page.evaluate(
        "message => window.told['msg:custom'](message, [])", {"kind": kind, **fields}
    )


def brushed(page: Page) -> None:
    page.locator("[data-axis=loss]").focus()
    page.keyboard.press("Enter")


def pick_chart(page: Page) -> None:
    menu = page.locator(".further select")
    menu.select_option(index=1)
    told("chart", name=menu.input_value(), chart=CHART, error="")(page)


def open_all(page: Page) -> None:
    page.locator("details").evaluate_all("all => all.forEach(one => { one.open = true; })")


CLASSES = {"optimizer": {"values": ["adam", "sgd"]}, "act": {"values": ["relu", "tanh"]}}
BELIEF = {"name": "momentum", "text": "0.5 to 0.7", "ranges": [[0.5, 0.7]]}
REFUSED = {"action": "pause", "run": None, "ok": False, "text": "It has ended."}


def kernel_gone(page: Page) -> None:
    page.evaluate("() => window.told.comm_live_update()")


def saved(seen: Snapshot) -> Callable[[], str]:
    return lambda: report(seen, CONFIG, now=1e6)


def live(
    seen: Snapshot, config: sweep_config.SweepConfig = CONFIG, **fields: object
) -> Callable[[], str]:
    return lambda: live_page(seen, config, **fields)


MANY = snapshot(30)
FAILED = runs(6, RunState.FAILED)
NO_METRIC = searched(NUMBERS, metric=False)
NOTHING = with_params(9, lr=1), searched({"lr": {"value": 1}})
CATEGORIES = with_params(9, optimizer="sgd", act="relu"), searched(CLASSES)
# Name: the page, what is done on it, and what has to be seen then.
Screen = tuple[Callable[[], str], list[Callable[[Page], None]], str]
SCREENS: dict[str, Screen] = {
    "live": (live(MANY), [], ".charts"),
    "saved": (saved(MANY), [], ".charts"),
    "waiting for the kernel": (live(MANY, snap=None), [], ".panel"),
    "no runs yet": (live(at_work(snapshot(0))), [], ".first-steps code"),
    "no runs, saved": (saved(snapshot(0)), [], ".first-steps"),
    "one run": (live(runs(1)), [], ".charts"),
    "only running": (live(runs(3, RunState.RUNNING)), [], ".runs"),
    "all failed": (live(FAILED), [], ".failures pre"),
    "all failed, saved": (saved(FAILED), [], ".failures pre"),
    "no metric": (live(snapshot(9), NO_METRIC), [], ".runs"),
    "nothing searched": (live(*NOTHING), [], ".runs"),
    "only categories": (live(*CATEGORIES), [], ".scatter-plane"),
    "all values equal": (live(runs(9, summary={"loss": 1.0})), [], ".scatter-plane"),
    "front": (lambda: report(FRONT.snapshot(), FRONT.config, now=FRONT.now), [], ".front-plane"),
    "drawer": (live(MANY), [click("[data-run=run7] button.expand")], ".drawer"),
    "menus": (live(MANY), [open_all], ".sheet"),
    "further chart": (live(MANY), [pick_chart], ".further img"),
    "edit form": (live(MANY), [click("[data-action=edit]"), told("space", specs=SPECS)], ".edit"),
    "narrower": (
        live(MANY),
        [brushed, click("[data-action=narrow]"), told("answer", **NARROWER)],
        ".narrower pre",
    ),
    "beliefs": (live(MANY, beliefs=[BELIEF]), [], ".believed"),
    "trouble": (live(MANY), [told("answer", **REFUSED)], "[role=alert]"),
    "kernel gone": (live(MANY), [kernel_gone], ".gone code"),
}


def shown(page: Page, folder: Path, name: str) -> None:
    make, steps, seen = SCREENS[name]
    listening = "on(event, told) { (window.told ??= {})[event] = told; }"
    html = make().replace(" on() {}, off() {} };", f" {listening}, off() {{}} }};")
    (folder / "page.html").write_text(html, encoding="utf-8")
    page.goto((folder / "page.html").as_uri())
    expect(page.locator(".panel")).to_be_visible()
    for step in steps:
        step(page)
    expect(page.locator(seen).first).to_be_visible()


@pytest.mark.parametrize("name", SCREENS)
def test_axe_finds_nothing_of_any_level(
    offline_page: Page, tmp_path: Path, name: str, do_without: Callable[[str], NoReturn]
) -> None:
    if not AXE.is_file():
        do_without("no axe-core here: cd frontend && npm ci")
    troubles: list[str] = []
    offline_page.on("pageerror", lambda error: troubles.append(str(error)))
    shown(offline_page, tmp_path, name)
    offline_page.add_script_tag(path=AXE)
    for scheme in ("light", "dark"):
        offline_page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        expect(offline_page.locator(".panel")).to_have_attribute("data-theme", scheme)
        found = offline_page.evaluate("async () => (await axe.run()).violations")
        assert [(scheme, one["id"], one["nodes"][0]["html"]) for one in found] == []
    assert troubles == []
