"""What becomes of runs that have to end: decided here, carried out by the agent."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from nbsweep.records import RunState

STOP_GRACE_S = 1.0  # how long an interrupted run may take to reach its next log
ABANDON_AFTER_S = 30.0  # an interrupted run that hangs in a C call is left behind
TERMINATED_AFTER_S = 5.0  # the same after SIGTERM, which SIGKILL soon follows


class StopLevel(IntEnum):
    """How urgently an agent is to end; it only ever rises."""

    GO = 0
    AFTER_CURRENT = 1  # hand out no more runs, let those under way finish
    NOW = 2  # also stop those under way, at their next log
    LEAVE = 3  # do not wait for them any longer


@dataclass(frozen=True)
class Ask:
    """Make the next `log` of the run end it.

    Attributes:
        reason: in words for the user.
        state: that it ends in.
    """

    reason: str
    state: RunState


@dataclass(frozen=True)
class Interrupt:
    """It was asked and goes on: interrupt it wherever it is."""


@dataclass(frozen=True)
class Leave:
    """Nobody waits for it any more: store its end."""


@dataclass(frozen=True)
class Cut:
    """When a run has to have ended for a deadline, in seconds of the agent's clock.

    Attributes:
        ask: what it is told.
        ask_at: when it is asked to end at its next `log`.
        interrupt_at: when it is interrupted if it did not get there.
        leave_at: when it is left if that did not help.
    """

    ask: Ask
    ask_at: float
    interrupt_at: float
    leave_at: float


END_S = 0.5  # kept back for storing how runs ended
HANGING_S = 3.0  # from the interrupt of a run to when it is left
LONGEST_NOTICE_S = 30.0  # before a deadline: no run is asked to end for it earlier
SHORTEST_NOTICE_S = 1.25  # several flushes, each of which brings the request to a run
SHARES = (0.05, 0.05, 0.2)  # of the whole time, that these are at most: END, HANGING, NOTICE


def notice_s(total_s: float) -> float:
    """How long before the last moment runs may be asked to end, for a deadline after `total_s`."""
    return min(LONGEST_NOTICE_S, SHARES[2] * total_s)


def end_s(total_s: float, needed_s: float = END_S) -> float:
    """How long before a deadline runs have to have ended, so that all is stored by then."""
    return min(needed_s, SHARES[0] * total_s * needed_s / END_S)


def cut(
    reason: str,
    last_at: float,
    total_s: float,
    *,
    log_interval_s: float | None,
    ends_at: float | None,
    is_patient: bool = True,
) -> Cut:
    """When a run is asked to end for a deadline: as late as its pace allows.

    One that logs often is asked shortly before, one that logs every ten seconds so much
    earlier that a `log` of it comes in time, but no more than half a minute before. One that
    is about to end by itself is let go on.

    Args:
        reason: in words for the user.
        last_at: when it has to have ended, in seconds of the agent's clock.
        total_s: from the beginning of the work to the deadline; it shortens everything.
        log_interval_s: seconds from one `log` of it to the next, None when unknown.
        ends_at: when it is expected to end by itself, None when unknown.
        is_patient: False where a run that is asked is ended a second later (a program).
    """
    hanging_s = min(HANGING_S, SHARES[1] * total_s)
    shortest_s = min(SHORTEST_NOTICE_S, SHARES[1] * total_s)
    if not is_patient:
        lead_s = min(STOP_GRACE_S + HANGING_S, notice_s(total_s))
    elif ends_at is not None and ends_at <= last_at - shortest_s:
        lead_s = shortest_s
    elif log_interval_s is None:
        lead_s = hanging_s + shortest_s
    else:
        lead_s = max(shortest_s, min(1.5 * log_interval_s + shortest_s, notice_s(total_s)))
    ask_at = last_at - lead_s
    interrupt_at = max(ask_at + shortest_s / 2, last_at - hanging_s)
    return Cut(Ask(reason, RunState.STOPPED), ask_at, interrupt_at, last_at)


@dataclass
class Stopping:
    """How an agent was told to end.

    Attributes:
        timeout_s: a run that takes longer fails; None for no limit.
        level: how urgently.
        reason: in words for the user.
        state: of the runs that it ends.
        terminated: whether by SIGTERM.
    """

    timeout_s: float | None = None
    level: StopLevel = StopLevel.GO
    reason: str = ""
    state: RunState = RunState.KILLED
    terminated: bool = False

    def rise(self, level: StopLevel, reason: str, state: RunState) -> bool:
        """Take over what is more urgent than before; False when this is not."""
        if level <= self.level:
            return False
        if self.level < StopLevel.NOW:
            self.state = state
        self.reason, self.level = reason, level  # who sees the level has the reason
        return True

    @property
    def more_urgent(self) -> StopLevel:
        """What an interrupt asks for: the first one to stop the runs, the next to leave them."""
        return StopLevel.NOW if self.level < StopLevel.NOW else StopLevel.LEAVE

    def step(
        self,
        since: float,
        asked_at: float | None,
        now: float,
        cut: Cut | None = None,
        *,
        is_cut: bool = False,
    ) -> Ask | Interrupt | Leave | None:
        """What to do now about a run under way; None: let it go on.

        Args:
            since: when it was handed out, in seconds of a monotonic clock as all times here.
            asked_at: when it was asked to end, or None.
            now: the time.
            cut: when it has to have ended for a deadline; None without one.
            is_cut: whether that is what it was asked for.
        """
        if asked_at is None:
            if self.level >= StopLevel.NOW:
                return Ask(self.reason, self.state)
            if self.timeout_s is not None and now - since > self.timeout_s:
                return Ask(f"longer than timeout_s={self.timeout_s:g}", RunState.FAILED)
            return cut.ask if cut is not None and now >= cut.ask_at else None
        waited_s = now - asked_at
        patience_s = TERMINATED_AFTER_S if self.terminated else ABANDON_AFTER_S
        too_late = cut is not None and now >= cut.leave_at
        if self.level is StopLevel.LEAVE or waited_s >= patience_s or too_late:
            return Leave()
        if cut is not None and is_cut and self.level < StopLevel.NOW:
            return Interrupt() if now >= cut.interrupt_at else None
        return Interrupt() if waited_s >= STOP_GRACE_S else None
