"""A Jupyter kernel of this Python, for tests and benchmarks that do what a page does."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any


@contextmanager
def running_kernel(environment: Mapping[str, str], patience_s: float = 60.0) -> Iterator[Any]:
    """A jupyter_client of a new kernel that is ready; the kernel ends with the block.

    Args:
        environment: variables of the kernel's process, all of them.
        patience_s: how long the kernel may take to answer.
    """
    from jupyter_client.manager import KernelManager

    manager = KernelManager()
    assert manager.kernel_spec is not None  # ipykernel's own
    manager.kernel_spec.argv[0] = sys.executable
    manager.start_kernel(env={**environment, "PYDEVD_DISABLE_FILE_VALIDATION": "1"})
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=patience_s)
        yield client
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
