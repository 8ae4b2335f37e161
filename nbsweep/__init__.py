"""Hyperparameter sweeps inside the Jupyter kernel, with W&B's API.

``import nbsweep as wandb`` is the whole migration: `sweep`, `agent`, `init`, `config`,
`log` and their kin work as W&B's do, without account, server or network. Libraries
that import wandb by name get nbsweep after `install_as_wandb()`.

This module loads the standard library only; everything else at first use.
"""

from __future__ import annotations

import importlib
import os
import sys
import types
from typing import TYPE_CHECKING, Any

from nbsweep.extension import ADDS_TO

__version__ = "0.1.0.dev0"

if TYPE_CHECKING:
    from nbsweep.as_wandb import install_as_wandb, util
    from nbsweep.as_wandb.api import Api
    from nbsweep.as_wandb.artifact_members import Artifact
    from nbsweep.as_wandb.controller import controller
    from nbsweep.as_wandb.functions import (
        AlertLevel,
        ArtifactTTL,
        alert,
        attach,
        ensure_configured,
        link_artifact,
        link_model,
        log_artifact,
        log_code,
        log_model,
        pin_config_keys,
        plot_table,
        require,
        restore,
        save,
        teardown,
        termerror,
        termlog,
        termsetup,
        termwarn,
        unwatch,
        use_artifact,
        use_model,
        visualize,
        watch,
    )
    from nbsweep.as_wandb.run_members import Run
    from nbsweep.as_wandb.typed import Sweep, init
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
    from nbsweep.errors import StoreError as CommError
    from nbsweep.errors import SweepError as Error
    from nbsweep.facade import (
        agent,
        agent_async,
        define_metric,
        finish,
        join,
        log,
        login,
        mark_preempting,
        resume,
        setup,
        show,
        sweep,
    )
    from nbsweep.handles.agent import AgentHandle
    from nbsweep.media import charts as plot
    from nbsweep.media import types as data_types
    from nbsweep.media.clips import Audio, Video
    from nbsweep.media.documents import Graph, Html, Molecule, Object3D, Plotly, box3d
    from nbsweep.media.histogram import Histogram
    from nbsweep.media.image import Classes, Image
    from nbsweep.media.table import EvalTable, JoinedTable, Table
    from nbsweep.runs.config import Config
    from nbsweep.runs.settings import Settings
    from nbsweep.runs.summary import Summary

    run: Run | None
    config: Config
    summary: Summary

# What W&B's classes offer besides ours is added to ours, as soon as they are loaded.
ADDS_TO.update(
    {
        "nbsweep.artifacts.artifact": "nbsweep.as_wandb.artifact_members",
        "nbsweep.media.base": "nbsweep.as_wandb.media_members",
        "nbsweep.runs.run": "nbsweep.as_wandb.run_members",
    }
)

