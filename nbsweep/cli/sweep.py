"""`nbsweep sweep` and `nbsweep controller`: sweeps are made, changed and steered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nbsweep.cli.common import Function, open_sweep
from nbsweep.errors import UsageError
from nbsweep.sweep_config.prior import PRIORS

if TYPE_CHECKING:
    from nbsweep.handles.sweep import Sweep

STEER = {
    "stop": ("Stopping", "end the sweep: no new runs, those under way finish"),
    "cancel": ("Canceling", "end the sweep and stop the runs under way"),
    "pause": ("Pausing", "hand out no more runs for now"),
    "resume": ("Resuming", "hand out runs again, also of an ended sweep"),
}


def _steering(command: Function) -> Function:
    for name, (_, words) in reversed(STEER.items()):
        command = click.option(f"--{name}", is_flag=True, help=f"With SWEEP_ID: {words}.")(command)
    return command


@click.command(
    "sweep",
    epilog="\b\nExample:\n  nbsweep sweep config.yaml --project digits\n"
    "  nbsweep sweep --pause k3w9x2ab",
)
@click.argument("config_or_id", metavar="CONFIG.yaml|SWEEP_ID")
@click.option(
    "--update",
    metavar="SWEEP_ID",
    help="Give this sweep the config instead; one with runs takes new ranges only.",
)
@click.option(
    "--controller", is_flag=True, help="Follow the sweep afterwards; see nbsweep controller."
)
@click.option("--verbose", is_flag=True, help="With --controller: say what is stopped, too.")
@click.option("-p", "--project", help="Label to file the sweep under; default: the config's.")
@click.option("-e", "--entity", help="W&B's, ignored.", expose_value=False)
@click.option("--name", help="Display name, instead of the config's.")
@click.option("--program", help="Script to run, instead of the config's.")
@click.option("--settings", hidden=True, help="W&B's: a=b,c=d, kept with the config.")
@click.option(
    *("-R", "--prior-run", "--prior_run", "prior_runs"),
    multiple=True,
    metavar="RUN_ID",
    help="Earlier run to learn from; may be given several times.",
)
@click.option(
    "--prior",
    multiple=True,
    metavar="auto|none|SWEEP_ID",
    help="Earlier sweeps that tell what to expect, instead of the config's; ids several times.",
)
@_steering
def sweep_command(
    config_or_id: str,
    update: str | None,
    controller: bool,
    verbose: bool,
    project: str | None,
    name: str | None,
    program: str | None,
    settings: str | None,
    prior_runs: Sequence[str],
    prior: Sequence[str],
    **steer: bool,
) -> None:
    """Create a sweep from a YAML file, or steer one.

    The config is W&B's; docs/sweep-config.md has every key.
    """
    asked = [verb for verb, given in steer.items() if given]
    if len(asked) > 1:
        raise UsageError(f"--{asked[0]} and --{asked[1]} exclude each other. Give one of them.")
    if asked:
        _steer(asked[0], config_or_id)
        return
    changes: dict[str, Any] = {"name": name, "program": program, "settings": _settings(settings)}
    changes["prior"] = _prior(prior)
    config = _read(config_or_id, changes)
    if update is not None:
        _update(update, config, config_or_id)
        return
    sweep_id = _create(config_or_id, config, project, prior_runs)
    if controller:
        _control(open_sweep(sweep_id), verbose)


def _read(path: str, changes: Mapping[str, Any]) -> dict[str, Any]:
    from nbsweep.sweep_config import yaml_file

    if not path.endswith((".yaml", ".yml", ".json")) and not Path(path).is_file():
        raise UsageError(
            f"{path!r} is not a YAML file. To steer a sweep add --stop, --cancel, --pause or "
            f"--resume; to run it: nbsweep agent {path}"
        )
    return yaml_file.read(path, changes)


def _create(
    path: str, config: Mapping[str, Any], project: str | None, prior_runs: Sequence[str]
) -> str:
    from nbsweep import facade

    click.echo(f"Creating sweep from: {path}")
    sweep_id, notes = facade.new_sweep(config, project, prior_runs)
    script = config.get("program")
    if script and not Path(script).is_file():
        notes.append(f"there is no file {script!r} here; an agent needs it in its folder.")
    for note in notes:
        click.echo(f"Note: {note}")
    click.echo(f"Creating sweep with ID: {sweep_id}")
    click.echo(f"Run sweep agent with: nbsweep agent {sweep_id}{_where(config)}")
    return sweep_id


def _update(sweep_id: str, config: Mapping[str, Any], path: str) -> None:
    from nbsweep import sweep_config
    from nbsweep.handles.update import update_config

    sweep, new = open_sweep(sweep_id), sweep_config.parse(config)
    click.echo(f"Updating sweep {sweep.project}/{sweep.id} from: {path}")
    update_config(sweep.stored, new, path)
    click.echo("Done.")


def _where(config: Mapping[str, Any]) -> str:
    return "" if config.get("program") or config.get("command") else " SCRIPT.py:FUNCTION"


def _settings(text: str | None) -> dict[str, str] | None:
    if text is None:
        return None
    return {key: value for key, _, value in (part.partition("=") for part in text.split(","))}


def _prior(given: Sequence[str]) -> str | list[str] | None:
    """The config's `prior` that options stand for."""
    words = given[0] if len(given) == 1 and given[0] in PRIORS else list(given)
    return words or None


def _steer(verb: str, sweep_id: str) -> None:
    sweep = open_sweep(sweep_id)
    click.echo(f"{STEER[verb][0]} sweep {sweep.project}/{sweep.id}.")
    getattr(sweep, verb)()
    click.echo("Done.")


@click.command(
    "controller",
    short_help="Follow a sweep while its agents decide.",
    epilog="\b\nExample:\n  nbsweep controller k3w9x2ab",
)
@click.argument("sweep_id")
@click.option("--verbose", is_flag=True, help="Also say what was scheduled and stopped.")
def controller_command(sweep_id: str, verbose: bool) -> None:
    """Follow a sweep until it ends, and stop runs as its early_terminate says.

    No agent waits for it: in nbsweep agents suggest, stop and end by themselves, together.
    """
    _control(open_sweep(sweep_id), verbose)


def _control(sweep: Sweep, verbose: bool) -> None:
    from nbsweep.as_wandb.controller import controller

    click.echo(f"Agents decide by themselves. Run one with: nbsweep agent {sweep.id}")
    controller(sweep.id).run(verbose)
