"""`nbsweep figures`: the plots of a sweep as files."""

from __future__ import annotations

import click

from nbsweep.cli.common import open_sweep, say


@click.command(
    "figures",
    short_help="Write the plots of a sweep as files.",
    epilog="\b\nExample:\n  nbsweep figures k3w9x2ab figures --format svg --format pdf",
)
@click.argument("sweep_id")
@click.argument("folder")
@click.option(
    "--format",
    "formats",
    multiple=True,
    metavar="FORMAT",
    help="svg, png or pdf; may be given several times; default: svg.",
)
@click.option(
    "--name",
    "names",
    multiple=True,
    metavar="PLOT",
    help="Only this plot, such as history; may be given several times; default: all.",
)
@click.option("--metric", metavar="NAME", help="Another metric than the sweep's.")
@click.option("--dark", is_flag=True, help="On dark ground.")
def figures_command(
    sweep_id: str,
    folder: str,
    formats: tuple[str, ...],
    names: tuple[str, ...],
    metric: str | None,
    dark: bool,
) -> None:
    """Write the plots of a sweep as files into FOLDER, one each.

    SVG needs nothing beside nbsweep; for PNG and PDF: pip install "nbsweep[paper]".
    """
    sweep = open_sweep(sweep_id)
    saved = sweep.save_figures(
        folder, formats or ("svg",), names or None, metric, "dark" if dark else "light"
    )
    for path in saved:
        say(f"Wrote {path}")
    for name, why in saved.left_out.items():
        say(f"Left out {name}: {why}")
