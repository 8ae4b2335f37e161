"""Everything but steering works where no thread can be started, as in a browser (pyodide)."""

import _thread
import asyncio
import itertools
import os
import subprocess
import sys
import threading
import time

import pytest

import nbsweep
from nbsweep import threads
from nbsweep.control.agent import Agent
from nbsweep.control.options import AgentOptions
from nbsweep.errors import UsageError
from nbsweep.panel.display import PanelDisplay
from nbsweep.panel.widget import Panel
from nbsweep.runs import identity, memory, session
from nbsweep.runs.identity import Vital
from nbsweep.view.live import SHORTEST_S, LiveView

SPACE = {"a": {"values": [1, 2, 3]}, "b": {"values": [0.1, 0.2, 0.3, 0.4]}}
MESSAGE = "can't start new thread"


@pytest.fixture(autouse=True)
def no_threads(monkeypatch):
    def refuse(*args, **kwargs):
        raise RuntimeError(MESSAGE)

    for name in ("start_new_thread", "start_joinable_thread"):
        monkeypatch.setattr(_thread, name, refuse, raising=False)
        monkeypatch.setattr(threading, f"_{name}", refuse, raising=False)
    monkeypatch.setattr(threading.Thread, "start", refuse)
    yield
    assert threads._turns == []  # all were given back


@pytest.fixture
def make_sweep_of():
    def make(method="random", **more):
        config = {"method": method, "metric": {"name": "loss"}, "parameters": SPACE, "seed": 2}
        return nbsweep.Sweep(nbsweep.sweep({**config, **more}))

    return make


def train(steps=3, pause_s=0.0):
    with nbsweep.init() as run:
        for step in range(steps):
            run.log({"loss": run.config.a + run.config.b + 1 / (step + 1)})
            time.sleep(pause_s)


@pytest.mark.parametrize("method", ["grid", "random", "bayes"])
@pytest.mark.parametrize("executor", [{}, {"executor": "inline"}, {"executor": "threads"}])
def test_sweeps_run_on_the_calling_thread(method, executor, make_sweep_of):
    sweep = make_sweep_of(method)
    on = set()

    def trains():
        on.add(threading.get_ident())
        train()

    nbsweep.agent(sweep, trains, count=12, **executor)
    assert [run.state for run in sweep.runs] == ["finished"] * 12
    assert on == {threading.get_ident()}
    assert [len(run.history()) for run in sweep.runs] == [3] * 12
    assert not session.writer().is_held


def test_what_is_logged_reaches_the_store_while_the_run_is_under_way(make_sweep_of):
    sweep, seen = make_sweep_of(), []

    def trains():
        with nbsweep.init() as run:
            until = time.monotonic() + 0.7
            while time.monotonic() < until:
                run.log({"loss": 1.0})
                time.sleep(0.01)
            seen.append((len(sweep.store.history(run.id)), run.step))

    nbsweep.agent(sweep, trains, count=1)
    ((stored, logged),) = seen
    assert 0 < stored < logged
    assert len(sweep.runs[0].history()) == logged


def test_a_loop_that_only_logs_keeps_no_more_rows_than_elsewhere(make_sweep_of, monkeypatch):
    monkeypatch.setattr("nbsweep.runs.writer.MAX_BACKLOG", 50)
    sweep, most = make_sweep_of(), []

    def trains():
        with nbsweep.init() as run:
            for _ in range(2000):
                run.log({"loss": 1.0})
                most.append(run._channel.waiting)

    nbsweep.agent(sweep, trains, count=1)
    assert max(most) <= 50
    assert len(sweep.runs[0].history()) == 2000


def test_early_termination_stops_runs(make_sweep_of):
    sweep = make_sweep_of("grid", early_terminate={"type": "hyperband", "min_iter": 2, "eta": 2})
    nbsweep.agent(sweep, lambda: train(8, 0.001), count=12)
    states = [run.state for run in sweep.runs]
    assert "stopped" in states
    assert "finished" in states


def test_a_run_is_stopped_at_its_log(make_sweep_of):
    sweep = make_sweep_of()

    def trains():
        with nbsweep.init() as run:
            sweep.kill(run.id)
            for _ in range(200):
                run.log({"loss": 1.0})
                time.sleep(0.01)

    nbsweep.agent(sweep, trains, count=1)
    assert [run.state for run in sweep.runs] == ["killed"]


def test_a_time_limit_holds_at_the_next_log(make_sweep_of):
    sweep = make_sweep_of()
    nbsweep.agent(sweep, lambda: train(500, 0.01), count=1, timeout_s=0.4)
    (run,) = sweep.runs
    assert run.state == "failed"
    assert len(run.history()) < 200


