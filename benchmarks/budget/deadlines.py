"""nbsweep under a deadline in the simulation: what its controller and its agent ask of time.

What may be handed out and when runs have to end is said by `control.schedule`, from run
records that the simulation keeps as the store would.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from benchmarks.budget.ours import STATES, Ours
from benchmarks.budget.simulator import Run
from benchmarks.budget.sources import Params, Source
from nbsweep.control import deadline as deadlines
from nbsweep.control.schedule import Schedule
from nbsweep.records import RunRecord, RunState, Snapshot, SweepRecord, SweepState
from nbsweep.sweep_config import SweepConfig

BEGAN = 1.7e9  # unix time at which every simulated sweep begins


class Timed(Ours):
    """`agent(sweep_id, train, minutes=seconds / 60)`."""

    def __init__(
        self, source: Source, config: dict[str, Any], seed: int, seconds: float, workers: int = 1
    ) -> None:
        super().__init__(source, config, seed)
        self._now = 0.0
        own = deadlines.asked(seconds / 60.0, None, BEGAN, 0.0)
        self._reason = own.came if own is not None else ""
        self._schedule = Schedule(own, lambda: BEGAN + self._now, lambda: self._now, workers)
        self._sweep = SweepRecord("s", "p", None, config, seed, SweepState.RUNNING, BEGAN)

    def next(self, now: float) -> Run | Params | None:
        self._read(now)
        if self._schedule.time_is_up() is not None:
            return None
        found = super().next(now)
        if isinstance(found, Run) or found is None:
            return found
        observations = [self._observation(run) for run in self._runs if run.state != "running"]
        if not self._schedule.fits(self._config_at(now), observations, [found])[0]:
            self._schedule.nothing_fits()
            return None
        return found

    def started(self, run: Run, now: float) -> None:
        super().started(run, now)
        self._schedule.handed_out_at[run.id] = now

    def ended(self, run: Run, now: float) -> None:
        super().ended(run, now)
        self._schedule.handed_out_at.pop(run.id, None)

    def cut(self, run: Run, now: float) -> tuple[float, float] | None:
        self._read(now)
        found = self._schedule.cut(run.id)
        return None if found is None else (found.ask_at, found.interrupt_at)

    def _config_at(self, now: float) -> SweepConfig:
        left_s = self._schedule.left_s
        return replace(self._config, time_left_s=None if left_s is None else round(left_s, 3))

    def _read(self, now: float) -> None:
        self._now = now
        runs = tuple(self._record(run, number) for number, run in enumerate(self._runs, 1))
        self._schedule.update(None, Snapshot(self._sweep, runs, {}, 0, BEGAN + now))

    def _record(self, run: Run, number: int) -> RunRecord:
        ended = run.state != "running"
        cut = self._reason if run.state == "cut" else None
        return RunRecord(
            run.id, "p", "s", number, 0, run.id, STATES[run.state], run.params,
            created_at=BEGAN + run.began_s,
            started_at=BEGAN + run.began_s,
            heartbeat_at=BEGAN + self._now,
            ended_at=BEGAN + run.ended_s if ended else None,
            stop_requested=cut,
            stop_state=None if cut is None else RunState.STOPPED,
            history_rows=len(run.shown),
        )  # fmt: skip
