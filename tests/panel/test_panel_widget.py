"""The panel's Python side: what it sends, how it answers, what it leaves behind."""

import base64
import dataclasses
import gzip
import json
import re
import threading
import time

import pytest

from nbsweep.analysis.why import explain
from nbsweep.errors import StoreError, UsageError
from nbsweep.panel.details import details
from nbsweep.panel.display import PanelDisplay
from nbsweep.panel.saved import frozen_bundle, frozen_html, report, report_html, still_bundle
from nbsweep.panel.widget import RETIRED_KEPT, STATIC, WIDGET, Panel
from nbsweep.records import RunRecord, RunState
from nbsweep.view.delta import apply
from nbsweep.view.live import LiveView
from nbsweep.view.picture import picture
from tests.saved_pages import script_of

EVIL = "</script><img src=x onerror=alert(1)>\u2028"
DEADLINE_S = 60
ANSWERS = {
    "ready": "picture",
    "resync": "picture",
    "detail": "detail",
    "steer": "answer",
    "analyse": "analysis",
    "space": "space",
    "chart": "chart",
    "series": "series",
}


class FakeControl:
    def __init__(self):
        self.calls = []

    def pause(self):
        self.calls.append(("pause",))

    def resume(self):
        raise UsageError("resume: the sweep has ended.")

    def stop(self, now=False):
        self.calls.append(("stop", now))

    def extend(self, count):
        self.calls.append(("extend", count))

    def kill(self, run_id):
        self.calls.append(("kill", run_id))


class Page:
    """What a page would have received and shown, and what it says."""

    def __init__(self, panel):
        self.panel = panel
        self.messages = []
        self.arrived = threading.Condition()
        panel.send = self.receive

    def receive(self, message, buffers=None):
        with self.arrived:
            self.messages.append(json.loads(json.dumps(message, allow_nan=False)))
            self.arrived.notify_all()

    def say(self, **message):
        """Say something and wait for the answer, whatever else arrives."""
        kind = ANSWERS[message["kind"]]
        with self.arrived:
            n = len(self.messages)
            self.panel._receive(None, message, None)
            assert self.arrived.wait_for(lambda: self.said(kind, n), DEADLINE_S)
            return self.said(kind, n)[0]

    def said(self, kind, n=0):
        return [message for message in self.messages[n:] if message["kind"] == kind]


@pytest.fixture
def make_panel(make_sweep):
    made = []

    def make(sweep, control=None, **options):
        panel = Panel(sweep.snapshot, sweep.config, control, clock=lambda: sweep.now, **options)
        made.append(panel)
        return panel

    yield make
    for panel in made:
        panel.close()


def drawn(sweep, panel, **options):
    return picture(panel.read(), sweep.config, total=50, now=sweep.now, **options)


def test_the_picture_is_complete_before_anything_was_shown(make_panel, make_mixed_sweep):
    panel = make_panel(make_mixed_sweep(12))
    snap = panel.get_state("snap")["snap"]
    assert len(snap["rows"]) == 12
    assert snap["sweep"]["id"] == "ab12cd34"


def test_a_page_that_follows_deltas_shows_what_a_new_page_gets(make_panel, make_mixed_sweep):
    sweep = make_mixed_sweep(12)
    panel = make_panel(sweep)
    page = Page(panel)
    shown = page.say(kind="ready")["picture"]
    for _ in range(3):
        sweep.add(RunState.FINISHED)
        panel.show(drawn(sweep, panel, live=True))
    fresh = page.say(kind="resync")["picture"]
    for message in page.messages:
        if message["kind"] == "delta" and message["seq"] > shown["seq"]:
            shown = apply(shown, message)
    assert shown == fresh
    assert len(fresh["rows"]) == 15


def test_nothing_new_sends_nothing(make_panel, make_mixed_sweep):
    sweep = make_mixed_sweep(12)
    panel = make_panel(sweep)
    panel.finish(drawn(sweep, panel))
    page = Page(panel)
    panel.show(drawn(sweep, panel))
    assert page.messages == []


@pytest.mark.parametrize(
    ("said", "called", "text"),
    [
        ({"action": "pause"}, ("pause",), "paused"),
        ({"action": "stop"}, ("stop", False), "stopping after the runs under way"),
        ({"action": "stop_now"}, ("stop", True), "stopping now"),
        ({"action": "extend", "count": 5}, ("extend", 5), "5 runs added"),
        ({"action": "kill", "run": "run00003"}, ("kill", "run00003"), "run is being stopped"),
    ],
)
def test_buttons_call_the_control(make_panel, make_mixed_sweep, said, called, text):
    control = FakeControl()
    page = Page(make_panel(make_mixed_sweep(3), control))
    answer = page.say(kind="steer", **said)
    assert control.calls == [called]
    assert answer == {
        "kind": "answer",
        "action": said["action"],
        "run": said.get("run"),
        "ok": True,
        "text": text,
    }


