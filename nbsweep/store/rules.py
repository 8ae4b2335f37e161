"""What every store allows, refuses and words alike."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from nbsweep.errors import ClaimConflictError, NotFoundError, OwnershipError, StoreError
from nbsweep.records import Continuation, RunEnd, RunRecord, RunState, SweepRecord, SweepState
from nbsweep.store.rows import Row, decoded, run_columns
from nbsweep.wording import closest, did_you_mean

_IDS_SHOWN = 5
_CHANGEABLE = (
    "state",
    "name",
    "config",
    "origin",
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
    """Refuse a state in which a run cannot end, with ValueError."""
    if not state.ended:
        ends = ", ".join(end.value for end in RunState if end.ended)
        raise ValueError(f"finish_run cannot set {state.value!r}; a run ends as one of {ends}.")


def check_stop(state: RunState) -> None:
    """Refuse a state that a stop request cannot end a run in, with ValueError."""
    if not state.ended:
        ends = ", ".join(end.value for end in RunState if end.ended)
        raise ValueError(f"request_stop cannot ask for {state.value!r}; accepted: {ends}.")


def changes_at_end(end: RunEnd) -> dict[str, Any]:
    """The fields of a run that `Store.finish_run` sets."""
    memory = end.peak_memory_bytes
    return {
        "state": end.state,
        "summary": end.summary,
        "config": end.config,
        "exit_code": end.exit_code,
        "error": end.error,
        "heartbeat_at": end.at,
        "ended_at": end.at,
        **({} if memory is None else {"peak_memory_bytes": memory}),
    }


def stop_columns(row: Row, request: Row) -> Row | None:
    """What `Store.request_stop` changes: the columns of the first request, nothing later.

    None when the run has ended.
    """
    if RunState(row["state"]).ended:
        return None
    return request if row["stop_requested"] is None else {}


def retry_columns(row: Row, last_attempt: Callable[[], int | None]) -> Row | None:
    """What `Store.request_retry` changes; None when the run is not to be handed out again.

    Args:
        row: of the run.
        last_attempt: tells the highest attempt of its number.
    """
    if not _is_last_and_ended(row, last_attempt):
        return None
    return {} if row["retry_requested"] else {"retry_requested": True}


def _is_last_and_ended(row: Row, last_attempt: Callable[[], int | None]) -> bool:
    """Whether a row is of an ended run, the last attempt of a number of its sweep."""
    of_sweep = row["sweep_id"] is not None and RunState(row["state"]).ended
    return of_sweep and row["attempt"] == last_attempt()


def continuation_request_columns(
    row: Row, config: Mapping[str, Any], last_attempt: Callable[[], int | None]
) -> Row | None:
    """What `Store.request_continuation` changes; None when the run cannot be asked to go on.

    Args:
        row: of the run.
        config: values to change; an earlier request keeps its own for other keys.
        last_attempt: tells the highest attempt of its number.
    """
    if not _is_last_and_ended(row, last_attempt):
        return None
    before = decoded(row["continue_requested"])
    request = {"config": {**before.get("config", {}), **config}}
    columns = run_columns(row["id"], {"continue_requested": request})
    return {} if columns["continue_requested"] == row["continue_requested"] else columns


def changes_at_reopening(agent_id: str, host: str, pid: int, at: float) -> dict[str, Any]:
    """The fields of a run that `Store.reopen_run` sets."""
    return {
        "state": RunState.RUNNING,
        "agent_id": agent_id,
        "host": host,
        "pid": pid,
        "worker": None,
        "heartbeat_at": at,
        "ended_at": None,
        "exit_code": None,
        "error": None,
        "stop_requested": None,
        "stop_state": None,
    }


def reopen_columns(row: Row, columns: Row) -> Row | None:
    """What `Store.reopen_run` changes; None when the run is not one to go on with."""
    alone = row["sweep_id"] is None and row["parent_id"] is None
    return columns if alone and RunState(row["state"]).ended else None


def continuation_columns(
    row: Row,
    changes: Mapping[str, Any],
    continuation: Continuation,
    last_attempt: Callable[[], int | None],
) -> Row | None:
    """What `Store.reopen_run` changes of a sweep's run; None when it is not to go on.

    Args:
        row: of the run.
        changes: those of every run that is opened again.
        continuation: how it goes on.
        last_attempt: tells the highest attempt of its number.
    """
    if not _is_last_and_ended(row, last_attempt) or row["ended_at"] != continuation.after:
        return None
    seen = run_columns(row["id"], {"continue_requested": continuation.request})
    if seen["continue_requested"] != row["continue_requested"]:
        return None
    after, at = row["ended_at"], changes["heartbeat_at"]
    mark = {**continuation.mark, "after": after, "at": at if after is None else max(at, after)}
    origin = decoded(row["origin"])
    origin["continued"] = [*origin.get("continued", ()), mark]
    changed = {
        **changes,
        "state": continuation.state,
        "config": continuation.config,
        "origin": origin,
        "continue_requested": {},
    }
    if continuation.code_hash is not None:
        changed["code_hash"] = continuation.code_hash
    return run_columns(row["id"], changed)


def crash_columns(row: Row, seen_heartbeat_at: float, at: float) -> Row | None:
    """What `Store.mark_crashed` changes; None when the run has ended or gave a sign of life."""
    if RunState(row["state"]).ended or row["heartbeat_at"] != seen_heartbeat_at:
        return None
    return {"state": RunState.CRASHED.value, "ended_at": at}


def no_sweep(sweep_id: str, place: str, known: Sequence[str]) -> NotFoundError:
    """The error for an unknown sweep.

    Args:
        sweep_id: what was asked for.
        place: the store, as its user knows it.
        known: existing ids, latest first.
    """
    listing = _listing("Sweeps", sweep_id, known)
    return NotFoundError(
        f"There is no sweep {sweep_id!r} in {place}. {listing} nbsweep.sweep(config) makes one.",
        sweep_id,
    )


def no_run(run_id: str, place: str, known: Sequence[str]) -> NotFoundError:
    """The error for an unknown run; arguments as of `no_sweep`."""
    listing = _listing("Runs", run_id, known)
    return NotFoundError(f"There is no run {run_id!r} in {place}. {listing}", run_id)


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


def later_beat(row: Mapping[str, Any], columns: Row) -> Row:
    """The columns to write, with a heartbeat that differs from every one before.

    The writer's clock may stand still or jump back; whoever watches a run by its heartbeat
    sees that there was one all the same.

    Args:
        row: of the run; at least its column heartbeat_at.
        columns: what is to change.
    """
    at, before = columns.get("heartbeat_at"), row["heartbeat_at"]
    if at is None or "ended_at" in columns or at > before:
        return columns
    return {**columns, "heartbeat_at": math.nextafter(before, math.inf)}


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
