"""The command line: ``nbsweep sweep``, ``agent``, ``ls``, ``show``, ``runs``, ``doctor``.

Each command turns its arguments into calls of `facade` and `Sweep` and prints. Only
Click is loaded here, so that ``nbsweep --help`` is quick; the rest inside the commands.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

import nbsweep
from nbsweep.errors import NotFoundError, StoreError, SweepError, UsageError

if TYPE_CHECKING:
    from nbsweep.runtime.agent import AgentReport
    from nbsweep.sweep_handle import Sweep

USAGE, FAILURE, INTERRUPTED = 2, 1, 130  # exit codes
FOLLOW_S = 0.5
STEER = {
    "stop": ("Stopping", "end the sweep: no new runs, those under way finish"),
    "cancel": ("Canceling", "end the sweep and stop the runs under way"),
    "pause": ("Pausing", "hand out no more runs for now"),
    "resume": ("Resuming", "hand out runs again, also of an ended sweep"),
}

Function = TypeVar("Function", bound=Callable[..., Any])


class _Refusal(click.ClickException):
    """An error that nbsweep reports: its message and nothing else."""

    exit_code = USAGE


class _StoreFailure(_Refusal):
    """The store cannot be read or written: nothing that another call would change."""

    exit_code = FAILURE


class _Commands(click.Group):
    """Reports nbsweep's errors as Click's own, and keeps commands in the order of use."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except NotFoundError as error:
            raise _Refusal(str(error)) from error
        except StoreError as error:
            raise _StoreFailure(str(error)) from error
        except SweepError as error:
            raise _Refusal(str(error)) from error
        except KeyboardInterrupt:
            ctx.exit(INTERRUPTED)

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(self.commands)


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="\b\nExample:\n  nbsweep sweep config.yaml\n  nbsweep agent k3w9x2ab --workers 4",
)
@click.option(
    "--store",
    metavar="URL",
    envvar="NBSWEEP_STORE",
    help="Where sweeps are kept, such as sqlite:///runs.db; default: .nbsweep in this folder.",
)
@click.version_option(nbsweep.__version__, "-V", "--version", prog_name="nbsweep")
def main(store: str | None) -> None:
    """Hyperparameter sweeps with W&B's commands, without account, server or network.

    A terminal, a notebook and other machines that use the same store work on the same
    sweeps.
    """
    if store is not None:
        from nbsweep import facade

        facade.setup(store)


def _steering(command: Function) -> Function:
    for name, (_, words) in reversed(STEER.items()):
        command = click.option(f"--{name}", is_flag=True, help=f"With SWEEP_ID: {words}.")(command)
    return command


