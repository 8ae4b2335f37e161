"""From the arguments of `agent` to an agent with its display, ready to begin."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from nbsweep.control.agent import Agent
from nbsweep.control.options import AgentOptions
from nbsweep.errors import UsageError
from nbsweep.executors import program as command
from nbsweep.handles.agent import AgentHandle
from nbsweep.handles.panels import new_panel
from nbsweep.handles.sweep import Sweep
from nbsweep.runs import session
from nbsweep.runs.folders import run_folder
from nbsweep.view.console import say
from nbsweep.view.kernel import in_kernel
from nbsweep.view.live import LiveView


def launch(sweep: Sweep, options: AgentOptions, *, labelled: bool = False) -> AgentHandle:
    """An agent of a sweep with its display, ready to begin.

    Args:
        sweep: what it works on.
        options: without a function the program of the sweep's config runs.
        labelled: show what all runs of a program print, each line with its run's number.

    Raises:
        UsageError: the sweep has ended, or there is neither a function nor a program.
    """
    local = session.attached_controller(sweep.id)
    if local is not None and options.search is None:
        options = replace(options, search=local.search_function)
    if options.function is None:
        program, children = program_of(sweep, options, labelled=labelled)
        options = replace(options, function=program, executor=children)
    agent = Agent(sweep.store, sweep.id, options, folder=functools.partial(run_folder, sweep.store))
    handle = AgentHandle(agent, sweep)
    if options.show and not session.silent():
        handle.show_in(_view(handle, agent, options))
    if local is not None:
        handle.while_waiting(local.look)
    return handle


def program_of(
    sweep: Sweep, options: AgentOptions, *, labelled: bool = False
) -> tuple[Callable[[], Any], object]:
    """What runs a sweep's program as child processes: a function and its executor.

    Args:
        sweep: whose config names the program.
        options: of the agent.
        labelled: show what all runs print, each line with its run's number.

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
    if not session.silent():
        for remark in command.remarks(config.command):
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
    )
    return program, children


def _view(handle: AgentHandle, agent: Agent, options: AgentOptions) -> LiveView:
    """The display of an agent: a panel where there is a cell to put it, unless told otherwise."""
    read, display = handle.sweep.stored.snapshots(curves=True), None
    if options.show != "static" and in_kernel():
        from nbsweep.panel import bridge
        from nbsweep.panel.display import PanelDisplay

        handle.while_waiting(bridge.poll)  # the only way for clicks on ipykernel 6
        panel = new_panel(handle.sweep.stored, handle)
        read, display = panel.read, PanelDisplay(panel)
    return LiveView(
        read,
        agent.controller.config,
        count=options.count or None,
        workers=options.workers,
        display=display,
    )
