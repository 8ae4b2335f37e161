"""A thread that does one thing after the other, or nobody but the caller where there is none."""

from __future__ import annotations

import contextvars
import logging
import queue
import threading
from collections.abc import Callable

_log = logging.getLogger(__name__)


class Jobs:
    """A queue and the thread that works through it; `put` may be called on any thread.

    The thread starts with the first job; where none can be started each job is done at once, by
    whoever puts it. It has the context of whoever made the queue, so
    that what a job prints or displays finds its cell.

    Args:
        name: of the thread.
    """

    def __init__(self, name: str) -> None:
        self._queue: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(
            target=contextvars.copy_context().run, args=(self._work,), name=name, daemon=True
        )
        self._lock = threading.Lock()
        self._is_open = True
        self._has_thread = True

    def put(self, job: Callable[[], None]) -> bool:
        """Have a job done after those that are waiting; False, and never, once it is closed."""
        with self._lock:
            if not self._is_open:
                return False
            if self._thread.ident is None and self._has_thread:
                try:
                    self._thread.start()
                except RuntimeError:  # the system has none, or no more of them
                    self._has_thread = False
            if self._has_thread:
                self._queue.put(job)
                return True
        _guarded(job)
        return True

    def do(self, job: Callable[[], None]) -> None:
        """Have a job done: after those that are waiting, or at once where that is its turn.

        That is on the thread itself, and once the queue is closed: then nothing is under way
        that the job could hold up.
        """
        if self.is_here() or not self.put(job):
            job()

    def is_here(self) -> bool:
        """Whether the calling thread is the one that does the jobs."""
        return threading.current_thread() is self._thread

    def close(self) -> None:
        """Take no more jobs, and end the thread after those that are waiting."""
        with self._lock:
            self._is_open = False
            self._queue.put(None)

    def _work(self) -> None:
        while (job := self._queue.get()) is not None:
            _guarded(job)


def _guarded(job: Callable[[], None]) -> None:
    try:
        job()
    except Exception as error:  # noqa: BLE001 - a thread has no caller to tell
        _log.warning("panel: %s: %s", type(error).__name__, error)
