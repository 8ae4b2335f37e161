"""Unix time that nobody sets."""

from __future__ import annotations

import time
from collections.abc import Callable


def steady_clock() -> Callable[[], float]:
    """A clock that shows the unix time now and from then on counts seconds.

    Whoever measures what takes its time, a run for one, reads no jump from it when the
    system's clock is set, and none when the machine slept.
    """
    began, monotonic = time.time() - time.monotonic(), time.monotonic

    def clock() -> float:
        return began + monotonic()

    return clock
