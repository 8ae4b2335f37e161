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
        self, since: float, asked_at: float | None, now: float
    ) -> Ask | Interrupt | Leave | None:
        """What to do now about a run under way; None: let it go on.

        Args:
            since: when it was handed out, in seconds of a monotonic clock as all times here.
            asked_at: when it was asked to end, or None.
            now: the time.
        """
        if asked_at is None:
            if self.level >= StopLevel.NOW:
                return Ask(self.reason, self.state)
            if self.timeout_s is not None and now - since > self.timeout_s:
                return Ask(f"longer than timeout_s={self.timeout_s:g}", RunState.FAILED)
            return None
        waited_s = now - asked_at
        patience_s = TERMINATED_AFTER_S if self.terminated else ABANDON_AFTER_S
        if self.level is StopLevel.LEAVE or waited_s >= patience_s:
            return Leave()
        return Interrupt() if waited_s >= STOP_GRACE_S else None