@main.command(
    "sweep",
    epilog="\b\nExample:\n  nbsweep sweep config.yaml --project digits\n"
    "  nbsweep sweep --pause k3w9x2ab",
)
@click.argument("config_or_id", metavar="CONFIG.yaml|SWEEP_ID")
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
@_steering
def sweep_command(
    config_or_id: str,
    project: str | None,
    name: str | None,
    program: str | None,
    settings: str | None,
    prior_runs: Sequence[str],
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
    changes = {"name": name, "program": program, "settings": _settings(settings)}
    _create(config_or_id, changes, project, prior_runs)


def _create(
    path: str, changes: Mapping[str, Any], project: str | None, prior_runs: Sequence[str]
) -> None:
    from nbsweep import facade, yaml_file

    if not path.endswith((".yaml", ".yml", ".json")) and not Path(path).is_file():
        raise UsageError(
            f"{path!r} is no YAML file. To steer a sweep add --stop, --cancel, --pause or "
            f"--resume; to run it: nbsweep agent {path}"
        )
    config = yaml_file.read(path, changes)
    click.echo(f"Creating sweep from: {path}")
    sweep_id, notes = facade.new_sweep(config, project, prior_runs)
    script = config.get("program")
    if script and not Path(script).is_file():
        notes.append(f"there is no file {script!r} here; an agent needs it in its folder.")
    for note in notes:
        click.echo(f"Note: {note}")
    click.echo(f"Creating sweep with ID: {sweep_id}")
    click.echo(f"Run sweep agent with: nbsweep agent {sweep_id}{_where(config)}")


def _where(config: Mapping[str, Any]) -> str:
    return "" if config.get("program") or config.get("command") else " SCRIPT.py:FUNCTION"


def _settings(text: str | None) -> dict[str, str] | None:
    if text is None:
        return None
    return {key: value for key, _, value in (part.partition("=") for part in text.split(","))}


def _steer(verb: str, sweep_id: str) -> None:
    sweep = _open(sweep_id)
    click.echo(f"{STEER[verb][0]} sweep {sweep.project}/{sweep.id}.")
    getattr(sweep, verb)()
    click.echo("Done.")


@main.command(
    "agent",
    short_help="Run the sweep's program, or a function.",
    epilog="\b\nExample:\n  nbsweep agent k3w9x2ab --count 20 --workers 4\n"
    "  nbsweep agent k3w9x2ab train.py:train",
)
@click.argument("sweep_id")
@click.argument("function", required=False, metavar="[SCRIPT.py:FUNCTION]")
@click.option("-p", "--project", help="W&B's, ignored: the sweep knows it.", expose_value=False)
@click.option("-e", "--entity", help="W&B's, ignored.", expose_value=False)
@click.option("--count", type=int, metavar="N", help="Runs to take; default: no limit.")
@click.option("--workers", type=int, default=1, metavar="N", help="Runs under way at once.")
@click.option(
    "--executor",
    type=click.Choice(["threads", "inline", "processes"]),
    default="threads",
    help="Where a FUNCTION runs; a program always is a process of its own.",
)
@click.option(
    "--timeout", type=float, metavar="S", help="A run that takes longer fails; default: no limit."
)
@click.option(
    "-f", "--forward-signals", is_flag=True, help="Pass Ctrl-C on to the program at once."
)
@click.option(
    *("-t", "--term-timeout"),
    type=float,
    metavar="S",
    help="From SIGTERM to SIGKILL for a program that has to stop; default: 10.",
)
@click.option(
    "--max-consecutive-failed-runs",
    type=int,
    metavar="N",
    help="Give up after so many failed runs in a row.",
)
@click.pass_context
def agent_command(
    ctx: click.Context,
    sweep_id: str,
    function: str | None,
    count: int | None,
    workers: int,
    executor: str,
    timeout: float | None,
    forward_signals: bool,
    term_timeout: float | None,
    max_consecutive_failed_runs: int | None,
) -> None:
    """Run the sweep's program (or a function) again and again until nothing is left to do.

    Several agents may work on one sweep, in terminals, notebooks and on other machines.
    The first Ctrl-C (or SIGTERM) ends the runs under way in order, the second at once.

    Exit codes: 0 done; 1 all runs failed; 2 wrong usage, or the program fails at once;
    130 interrupted.
    """
    from nbsweep import facade

    sweep = _open(sweep_id)
    if function is None:
        train, places = facade.program_of(
            sweep, executor, forward_signals, term_timeout, labelled=workers > 1
        )
    else:
        train, places = _load(function), executor
    handle = facade.prepare(
        sweep,
        train,
        count=count or None,
        workers=workers,
        executor=places,
        timeout_s=timeout,
        in_a_row=max_consecutive_failed_runs,
        show=True,
        echo=workers == 1,
    )
    _take_sigterm_as_interrupt()
    ctx.exit(_exit_code(handle.run()))


def _load(place: str) -> Callable[[], Any]:
    from nbsweep.runtime.script import load_function

    return load_function(place)


def _take_sigterm_as_interrupt() -> None:
    """Let systemd, Slurm and `kill` end the runs under way in order, too."""
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))


def _exit_code(report: AgentReport) -> int:
    states = {outcome.state.value for outcome in report.outcomes}
    if report.interrupted:
        return INTERRUPTED
    if "finished" in states or "stopped" in states:
        return FAILURE if report.gave_up else 0
    if report.gave_up:
        click.echo(f"Error: no run succeeded: {report.outcomes[-1].error}", err=True)
        return USAGE
    return FAILURE if states & {"failed", "crashed"} else 0


