"""The live panel: what a tick costs the kernel, and how fast a page draws it.

A tick is what the view's thread does when a run has ended: state, picture, delta and JSON;
in processor time, since that is what it takes away from training. So is the share of the
time that the panel's threads need while runs log 1,000 rows a second: view, ranking and
answers together, after the first ranking has loaded scikit-learn. The page is a headless
Chromium without a GPU, so its figures are upper bounds; they are left out where there is
no Chromium.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import threading
import time
from dataclasses import replace
from pathlib import Path

from common import Row, give, median

import nbsweep
from nbsweep import sweep_config
from nbsweep.control.agent import Agent
from nbsweep.control.options import AgentOptions
from nbsweep.panel.display import PanelDisplay
from nbsweep.panel.saved import frozen_bundle
from nbsweep.panel.widget import STATIC, Panel
from nbsweep.records import Curve, RunRecord, RunState, Snapshot, SweepRecord, SweepState
from nbsweep.runs.start import run_folder
from nbsweep.view.live import Ahead, LiveView
from nbsweep.view.picture import RowCache, picture

TICKS = 15
RATE = 1_000  # rows a second
RUN_S = 1.0
RUNS = 10  # that end while it is measured
EARLIER = 30  # that the panel shows and ranks from the start
SLOWER = 0.01
TICK_MS = {100: 2, 1_000: 10, 10_000: 60}
PAINT_S = {1_000: 0.5, 10_000: 2.0}
FRAMES = 30
SIZE_KB = 150
CONFIG = sweep_config.parse(
    {
        "method": "random",
        "metric": {"name": "loss", "goal": "minimize"},
        "parameters": {
            **{f"p{n}": {"min": 0.0, "max": 1.0} for n in range(4)},
            "rate": {"distribution": "log_uniform_values", "min": 1e-4, "max": 0.1},
            "optimizer": {"values": ["adam", "sgd", "rmsprop"]},
        },
    }
)
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run"]
THREADS = ("nbsweep-view", "nbsweep-panel", "nbsweep-analyst")


class Sweep:
    """A made-up sweep with 2 runs under way."""

    def __init__(self, n: int) -> None:
        self.record = SweepRecord("ab12cd34", "demo", None, CONFIG.source, 1, SweepState.RUNNING)
        self.runs: list[RunRecord] = []
        self.curves: dict[str, Curve] = {}
        for number in range(1, n + 1):
            self.add(RunState.FINISHED if number <= n - 2 else RunState.RUNNING)

    def add(self, run_state: RunState) -> None:
        number = len(self.runs) + 1
        share = (number * 0.618) % 1
        params = {p.name: p.distribution.quantile((share * (i + 3)) % 1) for i, p in
                  enumerate(CONFIG.space)}  # fmt: skip
        values = tuple(share + 1 / (1 + step) for step in range(40))
        run = RunRecord(
            f"run{number}", "demo", "ab12cd34", number, state=run_state, params=params,
            config=params, summary={"loss": values[-1]}, started_at=number, heartbeat_at=number + 9,
            ended_at=number + 9 if run_state.ended else None,
        )  # fmt: skip
        self.runs.append(run)
        self.curves[run.id] = Curve(run.id, run_state, tuple(range(40)), values)

    def end_one(self) -> None:
        run = self.runs[-2]
        self.runs[-2] = replace(run, state=RunState.FINISHED, ended_at=run.heartbeat_at)
        self.add(RunState.RUNNING)

    def snapshot(self) -> Snapshot:
        return Snapshot(self.record, tuple(self.runs), dict(self.curves), len(self.runs), 0.0)


def tick(n: int) -> Row:
    sweep = Sweep(n)
    panel = Panel(sweep.snapshot, CONFIG, clock=lambda: 0.0)
    panel.send = lambda message, buffers=None: json.dumps(message)  # type: ignore[method-assign]
    rows: RowCache = {}
    panel.show(picture(panel.read(), CONFIG, total=n, now=1e5, rows=rows))
    # Ranking and axes have a budget of their own and are spread over many ticks.
    for due in (panel.analyst._ranking_due, panel.analyst._axes_due):
        due.is_due = lambda *_, **__: False  # type: ignore[method-assign]
    spent = []
    for _ in range(TICKS):
        sweep.end_one()
        snapshot = panel.read()
        began = time.thread_time()
        panel.show(picture(snapshot, CONFIG, total=n, now=1e5, rows=rows))
        spent.append(1000 * (time.thread_time() - began))
    panel.close()
    found, target = median(spent), TICK_MS[n]
    return Row(
        f"panel: a tick with {n:,} runs", "nbsweep", f"{found:.1f} ms", f"≤ {target} ms",
        found <= target,
    )  # fmt: skip


def train(steps: list[int]) -> None:
    """Compute all the time, log every millisecond, for `RUN_S`."""
    with nbsweep.init() as run:
        begin = time.perf_counter()
        done, logged, total = 0, 0, 0.0
        while (now := time.perf_counter() - begin) < RUN_S:
            for number in range(200):
                total += number * 0.5
            done += 1
            if now * RATE >= logged:
                run.log({"loss": 1 / (1 + now) + run.config.p0})
                logged += 1
        steps.append(done)


def quick() -> None:
    with nbsweep.init() as run:
        for step in range(20):
            run.log({"loss": 1 / (1 + step) + run.config.p0})


def steps_with(panel: bool) -> tuple[int, float]:
    """Steps of RUNS runs, and processor seconds of the panel's threads meanwhile."""
    sweep = nbsweep.Sweep(nbsweep.sweep(dict(CONFIG.source)))
    nbsweep.agent(sweep.id, quick, count=EARLIER, show=False)
    steps: list[int] = []
    agent = Agent(
        sweep.store,
        sweep.id,
        AgentOptions(function=lambda: train(steps), count=RUNS),
        folder=lambda run_id: run_folder(sweep.store, run_id),
    )
    if not panel:
        agent.run()
        return sum(steps), 0.0
    shown = Panel(sweep.stored.snapshots(curves=True), CONFIG)
    shown.send = lambda message, buffers=None: json.dumps(message)  # type: ignore[method-assign]
    shown._receive(None, {"kind": "ready"}, None)
    display = PanelDisplay(shown, publish=lambda bundle, display_id, update: None)
    ahead = lambda snapshot: Ahead(agent.new_runs_left(snapshot), 1)  # noqa: E731
    view = LiveView(shown.read, CONFIG, ahead=ahead, display=display)
    view.start()
    while shown.picture["importance"] is None:
        time.sleep(0.05)
    before = _spent_s()
    agent.run()
    spent = _spent_s() - before
    view.stop()
    return sum(steps), spent


