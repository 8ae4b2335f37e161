"""`nbsweep confirm`: the leaders run again, to see which one is really the best."""

from __future__ import annotations

import click

from nbsweep.cli.common import open_sweep, say
from nbsweep.errors import UsageError
from nbsweep.handles.confirming import BY_NAME


@click.command(
    "confirm",
    short_help="Run the best again, to see whether they are.",
    epilog="\b\nExample:\n  nbsweep confirm k3w9x2ab --top 3 --repeats 4\n  nbsweep agent k3w9x2ab",
)
@click.argument("sweep_id")
@click.option(
    "--top",
    type=click.IntRange(min=1),
    default=5,
    show_default=True,
    metavar="N",
    help="How many leaders.",
)
@click.option(
    "--repeats",
    type=click.IntRange(min=1),
    default=3,
    show_default=True,
    metavar="N",
    help="More runs of each.",
)
@click.option(
    "--seed-parameter",
    metavar="NAME",
    help="The parameter that seeds, if not seed, random_state, ….",
)
@click.option("--keep-seeds", is_flag=True, help="Leave all parameters as they are.")
def confirm_command(
    sweep_id: str, top: int, repeats: int, seed_parameter: str | None, keep_seeds: bool
) -> None:
    """Have the leading configurations run again with new seeds.

    An agent does these runs before anything new, also of a sweep that has ended:
    nbsweep agent SWEEP_ID.
    """
    if keep_seeds and seed_parameter is not None:
        raise UsageError("confirm: give --seed-parameter NAME or --keep-seeds, not both.")
    sweep = open_sweep(sweep_id)
    named = None if keep_seeds else seed_parameter or BY_NAME
    say(sweep.confirm(top, repeats, named).sentence)
    if not sweep.stored.config.has_front:
        say(sweep.leaders(top).sentence)
