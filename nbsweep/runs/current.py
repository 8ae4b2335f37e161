"""Which run is meant where none is named, as in `nbsweep.log(...)`."""

from __future__ import annotations

from nbsweep.errors import UsageError
from nbsweep.runs import session
from nbsweep.runs.run import Run


def current_run() -> Run | None:
    """The run of this context, else the process's only open one, else None.

    Raises UsageError when several runs are open and this thread belongs to none of them.
    """
    return _as_run(session.current_run())


def assigned_run() -> Run | None:
    """The run that an agent handed to this context, or None."""
    return _as_run(session.assigned_run())


def live_runs() -> list[Run]:
    """The runs of this process that have not ended."""
    return [run for run in session.live_runs() if isinstance(run, Run)]


def require_run(name: str) -> Run:
    """The current run; raises UsageError naming `name` when there is none."""
    run = current_run()
    if run is None:
        raise UsageError(
            f"You must call nbsweep.init() before nbsweep.{name}. Inside a sweep, call it at the "
            "start of the training function; after a run has ended, keep the object: "
            "`with nbsweep.init() as run: ...`, then `run.summary`."
        )
    return run


def _as_run(run: session.LiveRun | None) -> Run | None:
    assert run is None or isinstance(run, Run)
    return run
