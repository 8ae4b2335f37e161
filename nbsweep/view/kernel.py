"""The Jupyter kernel of this process, where it is one."""

from __future__ import annotations

import sys
from typing import Any


def shell() -> Any:
    """IPython's shell in this process, None without one."""
    ipython = sys.modules.get("IPython")
    return getattr(ipython, "get_ipython", lambda: None)()


def in_marimo() -> bool:
    """Whether the calling thread executes a cell of a marimo notebook with a page."""
    marimo = sys.modules.get("marimo")
    return bool(getattr(marimo, "running_in_notebook", lambda: False)())


def in_kernel() -> bool:
    """Whether this process is a Jupyter kernel, whatever front end it has (or none)."""
    return getattr(shell(), "kernel", None) is not None


def has_cells() -> bool:
    """Whether what runs now was started from a page with cells, and not by a program.

    JupyterLab, Notebook and VS Code say with each request which cell it is; nbclient,
    papermill and nbval do not.
    """
    parent = getattr(getattr(shell(), "kernel", None), "get_parent", None)
    message = parent("shell") if callable(parent) else None
    return isinstance(message, dict) and bool((message.get("metadata") or {}).get("cellId"))
