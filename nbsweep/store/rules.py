"""What every store allows, refuses and words alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from nbsweep.errors import ClaimConflictError, NotFoundError, OwnershipError, StoreError
from nbsweep.records import RunRecord, RunState, SweepRecord, SweepState
from nbsweep.wording import closest, did_you_mean

_IDS_SHOWN = 5
_CHANGEABLE = (
    "state",
    "name",
    "config",
    "notes",
    "tags",
    "group",
    "job_type",
    "started_at",
    "heartbeat_at",
    "code_hash",
    "peak_memory_bytes",
    "worker",
)


def sweep_in_state(
    sweep: SweepRecord,
    state: SweepState,
    *,
    expected: Sequence[SweepState] | None,
    reason: str | None,
    at: float,
) -> SweepRecord:
    """The sweep after `Store.set_sweep_state`; equal to `sweep` when nothing is to change."""
    if expected is not None and sweep.state not in expected:
        return sweep
    if state.ended:
        return replace(sweep, state=state, end_reason=reason, ended_at=at)
    return replace(sweep, state=state, end_reason=None, ended_at=None)


def edited_sweep(
    sweep: SweepRecord, config: Mapping[str, Any], edit: Mapping[str, Any], *, seen_edits: int
) -> SweepRecord | None:
    """The sweep after `Store.edit_sweep`; None when `seen_edits` is not the present number."""
    if len(sweep.edits) != seen_edits:
        return None
    return replace(sweep, config=config, edits=(*sweep.edits, edit))


def sweep_with_queued(sweep: SweepRecord, points: Sequence[Mapping[str, Any]]) -> SweepRecord:
    """The sweep after `Store.enqueue`; equal to `sweep` when there are no points."""
    return replace(sweep, queue=(*sweep.queue, *points))


def check_changes(changes: Mapping[str, Any]) -> None:
    """Refuse what `Store.update_run` may not change, with ValueError."""
    for name in changes:
        if name not in _CHANGEABLE:
            accepted = ", ".join(_CHANGEABLE)
            raise ValueError(f"update_run cannot change {name!r}; it changes {accepted}.")
    if "state" in changes and RunState(changes["state"]).ended:
        state = RunState(changes["state"]).value
        raise ValueError(f"update_run cannot set {state!r}; finish_run ends a run.")


def check_end(state: RunState) -> None:
    """Refuse an end of a run that is none, with ValueError."""
    if not state.ended:
        ends = ", ".join(end.value for end in RunState if end.ended)
        raise ValueError(f"finish_run cannot set {state.value!r}; a run ends as one of {ends}.")


def check_stop(state: RunState) -> None:
    """Refuse a state that a stop request cannot end a run in, with ValueError."""
    if not state.ended:
        ends = ", ".join(end.value for end in RunState if end.ended)
        raise ValueError(f"request_stop cannot ask for {state.value!r}; accepted: {ends}.")


def may_be_retried(row: Mapping[str, Any], last_attempt: int | None) -> bool:
    """Whether the params of a run may be handed out again; see `Store.request_retry`.

    Args:
        row: at least its columns sweep_id, state and attempt.
        last_attempt: the highest attempt of its number.
    """
    if row["sweep_id"] is None or not RunState(row["state"]).ended:
        return False
    return bool(row["attempt"] == last_attempt)


def no_sweep(sweep_id: str, place: str, known: Sequence[str]) -> NotFoundError:
    """The error for an unknown sweep.

    Args:
        sweep_id: what was asked for.
        place: the store, as its user knows it.
        known: ids that there are, latest first.
    """
    there = _listing("Sweeps", sweep_id, known)
    return NotFoundError(
        f"There is no sweep {sweep_id!r} in {place}. {there} nbsweep.sweep(config) makes one.",
        sweep_id,
    )


def no_run(run_id: str, place: str, known: Sequence[str]) -> NotFoundError:
    """The error for an unknown run; arguments as of `no_sweep`."""
    there = _listing("Runs", run_id, known)
    return NotFoundError(f"There is no run {run_id!r} in {place}. {there}", run_id)


def sweep_exists(sweep_id: str, place: str) -> StoreError:
    """The error for a second sweep of the same id."""
    return StoreError(f"Sweep {sweep_id!r} is in {place} already; a new sweep needs a new id.")


def run_exists(run_id: str, place: str) -> StoreError:
    """The error for a second run of the same id."""
    return StoreError(f"Run {run_id!r} is in {place} already; a new run needs a new id.")


def claimed_before(run: RunRecord) -> ClaimConflictError:
    """The error for a (number, attempt) that the sweep has already."""
    attempt = f", attempt {run.attempt}," if run.attempt else ""
    return ClaimConflictError(
        f"Another agent claimed run number {run.number}{attempt} of sweep {run.sweep_id!r} "
        "first; compute the next suggestion."
    )


def check_owned(run_id: str, row: Mapping[str, Any], agent_id: str) -> None:
    """Raise OwnershipError unless `agent_id` owns the run and the run has not ended.

    Args:
        run_id: the run.
        row: at least its columns state and agent_id.
        agent_id: who wants to change it.
    """
    if RunState(row["state"]).ended:
        raise OwnershipError(
            f"Run {run_id!r} has ended ({row['state']}); it cannot change any more.", run_id
        )
    if row["agent_id"] != agent_id:
        raise OwnershipError(
            f"Run {run_id!r} belongs to agent {row['agent_id']!r}, not to {agent_id!r}.", run_id
        )


def _listing(kind: str, wanted: str, known: Sequence[str]) -> str:
    if not known:
        return f"There are no {kind.lower()} there yet."
    question = did_you_mean(closest(wanted, known), "'")
    hidden = len(known) - _IDS_SHOWN
    more = f" and {hidden} older" if hidden > 0 else ""
    return f"{question} {kind} there: {', '.join(known[:_IDS_SHOWN])}{more}.".lstrip()
