"""`nbsweep import`: runs from elsewhere become a sweep."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nbsweep.cli.common import Function, say

if TYPE_CHECKING:
    from nbsweep.importers import ForeignSweep
    from nbsweep.importers.assembly import Wishes


@click.group(
    "import",
    short_help="Create a sweep from runs of Optuna, W&B or any table.",
    epilog="\b\nExample:\n  nbsweep import optuna sqlite:///study.db --study digits\n"
    "  nbsweep import wandb-export runs.csv --metric val_loss\n"
    "  nbsweep import csv results.csv --metric loss --param lr --param layers",
)
def import_command() -> None:
    """Create a finished sweep from runs of other tools.

    It can be shown, plotted, reported and learned from (--prior-run). Resumed, it goes on
    with new runs: nbsweep sweep --resume ID, nbsweep agent ID train.py:train.
    """


def _labels(command: Function) -> Function:
    """The options that say what becomes of the runs, whatever they come from."""
    for option in (
        click.option("-p", "--project", help="Label to file the sweep under."),
        click.option("--name", help="Display name of the sweep."),
        click.option(
            "--method",
            type=click.Choice(["bayes", "random", "grid"]),
            help="How to search when it is resumed; default: bayes.",
        ),
    ):
        command = option(command)
    return command


def _columns(command: Function) -> Function:
    """The options that say what a table holds."""
    for option in (
        click.option(
            "--config",
            "config",
            metavar="CONFIG.yaml",
            help="The sweep config of the runs: says parameters, ranges and metric.",
        ),
        click.option(
            "--param",
            "params",
            multiple=True,
            metavar="NAME",
            help="A parameter; may be given several times. Default: found by name.",
        ),
        click.option(
            "--goal",
            type=click.Choice(["minimize", "maximize"]),
            help="Of the metric; default: by its name.",
        ),
        click.option("--metric", metavar="NAME", help="The metric; default: found by name."),
    ):
        command = option(command)
    return command


@import_command.command(
    "optuna",
    short_help="Import an Optuna study.",
    epilog="\b\nExample:\n  nbsweep import optuna sqlite:///study.db --study digits",
)
@click.argument("storage")
@click.option(
    "--study", metavar="NAME", help="Which study; may be left out when it is the only one."
)
@click.option("--metric", metavar="NAME", help='What to call the objective; default: "value".')
@_labels
def optuna_command(storage: str, study: str | None, metric: str | None, **labels: Any) -> None:
    """Import a study: trials, ranges, intermediate values, pruned ones as stopped.

    STORAGE is Optuna's URL, or the path of a SQLite or journal file.
    """
    from nbsweep.importers.optuna_study import read_study

    _bring_in(read_study(storage, study, metric), **labels)


@import_command.command(
    "wandb-export",
    short_help="Import runs exported from W&B.",
    epilog="\b\nExample:\n  nbsweep import wandb-export runs.csv --config sweep.yaml\n"
    "  nbsweep import wandb-export wandb/ --metric val_loss",
)
@click.argument("path")
@_columns
@_labels
def wandb_export_command(
    path: str,
    metric: str | None,
    goal: str | None,
    params: Sequence[str],
    config: str | None,
    **labels: Any,
) -> None:
    """Import runs of W&B's: a table from its web app, runs as JSON, or its local folder.

    PATH is a CSV file, a JSON file of runs with config, summary and history, or a folder
    of such files; also the folder wandb/ that W&B's client leaves behind.
    """
    from nbsweep.importers.wandb_export import read_export

    _bring_in(read_export(path, _wishes(metric, goal, params, config)), **labels)


@import_command.command(
    "csv",
    short_help="Import any table of runs.",
    epilog="\b\nExample:\n  nbsweep import csv results.csv --metric loss --param lr --param layers",
)
@click.argument("path")
@_columns
@_labels
def csv_command(
    path: str,
    metric: str | None,
    goal: str | None,
    params: Sequence[str],
    config: str | None,
    **labels: Any,
) -> None:
    """Import a table with a row for each run, and infer the range of each parameter.

    The tables of Optuna's trials_dataframe, MLflow's search_runs and nbsweep runs --csv
    name their columns so that nothing has to be said.
    """
    from nbsweep.importers.csv_table import read_csv

    _bring_in(read_csv(path, _wishes(metric, goal, params, config)), **labels)


def _wishes(
    metric: str | None, goal: str | None, params: Sequence[str], config: str | None
) -> Wishes:
    from nbsweep.importers.assembly import Wishes
    from nbsweep.sweep_config import parse, yaml_file

    changes = {"metric": metric and {"goal": goal or "minimize", "name": metric}}
    parsed = None if config is None else parse(yaml_file.read(config, changes))
    return Wishes(metric=metric, goal=goal, params=params, config=parsed)


def _bring_in(
    foreign: ForeignSweep, project: str | None, name: str | None, method: str | None
) -> None:
    """Write it, and say what it was taken for."""
    from nbsweep import sweep_config
    from nbsweep.importers import bring_in
    from nbsweep.importers.inference import in_words
    from nbsweep.runs import session

    title = name or foreign.config.get("name") or Path(foreign.source.split()[-1]).stem
    where = session.project(project or foreign.config.get("project"))
    sweep_id = bring_in(foreign, session.store(), where, {"name": title, "method": method})
    count = len(foreign.runs)
    say(f"Read {count:,} {'run' if count == 1 else 'runs'} from {foreign.source}.")
    metric = foreign.config.get("metric")
    if metric:
        say(f"Metric: {metric['name']}, {metric.get('goal', 'minimize')}")
    say("Parameters:")
    config = sweep_config.parse(session.store().sweep(sweep_id).config)
    for line in in_words(config.space):
        say(f"  {line}")
    for note in foreign.notes:
        say(f"Note: {note}")
    say(f"Creating sweep with ID: {sweep_id}")
    say(f"Look at it with: nbsweep show {sweep_id}")
