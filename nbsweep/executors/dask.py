"""``executor=client``: runs on a Dask cluster, by Dask's own concurrent.futures adapter."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import CancelledError, Executor, Future
from functools import partial
from typing import Any, ParamSpec, TypeVar

from nbsweep.errors import UsageError
from nbsweep.executors.base import WorkerLostError
from nbsweep.executors.portable import settle, whereabouts

P = ParamSpec("P")
T = TypeVar("T")

WORKERS_WAIT_S = 20.0  # for the first worker of a cluster that is still starting


def is_client(executor: object) -> bool:
    """Whether that is a `distributed.Client`; does not import distributed."""
    homes = {kind.__module__.partition(".")[0] for kind in type(executor).__mro__}
    return "distributed" in homes and hasattr(executor, "get_executor")


def connect(client: Any) -> tuple[DaskExecutor, frozenset[str] | None]:
    """An executor for a `distributed.Client`, whose cluster stays the caller's, and its hosts.

    The hosts are None when all workers are threads of this process. Raises UsageError for
    an asynchronous client, and when the workers lack nbsweep.
    """
    if client.asynchronous:
        raise UsageError(
            "executor: an asynchronous Dask client cannot be waited for here. Pass "
            "distributed.Client(address) without asynchronous=True."
        )
    try:
        client.wait_for_workers(1, timeout=WORKERS_WAIT_S)
        places = set(client.run(whereabouts).values())
    except (TimeoutError, asyncio.TimeoutError):  # one class from Python 3.11 on
        places = set()  # workers come when there is work, as in an adaptive cluster
    except ImportError as error:
        raise UsageError(
            f"executor: the Dask workers cannot import nbsweep ({error}). Install the same "
            "version there."
        ) from error
    hosts = None if places == {whereabouts()} else frozenset(host for host, _ in places)
    return DaskExecutor(client), hosts


class DaskExecutor(Executor):
    """Executes calls on the workers of a `distributed.Client`.

    A call whose worker went away gets WorkerLostError. Dask itself would repeat it: the
    scheduler moves the tasks of a lost worker to others whatever `retries` says, up to
    its setting ``distributed.scheduler.allowed-failures``. `portable.execute_once`
    turns such a repetition down.
    """

    def __init__(self, client: Any) -> None:
        self._inner: Executor = client.get_executor(pure=False, retries=0)

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Execute `fn` on a worker."""
        future: Future[T] = Future()
        inner = self._inner.submit(settle, fn, args, kwargs)
        future.add_done_callback(lambda ended: inner.cancel() if ended.cancelled() else None)
        inner.add_done_callback(partial(_pass_on, future))
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more calls; the cluster stays."""
        del cancel_futures  # without waiting, Dask drops them anyway
        self._inner.shutdown(wait=wait)


def _pass_on(future: Future[Any], inner: Future[Any]) -> None:
    """End `future` as `inner` ended, on Dask's event loop."""
    if not future.set_running_or_notify_cancel():
        return
    lost = CancelledError() if inner.cancelled() else inner.exception()
    if lost is None:
        result, error = inner.result()
    elif isinstance(lost, CancelledError) or type(lost).__name__ in _LOST:
        error = WorkerLostError(f"the Dask worker that had the run ended: {lost}")
    else:
        error = lost
    if error is None:
        future.set_result(result)
    else:
        future.set_exception(error)


# distributed's names for a task whose worker is gone; by name, as it may not be imported here.
_LOST = {"KilledWorker", "FutureCancelledError", "NoValidWorkerError"}
