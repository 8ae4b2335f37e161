"""From the arguments of `agent` to an agent with its display, ready to begin."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from nbsweep import threads
from nbsweep.control.agent import Agent
from nbsweep.control.deadline import RUN_TIME
from nbsweep.control.options import AgentOptions
from nbsweep.errors import UsageError
from nbsweep.executors import program as command
from nbsweep.executors import stand_in
from nbsweep.handles.agent import AgentHandle
from nbsweep.handles.analyzed import AnalyzedRuns
from nbsweep.handles.at_work import ahead
from nbsweep.handles.panels import new_panel, widgets_are_there
from nbsweep.handles.sweep import Sweep
from nbsweep.records import SweepRecord, SweepState
from nbsweep.runs import session
from nbsweep.runs.folders import run_folder
from nbsweep.view.console import say
from nbsweep.view.kernel import has_cells, in_kernel, in_marimo
from nbsweep.view.live import Display, LiveView

if TYPE_CHECKING:
    from nbsweep.panel.widget import Panel


def launch(
    sweep: Sweep, options: AgentOptions, *, labelled: bool = False, stands_in: bool = True
) -> AgentHandle:
    """An agent of a sweep with its display, ready to begin.

    Where nothing is left to run a sentence says so, and the agent ends at once.

    Args:
        sweep: what it works on.
        options: without a function the program of the sweep's config runs.
        labelled: show what all runs of a program print, each line with its run's number.
        stands_in: give a program that imports wandb nbsweep under that name.

    Raises:
        UsageError: there is neither a function nor a program, or the runs are only looked at.
    """
    if isinstance(sweep, AnalyzedRuns):
        sweep.refuse("agent")
    local = session.attached_controller(sweep.id)
    if local is not None and options.search is None:
        options = replace(options, search=local.search_function)
    if options.function is None:
        program, children = program_of(sweep, options, labelled=labelled, stands_in=stands_in)
        options = replace(options, function=program, executor=children)
    agent = Agent(sweep.store, sweep.id, options, folder=functools.partial(run_folder, sweep.store))
    handle = AgentHandle(agent, sweep)
    idle = agent.controller.nothing_left()
    if agent.too_late is not None:
        if not session.silent():
            say(agent.too_late)
    elif idle and not idle.waiting and not session.silent():  # array jobs, a cell run twice
        say(nothing_to_run(sweep.stored.record, idle.reason))
    elif options.show and not session.silent():
        handle.show_in(_view(handle, agent, options))
    if local is not None:
        handle.while_waiting(local.look)
    return handle


def nothing_to_run(sweep: SweepRecord, reason: str) -> str:
    """The sentence for whoever starts an agent of a sweep that is through."""
    asked = {SweepState.CANCELED: "canceled", SweepState.FINISHED: "stopped"}.get(sweep.state)
    if asked is not None and reason == asked:
        return (
            f"Sweep {sweep.id} was {asked} and hands out no more runs; "
            f"nbsweep.resume({sweep.id!r}, train) opens it again (in a terminal: nbsweep sweep "
            f"--resume {sweep.id})."
        )
    text = f"Sweep {sweep.id} has nothing left to run: {reason}."
    if reason.startswith(RUN_TIME):
        return f"{text} nbsweep.resume({sweep.id!r}, train) gives it another run_time."
    return text


def program_of(
    sweep: Sweep, options: AgentOptions, *, labelled: bool = False, stands_in: bool = True
) -> tuple[Callable[[], Any], object]:
    """What runs a sweep's program as child processes: a function and its executor.

    Args:
        sweep: whose config names the program.
        options: of the agent.
        labelled: show what all runs print, each line with its run's number.
        stands_in: give a program that imports wandb nbsweep under that name.

    Raises:
        UsageError: the config names no program, or it is not there.
    """
    config = sweep.stored.config
    if options.executor != "threads":
        raise UsageError(
            f"executor={options.executor!r}: a program always runs as a child process of its own, "
            "workers at a time. Leave executor out, or pass a training function."
        )
    items = command.check(config, sweep.id, sweep.store.url)
    remarks = command.remarks(config.command)
    words = command.expand(
        items, program=config.program, config={}, environ=os.environ, json_file=str
    )
    need = stand_in.need_of(words)
    stands_in = stands_in and not stand_in.is_switched_off(os.environ.get(stand_in.VARIABLE))
    if need is not None and stand_in.FOLDER not in os.environ.get("PYTHONPATH", ""):
        remarks.append(_about_wandb(need, stands_in))
    if not session.silent():
        for remark in remarks:
            say(f"Note: {remark}")
    children = command.CommandExecutor()
    patience_s = options.term_timeout
    program = command.Command(
        items,
        config.program,
        sweep.store,
        children,
        options.forward_signals,
        command.TERM_TIMEOUT_S if patience_s is None else float(patience_s),
        labelled,
        stands_in=stands_in and need is not None,
    )
    return program, children


def _about_wandb(need: stand_in.Need, stands_in: bool) -> str:
    if stands_in:
        return (
            f"{need.file} uses wandb and gets nbsweep under that name, so that what it logs "
            "reaches this sweep. NBSWEEP_AS_WANDB=0, or --no-stand-in, leaves it W&B's own."
        )
    return (
        f"{need.file} uses wandb, and what it logs there does not reach this sweep. Without "
        "NBSWEEP_AS_WANDB=0 and --no-stand-in it gets nbsweep under that name."
    )


def _view(handle: AgentHandle, agent: Agent, options: AgentOptions) -> LiveView:
    """The display of an agent: a panel where there is a cell to put it, unless told otherwise."""
    read = handle.sweep.stored.snapshots(curves=True)
    display: Display | None = None
    panel: Panel | None = None
    if options.show and in_marimo() and widgets_are_there():
        from nbsweep.panel.in_marimo import MarimoDisplay

        panel = new_panel(handle.sweep.stored, handle)
        read, display = panel.read, MarimoDisplay(panel, blocks=not options.background)
        handle.shows(panel)
    elif options.show != "static" and in_kernel() and widgets_are_there():
        from nbsweep.panel import bridge
        from nbsweep.panel.display import ANSWER_S, PanelDisplay

        handle.while_waiting(bridge.poll)  # the only way for clicks on ipykernel 6
        panel = new_panel(handle.sweep.stored, handle)
        if options.console == "panel":
            panel.prints.take_from(session.held)
            if options.echo and has_cells():
                session.held.begin(ANSWER_S)
        read, display = (
            panel.read,
            PanelDisplay(
                panel,
                insists=options.show == "panel",
                has_widget=threads.can_begin(),  # else no click arrives before the end
            ),
        )
    view = LiveView(
        read,
        agent.controller.config,
        ahead=functools.partial(ahead, handle.sweep.id),
        display=display,
    )
    if panel is not None:
        panel.on_steered = view.wake
    return view
