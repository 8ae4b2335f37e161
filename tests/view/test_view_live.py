import dataclasses
import sys
import threading
import types

import pytest

from nbsweep.errors import StoreError
from nbsweep.records import RunState, SweepState
from nbsweep.view import live
from nbsweep.view.console import say
from nbsweep.view.live import Ahead, CellDisplay, LiveView, TextDisplay, in_kernel


class Clock:
    """Time that passes when a test says so."""

    def __init__(self, now):
        self.now = now

    def __call__(self):
        return self.now


class Recorder:
    """A display that keeps what it is told, in order."""

    def __init__(self):
        self.calls = []

    def begin(self, state):
        self.calls.append(("begin", state))

    def update(self, state):
        self.calls.append(("update", state))

    def message(self, text):
        self.calls.append(("message", text))

    def end(self, state, plots):
        self.calls.append(("end", state))
        self.calls.append(("plots", plots()))

    @property
    def kinds(self):
        return [kind for kind, _ in self.calls]


@pytest.fixture
def make_view(monkeypatch):
    """A LiveView without its thread: the test calls `step`."""
    monkeypatch.setattr(LiveView, "_follow", lambda self: self._thread_ended.set())

    def make(sweep, count=None, **options):
        """With an agent that takes `count` runs, each of those that come to be."""
        most = None if count is None else len(sweep.runs) + count
        options.setdefault(
            "ahead", lambda now: Ahead(None if most is None else most - len(now.runs), 1)
        )
        clock = Clock(sweep.now)
        options.setdefault("display", Recorder())
        options.setdefault("timer", lambda: 0.0)
        return LiveView(sweep.snapshot, sweep.config, clock=clock, **options), clock

    return make


def finish(sweep, index=-1, **fields):
    run = sweep.runs[index]
    end = {"state": RunState.FINISHED, "ended_at": run.heartbeat_at, **fields}
    sweep.replace(index, dataclasses.replace(run, **end))


def test_a_change_is_shown_at_the_next_step_and_the_end_for_good(make_sweep, make_view):
    sweep = make_sweep()
    view, clock = make_view(sweep, count=2)
    view.start()
    sweep.add(RunState.RUNNING)
    clock.now += 0.25
    view.step()
    finish(sweep)
    view.stop("interrupted")
    calls = view._display.calls
    assert view._display.kinds == ["begin", "update", "end", "plots"]
    assert [state["live"] for kind, state in calls if kind != "plots"] == [True, True, False]
    assert [len(state["rows"]) for kind, state in calls if kind != "plots"] == [0, 1, 1]
    assert calls[2][1]["sweep"]["message"] == "interrupted"
    assert [picture.title for picture in calls[3][1]] == [
        "Parallel coordinates",
        "Parameter importance",
    ]


def test_when_only_the_clock_moves_it_is_shown_once_a_second(make_sweep, make_view):
    sweep = make_sweep()
    sweep.add(RunState.RUNNING)
    view, clock = make_view(sweep)
    view.start()
    for _ in range(16):
        clock.now += 0.25
        view.step()
    assert view._display.kinds == ["begin"] + ["update"] * 4


def test_an_unchanged_sweep_is_not_even_drawn(make_sweep, make_view, monkeypatch):
    view, _ = make_view(make_sweep())
    view.start()
    monkeypatch.setattr(live, "picture", lambda *_, **__: pytest.fail("drawn"))
    view.step()


@pytest.mark.parametrize(
    ("cost_s", "wait_s"), [(0.0, 0.25), (0.001, 0.25), (0.004, 0.4), (0.03, 3.0), (2.0, 5.0)]
)
def test_the_pause_after_a_step_keeps_the_cost_at_one_percent(
    make_sweep, make_view, cost_s, wait_s
):
    times = iter([0.0, cost_s])
    view, _ = make_view(make_sweep(), timer=lambda: next(times))
    view.start()
    assert view.step() == pytest.approx(wait_s)


def test_the_total_follows_what_the_agents_have_left(make_sweep, make_view):
    sweep = make_sweep()
    sweep.add()
    sweep.add(RunState.CRASHED)
    ahead = Ahead(2, 1)
    view, _ = make_view(sweep, ahead=lambda _: ahead)
    view.start()
    sweep.add(number=2, attempt=1, id="retry")  # no new suggestion
    view.step()
    sweep.add(number=3)
    sweep.add(number=4)
    ahead = Ahead(0, 1)
    view.stop()
    totals = [call[1]["progress"]["total"] for call in view._display.calls[:3]]
    assert totals == [4, 4, 4]
    assert view._display.calls[2][1]["progress"]["done"] == 4
    assert view._display.calls[2][1]["sweep"]["word"] == "done"


