"""Until when: what people give as a deadline, and what they are told of it."""

import time as clock
from datetime import datetime, time, timedelta, timezone

import numpy as np
import pytest

from nbsweep.control.deadline import asked, began_at, of_run_time, passed, unix_time, when
from nbsweep.control.options import AgentOptions
from nbsweep.errors import UsageError
from nbsweep.records import RunRecord

NOON = datetime(2026, 11, 28, 12, 0)  # local time, as people mean it
NOW = NOON.timestamp()


@pytest.fixture(autouse=True, params=["UTC", "America/New_York", "Asia/Kolkata"])
def zone(request, monkeypatch):
    global NOW  # noqa: PLW0603 - local noon is another moment in each zone
    monkeypatch.setenv("TZ", request.param)
    clock.tzset()
    NOW = NOON.timestamp()
    yield
    monkeypatch.undo()
    clock.tzset()


def local(*moment):
    return datetime(*moment).timestamp()


@pytest.mark.parametrize(
    ("given", "moment"),
    [
        ("17:30", (2026, 11, 28, 17, 30)),
        (" 17:30:15 ", (2026, 11, 28, 17, 30, 15)),
        ("'17:30'", (2026, 11, 28, 17, 30)),  # as IPython hands quoted words on
        ("5:30 pm", (2026, 11, 28, 17, 30)),
        ("5:30PM", (2026, 11, 28, 17, 30)),
        ("12:30 am", (2026, 11, 29, 0, 30)),
        ("07:00", (2026, 11, 28, 7, 0)),  # five hours ago: a mistake, not tomorrow
        ("05:59", (2026, 11, 29, 5, 59)),  # tomorrow morning
        (time(17, 30), (2026, 11, 28, 17, 30)),
        ("2026-11-29 17:30", (2026, 11, 29, 17, 30)),
        ("2026-11-29T17:30", (2026, 11, 29, 17, 30)),
        ("2026-11-27T17:30:00", (2026, 11, 27, 17, 30)),
        (datetime(2026, 11, 28, 13, 0), (2026, 11, 28, 13, 0)),
    ],
)
def test_a_time_without_a_zone_is_local(given, moment):
    assert unix_time(given, NOW) == local(*moment)
    AgentOptions(deadline=given)


@pytest.mark.parametrize(
    "given",
    [
        datetime(2026, 11, 28, 16, 30, tzinfo=timezone.utc),
        datetime(2026, 11, 28, 17, 30, tzinfo=timezone(timedelta(hours=1))),
        "2026-11-28T16:30:00Z",
        "2026-11-28T16:30z",
        "2026-11-28 17:30+01:00",
        1795883400,
        1795883400.0,
        np.float64(1795883400),
        "1795883400",
    ],
)
def test_a_time_with_a_zone_and_unix_time_mean_the_same_everywhere(given):
    assert unix_time(given, NOW) == 1795883400.0


def test_just_after_midnight_the_time_before_it_has_passed():
    now = local(2026, 11, 29, 0, 10)
    assert unix_time("23:50", now) == local(2026, 11, 28, 23, 50)
    assert unix_time("00:20", now) == local(2026, 11, 29, 0, 20)
    assert unix_time("17:30", now) == local(2026, 11, 29, 17, 30)


@pytest.mark.parametrize(
    "given",
    ["soon", "", "25:00", "17:60", "13:00 pm", "0:30 am", "2026-11-29", "20", True, b"17:30"]
    + [float("nan"), float("inf"), 1e18, -1e18, 10**400, [17, 30], timedelta(minutes=20)]
    + ["2026-13-01 10:00", "9" * 400, np.datetime64("2026-11-29T10:00")],
)
def test_what_is_no_time_is_refused(given):
    with pytest.raises(UsageError) as caught:
        AgentOptions(deadline=given)
    assert str(caught.value) == (
        f'agent(deadline={given!r}): a time such as "17:30" or "2026-11-29 17:30", a datetime, or '
        "unix time in seconds is needed. For a length there is minutes=20."
    )