def test_a_button_that_cannot_says_why(make_panel, make_mixed_sweep):
    page = Page(make_panel(make_mixed_sweep(3), FakeControl()))
    answer = page.say(kind="steer", action="resume")
    assert (answer["ok"], answer["text"]) == (False, "resume: the sweep has ended.")


def test_only_what_the_control_can_do_has_a_button(make_panel, make_mixed_sweep):
    sweep = make_mixed_sweep(3)
    assert make_panel(sweep).controls["actions"] == []
    page = Page(panel := make_panel(sweep, FakeControl()))
    assert "retry" not in panel.controls["actions"]
    assert not page.say(kind="steer", action="retry", run="run00001")["ok"]
    assert not page.say(kind="steer", action="__class__")["ok"]


def test_a_bad_message_does_not_end_the_panel(make_panel, make_mixed_sweep, caplog):
    page = Page(panel := make_panel(make_mixed_sweep(3), FakeControl()))
    panel._receive(None, "nonsense", None)
    assert page.say(kind="ready")["kind"] == "picture"
    assert "has no attribute 'get'" in caplog.text


@pytest.mark.parametrize("count", [0, -3, 10**9, 2.5, "many", None, True])
def test_only_a_number_of_runs_is_added(make_panel, make_mixed_sweep, count):
    control = FakeControl()
    page = Page(make_panel(make_mixed_sweep(3), control))
    answer = page.say(kind="steer", action="extend", count=count)
    assert (answer["ok"], answer["text"]) == (
        False,
        f"Found {count!r}; a whole number from 1 to 9,999 is needed.",
    )
    assert control.calls == []


class LimitedControl(FakeControl):
    left = 2

    def extend(self, count):
        self.left = min(self.left + count, 4)


def test_runs_that_the_sweep_does_not_hand_out_are_not_said_to_be_added(
    make_panel, make_mixed_sweep
):
    page = Page(make_panel(make_mixed_sweep(3), LimitedControl()))
    answers = [page.say(kind="steer", action="extend", count=n) for n in (1, 5, 5)]
    assert [(answer["ok"], answer["text"]) for answer in answers] == [
        (True, "1 run added"),
        (True, "1 run added of 5: the sweep hands out no more of them"),
        (
            False,
            "No runs were added: the sweep hands out no more of them, by its run_cap or since all "
            "points of its grid are spoken for.",
        ),
    ]


class BrokenControl(FakeControl):
    def pause(self):
        raise StoreError("database is locked")

    def kill(self, run_id):
        raise ZeroDivisionError("no")


def test_every_click_is_answered_whatever_fails(make_panel, make_mixed_sweep):
    page = Page(make_panel(make_mixed_sweep(3), BrokenControl()))
    answers = [
        page.say(kind="steer", action=action, run="run00001") for action in ("pause", "kill")
    ]
    assert [(answer["ok"], answer["text"]) for answer in answers] == [
        (
            False,
            "The store did not answer (database is locked), so nothing was changed. Click again in "
            "a moment.",
        ),
        (False, "kill: it failed, ZeroDivisionError: no"),
    ]


def test_a_click_does_not_wait_for_anything_else_that_the_page_asks(
    make_panel, make_mixed_sweep, monkeypatch
):
    may_end = threading.Event()
    waited = []

    def slow(*_):
        waited.append(may_end.wait(DEADLINE_S))
        return ""

    control = FakeControl()
    panel = make_panel(make_mixed_sweep(3), control, console=slow)
    page = Page(panel)
    panel._receive(None, {"kind": "detail", "run": "run00001"}, None)
    with panel._lock:  # and for no picture that is being made
        assert page.say(kind="steer", action="pause")["ok"]
    assert waited == []
    may_end.set()


def test_buttons_that_do_nothing_any_more_go_with_the_next_picture(make_panel, make_mixed_sweep):
    control, sweep = FakeControl(), make_mixed_sweep(3)
    panel = make_panel(sweep, control)
    assert {"stop", "extend"} <= set(panel.controls["actions"])
    control.unavailable = {"stop", "extend"}
    panel.show(drawn(sweep, panel))
    assert not {"stop", "extend"} & set(panel.controls["actions"])
    panel.finish(drawn(sweep, panel))
    control.unavailable = ()
    panel.show(drawn(sweep, panel))
    assert panel.controls["actions"] == [], "the agent has ended"


