"""The contract of a store: durable records of sweeps, runs and their history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from nbsweep.records import (
    Continuation,
    HistoryRow,
    RunEnd,
    RunRecord,
    RunResult,
    RunState,
    Snapshot,
    StopRequest,
    SweepRecord,
    SweepState,
)


class Store(Protocol):
    """Durable records of sweeps, runs and history rows.

    - Thread-safe: any thread of a process may call any method at any time.
    - By value: returned records never change through later writes.
    - Atomic: each method is one transaction; it happened whole or not at all.
    - Ownership: a run that has not ended is changed only by the agent that claimed
      it (`agent_id`), but for two things that anyone may write: `stop_requested`
      (`request_stop`) and the state crashed (`mark_crashed`).
    - Ended runs never change (a late `append_history` of their owner included), but for
      `retry_requested` (`request_retry`), `continue_requested` (`request_continuation`), and
      one that `reopen_run` lets go on.
    - Every change of a sweep or one of its runs raises the version of its snapshot;
      what changes nothing (`expected` not met, a second stop request) does not.
    - Values: params, config, summary, origin and history values hold what JSON holds
      plus NaN, Infinity and whole numbers of any size, and come back equal; tuples
      come back as lists, keys as text. Other texts (name, error, …) come back equal
      but for NUL and lone surrogates, which become backslash escapes. A value that
      cannot be stored raises StoreError, and nothing of that call is written.

    Every method raises NotFoundError for an unknown sweep or run id (the message lists
    existing ones), and StoreError when the store itself fails (read-only folder,
    full disk, no connection) or was closed.
    """

    @property
    def url(self) -> str:
        """Opens the same store elsewhere: ``sqlite:///…``, ``memory://name``, …."""
        ...

    def create_sweep(self, sweep: SweepRecord) -> None:
        """Write a new sweep. Raises StoreError when its id is taken."""
        ...

    def sweep(self, sweep_id: str) -> SweepRecord:
        """The sweep of that id."""
        ...

    def sweeps(self, project: str | None = None, *, newest: int | None = None) -> list[SweepRecord]:
        """All sweeps, or those of one project, oldest first; with `newest` the last so many."""
        ...

    def set_sweep_state(
        self,
        sweep_id: str,
        state: SweepState,
        *,
        expected: Sequence[SweepState] | None = None,
        reason: str | None = None,
        at: float | None = None,
    ) -> SweepRecord:
        """Change the state of a sweep and return it as it is afterwards.

        Does nothing when `expected` is given and the present state is not in it.
        An ended state stores `reason` as end_reason and `at` (now, when None) as
        ended_at; any other state clears both.
        """
        ...

    def edit_sweep(
        self,
        sweep_id: str,
        config: Mapping[str, Any],
        edit: Mapping[str, Any],
        *,
        seen_edits: int,
    ) -> SweepRecord | None:
        """Replace the config of a sweep, add `edit` to its edits and return it.

        Args:
            sweep_id: the sweep, in any state.
            config: the whole new config, made from the one that was read.
            edit: what was changed; see `SweepRecord.edits`.
            seen_edits: how many edits the sweep had when its config was read. With
                another number nothing is written and the result is None: somebody
                else was faster, whose edit would be lost.
        """
        ...

    def enqueue(self, sweep_id: str, points: Sequence[Mapping[str, Any]]) -> SweepRecord:
        """Add points to the end of a sweep's queue, in any state, and return the sweep."""
        ...

    def snapshot(
        self,
        sweep_id: str,
        previous: Snapshot | None = None,
        *,
        curves: bool = False,
        points: int | None = None,
    ) -> Snapshot:
        """One consistent read of a sweep and its runs.

        Args:
            sweep_id: the sweep.
            previous: an older snapshot of the same sweep: what did not change since
                is taken from it, so that a step costs what changed, not what exists.
                Returned as it is, but for `taken_at`, when nothing changed. Only a
                matter of cost: the result equals a full read. One without curves is
                useless when curves are asked for.
            curves: also read the metric that the sweep's config names, as each run
                logged it: literal key first, then the dotted path; finite numbers. Of a
                config with `metrics` each of them, in `curves_of`, but for `points`.
            points: enough values of each curve to draw it with, at even distances, the
                first and the last among them; what lies between may be left out, and is
                not read. `previous` does not count then, and the result is no `previous`.
        """
        ...

    def claim_run(self, run: RunRecord) -> RunRecord:
        """Write a new run (with no history yet) and return it.

        Raises ClaimConflictError when the sweep already has that (number, attempt);
        exactly one of several agents that claim the same wins. Runs without a sweep
        (number 0) never conflict. Raises StoreError when the run id is taken.
        """
        ...

    def run(self, run_id: str) -> RunRecord:
        """The run of that id."""
        ...

    def runs(
        self,
        *,
        sweep_id: str | None = None,
        project: str | None = None,
        parent_id: str | None = None,
    ) -> list[RunRecord]:
        """Runs of a sweep or a project, or the parts of a run (or all), by creation time."""
        ...

    def results(self, project: str | None = None) -> dict[str, list[RunResult]]:
        """For lists: sweep id to its runs by (number, attempt); sweeps without runs are left out.

        Costs what the numbers of sweeps and runs say, whatever the runs logged.
        """
        ...

    def update_run(
        self,
        run_id: str,
        agent_id: str,
        changes: Mapping[str, Any],
        *,
        config_before: Mapping[str, Any] | None = None,
    ) -> RunRecord:
        """Change fields of a run under way and return it.

        Args:
            run_id: the run.
            agent_id: the caller; must be the owner, else OwnershipError.
            changes: any of state (one that is not ended), name, config, origin, notes, tags,
                group, job_type, started_at, heartbeat_at, code_hash,
                peak_memory_bytes, worker. Raises ValueError for another field or an
                ended state.
            config_before: what a new config was made from: what another process has
                changed in the store since then is kept. None replaces the config.
        """
        ...

    def append_history(
        self,
        run_id: str,
        agent_id: str,
        rows: Sequence[HistoryRow],
        *,
        summary: Mapping[str, Any] | None,
        at: float,
        console: str = "",
        summary_before: Mapping[str, Any] | None = None,
    ) -> StopRequest | None:
        """Add history rows and return the stop request of the run, or None.

        Also stores the summary (when not None; with `summary_before` what was changed since,
        so that several processes may write to one run), adds `console` to what the run printed,
        and sets heartbeat_at to `at`. Called with no rows it is the plain heartbeat. No two
        heartbeats of a run are equal: an `at` that is not above the last one sets the next
        number above that.
        Raises OwnershipError when the run has ended or has another owner; nothing is
        written then.
        """
        ...

    def history(self, run_id: str, start: int = 0) -> list[HistoryRow]:
        """The rows of a run in the order they were logged, from index `start`."""
        ...

    def console(self, run_id: str) -> str:
        """What the run printed so far; empty when nothing was captured."""
        ...

    def finish_run(self, run_id: str, agent_id: str, end: RunEnd) -> RunRecord:
        """End a run: last rows, summary, config, state and times in one transaction.

        Raises OwnershipError when the run has ended or has another owner, ValueError
        when the state of `end` is not an ended one.
        """
        ...

    def request_stop(self, run_id: str, reason: str, state: RunState = RunState.KILLED) -> bool:
        """Ask a run to stop; False when it has ended already. The first request stays.

        Raises ValueError when `state`, the one it is to end in, is not an ended one.
        """
        ...

    def request_retry(self, run_id: str) -> bool:
        """Ask for the params of an ended run to be handed out once more.

        False, and nothing is written, when the run has not ended, belongs to no sweep, or
        is not the last attempt of its number.
        """
        ...

    def request_continuation(self, run_id: str, config: Mapping[str, Any]) -> bool:
        """Ask for an ended run to go on, with these values of its config changed.

        Of several requests all values are kept, the last one of each key. False, and nothing is
        written, when the run has not ended, belongs to no sweep, or is not the last attempt of
        its number.
        """
        ...

    def reopen_run(
        self,
        run_id: str,
        agent_id: str,
        *,
        host: str,
        pid: int,
        at: float,
        continuation: Continuation | None = None,
    ) -> bool:
        """Let an ended run go on, owned by another agent.

        It is running again, as from `at`: without end, error, exit code and stop request,
        with its history, summary, config and start. False, and nothing is written, when it
        has not ended or is a part of a run; of several that ask at once, one is told True.

        Args:
            run_id: the run.
            agent_id: its new owner.
            host: where that works.
            pid: its process there.
            at: unix time in seconds.
            continuation: without one the run has to be outside of sweeps. With one it has to be
                the last attempt of a number of its sweep, and to be as it was read; a mark is
                added to its ``origin["continued"]``, see `nbsweep.continued`.
        """
        ...

    def mark_crashed(self, run_id: str, *, seen_heartbeat_at: float, at: float) -> bool:
        """End a run as crashed if its heartbeat is still the one that was judged stale."""
        ...

    def close(self) -> None:
        """Close connections. Every later call raises StoreError."""
        ...
