"""What the commands share: exit codes, the store, and how they print."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from nbsweep.errors import UsageError

if TYPE_CHECKING:
    from nbsweep.handles.sweep import Sweep

USAGE, FAILURE, INTERRUPTED = 2, 1, 130  # exit codes

Function = TypeVar("Function", bound=Callable[..., Any])


def existing_store() -> Any:
    """The store that is there already: reading must not create an empty one."""
    from nbsweep.runs import session

    url = click.get_current_context().find_root().params["store"]
    if url is None and not has_store(Path.cwd()):
        raise UsageError(
            f"There are no sweeps in {Path.cwd()}. Go to the folder of the notebook or the config, "
            "or name the store: nbsweep --store sqlite:///path/to/.nbsweep/nbsweep.db …"
        )
    return session.store()


def has_store(folder: Path) -> bool:
    """Whether the default store is there already; looking must not create one."""
    if os.environ.get("NBSWEEP_STORE"):
        return True
    return (folder / (os.environ.get("NBSWEEP_DIR") or ".nbsweep") / "nbsweep.db").is_file()


def open_sweep(sweep_id: str, project: str | None = None) -> Sweep:
    """The sweep of an id, ``project/id`` or ``entity/project/id``.

    Args:
        sweep_id: as it was typed.
        project: what --project says, None without it.

    Raises:
        NotFoundError: the store has none of that id.
        UsageError: it is filed under another project than the one that was named.
    """
    from nbsweep.handles.sweep import Sweep

    existing_store()
    sweep = Sweep(sweep_id)
    for named in (project, sweep_id.rpartition("/")[0].rpartition("/")[2]):
        if named and named != sweep.project:
            raise UsageError(
                f"Sweep {sweep.id} is in project {sweep.project!r}, not in {named!r}. Write "
                f"{sweep.project}/{sweep.id}, or the id alone."
            )
    return sweep


def say(text: str) -> None:
    """Print a text, also where the terminal lacks some of the characters."""
    from nbsweep.view.console import say as print_line

    print_line(text)