@pytest.mark.parametrize(
    "minutes", [0, -1, 0.0, float("nan"), float("inf"), "20", True, [], 10**400]
)
def test_minutes_that_are_no_length_are_refused(minutes):
    with pytest.raises(UsageError) as caught:
        AgentOptions(minutes=minutes)
    assert str(caught.value) == (
        f"agent(minutes={minutes!r}): a number of minutes above 0 is needed, such as 20 or 0.5."
    )


def test_a_length_and_a_moment_are_too_much():
    with pytest.raises(UsageError) as caught:
        AgentOptions(minutes=20, deadline="17:30")
    assert str(caught.value) == (
        "agent(minutes=20, deadline='17:30'): give one of them: how long, or until when."
    )


def test_minutes_are_counted_by_the_clock_that_nobody_sets():
    deadline = asked(20, None, NOW, 1000.0)
    assert (deadline.at_s, deadline.total_s, deadline.until) == (2200.0, 1200.0, "12:20")
    assert (deadline.over, deadline.near) == ("20 minutes are over",) * 2
    assert deadline.came == "the deadline of 12:20 came"
    assert asked(1, None, NOW, 0.0).over == "1 minute is over"
    assert asked(np.float64(0.5), None, NOW, 0.0).over == "0.5 minutes are over"
    assert asked(1e15, None, NOW, 0.0).until == "a time beyond the calendar"
    assert asked(None, None, NOW, 0.0) is None


def test_a_moment_is_translated_once():
    deadline = asked(None, "17:30", NOW, 1000.0)
    assert (deadline.at_s, deadline.until) == (1000.0 + 5.5 * 3600, "17:30")
    assert deadline.over == "the deadline of 17:30 came"
    assert deadline.near == "the deadline of 17:30 is near"


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (
            "11:45",
            "The deadline of 11:45 passed 15 min 00 s ago, so no run is started. For another day "
            'give the date too: deadline="2026-11-29 17:30".',
        ),
        (
            datetime(2026, 11, 27, 17, 30),
            "The deadline of 2026-11-27 17:30 passed 18 h 30 min ago, so no run is started. "
            "minutes=20 means 20 minutes from now.",
        ),
        (
            NOON,
            "The deadline of 12:00:00 passed 0 ms ago, so no run is started. "
            "minutes=20 means 20 minutes from now.",
        ),
        ("12:01", None),
    ],
)
def test_who_gives_a_moment_that_has_passed_hears_it(given, sentence):
    assert passed(given, NOW) == sentence
    assert AgentOptions(deadline=given).too_late(NOW) == sentence


def test_a_moment_is_told_as_people_would():
    assert when(NOW + 30, NOW) == "12:00:30"
    assert when(NOW + 1200, NOW) == "12:20"
    assert when(NOW + 86400, NOW) == "2026-11-29 12:00"


def run(number, started_at, **fields):
    return RunRecord(
        f"r{number}", "p", "s", number, started_at=started_at, created_at=NOW - 999, **fields
    )


def test_run_time_counts_from_the_first_run_of_the_sweep():
    assert began_at([]) is None
    assert of_run_time(600.0, [], NOW, 50.0) is None
    runs = [run(2, NOW - 100), run(1, NOW - 400), run(3, NOW - 50)]
    deadline = of_run_time(600.0, runs, NOW, 50.0)
    assert (deadline.at_s, deadline.total_s, deadline.until) == (250.0, 600.0, "12:03")
    assert deadline.over == "run_time of 10 min 00 s is over"
    assert deadline.of_sweep


def test_run_time_of_a_run_that_waits_for_a_worker_counts_from_when_it_was_handed_out():
    assert began_at([run(1, None)]) == NOW - 999


def test_a_resumed_sweep_has_its_run_time_once_more():
    runs = [run(1, NOW - 5000), run(2, NOW - 100, origin={"run_time_from": NOW - 120.0})]
    runs.append(run(3, NOW - 90, origin={"run_time_from": NOW - 119.0}))  # of another agent
    assert began_at(runs) == NOW - 119.0
    assert of_run_time(600.0, runs, NOW, 0.0).at_s == 481.0


def test_a_clock_that_is_behind_gives_no_more_than_the_whole_run_time():
    assert of_run_time(600.0, [run(1, NOW + 36_000)], NOW, 0.0).at_s == 600.0
