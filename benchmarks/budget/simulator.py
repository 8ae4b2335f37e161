"""Runs trained in simulated time: any number of workers, any searcher, every epoch counted.

A `Searcher` is asked for work when a worker is free, is shown the value of each epoch
when it ends, and may stop runs then: the run that has just shown its value at once, any
other when it shows its next one, as `log` does it.
"""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from benchmarks.budget.sources import Params, Source, Training

LEAST_S = 0.1  # from when a run is handed out to when it is interrupted, however late it is


@dataclass
class Run:
    """A run in the simulation.

    Attributes:
        id: unique within the simulation, in the order of their starts.
        params: of the search space.
        training: what it shows.
        shown: what it has shown so far.
        seconds: that it has been trained.
        state: "running", "stopped", "finished" or "cut" (ended by a deadline).
        began_s: when it was handed out.
        ended_s: when it was over for now.
        continued: iterations after which it was stopped and went on again.
        extra: what the searcher keeps with it.
    """

    id: str
    params: Params
    training: Training
    shown: list[float] = field(default_factory=list)
    seconds: float = 0.0
    state: str = "running"
    began_s: float = 0.0
    ended_s: float = 0.0
    continued: list[int] = field(default_factory=list)
    extra: Any = None


class Searcher(Protocol):
    """What proposes runs and stops them."""

    def next(self, now: float) -> Run | Params | None:
        """Params of a new run, a stopped run that goes on, or None: nothing for now."""
        ...

    def started(self, run: Run, now: float) -> None:
        """A new run with the params just proposed."""
        ...

    def showed(self, run: Run, now: float) -> list[str]:
        """A run has shown a value, `run.shown[-1]`; ids of the runs to be stopped."""
        ...

    def ended(self, run: Run, now: float) -> None:
        """A run was stopped, has finished, or was cut."""
        ...

    def cut(self, run: Run, now: float) -> tuple[float, float] | None:
        """When a run is asked to end for a deadline, and interrupted; None without one."""
        ...


@dataclass
class Trace:
    """What a simulation went through, epoch by epoch in the order in which they ended.

    Attributes:
        source: what was trained.
        runs: all of them.
        at: (n,) simulated seconds.
        best: (n,) the best noise-free value that was shown so far, times the sign.
        end_s: when the last run ended.
        busy_s: of all workers together.
    """

    source: Source
    runs: list[Run]
    at: np.ndarray
    best: np.ndarray
    end_s: float = 0.0
    busy_s: float = 0.0

    def epochs_to(self, level: float) -> int | None:
        """Epochs until a value at least as good was shown, None where it never was."""
        found = np.flatnonzero(self.best <= level)
        return int(found[0]) + 1 if len(found) else None

    def seconds_to(self, level: float) -> float | None:
        """The same in simulated seconds."""
        found = np.flatnonzero(self.best <= level)
        return float(self.at[found[0]]) if len(found) else None

    def best_after(self, epochs: int) -> float:
        """The best value within so many epochs, or all there were."""
        return float(self.best[min(epochs, len(self.best)) - 1]) if len(self.best) else math.inf


def simulate(
    source: Source,
    searcher: Searcher,
    *,
    epochs: float = math.inf,
    seconds: float = math.inf,
    workers: int = 1,
    level: float = -math.inf,
) -> Trace:
    """Train until nothing is proposed any more, or one of the limits is reached.

    Args:
        source: what is trained.
        searcher: of a sweep that has not begun.
        epochs: of all runs together.
        seconds: a deadline, after which no run begins; what is under way then ends when
            its searcher says so (`Searcher.cut`), else by itself.
        workers: that train side by side.
        level: a value, times the sign, whose sight ends the simulation.
    """
    return _Simulation(source, searcher, seconds, workers).play(epochs, level)


class _Simulation:
    def __init__(self, source: Source, searcher: Searcher, seconds: float, workers: int) -> None:
        self._source = source
        self._searcher = searcher
        self._deadline = seconds
        self._workers = workers
        self._runs: list[Run] = []
        self._to_stop: set[str] = set()
        # Time, tie-break, worker, run, and whether an epoch ends then (else: interrupted).
        self._events: list[tuple[float, int, int, Run, bool]] = []
        self._idle: list[int] = []
        self._tickets = 0

    def play(self, epochs: float, level: float) -> Trace:
        at: list[float] = []
        best: list[float] = []
        lowest, end_s, busy_s = math.inf, 0.0, 0.0
        for worker in range(self._workers):
            self._assign(worker, 0.0)
        while self._events and len(at) < epochs and lowest > level:
            now, _, worker, run, shows = heapq.heappop(self._events)
            end_s = now
            if shows:
                place = len(run.shown)
                run.shown.append(float(run.training.shown[place]))
                run.seconds += float(run.training.seconds[place])
                busy_s += float(run.training.seconds[place])
                true = self._source.sign * float(run.training.true[place])
                lowest = min(lowest, true) if math.isfinite(true) else lowest
                at.append(now)
                best.append(lowest)
                self._to_stop.update(self._searcher.showed(run, now))
            self._after(run, worker, now, shows)
        return Trace(self._source, self._runs, np.array(at), np.array(best), end_s, busy_s)

    def _after(self, run: Run, worker: int, now: float, shows: bool) -> None:
        cut = self._searcher.cut(run, now)
        if len(run.shown) == self._source.epochs:
            run.state = "finished"
        elif run.id in self._to_stop:
            run.state = "stopped"
        elif not shows or (cut is not None and now >= cut[0]):
            run.state = "cut"
        else:
            self._go_on(run, worker, now, cut)
            return
        run.ended_s = now
        self._to_stop.discard(run.id)
        self._searcher.ended(run, now)
        free, self._idle = [worker, *self._idle], []
        for each in free:
            self._assign(each, now)

    def _go_on(self, run: Run, worker: int, now: float, cut: tuple[float, float] | None) -> None:
        self._tickets += 1
        then = now + float(run.training.seconds[len(run.shown)])
        shows = True
        if cut is not None and then > (interrupted := max(cut[1], now + LEAST_S)):
            then, shows = interrupted, False
        heapq.heappush(self._events, (then, self._tickets, worker, run, shows))

    def _assign(self, worker: int, now: float) -> None:
        found = self._searcher.next(now) if now < self._deadline else None
        if found is None:
            self._idle.append(worker)
            return
        if isinstance(found, Run):
            run = found
            run.continued.append(len(run.shown))
            run.state = "running"
            self._to_stop.discard(run.id)
        else:
            run = Run(f"r{len(self._runs):04d}", found, self._source.trainings([found])[0])
            run.began_s = now
            self._runs.append(run)
            self._searcher.started(run, now)
        self._go_on(run, worker, now, self._searcher.cut(run, now))
