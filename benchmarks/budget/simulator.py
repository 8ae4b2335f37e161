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
        continued: iterations after which it was stopped and went on again.
        extra: what the searcher keeps with it.
    """

    id: str
    params: Params
    training: Training
    shown: list[float] = field(default_factory=list)
    seconds: float = 0.0
    state: str = "running"
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


@dataclass
class Trace:
    """What a simulation went through, epoch by epoch in the order in which they ended.

    Attributes:
        source: what was trained.
        runs: all of them.
        at: (n,) simulated seconds.
        best: (n,) the best noise-free value that was shown so far, times the sign.
        end_s: when the last run ended.
    """

    source: Source
    runs: list[Run]
    at: np.ndarray
    best: np.ndarray
    end_s: float = 0.0

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
        seconds: a deadline; runs under way are cut by it at their next value, and what the
            last epochs take beyond it is in the trace.
        workers: that train side by side.
        level: a value, times the sign, whose sight ends the simulation.
    """
    runs: list[Run] = []
    at: list[float] = []
    best: list[float] = []
    lowest, end_s = math.inf, 0.0
    to_stop: set[str] = set()
    heap: list[tuple[float, int, int, Run]] = []  # end of the epoch under way, tie-break, worker
    idle: list[int] = []
    ticket = 0

    def go_on(run: Run, worker: int, now: float) -> None:
        nonlocal ticket
        ticket += 1
        heapq.heappush(
            heap, (now + float(run.training.seconds[len(run.shown)]), ticket, worker, run)
        )

    def assign(worker: int, now: float) -> None:
        found = searcher.next(now) if now < seconds else None
        if found is None:
            idle.append(worker)
        elif isinstance(found, Run):
            found.continued.append(len(found.shown))
            found.state = "running"
            to_stop.discard(found.id)
            go_on(found, worker, now)
        else:
            run = Run(f"r{len(runs):04d}", found, source.trainings([found])[0])
            runs.append(run)
            searcher.started(run, now)
            go_on(run, worker, now)

    for worker in range(workers):
        assign(worker, 0.0)
    while heap and len(at) < epochs and lowest > level:
        now, _, worker, run = heapq.heappop(heap)
        place = len(run.shown)
        run.shown.append(float(run.training.shown[place]))
        run.seconds += float(run.training.seconds[place])
        true = source.sign * float(run.training.true[place])
        lowest = min(lowest, true) if math.isfinite(true) else lowest
        at.append(now)
        best.append(lowest)
        end_s = max(end_s, now)
        to_stop.update(searcher.showed(run, now))
        if len(run.shown) == source.epochs:
            run.state = "finished"
        elif run.id in to_stop:
            run.state = "stopped"
        elif now >= seconds:
            run.state = "cut"
        else:
            go_on(run, worker, now)
            continue
        to_stop.discard(run.id)
        searcher.ended(run, now)
        free, idle[:] = [worker, *idle], []
        for each in free:
            assign(each, now)
    return Trace(source, runs, np.array(at), np.array(best), end_s)
