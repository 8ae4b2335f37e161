"""Makes ``import wandb`` give nbsweep, for libraries and scripts that import wandb by name.

The folder `path` beside this module holds a package `wandb` that hands out nbsweep's
names, and the metadata that says its version. With that folder at the head of
`sys.path` all that Python and libraries ask about an installed package has an answer:
`find_spec`, `importlib.metadata`, submodules. With it in PYTHONPATH the same holds for
the processes that are started from here: workers, programs of a sweep, `!python …`.
"""

from __future__ import annotations

import importlib
import os
import sys
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

from nbsweep.errors import UsageError
from nbsweep.executors.stand_in import FOLDER, VARIABLE, search_path

WANDB_VERSION = "0.31.0"  # the one whose names and behaviour nbsweep follows

_INSIDE = str(Path(FOLDER) / "wandb" / "__init__.py")


def install_as_wandb() -> None:
    """Make ``import wandb`` give nbsweep, in this process and in those that it starts.

    Call it before anything imports wandb; a second call changes nothing. The
    environment variable ``NBSWEEP_AS_WANDB=1`` does the same at ``import nbsweep``.
    Scripts that never import nbsweep run with ``python -m nbsweep.as_wandb script.py``.

    Raises:
        UsageError: W&B itself is imported already.

    Example:
        >>> import nbsweep
        >>> nbsweep.install_as_wandb()
        >>> from lightning.pytorch.loggers import WandbLogger
    """
    loaded = sys.modules.get("wandb")
    if loaded is not None and not _is_ours(loaded):
        raise UsageError(
            f"install_as_wandb: wandb {getattr(loaded, '__version__', '')} is imported already, "
            f"from {getattr(loaded, '__file__', 'an unknown place')}, and what holds it would go "
            "on using it. Call nbsweep.install_as_wandb() first, before any import of wandb or of "
            "a library that imports it; in a notebook, restart the kernel."
        )
    if FOLDER in sys.path:
        return
    _mention_installed()
    sys.path.insert(0, FOLDER)
    os.environ["PYTHONPATH"] = search_path(os.environ.get("PYTHONPATH"))
    importlib.invalidate_caches()


def uninstall_as_wandb() -> None:
    """Undo `install_as_wandb`; what holds the module ``wandb`` by now keeps it."""
    sys.path[:] = [entry for entry in sys.path if entry != FOLDER]
    entries = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    kept = [entry for entry in entries if entry != FOLDER]
    if len(kept) < len(entries):
        os.environ["PYTHONPATH"] = os.pathsep.join(kept)
        if not kept:
            del os.environ["PYTHONPATH"]
    if _is_ours(sys.modules.get("wandb")):
        for name in [name for name in sys.modules if name.partition(".")[0] == "wandb"]:
            del sys.modules[name]
    importlib.invalidate_caches()


def is_installed() -> bool:
    """Whether ``import wandb`` gives nbsweep in this process."""
    return FOLDER in sys.path


def install_if_asked() -> None:
    """What ``import nbsweep`` does when NBSWEEP_AS_WANDB is set."""
    if _is_asked_for():
        install_as_wandb()


def _is_asked_for() -> bool:
    return os.environ.get(VARIABLE, "").lower() in ("1", "true", "yes")


def _is_ours(module: ModuleType | None) -> bool:
    return getattr(module, "__file__", None) == _INSIDE


def _mention_installed() -> None:
    """Say that an installed wandb is passed over; a folder that W&B left behind does not count."""
    spec = find_spec("wandb")
    if spec is None or spec.origin is None or _is_asked_for():
        return
    from nbsweep.runs import session
    from nbsweep.view.console import say

    if not session.silent():
        say(f"Note: import wandb gives nbsweep from here on, not {Path(spec.origin).parent}.")