def test_only_the_sweep_of_a_control_is_ended_for_good(make_panel, make_mixed_sweep):
    control = AgentOnly()
    page = Page(panel := make_panel(make_mixed_sweep(3), control))
    assert {"end", "end_now"} <= set(panel.controls["actions"])
    assert not {"stop", "stop_now", "extend"} & set(panel.controls["actions"])
    assert page.say(kind="steer", action="end")["text"] == "the sweep has ended"
    assert page.say(kind="steer", action="end_now")["ok"]
    assert control.sweep.calls == [("stop", False), ("stop", True)]


def test_details_hold_what_there_is_to_know_of_a_run(make_panel, make_sweep):
    sweep = make_sweep()
    origin = {"method": "bayes", "why": "model", "observations": 24, "predicted_mean": 0.4}
    sweep.add(RunState.FAILED, origin=origin, code_hash="1489a5d3ff", tags=("a", "b"))
    page = Page(make_panel(sweep))
    detail = page.say(kind="detail", run="run00001")["detail"]
    assert detail["error"].endswith("ValueError: loss is NaN")
    assert ["epochs", "5"] in detail["config"]
    assert json.loads(detail["json"]) == dict(sweep.runs[0].config)
    assert detail["why"] == [
        "Chosen where a model of 24 runs expected the largest improvement of loss.",
        "Predicted loss: 0.4.",
        "It failed.",
    ]
    assert detail["stopped"] == []
    assert detail["started"] == sweep.runs[0].started_at
    assert detail["facts"] == [["tags", "a, b"], ["code", "1489a5d3"]]


def test_what_the_details_say_of_why_is_what_sweep_why_says(make_panel, make_sweep):
    sweep = make_sweep()
    for _ in range(3):
        sweep.add()
    reason = "band 3: 0.81 is worse than 0.5, top 1/3 of 9 runs"
    run = sweep.add(RunState.STOPPED, stop_requested=reason, origin={"method": "random"})
    detail = Page(make_panel(sweep)).say(kind="detail", run=run.id)["detail"]
    assert detail["stopped"][0].endswith(
        "at iteration 3 its loss, 0.81, was worse than 0.5, the limit of the best 1/3 of 9 runs."
    )
    explained = explain(run, sweep.snapshot(), sweep.config).sentences
    assert [*detail["why"], *detail["stopped"]] == list(explained)


def test_details_tell_where_a_run_went_on_and_not_as_a_reason_for_its_params(
    make_panel, make_sweep
):
    sweep = make_sweep()
    sweep.add(origin={"method": "bayes"})
    sweep.go_on(1, [0.2], config={"epochs": 40}, why="promising")
    asked = []

    def resumption(run):
        asked.append(run.id)
        return "before step 21, saved 2026-11-28 14:32", "it is under way"

    page = Page(make_panel(sweep, resumption=resumption))
    detail = page.say(kind="detail", run="run00001")["detail"]
    assert asked == ["run00001"]
    assert not any("went on" in sentence for sentence in detail["why"])
    assert detail["continued"] == [
        ["step 20", "continued after 3 min 05 s; epochs 40; promising"],
        ["checkpoint", "before step 21, saved 2026-11-28 14:32"],
    ]
    assert (detail["iterations"], detail["cannot_continue"]) == (21, "it is under way")


class LongerControl(FakeControl):
    def continue_run(self, run_id, iterations):
        self.calls.append(("continue", run_id, iterations))


@pytest.mark.parametrize(
    ("said", "asked"), [({"count": 7}, 7), ({}, None), ({"count": None}, None)]
)
def test_continue_asks_for_so_many_iterations_or_for_the_run_s_own_end(
    make_panel, make_mixed_sweep, said, asked
):
    control = LongerControl()
    page = Page(make_panel(make_mixed_sweep(3), control))
    answer = page.say(kind="steer", action="continue", run="run00001", **said)
    assert control.calls == [("continue", "run00001", asked)]
    assert (answer["ok"], answer["text"]) == (True, "run goes on")


