"""`nbsweep agent`: runs of a sweep are executed."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from nbsweep.cli.common import FAILURE, INTERRUPTED, USAGE, open_sweep, say

if TYPE_CHECKING:
    from nbsweep.control.under_way import AgentReport


@click.command(
    "agent",
    short_help="Run the sweep's program, or a function.",
    epilog="\b\nExample:\n  nbsweep agent k3w9x2ab --count 20 --workers 4\n"
    "  nbsweep agent k3w9x2ab train.py:train",
)
@click.argument("sweep_id")
@click.argument("function", required=False, metavar="[SCRIPT.py:FUNCTION]")
@click.option("-p", "--project", help="Project that the sweep is in; the id alone is enough.")
@click.option("-e", "--entity", help="W&B's, ignored.", expose_value=False)
@click.option("--count", type=int, metavar="N", help="Runs to take; default: no limit.")
@click.option("--workers", type=int, default=1, metavar="N", help="Runs under way at once.")
@click.option(
    "--executor",
    type=click.Choice(["threads", "inline", "processes"]),
    default="threads",
    help="Where a FUNCTION runs; a program always is a process of its own.",
)
@click.option(
    *("--timeout", "timeout_s"),
    type=float,
    metavar="S",
    help="A run that takes longer fails; default: NBSWEEP_TIMEOUT_S, else no limit.",
)
@click.option(
    "--minutes",
    type=float,
    metavar="M",
    help="All runs have ended after so many minutes; what does not fit is not begun.",
)
@click.option(
    "--deadline",
    metavar="TIME",
    help='The same until a time: "17:30", "2026-11-29 17:30", or unix time in seconds.',
)
@click.option(
    "-f", "--forward-signals", is_flag=True, help="Pass Ctrl-C on to the program at once."
)
@click.option(
    *("-t", "--term-timeout"),
    type=float,
    metavar="S",
    help="From SIGTERM to SIGKILL for a program that has to stop; default: 10.",
)
@click.option(
    "--max-consecutive-failed-runs",
    type=int,
    metavar="N",
    help="Give up after so many failed runs in a row.",
)
@click.option(
    *("--stand-in/--no-stand-in", "stands_in"),
    default=True,
    help="Whether a program that imports wandb gets nbsweep under that name; default: it does.",
)
@click.pass_context
def agent_command(
    ctx: click.Context,
    /,
    sweep_id: str,
    function: str | None,
    project: str | None,
    stands_in: bool,
    **options: Any,
) -> None:
    """Run the sweep's program (or a function) again and again until nothing is left to do.

    Several agents may work on one sweep, in terminals, notebooks and on other machines.
    The first Ctrl-C (or SIGTERM) ends the runs under way in order, the second at once.

    Exit codes: 0 done; 1 all runs failed; 2 wrong usage, or the program fails at once;
    130 interrupted.
    """
    from nbsweep.control.options import AgentOptions
    from nbsweep.handles.launch import launch

    sweep = open_sweep(sweep_id, project)
    train = None if function is None else _load(function, stands_in)
    asked = AgentOptions(function=train, **options)
    handle = launch(sweep, asked, labelled=asked.workers > 1, stands_in=stands_in)
    with _ends_in_order():
        report = handle.run()
    ctx.exit(_exit_code(report))


def _load(place: str, stands_in: bool) -> Callable[[], Any]:
    from nbsweep.as_wandb import install_as_wandb, is_installed
    from nbsweep.executors import stand_in
    from nbsweep.executors.script import load_function

    source = place.rpartition(":")[0]
    words = [source] if source.endswith(".py") else ["-m", source]
    stands_in = stands_in and not stand_in.is_switched_off(os.environ.get(stand_in.VARIABLE))
    if stands_in and not is_installed():
        need = stand_in.need_of(words)
        if need is not None:
            say(f"Note: {need.file} uses wandb and gets nbsweep under that name.")
            os.environ[stand_in.VARIABLE] = "1"  # said once, and for workers as well
            install_as_wandb()
    return load_function(place)


@contextmanager
def _ends_in_order() -> Iterator[None]:
    """Let systemd, Slurm, `kill` and a closed terminal end the runs under way in order, too."""
    from nbsweep.runs.forks import give_back_signal, take_signal

    numbers: list[int] = [signal.SIGTERM]
    hangup = getattr(signal, "SIGHUP", None)  # Windows has none; nohup ignores it
    if hangup is not None and signal.getsignal(hangup) is signal.SIG_DFL:
        numbers.append(hangup)
    before = {n: take_signal(n, lambda *_: signal.raise_signal(signal.SIGINT)) for n in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            give_back_signal(number, handler)


def _exit_code(report: AgentReport) -> int:
    states = {outcome.state.value for outcome in report.outcomes}
    if report.interrupted:
        return INTERRUPTED
    if report.store_error is not None:
        click.echo(f"Error: {report.store_error}", err=True)
        return FAILURE
    if "finished" in states or "stopped" in states:
        return FAILURE if report.gave_up else 0
    if report.gave_up:
        click.echo(f"Error: no run succeeded: {report.outcomes[-1].error}", err=True)
        return USAGE
    return FAILURE if states & {"failed", "crashed"} else 0
