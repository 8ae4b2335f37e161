"""Threads, and taking turns where a system starts none, as Python in a browser (pyodide).

What a thread would do again and again is done there by whoever passes by: `log`, a run that
begins or ends, an agent that waits. All of it happens on one thread then, and nothing while a
training function computes without logging.
"""

from __future__ import annotations

import contextvars
import logging
import threading
import time
from collections.abc import Callable

_log = logging.getLogger("nbsweep")
_turns: list[Turns] = []
_passing = threading.Lock()

# Processor seconds of the calling thread; of the process where threads are not told apart.
cpu_time: Callable[[], float] = getattr(time, "thread_time", time.process_time)


def begin(work: Callable[[], object], name: str) -> threading.Thread | None:
    """Start a daemon thread in a copy of the caller's context; None where none can be started.

    A plain thread sees neither the caller's context variables nor its cell.
    """
    run = contextvars.copy_context().run
    thread = threading.Thread(target=run, args=(work,), name=name, daemon=True)
    try:
        thread.start()
    except RuntimeError:  # the system has none, or no more of them
        return None
    return thread


def can_begin() -> bool:
    """Whether a thread can be started now."""
    return begin(lambda: None, "nbsweep-probe") is not None


class Turns:
    """What is done again and again without a thread, by whoever calls `pass_by`.

    Args:
        step: does it once, and returns the seconds until the next time.
        wait_s: until the first time.
        name: for the log.
        clock: monotonic, in seconds.
    """

    def __init__(
        self,
        step: Callable[[], float],
        wait_s: float,
        name: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._step = step
        self._name = name
        self._clock = clock
        self._due_at = clock() + wait_s
        _turns.append(self)

    def take(self) -> None:
        """Do it once, if it is time."""
        if self._clock() < self._due_at:
            return
        try:
            wait_s = self._step()
        except Exception as error:  # noqa: BLE001 - it would end a thread, and not who passes by
            _log.warning("%s ended: %s: %s", self._name, type(error).__name__, error)
            self.end()
        else:
            self._due_at = self._clock() + wait_s

    def end(self) -> None:
        """Do it no more."""
        if self in _turns:
            _turns.remove(self)


def pass_by() -> None:
    """Do what is due of everything that has no thread; costs nothing where threads are."""
    # Not in the middle of itself, and not twice at once where other threads do exist.
    if _turns and _passing.acquire(blocking=False):
        try:
            for turns in list(_turns):
                turns.take()
        finally:
            _passing.release()