def _spent_s() -> float:
    """Processor seconds of the threads that a panel and its view have."""
    return sum(
        time.clock_gettime(time.pthread_getcpuclockid(thread.ident))
        for thread in threading.enumerate()
        if thread.ident is not None and thread.name in THREADS
    )


def slowdown() -> Row:
    for thread in threading.enumerate():  # a closed panel first ends what it was ranking
        if thread.name in THREADS[1:]:
            thread.join()
    without, _ = steps_with(panel=False)
    beside, spent = steps_with(panel=True)
    share = spent / (RUNS * RUN_S)
    return Row(
        f"panel: open while runs log {RATE:,} rows/s", "nbsweep",
        f"{100 * share:.2f} % of the time ({100 * (1 - beside / without):+.1f} % fewer steps)",
        f"≤ {100 * SLOWER:.0f} %", share <= SLOWER,
    )  # fmt: skip


def size() -> Row:
    from nbsweep.view.svg import plots

    sweep = Sweep(50)
    panel = Panel(sweep.snapshot, CONFIG, clock=lambda: 0.0)
    last = picture(panel.read(), CONFIG, total=50, now=1e5)
    panel.finish(last)
    made = frozen_bundle(last, panel.still_data(), plots(sweep.snapshot(), CONFIG))
    panel.close()
    found = len(json.dumps(made, ensure_ascii=False).encode()) / 1000  # as nbformat writes it
    return Row(
        "panel: a finished sweep of 50 runs in a notebook", "nbsweep", f"{found:.0f} kB",
        f"≤ {SIZE_KB} kB", found <= SIZE_KB,
    )  # fmt: skip


