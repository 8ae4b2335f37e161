"""An agent at work, to wait for and to steer: what `agent(background=True)` returns."""

from __future__ import annotations

import asyncio
import atexit
import logging
import os
import threading
from collections.abc import Callable, Generator, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from nbsweep import threads
from nbsweep.control.agent import Agent
from nbsweep.control.plan import Plan
from nbsweep.control.stopping import StopLevel
from nbsweep.control.under_way import AgentReport
from nbsweep.errors import SweepError, UsageError
from nbsweep.handles.leading import best_in_words
from nbsweep.handles.sweep import Sweep
from nbsweep.handles.sweep_run import SweepRun
from nbsweep.records import RunState, Snapshot
from nbsweep.runs import session
from nbsweep.wording import plural

if TYPE_CHECKING:
    from nbsweep.handles.narrower import ChildSweep
    from nbsweep.sweep_config.narrowing import Range
    from nbsweep.view.live import LiveView

logger = logging.getLogger("nbsweep")
EXIT_GRACE_S = 5.0  # at the interpreter's end, for runs to reach their next log
POLL_S = 0.1
_CALLS_WHEN_DONE = ("sweep", "wait()", "reason", "exception")
_CALLS = (
    "wait()",
    "pause()",
    "resume()",
    "stop()",
    "stop(now=True)",
    "extend(count)",
    "kill(run)",
    "retry(run)",
    "continue_run(run)",
    "sweep",
)


