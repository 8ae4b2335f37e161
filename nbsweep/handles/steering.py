"""What changes a sweep while agents work on it: its state, its queue, its search space."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from nbsweep import sweep_config
from nbsweep.control.deadline import of_run_time
from nbsweep.control.lost_runs import mark_crashed
from nbsweep.errors import UsageError
from nbsweep.handles.stored import StoredSweep
from nbsweep.handles.sweep_run import SweepRun
from nbsweep.records import RunRecord, SweepState
from nbsweep.runs.stop import stop_run
from nbsweep.sweep_config.edits import edited, without_initial_points
from nbsweep.sweep_config.points import read_point
from nbsweep.sweep_config.reader import Reader, plain_value

OPEN = (SweepState.PENDING, SweepState.RUNNING, SweepState.PAUSED)
RUNS_SHOWN = 5
HANDING_OUT = (SweepState.PENDING, SweepState.RUNNING)


def change_state(
    sweep: StoredSweep,
    state: SweepState,
    verb: str,
    expected: tuple[SweepState, ...] = OPEN,
    reason: str | None = None,
) -> None:
    """Bring a sweep from one of the expected states into another.

    Raises:
        UsageError: it is in none of the expected states.
    """
    before = sweep.record.state
    if before not in expected:
        left = _under_way(sweep) if before.ended else []
        which = ", ".join(str(run.number) for run in left[:RUNS_SHOWN])
        hint = f" cancel() stops the runs still under way: {which}." if left else ""
        raise UsageError(
            f"{verb}: sweep {sweep.id} is {before.value.lower()}.{hint} resume() opens it again."
        )
    sweep.store.set_sweep_state(sweep.id, state, expected=expected, reason=reason, at=time.time())


def resume(sweep: StoredSweep) -> None:
    """See `Sweep.resume`.

    A sweep whose `run_time` is over, or that has ended, becomes one that waits for an agent:
    the next run is the first of another `run_time`.
    """
    snapshot = sweep.snapshot()
    run_time_s = sweep.config_of(snapshot.sweep).run_time_s
    state = SweepState.RUNNING
    if run_time_s is not None:
        deadline = of_run_time(run_time_s, snapshot.runs, time.time(), 0.0)
        if snapshot.sweep.state.ended or (deadline is not None and deadline.at_s <= 0):
            state = SweepState.PENDING
    sweep.store.set_sweep_state(sweep.id, state)


def stop_now(sweep: StoredSweep, state: SweepState, verb: str, reason: str) -> None:
    """Bring a sweep to its end, and ask the runs under way to end at their next `log`.

    Of a sweep that has ended already it ends the runs that are still under way.

    Args:
        sweep: the sweep.
        state: FINISHED or CANCELED.
        verb: what the user called.
        reason: what becomes of the sweep: "stopped" or "canceled".

    Raises:
        UsageError: the sweep has ended and no run is under way.
    """
    before = sweep.record.state
    if before.ended and _under_way(sweep):
        if state is SweepState.CANCELED:
            sweep.store.set_sweep_state(
                sweep.id, state, expected=[SweepState.FINISHED], reason=reason, at=time.time()
            )
    else:
        change_state(sweep, state, verb, reason=reason)
    for run in sweep.snapshot().runs:
        if not run.state.ended:
            stop_run(sweep.store, run.id, f"the sweep was {reason}")


def _under_way(sweep: StoredSweep) -> list[RunRecord]:
    """The runs that have not ended, without those whose process is gone."""
    mark_crashed(sweep.store, sweep.snapshot().runs)
    return [run for run in sweep.snapshot().runs if not run.state.ended]


def kill(sweep: StoredSweep, run: SweepRun | str | int) -> None:
    """See `Sweep.kill`."""
    record = sweep.find(run)
    if not stop_run(sweep.store, record.id, "stopped by hand"):
        raise UsageError(f"kill: run {record.number} has ended ({record.state.value}).")


def retry(sweep: StoredSweep, run: SweepRun | str | int) -> None:
    """See `Sweep.retry`."""
    record = sweep.find(run)
    if not sweep.store.request_retry(record.id):
        if not record.state.ended:
            raise UsageError(
                f"retry: run {record.number} has not ended; kill({record.number}) stops it."
            )
        raise UsageError(
            f"retry: run {record.number} was tried again already. retry({record.number}) "
            "repeats its last attempt."
        )
    open_again(sweep)


def open_again(sweep: StoredSweep) -> None:
    """Open a sweep that has ended, for what somebody asked for."""
    sweep.store.set_sweep_state(
        sweep.id, SweepState.RUNNING, expected=[state for state in SweepState if state.ended]
    )


def enqueue(sweep: StoredSweep, params: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> None:
    """See `Sweep.enqueue`."""
    several = not isinstance(params, Mapping) and isinstance(params, Sequence)
    space, reader, points = sweep.config.space, Reader(), []
    for i, point in enumerate(params if several else [params]):
        path = (f"params[{i}]",) if several else ("params",)
        plain = plain_value(point, path, reader)
        points.append(read_point(reader, path, space, plain))
    reader.raise_problems()
    sweep.store.enqueue(sweep.id, [point for point in points if point is not None])


def edit(sweep: StoredSweep, parameters: Mapping[str, Any]) -> None:
    """See `Sweep.edit`."""
    while True:
        snapshot = sweep.snapshot()
        before = sweep.config_of(snapshot.sweep)
        handed_out = {run.origin.get("initial_point") for run in snapshot.runs}
        if handed_out >= set(range(len(before.initial_points))):
            before = without_initial_points(before)  # they need not fit any more
        config, changes = edited(before, parameters)
        if not changes:
            return
        entry: dict[str, Any] = {
            "at": time.time(),
            "after_run": max((run.number for run in snapshot.runs), default=0),
            "text": "; ".join(f"{name}: {change['text']}" for name, change in changes.items()),
            "parameters": changes,
        }
        if all("beliefs" in change for change in changes.values()):
            entry["beliefs"] = True
        source, seen = sweep_config.to_dict(config), len(snapshot.sweep.edits)
        if sweep.store.edit_sweep(sweep.id, source, entry, seen_edits=seen) is not None:
            return  # else somebody else was faster: keep their edit and try again


def believe(sweep: StoredSweep, beliefs: Mapping[str, Any]) -> None:
    """See `Sweep.believe`."""
    edit(sweep, {name: {"belief": belief} for name, belief in beliefs.items()})
