"""`nbsweep analyze`: runs from elsewhere are shown, and nothing is stored."""

from __future__ import annotations

from typing import Any

import click

from nbsweep.cli.common import say


@click.command(
    "analyze",
    short_help="Show runs of any origin without storing them.",
    epilog="\b\nExample:\n  nbsweep analyze results.csv --metric val_loss --goal minimize\n"
    "  nbsweep analyze wandb/ --metric acc -o report.html",
)
@click.argument("paths", metavar="PATH...", nargs=-1, required=True)
@click.option("--metric", "metrics", multiple=True, metavar="NAME", help="Default: found by name.")
@click.option(
    "--goal",
    "goals",
    multiple=True,
    metavar="minimize|maximize",
    help="Of the metric, or of each in order; default: by its name.",
)
@click.option(
    "--param",
    "params",
    multiple=True,
    metavar="NAME",
    help="A parameter; may be given several times. Default: found by name.",
)
@click.option("--ignore", multiple=True, metavar="NAME", help="A column to leave out.")
@click.option("--kind", metavar="KIND", help="csv, mlflow, optuna, …; default: told from the path.")
@click.option("--study", metavar="NAME", help="Of an Optuna storage with several.")
@click.option("--experiment", metavar="NAME", help="Of an MLflow store with several.")
@click.option("-o", "--output", metavar="FILE", help="Also write a report: .html, .md or .tex.")
def analyze_command(
    paths: tuple[str, ...],
    metrics: tuple[str, ...],
    goals: tuple[str, ...],
    params: tuple[str, ...],
    output: str | None,
    **options: Any,
) -> None:
    """Show runs of any origin: best run, and a table of the runs. Nothing is stored.

    PATH is what nbsweep import reads: a CSV or JSON file, W&B's export or folder, mlruns,
    results of Ray, TensorBoard logs, Optuna's storage; or the ids of one or several sweeps.
    """
    from nbsweep.handles import export, reporting
    from nbsweep.importers.analyze import analyze

    runs = analyze(
        paths[0] if len(paths) == 1 else list(paths),
        metrics or None,
        goals or None,
        params=params or None,
        **options,
    )
    export.print_sweep(runs)
    if output is not None:
        made = reporting.report(runs.stored, output, None)
        if isinstance(made, reporting.Written):
            say(made.sentence)