def test_the_best_are_trained_longer_only_where_that_is_possible(make_panel, make_mixed_sweep):
    def refuse():
        raise UsageError("No run has ended with a value yet.")

    sweep = make_mixed_sweep(3)
    assert "continue_best" not in make_panel(sweep, LongerControl()).controls["actions"]
    assert "continue_best" not in make_panel(sweep, train_longer=refuse).controls["actions"]
    said = Page(make_panel(sweep, LongerControl(), train_longer=lambda: "Runs 1 and 2 go on next."))
    answer = said.say(kind="steer", action="continue_best")
    assert (answer["ok"], answer["text"]) == (True, "Runs 1 and 2 go on next.")
    page = Page(make_panel(sweep, LongerControl(), train_longer=refuse))
    answer = page.say(kind="steer", action="continue_best")
    assert (answer["ok"], answer["text"]) == (False, "No run has ended with a value yet.")


def test_importance_arrives_when_runs_end(make_panel, make_mixed_sweep):
    sweep = make_mixed_sweep(30)
    page = Page(panel := make_panel(sweep))
    with page.arrived:
        panel.show(drawn(sweep, panel))
        assert page.arrived.wait_for(
            lambda: (
                any("importance" in m.get("set", {}) for m in page.messages)
                or panel.picture["importance"]
            ),
            DEADLINE_S,
        )
    found = panel.picture["importance"]
    assert found["rows"][0]["name"] == "learning_rate"


def test_selected_runs_come_as_a_dataframe(make_panel, make_mixed_sweep):
    pandas = pytest.importorskip("pandas")
    table = pandas.DataFrame({"id": ["run00001", "run00002"], "loss": [1.0, 2.0]})
    panel = make_panel(make_mixed_sweep(2), dataframe=lambda: table)
    assert len(panel.selected_dataframe()) == 2
    seen = []
    panel.observe(lambda change: seen.append(change["new"]), "selected")
    panel.selected = ["run00002"]
    assert list(panel.selected_dataframe()["loss"]) == [2.0]
    assert [[run.number for run in runs] for runs in seen] == [[2]]
    panel.selected_ids = ["run00001"]  # as the page does
    assert [[run.number for run in runs] for runs in seen] == [[2], [1]]
    with pytest.raises(UsageError) as caught:
        panel.selected = ["run00009"]
    assert str(caught.value) == "The panel's sweep has no run 'run00009'."


def test_a_shown_panel_leaves_html_and_text_where_widgets_are_not_drawn(
    make_panel, make_mixed_sweep
):
    found = make_panel(make_mixed_sweep(3))._repr_mimebundle_()
    shown = found[0] if isinstance(found, tuple) else found
    assert "<table" in shown["text/html"]
    assert "ab12cd34" in shown["text/plain"]
    assert shown[WIDGET]["model_id"]


class Outputs:
    def __init__(self):
        self.sent = []

    def __call__(self, data, display_id, update):
        self.sent.append((data, display_id, update))


def test_one_output_becomes_frozen_html_at_the_end(make_panel, make_mixed_sweep):
    sweep = make_mixed_sweep(12)
    panel, outputs = make_panel(sweep, FakeControl()), Outputs()
    display = PanelDisplay(panel, outputs, clock=lambda: 0.0)
    view = LiveView(panel.read, sweep.config, display=display, clock=lambda: sweep.now)
    view.start()
    sweep.add()
    view.step()
    view.stop("count reached")
    (first, name, is_update), (last, same_name, is_last_update) = outputs.sent
    assert (is_update, is_last_update) == (False, True)
    assert name == same_name
    assert first[WIDGET]["model_id"]
    assert "10 of" not in first["text/html"]
    assert set(last) == {"text/html", "text/plain"}
    assert "<script>" in last["text/html"]
    assert "<table" in last["text/html"]
    assert "<img" in last["text/html"]
    display.end(view._draw(sweep.snapshot(), live=False), tuple)
    assert outputs.sent[-1] == outputs.sent[-2]


def test_a_page_that_was_reloaded_meanwhile_keeps_the_panel_and_is_answered(
    make_panel, make_mixed_sweep
):
    """It does not know any more which output the saved one takes the place of."""
    sweep = make_mixed_sweep(12)
    panel = make_panel(sweep, FakeControl())
    page = Page(panel)
    PanelDisplay(panel, Outputs()).end(drawn(sweep, panel), tuple)
    assert panel.comm is not None
    assert panel.controls["actions"] == []
    shown = page.say(kind="ready")["picture"]
    assert (len(shown["rows"]), shown["importance"]["n_runs"]) == (12, 9)
    assert page.say(kind="detail", run="run00002")["detail"]["config"]
    assert page.say(kind="analyse", key="k", target="duration (s)")["error"] == ""
    assert page.say(kind="chart", name="edf")["chart"]["svg"].startswith("<svg")
    assert not page.say(kind="steer", action="pause")["ok"]