@main.command("ls", epilog="\b\nExample:\n  nbsweep ls --project digits")
@click.option("-p", "--project", help="Only the sweeps of this project.")
@click.option("--json", "as_json", is_flag=True, help="JSON instead of a table.")
def ls_command(project: str | None, as_json: bool) -> None:
    """List the sweeps of the store, newest last."""
    from nbsweep import export

    rows = [export.overview(_open(record.id)) for record in _store().sweeps(project)]
    if as_json:
        click.echo(export.to_json(rows))
    elif rows:
        _print(export.to_table(rows))
    else:
        click.echo("There is no sweep yet. nbsweep sweep config.yaml makes one.")


@main.command(
    "show",
    short_help="Show progress, best run and a table of runs.",
    epilog="\b\nExample:\n  nbsweep show k3w9x2ab\n  nbsweep show k3w9x2ab --run 3",
)
@click.argument("sweep_id")
@click.option("--run", "number", type=int, metavar="N", help="One run: config, metrics, output.")
@click.option("-f", "--follow", is_flag=True, help="Print runs as they start and end.")
def show_command(sweep_id: str, number: int | None, follow: bool) -> None:
    """Show a sweep: progress, best run, a table of the runs with the metric's curve."""
    from nbsweep import export

    sweep = _open(sweep_id)
    if number is not None:
        _print(export.run_text(export.run_of(sweep, number)))
    elif follow:
        _follow(sweep)
    else:
        _print(export.sweep_text(sweep))


def _follow(sweep: Sweep) -> None:
    from nbsweep import sweep_config
    from nbsweep.view.live import LiveView, TextDisplay

    config = sweep_config.parse(sweep.config)
    view = LiveView(sweep.snapshots(curves=True), config, display=TextDisplay())
    view.start()
    try:
        while sweep.state in ("PENDING", "RUNNING", "PAUSED"):
            time.sleep(FOLLOW_S)
    finally:
        view.stop()


@main.command("runs", epilog="\b\nExample:\n  nbsweep runs k3w9x2ab --csv > runs.csv")
@click.argument("sweep_id")
@click.option("--csv", "form", flag_value="csv", help="Comma-separated, with a header.")
@click.option("--json", "form", flag_value="json", help="JSON: nested config and metrics.")
def runs_command(sweep_id: str, form: str | None) -> None:
    """Print every run of a sweep: params, metrics, state, seconds."""
    from nbsweep import export

    sweep = _open(sweep_id)
    if form == "json":
        click.echo(export.to_json([export.run_record(run) for run in sweep.runs]))
    elif form == "csv":
        click.echo(export.to_csv(sweep.rows()), nl=False)
    else:
        _print(export.to_table(sweep.rows()) or "It has no runs yet.")


@main.command(
    "doctor",
    short_help="Check versions, the store and the kernels.",
    epilog="\b\nExample:\n  nbsweep doctor",
)
@click.pass_context
def doctor_command(ctx: click.Context) -> None:
    """Check versions, the store and the Jupyter kernels, and say what to do."""
    from nbsweep.diagnosis import diagnose

    assert ctx.parent is not None
    ailing = False
    for subject, text, advice in diagnose(ctx.parent.params["store"]):
        click.echo(f"{'!!' if advice else 'ok'}  {subject}: {text}")
        if advice:
            ailing = True
            click.echo(f"    → {advice}")
    ctx.exit(FAILURE if ailing else 0)


def _store() -> Any:
    """The store that is there already: reading must not make an empty one."""
    from nbsweep.diagnosis import has_store
    from nbsweep.runtime import session

    given = click.get_current_context().find_root().params["store"]
    if given is None and not has_store(Path.cwd()):
        raise UsageError(
            f"There are no sweeps in {Path.cwd()}. Go to the folder of the notebook or the config, "
            "or name the store: nbsweep --store sqlite:///path/to/.nbsweep/nbsweep.db …"
        )
    return session.store()


def _open(sweep_id: str) -> Sweep:
    from nbsweep.sweep_handle import Sweep

    _store()
    return Sweep(sweep_id)


def _print(text: str) -> None:
    """Also where the terminal lacks some of the characters."""
    from nbsweep.view.console import say

    say(text)
