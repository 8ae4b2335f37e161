"""Where runs execute: `concurrent.futures.Executor` is the only interface.

`make_executor` turns what a person passes as ``executor=`` into a `Placement`: the
executor and what the agent has to know of it.
"""

from __future__ import annotations

import contextvars
import ctypes
import os
import socket
import threading
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NoAnswerError  # the builtin one from Python 3.11 on
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar

from nbsweep.errors import RunStopped, UsageError
from nbsweep.executors import worker
from nbsweep.records import RunOutcome, WorkOrder

P = ParamSpec("P")
T = TypeVar("T")

PROBE_S = 20.0  # how long an executor may take to say where its workers are


class WorkerLostError(BrokenExecutor):
    """The process or machine that had a run went away; the executor goes on without it."""


class InlineExecutor(Executor):
    """Runs each call at once on the caller's thread, for code that needs the main thread."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Call `fn` and return the ended future."""
        future: Future[T] = Future()
        future.set_running_or_notify_cancel()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 - what the caller's function raises, as any Executor
            future.set_exception(error)
        return future


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
            ctypes.pythonapi.PyThreadState_SetAsyncExc(
                ctypes.c_ulong(thread.ident), ctypes.py_object(RunStopped)
            )


@dataclass(frozen=True)
class Placement:
    """An executor, and what the agent has to know of it.

    Attributes:
        executor: takes the runs.
        owned: whether it was made for this agent, which then shuts it down.
        hosts: host names of worker processes as far as known; None when runs execute
            in this process.
    """

    executor: Executor
    owned: bool = False
    hosts: frozenset[str] | None = None

    @property
    def remote(self) -> bool:
        """Whether some of the workers are on other hosts."""
        return self.hosts is not None and not self.hosts <= {socket.gethostname()}

    def prepare(self, function: Callable[[], Any], store_url: str) -> Callable[[], Any]:
        """The function in the form that the executor takes.

        Raises UsageError when the function cannot travel to the workers, or when they
        could not reach the store.
        """
        if self.hosts is None:
            return function
        from nbsweep.executors.portable import PortableFunction

        portable = PortableFunction(function)
        try:
            self._check_store(store_url)
            portable.pack()
        except UsageError:
            self.close()
            raise
        return portable

    def execute(self, order: WorkOrder, function: Callable[[], Any]) -> Future[RunOutcome]:
        """Hand a run to the executor."""
        if self.hosts is None:
            return self.executor.submit(worker.execute, order, function)
        from nbsweep.executors.portable import execute_once

        return self.executor.submit(execute_once, order, function)

    def stop(self, future: Future[Any]) -> None:
        """Raise RunStopped in a run that does not reach its next log, where that is possible."""
        interrupt = getattr(self.executor, "interrupt", None)
        if interrupt is not None:
            interrupt(future)

    def kill(self, future: Future[Any]) -> None:
        """End the worker of a run that cannot be stopped, where that is possible."""
        kill = getattr(self.executor, "kill", None)
        if kill is not None:
            kill(future)
        else:
            future.cancel()

    def close(self) -> None:
        """Shut down an executor that was made for the agent; others are left alone."""
        if self.owned:
            self.executor.shutdown()

    def _check_store(self, url: str) -> None:
        assert self.hosts is not None
        if url.startswith("memory:"):
            raise UsageError(
                f"The store {url} lives in this process, and the workers of this executor are "
                "others. Use a SQLite file (nbsweep.setup(store=None) goes back to the default) "
                "or executor='threads'."
            )
        if self.remote and url.startswith("sqlite:"):
            others = ", ".join(sorted(self.hosts - {socket.gethostname()})[:3])
            raise UsageError(
                f"The store {url} is a file on this host, but workers of this executor are on "
                f"others ({others}). Either keep the runs in PostgreSQL, "
                "nbsweep.setup(store='postgresql+psycopg://user:password@host/database'), or run "
                "them on this host: executor='processes', or a dask.distributed.LocalCluster."
            )


def make_executor(
    executor: object, workers: int = 1, workers_per_gpu: int | None = None
) -> Placement:
    """The placement of an executor's name or of the executor itself.

    Args:
        executor: "threads", "inline", "processes", "ray", a concurrent.futures.Executor
            or a distributed.Client.
        workers: runs under way at once.
        workers_per_gpu: how many workers may share a GPU; None shares them evenly.

    Raises:
        UsageError: that is no executor, or there are too few GPUs.
    """
    if executor == "threads":
        return Placement(ThreadExecutor(), owned=True)
    if executor == "inline":
        return Placement(InlineExecutor(), owned=True)
    if executor == "processes":
        from nbsweep.executors.processes import ProcessExecutor

        host = frozenset({socket.gethostname()})
        return Placement(ProcessExecutor(workers, workers_per_gpu), owned=True, hosts=host)
    if executor == "ray":
        from nbsweep.executors import ray as ray_executor

        return ray_executor.place(workers, workers_per_gpu)
    if isinstance(executor, Executor):
        return Placement(executor, hosts=_hosts(executor))
    from nbsweep.executors import dask as dask_executor

    if dask_executor.is_client(executor):
        return dask_executor.place(executor)
    raise UsageError(
        f"executor: {_shown(executor)}. Accepted: 'threads' (the default: training "
        "runs beside the main thread), 'inline' (on the main thread), 'processes' (in worker "
        "processes of their own), 'ray' (as Ray tasks), a distributed.Client, or any "
        "concurrent.futures.Executor."
    )


def _shown(executor: object) -> str:
    if isinstance(executor, str):
        return f"unknown name {executor!r}"
    return f"an object of type {type(executor).__name__} is no executor"


def _hosts(executor: Executor) -> frozenset[str] | None:
    """Ask a foreign executor where it executes; None is this very process."""
    if isinstance(executor, (ThreadExecutor, InlineExecutor, ThreadPoolExecutor)):
        return None
    from nbsweep.executors.portable import whereabouts

    try:
        host, pid = executor.submit(whereabouts).result(timeout=PROBE_S)
    except NoAnswerError:  # its workers are still to come
        return frozenset()
    except Exception as error:
        raise UsageError(
            f"executor: a {type(executor).__name__} that cannot execute a call of nbsweep "
            f"({type(error).__name__}: {error}). Its workers need nbsweep installed."
        ) from error
    return None if (host, pid) == (socket.gethostname(), os.getpid()) else frozenset({host})
