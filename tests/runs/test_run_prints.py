"""What runs print on its way: to the run, to who listens, and to the cell or not."""

import io
import logging
import sys
import threading
import time

from nbsweep.runs.streams import Held, Streams


def test_a_logging_handler_made_before_writes_to_the_run(monkeypatch):
    outside, kept = io.StringIO(), []
    monkeypatch.setattr(sys, "stderr", outside)
    handler = logging.StreamHandler()
    logger = logging.getLogger("tests.prints")
    logger.addHandler(handler)
    logger.propagate = False
    try:
        with Streams(lambda: (kept.append, False)):
            logger.warning("from the run")
        logger.warning("after it")
    finally:
        logger.removeHandler(handler)
    assert "".join(kept) == "from the run\n"
    assert outside.getvalue() == "after it\n"


def test_a_handler_of_another_stream_is_left_alone():
    own = io.StringIO()
    handler = logging.StreamHandler(own)
    logging.root.addHandler(handler)
    try:
        with Streams(lambda: None):
            assert handler.stream is own
    finally:
        logging.root.removeHandler(handler)


def test_held_text_is_dropped_when_a_page_comes():
    held, cell = Held(), io.StringIO()
    held.begin(60.0)
    held.write(cell, "early\n")
    assert held.drop()
    held.write(cell, "late\n")
    assert cell.getvalue() == "late\n"
    assert not held.drop(), "it had gone to the cell"


def test_held_text_goes_to_its_streams_in_order_when_nobody_comes():
    held, written = Held(), []

    class Stream(io.StringIO):
        def write(self, text):
            written.append((self, text))
            return len(text)

    out, err = Stream(), Stream()
    held.begin(60.0)
    held.write(out, "1")
    held.write(err, "2")
    held.write(out, "3")
    assert written == []
    held.release()
    held.write(err, "4")
    assert written == [(out, "1"), (err, "2"), (out, "3"), (err, "4")]


def test_held_text_waits_no_longer_than_said():
    held, cell = Held(), io.StringIO()
    held.begin(0.05)
    held.write(cell, "early\n")
    until = time.monotonic() + 5
    while not cell.getvalue() and time.monotonic() < until:
        threading.Event().wait(0.01)
    assert cell.getvalue() == "early\n"


def test_nothing_is_held_without_a_beginning():
    cell = io.StringIO()
    Held().write(cell, "x")
    assert cell.getvalue() == "x"


def test_what_is_echoed_goes_the_way_of_the_session(monkeypatch):
    cell, held = io.StringIO(), Held()
    monkeypatch.setattr(sys, "stdout", cell)
    held.begin(60.0)
    with Streams(lambda: (lambda text: None, True), held.write):
        print("from a run")
        assert cell.getvalue() == ""
        held.release()
    assert cell.getvalue() == "from a run\n"
