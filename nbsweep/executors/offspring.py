"""Makes processes that training code starts in a worker process work as in a script.

A worker is such a process itself, started by loky or Dask in ways of their own: it leaves
their way as the default for others, may be daemonic, which may have no children, and
knows the classes and functions of the notebook by value only.
"""

from __future__ import annotations

import multiprocessing
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.reduction import ForkingPickler
from multiprocessing.util import Finalize
from types import FunctionType
from typing import Any

DAEMONIC = "daemonic processes are not allowed to have children"


def use_start_method(method: str | None) -> None:
    """Make `method` the default for new processes; None for the platform's own."""
    multiprocessing.set_start_method(method, force=True)


def chosen_start_method() -> str | None:
    """What somebody set as the default in this process; None where nobody did."""
    return multiprocessing.get_start_method(allow_none=True)


def send_by_value() -> None:
    """Send what was defined in the notebook or script to new processes as a whole.

    It came here by value, so that no module has it by its name: not the ``__main__`` of
    this process, and not that of a child, which is another copy of it.
    """
    ForkingPickler.reducer_override = _reduce  # type: ignore[method-assign,assignment]


def _reduce(_pickler: ForkingPickler, value: Any) -> Any:
    if not isinstance(value, (FunctionType, type)) or _is_importable(value):
        return NotImplemented
    import cloudpickle

    return cloudpickle.loads, (cloudpickle.dumps(value),)


def _is_importable(value: Any) -> bool:
    """Whether a child can import it by its name."""
    module = sys.modules.get(value.__module__ or "")
    if module is None or value.__module__ == "__main__":
        return False
    found: Any = module
    for name in value.__qualname__.split("."):
        found = getattr(found, name, None)
    return found is value


def end_pools_first() -> None:
    """Have pools that are left open end with this process, before it waits for its children.

    A script ends them in that order. A child of multiprocessing waits first, and for ever,
    for workers that wait for work, such as joblib's.
    """
    Finalize(None, _end_pools, exitpriority=100)


def _end_pools() -> None:
    # Where concurrent.futures and joblib register what ends their pools.
    for call in reversed(getattr(threading, "_threading_atexits", ())):
        call()


@contextmanager
def may_have_children() -> Iterator[None]:
    """Within the block a daemonic worker, as Dask's are, may start processes."""
    config: dict[str, Any] = getattr(multiprocessing.current_process(), "_config", {})
    was_daemon = config.get("daemon")
    if was_daemon:
        config["daemon"] = False
    try:
        yield
    finally:
        if was_daemon:
            config["daemon"] = was_daemon


def hint(error: str) -> str:
    """What to do about a worker that may not start processes; empty for other errors."""
    if DAEMONIC not in error:
        return ""
    return (
        "\nThis worker is a daemonic process, which may not start others. On Dask set "
        "distributed.worker.daemon: False before the cluster starts, or load data with "
        "num_workers=0."
    )
