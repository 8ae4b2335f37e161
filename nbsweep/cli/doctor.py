"""`nbsweep doctor`: is this installation sound?"""

from __future__ import annotations

import click

from nbsweep.cli.common import FAILURE


@click.command(
    "doctor",
    short_help="Check versions, the store and the kernels.",
    epilog="\b\nExample:\n  nbsweep doctor",
)
@click.pass_context
def doctor_command(ctx: click.Context) -> None:
    """Check versions, the store and the Jupyter kernels, and say what to do."""
    from nbsweep.cli.diagnosis import diagnose

    ailing = False
    for subject, text, advice in diagnose(ctx.find_root().params["store"]):
        mark = click.style("!!", "red") if advice else click.style("ok", "green")
        click.echo(f"{mark}  {subject}: {text}")
        if advice:
            ailing = True
            click.echo(f"    → {advice}")
    ctx.exit(FAILURE if ailing else 0)
