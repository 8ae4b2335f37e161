"""The live panel of a sweep."""

from __future__ import annotations

import functools
import logging
from typing import TYPE_CHECKING

from nbsweep.control.schedule import plan_of_sweep
from nbsweep.errors import MissingDependencyError
from nbsweep.handles.at_work import ahead, figures
from nbsweep.handles.going_on import continue_best, resumption
from nbsweep.handles.stored import StoredSweep
from nbsweep.handles.sweep_run import dataframe
from nbsweep.records import Snapshot
from nbsweep.runs import session
from nbsweep.sweep_config import SweepConfig

if TYPE_CHECKING:
    from nbsweep.panel.widget import Panel

_log = logging.getLogger("nbsweep")


def widgets_are_there() -> bool:
    """Whether what the panel is made of can be loaded; says so in the log where it cannot."""
    try:
        import nbsweep.panel.widget  # noqa: F401
    except Exception as error:  # noqa: BLE001 - whatever a broken installation raises
        _log.warning(
            "The panel needs anywidget and ipywidgets, which cannot be loaded (%s: %s), so a view "
            "without buttons is shown. pip install anywidget, then restart the kernel.",
            type(error).__name__,
            error,
        )
        return False
    return True


def new_panel(sweep: StoredSweep, control: object) -> Panel:
    """A panel that shows the sweep as it is; whoever follows the sweep keeps it fresh.

    Args:
        sweep: what it shows.
        control: what its buttons steer: the handle of the agent at work, or what gives the
            agents that are at work at the time.
    """
    try:
        from nbsweep.panel.widget import Panel
    except ImportError as error:
        raise MissingDependencyError(
            f"The panel needs anywidget and ipywidgets, which cannot be loaded ({error}). pip "
            "install anywidget, then restart the kernel; the sweep itself, as the last line of a "
            "cell, is drawn without them."
        ) from error

    panel = Panel(
        sweep.snapshots(curves=True),
        sweep.config,
        control,
        dataframe=lambda: dataframe(sweep.runs()),
        public=sweep.public,
        console=sweep.store.console,
        history=sweep.store.history,
        parts=lambda run_id: sweep.store.runs(parent_id=run_id),
        resumption=lambda run: resumption(sweep, run),
        train_longer=lambda: continue_best(sweep),
        plan=_plan,
        ahead=functools.partial(ahead, sweep.id),
        figures=functools.partial(figures, sweep.id),
    )
    for run in session.live_runs():
        if run.sweep_id == sweep.id:
            text = sweep.store.console(run.id)
            panel.prints.write(run.id, run.number, text, in_cell=run.echo)
    session.listen(sweep.id, panel.prints)
    return panel


def _plan(snapshot: Snapshot, config: SweepConfig, now: float) -> str:
    """What still fits before the sweep's `run_time` is over, for as many workers as are busy."""
    if config.run_time_s is None:
        return ""
    busy = sum(not run.state.ended for run in snapshot.runs)
    plan = plan_of_sweep(config, snapshot, now, max(1, busy))
    return plan.sentence if plan is not None else ""
