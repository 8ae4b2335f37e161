"""Where runs execute: `concurrent.futures.Executor` is the only interface.

`make_executor` turns what a person passes as ``executor=`` into a `Placement`: the
executor and what the agent has to know of it.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NoAnswerError  # the builtin one from Python 3.11 on
from dataclasses import dataclass
from typing import Any

from nbsweep import threads
from nbsweep.errors import UsageError
from nbsweep.executors import worker
from nbsweep.executors.base import InlineExecutor, ThreadExecutor
from nbsweep.executors.portable import PortableFunction, execute_once, whereabouts
from nbsweep.records import RunOutcome, WorkOrder

THREADS_END_S = 0.5  # to store how runs ended
PROCESSES_END_S = 1.5  # to end worker processes as well
PROBE_S = 20.0  # how long an executor may take to say where its workers are


@dataclass(frozen=True)
class Placement:
    """An executor, and what the agent has to know of it.

    Attributes:
        executor: takes the runs.
        hosts: host names of worker processes as far as known; None when runs execute
            in this process.
        owned: whether it was made for this agent, which then shuts it down.
    """

    executor: Executor
    hosts: frozenset[str] | None = None
    owned: bool = False

    @property
    def end_s(self) -> float:
        """Seconds before a deadline by which runs have to have ended, to be shut down in time."""
        return PROCESSES_END_S if self.owned and self.hosts is not None else THREADS_END_S

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

    Where no thread can be started, "threads" is "inline".

    Args:
        executor: "threads", "inline", "processes", "ray", a concurrent.futures.Executor
            or a distributed.Client.
        workers: runs under way at once.
        workers_per_gpu: how many workers may share a GPU; None shares them evenly.

    Raises:
        UsageError: that is not an executor, or there are too few GPUs.
    """
    if executor == "threads" and threads.can_begin():
        return Placement(ThreadExecutor(), owned=True)
    if executor in ("threads", "inline"):
        return Placement(InlineExecutor(), owned=True)
    if executor == "processes":
        try:
            from nbsweep.executors.processes import ProcessExecutor
        except ImportError as error:  # such as of _multiprocessing
            raise UsageError(
                f"executor='processes': this Python starts no processes ({error}). Leave executor "
                "out, or pass 'inline'."
            ) from error

        hosts = frozenset({socket.gethostname()})
        return Placement(ProcessExecutor(workers, workers_per_gpu), hosts, owned=True)
    if executor == "ray":
        from nbsweep.executors import ray

        tasks, hosts = ray.connect(workers, workers_per_gpu)
        return Placement(tasks, hosts, owned=True)
    if isinstance(executor, Executor):
        return Placement(executor, _hosts(executor))
    from nbsweep.executors import dask

    if dask.is_client(executor):
        return Placement(*dask.connect(executor))
    raise UsageError(
        f"executor: {_shown(executor)}. Accepted: 'threads' (the default: training "
        "runs beside the main thread), 'inline' (on the main thread), 'processes' (in worker "
        "processes of their own), 'ray' (as Ray tasks), a distributed.Client, or any "
        "concurrent.futures.Executor."
    )


def _shown(executor: object) -> str:
    if isinstance(executor, str):
        return f"unknown name {executor!r}"
    return f"an object of type {type(executor).__name__} is not an executor"


def _hosts(executor: Executor) -> frozenset[str] | None:
    """Ask a foreign executor where it executes; None is this very process."""
    if isinstance(executor, (ThreadExecutor, InlineExecutor, ThreadPoolExecutor)):
        return None
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
