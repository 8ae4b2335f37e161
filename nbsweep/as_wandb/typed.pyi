"""What type checkers are told of names that lead to a run; never loaded.

The members of `run_members` are added to `runs.run.Run` when it is loaded. The functions
and classes below this folder know nothing of them, so their types are given again here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec

from nbsweep import facade
from nbsweep.as_wandb.run_members import Run
from nbsweep.control import asked
from nbsweep.handles import sweep
from nbsweep.search.custom_search import SearchFunction

Arguments = ParamSpec("Arguments")

class AskedRun(asked.AskedRun, Run):
    """A run that `Sweep.ask` handed out."""

    def __enter__(self) -> AskedRun: ...

class Sweep(sweep.Sweep):
    """A sweep."""

    def ask(self, search: SearchFunction | None = None) -> AskedRun | None: ...

def _giving_run(function: Callable[Arguments, object]) -> Callable[Arguments, Run]: ...

init = _giving_run(facade.init)
