"""`nbsweep import`: runs from elsewhere become a sweep."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nbsweep.cli.common import Function, say

if TYPE_CHECKING:
    from nbsweep.importers import ForeignSweep
    from nbsweep.importers.assembly import Wishes


class _Kinds(click.Group):
    """Takes a path as well where the name of a kind stands, and tells the kind from it."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        word = args[0]
        is_path = "://" in word or Path(word).exists() or any(sign in word for sign in "./\\~")
        if self.get_command(ctx, word) is None and is_path and not word.startswith("-"):
            from nbsweep.importers.kinds import kind_of

            kind = kind_of(word)
            return kind, self.get_command(ctx, kind), args
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            kinds = ", ".join(self.list_commands(ctx))
            raise click.UsageError(f"{error.message} There are {kinds}.", ctx) from None


@click.group(
    "import",
    cls=_Kinds,
    short_help="Create a sweep from runs of Optuna, W&B and others.",
    subcommand_metavar="[KIND] PATH [OPTIONS]",
    epilog="\b\nExample:\n  nbsweep import mlruns --experiment digits\n"
    "  nbsweep import optuna sqlite:///study.db --study digits\n"
    "  nbsweep import wandb-export wandb/ --metric val_loss\n"
    "  nbsweep import csv results.csv --metric loss --param lr --param layers",
)
def import_command() -> None:
    """Create a finished sweep from runs of other tools.

    It can be shown, plotted, reported and learned from (--prior-run). Resumed, it goes on
    with new runs: nbsweep sweep --resume ID, nbsweep agent ID train.py:train.

    KIND may be left out where the path tells it.
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
            "goals",
            multiple=True,
            type=click.Choice(["minimize", "maximize"]),
            help="Of the metric, or of each in order; default: by its name.",
        ),
        click.option(
            "--metric",
            "metrics",
            multiple=True,
            metavar="NAME",
            help="The metric, or several objectives; default: found by name.",
        ),
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
@click.option(
    "--metric", metavar="NAME", help="What to call the objective; of several, the one that counts."
)
@_labels
def optuna_command(storage: str, study: str | None, metric: str | None, **labels: Any) -> None:
    """Import a study: trials, ranges, intermediate values, pruned ones as stopped.

    STORAGE is Optuna's URL, or the path of a SQLite or journal file.
    """
    from nbsweep.importers.optuna_study import read_study

    _bring_in(read_study(storage, study, metric), **labels)


def _reader(name: str, what: str, example: str, *, path: bool = True) -> Callable[[Function], Any]:
    """A command that reads a path, with the options about columns and labels."""

    def decorate(function: Function) -> Any:
        argument = click.argument("path", required=path)
        command = argument(_columns(_labels(function)))
        return import_command.command(name, short_help=what, epilog=f"\b\nExample:\n  {example}")(
            command
        )

    return decorate


@_reader(
    "wandb-export",
    "Import runs of W&B, offline ones too.",
    "nbsweep import wandb-export runs.csv --config sweep.yaml\n"
    "  nbsweep import wandb-export wandb/ --metric val_loss",
)
def wandb_export_command(path: str, **options: Any) -> None:
    """Import runs of W&B's: a table from its web app, runs as JSON, or its local folder.

    PATH is a CSV file; a JSON or JSON Lines file of runs with config, summary and history;
    a folder of such files; the folder wandb/ that W&B's client leaves behind, also offline;
    or a run-ID.wandb file in it.
    """
    from nbsweep.importers.wandb_export import read_export

    wishes, labels = _split(options)
    _bring_in(read_export(path, wishes), **labels)


@_reader(
    "csv",
    "Import any table of runs.",
    "nbsweep import csv results.csv --metric loss --param lr --param layers",
)
def csv_command(path: str, **options: Any) -> None:
    """Import a table with a row for each run, and infer the range of each parameter.

    The tables of Optuna's trials_dataframe, MLflow's search_runs and nbsweep runs --csv
    name their columns so that nothing has to be said. A JSON file with an object for each
    run, in a list or in lines, is a table too.
    """
    from nbsweep.importers.csv_table import read_csv

    wishes, labels = _split(options)
    _bring_in(read_csv(path, wishes), **labels)


@_reader(
    "trackio",
    "Import a project of trackio.",
    "nbsweep import trackio digits --metric loss",
    path=False,
)
def trackio_command(path: str | None, **options: Any) -> None:
    """Import a project of trackio's: configs and curves of its runs.

    PATH is the project's SQLite file, its folder, or the project's name; without it, the
    only project in TRACKIO_DIR (~/.cache/huggingface/trackio).
    """
    from nbsweep.importers.trackio_store import read_project

    wishes, labels = _split(options)
    _bring_in(read_project(path, wishes), **labels)


@click.option(
    "--experiment", metavar="NAME", help="Which one; may be left out when only one has runs."
)
@_reader(
    "mlflow",
    "Import an experiment of MLflow.",
    "nbsweep import mlflow mlruns --experiment digits --metric loss",
)
def mlflow_command(path: str, experiment: str | None, **options: Any) -> None:
    """Import an experiment of MLflow's: params, metrics with their curves, tags.

    PATH is MLflow's SQLite file (also as sqlite:///mlflow.db) or its folder mlruns.
    """
    from nbsweep.importers.mlflow_store import read_experiment

    wishes, labels = _split(options)
    _bring_in(read_experiment(path, wishes, experiment), **labels)


@_reader(
    "tensorboard",
    "Import runs logged for TensorBoard.",
    "nbsweep import tensorboard runs/ --metric val/loss",
)
def tensorboard_command(path: str, **options: Any) -> None:
    """Import event files: scalars as curves, parameters from the hparams plugin.

    PATH is the folder with a folder for each run. Parameters come from add_hparams, or from
    the hparams.yaml that Lightning's logger leaves.
    """
    from nbsweep.importers.tensorboard_logs import read_logs

    wishes, labels = _split(options)
    _bring_in(read_logs(path, wishes), **labels)


@_reader(
    "ray",
    "Import an experiment of Ray Tune.",
    "nbsweep import ray ~/ray_results/digits --metric loss",
)
def ray_command(path: str, **options: Any) -> None:
    """Import the trials of a folder of Ray Tune's results.

    PATH is the experiment's folder, which has one for each trial.
    """
    from nbsweep.importers.ray_results import read_results

    wishes, labels = _split(options)
    _bring_in(read_results(path, wishes), **labels)


def _split(options: dict[str, Any]) -> tuple[Wishes, dict[str, Any]]:
    """The options about columns, as wishes, and those about labels."""
    columns = {key: options.pop(key) for key in ("metrics", "goals", "params", "config")}
    return _wishes(**columns), options


def _wishes(
    metrics: Sequence[str], goals: Sequence[str], params: Sequence[str], config: str | None
) -> Wishes:
    from nbsweep.importers.assembly import Wishes
    from nbsweep.sweep_config import parse, yaml_file

    if len(goals) > max(1, len(metrics)):
        raise click.UsageError(f"--goal stands {len(goals)} times for {len(metrics)} --metric.")
    pairs = list(zip_longest(metrics, goals))
    blocks = [{"goal": goal or "minimize", "name": name} for name, goal in pairs if name]
    changes = {"metrics": blocks} if len(blocks) > 1 else {"metric": blocks[0] if blocks else None}
    parsed = None if config is None else parse(yaml_file.read(config, changes))
    first, *others = pairs or [(None, None)]
    return Wishes(metric=first[0], goal=first[1], params=params, config=parsed, others=others)


def _bring_in(
    foreign: ForeignSweep, project: str | None, name: str | None, method: str | None
) -> None:
    """Write it, and say what it was taken for."""
    from nbsweep import sweep_config
    from nbsweep.analysis.front import limit_text
    from nbsweep.importers import bring_in
    from nbsweep.importers.inference import in_words
    from nbsweep.runs import session

    title = name or foreign.config.get("name") or Path(foreign.source.split()[-1]).stem
    where = session.project(project or foreign.config.get("project"))
    sweep_id = bring_in(foreign, session.store(), where, {"name": title, "method": method})
    count = len(foreign.runs)
    say(f"Read {count:,} {'run' if count == 1 else 'runs'} from {foreign.source}.")
    config = sweep_config.parse(session.store().sweep(sweep_id).config)
    if config.metrics:
        say("Metrics:")
    for metric in config.all_metrics:
        words = [metric.name, metric.goal if metric.is_objective else "", limit_text(metric)]
        say(f"{'  ' if config.metrics else 'Metric: '}{', '.join(filter(None, words))}")
    say("Parameters:")
    for line in in_words(config.space):
        say(f"  {line}")
    for note in foreign.notes:
        say(f"Note: {note}")
    say(f"Creating sweep with ID: {sweep_id}")
    say(f"Look at it with: nbsweep show {sweep_id}")
