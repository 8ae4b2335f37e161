"""The child's side of a run that an agent gave to a program: `init()` takes it over.

The agent's process claimed the run and ends it, from the program's exit code; the
program writes history, summary and config in between. They find each other by
``NBSWEEP_RUN_ID`` and ``NBSWEEP_STORE`` in the environment.
"""

from __future__ import annotations

import atexit
import os
import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType, TracebackType

from nbsweep.errors import RunStopped
from nbsweep.records import RunState
from nbsweep.runs import session
from nbsweep.runs.identity import run_seed
from nbsweep.runs.run import Run
from nbsweep.store import open_store
from nbsweep.store.base import Store

RUN_ID = "NBSWEEP_RUN_ID"
STORE = "NBSWEEP_STORE"


def lent_run(folder: Callable[[Store, str], str], clock: Callable[[], float]) -> Run | None:
    """The run for which this process was started, at the first call; None without one.

    Raises:
        RunStopped: the run ended before the program came to `init`.
    """
    if not os.environ.get(RUN_ID):
        return None
    # The run is this process's own now: programs that it starts in turn make their own.
    run_id = os.environ.pop(RUN_ID)
    store = open_store(os.environ.get(STORE))
    record = store.run(run_id)
    _say_stops_in_one_line(record.name)
    if record.state.ended or record.stop_requested is not None:
        raise RunStopped(run_id, record.stop_requested or "the run has ended already")
    seed = 0
    if record.sweep_id is not None:
        seed = run_seed(store.sweep(record.sweep_id).seed, record.number)
    run = Run(record, store, folder(store, run_id), clock, seed=seed)
    run.lend()
    session.assign(run)
    atexit.register(run.hand_back)
    _end_in_order(run)
    return run


def _end_in_order(run: Run) -> None:
    """Make SIGTERM end the training as a stop does; it is preempted when nobody asked for it."""
    pid = os.getpid()

    def terminate(number: int, frame: FrameType | None) -> None:
        del frame
        if os.getpid() != pid:  # a worker that the training code forked
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
            return
        run.request_stop("terminated", RunState.PREEMPTED)  # when nobody else asked
        raise RunStopped(run.id, run.stop_reason or "terminated", run.stop_state)

    on_main = threading.current_thread() is threading.main_thread()
    if on_main and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, terminate)


def _say_stops_in_one_line(name: str) -> None:
    """A stop is no error of the program: it needs no traceback."""
    show = sys.excepthook

    def report(
        kind: type[BaseException], value: BaseException, trace: TracebackType | None
    ) -> None:
        if isinstance(value, RunStopped):
            sys.stderr.write(f"Run {name} stopped: {value.reason}\n")
        else:
            show(kind, value, trace)

    sys.excepthook = report