def test_only_the_last_few_ended_panels_are_kept(make_panel, make_mixed_sweep):
    sweep = make_mixed_sweep(3)
    panels = [make_panel(sweep) for _ in range(RETIRED_KEPT + 2)]
    for panel in panels:
        PanelDisplay(panel, Outputs()).end(drawn(sweep, panel), tuple)
    assert [panel.comm is None for panel in panels] == [True, True, *[False] * RETIRED_KEPT]


def test_an_interrupt_among_the_plots_still_leaves_a_frozen_output(make_panel, make_mixed_sweep):
    sweep = make_mixed_sweep(12)
    panel, outputs = make_panel(sweep), Outputs()
    display = PanelDisplay(panel, outputs)

    def interrupted():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        display.end(drawn(sweep, panel), interrupted)
    assert "<script>" in outputs.sent[-1][0]["text/html"]


def still(sweep, panel):
    last = drawn(sweep, panel)
    panel.finish(last)
    return last, panel.still_data()


def test_a_saved_output_of_50_runs_is_small(make_panel, make_mixed_sweep):
    from nbsweep.view.svg import plots

    for n, limit in ((50, 150_000), (200, 300_000)):
        sweep = make_mixed_sweep(n)
        last, data = still(sweep, make_panel(sweep))
        bundle = frozen_bundle(last, data, plots(sweep.snapshot(), sweep.config))
        # As a notebook holds it: JSON, in which each quote is two characters.
        assert len(json.dumps(bundle, ensure_ascii=False).encode()) <= limit


@pytest.mark.parametrize(("n", "n_params", "limit"), [(200, 12, 300_000), (2_000, 4, 400_000)])
def test_a_saved_output_keeps_all_of_many_runs(make_panel, make_sweep, n, n_params, limit):
    from nbsweep.view.svg import plots

    spec = {f"p{i}": {"min": 0.0, "max": 1.0} for i in range(n_params)}
    sweep = make_sweep({"method": "random", "metric": {"name": "loss"}, "parameters": spec})
    for _ in range(n):
        sweep.add()
    last, data = still(sweep, make_panel(sweep))
    bundle = frozen_bundle(last, data, plots(sweep.snapshot(), sweep.config))
    assert len(json.dumps(bundle, ensure_ascii=False).encode()) <= limit
    script = script_of(bundle["text/html"])
    assert all(f'"run{number:05}"' in script for number in range(1, n + 1))


def test_a_saved_output_holds_the_details_of_the_best_runs_and_makes_no_others(
    make_panel, make_sweep, monkeypatch
):
    made = []
    monkeypatch.setattr(
        "nbsweep.panel.widget.details",
        lambda run, *rest: made.append(run.id) or details(run, *rest),
    )
    sweep = make_sweep()
    for _ in range(400):
        sweep.add(origin={"method": "random"}, config={"epochs": 5, "data": {"name": "digits"}})
    last, data = still(sweep, make_panel(sweep))
    held = json.loads(
        script_of(frozen_html(last, data)).rpartition(',"details":')[2].partition(',"brushes"')[0]
    )
    assert 40 < len(held) < 200
    assert made == list(dict.fromkeys(made))
    assert len(made) <= len(held) + 1
    best = held[last["best"]["id"]]
    assert best["why"] == [
        "Drawn at random from the distributions of the config; earlier runs play no part."
    ]
    assert best["config"] == [["epochs", "5"], ["data.name", "digits"]]
    assert json.loads(best["json"]) == {"epochs": 5, "data": {"name": "digits"}}
    assert "console" not in best


def test_a_report_of_very_many_runs_stays_small_and_keeps_the_best(make_sweep):
    sweep = make_sweep()
    for _ in range(1_500):
        sweep.add()
    page = report(sweep.snapshot(), sweep.config, now=sweep.now)
    assert 200_000 < len(page.encode()) <= 400_000
    best = min(sweep.runs, key=lambda run: run.summary["loss"])
    assert f'"{best.id}"' in script_of(page).partition("nbsweepFrozen.show(")[2]


def test_texts_of_users_cannot_end_the_script(make_panel, make_sweep):
    sweep = make_sweep(name=EVIL)
    sweep.add(name=EVIL, params={"optimizer": EVIL}, summary={EVIL: EVIL, "loss": 1.0})
    sweep.add(RunState.FAILED, error=f"Traceback\n{EVIL}")
    last, data = still(sweep, make_panel(sweep))
    for html in (frozen_html(last, data), report_html(last, data)):
        assert "onerror=alert(1)>" not in html
        assert html.count("</script") == 1
        assert "\u2028" not in html.partition("<script>")[2]
        assert EVIL not in script_of(html)


