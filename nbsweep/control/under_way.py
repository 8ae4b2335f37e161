"""The runs that an agent has under way, and what became of those before them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from nbsweep import threads
from nbsweep.control.lost_runs import Watch
from nbsweep.control.stopping import Ask
from nbsweep.errors import OwnershipError, StoreError
from nbsweep.executors.placement import Placement
from nbsweep.records import RunOutcome, RunRecord, RunState, WorkOrder
from nbsweep.runs.identity import Vital, vital
from nbsweep.store.base import Store
from nbsweep.store.patience import PassingError, patient

BEAT_AFTER_S = 10.0  # a worker's silence after which its agent says that it lives


@dataclass
class AgentReport:
    """What an agent did.

    Attributes:
        outcomes: one per run, in the order they ended.
        reason: why it stopped, in words.
        interrupted: whether a person interrupted it.
        gave_up: whether the failure policy or the store ended it.
        store_error: of the store, when that ended it.
    """

    outcomes: list[RunOutcome] = field(default_factory=list)
    reason: str = ""
    interrupted: bool = False
    gave_up: bool = False
    store_error: StoreError | None = None


@dataclass
class UnderWay:
    """A run that was handed out and has not ended.

    Attributes:
        order: what was handed out.
        since: when, in seconds of a monotonic clock.
        asked_at: when it was asked to stop, or None.
        cut: what it was asked for, where that is a deadline.
    """

    order: WorkOrder
    since: float
    asked_at: float | None = None
    cut: Ask | None = None


@contextmanager
def beside(call: Callable[[], None], every_s: Callable[[], float]) -> Iterator[None]:
    """Have another thread call something again and again while this one is busy.

    Where none can be started this one does, whenever its run logs.
    """
    ended = threading.Event()

    def repeat() -> None:
        while not ended.wait(every_s()):
            call()

    def step() -> float:
        call()
        return every_s()

    thread = threads.begin(repeat, "nbsweep-limits")
    turns = None if thread else threads.Turns(step, every_s(), "nbsweep-limits")
    try:
        yield
    finally:
        ended.set()
        if thread is not None:
            thread.join()
        if turns is not None:
            turns.end()


class Workers:
    """Looks after the workers of one agent's runs: beats for those that cannot.

    In a C call that keeps other threads out no heartbeat is written, and agents on other
    hosts, which cannot look at the process, would take it for dead.

    Args:
        store: where the runs are.
        placement: where they execute.
        watch: tells for how long each was silent.
        clock: unix time in seconds.
        elapsed: monotonic, in seconds.
    """

    def __init__(
        self,
        store: Store,
        placement: Placement,
        watch: Watch,
        clock: Callable[[], float],
        elapsed: Callable[[], float],
    ) -> None:
        self._store = store
        self._placement = placement
        self._watch = watch
        self._clock = clock
        self._elapsed = elapsed
        self._looked_at = elapsed()

    def look_after(
        self,
        active: Mapping[Future[RunOutcome], UnderWay],
        left_open: Callable[[], list[RunRecord]],
        *,
        start_at_once: bool,
    ) -> None:
        """Beat for runs that wait, or whose worker lives; end workers that were stopped.

        Args:
            active: the agent's runs under way.
            left_open: reads those of its runs that have not ended.
            start_at_once: whether none ever waits for a worker.
        """
        now = self._elapsed()
        at_once = self._placement.hosts is None and start_at_once
        if at_once or now - self._looked_at < BEAT_AFTER_S / 2:
            return
        self._looked_at = now
        futures = {run.order.run.id: future for future, run in active.items()}
        for run in left_open():
            if run.id not in futures:
                continue
            silent = self._watch.silent_s(run) >= BEAT_AFTER_S / 2
            waits = run.state is RunState.PENDING  # for a free worker
            lives = waits if run.worker is None else vital(run.worker) is Vital.ALIVE
            if silent and lives:
                # It ended meanwhile; or the store fails, and a beat is not worth waiting.
                with suppress(OwnershipError, PassingError), patient(0.0):
                    at = self._clock()
                    self._store.append_history(run.id, run.agent_id, (), summary=None, at=at)
            elif run.worker is not None and self._watch.is_lost(run):
                self._placement.kill(futures[run.id])
