"""`nbsweep continue`: ended runs go on from their checkpoints."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import click

from nbsweep.cli.common import open_sweep
from nbsweep.errors import UsageError

_NUMBER = re.compile(r"[-+]?\d+(\.\d*)?[eE][-+]?\d+")


@click.command(
    "continue",
    short_help="Have ended runs go on from their checkpoints.",
    epilog="\b\nExample:\n  nbsweep continue k3w9x2ab --best 3 --iterations 20\n"
    "  nbsweep continue k3w9x2ab 4 7 --set epochs=60",
)
@click.argument("sweep_id")
@click.argument("runs", nargs=-1, metavar="[RUN]...")
@click.option("--best", type=click.IntRange(min=1), metavar="N", help="The best N runs.")
@click.option(
    "-n", "--iterations", type=click.IntRange(min=1), metavar="N", help="Train for N more."
)
@click.option(
    *("--set", "values"),
    multiple=True,
    metavar="KEY=VALUE",
    help="Change a value of their config; may be given several times.",
)
def continue_command(
    sweep_id: str,
    runs: Sequence[str],
    best: int | None,
    iterations: int | None,
    values: Sequence[str],
) -> None:
    """Have ended runs (numbers or ids) go on, as the same runs.

    An agent goes on with them before anything new: nbsweep agent SWEEP_ID.
    """
    sweep = open_sweep(sweep_id)
    if bool(runs) == (best is not None):
        raise UsageError("continue: name runs by number or id, or give --best N.")
    named: list[Any] = [int(run) if run.isdecimal() else run for run in runs]
    chosen = named if best is None else sweep.best_runs(best)
    if not chosen:
        raise UsageError(f"continue: no run of sweep {sweep.id} has a result yet.")
    sweep.continue_run(chosen, iterations, _config(values) if values else None)
    numbers = ", ".join(str(sweep.stored.find(run).number) for run in chosen)
    click.echo(
        f"Asked for: run{'s' if len(chosen) > 1 else ''} {numbers}. An agent goes on with "
        f"{'them' if len(chosen) > 1 else 'it'} first: nbsweep agent {sweep.id} "
        f"--count {len(chosen)}"
    )


def _config(values: Sequence[str]) -> dict[str, Any]:
    """The values that `--set` names, read as YAML; 1e-5 is a number here."""
    import yaml

    config = {}
    for pair in values:
        key, equals, text = pair.partition("=")
        if not (key and equals):
            raise UsageError(f"--set {pair}: KEY=VALUE is needed, such as --set epochs=60.")
        try:
            config[key] = float(text) if _NUMBER.fullmatch(text) else yaml.safe_load(text)
        except yaml.YAMLError:
            config[key] = text
    return config
