"""Which ended runs of a sweep can go on, from what, and the best of them all at once."""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from nbsweep.errors import UsageError
from nbsweep.handles.stored import StoredSweep
from nbsweep.records import RunRecord
from nbsweep.runs.checkpoint import last_checkpoint
from nbsweep.runs.folders import run_folder
from nbsweep.store.base import Store

logger = logging.getLogger("nbsweep")
BEST = 3  # runs that are trained longer by one click


class Resumption(NamedTuple):
    """What a run can go on from.

    Attributes:
        checkpoint: its last whole one, in words, or where that may be; "" without one.
        obstacle: why it cannot go on, in a sentence; "" when it can.
    """

    checkpoint: str
    obstacle: str


def resumption(sweep: StoredSweep, run: RunRecord, latest: int | None = None) -> Resumption:
    """What a run of a sweep can go on from, as far as this machine can see.

    Args:
        sweep: whose run it is.
        run: the run.
        latest: the last attempt of its number; read when left out.
    """
    words, missing = _checkpoint(sweep.store, run)
    if latest is None:
        latest = sweep.find(run.number).attempt
    if not run.state.ended:
        return Resumption(words, "It is under way.")
    if run.attempt < latest:
        return Resumption(words, f"It was tried again: {run.number}.{latest} can go on.")
    return Resumption(words, missing)


def _checkpoint(store: Store, run: RunRecord) -> tuple[str, str]:
    """The checkpoint in words, and why there is none."""
    folder = Path(run_folder(store, run.id))
    found, problem = last_checkpoint(folder)
    if found is not None:
        saved = time.strftime("%Y-%m-%d %H:%M", time.localtime(found.saved_at))
        return f"before step {found.step:,}, saved {saved}", ""
    if problem:
        return "", f"Its checkpoint cannot be used: {problem}."
    if run.host not in ("", socket.gethostname()) and not folder.is_dir():
        return f"on {run.host}, if it saved one", ""  # an agent there can go on with it
    return "", "It saved no checkpoint. In the training code run.checkpoint(save) does."


def continue_best(
    sweep: StoredSweep, count: int, go_on: Callable[[RunRecord], object]
) -> list[RunRecord]:
    """Let the best runs of a sweep go on, those of them that can; warns of the others.

    Args:
        sweep: the sweep.
        count: how many of the best.
        go_on: asks for one of them to go on.

    Returns:
        The runs that go on, the best first.

    Raises:
        UsageError: the count is not a positive whole number, the sweep has no metric, no run
            counts, or none of the best can go on.
    """
    if isinstance(count, bool) or not isinstance(count, int) or count < 1:
        raise UsageError(f"continue_best({count!r}): a whole number of at least 1 is needed.")
    metric = sweep.config.metric
    if metric is None:
        raise UsageError(
            f"continue_best: sweep {sweep.id} has no metric, so no run is best. "
            "continue_run(number) lets one go on."
        )
    newest = {run.number: run for run in sweep.snapshot().runs}.values()
    counted = [(value, run) for run in newest if (value := metric.counted(run)) is not None]
    best = [run for _, run in sorted(counted, key=lambda pair: metric.sign * pair[0])][:count]
    if not best:
        raise UsageError(f"continue_best: no run of sweep {sweep.id} has ended with a value yet.")
    obstacles = {run.number: resumption(sweep, run, run.attempt).obstacle for run in best}
    going = [run for run in best if not obstacles[run.number]]
    others = " ".join(f"Run {number}: {why}" for number, why in obstacles.items() if why)
    if not going:
        which = "the best run cannot" if count == 1 else "none of the best runs can"
        raise UsageError(f"continue_best: {which} go on. {others}")
    for run in going:
        go_on(run)
    if others:
        logger.warning("Not all of the best runs can go on. %s", others)
    return going
