"""Hyperparameter sweeps inside the Jupyter kernel, with W&B's API.

``import nbsweep as wandb`` is the whole migration: `sweep`, `agent`, `init`, `config`,
`log` and their kin work as W&B's do, without account, server or network.

This module loads the standard library only; everything else at first use.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0.dev0"

if TYPE_CHECKING:
    from nbsweep.agent_handle import AgentHandle
    from nbsweep.errors import (
        ConfigError,
        MissingDependencyError,
        NotFoundError,
        RunStopped,
        StoreError,
        SweepError,
        UnsupportedError,
        UsageError,
    )
    from nbsweep.errors import SweepError as Error
    from nbsweep.facade import (
        agent,
        agent_async,
        define_metric,
        finish,
        init,
        join,
        log,
        login,
        mark_preempting,
        resume,
        setup,
        show,
        sweep,
    )
    from nbsweep.runtime.config import Config
    from nbsweep.runtime.live_run import Run
    from nbsweep.runtime.summary import Summary
    from nbsweep.sweep_handle import Sweep

    run: Run | None
    config: Config
    summary: Summary

# Public name -> (module, name there), loaded at first use.
_LAZY = {
    "AgentHandle": ("nbsweep.agent_handle", "AgentHandle"),
    "ConfigError": ("nbsweep.errors", "ConfigError"),
    "Error": ("nbsweep.errors", "SweepError"),
    "MissingDependencyError": ("nbsweep.errors", "MissingDependencyError"),
    "NotFoundError": ("nbsweep.errors", "NotFoundError"),
    "Run": ("nbsweep.runtime.live_run", "Run"),
    "RunStopped": ("nbsweep.errors", "RunStopped"),
    "StoreError": ("nbsweep.errors", "StoreError"),
    "Sweep": ("nbsweep.sweep_handle", "Sweep"),
    "SweepError": ("nbsweep.errors", "SweepError"),
    "UnsupportedError": ("nbsweep.errors", "UnsupportedError"),
    "UsageError": ("nbsweep.errors", "UsageError"),
    "agent": ("nbsweep.facade", "agent"),
    "agent_async": ("nbsweep.facade", "agent_async"),
    "define_metric": ("nbsweep.facade", "define_metric"),
    "finish": ("nbsweep.facade", "finish"),
    "init": ("nbsweep.facade", "init"),
    "join": ("nbsweep.facade", "join"),
    "log": ("nbsweep.facade", "log"),
    "login": ("nbsweep.facade", "login"),
    "mark_preempting": ("nbsweep.facade", "mark_preempting"),
    "resume": ("nbsweep.facade", "resume"),
    "setup": ("nbsweep.facade", "setup"),
    "show": ("nbsweep.facade", "show"),
    "sweep": ("nbsweep.facade", "sweep"),
}

# Follow the current run, so they are looked up anew at every use.
_OF_THE_RUN = ("config", "run", "summary")

__all__ = [
    "AgentHandle",
    "ConfigError",
    "Error",
    "MissingDependencyError",
    "NotFoundError",
    "Run",
    "RunStopped",
    "StoreError",
    "Sweep",
    "SweepError",
    "UnsupportedError",
    "UsageError",
    "agent",
    "agent_async",
    "config",
    "define_metric",
    "finish",
    "init",
    "join",
    "log",
    "login",
    "mark_preempting",
    "resume",
    "run",
    "setup",
    "show",
    "summary",
    "sweep",
]


def __getattr__(name: str) -> Any:
    if name in _OF_THE_RUN:
        from nbsweep import facade

        return facade.current(name)
    if name in _LAZY:
        module, attribute = _LAZY[name]
        value = getattr(importlib.import_module(module), attribute)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'nbsweep' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
