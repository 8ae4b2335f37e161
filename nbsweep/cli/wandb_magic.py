"""W&B's magic of notebooks: ``%%wandb`` above a cell that trains, ``%wandb PATH`` to look.

W&B shows its web page of the run. Here the run itself is shown below the cell, or the
live panel of a sweep.
"""

from __future__ import annotations

import os
import shlex
import time
from typing import Any

from nbsweep import facade
from nbsweep.as_wandb.api import Api
from nbsweep.as_wandb.cells import show
from nbsweep.errors import SweepError, UsageError
from nbsweep.handles.sweep import Sweep
from nbsweep.records import RunRecord
from nbsweep.runs import session
from nbsweep.runs.current import current_run

USAGE = """%wandb [PATH]: show a run or a sweep, by default the current run or the newest sweep.
%%wandb [PATH]: execute the cell, then show the run that it made, or the one of PATH.

PATH is an id, project/id or entity/project/id. W&B's -h HEIGHT is accepted and ignored."""


def wandb(shell: Any, line: str, cell: str | None = None) -> None:
    """What the magic does in an InteractiveShell; errors are one line."""
    from IPython.core.error import UsageError as MagicUsageError

    try:
        path = _path(line)
        began = time.time()
        if cell is not None:
            done = shell.run_cell(cell)
            if not done.success:  # IPython has shown why
                return
        _show(path, began, is_cell=cell is not None)
    except SweepError as error:
        raise MagicUsageError(str(error)) from error


def _path(line: str) -> str | None:
    """The path of the magic's line; None without one."""
    words, paths = iter(shlex.split(line)), []
    for word in words:
        if word in ("-h", "--height"):
            next(words, None)
        elif not word.startswith(("-h", "--height=")):
            paths.append(word)
    if len(paths) > 1 or any(path.startswith("-") for path in paths):
        raise UsageError(f"%wandb {line.strip()}: one path of a run or a sweep is taken.\n{USAGE}")
    return paths[0] if paths else None


def _show(path: str | None, began: float, *, is_cell: bool) -> None:
    if path is not None:
        _show_path(path)
        return
    run = current_run()
    if run is not None:
        show(run)
        return
    if is_cell:
        made = _made_since(began)
        if made is not None and made.sweep_id is None:  # an agent shows its sweep itself
            show(Api().run(made.id))
        return
    sweeps = session.store().sweeps()
    if not sweeps:
        raise UsageError("%wandb: there is no run and no sweep yet to show.")
    show(facade.show(sweeps[-1].id))


def _show_path(path: str) -> None:
    sweep_id = path.rstrip("/").rpartition("/")[2]
    if any(sweep.id == sweep_id for sweep in session.store().sweeps()):
        show(facade.show(Sweep(sweep_id)))
    else:
        show(Api().from_path(path))


def _made_since(began: float) -> RunRecord | None:
    """The newest run that this process made since then."""
    own = [r for r in session.store().runs() if r.created_at >= began and r.pid == os.getpid()]
    return own[-1] if own else None
