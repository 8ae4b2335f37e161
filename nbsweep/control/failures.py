"""When an agent gives up on a training function that keeps failing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from nbsweep.records import RunOutcome, RunState


@dataclass(frozen=True)
class FailurePolicy:
    """When an agent gives up on a training function that keeps failing.

    The rules and variables are those of W&B's agent; ``DISABLE_FLAPPING=true`` turns
    both built-in rules off (W&B's Python agent has it the wrong way round).

    Attributes:
        early_failures: this many failures within `early_s` end the agent; 0 = off.
        early_s: seconds since the agent's start.
        initial_failures: more than this many with no success yet end it; None = off.
        in_a_row: this many failures one after another end it; None = off.
    """

    early_failures: int = 3
    early_s: float = 60.0
    initial_failures: int | None = 5
    in_a_row: int | None = None

    @classmethod
    def from_environment(
        cls, environment: Mapping[str, str], in_a_row: int | None
    ) -> FailurePolicy:
        """The policy that W&B's (or our) environment variables ask for."""

        def read(name: str) -> str:
            return environment.get(f"NBSWEEP_{name}") or environment.get(f"WANDB_{name}") or ""

        if read("AGENT_DISABLE_FLAPPING").lower() in ("1", "true", "yes"):
            return cls(early_failures=0, initial_failures=None, in_a_row=in_a_row)
        limit = read("AGENT_MAX_INITIAL_FAILURES")
        return cls(initial_failures=int(limit) if limit.isdigit() else 5, in_a_row=in_a_row)


@dataclass
class Tally:
    """Counts how an agent's runs ended, for the policy to judge.

    Attributes:
        started_at: when the agent began, in seconds of a monotonic clock.
        failed: failed runs so far, those whose worker died included.
        succeeded: finished runs so far.
        in_a_row: failed runs since the last finished one.
    """

    started_at: float
    failed: int = 0
    succeeded: int = 0
    in_a_row: int = 0

    def add(self, outcome: RunOutcome) -> None:
        """Count one more ended run; killed ones say nothing about the function."""
        if outcome.state in (RunState.FAILED, RunState.CRASHED):
            self.failed += 1
            self.in_a_row += 1
        elif outcome.state.counts:
            self.succeeded += 1
            self.in_a_row = 0

    def verdict(self, policy: FailurePolicy, now: float) -> str | None:
        """Why to give up, or None."""
        if (
            policy.early_failures
            and self.failed >= policy.early_failures
            and now - self.started_at <= policy.early_s
        ):
            return (
                f"{self.failed} failed runs in the first {policy.early_s:.0f} seconds "
                "(WANDB_AGENT_DISABLE_FLAPPING=true carries on regardless)"
            )
        initial = policy.initial_failures
        if initial is not None and not self.succeeded and self.failed > initial:
            return (
                f"{self.failed} failed runs and none that succeeded "
                "(WANDB_AGENT_MAX_INITIAL_FAILURES sets the limit)"
            )
        if policy.in_a_row is not None and self.in_a_row >= policy.in_a_row:
            return f"{self.in_a_row} failed runs in a row (max_consecutive_failed_runs)"
        return None
