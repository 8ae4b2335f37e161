"""The command line: one module for each kind of command, all of them thin.

Each command turns its arguments into calls of `facade`, `Sweep` and `importers` and
prints. Only Click is loaded here, so that ``nbsweep --help`` is quick; the rest inside
the commands.
"""

from __future__ import annotations

from typing import Any

import click

import nbsweep
from nbsweep.cli.agent import agent_command
from nbsweep.cli.analyzing import analyze_command
from nbsweep.cli.common import FAILURE, INTERRUPTED, USAGE
from nbsweep.cli.comparing import compare_command
from nbsweep.cli.confirming import confirm_command
from nbsweep.cli.continuing import continue_command
from nbsweep.cli.doctor import doctor_command
from nbsweep.cli.importing import import_command
from nbsweep.cli.runs import ls_command, report_command, runs_command, show_command
from nbsweep.cli.sweep import controller_command, sweep_command
from nbsweep.errors import NotFoundError, StoreError, SweepError

__all__ = ["main"]


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

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            hint = _hint(args[0], list(self.commands))
            raise click.UsageError(f"{error.message}{hint}", ctx) from None


# W&B's commands that nbsweep does not have, and what takes their place.
_OF_WANDB = {
    "login": "nbsweep needs no account.",
    "sync": "Nothing is ever sent anywhere; nbsweep import wandb-export reads W&B's runs.",
    "init": "Nothing has to be set up: nbsweep sweep config.yaml creates a sweep.",
    "sweep-scheduler": "Agents run the scheduler of the config by themselves: nbsweep agent ID.",
    "launch": "nbsweep agent ID works wherever it is started.",
    "launch-sweep": "nbsweep sweep config.yaml, then nbsweep agent ID on each machine.",
    "status": "nbsweep doctor looks at versions and the store.",
    "export": "nbsweep runs ID --csv or --json prints them.",
    "list": "nbsweep ls lists the sweeps.",
}


def _hint(word: str, commands: list[str]) -> str:
    if word in _OF_WANDB:
        return f" {_OF_WANDB[word]}"
    if word.endswith((".yaml", ".yml")):
        return f" nbsweep sweep {word} creates a sweep from it."
    return f" There are {', '.join(commands)}."


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
        from nbsweep.runs import session

        session.use_store(store)


for _command in (
    sweep_command,
    agent_command,
    controller_command,
    continue_command,
    confirm_command,
    ls_command,
    show_command,
    runs_command,
    report_command,
    compare_command,
    analyze_command,
    import_command,
    doctor_command,
):
    main.add_command(_command)
