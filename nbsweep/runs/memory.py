"""How much memory this process uses, and giving back what a run left."""

from __future__ import annotations

import gc
import os
import sys
import time
from functools import lru_cache
from typing import Any

GC_SHARE = 0.02  # collecting garbage between runs may take this share of a run

_gc_cost_s = 0.0


def resident_bytes() -> int | None:
    """Resident memory of this process in bytes; None where the system does not tell."""
    process = _process(os.getpid())
    if process is None:
        return None
    import psutil

    try:
        size: int = process.memory_info().rss
    except psutil.Error:
        return None
    return size


@lru_cache(maxsize=1)  # looked up once, as writers ask at each flush; again after a fork
def _process(pid: int) -> Any:
    try:
        import psutil
    except ImportError:  # as in a browser
        return None
    return psutil.Process(pid)


def ran_out(error: str) -> bool:
    """Whether the last line of an error says that memory ran out: of the GPU or the machine.

    PyTorch raises OutOfMemoryError, formerly a RuntimeError with these words, as JAX and
    TensorFlow do with RESOURCE_EXHAUSTED.
    """
    signs = ("OutOfMemory", "MemoryError", "out of memory", "RESOURCE_EXHAUSTED")
    return any(sign in error for sign in signs)


def give_back(run_s: float, *, certainly: bool = False) -> None:
    """Collect cycles and hand cached GPU memory back after a run.

    Collecting takes tens of milliseconds once large libraries are loaded, so after
    short runs it is left out, unless memory ran out (`certainly`).

    Args:
        run_s: how long the run took.
        certainly: collect in any case.
    """
    global _gc_cost_s  # noqa: PLW0603 - last measured cost in this process
    if certainly or run_s * GC_SHARE >= _gc_cost_s:
        begin = time.perf_counter()
        gc.collect()
        _gc_cost_s = time.perf_counter() - begin
    torch = sys.modules.get("torch")
    cuda = getattr(torch, "cuda", None)
    if cuda is not None and cuda.is_initialized():
        cuda.empty_cache()