def test_a_report_asks_for_nothing_from_a_network(make_panel, make_mixed_sweep):
    sweep = make_mixed_sweep(20)
    html = report_html(*still(sweep, make_panel(sweep)))
    assert len(html) < 400_000
    addresses = set(re.findall(r"(?:src|href)=[\"']([^\"']*)", html))
    assert all(address.startswith("data:") for address in addresses)
    for data in re.findall(r"base64,([A-Za-z0-9+/=]+)", html):
        assert b"http://www.w3.org" in base64.b64decode(data)
    addresses = re.findall(r"https?://[^\"'`\\ ]+", html + script_of(html))
    assert set(addresses) == {"http://www.w3.org/2000/svg"}


def test_a_sweep_is_frozen_without_a_widget(make_panel, make_mixed_sweep):
    sweep = make_mixed_sweep(20)
    page = report(sweep.snapshot(), sweep.config, now=sweep.now)
    assert page.startswith("<!doctype html>")
    assert page.count("</script>") == 1
    shown = still_bundle(sweep.snapshot(), sweep.config, now=sweep.now)
    assert set(shown) == {"text/html", "text/plain"}


def test_an_empty_sweep_is_frozen_too(make_sweep):
    sweep = make_sweep()
    assert '"values":[]' in script_of(report(sweep.snapshot(), sweep.config, now=sweep.now))


def test_the_bundle_is_one_small_file_without_imports():
    bundle = (STATIC / "panel.js").read_text(encoding="utf-8")
    assert not re.search(r"^\s*import\b", bundle, re.MULTILINE)
    assert "eval(" not in bundle
    assert len(bundle) < 180_000
    for name, limit in (("frozen.min.js", 75_000), ("frozen_front.min.js", 77_000)):
        # As a saved output holds it.
        packed = base64.b64encode(gzip.compress((STATIC / name).read_bytes()))
        assert len(packed) < limit


def test_a_sweep_without_an_agent_is_followed(make_panel, make_mixed_sweep, monkeypatch):
    monkeypatch.setattr("nbsweep.panel.widget.FOLLOW_S", 0.01)
    monkeypatch.setattr("nbsweep.panel.widget.FOLLOW_IDLE_S", 0.01)
    sweep = make_mixed_sweep(3)
    page = Page(panel := make_panel(sweep))
    with page.arrived:
        panel.follow()
        sweep.add(RunState.FINISHED)
        assert page.arrived.wait_for(lambda: len(panel.picture["rows"]) == 4, DEADLINE_S)
    panel.close()
    deadline = time.monotonic() + DEADLINE_S
    while any(thread.name == "nbsweep-follow" for thread in threading.enumerate()):
        assert time.monotonic() < deadline
        time.sleep(0.01)


class FakeChild:
    summary = "A narrower sweep than ab12cd34:\n  learning_rate: smaller"
    code = "nbsweep.sweep({})"

    def create(self):
        return "child123"


class SteerableSweep(FakeControl):
    """What Sweep can beside the agent's own methods."""

    def edit(self, parameters):
        self.calls.append(("edit", parameters))

    def retry(self, run_id):
        self.calls.append(("retry", run_id))

    def narrow(self, ranges):
        if not ranges:
            raise UsageError("narrow: nothing would be narrower.")
        self.calls.append(("narrow", ranges))
        return FakeChild()


class BelievingSweep(SteerableSweep):
    def believe(self, beliefs):
        self.calls.append(("believe", beliefs))


class AgentOnly:
    def __init__(self):
        self.sweep = SteerableSweep()


def test_a_click_does_not_wait_for_a_ranking(make_panel, make_mixed_sweep, monkeypatch):
    began, may_end = threading.Event(), threading.Event()

    def slow(*_, **__):
        began.set()
        assert may_end.wait(DEADLINE_S)

    monkeypatch.setattr("nbsweep.panel.analyses.ranking", slow)
    page = Page(make_panel(make_mixed_sweep(12), FakeControl()))
    assert began.wait(DEADLINE_S)
    assert page.say(kind="steer", action="pause")["ok"]
    may_end.set()


