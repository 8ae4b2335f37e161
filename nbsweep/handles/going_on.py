"""What a panel says and does of ended runs that can go on: one of them, or the best at once."""

from __future__ import annotations

import time
from pathlib import Path
from typing import NamedTuple

from nbsweep.errors import UsageError
from nbsweep.handles.continuing import continue_runs, obstacle
from nbsweep.handles.leading import best_runs
from nbsweep.handles.stored import StoredSweep
from nbsweep.records import RunRecord, RunState
from nbsweep.runs.checkpoint import last_checkpoint, trail
from nbsweep.runs.folders import run_folder
from nbsweep.wording import joined

BEST = 3  # runs that are trained longer by one click


class Resumption(NamedTuple):
    """What a run can go on from, as far as this machine can see.

    Attributes:
        checkpoint: its last whole one, in words; "" without one.
        obstacle: why it cannot go on, in a sentence; "" when it can.
    """

    checkpoint: str
    obstacle: str


def resumption(sweep: StoredSweep, run: RunRecord) -> Resumption:
    """What a run of a sweep can go on from; nothing else is looked at while it is under way."""
    if not run.state.ended:
        return Resumption("", "it is under way")
    words = ""
    for each in trail(sweep.store, run):
        found, _ = last_checkpoint(Path(run_folder(sweep.store, each.id)))
        if found is not None:
            saved = time.strftime("%Y-%m-%d %H:%M", time.localtime(found.saved_at))
            words = f"before step {found.step:,}, saved {saved}"
            break
    return Resumption(words, obstacle(sweep, run))


def continue_best(sweep: StoredSweep, count: int = BEST) -> str:
    """Have the best runs trained longer: finished ones for as long again, others to their end.

    Of a sweep with a front those that cover most of it, see `Sweep.best_runs`. Those of them
    that cannot go on are left as they are.

    Returns:
        Which runs go on, and why others of the best do not.

    Raises:
        UsageError: the sweep has no metric or no run with a value, or none of its best runs
            can go on.
    """
    best = [sweep.find(run) for run in best_runs(sweep, count)]
    if not best:
        raise UsageError(f"No run of sweep {sweep.id} has ended with a value yet.")
    curves = sweep.snapshot(curves=True).curves
    going, others = [], []
    for run in best:
        as_again = curves[run.id].iterations if run.state is RunState.FINISHED else 0
        try:
            if not run.state.ended:
                raise UsageError(f"Run {run.number} is under way.")
            continue_runs(sweep, run.id, as_again or None, None)
            going.append(str(run.number))
        except UsageError as error:
            others.append(str(error))
    if not going:
        raise UsageError(" ".join(others))
    verb = "Runs {} go" if len(going) > 1 else "Run {} goes"
    return " ".join([f"{verb.format(joined(going, 'and'))} on next.", *others])
