"""`init(resume=…)`: going on with a run outside of sweeps."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from nbsweep.errors import NotFoundError, UsageError
from nbsweep.records import RunRecord, WorkOrder
from nbsweep.runs import session
from nbsweep.runs.folders import base_folder, run_folder
from nbsweep.runs.identity import AgentIdentity, Vital, vital
from nbsweep.runs.run import Run
from nbsweep.store.base import Store
from nbsweep.wording import closest, did_you_mean

MODES = ("allow", "must", "never", "auto")
NOTE = "resume.json"  # beside the runs: the id of the last one that began with "auto"
SILENT_S = 60.0  # heartbeats come every two seconds


def resume_mode(resume: bool | str | None) -> str | None:
    """One of MODES, or None, from what `init` takes.

    Raises:
        UsageError: it is none of these.
    """
    if resume is None or resume is False or resume == "":
        return None
    if resume is True:
        return "auto"
    mode = str(resume).lower()
    if mode in ("true", "1"):
        return "auto"
    if mode not in MODES:
        raise UsageError(
            f"init(resume={resume!r}): accepted are {', '.join(map(repr, MODES))}, True and False."
            f"{did_you_mean(closest(mode, MODES))}"
        )
    return mode


def run_to_resume(
    mode: str | None, run_id: str | None, store: Store
) -> tuple[str | None, RunRecord | None]:
    """The id of the run that `init` is to begin, None for a new one; its record if it is there.

    Args:
        mode: of MODES.
        run_id: as given to `init`.
        store: where the runs are.

    Raises:
        UsageError: "must" without such a run, or "never" with one.
    """
    if mode is None:
        return run_id, None
    if run_id is None and mode == "auto":
        run_id = _unfinished(store)
    if run_id is None:
        if mode == "must":
            raise UsageError(
                'init(resume="must"): which run is to go on? Give its id: '
                'init(id="…", resume="must").'
            )
        return None, None
    record = _found(store, run_id)
    if record is None and mode == "must":
        raise UsageError(
            f'init(id={run_id!r}, resume="must"): there is no run of that id to go on with. Check '
            'the id, or begin it with resume="allow".'
        )
    if record is not None and mode == "never":
        raise UsageError(
            f'init(id={run_id!r}, resume="never"): there is a run of that id ({record.state.value}'
            '). Give another id, or go on with that run: resume="allow".'
        )
    return run_id, record


def resumed_run(record: RunRecord, store: Store, clock: Callable[[], float] = time.time) -> Run:
    """A run that goes on where it ended: its steps, summary and config.

    Args:
        record: as the store has it.
        store: where it is.
        clock: unix time in seconds.

    Raises:
        UsageError: it belongs to a sweep, or is still under way.
    """
    if record.sweep_id is not None or record.parent_id is not None:
        whole = (
            f"sweep {record.sweep_id}. nbsweep.resume({record.sweep_id!r}, train) goes on with it"
            if record.sweep_id is not None
            else f"run {record.parent_id}, whose part it is"
        )
        raise UsageError(
            f"init(id={record.id!r}): run {record.name} belongs to {whole}. For a run of its own "
            "give another id."
        )
    if not record.state.ended and _is_gone(record, clock()):
        store.mark_crashed(record.id, seen_heartbeat_at=record.heartbeat_at, at=record.heartbeat_at)
    agent = AgentIdentity.create()
    if not store.reopen_run(record.id, agent.id, host=agent.host, pid=agent.pid, at=clock()):
        raise UsageError(
            f"init(id={record.id!r}): run {record.name} is still under way, in process {record.pid}"
            f" on {record.host}. Wait for its end or stop it there, or give another id."
        )
    record = store.run(record.id)
    run = Run(WorkOrder(record, store.url, run_folder(store, record.id), echo=True), store, clock)
    last = store.history(record.id, max(0, record.history_rows - 1))
    run.go_on(last[-1].step + 1 if last else 0)
    return run


def note_for_resume(store: Store, run_id: str) -> None:
    """Note which run the next ``init(resume="auto")`` goes on with, unless it finishes."""
    file = _note(store)
    with suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps({"run_id": run_id}), encoding="utf-8")


def _unfinished(store: Store) -> str | None:
    """The run that was noted, when it did not finish."""
    try:
        noted: Any = json.loads(_note(store).read_text(encoding="utf-8"))["run_id"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    record = _found(store, str(noted))
    under_way = session.live_run(str(noted)) is not None
    return record.id if record is not None and not record.state.counts and not under_way else None


def _note(store: Store) -> Path:
    return base_folder(store) / NOTE


def _found(store: Store, run_id: str) -> RunRecord | None:
    try:
        return store.run(run_id)
    except NotFoundError:
        return None


def _is_gone(record: RunRecord, now: float) -> bool:
    """Whether the process of a run is dead, or cannot be looked at and has long been silent."""
    process = vital(record.worker or record.agent_id)
    silent = now - record.heartbeat_at > SILENT_S
    return process is Vital.DEAD or (process is not Vital.ALIVE and silent)
