"""Runs whose process is gone: how they are recognized, and how they end.

No clock of another machine counts here, nor the time of day of this one: either may be hours
off, and jump. What counts is the process, where it can be looked at, and what an observer
sees change by itself.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache

from nbsweep.errors import OwnershipError
from nbsweep.records import RunEnd, RunRecord, RunState, Snapshot
from nbsweep.runs.identity import Vital, vital
from nbsweep.store.base import Store
from nbsweep.store.faults import UnwritableError

STALE_AFTER_S = 60.0  # 30 missed heartbeats, of a process that cannot be looked at
# A C call that does not let other threads in is silent for as long as it takes. Beyond this
# the run was rather left behind by an agent that failed.
LONGEST_CALL_S = 3600.0
# Most that a run can have been silent between two looks. Whoever did not look for longer was
# stopped, asleep, or had no store; so may the run have been, which then beats before long.
LONGEST_GAP_S = 15.0


@dataclass
class _Pulse:
    """What an observer knows of one run.

    Attributes:
        beat: the heartbeat last seen.
        looked_at: when the observer last looked, by its own clock.
        silent_s: for how long the heartbeat was seen to stay the same.
        changed: whether it was ever seen to change.
    """

    beat: float
    looked_at: float
    silent_s: float = 0.0
    changed: bool = False


class Watch:
    """Tells live runs from lost ones, by what it sees from look to look.

    Two heartbeats of a run always differ (`Store.append_history`), so that an equal one is
    silence. Not for threads.

    Args:
        clock: monotonic, in seconds.

    Attributes:
        left_parts: ids of lost runs of which parts may be under way.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self.left_parts: set[str] = set()
        self._pulses: dict[str, _Pulse] = {}

    def silent_s(self, run: RunRecord) -> float:
        """For how long the heartbeat of a run was seen to stay as it is; looks at it now."""
        now = self._clock()
        pulse = self._pulses.get(run.id)
        if pulse is None:
            pulse = self._pulses[run.id] = _Pulse(run.heartbeat_at, now)
        elif pulse.beat != run.heartbeat_at:
            pulse.beat, pulse.silent_s, pulse.changed = run.heartbeat_at, 0.0, True
        else:
            pulse.silent_s += min(now - pulse.looked_at, LONGEST_GAP_S)
        pulse.looked_at = now
        return pulse.silent_s

    def is_lost(self, run: RunRecord, look: Callable[[str], Vital] = vital) -> bool:
        """Whether a run's process is gone, or was seen silent for so long that it must be.

        Silence says nothing of a process of this host that is seen to be alive, whatever its
        Python does. One that was stopped (SIGSTOP) counts as gone after a while.

        Args:
            run: of any host.
            look: finds out about the process; who asks for many runs remembers the answers.
        """
        if run.state.ended:
            self._pulses.pop(run.id, None)
            return False
        silent_s = self.silent_s(run)
        process = look(run.worker or run.agent_id)
        if process is not Vital.ALIVE:
            return process is Vital.DEAD or silent_s >= STALE_AFTER_S
        in_here = run.pid == os.getpid() and run.worker is None  # then no C call is under way
        return silent_s >= (STALE_AFTER_S if in_here else LONGEST_CALL_S)

    def in_doubt(self, run: RunRecord, now: float) -> bool:
        """Whether more looks are needed to know that a run of another host lives.

        Args:
            run: that was looked at before.
            now: unix time in seconds. A run that beat within the last minute, or would have
                if both clocks were right, is taken to live.
        """
        pulse = self._pulses.get(run.id)
        seen = pulse is not None and pulse.changed
        return not run.state.ended and not seen and looks_left(run, now, ahead=True)


def looks_left(
    run: RunRecord, now: float, look: Callable[[str], Vital] = vital, *, ahead: bool = False
) -> bool:
    """Whether a run seems to be left behind, as far as one look can tell; no more than a hint.

    Args:
        run: of any host.
        now: unix time in seconds.
        look: finds out about the process.
        ahead: whether a heartbeat from the future is as odd as an old one.
    """
    if run.state.ended:
        return False
    process = look(run.worker or run.agent_id)
    age_s = now - run.heartbeat_at
    stale = (abs(age_s) if ahead else age_s) > STALE_AFTER_S
    return process is Vital.DEAD or (process is not Vital.ALIVE and stale)


def mark_crashed(
    store: Store, runs: Iterable[RunRecord], watch: Watch | None = None, *, except_of: str = ""
) -> bool:
    """End those of the runs that are lost, with their parts; True when there were any.

    Args:
        store: where the runs are.
        runs: of one sweep.
        watch: what was seen before. Without one only what a single look shows is ended: runs
            whose process was on this host and is gone.
        except_of: an agent that looks after its own runs.
    """
    watch, look = watch or Watch(), cache(vital)
    lost = [run for run in runs if run.agent_id != except_of and watch.is_lost(run, look)]
    for run in lost:
        _crash(store, run, watch)
        watch.left_parts.add(run.id)
    for parent_id in tuple(watch.left_parts):  # a part may be elsewhere, and live on for a while
        parts = [part for part in store.runs(parent_id=parent_id) if not part.state.ended]
        for part in parts:
            if watch.is_lost(part, look):
                _crash(store, part, watch)
        if not parts:
            watch.left_parts.discard(parent_id)
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


def _crash(store: Store, run: RunRecord, watch: Watch) -> None:
    # In the run's own time: its clock may be another one.
    at = run.heartbeat_at + watch.silent_s(run)
    with suppress(UnwritableError):  # an archive: it stays as it was left
        store.mark_crashed(run.id, seen_heartbeat_at=run.heartbeat_at, at=at)


def in_doubt(snapshot: Snapshot, watch: Watch, now: float, *, except_of: str) -> list[RunRecord]:
    """Runs of other agents of which more looks would tell whether they live."""
    return [run for run in snapshot.runs if run.agent_id != except_of and watch.in_doubt(run, now)]