def test_a_background_agent_works_in_the_cell_and_says_so(make_sweep_of, capsys):
    sweep = make_sweep_of()
    handle = nbsweep.agent(sweep, train, count=2, background=True)
    assert handle.status == "done"
    assert handle.wait(0)
    assert [run.state for run in sweep.runs] == ["finished"] * 2
    assert "No thread can be started here" in capsys.readouterr().out


def test_a_coroutine_is_run_where_no_loop_is_in_its_way(make_sweep_of):
    async def trains():
        with nbsweep.init() as run:
            await asyncio.sleep(0)
            run.log({"loss": 1.0})

    sweep = make_sweep_of()
    nbsweep.agent(sweep, trains, count=1)
    assert [run.state for run in sweep.runs] == ["finished"]

    async def in_a_loop():
        nbsweep.agent(sweep, trains, count=1)

    asyncio.run(in_a_loop())
    assert [run.state for run in sweep.runs] == ["finished", "failed"]
    assert "Pass a plain function (def, not async def)" in sweep.runs[1].error


def test_runs_outside_of_sweeps_are_written(tmp_path):
    with nbsweep.init(project="alone") as run:
        for step in range(5):
            nbsweep.log({"x": step})
    assert len(session.store().history(run.id)) == 5


class Outputs:
    def __init__(self):
        self.sent = []

    def __call__(self, data, display_id, update):
        self.sent.append((data, update))


def test_the_view_is_refreshed_by_log_at_its_intervals(make_sweep_of):
    sweep, shown = make_sweep_of(), []

    class Display:
        message = staticmethod(lambda text: None)
        begin = update = staticmethod(lambda picture: shown.append(time.monotonic()))

        def end(self, picture, plots):
            shown.append(picture["progress"]["done"])

    stored = sweep.stored
    view = LiveView(stored.snapshots(curves=True), stored.config, display=Display())
    view.start()
    began, cpu = time.monotonic(), threads.cpu_time()
    nbsweep.agent(sweep, lambda: train(100, 0.01), count=1, show=False)
    view.stop()
    *during, done = shown
    assert len(during) >= 2
    pauses = [after - before for before, after in itertools.pairwise(during)]
    assert min(pauses) >= SHORTEST_S
    assert done == 1
    assert threads.cpu_time() - cpu < time.monotonic() - began


def test_turns_keep_the_pauses_they_are_told_and_end_at_an_error(caplog):
    now, calls = [0.0], []

    def step():
        calls.append(now[0])
        if len(calls) == 3:
            raise ValueError("broken")
        return 2.0

    threads.Turns(step, 1.0, "test", clock=lambda: now[0])
    for now[0] in (0.5, 1.0, 1.5, 2.9, 3.0, 4.9, 5.5, 9.0, 12.0):
        threads.pass_by()
    assert calls == [1.0, 3.0, 5.5]
    assert "test ended: ValueError: broken" in caplog.text


def test_a_turn_is_not_taken_in_the_middle_of_another():
    calls = []

    def step():
        calls.append(1)
        threads.pass_by()
        return 0.0

    turns = threads.Turns(step, 0.0, "test")
    threads.pass_by()
    turns.end()
    assert calls == [1]


def test_the_panel_answers_at_once_on_the_calling_thread(make_sweep_of):
    sweep = make_sweep_of()
    nbsweep.agent(sweep, train, count=12, show=False)
    panel = sweep.panel
    said = []
    panel.send = lambda message, buffers=None: said.append(message)
    for message in (
        {"kind": "ready"},
        {"kind": "detail", "run": sweep.runs[0].id},
        {"kind": "analyse", "key": "k", "target": "loss", "method": "forest"},
        {"kind": "chart", "name": "distribution"},
        {"kind": "steer", "action": "retry", "run": sweep.runs[0].id},
    ):
        panel._receive(None, message, None)
    kinds = {message["kind"] for message in said}
    assert {"picture", "detail", "analysis", "chart", "answer"} <= kinds
    assert panel.picture["importance"] is not None
    panel.close()


def test_an_agents_output_ends_as_the_saved_page(make_sweep_of):
    sweep, outputs = make_sweep_of(), Outputs()
    stored = sweep.stored
    panel = Panel(stored.snapshots(curves=True), stored.config)
    display = PanelDisplay(panel, outputs, has_widget=False)
    view = LiveView(panel.read, stored.config, display=display)
    view.start()
    nbsweep.agent(sweep, lambda: train(30, 0.01), count=3, show=False)
    view.stop()
    panel.close()
    assert [update for _, update in outputs.sent][:2] == [False, True]
    assert "<script>" in outputs.sent[-1][0]["text/html"]


