"""Whether the Jupyter kernel of this process was told to end.

A front end that restarts or shuts a kernel down interrupts it first, as its stop button
does, and sends the request a moment later. The kernel reads that on a thread of its own,
and notes it; so a cell that is under way can tell the one interrupt from the other.
"""

from __future__ import annotations

import time

from nbsweep.view.kernel import in_kernel, shell

# From the interrupt to the request: milliseconds, more on a machine that has much to do.
REQUEST_FOLLOWS_WITHIN_S = 0.5
_POLL_S = 0.01

KERNEL_ENDED = "the kernel was shut down"


def kernel_ends() -> bool:
    """Whether this process is a kernel that was told to end, or to restart."""
    return in_kernel() and bool(getattr(shell(), "exit_now", False))


def interrupted_by_its_end() -> bool:
    """Whether an interrupt that just came belongs to the end of the kernel; waits to know."""
    if not in_kernel():
        return False
    deadline = time.monotonic() + REQUEST_FOLLOWS_WITHIN_S
    while not kernel_ends():
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_S)
    return True