def test_what_the_store_does_not_show_is_shown_when_the_view_is_woken(make_sweep, make_view):
    sweep = make_sweep()
    sweep.add()
    ahead = Ahead(2, 1)
    view, _ = make_view(sweep, ahead=lambda _: ahead)
    view.start()
    ahead = Ahead(7, 1)
    view.step()
    assert view._display.kinds == ["begin"], "nothing told of it"
    view.wake()
    view.step()
    assert [call[1]["progress"]["total"] for call in view._display.calls] == [3, 8]


def test_a_woken_view_does_not_finish_its_pause(make_sweep, monkeypatch):
    monkeypatch.setattr(live, "SHORTEST_S", 60.0)
    sweep = make_sweep()
    shown = threading.Event()
    display = Recorder()
    display.update = lambda state: shown.set()
    view = LiveView(sweep.snapshot, sweep.config, display=display, clock=lambda: sweep.now)
    view.start()
    view.wake()
    assert shown.wait(30)
    view.stop()


def test_the_time_left_of_an_agent_that_is_stopping_is_that_of_the_runs_under_way(
    make_sweep, make_view
):
    sweep = make_sweep()
    for _ in range(4):
        sweep.add()
    sweep.add(RunState.RUNNING)
    ahead = Ahead(20, 1)
    view, _ = make_view(sweep, ahead=lambda _: ahead)
    view.start()
    ahead = Ahead(20, 1, is_stopping=True)
    view.wake()
    view.step()
    before, after = [call[1]["progress"] for call in view._display.calls]
    assert before["remaining_s"] >= 240
    assert 0 <= after["remaining_s"] <= 12
    assert before["total"] == after["total"] == 25


def test_a_message_is_shown_at_once_and_gives_way_to_the_reason(make_sweep, make_view):
    view, _ = make_view(make_sweep())
    view.start()
    view.message("Interrupted: stopping.")
    view.step()
    view.stop("interrupted")
    calls = view._display.calls
    assert calls[1] == ("message", "Interrupted: stopping.")
    assert calls[2][1]["sweep"]["message"] == "Interrupted: stopping."
    assert calls[3][1]["sweep"]["message"] == "interrupted"


def test_no_step_publishes_after_the_end(make_sweep, make_view):
    sweep = make_sweep()
    view, clock = make_view(sweep)
    view.start()
    view.stop()
    sweep.add()
    clock.now += 10
    view.step()
    assert view._display.kinds[-1] == "plots"


def test_a_store_that_fails_for_a_moment_costs_one_update(make_sweep, make_view):
    sweep = make_sweep()
    view, _ = make_view(sweep)
    view.start()
    read, view._read = view._read, raise_(StoreError("database is locked"))
    sweep.add()
    view.step()
    assert view._display.kinds == ["begin"]
    view._read = read
    view.step()
    assert view._display.kinds == ["begin", "update"]


def test_a_store_that_is_gone_leaves_the_last_state_and_says_so(make_sweep, make_view):
    sweep = make_sweep()
    sweep.add()
    view, _ = make_view(sweep)
    view.start()
    view._read = raise_(StoreError("disk is full"))
    view.stop()
    end = view._display.calls[1][1]
    assert len(end["rows"]) == 1
    assert end["sweep"]["message"] == "the store could not be read: disk is full"


def raise_(error):
    def fail(*_):
        raise error

    return fail


def test_the_thread_follows_and_ends(make_sweep):
    sweep = make_sweep()
    shown = threading.Event()
    display = Recorder()
    display.update = lambda state: shown.set()
    view = LiveView(sweep.snapshot, sweep.config, display=display)
    view.start()
    sweep.add(RunState.RUNNING)
    assert shown.wait(10)
    (thread,) = (t for t in threading.enumerate() if t.name == "nbsweep-view")
    assert thread.daemon
    view.stop()
    assert not thread.is_alive() or thread.join(5) is None


def test_a_cell_has_one_display_that_ends_with_plots(make_sweep, make_view):
    sweep = make_sweep()
    sent = []
    view, _ = make_view(sweep, display=CellDisplay(lambda *call: sent.append(call)))
    view.start()
    for _ in range(3):
        sweep.add()
    view.step()
    view.stop()
    assert len({display_id for _, display_id, _ in sent}) == 1
    assert [update for _, _, update in sent] == [False, True, True, True]
    assert [data["text/html"].count("<img") for data, _, _ in sent] == [0, 0, 0, 1]
    assert all(set(data) == {"text/html", "text/plain"} for data, _, _ in sent)


def test_the_final_state_can_be_shown_again_from_a_later_cell(make_sweep, make_view):
    sweep = make_sweep()
    sent = []
    view, _ = make_view(sweep, display=CellDisplay(lambda *call: sent.append(call)))
    view.repeat()
    view.start()
    view.stop()
    before = list(sent)
    view.repeat()
    assert len(sent) > len(before)
    assert sent[-1] == before[-1]
    assert all(update for _, _, update in sent[1:])


class ZMQError(Exception):
    pass