def test_results_can_be_looked_at(make_sweep_of, tmp_path):
    sweep = make_sweep_of()
    nbsweep.agent(sweep, train, count=12, show=False)
    assert len(sweep.dataframe()) == 12
    assert sweep.importance() is not None
    assert "<img" in sweep._repr_mimebundle_()["text/html"]
    sweep.report(tmp_path / "report.html")
    assert (tmp_path / "report.html").stat().st_size > 50_000
    assert sweep.takeaways() is not None


def test_a_program_of_processes_is_refused_in_words(make_sweep_of, monkeypatch):
    for name in [name for name in sys.modules if name.startswith("nbsweep.executors.processes")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "nbsweep.executors.processes", None)
    with pytest.raises(UsageError, match="this Python starts no processes"):
        nbsweep.agent(make_sweep_of(), train, count=1, executor="processes")


@pytest.fixture
def no_psutil(monkeypatch):
    monkeypatch.setitem(sys.modules, "psutil", None)
    memory._process.cache_clear()
    yield
    memory._process.cache_clear()


def test_processes_are_told_apart_by_their_numbers_without_psutil(no_psutil):
    name = identity.this_process()
    host, pid, start = name.split(":")
    assert pid == str(os.getpid())
    assert identity.this_process() == name
    assert identity.vital(name) is Vital.ALIVE
    assert identity.vital(f"{host}:{pid}:123") is Vital.DEAD  # an earlier one of this number
    assert identity.vital(f"{host}:{os.getppid()}:{start}") is Vital.UNKNOWN
    assert identity.vital(f"elsewhere:{pid}:{start}") is Vital.UNKNOWN
    child = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"],
                           capture_output=True, text=True, check=True)  # fmt: skip
    assert identity.vital(f"{host}:{child.stdout.strip()}:1") is Vital.DEAD
    assert memory.resident_bytes() is None
    assert identity.pids_above() == [os.getppid()]


def test_with_psutil_nobody_takes_a_process_without_for_dead(no_psutil, monkeypatch):
    name = identity.this_process()
    monkeypatch.delitem(sys.modules, "psutil")
    assert identity.vital(name) is Vital.UNKNOWN


def test_a_run_left_by_an_earlier_page_is_handed_out_again(make_sweep_of, no_psutil, monkeypatch):
    """Each page of a browser is process 42: what tells them apart is when they began."""
    sweep = make_sweep_of()

    monkeypatch.setattr(identity, "_IMPORTED_AT", "i1")
    earlier = Agent(sweep.store, sweep.id, AgentOptions(function=train), folder=str)
    earlier.controller.next_order()
    name = identity.this_process()
    monkeypatch.setattr(identity, "_IMPORTED_AT", "i2")
    assert identity.vital(name) is Vital.DEAD
    nbsweep.agent(sweep, train, count=1)
    assert [(run.number, run.state) for run in sweep.runs][-1] == (1, "finished")


SCRIPT = """
import _thread, sys, threading
import sklearn.tree  # pyodide has one that does without what is missing below
import multiprocessing.connection
def refuse(*args, **kwargs): raise RuntimeError("can't start new thread")
for name in ("start_new_thread", "start_joinable_thread"):
    setattr(_thread, name, refuse); setattr(threading, "_" + name, refuse)
missing = ("psutil", "_multiprocessing", "_posixshmem", "resource", "pwd", "loky")
sys.modules.update(dict.fromkeys(missing))
import time
del time.thread_time
import nbsweep
sweep = nbsweep.Sweep(nbsweep.sweep({"method": METHOD, "metric": {"name": "loss"}, "parameters": {
    "a": {"values": [1, 2, 3]}, "b": {"values": [0.1, 0.2, 0.3, 0.4]}}}))
def train():
    with nbsweep.init() as run:
        for step in range(3):
            run.log({"loss": run.config.a + run.config.b + 1 / (step + 1)})
nbsweep.agent(sweep, train, count=12, minutes=5)
panel = nbsweep.show(sweep)
panel._receive(None, {"kind": "ready"}, None)
panel.close()
sweep.report("report.html")
print([run.state for run in sweep.runs].count("finished"), len(sweep.dataframe()),
      sweep.importance() is not None, len(sweep._repr_mimebundle_()["text/html"]) > 1000)
"""


@pytest.mark.parametrize("method", ["grid", "random", "bayes"])
def test_what_browsers_do_not_have_is_not_needed(method, tmp_path):
    script = f"METHOD = {method!r}\n{SCRIPT}"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script],
        capture_output=True, text=True, check=False, timeout=120, cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "NBSWEEP_DIR": str(tmp_path)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "12 12 True True"
