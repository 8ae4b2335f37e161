"""The run that the process which started this one was in: `init()` joins it.

Processes that are started afresh (spawn, forkserver, loky, subprocess) find it by the
variables that `Environment` sets; forked ones inherit it.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from nbsweep import sweep_config
from nbsweep.errors import NotFoundError, UsageError
from nbsweep.records import RunRecord, RunState, WorkOrder
from nbsweep.runs import forks, session
from nbsweep.runs.folders import run_folder
from nbsweep.runs.identity import pids_above, run_seed
from nbsweep.runs.run import Run
from nbsweep.store import open_store
from nbsweep.store.base import Store

PARENT = "NBSWEEP_PARENT_RUN"
PARENT_STORE = "NBSWEEP_PARENT_STORE"

_lock = threading.Lock()
_named: list[Run] = []  # runs under way that the environment names
_before: dict[str, str | None] = {}


@contextmanager
def named_in_environment(run: Run) -> Iterator[None]:
    """Within the block the environment names `run`, for libraries and for child processes.

    The environment is the process's; with several runs at once in one process W&B's
    variables name the one that started last, and child processes that ask are told so.
    """
    name_in_environment(run)
    try:
        yield
    finally:
        with _lock:
            if run in _named:
                _named.remove(run)
            _set_environment()


def name_in_environment(run: Run) -> None:
    """From now on the environment names `run`: the whole process was started for it."""
    with _lock:
        if not _named:
            names = ("WANDB_RUN_ID", "WANDB_SWEEP_ID", PARENT, PARENT_STORE)
            _before.update({name: os.environ.get(name) for name in names})
        _named.append(run)
        _set_environment()


def _set_environment() -> None:
    if _named:
        last = _named[-1]
        values: dict[str, str | None] = {
            "WANDB_RUN_ID": last.id,
            "WANDB_SWEEP_ID": last.sweep_id or "",
            PARENT: ",".join(run.id for run in _named),
            PARENT_STORE: last.store.url,
        }
    else:
        values = dict(_before)
    for name, value in values.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


def _after_fork() -> None:
    global _lock  # noqa: PLW0603 - the parent's may be held by a thread that is not here
    _lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


class JoinedRun(Run):
    """The run in a process that was started within it; the process that has it ends it."""

    def start(self) -> None:
        """Write what it logs from now on, until this process ends."""
        super().start()
        self.shared = True
        forks.at_end(lambda: self.end(RunState.FINISHED))


def joined_run(clock: Callable[[], float] = time.time) -> JoinedRun | None:
    """The run within which this process was started; None where there is none.

    Raises:
        UsageError: it has ended, its store cannot be reached, or there were several.
    """
    found = run_of_parent()
    if found is None:
        return None
    record, store = found
    order = WorkOrder(record, store.url, run_folder(store, record.id), echo=True)
    if record.sweep_id is not None:
        sweep = store.sweep(record.sweep_id)
        config = sweep_config.parse(sweep.config)
        order = WorkOrder(
            record,
            store.url,
            order.folder,
            seed=run_seed(sweep.seed, record.number),
            echo=True,
            metric=config.metric,
            early_terminate=config.early_terminate,
            metrics=config.metrics,
        )
    run = JoinedRun(order, store, clock)
    run.start()
    session.assign(run)
    return run


def has_ended(run: Run) -> bool:
    """Whether a run that this process shares has ended; it is given up then.

    Pools are kept from run to run: their processes come to `init` again.
    """
    ended = run.store.run(run.id).state.ended
    if ended:
        session.resign(run)
        session.writer().remove(run._channel)
    return ended


def run_of_parent() -> tuple[RunRecord, Store] | None:
    """The run within which this process was started, and its store; None without one.

    Raises:
        UsageError: it has ended, its store cannot be reached, or there were several.
    """
    ids = [name for name in os.environ.get(PARENT, "").split(",") if name]
    if not ids or any(session.live_run(run_id) for run_id in ids):
        return None  # or it is this very process that has it
    if len(ids) > 1:
        raise UsageError(
            f"init: {len(ids)} runs ({', '.join(ids)}) were under way in the process that started "
            "this one, and it cannot be told which of them is meant. Use executor='processes', "
            f"where each run has a process of its own, or set {PARENT} to run.id in this process."
        )
    url = os.environ.get(PARENT_STORE)
    if url is not None and url.startswith("memory:"):
        raise UsageError(
            f"init: this process was started within run {ids[0]}, whose store {url} lives in the "
            "process that started it and cannot be reached from here. Use a SQLite file: "
            "nbsweep.setup(store=None) goes back to the default."
        )
    store = open_store(url, existing=True)
    try:
        record = store.run(ids[0])
    except NotFoundError:
        raise UsageError(
            f"init: this process was started within run {ids[0]}, which is not in {store.url} any "
            f"more. Take {PARENT} out of the environment for a run of its own."
        ) from None
    if record.state.ended:
        record = _later_run(record, store)
    return record, store


def _later_run(ended: RunRecord, store: Store) -> RunRecord:
    """The run that a process above this one is in now, where it was started in an earlier one.

    Pools are kept from run to run and sweep to sweep, by joblib for example, as the fork
    server is, with the environment of the first.
    """
    host = socket.gethostname()
    above = {(host, str(pid)) for pid in pids_above()}
    sweeps = [sweep.id for sweep in store.sweeps() if not sweep.state.ended]
    runs = [run for sweep_id in sweeps for run in store.runs(sweep_id=sweep_id)]
    under_way = [run for run in runs if not run.state.ended and _process(run) in above]
    if len(under_way) == 1:
        return under_way[0]
    raise UsageError(
        f"init: this process was started within run {ended.name} ({ended.id}), which has ended "
        f"({ended.state.value}), so nothing can be added to it. End processes before their run "
        f"ends, or take {PARENT} out of their environment for runs of their own."
    )


def _process(run: RunRecord) -> tuple[str, str]:
    """Host and number of the process that executes a run."""
    if run.worker is None:
        return run.host, str(run.pid)
    host, number, _ = run.worker.split(":", 2)
    return host, number