@pytest.mark.parametrize(
    "error", [OSError("closed"), RuntimeError("Event loop is closed"), ZMQError("not a socket")]
)
def test_a_kernel_that_is_closing_does_not_fail_the_sweep(
    make_sweep, make_view, monkeypatch, error
):
    monkeypatch.setitem(sys.modules, "zmq", types.SimpleNamespace(ZMQError=ZMQError))
    sweep = make_sweep()
    calls = []

    def publish(*call):
        calls.append(call)
        if len(calls) > 1:
            raise error

    view, _ = make_view(sweep, display=CellDisplay(publish))
    view.start()
    sweep.add()
    view.step()
    view.stop()
    assert len(calls) == 2  # it does not try again


def test_other_errors_of_publishing_are_not_hidden(make_sweep, make_view):
    view, _ = make_view(make_sweep(), display=CellDisplay(raise_(TypeError("a defect"))))
    with pytest.raises(TypeError, match="a defect"):
        view.start()


def test_a_terminal_gets_a_line_when_a_run_starts_and_ends_and_a_table(make_sweep, make_view):
    sweep = make_sweep()
    sweep.add()
    said = []
    view, _ = make_view(sweep, count=2, display=TextDisplay(said.append))
    view.start()
    sweep.add(RunState.RUNNING)
    view.step()
    view.step()
    finish(sweep, summary={"loss": 0.1})
    view.step()
    sweep.add(RunState.FAILED)
    view.message("Stopped after a failure.")
    view.stop()
    assert said[0] == "Sweep digits · random · 1 of 3 runs done"
    assert said[1].startswith("run 2  started  batch_size 232")
    assert said[2].startswith("run 2  finished  loss 0.1000  best so far  batch_size 232")
    assert said[3] == "Stopped after a failure."
    assert said[4].startswith("run 3  failed  ValueError: loss is NaN  batch_size 56")
    assert said[5].startswith("Traceback (most recent call last):")
    assert said[6].startswith("\nSweep ab12cd34 digits · random · done")
    assert len(said) == 7


def test_a_terminal_gets_each_traceback_and_note_once(make_sweep, make_view):
    sweep = make_sweep()
    said = []
    view, _ = make_view(sweep, display=TextDisplay(said.append))
    view.start()
    for _ in range(3):
        sweep.add(RunState.FAILED)
    sweep.add(summary={"val_loss": 1.0})
    view.step()
    sweep.add(summary={"val_loss": 1.0})
    view.stop()
    assert sum(text.startswith("Traceback") for text in said) == 1
    assert sum(text.startswith("Note: No run has logged") for text in said) == 1


def test_an_earlier_agents_failures_are_no_news(make_sweep, make_view):
    sweep = make_sweep(sweep_state=SweepState.RUNNING)
    sweep.add(RunState.FAILED)
    said = []
    view, _ = make_view(sweep, display=TextDisplay(said.append))
    view.start()
    view.step()
    assert said == ["Sweep digits · random"]


@pytest.mark.parametrize(
    ("ipython", "expected"),
    [
        (None, False),
        (types.SimpleNamespace(), False),  # half imported
        (types.SimpleNamespace(get_ipython=lambda: None), False),
        (types.SimpleNamespace(get_ipython=types.SimpleNamespace), False),  # terminal
        (types.SimpleNamespace(get_ipython=lambda: types.SimpleNamespace(kernel=object())), True),
    ],
)
def test_a_kernel_is_found_without_importing_ipython(monkeypatch, ipython, expected):
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    assert in_kernel() is expected
    view = LiveView(lambda: None, None)
    assert isinstance(view._display, CellDisplay if expected else TextDisplay)


def test_say_replaces_what_the_terminal_cannot_show(monkeypatch):
    import io

    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii"))
    say("loss ↓ ▁█")
    assert raw.getvalue() == b"loss ? ??" + b"\r\n"[-1:]
    monkeypatch.setattr(sys, "stdout", None)
    say("nobody listens")


def test_a_plan_stays_beside_the_progress_and_is_not_said_twice(make_sweep, make_view):
    sweep = make_sweep()
    view, clock = make_view(sweep)
    view.start()

    def shown():
        clock.now += 0.25
        view.step()
        kind, state = view._display.calls[-1]
        assert kind == "update"
        return state["sweep"]["message"], state["progress"]["plan"]

    view.keep_saying("8 more runs fit.")
    view.message("8 more runs fit.")  # great changes are printed as well
    assert view._display.calls[-1] == ("message", "8 more runs fit.")
    assert shown() == ("", "8 more runs fit")
    view.keep_saying("7 more runs fit.")
    assert shown() == ("", "7 more runs fit")
    view.message("The store does not answer.")
    assert shown() == ("The store does not answer.", "7 more runs fit")
    view.keep_saying("6 more runs fit.")
    assert shown() == ("The store does not answer.", "6 more runs fit")
    view.stop("the deadline of 14:32 came")
    last = dict(view._display.calls)["end"]
    assert last["progress"]["plan"] == ""
    assert last["sweep"]["message"] == "the deadline of 14:32 came"
