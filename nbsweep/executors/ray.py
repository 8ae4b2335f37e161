"""``executor="ray"``: runs as tasks of a Ray cluster, or of a local Ray started for them."""

from __future__ import annotations

import importlib
import os
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from functools import partial
from typing import Any, ParamSpec, TypeVar

from nbsweep.errors import MissingDependencyError
from nbsweep.executors.base import WorkerLostError
from nbsweep.executors.portable import settle

P = ParamSpec("P")
T = TypeVar("T")


def connect(workers: int, workers_per_gpu: int | None) -> tuple[RayExecutor, frozenset[str]]:
    """An executor on Ray, and the hosts of its workers.

    Ray is the cluster that this process is connected to, else a local one.

    Connect with ``ray.init(address=...)`` first to use a cluster. A Ray that is started
    here ends with the executor.

    Raises:
        MissingDependencyError: Ray is not installed.
    """
    try:
        ray = importlib.import_module("ray")
    except ImportError as error:
        raise MissingDependencyError(
            'executor="ray" needs an extra package: pip install "nbsweep[ray]"'
        ) from error

    started = not ray.is_initialized()
    if started:
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is sent anywhere
        # Prints of a run are kept with the run; Ray would repeat them in whatever cell is next.
        ray.init(
            num_cpus=workers, include_dashboard=False, log_to_driver=False, configure_logging=False
        )
    hosts = frozenset(node["NodeManagerHostname"] for node in ray.nodes() if node["Alive"])
    executor = RayExecutor(
        gpus_each=_share(ray.cluster_resources().get("GPU", 0), workers, workers_per_gpu),
        stop_ray=started,
    )
    return executor, hosts


def _share(gpus: float, workers: int, workers_per_gpu: int | None) -> float:
    """How much of a GPU a task asks for, so that Ray gives it its own device."""
    if not gpus:
        return 0.0
    return 1 / workers_per_gpu if workers_per_gpu else min(1.0, gpus / workers)


class RayExecutor(Executor):
    """Executes calls as Ray tasks that Ray does not repeat by itself.

    A call whose worker process or node went away gets WorkerLostError.

    Args:
        gpus_each: share of a GPU that a call needs.
        stop_ray: whether to shut Ray down with the executor.
    """

    def __init__(self, gpus_each: float = 0.0, stop_ray: bool = False) -> None:
        self._ray = importlib.import_module("ray")
        self._settle = self._ray.remote(
            max_retries=0, retry_exceptions=False, num_cpus=1, num_gpus=gpus_each
        )(settle)
        self._stop_ray = stop_ray
        self._lock = threading.Lock()
        self._tasks: dict[Future[Any], Any] = {}
        self._closed = False

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Execute `fn` as a task."""
        future: Future[T] = Future()
        with self._lock:
            if self._closed:
                raise RuntimeError("the executor was shut down")
            task = self._settle.remote(fn, args, kwargs)
            self._tasks[future] = task
        future.set_running_or_notify_cancel()  # Ray does not tell when a task begins
        task.future().add_done_callback(partial(self._pass_on, future))
        return future

    def kill(self, future: Future[Any]) -> None:
        """End the worker process of a call; the call gets WorkerLostError."""
        with self._lock:
            task = self._tasks.get(future)
        if task is not None:
            self._ray.cancel(task, force=True)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more calls; a Ray that was started for this executor ends."""
        with self._lock:
            self._closed = True
            tasks = dict(self._tasks)
        if cancel_futures:
            for future in tasks:
                self.kill(future)
        if wait and tasks:
            self._ray.wait(list(tasks.values()), num_returns=len(tasks))
        if self._stop_ray:
            self._stop_ray = False
            self._ray.shutdown()

    def _pass_on(self, future: Future[Any], done: Future[Any]) -> None:
        """End `future` as the task ended, on a thread of Ray's."""
        with self._lock:
            self._tasks.pop(future, None)
        lost = done.exception()
        if lost is None:
            result, error = done.result()
        else:  # `settle` catches what the call raises, so that this is Ray's own
            error = WorkerLostError(f"the Ray worker that had the run ended: {_in_short(lost)}")
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)


def _in_short(error: BaseException) -> str:
    """The line of Ray's message that says why: the last one of a traceback, else the first."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[-1 if type(error).__name__ == "RayTaskError" else 0]
