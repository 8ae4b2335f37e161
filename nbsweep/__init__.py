"""Hyperparameter sweeps inside the Jupyter kernel, with W&B's API.

``import nbsweep as wandb`` is the whole migration: `sweep`, `agent`, `init`, `config`,
`log` and the rest work as W&B's do, without account, server or network. Libraries
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

if TYPE_CHECKING:  # the same names for type checkers and editors
    from nbsweep.as_wandb import install_as_wandb as install_as_wandb
    from nbsweep.as_wandb import util as util
    from nbsweep.as_wandb.api import Api as Api
    from nbsweep.as_wandb.artifact_members import Artifact as Artifact
    from nbsweep.as_wandb.controller import controller as controller
    from nbsweep.as_wandb.functions import AlertLevel as AlertLevel
    from nbsweep.as_wandb.functions import ArtifactTTL as ArtifactTTL
    from nbsweep.as_wandb.functions import alert as alert
    from nbsweep.as_wandb.functions import attach as attach
    from nbsweep.as_wandb.functions import ensure_configured as ensure_configured
    from nbsweep.as_wandb.functions import link_artifact as link_artifact
    from nbsweep.as_wandb.functions import link_model as link_model
    from nbsweep.as_wandb.functions import log_artifact as log_artifact
    from nbsweep.as_wandb.functions import log_code as log_code
    from nbsweep.as_wandb.functions import log_model as log_model
    from nbsweep.as_wandb.functions import pin_config_keys as pin_config_keys
    from nbsweep.as_wandb.functions import plot_table as plot_table
    from nbsweep.as_wandb.functions import require as require
    from nbsweep.as_wandb.functions import restore as restore
    from nbsweep.as_wandb.functions import save as save
    from nbsweep.as_wandb.functions import teardown as teardown
    from nbsweep.as_wandb.functions import termerror as termerror
    from nbsweep.as_wandb.functions import termlog as termlog
    from nbsweep.as_wandb.functions import termsetup as termsetup
    from nbsweep.as_wandb.functions import termwarn as termwarn
    from nbsweep.as_wandb.functions import unwatch as unwatch
    from nbsweep.as_wandb.functions import use_artifact as use_artifact
    from nbsweep.as_wandb.functions import use_model as use_model
    from nbsweep.as_wandb.functions import visualize as visualize
    from nbsweep.as_wandb.functions import watch as watch
    from nbsweep.as_wandb.run_members import Run as Run
    from nbsweep.as_wandb.typed import Sweep as Sweep
    from nbsweep.as_wandb.typed import init as init
    from nbsweep.errors import CommError as CommError
    from nbsweep.errors import ConfigError as ConfigError
    from nbsweep.errors import Error as Error
    from nbsweep.errors import MissingDependencyError as MissingDependencyError
    from nbsweep.errors import NotFoundError as NotFoundError
    from nbsweep.errors import RunStopped as RunStopped
    from nbsweep.errors import StoreError as StoreError
    from nbsweep.errors import SweepError as SweepError
    from nbsweep.errors import UnsupportedError as UnsupportedError
    from nbsweep.errors import UsageError as UsageError
    from nbsweep.facade import agent as agent
    from nbsweep.facade import agent_async as agent_async
    from nbsweep.facade import checkpoint as checkpoint
    from nbsweep.facade import define_metric as define_metric
    from nbsweep.facade import finish as finish
    from nbsweep.facade import join as join
    from nbsweep.facade import log as log
    from nbsweep.facade import login as login
    from nbsweep.facade import mark_preempting as mark_preempting
    from nbsweep.facade import resume as resume
    from nbsweep.facade import setup as setup
    from nbsweep.facade import show as show
    from nbsweep.facade import sweep as sweep
    from nbsweep.handles.agent import AgentHandle as AgentHandle
    from nbsweep.importers.analyze import analyze as analyze
    from nbsweep.importers.compare import compare as compare
    from nbsweep.media import charts
    from nbsweep.media import types as media_types
    from nbsweep.media.clips import Audio as Audio
    from nbsweep.media.clips import Video as Video
    from nbsweep.media.documents import Graph as Graph
    from nbsweep.media.documents import Html as Html
    from nbsweep.media.documents import Molecule as Molecule
    from nbsweep.media.documents import Object3D as Object3D
    from nbsweep.media.documents import Plotly as Plotly
    from nbsweep.media.documents import box3d as box3d
    from nbsweep.media.histogram import Histogram as Histogram
    from nbsweep.media.image import Classes as Classes
    from nbsweep.media.image import Image as Image
    from nbsweep.media.table import EvalTable as EvalTable
    from nbsweep.media.table import JoinedTable as JoinedTable
    from nbsweep.media.table import Table as Table
    from nbsweep.runs.config import Config as Config
    from nbsweep.runs.settings import Settings as Settings
    from nbsweep.runs.summary import Summary

    data_types = media_types
    plot = charts
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

# Module -> the public names that it defines, loaded at first use.
_NAMES = {
    "nbsweep.artifacts.artifact": "Artifact",
    "nbsweep.as_wandb": "install_as_wandb",
    "nbsweep.as_wandb.api": "Api",
    "nbsweep.as_wandb.controller": "controller",
    "nbsweep.as_wandb.functions": (
        "AlertLevel ArtifactTTL alert attach ensure_configured link_artifact link_model "
        "log_artifact log_code log_model pin_config_keys plot_table require restore save "
        "teardown termerror termlog termsetup termwarn unwatch use_artifact use_model "
        "visualize watch"
    ),
    "nbsweep.errors": (
        "CommError ConfigError Error MissingDependencyError NotFoundError RunStopped "
        "StoreError SweepError UnsupportedError UsageError"
    ),
    "nbsweep.facade": (
        "agent agent_async checkpoint define_metric finish init join log login "
        "mark_preempting resume setup show sweep"
    ),
    "nbsweep.handles.agent": "AgentHandle",
    "nbsweep.handles.sweep": "Sweep",
    "nbsweep.importers.analyze": "analyze",
    "nbsweep.importers.compare": "compare",
    "nbsweep.media.clips": "Audio Video",
    "nbsweep.media.documents": "Graph Html Molecule Object3D Plotly box3d",
    "nbsweep.media.histogram": "Histogram",
    "nbsweep.media.image": "Classes Image",
    "nbsweep.media.table": "EvalTable JoinedTable Table",
    "nbsweep.runs.config": "Config",
    "nbsweep.runs.run": "Run",
    "nbsweep.runs.settings": "Settings",
}

# Public name -> the module that it is: namespaces of W&B's.
_MODULES = {
    "data_types": "nbsweep.media.types",
    "plot": "nbsweep.media.charts",
    "util": "nbsweep.as_wandb.util",
}

# W&B's callbacks and plots for libraries, modules of `nbsweep.as_wandb`. They load their
# library, so they are not in `__all__`.
_FOR_LIBRARIES = ("keras", "lightgbm", "sklearn", "xgboost")

# Follow the current run, so they are looked up anew at every use.
_OF_THE_RUN = ("config", "run", "summary")

_MODULE_OF = {name: module for module, names in _NAMES.items() for name in names.split()}
__all__ = sorted([*_MODULE_OF, *_MODULES, *_OF_THE_RUN])  # noqa: PLE0605 - it is a list


def load_ipython_extension(shell: Any) -> None:
    """Called by ``%load_ext nbsweep``: adds the magics of `nbsweep.cli.magics`."""
    _offer_wandb_magic()
    importlib.import_module("nbsweep.cli.magics").load(shell)


def unload_ipython_extension(shell: Any) -> None:
    """Called by ``%unload_ext nbsweep``: takes them away again."""
    importlib.import_module("nbsweep.cli.magics").unload(shell)


def _offer_wandb_magic() -> None:
    """``%%wandb`` in old notebooks, which W&B has from its import on."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    if shell is None or "wandb" in shell.magics_manager.magics["cell"]:
        return

    def wandb(line: str, cell: str | None = None) -> None:
        """Show a run or a sweep: %wandb [PATH]; or what a cell makes: %%wandb."""
        importlib.import_module("nbsweep.cli.wandb_magic").wandb(shell, line, cell)

    shell.register_magic_function(wandb, "line_cell", "wandb")


def __getattr__(name: str) -> Any:
    if name in _OF_THE_RUN:
        from nbsweep.runs.module_attributes import current

        return current(name)
    if name in _MODULE_OF:
        value = getattr(importlib.import_module(_MODULE_OF[name]), name)
        globals()[name] = value
        return value
    if name in _MODULES:
        return importlib.import_module(_MODULES[name])
    if name in _FOR_LIBRARIES:
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
    return [*__all__, "__version__"]


class _Package(types.ModuleType):
    """This module, so that ``wandb.summary = {...}`` reaches the current run."""

    def __setattr__(self, name: str, value: Any) -> None:
        if name in _OF_THE_RUN:
            from nbsweep.runs.module_attributes import assign

            assign(name, value)
        else:
            super().__setattr__(name, value)

    def __reduce__(self) -> tuple[Any, ...]:  # it travels with functions of a notebook
        return importlib.import_module, (self.__name__,)


sys.modules[__name__].__class__ = _Package
_offer_wandb_magic()

if os.environ.get("NBSWEEP_AS_WANDB"):
    importlib.import_module("nbsweep.as_wandb").install_if_asked()
