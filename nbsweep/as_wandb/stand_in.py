"""The modules ``wandb`` and ``wandb.…``: where nbsweep has each of their names."""

from __future__ import annotations

import importlib
import sys
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from nbsweep.as_wandb import WANDB_VERSION, install_as_wandb
from nbsweep.errors import MissingModuleError

_NAMES = "nbsweep.as_wandb.submodule_names"
_PUBLIC = "nbsweep.as_wandb.apis_public"

# W&B's module -> where its names are, in the order of looking: modules, or a value
# that has them as attributes, as module:value.
SOURCES: dict[str, tuple[str, ...]] = {
    "apis": (_PUBLIC,),
    "apis.public": (_PUBLIC,),
    "apis.public.api": (_PUBLIC,),
    "apis.public.artifacts": (_PUBLIC,),
    "apis.public.runs": (_PUBLIC,),
    "apis.public.sweeps": (_PUBLIC,),
    "data_types": ("nbsweep",),
    "env": (_NAMES,),
    "errors": (_NAMES, "nbsweep"),
    "errors.errors": (_NAMES,),
    "errors.term": ("nbsweep",),
    "integration": (),
    "integration.keras": ("nbsweep.as_wandb.keras",),
    "integration.keras.callbacks": ("nbsweep.as_wandb.keras",),
    "integration.lightgbm": ("nbsweep.as_wandb.lightgbm",),
    "integration.sklearn": ("nbsweep.as_wandb.sklearn",),
    "integration.xgboost": ("nbsweep.as_wandb.xgboost",),
    "keras": ("nbsweep.as_wandb.keras",),
    "lightgbm": ("nbsweep.as_wandb.lightgbm",),
    "plot": ("nbsweep:plot",),
    "sdk": ("nbsweep",),
    "sdk.artifacts": (),
    "sdk.artifacts.artifact": ("nbsweep",),
    "sdk.data_types": ("nbsweep",),
    "sdk.data_types.histogram": ("nbsweep",),
    "sdk.data_types.image": ("nbsweep",),
    "sdk.data_types.table": ("nbsweep",),
    "sdk.lib": (_NAMES,),
    "sdk.lib.config_util": (_NAMES,),
    "sdk.lib.disabled": (_NAMES,),
    "sdk.lib.telemetry": (_NAMES,),
    "sdk.wandb_config": (_NAMES,),
    "sdk.wandb_init": ("nbsweep",),
    "sdk.wandb_run": ("nbsweep",),
    "sdk.wandb_settings": ("nbsweep",),
    "sdk.wandb_summary": (_NAMES,),
    "sklearn": ("nbsweep.as_wandb.sklearn",),
    "util": ("nbsweep:util",),
    "wandb_run": ("nbsweep",),
    "xgboost": ("nbsweep.as_wandb.xgboost",),
}

# Modules of W&B's that nbsweep does not have: importable, so that the message comes.
MISSING = (
    *(
        f"integration.{name}"
        for name in (
            "catboost diffusers dspy fastai gym huggingface kfp lightning metaflow openai prodigy "
            "sacred sagemaker sb3 tensorboard tensorflow torch ultralytics weave"
        ).split()
    ),
    "integration.lightning.fabric",
    "apis.internal",
    *"automations beta catboost fastai gym launch proto sandbox tensorboard tensorflow".split(),
)


class StandIn(ModuleType):
    """A module whose names are looked up in nbsweep at every use."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name != "__all__":
            raise AttributeError(name)
        failure = AttributeError(f"{self.__name__}.{name}: nbsweep has no such name.")
        for place in self.__dict__["_sources"]:
            try:
                return getattr(_source(place), name)
            except AttributeError as error:  # nbsweep's own says what there is instead
                failure = error
        raise failure

    def __reduce__(self) -> tuple[Any, ...]:
        return fetch, (self.__name__,)

    def __dir__(self) -> list[str]:
        names = {name for place in self.__dict__["_sources"] for name in dir(_source(place))}
        return sorted({*self.__dict__, *names} - {"_sources"})


class Root(StandIn):
    """The module ``wandb``; what is set on it is set on nbsweep."""

    def __setattr__(self, name: str, value: Any) -> None:
        if name.startswith("__") or isinstance(value, ModuleType):  # a submodule, by importlib
            super().__setattr__(name, value)
        else:
            setattr(_source("nbsweep"), name, value)

    def __delattr__(self, name: str) -> None:
        if name in self.__dict__:
            super().__delattr__(name)
        else:
            delattr(_source("nbsweep"), name)


class Missing(ModuleType):
    """A module of W&B's that nbsweep does not have; says so when it is used."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise MissingModuleError(
            f"{self.__name__}.{name}: nbsweep stands in for wandb here and does not have "
            f"{self.__name__}. Log from a callback of your own with wandb.log({{...}}); "
            "nbsweep.integrations has some to start from.",
            name=self.__name__,
        )


def register(root: ModuleType) -> None:
    """Make `root` the module ``wandb``, and make its submodules."""
    root.__class__ = Root
    root.__dict__.update(_sources=("nbsweep",), __version__=WANDB_VERSION)
    for name in sorted({*SOURCES, *MISSING}):  # parents before children
        full = f"{root.__name__}.{name}"
        module = Missing(full) if name in MISSING else StandIn(full)
        module.__dict__.update(_sources=SOURCES.get(name, ()), __path__=[], __package__=full)
        module.__spec__ = ModuleSpec(full, None, is_package=True)
        sys.modules[full] = module
        parent, _, child = full.rpartition(".")
        sys.modules[parent].__dict__[child] = module


def fetch(name: str) -> ModuleType:
    """The module of that name in the process where a function that uses it arrives."""
    install_as_wandb()
    return importlib.import_module(name)


def _source(place: str) -> Any:
    module, _, value = place.partition(":")
    source = importlib.import_module(module)
    return getattr(source, value) if value else source
