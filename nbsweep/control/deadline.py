"""Until when an agent or a sweep works: what people give, and what follows from it.

A length (``minutes=20``, ``run_time: 20m``) is counted by a monotonic clock, which nobody
sets. A time of day is translated once, when the agent begins; a clock that is set later
moves nothing. How much of a sweep's `run_time` is left is worked out from its runs, so
that it holds in every kernel.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from numbers import Real
from typing import Any

from nbsweep.errors import UsageError
from nbsweep.records import OUT_OF_TIME, RunRecord
from nbsweep.wording import duration

RUN_TIME = "run_time of "  # how the reason begins for which it ends a sweep
RUN_TIME_FROM = "run_time_from"  # in the origin of the first run after a sweep was resumed
PASSED_S = 6 * 3600.0  # a time of day that was so long ago is meant for tomorrow
_TIME = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?\s*([ap]m)?", re.IGNORECASE)
_EXAMPLES = '"17:30" or "2026-11-29 17:30"'


@dataclass(frozen=True)
class Deadline:
    """When runs have to have ended.

    Attributes:
        at_s: that moment, in seconds of the agent's monotonic clock.
        total_s: seconds from when the work began until then; what is kept back for ending
            in order is a share of it.
        until: the time of day, in words.
        over: what happened when it has come, in words.
        near: the same before it has come, when nothing more is handed out.
        of_sweep: whether it is the sweep's `run_time`, for all agents.
    """

    at_s: float
    total_s: float
    until: str
    over: str
    near: str
    of_sweep: bool = False

    @property
    def came(self) -> str:
        """Why a run is stopped by it; `RunRecord.is_cut_off` knows it by these words."""
        return f"{OUT_OF_TIME}{self.until} came"


def check(minutes: Any, deadline: Any) -> None:
    """Raise UsageError for `minutes` or a `deadline` that no agent could keep."""
    if minutes is not None and deadline is not None:
        raise UsageError(
            f"agent(minutes={minutes!r}, deadline={deadline!r}): give one of them: how long, or "
            "until when."
        )
    if minutes is not None and not _is_length(minutes):
        raise UsageError(
            f"agent(minutes={minutes!r}): a number of minutes above 0 is needed, such as 20 or 0.5."
        )
    if deadline is not None:
        unix_time(deadline, 0.0)


def asked(minutes: Any, deadline: Any, now: float, elapsed: float) -> Deadline | None:
    """The deadline that an agent is given; None without one. See `check` for errors.

    Args:
        minutes: how long, or None.
        deadline: until when, or None.
        now: unix time in seconds.
        elapsed: the same moment on the agent's monotonic clock.
    """
    if minutes is not None:
        span_s = 60.0 * float(minutes)
        over = f"{float(minutes):g} minutes are over" if minutes != 1 else "1 minute is over"
        return Deadline(elapsed + span_s, span_s, when(now + span_s, now), over, over)
    if deadline is None:
        return None
    at = unix_time(deadline, now)
    until = when(at, now)
    over, near = f"the deadline of {until} came", f"the deadline of {until} is near"
    return Deadline(elapsed + at - now, at - now, until, over, near)


def passed(deadline: Any, now: float) -> str | None:
    """The sentence for whoever gives a deadline that has passed; None for one to come."""
    at = unix_time(deadline, now)
    if at > now:
        return None
    text = (
        f"The deadline of {when(at, now)} passed {duration(now - at)} ago, so no run is started. "
    )
    if isinstance(deadline, time) or (isinstance(deadline, str) and _time_of_day(deadline)):
        return f"{text}For another day give the date too: deadline={_EXAMPLES.split(' or ')[1]}."
    return f"{text}minutes=20 means 20 minutes from now."


def unix_time(deadline: Any, now: float) -> float:
    """The unix time in seconds of a deadline, however it was given.

    A time without a zone is local. A time of day is the next such time, but one that passed
    less than 6 hours ago is today's.

    Raises:
        UsageError: it is not a time.
    """
    try:
        at = _unix_time(deadline, now)
        if at is not None and math.isfinite(at):
            datetime.fromtimestamp(at)  # it can be told in words
            return at
    except (ValueError, OverflowError, OSError):
        pass
    raise UsageError(
        f"agent(deadline={deadline!r}): a time such as {_EXAMPLES}, a datetime, or unix time in "
        "seconds is needed. For a length there is minutes=20."
    )


def _unix_time(deadline: Any, now: float) -> float | None:
    if isinstance(deadline, datetime):
        return deadline.timestamp()
    if isinstance(deadline, time):
        return _next(deadline, now)
    if isinstance(deadline, Real) and not isinstance(deadline, bool):
        return float(deadline)
    if not isinstance(deadline, str):
        return None
    text = deadline.strip().strip("'\"").strip()
    of_day = _time_of_day(text)
    if of_day is not None:
        return _next(of_day, now)
    if re.fullmatch(r"\d{9,}(\.\d*)?", text):
        return float(text)
    if not re.search(r"\d[T ]\s*\d", text):  # a date alone: its beginning or its end?
        return None
    return datetime.fromisoformat(re.sub(r"[zZ]$", "+00:00", text)).timestamp()


def _time_of_day(text: str) -> time | None:
    """The time that a text such as "17:30" or "5:30 pm" names; None for another text."""
    match = _TIME.fullmatch(text.strip().strip("'\"").strip())
    if match is None:
        return None
    hour, half = int(match[1]), (match[4] or "").lower()
    if half:
        hour = hour % 12 + (12 if half == "pm" else 0) if 1 <= hour <= 12 else 24
    return time(hour, int(match[2]), int(match[3] or 0))


def _next(of_day: time, now: float) -> float:
    """The unix time at which it is that time of day next, or was so just now."""
    today = datetime.fromtimestamp(now, of_day.tzinfo)
    at = datetime.combine(today.date(), of_day)
    for days in (-1, 0, 1):
        moment = (at + timedelta(days=days)).timestamp()
        if moment > now - PASSED_S:
            return moment
    raise AssertionError("tomorrow's is ahead")


def when(at: float, now: float) -> str:
    """A unix time as people say it: the time of day, with the date when that is another."""
    try:
        moment, today = datetime.fromtimestamp(at), datetime.fromtimestamp(now)
    except (ValueError, OverflowError, OSError):
        return "a time beyond the calendar"
    text = f"{moment:%H:%M:%S}" if abs(at - now) < 120 else f"{moment:%H:%M}"
    return text if moment.date() == today.date() else f"{moment:%Y-%m-%d} {text}"


def of_run_time(
    run_time_s: float, runs: Iterable[RunRecord], now: float, elapsed: float
) -> Deadline | None:
    """The deadline that a sweep's `run_time` is; None before its first run.

    Args:
        run_time_s: of the config.
        runs: of the sweep.
        now: unix time in seconds, by a clock that agrees with that of the first run's machine
            as well as the deadline is to be kept.
        elapsed: the same moment on the agent's monotonic clock.
    """
    began = began_at(runs)
    if began is None:
        return None
    left_s = min(began + run_time_s - now, run_time_s)
    text = f"{RUN_TIME}{duration(run_time_s)} is over"
    until = when(now + left_s, now)
    return Deadline(elapsed + left_s, run_time_s, until, text, text, of_sweep=True)


def began_at(runs: Iterable[RunRecord]) -> float | None:
    """When a sweep's `run_time` began, in unix time: at its first run, or when it was resumed.

    A sweep that is resumed gets another `run_time`, which begins with the next run; that
    run's origin says when (`RUN_TIME_FROM`).
    """
    resumed, first = None, None
    for run in runs:
        again = run.origin.get(RUN_TIME_FROM)
        if again is not None:
            resumed = again if resumed is None else max(resumed, again)
        start = run.started_at if run.started_at is not None else run.created_at
        first = start if first is None else min(first, start)
    return first if resumed is None else float(resumed)


def _is_length(minutes: Any) -> bool:
    if not isinstance(minutes, Real) or isinstance(minutes, bool):
        return False
    try:
        return 0 < float(minutes) < math.inf
    except OverflowError:
        return False
