"""Linear algebra on one thread, for the length of a suggestion.

The matrices of a search are small: BLAS threads gain nothing, and on cores that train
models meanwhile they wait for each other ten times longer than they compute. One thread
also sums in one order, so that a suggestion does not depend on the number of cores.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@functools.cache
def _libraries() -> tuple[Any, ...]:
    """The BLAS libraries that numpy and scipy have loaded (threadpoolctl's controllers)."""
    from threadpoolctl import ThreadpoolController  # scikit-learn brings it

    return tuple(ThreadpoolController().select(user_api="blas").lib_controllers)


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Keep BLAS to one thread inside the block; from any thread, also several at once.

    A library that has one thread already is left alone on the way in and on the way
    out. So of two calls that overlap, the later one never restores what the earlier one
    set, as threadpoolctl's own context manager would.
    """
    wide = [(library, library.num_threads) for library in _libraries()]
    wide = [(library, threads) for library, threads in wide if threads and threads > 1]
    for library, _ in wide:
        library.set_num_threads(1)
    try:
        yield
    finally:
        for library, threads in wide:
            library.set_num_threads(threads)