def test_a_ranking_that_comes_after_the_end_changes_nothing(
    make_panel, make_mixed_sweep, monkeypatch
):
    began, may_end = threading.Event(), threading.Event()

    def ranking(*_, **__):
        if threading.current_thread().name != "nbsweep-analyst":
            return "of all runs"
        began.set()
        assert may_end.wait(DEADLINE_S)
        return "of few runs"

    monkeypatch.setattr("nbsweep.panel.analyses.ranking", ranking)
    sweep = make_mixed_sweep(12)
    panel = make_panel(sweep)
    assert began.wait(DEADLINE_S)
    panel.finish(drawn(sweep, panel))
    may_end.set()
    answered = threading.Event()
    panel.analyse(lambda *_: answered.set())
    assert answered.wait(DEADLINE_S)
    assert panel.picture["importance"] == "of all runs"


def test_what_the_agent_cannot_its_sweep_does(make_panel, make_mixed_sweep):
    control = AgentOnly()
    page = Page(panel := make_panel(make_mixed_sweep(12), control))
    assert {"edit", "retry", "narrow"} <= set(panel.controls["actions"])
    assert page.say(kind="steer", action="edit", parameters={"dropout": {"values": [0.3]}})["ok"]
    assert page.say(kind="steer", action="retry", run="run00004")["ok"]
    assert control.sweep.calls == [
        ("edit", {"dropout": {"values": [0.3]}}),
        ("retry", "run00004"),
    ]


def test_a_brush_becomes_a_narrower_sweep_once_it_is_wanted(make_panel, make_mixed_sweep):
    control = AgentOnly()
    page = Page(make_panel(make_mixed_sweep(12), control))
    brushes = {"ranges": {"optimizer": [[0.5, 1.0]]}, "invert": False}
    asked = page.say(kind="steer", action="narrow", brushes=brushes, runs=[], create=False)
    assert (asked["ok"], asked["code"], asked["created"]) == (True, FakeChild.code, None)
    assert control.sweep.calls == [("narrow", {"optimizer": ["adam"]})]
    made = page.say(kind="steer", action="narrow", brushes=brushes, runs=[], create=True)
    assert made["created"] == "child123"
    refused = page.say(kind="steer", action="narrow", brushes={"ranges": {}}, runs=[])
    assert (refused["ok"], refused["text"]) == (False, "narrow: nothing would be narrower.")


def test_a_brush_becomes_a_belief_where_the_search_takes_them(make_panel, make_mixed_sweep):
    control = AgentOnly()
    control.sweep = BelievingSweep()
    page = Page(panel := make_panel(make_mixed_sweep(12), control))
    brushes = {"ranges": {"optimizer": [[0.5, 1.0]]}, "invert": False}
    ask = {"kind": "steer", "action": "believe"}
    assert "believe" not in panel.controls["actions"]  # its method is random
    refused = page.say(**ask, brushes=brushes, runs=[])
    assert (refused["ok"], refused["text"]) == (False, "believe: nothing here takes beliefs.")
    panel.config = dataclasses.replace(panel.config, method="bayes")
    told = page.say(**ask, brushes=brushes, runs=[])
    assert (told["ok"], told["text"]) == (True, "the next suggestions begin there")
    withdrawn = page.say(**ask, withdraw="optimizer")
    assert (withdrawn["ok"], withdrawn["text"]) == (True, "belief withdrawn")
    assert control.sweep.calls == [
        ("believe", {"optimizer": ["adam"]}),
        ("believe", {"optimizer": None}),
    ]
    refused = page.say(**ask, brushes={"ranges": {}}, runs=[])
    assert refused["text"] == "believe: brush an axis, or select at least 2 runs."


def test_the_console_of_a_run_comes_with_its_details(make_panel, make_mixed_sweep):
    panel = make_panel(make_mixed_sweep(3), console=lambda run_id: f"epoch 1 of {run_id}\n")
    detail = Page(panel).say(kind="detail", run="run00002")["detail"]
    assert detail["console"] == "epoch 1 of run00002"


def test_importance_for_the_duration_among_some_runs_is_computed_on_request(
    make_panel, make_mixed_sweep
):
    page = Page(panel := make_panel(make_mixed_sweep(40)))
    runs = [row["id"] for row in panel.picture["rows"]][:30]
    answer = page.say(kind="analyse", key="k", target="loss max", runs=runs, method="permutation")
    assert (answer["key"], answer["error"]) == ("k", "")
    found = answer["found"]
    assert (found["metric"], found["method"]) == ("loss max", "permutation")
    assert found["n_runs"] < 30
    assert found["rows"][0]["name"] == "learning_rate"
    assert len(found["rows"][0]["dependence"]) > 5
    wrong = page.say(kind="analyse", key="k", target="what", runs=None, method="forest")
    assert wrong["error"].startswith("No run has a result 'what'. There are: loss min,")


