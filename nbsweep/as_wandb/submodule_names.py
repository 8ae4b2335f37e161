"""Names that W&B has in submodules only, for code that imports them from there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from nbsweep.errors import CommError, ConfigError, Error, UnsupportedError, UsageError
from nbsweep.runs.config import Config
from nbsweep.runs.run import Run
from nbsweep.runs.summary import Summary

__all__ = [
    "AuthenticationError",
    "CommError",
    "Config",
    "ConfigError",
    "Error",
    "RunDisabled",
    "Summary",
    "SummaryDisabled",
    "UnsupportedError",
    "UsageError",
    "context",
    "get_project",
    "set_entity",
    "set_project",
]


class AuthenticationError(CommError):
    """W&B's; never raised here, as there is no account."""


class _RunsThatAreDisabled(type):
    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, Run) and instance.disabled


class RunDisabled(metaclass=_RunsThatAreDisabled):
    """What ``init(mode="disabled")`` gives is an instance of this, as in W&B."""


class SummaryDisabled:
    """W&B's summary of a disabled run; here such a run has an ordinary one."""


class _Sink:
    """Takes any attribute, of any depth, and keeps none."""

    def __getattr__(self, name: str) -> _Sink:
        return self

    def __setattr__(self, name: str, value: object) -> None:
        pass


@contextmanager
def context(*_: Any, **__: Any) -> Iterator[_Sink]:
    """Telemetry, as integrations write it: it goes nowhere."""
    yield _Sink()


def get_project(default: str | None = None) -> str | None:
    """The project that the environment names."""
    return os.environ.get("WANDB_PROJECT", default)


def set_project(value: str | None) -> None:
    """Make the environment name a project; None changes nothing."""
    if value is not None:
        os.environ["WANDB_PROJECT"] = value


def set_entity(value: str | None) -> None:
    """W&B's; there are no entities here."""
    del value
