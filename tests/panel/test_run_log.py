"""The log of what runs print: lines in their place, bounded, from here and from the store."""

import gzip
import random
import threading
import time
from dataclasses import replace

import pytest

from nbsweep.panel import log
from nbsweep.panel.log import KEPT, RunLog
from nbsweep.records import RunRecord, RunState


class Page:
    """Puts messages together as the front end does."""

    def __init__(self):
        self.lines, self.messages = {}, []

    def tell(self, message):
        self.messages.append(message)
        self.lines |= {n: (run, text) for n, run, text in message["lines"]}
        self.lines = {n: line for n, line in sorted(self.lines.items()) if n >= message["first"]}

    @property
    def shown(self):
        return list(self.lines.values())


class Store:
    def __init__(self):
        self.texts, self.runs, self.reads = {}, [], []

    def printed(self, run_id):
        self.reads.append(run_id)
        return self.texts.get(run_id, "")


@pytest.fixture
def page():
    return Page()


@pytest.fixture
def store():
    return Store()


@pytest.fixture
def run_log(page, store, monkeypatch):
    monkeypatch.setattr(RunLog, "_start", lambda self: None)  # tests send themselves
    made = RunLog(page.tell, store.printed, lambda: store.runs, clock=lambda: made_at[0])
    made_at = [0.0]
    made.advance = lambda: made_at.__setitem__(0, made_at[0] + 1)
    yield made
    made.close()


def run(number, state=RunState.RUNNING):
    return RunRecord(f"run{number}", "demo", "s", number, state=state, started_at=1.0)


def test_lines_of_runs_come_in_the_order_of_printing(run_log, page):
    run_log.write("a", 1, "one\n")
    run_log.write("b", 2, "two\n")
    run_log.write("a", 1, "three\n")
    run_log.show(KEPT)
    assert page.shown == [(1, "one"), (2, "two"), (1, "three")]


def test_a_progress_bar_stays_one_line_while_others_print(run_log, page):
    run_log.show(KEPT)
    for percent in range(0, 101, 10):
        run_log.write("a", 1, f"\r{percent:3d} %")
        run_log.write("b", 2, f"step {percent}\n")
        run_log._step()
    assert page.shown[0] == (1, "100 %")
    assert len(page.shown) == 12
    assert max(len(message["lines"]) for message in page.messages) <= 2, "only what changed"


def test_nothing_new_is_no_message(run_log, page):
    run_log.write("a", 1, "x\n")
    run_log.show(KEPT)
    run_log._step()
    assert len(page.messages) == 1


def test_a_page_that_shows_the_last_line_gets_no_more(run_log, page):
    run_log.show(1)
    for i in range(500):
        run_log.write("a", 1, f"{i}\n")
    run_log._step()
    assert page.messages[-1]["lines"] == [[500, 1, "499"]]
    run_log.show(KEPT)
    assert len(page.messages[-1]["lines"]) == 500


def test_the_log_is_bounded(run_log, page):
    run_log.show(KEPT)
    for i in range(3 * KEPT):
        run_log.write("a", 1, f"{i}\n")
    run_log._step()
    assert len(page.shown) == KEPT
    assert page.shown[-1] == (1, f"{3 * KEPT - 1}")


def test_a_bar_that_fell_out_of_the_log_comes_back_at_its_end(run_log, page):
    run_log.write("a", 1, "\r 1 %")
    for i in range(KEPT + 5):
        run_log.write("b", 2, f"{i}\n")
    run_log.write("a", 1, "\r 2 %")
    run_log.show(KEPT)
    assert page.shown[-1] == (1, " 2 %")
    assert len(page.shown) == KEPT


def test_many_runs_leave_nothing_behind(run_log):
    for i in range(1000):
        run_log.write(f"run{i}", i, "x\n")
    assert len(run_log._screens) <= log.SCREENS


def test_runs_of_other_processes_are_read_from_the_store(run_log, page, store):
    store.runs, store.texts = [run(1)], {"run1": "begun\n"}
    run_log.show(KEPT)
    store.texts["run1"] += "epoch 1\n"
    run_log.advance()
    run_log._step()
    run_log._step()  # before its time
    assert page.shown == [(1, "begun"), (1, "epoch 1")]
    assert store.reads == ["run1", "run1"]
    store.runs = [replace(run(1), state=RunState.FINISHED)]
    store.texts["run1"] += "done\n"
    for _ in range(3):
        run_log.advance()
        run_log._step()
    assert page.shown[-1] == (1, "done")
    assert store.reads.count("run1") == 3, "not again after its end"


def test_runs_of_this_process_are_not_read(run_log, page, store):
    store.runs, store.texts = [run(1)], {"run1": "heard\n"}
    run_log.write("run1", 1, "heard\n")
    run_log.show(KEPT)
    assert page.shown == [(1, "heard")]
    assert store.reads == []


def test_of_a_long_history_only_the_last_runs_are_read(run_log, store):
    store.runs = [run(i, RunState.FINISHED) for i in range(1, 501)]
    run_log.show(KEPT)
    assert store.reads == [f"run{i}" for i in range(481, 501)]


class Cell:
    def __init__(self, held=True):
        self.held, self.calls = held, []

    def drop(self):
        self.calls.append("drop")
        return self.held

    def release(self):
        self.calls.append("release")


def test_prints_are_taken_from_the_cell_once_a_page_shows_them(run_log):
    cell = Cell()
    run_log.take_from(cell)
    run_log.write("a", 1, "held\n", in_cell=True)
    assert not run_log.takes
    run_log.show(1)
    assert run_log.takes
    assert run_log.saved() == [(1, "held")], "the cell never got it"
    run_log.close()
    assert not run_log.takes
    assert cell.calls == ["drop", "release"]


def test_a_panel_of_another_cell_takes_nothing(run_log):
    run_log.show(KEPT)
    assert not run_log.takes


def test_a_saved_output_does_not_repeat_what_the_cell_has(run_log):
    cell = Cell(held=False)
    run_log.take_from(cell)
    run_log.write("a", 1, "in the cell\n", in_cell=True)
    run_log.show(1)
    run_log.write("a", 1, "taken\n")
    assert run_log.saved() == [(1, "taken")]


def test_a_saved_log_is_small_whatever_was_printed(run_log):
    noise = random.Random(1)
    for i in range(1000):
        run_log.write("a", i, "".join(chr(noise.randrange(33, 0x2FFF)) for _ in range(300)) + "\n")
    lines = run_log.saved()
    assert 0 < len(lines) <= log.SAVED_LINES
    text = "\n".join(text for _, text in lines).encode()
    assert len(gzip.compress(text)) <= log.SAVED_BYTES
    assert lines[-1][0] == 999


def test_a_retired_log_still_answers(run_log, page):
    run_log.write("a", 1, "kept\n")
    run_log.close()
    run_log.show(KEPT)
    assert page.shown == [(1, "kept")]


def test_messages_come_at_most_four_a_second_and_the_last_line_always():
    page = Page()
    run_log = RunLog(page.tell, lambda _: "", lambda: ())
    run_log.show(KEPT)
    began = time.monotonic()
    i = 0
    while time.monotonic() < began + 0.6:
        run_log.write("a", 1, f"{i}\n")
        i += 1
        threading.Event().wait(0.001)
    until = time.monotonic() + 5
    while page.shown[-1:] != [(1, f"{i - 1}")] and time.monotonic() < until:
        threading.Event().wait(0.01)
    run_log.close()
    assert page.shown[-1] == (1, f"{i - 1}")
    assert len(page.messages) <= 6
