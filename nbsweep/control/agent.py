"""Keeps the executor full until there is nothing left to do or somebody says stop."""

from __future__ import annotations

import os
import queue
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, CancelledError, Future
from contextlib import contextmanager, suppress
from functools import partial

from nbsweep import threads
from nbsweep.continued import was_thawed
from nbsweep.control import lost_runs
from nbsweep.control.code_hash import code_hash, source
from nbsweep.control.controller import Controller, Halt
from nbsweep.control.count import Count
from nbsweep.control.failures import FailurePolicy, Tally
from nbsweep.control.lost_runs import STALE_AFTER_S, Watch
from nbsweep.control.options import AgentOptions
from nbsweep.control.outage import Outage
from nbsweep.control.plan import Plan, ToldPlan
from nbsweep.control.schedule import Schedule
from nbsweep.control.signals import Signals
from nbsweep.control.stopping import Ask, Cut, Interrupt, Leave, StopLevel, Stopping
from nbsweep.control.under_way import AgentReport, UnderWay, Workers, beside
from nbsweep.errors import (
    NotFoundError,
    OwnershipError,
    RunStopped,
    StoreError,
    StoreGoneError,
    UsageError,
)
from nbsweep.executors.base import InlineExecutor, ThreadExecutor
from nbsweep.executors.placement import make_executor
from nbsweep.executors.program import CommandExecutor
from nbsweep.records import RunEnd, RunOutcome, RunRecord, RunState, Snapshot, WorkOrder
from nbsweep.runs import kept_code, session
from nbsweep.runs.identity import AgentIdentity
from nbsweep.runs.kernel import (
    KERNEL_ENDED,
    REQUEST_FOLLOWS_WITHIN_S,
    interrupted_by_its_end,
    kernel_ends,
)
from nbsweep.runs.stop import stop_run
from nbsweep.store import patience
from nbsweep.store.base import Store
from nbsweep.store.patience import PassingError, patient
from nbsweep.view.kernel import in_kernel

# How a process is asked to end: by a service manager, and by a terminal that closes.
END_SIGNALS = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
POLL_S = 0.25  # how often a paused sweep is asked again


class _Stopped(Exception):  # noqa: N818 - not an error
    """The agent was told to stop while it waited for its store."""


