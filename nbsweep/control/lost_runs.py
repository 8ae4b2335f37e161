"""Runs whose process is gone: how they are recognized, and how they end."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from functools import cache

from nbsweep.errors import OwnershipError
from nbsweep.records import RunEnd, RunRecord, RunState, Snapshot
from nbsweep.runs.identity import Vital, vital
from nbsweep.store.base import Store

STALE_AFTER_S = 60.0  # 30 missed heartbeats, of a process that cannot be looked at
# A C call that does not let other threads in is silent for as long as it takes. Beyond this
# the run was rather left behind by an agent that failed.
LONGEST_CALL_S = 3600.0


def is_lost(run: RunRecord, now: float, look: Callable[[str], Vital] = vital) -> bool:
    """Whether a run's process is gone, or was silent for so long that it must be.

    Silence says nothing of a process of this host that is seen to be alive, whatever its
    Python does. One that was stopped (SIGSTOP) counts as gone after a while.

    Args:
        run: of any host.
        now: unix time in seconds.
        look: finds out about the process; who asks for many runs remembers the answers.
    """
    if run.state.ended:
        return False
    silent_s = now - run.heartbeat_at
    process = look(run.worker or run.agent_id)
    if process is not Vital.ALIVE:
        return process is Vital.DEAD or silent_s > STALE_AFTER_S
    in_here = run.pid == os.getpid() and run.worker is None  # then no C call is under way
    return silent_s > (STALE_AFTER_S if in_here else LONGEST_CALL_S)


def mark_crashed(store: Store, snapshot: Snapshot, now: float, *, except_of: str = "") -> bool:
    """End the runs of a snapshot that are lost; True when there were any.

    Args:
        store: where the runs are.
        snapshot: of their sweep.
        now: unix time in seconds.
        except_of: an agent that looks after its own runs.
    """
    look = cache(vital)
    lost = [run for run in snapshot.runs if run.agent_id != except_of and is_lost(run, now, look)]
    for run in lost:
        parts = [part for part in store.runs(parent_id=run.id) if is_lost(part, now, look)]
        for record in (run, *parts):
            store.mark_crashed(record.id, seen_heartbeat_at=record.heartbeat_at, at=now)
    return bool(lost)


# Agents of this process that gave up because their store failed. What they left open there
# is theirs no longer; of another process's agents one sees that the process is gone.
_gave_up: set[str] = set()


def leave_open(agent_id: str) -> None:
    """Remember an agent that could not store the end of its runs."""
    _gave_up.add(agent_id)


def hand_out_again(store: Store, sweep_id: str, now: float) -> None:
    """Store the end of what such agents left open, so that its params are handed out again."""
    if not _gave_up:
        return
    for run in store.snapshot(sweep_id).runs:
        if run.agent_id in _gave_up and not run.state.ended:
            with suppress(OwnershipError):  # somebody found it meanwhile
                end = RunEnd(RunState.PREEMPTED, run.summary, run.config, 1, now)
                store.finish_run(run.id, run.agent_id, end)
