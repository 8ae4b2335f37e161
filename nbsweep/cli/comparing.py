"""`nbsweep compare`: two runs side by side, or which of several sweeps is better."""

from __future__ import annotations

from typing import Any

import click

from nbsweep.cli.common import open_sweep, say
from nbsweep.errors import UsageError
from nbsweep.wording import joined


@click.command(
    "compare",
    short_help="Compare two runs, or sweeps with each other.",
    epilog="\b\nExample:\n  nbsweep compare k3w9x2ab 4 17\n  nbsweep compare k3w9x2ab p7d2m4xc\n"
    "  nbsweep compare k3w9x2ab --by optimizer",
)
@click.argument("things", metavar="SWEEP [RUN RUN | SWEEP...]", nargs=-1, required=True)
@click.option("--metric", metavar="NAME", help="Default: the sweeps' own.")
@click.option("--goal", metavar="minimize|maximize", help="Default: the sweeps' own.")
@click.option("--budget", type=int, metavar="N", help="Runs of each; default: of the shortest.")
@click.option("--by", metavar="NAME", help="A parameter, or code: compare parts of the sweep.")
def compare_command(things: tuple[str, ...], **options: Any) -> None:
    """Compare two runs of a sweep, or the best values of sweeps after equally many runs.

    RUN is a number or an id. Instead of a SWEEP there may be the path of a file that nbsweep
    analyze reads.
    """
    runs = _runs(things)
    if runs is not None:
        extra = [f"--{name}" for name, value in options.items() if value is not None]
        if extra:
            verb = "is" if len(extra) == 1 else "are"
            raise UsageError(
                f"compare: {joined(extra, 'and')} {verb} for sweeps; these are two runs."
            )
        say(str(open_sweep(things[0]).compare_runs(*runs)))
        return
    from nbsweep.importers.compare import compare

    say(str(compare(*things, **options)))


def _runs(things: tuple[str, ...]) -> tuple[str | int, str | int] | None:
    """The two runs where a sweep and two of its runs were named; None for sweeps.

    Raises:
        UsageError: numbers of runs that are not two.
    """
    others = things[1:]
    if others and all(other.isdecimal() for other in others):
        if len(others) != 2:
            raise UsageError(
                f"compare: {things[0]} and {len(others)} runs; two runs are put side by side."
            )
        return int(others[0]), int(others[1])
    if len(others) != 2:
        return None
    from nbsweep.importers.analyze import is_sweep_id

    if not is_sweep_id(things[0]):
        return None
    ids = {run.id for run in open_sweep(things[0]).runs}
    found = [int(other) if other.isdecimal() else other for other in others]
    if all(isinstance(each, int) or each in ids for each in found):
        return found[0], found[1]
    return None