class AgentHandle:
    """Steers one agent; every method may be called from any cell or thread.

    `pause`, `resume` and `Sweep.cancel` concern the whole sweep and all its agents;
    `stop` and `extend` this agent alone.

    Attributes:
        sweep: the sweep it works on.
        exception: what ended it, when that was an error of the agent itself (an executor
            that takes no more runs, say), else None. Errors of the training function are
            kept with their runs; a store that fails for too long is the `reason`.
    """

    def __init__(self, agent: Agent, sweep: Sweep) -> None:
        self.sweep = sweep
        self.exception: BaseException | None = None
        self._agent = agent
        self._view: LiveView | None = None
        agent.on_message = self.message
        agent.on_plan = self._show_plan
        self._ended = threading.Event()

    def show_in(self, view: LiveView) -> None:
        """Draw the runs there; to be called before the work begins."""
        self._view = view

    def shows(self, panel: object) -> None:
        """Have marimo show the panel where this is a cell's last line, whose output it replaces."""
        self._display_ = lambda: panel

    def while_waiting(self, call: Callable[[], None]) -> None:
        """Have this called too, several times a second, by the thread that runs the agent."""
        before = self._agent.on_wait

        def both() -> None:
            before()
            call()

        self._agent.on_wait = both

    def run(self) -> AgentReport:
        """Do the agent's work on the calling thread, with its display."""
        session.begin_agent(self.sweep.id, self)
        if self._view is not None:
            self._view.start()
        return self._work()

    def start(self) -> AgentHandle:
        """Do the agent's work on a thread of its own; the display stays in this cell.

        Where no thread can be started the calling one does it, and this returns at its end.
        """
        session.begin_agent(self.sweep.id, self)
        if self._view is not None:
            self._view.start()
        self._pid = os.getpid()
        atexit.register(self._at_exit)
        if threads.begin(self._work_quietly, "nbsweep-agent") is None:
            self.message("No thread can be started here, so the agent works in this cell.")
            self._work_quietly()
        return self

    def message(self, text: str) -> None:
        """Show a sentence in the agent's display."""
        if self._view is not None:
            self._view.message(text)

    # For people

    @property
    def status(self) -> str:
        """One of running, paused, stopping, done."""
        if self._ended.is_set():
            return "done"
        if self._agent.level is not StopLevel.GO:
            return "stopping"
        return "paused" if self.sweep.state == "PAUSED" else "running"

    @property
    def plan(self) -> Plan | None:
        """What still fits before the deadline, such as `.more` runs; `str` of it is a sentence.

        None without a deadline, and when the agent is done.
        """
        return None if self._ended.is_set() else self._agent.plan

    @property
    def reason(self) -> str:
        """Why the agent ended, in words; empty while it works."""
        return self._agent.report.reason if self._ended.is_set() else ""

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the agent is done, at most `timeout` seconds; True when it is.

        Raises the agent's `exception`, when there is one.
        """
        done = self._ended.wait(timeout)
        if self.exception is not None:
            raise self.exception
        if done and self._view is not None:
            self._view.repeat()
        return done

    def stop(self, now: bool = False) -> None:
        """End this agent: after the runs under way, or with `now` at the next `log` of each.

        The sweep stays open, and another agent can go on with it; `Sweep.stop` ends the sweep.
        """
        if self._ended.is_set():
            return
        level = StopLevel.NOW if now else StopLevel.AFTER_CURRENT
        if level > self._agent.level:
            busy = plural(self._agent.under_way, "run")
            ends = f"{busy} under way to end at the next log" if now else f"{busy} under way to end"
            self.message(f"Stopping: no new runs; waiting for {ends}.")
        self._agent.stop(level)
        self._wake_view()

    @property
    def left(self) -> int | None:
        """How many runs it will still take; None for no limit."""
        agent = self._agent
        return 0 if self._ended.is_set() else agent.controller.runs_left(agent.count.left)

    @property
    def workers(self) -> int:
        """Runs that it may have under way at once."""
        return self._agent.workers

    @property
    def is_stopping(self) -> bool:
        """Whether it was told to end."""
        return self._agent.level is not StopLevel.GO

    @property
    def unavailable(self) -> frozenset[str]:
        """The buttons of a panel that would do nothing now."""
        limited = self._agent.count.limit is not None
        past = {"stop", "extend"} if self.is_stopping else set[str]()
        past |= {"stop_now"} if self._agent.level >= StopLevel.NOW else set()
        return frozenset(past if limited else past | {"extend"})

    def new_runs_left(self, snapshot: Snapshot) -> int | None:
        """How many runs with params of their own it will still take; None for no limit."""
        return self._agent.new_runs_left(snapshot)

    def pause(self) -> None:
        """Hand out no more runs of the sweep until `resume`; those under way finish."""
        self.sweep.pause()

    def resume(self) -> None:
        """Hand out runs again."""
        self.sweep.resume()

    def extend(self, count: int) -> None:
        """Take `count` runs more than was asked for.

        Raises UsageError when the agent is done or ending: start another one then.
        """
        if isinstance(count, bool) or not isinstance(count, int) or count < 1:
            raise UsageError(f"extend({count!r}): a whole number of at least 1 is needed.")
        if self._ended.is_set():
            raise UsageError(
                "extend: this agent is done. Continue the sweep with "
                f"nbsweep.agent({self.sweep.id!r}, train, count={count})."
            )
        if self._agent.level is not StopLevel.GO or not self._agent.extend(count):
            raise UsageError(
                "extend: this agent is ending and takes no more runs. When it has, continue with "
                f"nbsweep.agent({self.sweep.id!r}, train, count={count})."
            )
        self._wake_view()

    def kill(self, run_id: str) -> None:
        """Stop one run at its next `log`; see Sweep.kill."""
        self.sweep.kill(run_id)

    def edit(self, parameters: Mapping[str, Any]) -> None:
        """Change what parameters can be, from the next suggestion on; see Sweep.edit."""
        self.sweep.edit(parameters)

    def believe(self, beliefs: Mapping[str, Any]) -> None:
        """Say where the best values are thought to be; see Sweep.believe."""
        self.sweep.believe(beliefs)

    def narrow(
        self,
        ranges: Mapping[str, Range] | None = None,
        *,
        runs: Sequence[SweepRun | str | int] | None = None,
    ) -> ChildSweep:
        """A new sweep in a smaller space; see Sweep.narrow."""
        return self.sweep.narrow(ranges, runs=runs)

    def retry(self, run_id: str) -> None:
        """Try the params of an ended run once more, beyond the `count` that was asked for.

        Raises UsageError when the agent is done, and as Sweep.retry does.
        """
        if self._ended.is_set():
            raise UsageError(
                f"retry: this agent is done. nbsweep.Sweep({self.sweep.id!r}).retry({run_id!r}), "
                f"then nbsweep.agent({self.sweep.id!r}, train, count=1)."
            )
        self.sweep.retry(run_id)

    def continue_run(self, run_id: str, iterations: int | None = None) -> None:
        """Have an ended run go on, beyond the `count` that was asked for; see Sweep.continue_run.

        Raises UsageError when the agent is done, and as Sweep.continue_run does.
        """
        if self._ended.is_set():
            raise UsageError(
                f"continue_run: this agent is done. nbsweep.Sweep({self.sweep.id!r})"
                f".continue_run({run_id!r}), then nbsweep.agent({self.sweep.id!r}, train, count=1)."
            )
        self.sweep.continue_run(run_id, iterations)

    def console(self, run_id: str) -> str:
        """What a run printed so far; see Sweep.console."""
        return self.sweep.console(run_id)

    def __await__(self) -> Generator[Any, None, None]:
        """Waits without blocking the cell's event loop; a cancelled wait stops the agent."""
        return self._until_done().__await__()

    def __repr__(self) -> str:
        return f"<Agent of sweep {self.sweep.id}: {self.status}, {', '.join(self._facts())}>"

    def _repr_html_(self) -> str:
        facts = [f"<b>{self.status}</b>", *(escape(fact) for fact in self._facts())]
        best = self._best()
        if best:
            facts.append(escape(best))
        calls = _CALLS_WHEN_DONE if self._ended.is_set() else _CALLS
        return (
            f"<div>Agent of sweep <code>{escape(self.sweep.id)}</code>: {' · '.join(facts)}</div>"
            '<div style="opacity:.7">'
            f"{' '.join(f'<code>.{escape(call)}</code>' for call in calls)}</div>"
        )

    # Inside

    def _wake_view(self) -> None:
        if self._view is not None:
            self._view.wake()

    def _facts(self) -> list[str]:
        """What it did so far, in words."""
        outcomes = self._agent.report.outcomes
        failed = sum(outcome.state is RunState.FAILED for outcome in outcomes)
        facts = [f"{plural(len(outcomes), 'run')} ended"]
        if failed:
            facts.append(f"{failed} failed")
        if self._agent.under_way:
            facts.append(f"{self._agent.under_way} under way")
        plan = self.plan
        if plan is not None:
            facts.append(plan.sentence)
        if self.exception is not None:
            facts.append(f"{type(self.exception).__name__}: {self.exception}")
        elif self.reason:
            facts.append(self.reason)
        return facts

    def _best(self) -> str:
        """The best run of the sweep, or its front, in words; "" without one."""
        try:
            return best_in_words(self.sweep.stored)
        except SweepError:  # the store fails, which the agent reports
            return ""

    def _show_plan(self, plan: Plan) -> None:
        if self._view is not None:
            self._view.keep_saying(plan.said)

    async def _until_done(self) -> None:
        try:
            while not self.wait(0):
                await asyncio.sleep(POLL_S)
        except (asyncio.CancelledError, KeyboardInterrupt):
            self._agent.interrupt()
            raise

    def _work(self) -> AgentReport:
        try:
            return self._agent.run()
        finally:
            report = self._agent.report
            if self._view is not None:
                self._view.stop(report.reason)
            elif report.store_error is not None:  # nobody would hear of it
                logger.error("The agent of sweep %s ended: %s", self.sweep.id, report.store_error)
            session.end_agent(self.sweep.id, self)
            self._ended.set()
            atexit.unregister(self._at_exit)

    def _work_quietly(self) -> None:
        try:
            self._work()
        except Exception as error:  # noqa: BLE001 - kept for whoever asks; a thread has no caller
            self.exception = error
            self.message(f"The agent ended: {type(error).__name__}: {error}")

    def _at_exit(self) -> None:
        if os.getpid() != self._pid:  # a forked process, in which no agent works
            return
        # Nobody asked for the end of these runs: the next agent tries their params again.
        self._agent.stop(StopLevel.NOW, "the process ended", RunState.PREEMPTED)
        self._ended.wait(EXIT_GRACE_S)