def test_importance_by_any_method_says_what_is_left(make_panel, make_mixed_sweep):
    page = Page(make_panel(make_mixed_sweep(40)))
    found = page.say(kind="analyse", key="k", target="", runs=None, method="fanova")["found"]
    assert (found["method"], found["heading"]) == ("fanova", "main effect (share)")
    assert found["explained"].startswith("The forest explains ")
    assert "do not tell. Of what it explains, single parameters make" in found["explained"]
    assert {"ratio", "best_value", "n_runs"} <= set(found["rows"][0])
    wrong = page.say(kind="analyse", key="k", target="", runs=None, method="tree")
    assert wrong["error"].startswith('importance: there is no method "tree".')


def test_what_makes_runs_fail_is_asked_for_by_a_target(make_panel, make_mixed_sweep):
    page = Page(make_panel(make_mixed_sweep(40)))
    found = page.say(kind="analyse", key="k", target="failed", runs=None, method="forest")["found"]
    assert found["metric"] == "failure"


def test_the_form_gets_the_specs_of_the_parameters(make_panel, make_mixed_sweep):
    specs = Page(make_panel(make_mixed_sweep(3))).say(kind="space")["specs"]
    assert specs["optimizer"] == {"values": ["adam", "sgd"]}
    assert (specs["learning_rate"]["min"], specs["learning_rate"]["max"]) == (1e-4, 0.1)


def test_many_runs_go_as_columns_with_a_buffer(make_panel, make_mixed_sweep, monkeypatch):
    monkeypatch.setattr("nbsweep.panel.widget.PACKED_ABOVE", 10)
    panel = make_panel(make_mixed_sweep(12))
    assert panel.get_state("snap")["snap"] == {}
    buffers = []
    page = Page(panel)
    panel.send = lambda message, more=None: (buffers.append(more), page.receive(message))
    answer = page.say(kind="ready")
    assert answer["picture"]["rows"] == []
    assert answer["rows"]["n"] == 12
    (buffer,) = next(more for more in buffers if more)
    assert len(buffer) > 12 * 8 * 8


def test_the_outlook_is_part_of_the_last_picture(make_panel, make_mixed_sweep):
    sweep = make_mixed_sweep(12)
    panel = make_panel(sweep)
    panel.finish(drawn(sweep, panel))
    assert panel.picture["outlook"]["suggestion"] in ("go on", "stop", "unknown")
    assert panel.picture["outlook"]["verdict"]


def test_the_parts_of_a_run_come_with_its_details(make_panel, make_mixed_sweep):
    states = {"fold 1": RunState.FINISHED, "fold 2": RunState.FAILED}
    parts = [
        RunRecord(id=name, project="demo", name=name, state=state, summary={"loss": 0.25})
        for name, state in states.items()
    ]
    panel = make_panel(make_mixed_sweep(3), parts=lambda run_id: parts if run_id else [])
    detail = Page(panel).say(kind="detail", run="run00002")["detail"]
    assert detail["parts"] == [["fold 1", "0.25"], ["fold 2", "0.25 (failed)"]]


def test_where_runs_fail_the_ranking_says_so_instead_of_waiting(make_panel, make_sweep):
    sweep = make_sweep()
    for state in (*[RunState.FAILED] * 3, RunState.KILLED, RunState.FINISHED):
        sweep.add(state)
    panel = make_panel(sweep)
    panel.finish(drawn(sweep, panel))
    assert panel.picture["importance"]["verdict"] == (
        "Too few runs to tell what matters: 1 run has a value of loss (3 failed, 1 killed), 10 are "
        "needed."
    )


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (
            ModuleNotFoundError("No module named 'sklearn'", name="sklearn.tree"),
            "scikit-learn is missing. pip install scikit-learn, then restart the kernel.",
        ),
        (FloatingPointError("overflow"), "FloatingPointError: overflow"),
    ],
)
def test_a_ranking_that_is_not_possible_says_why(
    make_panel, make_mixed_sweep, monkeypatch, error, why
):
    def ranking(*_, **__):
        raise error

    monkeypatch.setattr("nbsweep.panel.analyses.ranking", ranking)
    sweep = make_mixed_sweep(12)
    page = Page(panel := make_panel(sweep))
    asked = page.say(kind="analyse", key="k", target="", runs=None)
    assert (asked["found"], asked["error"]) == (
        None,
        f"It could not be ranked: {type(error).__name__}: {error}",
    )
    panel.finish(drawn(sweep, panel))
    assert panel.picture["importance"]["verdict"] == f"The parameters cannot be ranked here: {why}"
    assert panel.picture["importance"]["rows"] == []
