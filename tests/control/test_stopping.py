"""What becomes of runs that have to end: decisions alone, without threads or clocks."""

import pytest

from nbsweep.control.stopping import (
    ABANDON_AFTER_S,
    STOP_GRACE_S,
    TERMINATED_AFTER_S,
    Ask,
    Interrupt,
    Leave,
    StopLevel,
    Stopping,
)
from nbsweep.records import RunState

STOPPED = Ask("enough", RunState.KILLED)


def stopping(level=StopLevel.NOW, **fields):
    stop = Stopping(**fields)
    stop.rise(level, "enough", RunState.KILLED)
    return stop


@pytest.mark.parametrize(
    ("level", "step"),
    [
        (StopLevel.GO, None),
        (StopLevel.AFTER_CURRENT, None),
        (StopLevel.NOW, STOPPED),
        (StopLevel.LEAVE, STOPPED),
    ],
)
def test_a_run_is_asked_to_end_when_the_agent_stops_now(level, step):
    assert stopping(level).step(since=0.0, asked_at=None, now=5.0) == step


def test_a_run_that_takes_too_long_is_asked_to_fail():
    stop = Stopping(timeout_s=60.0)
    assert stop.step(since=0.0, asked_at=None, now=60.0) is None
    ask = Ask("longer than timeout_s=60", RunState.FAILED)
    assert stop.step(since=0.0, asked_at=None, now=61.0) == ask


def test_a_run_that_does_not_end_is_interrupted_and_in_the_end_left():
    def step(waited_s, **fields):
        return stopping(**fields).step(since=0.0, asked_at=10.0, now=10.0 + waited_s)

    assert step(STOP_GRACE_S / 2) is None
    assert step(STOP_GRACE_S) == Interrupt()
    assert step(TERMINATED_AFTER_S) == Interrupt()
    assert step(TERMINATED_AFTER_S, terminated=True) == Leave()
    assert step(ABANDON_AFTER_S) == Leave()
    assert step(0.0, level=StopLevel.LEAVE) == Leave()


def test_a_stop_only_becomes_more_urgent_and_the_first_says_how_runs_end():
    stop = Stopping()
    assert stop.rise(StopLevel.AFTER_CURRENT, "failures", RunState.KILLED)
    assert stop.more_urgent is StopLevel.NOW
    assert stop.rise(StopLevel.NOW, "terminated", RunState.PREEMPTED)
    assert stop.more_urgent is StopLevel.LEAVE
    assert not stop.rise(StopLevel.NOW, "interrupted", RunState.KILLED)
    assert stop.rise(StopLevel.LEAVE, "interrupted", RunState.KILLED)
    assert (stop.reason, stop.state) == ("interrupted", RunState.PREEMPTED)