PAGE = """<!doctype html><meta charset=utf-8><body style="background:#fff"><div id=host></div>
<script type=module>
import widget from "./panel.js";
const picture = await (await fetch("./picture.json")).json();
const values = {snap: {}, controls: {actions: [], bridge: ""}, brushes: {}, selected: []};
const model = {get: k => values[k], set(k, v) {values[k] = v}, save_changes() {}, send() {},
               on(name, f) {if (name === "msg:custom") this.tell = f}, off() {}};
const begin = performance.now();
widget.render({model, el: document.getElementById("host")});
model.tell({kind: "picture", picture});
requestAnimationFrame(() => requestAnimationFrame(() => requestAnimationFrame(() => {
  window.painted = performance.now() - begin;
})));
</script>"""


def page(n: int) -> list[Row]:
    """First paint, and frames a second while a brush is dragged over 60 mouse moves."""
    from playwright.sync_api import sync_playwright

    path = shutil.which("chromium")
    if path is None:
        return []
    sweep = Sweep(n)
    panel = Panel(sweep.snapshot, CONFIG, clock=lambda: 0.0)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        files = {
            "panel.js": ((STATIC / "panel.js").read_text("utf-8"), "text/javascript"),
            "picture.json": (json.dumps(panel.picture), "application/json"),
            "": (PAGE, "text/html"),
        }
        panel.close()
        chromium = playwright.chromium.launch(executable_path=path, args=FLAGS)
        tab = chromium.new_page(viewport={"width": 1100, "height": 900})
        tab.route(
            "http://panel.test/*",
            lambda route: route.fulfill(
                body=files.get(name := Path(route.request.url).name.replace("panel.test", ""),
                               ("", "text/plain"))[0],
                content_type=files.get(name, ("", "text/plain"))[1],
            ),
        )  # fmt: skip
        del folder
        tab.goto("http://panel.test/")
        tab.wait_for_function("window.painted !== undefined", timeout=60_000)
        painted = tab.evaluate("window.painted") / 1000
        box = tab.locator('[data-axis="loss"] .grab').bounding_box()
        assert box is not None
        tab.evaluate(
            """() => { window.frames_ = 0;
                (function count() { window.frames_ += 1; requestAnimationFrame(count); })(); }"""
        )
        x = box["x"] + box["width"] / 2
        tab.mouse.move(x, box["y"] + 30)
        tab.mouse.down()
        began, before = time.perf_counter(), tab.evaluate("window.frames_")
        for step in range(60):
            tab.mouse.move(x, box["y"] + 35 + step * 2)
        shown = tab.evaluate("window.frames_") - before
        rate = shown / (time.perf_counter() - began)
        tab.mouse.up()
        chromium.close()
    return [
        Row(f"panel: first paint of {n:,} runs", "nbsweep", f"{painted:.2f} s",
            f"≤ {PAINT_S[n]} s", painted <= PAINT_S[n]),
        Row(f"panel: frames a second while brushing {n:,} runs", "nbsweep", f"{rate:.0f}",
            f"≥ {FRAMES}", rate >= FRAMES),
    ]  # fmt: skip


if __name__ == "__main__":
    assert sys.argv[1:] in ([], ["nbsweep"])
    give([*map(tick, TICK_MS), slowdown(), size(), *(row for n in PAINT_S for row in page(n))])