class Agent:
    """Executes runs of one sweep, blocking the thread that calls `run`.

    The training function runs where the executor puts it, by default on a thread of
    its own, so that this thread is free for interrupts: the first one ends the runs
    under way at their next `log`, the second leaves them behind.

    Args:
        store: where the sweep is.
        sweep_id: the sweep.
        options: what to run, how many at once and for how long; with a function.
        folder: run id → the run's own folder.
        clock: unix time in seconds.
        elapsed: monotonic, in seconds: what passes while nobody sets the clock.

    Attributes:
        controller: decides what runs next.
        count: how many runs it is to take.
        workers: runs that may be under way at once.
        report: what it did so far.
        on_message: gets sentences for the user while it works; may be set.
        on_wait: called several times a second on the waiting thread; may be set.
        on_plan: gets what still fits before the deadline, whenever that changes; may be set.
    """

    def __init__(
        self,
        store: Store,
        sweep_id: str,
        options: AgentOptions,
        *,
        folder: Callable[[str], str],
        clock: Callable[[], float] = time.time,
        elapsed: Callable[[], float] = time.monotonic,
    ) -> None:
        assert options.function is not None
        self._store = store
        self._sweep_id = sweep_id
        self.count = Count(options.count or None)
        self.workers = options.workers
        self._stopping = Stopping(options.time_limit_s(os.environ))
        failures_in_a_row = options.max_consecutive_failed_runs
        self._policy = FailurePolicy.from_environment(os.environ, failures_in_a_row)
        self.on_message: Callable[[str], None] = lambda message: None
        self.on_wait: Callable[[], None] = lambda: None
        self.on_plan: Callable[[Plan], None] = lambda plan: None
        began_at, now = elapsed(), clock()
        self.too_late = options.too_late(now)
        self._clock = clock
        self._elapsed = elapsed
        code = code_hash(options.function)
        kept_code.keep(store, code, partial(source, options.function))
        self._watch = Watch(elapsed)
        self._identity = AgentIdentity.create()
        self._placement = make_executor(options.executor, options.workers, options.workers_per_gpu)
        self._schedule = Schedule(
            options.ends(now, began_at), clock, elapsed, options.workers, self._placement.end_s
        )
        self._told_plan = ToldPlan()
        self.controller = Controller(
            store,
            sweep_id,
            self._identity,
            folder,
            clock,
            code=code,
            echo=options.echo,
            search_function=options.search,
            watch=self._watch,
            elapsed=elapsed,
            schedule=self._schedule,
        )
        own = (ThreadExecutor, InlineExecutor)  # others may have runs wait for a free worker
        self.controller.starts_at_once = isinstance(self._placement.executor, own)
        self._function = self._placement.prepare(options.function, store.url)
        self._active: dict[Future[RunOutcome], UnderWay] = {}
        self._done: queue.SimpleQueue[Future[RunOutcome] | None] = queue.SimpleQueue()
        self._told = False  # that an interrupt is being followed
        self._store_is_gone = False
        self._waits = False  # for signs of life, which was said
        self._interrupted_at: float | None = None  # by whom is not known yet
        self._terminated_by: int | None = None
        self._tally = Tally(elapsed())
        self._health = Workers(store, self._placement, self._watch, clock, elapsed)
        self.report = AgentReport()

    def run(self) -> AgentReport:
        """Work until count, run_cap, target, the end of the sweep, failures or a stop.

        A store that fails for a while is waited for, and the user told; one that fails for
        longer ends the agent, and its runs under way are handed out again later.
        """
        self._outage = Outage(self._store, self._say)
        with patient(patience.LONGEST_S, self._outage.tell, self._is_leaving):
            return self._run()

    def _run(self) -> AgentReport:
        session.writer().hold()
        inline = isinstance(self._placement.executor, InlineExecutor)
        ends = [number for number in END_SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
        signals: dict[int, Callable[[], None]] = {
            signal.SIGINT: self.interrupt,
            **{number: partial(self._terminate, number) for number in ends},
        }
        try:
            with Signals(signals, enabled=not inline):
                lost_runs.hand_out_again(self._store, self._sweep_id, self._clock())
                self._work()
                with suppress(_Stopped), self._unless_stopped():
                    self.controller.close_if_done()
        except StoreGoneError as error:
            self._let_go(str(error))
            raise
        except KeyboardInterrupt:  # only where training shares this thread
            self._follow_interrupt(interrupted_by_its_end())
        except NotFoundError:
            raise
        except StoreError as error:
            self._give_up(error)
        finally:
            self._abandon("the agent ended")
            self._placement.close()
            session.writer().release()
        number = self._terminated_by
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            signal.raise_signal(number)  # everything is stored: now the process may end
        return self.report

    def stop(
        self, level: StopLevel, reason: str = "stopped", state: RunState = RunState.KILLED
    ) -> None:
        """End the agent as urgently as `level` says; any thread may call it.

        Runs under way that it stops end in `state`; preempted ones are handed out again.
        """
        if self._stopping.rise(level, reason, state):
            self.report.reason = reason
            self._done.put(None)  # wakes the waiting thread

    def extend(self, count: int) -> bool:
        """Take so many runs more than asked for so far; False when it is about to end.

        Any thread may call it.
        """
        is_going_on = self.count.extend(count)
        self._done.put(None)
        return is_going_on

    def new_runs_left(self, snapshot: Snapshot) -> int | None:
        """How many runs with params of their own it will still take, beside those of a snapshot.

        None for no limit. Any thread may ask.
        """
        return self.count.new_left(snapshot, self.controller.waiting_again)

    @property
    def level(self) -> StopLevel:
        """How urgently it is to end."""
        return self._stopping.level

    @property
    def under_way(self) -> int:
        """Number of runs under way."""
        return len(self._active)

    @property
    def plan(self) -> Plan | None:
        """What still fits before the deadline, None without one; any thread may ask."""
        return self._schedule.plan(self.controller.runs_left(self.count.left))

    def interrupt(self) -> None:
        """Take an interrupt: a person's, or what comes before the end of the kernel.

        Where it may be the latter it is followed when that is known, see `kernel`.
        """
        self.report.interrupted = True
        if in_kernel() and self._interrupted_at is None and self._stopping.level < StopLevel.NOW:
            self._interrupted_at = self._elapsed()
        else:
            self._follow_interrupt(kernel_ends())

    def _follow_interrupt(self, by_kernel: bool) -> None:
        """Stop runs: for a person who interrupts, or since the kernel ends."""
        self.report.interrupted = True
        reason = KERNEL_ENDED if by_kernel else "interrupted"
        state = RunState.PREEMPTED if by_kernel else RunState.KILLED
        self.stop(self._stopping.more_urgent, reason, state)

    def _terminate(self, number: int) -> None:
        """Take SIGTERM or SIGHUP: the process is taken away, but nobody is done with its runs.

        A second one leaves the runs behind, as a second interrupt does.
        """
        self._terminated_by = number
        self._stopping.terminated = self.report.interrupted = True
        self.stop(self._stopping.more_urgent, "terminated", RunState.PREEMPTED)

    def _say(self, sentence: str) -> None:
        self.on_message(sentence)

    def _is_leaving(self) -> bool:
        return self._stopping.level is StopLevel.LEAVE or self._schedule.is_over

    def _give_up(self, error: StoreError) -> None:
        """End because the store failed for too long, or for good."""
        self.report.gave_up, self.report.store_error = True, error
        lost_runs.leave_open(self._identity.id)
        if self._stopping.level is not StopLevel.LEAVE:
            self._stopping.state = RunState.PREEMPTED
            self.stop(StopLevel.LEAVE, str(error), RunState.PREEMPTED)
        self.report.reason = str(error)
        self.on_message(f"The agent ended: {error}")

    def _heed_kernel(self) -> None:
        """Follow an interrupt when it is known whose it is, and the end of the kernel anyway."""
        if self._stopping.level >= StopLevel.NOW:
            return
        since = self._interrupted_at
        if kernel_ends():
            self._stopping.terminated = True  # the kernel will not be waited for much longer
            self._follow_interrupt(by_kernel=True)
        elif since is not None and self._elapsed() - since >= REQUEST_FOLLOWS_WITHIN_S:
            self._follow_interrupt(by_kernel=False)

    def _work(self) -> None:
        while True:
            self._heed_kernel()
            gone = getattr(self._store, "gone", None)
            if gone is not None:
                raise StoreGoneError(gone)
            self._hold_to_limits()
            starts_at_once, left_open = self.controller.starts_at_once, self.controller.left_open
            self._health.look_after(self._active, left_open, start_at_once=starts_at_once)
            self.controller.keep_watch(at_once=self._schedule.watches())
            limit = self.count.limit
            halt = self._fill()
            self._tell_plan()
            ends = not self._active and halt is not None and not halt.paused
            if halt is not None and ends and self.count.close(limit):
                self.report.reason = halt.reason
                return
            future = self._wait()
            if future is not None:
                self._collect(future)

    def _wait(self) -> Future[RunOutcome] | None:
        """The next future that ended; None after a while, or at once when woken."""
        self.on_wait()
        threads.pass_by()
        self._outage.tell()
        poll_s = POLL_S if self._interrupted_at is None else POLL_S / 5
        with suppress(queue.Empty):
            return self._done.get(timeout=self._schedule.poll_s(poll_s))
        return None

    def _tell_plan(self) -> None:
        """Say what still fits, when that is known first and when it changes much."""
        plan = self.plan
        if plan is None:
            return
        if self._told_plan.is_news(plan):
            self.on_plan(plan)
        if self._told_plan.is_much(plan, self.count.taken):
            self._say(plan.said)

    def _fill(self) -> Halt | None:
        """Hand out runs until the executor is full; the reason when it cannot be."""
        while len(self._active) < self.workers:
            if self._stopping.level > StopLevel.GO:
                return Halt(self.report.reason)
            if self._interrupted_at is not None:
                return Halt("interrupted", paused=True)
            if self.too_late is not None:
                return Halt("the deadline has passed")
            if self._schedule.is_over:
                return Halt(self._schedule.over)
            enough = self.count.is_reached
            order = self._next_order(beyond_count=enough)
            if enough and not isinstance(order, WorkOrder):
                runs = "run" if self.count.limit == 1 else "runs"
                return Halt(f"count of {self.count.limit} {runs} reached")
            if isinstance(order, Halt):
                if order.waiting and not self._waits:
                    self.on_message(order.reason)
                self._waits = order.waiting
                return order
            if not was_thawed(order.run) and order.run.id not in self.controller.beyond_count:
                self.count.take(order.run)
            run = UnderWay(order, self._schedule.hand_out(order.run.id))
            future = self._submit(run)
            self._active[future] = run
            future.add_done_callback(self._done.put)
        return None

    def _next_order(self, *, beyond_count: bool) -> WorkOrder | Halt:
        """The next run, or why there is none."""
        try:
            with self._unless_stopped():
                controller = self.controller
                return controller.next_beyond_count() if beyond_count else controller.next_order()
        except _Stopped:
            return Halt(self.report.reason or self._schedule.over)

    @contextmanager
    def _unless_stopped(self) -> Iterator[None]:
        """Wait for a store that fails, but raise _Stopped instead when told to stop."""
        stopping = self._stopping

        def is_stopped() -> bool:
            return stopping.level > StopLevel.GO or self._schedule.is_over

        try:
            with patient(patience.LONGEST_S, self._outage.tell, is_stopped):
                yield
        except PassingError as error:
            if is_stopped():
                raise _Stopped from error
            raise

    def _submit(self, run: UnderWay) -> Future[RunOutcome]:
        order = run.order
        try:
            limited = self._schedule.is_limited or self._stopping.timeout_s is not None
            if limited and isinstance(self._placement.executor, InlineExecutor):
                return self._submit_here(run)
            return self._placement.execute(order, self._function)
        except RuntimeError as error:  # broken by a worker that died, or shut down
            self._end_from_here(order, RunState.PREEMPTED, None)  # it never began: no try is lost
            kind = type(self._placement.executor).__name__
            raise UsageError(
                f"The {kind} takes no more runs ({error}). Pass a new one and call agent again: "
                "the sweep continues. executor='processes' replaces workers that die."
            ) from error

    def _submit_here(self, run: UnderWay) -> Future[RunOutcome]:
        """Execute a run on this thread, held to its limits from another one."""
        stand_in: Future[RunOutcome] = Future()  # its own is not there before it has ended
        self._active[stand_in] = run
        try:
            with beside(self._hold_here, lambda: self._schedule.poll_s(POLL_S)):
                return self._placement.execute(run.order, self._function)
        finally:
            self._active.pop(stand_in, None)

    def _hold_here(self) -> None:
        with suppress(StoreError):  # whoever has something to write will say so
            self._hold_to_limits()
            self.controller.keep_watch(at_once=self._schedule.watches())

    def _collect(self, future: Future[RunOutcome]) -> None:
        """Take note of how a run ended, and give up when too many fail."""
        ended = self._active.pop(future, None)
        if ended is None:
            return
        self._schedule.handed_out_at.pop(ended.order.run.id, None)
        outcome = self._outcome(ended, future)
        self.report.outcomes.append(outcome)
        self._tally.add(outcome)
        if outcome.interrupted:
            self._follow_interrupt(outcome.state is RunState.PREEMPTED)
            return
        verdict = self._tally.verdict(self._policy, self._elapsed())
        if verdict is not None and self._stopping.level is StopLevel.GO:
            self.report.gave_up = True
            self.stop(StopLevel.AFTER_CURRENT, f"stopped after {verdict}")
            self.on_message(f"Stopped after {verdict}. Last error: {outcome.error}")

    def _outcome(self, run: UnderWay, future: Future[RunOutcome]) -> RunOutcome:
        """How a run ended; stores its end where its worker could not."""
        order, run_id = run.order, run.order.run.id
        error = CancelledError() if future.cancelled() else future.exception()
        if error is None:
            return future.result()
        if isinstance(error, StoreGoneError):
            raise error
        if isinstance(error, RunStopped):  # it was interrupted while its end was being written
            state = self._stopping.state if run.cut is None else run.cut.state
            self._end_from_here(order, state, None)
            return RunOutcome(run_id, state, "interrupted")
        if isinstance(error, (BrokenExecutor, CancelledError)):  # its worker died
            self._end_from_here(order, RunState.CRASHED, str(error) or "the executor dropped it")
            return RunOutcome(run_id, self._store.run(run_id).state, str(error) or None)
        if isinstance(error, PassingError):  # the machine's fault: its end could not be stored
            self._end_from_here(order, RunState.PREEMPTED, None)
            return RunOutcome(run_id, self._store.run(run_id).state, str(error))
        self._end_from_here(order, RunState.FAILED, f"{type(error).__name__}: {error}")
        raise error

    def _hold_to_limits(self) -> None:
        """Ask runs to end that have to; interrupt those that do not; in the end leave them."""
        now, stopping = self._elapsed(), self._stopping
        soon = self._schedule.watches()
        for future, run in list(self._active.items()):
            cut = self._cut(run) if soon else None
            step = stopping.step(run.since, run.asked_at, now, cut, is_cut=run.cut is not None)
            if isinstance(step, Ask):
                run.cut = step if cut is not None and step is cut.ask else None
                self._ask(run, step)
            elif isinstance(step, Interrupt):
                self._placement.stop(future)
            elif isinstance(step, Leave):
                self._leave(future, stopping.reason if run.cut is None else run.cut.reason)
        waiting = self._active and stopping.level is StopLevel.NOW
        if self.report.interrupted and waiting and not self._told:
            self._told = True
            word = "Terminated" if stopping.terminated else "Interrupted"
            self.on_message(f"{word}: the run under way is being stopped; once more leaves it.")

    def _ask(self, run: UnderWay, ask: Ask) -> None:
        """Make the next `log` of a run end it."""
        run.asked_at = self._elapsed()
        live = session.live_run(run.order.run.id)
        if live is not None:
            live.request_stop(ask.reason, ask.state)
        with suppress(PassingError), patient(0.0):
            stop_run(self._store, run.order.run.id, ask.reason, ask.state)

    def _cut(self, run: UnderWay) -> Cut | None:
        is_program = isinstance(self._placement.executor, CommandExecutor)
        return self._schedule.cut(run.order.run.id, is_patient=not is_program)

    def _leave(self, future: Future[RunOutcome], reason: str) -> None:
        """Store the end of a run that nobody waits for any more."""
        run = self._active.pop(future)
        order, state = run.order, self._stopping.state
        self._schedule.handed_out_at.pop(order.run.id, None)
        if run.cut is not None:  # one that waited for a worker never began: no try is lost
            begun = self._store.run(order.run.id).state is not RunState.PENDING
            state = run.cut.state if begun else RunState.PREEMPTED
        live = session.live_run(order.run.id)
        if live is not None:
            live.request_stop(reason, state)
        try:
            self._end_from_here(order, state, None)
        except StoreError as error:
            lost_runs.leave_open(self._identity.id)
            self.report.store_error = self.report.store_error or error
        self._placement.kill(future)
        self.report.outcomes.append(RunOutcome(order.run.id, state, reason))

    def _let_go(self, reason: str) -> None:
        """End the runs under way, of which nothing can be stored any more."""
        self.report.reason, self._store_is_gone = reason, True
        for future, run in self._active.items():
            live = session.live_run(run.order.run.id)
            if live is not None:
                live.request_stop(reason, RunState.CRASHED)
            self._placement.stop(future)
            self._placement.kill(future)
        self._active.clear()

    def _abandon(self, reason: str) -> None:
        """Store the end of all runs that are still under way."""
        if self._store_is_gone:
            return
        for future in list(self._active):
            self._leave(future, reason)
        if self.report.store_error is not None:
            return
        try:
            for record in self.controller.left_open():  # an interrupt hit while it was handed out
                self._finish_stored(record, self._stopping.state, None)
        except PassingError as error:
            lost_runs.leave_open(self._identity.id)
            self.report.store_error = error

    def _end_from_here(self, order: WorkOrder, state: RunState, error: str | None) -> None:
        run = session.live_run(order.run.id)
        if run is None:
            self._finish_stored(self._store.run(order.run.id), state, error)
        else:
            with suppress(OwnershipError):  # it did end by itself meanwhile
                run.end(state, error)

    def _finish_stored(self, run: RunRecord, state: RunState, error: str | None) -> None:
        with suppress(OwnershipError):
            at = min(self._clock(), run.heartbeat_at + STALE_AFTER_S)  # the clock may have jumped
            at = max(at, run.heartbeat_at)
            end = RunEnd(state, run.summary, run.config, 1, at, error=error)
            self._store.finish_run(run.id, run.agent_id, end)
