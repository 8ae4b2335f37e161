"""How many runs an agent is to take, and how many it has taken."""

from __future__ import annotations

import threading
from collections.abc import Iterable

from nbsweep.records import RunRecord, Snapshot


class Count:
    """The `count` of an agent; any thread may ask, and raise it.

    Args:
        limit: runs to take, None for no limit.

    Attributes:
        limit: with those that were added since.
        taken: runs that were taken of it. What early termination has go on is not among them,
            nor what a person asks for while the agent works.
    """

    def __init__(self, limit: int | None) -> None:
        self.limit = limit
        self.taken = 0
        self._ids: list[str] = []  # of the runs taken, the newest last
        self._lock = threading.Lock()
        self._is_closed = False

    @property
    def is_reached(self) -> bool:
        """Whether no run is left of it."""
        return self.limit is not None and self.taken >= self.limit

    @property
    def left(self) -> int | None:
        """How many runs are left of it; None for no limit."""
        return None if self.limit is None else max(0, self.limit - self.taken)

    def take(self, run: RunRecord) -> None:
        """A run was handed out that counts."""
        self._ids.append(run.id)
        self.taken += 1

    def extend(self, count: int) -> bool:
        """So many runs more; False when the agent takes none any more."""
        with self._lock:
            if self.limit is not None and not self._is_closed:
                self.limit += count
            return not self._is_closed

    def close(self, limit: int | None) -> bool:
        """Take no more; False where the limit was raised since it was this one."""
        with self._lock:
            self._is_closed = self._is_closed or self.limit == limit
            return self._is_closed

    def new_left(self, snapshot: Snapshot, again: Iterable[RunRecord]) -> int | None:
        """How many runs with params of their own the agent will still take; None for no limit.

        It goes with the runs of this snapshot: what the agent took since is still to come.

        Args:
            snapshot: of the sweep.
            again: ended runs that the agent will hand out again, or have go on, as a part of
                its count; those that are under way in the snapshot are no longer waiting.
        """
        left = self.left
        if left is None:
            return None
        known = {run.id: run for run in snapshot.runs}
        for run_id in reversed(self._ids):
            if run_id in known:
                break
            left += 1
        newest = {run.number: run.id for run in snapshot.runs}
        waiting = (known[run.id] for run in again if newest.get(run.number) == run.id)
        return max(0, left - sum(run.state.ended for run in waiting))
