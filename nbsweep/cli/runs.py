"""`nbsweep ls`, `show` and `runs`: nothing is changed."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from nbsweep.cli.common import existing_store, open_sweep, say

if TYPE_CHECKING:
    from nbsweep.handles.sweep import Sweep

FOLLOW_S = 0.5


@click.command("ls", epilog="\b\nExample:\n  nbsweep ls --project digits")
@click.option("-p", "--project", help="Only the sweeps of this project.")
@click.option("--json", "as_json", is_flag=True, help="JSON instead of a table.")
def ls_command(project: str | None, as_json: bool) -> None:
    """List the sweeps of the store, newest last."""
    from nbsweep.handles.overview import overviews
    from nbsweep.view import terminal

    rows = overviews(existing_store(), project)
    if as_json:
        from nbsweep.handles.export import to_json

        click.echo(to_json(rows))
    elif rows:
        if all(row["front"] is None for row in rows):
            rows = [{key: row[key] for key in row if key != "front"} for row in rows]
        terminal.print_rows(rows, keep=["id", "best"], options="--json")
    else:
        click.echo("There is no sweep yet. nbsweep sweep config.yaml makes one.")


@click.command(
    "show",
    short_help="Show progress, best run and a table of runs.",
    epilog="\b\nExample:\n  nbsweep show k3w9x2ab\n  nbsweep show k3w9x2ab --run 3",
)
@click.argument("sweep_id")
@click.option("--run", "number", type=int, metavar="N", help="One run: config, metrics, output.")
@click.option("-f", "--follow", is_flag=True, help="Print runs as they start and end.")
def show_command(sweep_id: str, number: int | None, follow: bool) -> None:
    """Show a sweep: progress, best run, a table of the runs with the metric's curve."""
    from nbsweep.handles import export

    sweep = open_sweep(sweep_id)
    if number is not None:
        say(export.run_text(export.run_of(sweep, number)))
    elif follow:
        _follow(sweep)
    else:
        export.print_sweep(sweep)


def _follow(sweep: Sweep) -> None:
    """Print runs as they start and end, whoever runs them, until the sweep ends."""
    from nbsweep.view.live import LiveView, TextDisplay

    stored = sweep.stored
    view = LiveView(stored.snapshots(curves=True), stored.config, display=TextDisplay())
    view.start()
    try:
        while sweep.state in ("PENDING", "RUNNING", "PAUSED"):
            time.sleep(FOLLOW_S)
    finally:
        view.stop()


@click.command("runs", epilog="\b\nExample:\n  nbsweep runs k3w9x2ab --csv > runs.csv")
@click.argument("sweep_id")
@click.option("--csv", "form", flag_value="csv", help="Comma-separated, with a header.")
@click.option("--json", "form", flag_value="json", help="JSON: nested config and metrics.")
def runs_command(sweep_id: str, form: str | None) -> None:
    """Print every run of a sweep: params, metrics, state, seconds."""
    from nbsweep.handles import export

    sweep = open_sweep(sweep_id)
    if form == "json":
        click.echo(export.to_json([export.run_record(run) for run in sweep.runs]))
    elif form == "csv":
        click.echo(export.to_csv(sweep.rows()), nl=False)
    else:
        rows = sweep.rows()
        if rows:
            metrics = [metric.name for metric in sweep.stored.config.all_metrics]
            keep = ["run", "id", "state", *metrics]
            # define_metric keeps aggregates: "acc.max" in place of "acc".
            aggregates = tuple(f"{metric}." for metric in metrics)
            keep += [name for name in rows[0] if name.startswith(aggregates)]
            export.print_rows(rows, keep=keep, options="--csv or --json")
        else:
            click.echo("It has no runs yet.")