# Public name -> (module, name there), loaded at first use.
_LAZY = {
    "Api": ("nbsweep.as_wandb.api", "Api"),
    "AgentHandle": ("nbsweep.handles.agent", "AgentHandle"),
    "AlertLevel": ("nbsweep.as_wandb.functions", "AlertLevel"),
    "Artifact": ("nbsweep.artifacts.artifact", "Artifact"),
    "ArtifactTTL": ("nbsweep.as_wandb.functions", "ArtifactTTL"),
    "Audio": ("nbsweep.media.clips", "Audio"),
    "Classes": ("nbsweep.media.image", "Classes"),
    "CommError": ("nbsweep.errors", "StoreError"),
    "Config": ("nbsweep.runs.config", "Config"),
    "ConfigError": ("nbsweep.errors", "ConfigError"),
    "Error": ("nbsweep.errors", "SweepError"),
    "EvalTable": ("nbsweep.media.table", "EvalTable"),
    "Graph": ("nbsweep.media.documents", "Graph"),
    "Histogram": ("nbsweep.media.histogram", "Histogram"),
    "Html": ("nbsweep.media.documents", "Html"),
    "Image": ("nbsweep.media.image", "Image"),
    "JoinedTable": ("nbsweep.media.table", "JoinedTable"),
    "MissingDependencyError": ("nbsweep.errors", "MissingDependencyError"),
    "Molecule": ("nbsweep.media.documents", "Molecule"),
    "NotFoundError": ("nbsweep.errors", "NotFoundError"),
    "Object3D": ("nbsweep.media.documents", "Object3D"),
    "Plotly": ("nbsweep.media.documents", "Plotly"),
    "Run": ("nbsweep.runs.run", "Run"),
    "RunStopped": ("nbsweep.errors", "RunStopped"),
    "Settings": ("nbsweep.runs.settings", "Settings"),
    "StoreError": ("nbsweep.errors", "StoreError"),
    "Sweep": ("nbsweep.handles.sweep", "Sweep"),
    "SweepError": ("nbsweep.errors", "SweepError"),
    "Table": ("nbsweep.media.table", "Table"),
    "UnsupportedError": ("nbsweep.errors", "UnsupportedError"),
    "UsageError": ("nbsweep.errors", "UsageError"),
    "Video": ("nbsweep.media.clips", "Video"),
    "agent": ("nbsweep.facade", "agent"),
    "agent_async": ("nbsweep.facade", "agent_async"),
    "alert": ("nbsweep.as_wandb.functions", "alert"),
    "attach": ("nbsweep.as_wandb.functions", "attach"),
    "box3d": ("nbsweep.media.documents", "box3d"),
    "controller": ("nbsweep.as_wandb.controller", "controller"),
    "define_metric": ("nbsweep.facade", "define_metric"),
    "ensure_configured": ("nbsweep.as_wandb.functions", "ensure_configured"),
    "finish": ("nbsweep.facade", "finish"),
    "init": ("nbsweep.facade", "init"),
    "install_as_wandb": ("nbsweep.as_wandb", "install_as_wandb"),
    "join": ("nbsweep.facade", "join"),
    "link_artifact": ("nbsweep.as_wandb.functions", "link_artifact"),
    "link_model": ("nbsweep.as_wandb.functions", "link_model"),
    "log": ("nbsweep.facade", "log"),
    "log_artifact": ("nbsweep.as_wandb.functions", "log_artifact"),
    "log_code": ("nbsweep.as_wandb.functions", "log_code"),
    "log_model": ("nbsweep.as_wandb.functions", "log_model"),
    "login": ("nbsweep.facade", "login"),
    "mark_preempting": ("nbsweep.facade", "mark_preempting"),
    "pin_config_keys": ("nbsweep.as_wandb.functions", "pin_config_keys"),
    "plot_table": ("nbsweep.as_wandb.functions", "plot_table"),
    "require": ("nbsweep.as_wandb.functions", "require"),
    "restore": ("nbsweep.as_wandb.functions", "restore"),
    "resume": ("nbsweep.facade", "resume"),
    "save": ("nbsweep.as_wandb.functions", "save"),
    "setup": ("nbsweep.facade", "setup"),
    "show": ("nbsweep.facade", "show"),
    "sweep": ("nbsweep.facade", "sweep"),
    "teardown": ("nbsweep.as_wandb.functions", "teardown"),
    "termerror": ("nbsweep.as_wandb.functions", "termerror"),
    "termlog": ("nbsweep.as_wandb.functions", "termlog"),
    "termsetup": ("nbsweep.as_wandb.functions", "termsetup"),
    "termwarn": ("nbsweep.as_wandb.functions", "termwarn"),
    "unwatch": ("nbsweep.as_wandb.functions", "unwatch"),
    "use_artifact": ("nbsweep.as_wandb.functions", "use_artifact"),
    "use_model": ("nbsweep.as_wandb.functions", "use_model"),
    "visualize": ("nbsweep.as_wandb.functions", "visualize"),
    "watch": ("nbsweep.as_wandb.functions", "watch"),
}

