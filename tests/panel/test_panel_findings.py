"""Findings in the live panel and in what it leaves behind."""

import json
import threading

import numpy as np
import pytest

from nbsweep.panel import analyst
from nbsweep.panel.saved import frozen_html, report, still_bundle
from nbsweep.panel.widget import STATIC, Panel
from nbsweep.records import RunState
from nbsweep.view.findings import findings
from nbsweep.view.picture import picture
from tests.saved_pages import script_of

EDGE = "The best 4 of 40 runs sit at x's upper end, 2.5: a wider range may hold better values."
DEADLINE_S = 60


@pytest.fixture
def decided(make_sweep):
    """A sweep of 40 runs in which x decides, best at its upper end."""
    parameters = {"x": {"min": 0.5, "max": 2.5}, "act": {"values": ["u", "v"]}}
    metric = {"name": "loss", "goal": "minimize"}
    sweep = make_sweep({"method": "random", "metric": metric, "parameters": parameters})
    rng = np.random.default_rng(0)
    for _ in range(40):
        x = float(rng.uniform(0.5, 2.5))
        params = {"x": x, "act": str(rng.choice(["u", "v"]))}
        sweep.add(RunState.FINISHED, params=params, summary={"loss": 3.0 - x})
    return sweep


@pytest.fixture
def panel(decided):
    made = Panel(decided.snapshot, decided.config, clock=lambda: decided.now)
    yield made
    made.close()


def test_findings_are_computed_on_the_analysts_thread_and_sent(decided, monkeypatch):
    threads, sent = [], []

    def watched(*args):
        threads.append(threading.current_thread().name)
        return findings(*args)

    monkeypatch.setattr(analyst, "findings", watched)
    made = Panel(decided.snapshot, decided.config, clock=lambda: decided.now)
    arrived = threading.Event()

    def receive(message, buffers=None):
        sent.append(message)
        if "findings" in message.get("set", {}):
            arrived.set()

    made.tell = receive
    try:
        assert arrived.wait(DEADLINE_S) or made.picture["findings"]
        assert threads == ["nbsweep-analyst"]
        assert EDGE in [found["text"] for found in made.picture["findings"]]
    finally:
        made.close()


def test_the_end_has_findings_of_all_runs(decided, panel):
    last = picture(panel.read(), decided.config, total=40, now=decided.now)
    panel.finish(last)
    found = panel.picture["findings"]
    assert {"text": EDGE, "parameters": {"x": {"max": 3.5}}} in found
    html = frozen_html(last, panel.still_data())
    before, _, _ = html.partition("<script>")
    assert EDGE.replace("'", "&#x27;") in before  # where no script runs
    assert EDGE in script_of(html)


def test_reports_and_saved_outputs_have_them(decided):
    snapshot = decided.snapshot()
    page = report(snapshot, decided.config, now=decided.now)
    shown = still_bundle(snapshot, decided.config, now=decided.now)
    assert EDGE in script_of(page)
    assert EDGE in script_of(shown["text/html"])
    assert EDGE in shown["text/plain"]


def test_findings_add_little_to_a_saved_output(decided):
    added = json.dumps(findings(decided.snapshot(), decided.config))
    assert len(added) < 1_500


def test_the_bundle_of_saved_outputs_has_no_button_for_them():
    assert "data-action=widen" not in (STATIC / "frozen.min.js").read_text()
    assert '"data-action":"widen"' not in (STATIC / "frozen.min.js").read_text()
    assert "widen it" in (STATIC / "panel.js").read_text()
