"""Where no page answers, the static view takes the widget's place; a page that answers has it."""

import os
import sys
import time
from pathlib import Path

import pytest

from nbsweep.handles import panels
from nbsweep.panel import bridge
from nbsweep.panel.display import ANSWER_S, PanelDisplay
from nbsweep.panel.widget import WIDGET, Panel
from nbsweep.view.live import CLOCK_S
from nbsweep.view.picture import picture
from tests.kernels import running_kernel

PATHS = [None, *filter(None, os.environ.get("IPYKERNEL_PATHS", "").split(os.pathsep))]


class Host:
    """A front end's output, and the clock that passes while it is shown."""

    def __init__(self, make_sweep, **options):
        self.sweep = make_sweep()
        self.now = 100.0
        self.listened_at = None
        self.sent = []
        self.panel = Panel(self.sweep.snapshot, self.sweep.config, clock=lambda: self.sweep.now)
        self.display = PanelDisplay(
            self.panel,
            lambda data, display_id, update: self.sent.append((data, display_id, update)),
            clock=lambda: self.now,
            listened_at=lambda: self.now if self.listened_at is None else self.listened_at,
            **options,
        )
        self.display.begin(self.drawn())

    def drawn(self):
        return picture(self.panel.read(), self.sweep.config, total=50, now=self.sweep.now)

    def pass_s(self, seconds, steps=1):
        """Let time pass, with so many steps of the view."""
        for _ in range(steps):
            self.now += seconds / steps
            self.display.update(self.drawn())

    def answer(self):
        self.panel._receive(None, {"kind": "ready"}, None)

    @property
    def kinds(self):
        """What each output was: with the widget or without, new or an update."""
        return [("widget" if WIDGET in data else "static", update) for data, _, update in self.sent]


@pytest.fixture
def make_host(make_sweep):
    made = []

    def make(**options):
        made.append(Host(make_sweep, **options))
        return made[-1]

    yield make
    for host in made:
        host.panel.close()


BEGUN, STATIC, AGAIN = ("widget", False), ("static", True), ("widget", True)


def test_within_three_seconds_the_static_view_lives_where_no_page_answers(make_host):
    assert ANSWER_S + CLOCK_S <= 3.0  # the view draws at least once a second
    host = make_host()
    host.pass_s(ANSWER_S - 0.1, steps=5)
    assert host.kinds == [BEGUN]
    host.pass_s(0.2)
    assert host.kinds == [BEGUN, STATIC]
    host.sweep.add()
    host.pass_s(0.25)
    assert host.kinds == [BEGUN, STATIC, STATIC]
    assert len({display_id for _, display_id, _ in host.sent}) == 1
    assert "1 of 50 runs" in host.sent[-1][0]["text/html"]


def test_a_page_that_answers_in_time_keeps_its_widget_for_good(make_host):
    host = make_host()
    host.pass_s(1.0)
    host.answer()
    host.pass_s(3600.0, steps=100)
    assert host.kinds == [BEGUN]


def test_a_page_that_answers_late_has_its_widget_again_and_keeps_it(make_host):
    host = make_host()
    host.pass_s(5.0, steps=2)
    host.answer()
    host.pass_s(0.25)
    assert host.kinds == [BEGUN, STATIC, STATIC, AGAIN]
    host.answer()  # the view of that output
    host.pass_s(3600.0, steps=10)
    assert host.kinds[3:] == [AGAIN]


def test_a_kernel_that_takes_no_messages_says_nothing_of_its_page(make_host):
    host = make_host()
    host.listened_at = 100.0
    said = []
    host.panel.send = lambda message, buffers=None: said.append(message["kind"])
    host.pass_s(9.0, steps=9)
    assert host.kinds == [BEGUN]
    assert said.count("picture") == 8  # what it may have missed: it cannot ask for it
    host.listened_at = None
    host.pass_s(0.25)
    assert host.kinds == [BEGUN, STATIC]


