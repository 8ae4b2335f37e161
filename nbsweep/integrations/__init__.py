"""Our callbacks and loggers for training libraries; each module loads its library.

nbsweep.integrations.keras, .lightgbm, .lightning, .sklearn, .torch, .transformers, .xgboost.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from nbsweep.errors import MissingDependencyError
from nbsweep.runs.current import require_run

if TYPE_CHECKING:
    from nbsweep import Run


def missing(package: str) -> MissingDependencyError:
    """The error of a module whose library is not installed."""
    return MissingDependencyError(f"This integration needs {package}: pip install {package}")


def run_of(run: Run | None, user: str) -> Run:
    """The run that a callback logs to: the one that it was given, else the current one.

    Raises:
        UsageError: there is none; it names `user`, as it is called in Python.
    """
    return cast("Run", require_run(user)) if run is None else run
