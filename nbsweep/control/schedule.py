"""The deadlines that one agent works under, with its clocks: what is left, and for what.

`Controller` asks it what may be handed out, `Agent` when runs have to end. The decisions
are those of `plan`, `deadline` and `stopping`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nbsweep.control import deadline as deadlines
from nbsweep.control.deadline import Deadline
from nbsweep.control.plan import Lengths, Plan, fitting, plan, row_s
from nbsweep.control.stopping import END_S, Cut, cut, end_s, notice_s, shortest_s
from nbsweep.records import Observation, RunRecord, Snapshot, SweepState
from nbsweep.sweep_config import SweepConfig
from nbsweep.wording import duration

LOOK_BEFORE_S = 2.0  # the first run is asked to end: its pace has to be known by then
SHORTEST_POLL_S = 0.01
POLL_SHARE = 0.005  # of the whole time


@dataclass(frozen=True)
class TimeIsUp:
    """No run can be handed out any more, for lack of time.

    Attributes:
        reason: why, in words for the user.
        of_sweep: whether that holds for all agents of the sweep.
    """

    reason: str
    of_sweep: bool


def plan_of_sweep(
    config: SweepConfig, snapshot: Snapshot, now: float, workers: int = 1
) -> Plan | None:
    """What still fits before a sweep's `run_time` is over, for whoever only looks on.

    None without one, before the first run, and once the sweep has ended.

    Args:
        config: of the sweep.
        snapshot: of the sweep.
        now: unix time in seconds.
        workers: runs under way at once, of all agents together; at least those that are.
    """
    waits = snapshot.sweep.state is SweepState.PENDING  # a resumed one has had runs
    if config.run_time_s is None or snapshot.sweep.state.ended or waits:
        return None
    deadline = deadlines.of_run_time(config.run_time_s, snapshot.runs, now, 0.0)
    if deadline is None:
        return None
    total_s = deadline.total_s
    last_s = max(0.0, deadline.at_s - end_s(total_s) - shortest_s(total_s))
    under_way = sum(not run.state.ended for run in snapshot.runs)
    workers = max(workers, under_way)
    return plan(snapshot.runs, last_s, until=deadline.until, workers=workers)


class Schedule:
    """What time allows one agent.

    Args:
        own: the deadline that the agent was given.
        clock: unix time in seconds.
        elapsed: monotonic, in seconds.
        workers: runs under way at once.
        needed_s: seconds before a deadline by which runs have to have ended, so that all is
            stored and shut down when it comes.

    Attributes:
        handed_out_at: run id to the time of `elapsed` for the agent's runs under way.
        asked_for: ids of runs that a person asked for, which `run_time` does not concern.
    """

    def __init__(
        self,
        own: Deadline | None = None,
        clock: Callable[[], float] = time.time,
        elapsed: Callable[[], float] = time.monotonic,
        workers: int = 1,
        needed_s: float = END_S,
    ) -> None:
        self._own = own
        self._clock = clock
        self._elapsed = elapsed
        self._workers = workers
        self._needed_s = needed_s
        self._run_time_s: float | None = None
        self._of_sweep: Deadline | None = None
        self._began_at: float | None = None
        self._runs: Sequence[RunRecord] = ()
        self._state: SweepState | None = None
        self._n_ended = 0
        self._refused: tuple[int, TimeIsUp] | None = None
        self.handed_out_at: dict[str, float] = {}
        self.asked_for: set[str] = set()
        self._planned: set[str] = set()

    def update(self, run_time_s: float | None, snapshot: Snapshot) -> None:
        """Take in a later snapshot of the sweep, and its `run_time`."""
        same = snapshot.runs is self._runs and snapshot.sweep.state is self._state
        if same and run_time_s == self._run_time_s:
            return
        self._runs, self._run_time_s = snapshot.runs, run_time_s
        self._state = snapshot.sweep.state
        if self._own is None and run_time_s is None:
            return
        self._n_ended = sum(run.state.ended for run in self._runs)
        if run_time_s is not None:
            self._follow(run_time_s)

    def _follow(self, run_time_s: float) -> None:
        """Translate the sweep's `run_time` when it has begun, and once more when it is resumed."""
        began = deadlines.began_at(self._runs)
        if self._state is SweepState.PENDING:  # resumed: it begins with the next run
            self._of_sweep = self._began_at = None
        elif began != self._began_at:
            now, elapsed = self._clock(), self._elapsed()
            self._of_sweep = deadlines.of_run_time(run_time_s, self._runs, now, elapsed)
            self._began_at, self._refused = began, None

    @property
    def deadline(self) -> Deadline | None:
        """The one that comes first; None without any."""
        both = [each for each in (self._own, self._of_sweep) if each is not None]
        return min(both, key=lambda each: each.at_s, default=None)

    @property
    def left_s(self) -> float | None:
        """Seconds in which runs have to end; None without a deadline."""
        deadline = self.deadline
        return None if deadline is None else self._left_s(deadline)

    @property
    def is_limited(self) -> bool:
        """Whether there is a deadline, or will be one when the first run has begun."""
        return self._own is not None or self._run_time_s is not None

    @property
    def is_over(self) -> bool:
        """Whether the agent's own deadline has come, after which it waits for nothing."""
        return self._own is not None and self._elapsed() >= self._own.at_s

    def _left_s(self, deadline: Deadline) -> float:
        """Seconds until runs are asked that have not ended by themselves."""
        return self._last_at(deadline) - shortest_s(deadline.total_s) - self._elapsed()

    def _last_at(self, deadline: Deadline) -> float:
        return deadline.at_s - end_s(deadline.total_s, self._needed_s)

    # What may be handed out

    def time_is_up(self) -> TimeIsUp | None:
        """Why nothing is handed out any more, if that is so."""
        deadline, left_s = self.deadline, self.left_s
        if deadline is None or left_s is None:
            return None
        if left_s <= 0:
            return TimeIsUp(deadline.over, deadline.of_sweep)
        if self._refused is not None and self._refused[0] == self._n_ended:
            return self._refused[1]  # nothing was learnt since, and less is left
        if left_s <= notice_s(deadline.total_s) and self._lengths().fits_s is None:
            return self._near(deadline, "no run is known to fit")
        return None

    def nothing_fits(self) -> TimeIsUp:
        """Note that of all that could be handed out nothing fits, and say so."""
        deadline = self.deadline
        assert deadline is not None
        up = self._near(deadline, "no further run fits")
        self._refused = self._n_ended, up
        return up

    def _near(self, deadline: Deadline, remark: str) -> TimeIsUp:
        left = duration(max(0.0, deadline.at_s - self._elapsed()))
        return TimeIsUp(f"{deadline.near}: {remark} in the {left} that are left", deadline.of_sweep)

    def fits(
        self,
        config: SweepConfig,
        observations: Sequence[Observation],
        params: Sequence[Mapping[str, Any]],
    ) -> list[bool]:
        """Which of several runs that do not exist yet would end in time."""
        left_s = self.left_s
        if left_s is None:
            return [True] * len(params)
        return fitting(config, observations, params, self._lengths(), left_s)

    def refuses_asked_for(self) -> TimeIsUp | None:
        """Why the agent takes no run any more that a person asked for; None when it does.

        Its own deadline holds for those too, the sweep's `run_time` does not.
        """
        if self._own is None:
            return None
        left_s = self._left_s(self._own)
        fits_s = self._lengths().fits_s
        if left_s > 0 and (fits_s is None or fits_s <= left_s):
            return None
        return self._near(self._own, "the run that is to be repeated does not fit")

    def origin(self) -> dict[str, Any]:
        """What the origin of a run says that is handed out now: whether `run_time` begins anew."""
        resumed = self._state is SweepState.PENDING and bool(self._runs)
        if self._run_time_s is None or not resumed:
            return {}
        return {deadlines.RUN_TIME_FROM: self._clock()}

    # What is said of it

    def plan(self, wanted: int | None = None) -> Plan | None:
        """What still fits; None without a deadline. `wanted`: runs that are left at most."""
        deadline, left_s = self.deadline, self.left_s
        if deadline is None or left_s is None:
            return None
        return plan(
            self._runs,
            left_s,
            until=deadline.until,
            workers=self._workers,
            ages=self._ages(),
            wanted=wanted,
        )

    def _lengths(self) -> Lengths:
        return Lengths.of(self._runs, self._ages())

    def _ages(self) -> dict[str, float]:
        now = self._elapsed()
        return {run_id: now - at for run_id, at in self.handed_out_at.copy().items()}

    # When runs have to end

    def hand_out(self, run_id: str) -> float:
        """Note that the agent has a run under way from now on; the time of its clock."""
        self.handed_out_at[run_id] = self._elapsed()
        if self.is_limited and self._lengths().seconds:  # which looks at every run
            self._planned.add(run_id)  # it is expected to end in time
        return self.handed_out_at[run_id]

    def watches(self) -> bool:
        """Whether a deadline comes so soon that runs under way have to be looked at."""
        deadline, left_s = self.deadline, self.left_s
        if deadline is None or left_s is None:
            return False
        return left_s <= notice_s(deadline.total_s) + LOOK_BEFORE_S

    def poll_s(self, longest_s: float) -> float:
        """How long to wait for news at most: less where the whole time is short."""
        deadline = self.deadline
        if deadline is None or not self.watches():
            return longest_s
        return max(SHORTEST_POLL_S, min(longest_s, POLL_SHARE * deadline.total_s))

    @property
    def over(self) -> str:
        """That the deadline has come, in words; empty without one."""
        return "" if self.deadline is None else self.deadline.over

    def cut(self, run_id: str, *, is_patient: bool = True) -> Cut | None:
        """When a run of the agent has to have ended; None without a deadline."""
        deadline = self._own if run_id in self.asked_for else self.deadline
        if deadline is None:
            return None
        last_at, since = self._last_at(deadline), self.handed_out_at[run_id]
        age = self._elapsed() - since
        run = next((run for run in self._runs if run.id == run_id), None)
        lengths, pace_s = self._lengths(), None if run is None else row_s(run)
        ends_at = None
        if run is not None and pace_s is not None and lengths.rows is not None:
            ends_at = since + age + (lengths.remaining_s(run, age) or 0.0)
        elif run_id in self._planned:
            ends_at = last_at
        return cut(
            deadline.came,
            last_at,
            deadline.total_s,
            log_interval_s=pace_s,
            ends_at=ends_at,
            is_patient=is_patient,
        )