# Public name -> the module that it is: namespaces of W&B's.
_MODULES = {
    "data_types": "nbsweep.media.types",
    "keras": "nbsweep.as_wandb.keras",
    "lightgbm": "nbsweep.as_wandb.lightgbm",
    "plot": "nbsweep.media.charts",
    "sklearn": "nbsweep.as_wandb.sklearn",
    "util": "nbsweep.as_wandb.util",
    "xgboost": "nbsweep.as_wandb.xgboost",
}

# W&B's callbacks and plots for libraries, which load their library: no names of `__all__`.
_OF_LIBRARIES = ("keras", "lightgbm", "sklearn", "xgboost")

# Follow the current run, so they are looked up anew at every use.
_OF_THE_RUN = ("config", "run", "summary")

__all__ = [
    "AgentHandle",
    "AlertLevel",
    "Api",
    "Artifact",
    "ArtifactTTL",
    "Audio",
    "Classes",
    "CommError",
    "Config",
    "ConfigError",
    "Error",
    "EvalTable",
    "Graph",
    "Histogram",
    "Html",
    "Image",
    "JoinedTable",
    "MissingDependencyError",
    "Molecule",
    "NotFoundError",
    "Object3D",
    "Plotly",
    "Run",
    "RunStopped",
    "Settings",
    "StoreError",
    "Sweep",
    "SweepError",
    "Table",
    "UnsupportedError",
    "UsageError",
    "Video",
    "agent",
    "agent_async",
    "alert",
    "attach",
    "box3d",
    "config",
    "controller",
    "data_types",
    "define_metric",
    "ensure_configured",
    "finish",
    "init",
    "install_as_wandb",
    "join",
    "link_artifact",
    "link_model",
    "log",
    "log_artifact",
    "log_code",
    "log_model",
    "login",
    "mark_preempting",
    "pin_config_keys",
    "plot",
    "plot_table",
    "require",
    "restore",
    "resume",
    "run",
    "save",
    "setup",
    "show",
    "summary",
    "sweep",
    "teardown",
    "termerror",
    "termlog",
    "termsetup",
    "termwarn",
    "unwatch",
    "use_artifact",
    "use_model",
    "util",
    "visualize",
    "watch",
]


def load_ipython_extension(shell: Any) -> None:
    """Called by ``%load_ext nbsweep``: adds the magics of `nbsweep.cli.magics`."""
    importlib.import_module("nbsweep.cli.magics").load(shell)


def unload_ipython_extension(shell: Any) -> None:
    """Called by ``%unload_ext nbsweep``: takes them away again."""
    importlib.import_module("nbsweep.cli.magics").unload(shell)


def __getattr__(name: str) -> Any:
    if name in _OF_THE_RUN:
        from nbsweep.facade import current

        return current(name)
    if name in _LAZY:
        module, attribute = _LAZY[name]
        value = getattr(importlib.import_module(module), attribute)
        globals()[name] = value
        return value
    if name in _MODULES:
        return importlib.import_module(_MODULES[name])
    if name in _OF_LIBRARIES:
        return importlib.import_module(f"nbsweep.as_wandb.{name}")
    if name.startswith("_"):
        raise AttributeError(f"module 'nbsweep' has no attribute {name!r}")
    if name in _submodules():  # wandb.errors, say
        return importlib.import_module(f"nbsweep.{name}")
    from nbsweep.as_wandb.compatibility import missing

    raise missing(name, tuple(__all__))


def _submodules() -> set[str]:
    return {name.removesuffix(".py") for folder in __path__ for name in os.listdir(folder)}  # noqa: PTH208


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])


class _Package(types.ModuleType):
    """This module, so that ``wandb.summary = {...}`` reaches the current run."""

    def __setattr__(self, name: str, value: Any) -> None:
        if name in _OF_THE_RUN:
            from nbsweep.facade import assign

            assign(name, value)
        else:
            super().__setattr__(name, value)

    def __reduce__(self) -> tuple[Any, ...]:  # it travels with functions of a notebook
        return importlib.import_module, (self.__name__,)


sys.modules[__name__].__class__ = _Package

if os.environ.get("NBSWEEP_AS_WANDB"):
    importlib.import_module("nbsweep.as_wandb").install_if_asked()