def test_who_insists_on_the_panel_keeps_it_and_its_twin_is_refreshed_now_and_then(make_host):
    host = make_host(insists=True)
    for seconds in (1.0, 9.0, 1.0):
        host.pass_s(seconds)
    assert host.kinds == [BEGUN, AGAIN]


def test_without_threads_the_widget_is_not_even_tried(make_host):
    host = make_host(has_widget=False)
    host.pass_s(1.0, steps=2)
    assert host.kinds == [("static", False), STATIC, STATIC]
    host.display.end(host.drawn(), tuple)
    assert "<script>" in host.sent[-1][0]["text/html"]  # what is saved is brushed all the same


@pytest.mark.parametrize("answers", [True, False])
def test_the_end_is_the_same_whatever_was_shown(make_host, answers):
    host = make_host()
    if answers:
        host.answer()
    host.pass_s(5.0)
    host.display.end(host.drawn(), tuple)
    data, _, update = host.sent[-1]
    assert update
    assert WIDGET not in data
    assert "<script>" in data["text/html"]
    host.answer()
    assert host.sent[-1][0] is data


@pytest.mark.parametrize("kind", ["here", "ready", "resync", "log"])
def test_any_word_of_a_page_is_an_answer(kind, make_host):
    host = make_host()
    host.panel._receive(None, {"kind": kind}, None)
    host.pass_s(60.0)
    assert host.kinds == [BEGUN]


@pytest.mark.parametrize("broken", ["anywidget", "ipywidgets", "traitlets"])
def test_without_widgets_installed_the_agents_view_is_static(broken, monkeypatch, caplog):
    for name in [name for name in sys.modules if name.startswith("nbsweep.panel.widget")]:
        monkeypatch.delitem(sys.modules, name)
    for name in [name for name in sys.modules if name.partition(".")[0] == "anywidget"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, broken, None)
    assert not panels.widgets_are_there()
    assert "pip install anywidget" in caplog.text


SETUP = """
import time, ipykernel
import nbsweep
nbsweep.setup("memory://here")
sweep = nbsweep.sweep(
    {"method": "random", "metric": {"name": "loss"}, "parameters": {"a": {"values": [1, 2]}}}
)
def train():
    with nbsweep.init() as run:
        for step in range(50):
            run.log({"loss": 1 / (step + 1)})
            time.sleep(0.1)
"""


@pytest.mark.slow
@pytest.mark.parametrize("path", PATHS, ids=lambda path: Path(path or "installed").name)
@pytest.mark.parametrize("executor", ["threads", "inline"])
def test_real_kernels_fall_back_unless_they_hear_nothing(path, executor):
    """A kernel of old reads what pages say only between the steps of a cell that polls."""
    places = [path, *sys.path] if path else sys.path
    with running_kernel({**os.environ, "PYTHONPATH": os.pathsep.join(places)}) as client:
        began, shown = None, []

        def note(message):
            nonlocal began
            if message["msg_type"] in ("display_data", "update_display_data"):
                began = began or time.monotonic()
                kind = "widget" if WIDGET in message["content"]["data"] else "static"
                shown.append((kind, time.monotonic() - began))

        client.execute_interactive(SETUP, timeout=60)
        code = f"nbsweep.agent(sweep, train, count=1, executor={executor!r})"
        reply = client.execute_interactive(code, timeout=60, output_hook=note)
        assert reply["content"]["status"] == "ok", reply["content"]
        before_the_end = [(kind, at) for kind, at in shown if at < 4.5]
        hears = executor == "threads" or path is None or not Path(path).name.startswith("6.")
        first_static = [at for kind, at in before_the_end if kind == "static"]
        assert before_the_end[0][0] == "widget"
        assert bool(first_static) == hears
        if hears:
            assert ANSWER_S - 0.5 < first_static[0] < 3.5
            assert len(first_static) >= 3  # and it lives


def test_a_bridge_without_a_kernel_listens_always():
    assert time.monotonic() - bridge.listened_at() < 1.0
