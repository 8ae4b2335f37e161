"""What every executor shares, and the two that run in this process: inline and threads."""

from __future__ import annotations

import contextvars
import ctypes
import threading
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future
from typing import Any, ParamSpec, TypeVar

from nbsweep.errors import RunStopped

P = ParamSpec("P")
T = TypeVar("T")


class WorkerLostError(BrokenExecutor):
    """The process or machine that had a run went away; the executor goes on without it."""


class InlineExecutor(Executor):
    """Runs each call at once on the caller's thread, for code that needs the main thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._thread: int | None = None  # that is in a call which may be interrupted
        self._interrupted = False  # whether the call was

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Call `fn` and return the ended future."""
        future: Future[T] = Future()
        future.set_running_or_notify_cancel()
        try:
            try:
                self._interrupted, self._thread = False, threading.get_ident()
                future.set_result(fn(*args, **kwargs))
            finally:
                self._end()
        except RunStopped as error:
            if not self._interrupted:
                raise
            if not future.done():  # else the interrupt came when the call had ended
                future.set_exception(error)
        except Exception as error:  # noqa: BLE001 - what the caller's function raises, as any Executor
            future.set_exception(error)
        return future

    def interrupt(self, future: Future[Any]) -> None:
        """Raise RunStopped in the call under way, whatever its future; from another thread.

        Code inside a long C call sees it when that call returns.
        """
        del future  # the caller of `submit` does not have it yet
        with self._lock:
            if self._thread is not None:
                self._interrupted = True
                _raise_stop_in(self._thread)
                self._thread = None  # once: a second would break the run's end

    def _end(self) -> None:
        """Take no interrupt any more, nor one that has not arrived yet."""
        with self._lock:
            self._thread = None
        ident = ctypes.c_ulong(threading.get_ident())
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ident, None)


def _raise_stop_in(thread: int) -> None:
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(RunStopped))


class ThreadExecutor(Executor):
    """Runs each call on a daemon thread of its own, in a copy of the caller's context.

    Unlike the standard pool it never holds up the end of the interpreter, prints of a
    run land in the cell that started the agent, and one thread can be interrupted.
    How many run at once is up to the agent.
    """

    def __init__(self) -> None:
        self._threads: dict[Future[Any], threading.Thread] = {}

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Start `fn` on a new thread."""
        future: Future[T] = Future()

        def call() -> None:
            future.set_running_or_notify_cancel()
            try:
                result = fn(*args, **kwargs)
            except BaseException as error:  # noqa: BLE001 - what the caller's function raises
                future.set_exception(error)
            else:
                future.set_result(result)
            finally:
                self._threads.pop(future, None)

        # A plain thread sees neither the caller's context variables nor its cell.
        thread = threading.Thread(
            target=contextvars.copy_context().run, args=(call,), name="nbsweep-run", daemon=True
        )
        self._threads[future] = thread
        thread.start()
        return future

    def interrupt(self, future: Future[Any]) -> None:
        """Raise RunStopped in the thread of a future at its next Python instruction.

        Code inside a long C call sees it when that call returns.
        """
        thread = self._threads.pop(future, None)  # once: a second would break the run's end
        if thread is not None and thread.ident is not None and not future.done():
            _raise_stop_in(thread.ident)
