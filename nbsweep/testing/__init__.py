"""Contracts as test classes, for our own implementations and those of others.

The contracts of search methods and clocks need no pytest, that of stores does; hence
each is imported when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nbsweep.testing.clock import FakeClock
    from nbsweep.testing.executors import ExecutorContract
    from nbsweep.testing.searches import SearchContract
    from nbsweep.testing.stores import StoreContract

__all__ = ["ExecutorContract", "FakeClock", "SearchContract", "StoreContract"]

_HOMES = {
    "ExecutorContract": "executors",
    "FakeClock": "clock",
    "SearchContract": "searches",
    "StoreContract": "stores",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
