"""``executor="processes"``: worker processes on this machine, one loky executor each.

One executor per worker, because a pool is broken as a whole when one of its processes
dies: here a native crash ends its own run, that worker is replaced, the others go on.
pebble's pool outlives its workers by itself. But it pickles without cloudpickle, gives no
worker an environment of its own (its GPU), and does not tell which process has a call,
which an interrupt has to reach.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, ParamSpec, TypeVar

from nbsweep.errors import UsageError
from nbsweep.executors.base import WorkerLostError
from nbsweep.executors.offspring import (
    chosen_start_method,
    end_pools_first,
    send_by_value,
    use_start_method,
)
from nbsweep.executors.portable import interrupt_call, preempt_call
from nbsweep.runs.forks import take_signal

P = ParamSpec("P")
T = TypeVar("T")

# Windows has no signals to other processes: there a run ends at its next log, or is killed.
STOP_SIGNAL = getattr(signal, "SIGUSR2", None)
NVIDIA_SMI_TIMEOUT_S = 10.0
PARENT_CHECK_S = 1.0
# loky replaces workers that grew by 300 MB. Runs of a sweep differ in size for good
# reasons, and a replaced worker imports torch again.
_NO_RECYCLING = {"LOKY_MAX_MEMORY_LEAK_SIZE": "1e18"}


@dataclass
class _Call:
    future: Future[Any]
    function: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]


class _Worker:
    """One worker process."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        from loky.process_executor import ProcessPoolExecutor

        self._executor = ProcessPoolExecutor(
            max_workers=1,
            initializer=_begin,
            initargs=(os.getpid(), chosen_start_method()),
            env={**_NO_RECYCLING, **environment},
        )
        self._pid: Future[int] = self._executor.submit(os.getpid)

    def submit(self, call: _Call) -> Future[Any]:
        future: Future[Any] = self._executor.submit(call.function, *call.args, **call.kwargs)
        return future

    def interrupt(self) -> None:
        if STOP_SIGNAL is not None and self._pid.done() and not self._pid.exception():
            with suppress(ProcessLookupError):
                os.kill(self._pid.result(), STOP_SIGNAL)

    def kill(self) -> None:
        """End the process, and those that it started, and wait until it is gone."""
        self._executor.shutdown(wait=True, kill_workers=True)

    def shutdown(self, wait: bool) -> None:
        self._executor.shutdown(wait=wait)


class ProcessExecutor(Executor):
    """Executes calls in worker processes, started when they are first needed.

    Functions and arguments are pickled by cloudpickle. A call whose process dies gets
    WorkerLostError. Workers ignore SIGINT, which a kernel's interrupt sends to the
    whole process group: what is to stop is up to the agent.

    Args:
        workers: number of processes.
        workers_per_gpu: how many may share a GPU; None shares the GPUs evenly.

    Raises:
        UsageError: `workers` are more than the GPUs allow.
    """

    def __init__(self, workers: int = 1, workers_per_gpu: int | None = None) -> None:
        self._environments = [
            {} if device is None else {"CUDA_VISIBLE_DEVICES": device}
            for device in assign_devices(visible_devices(), workers, workers_per_gpu)
        ]
        self._lock = threading.RLock()  # a call that ends at once comes back on this thread
        self._free = list(range(workers))
        self._workers: dict[int, _Worker] = {}
        self._waiting: deque[_Call] = deque()
        self._running: dict[Future[Any], int] = {}
        self._closed = False
        self._idle = threading.Condition(self._lock)

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Execute `fn` in the next free process."""
        future: Future[T] = Future()
        with self._lock:
            if self._closed:
                raise RuntimeError("the executor was shut down")
            self._waiting.append(_Call(future, fn, args, kwargs))
            self._dispatch()
        return future

    def interrupt(self, future: Future[Any]) -> None:
        """Raise RunStopped in the training function of a call, as soon as Python gets to run.

        Code inside a long C call sees it when that call returns. No effect on Windows.
        """
        with self._lock:
            slot = self._running.get(future)
            if slot is not None:
                self._workers[slot].interrupt()

    def kill(self, future: Future[Any]) -> None:
        """End the process of a call; the call gets WorkerLostError."""
        with self._lock:
            slot = self._running.get(future)
            worker = None if slot is None else self._workers[slot]
        if worker is None:
            future.cancel()
        else:
            worker.kill()  # without the lock: the call's end, on loky's thread, takes it

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more calls; the processes end when those under way have."""
        with self._lock:
            self._closed = True
            if cancel_futures:
                for call in self._waiting:
                    call.future.cancel()
            while wait and (self._running or self._waiting):
                self._idle.wait()
            workers = list(self._workers.values())
        enders = [threading.Thread(target=worker.shutdown, args=(wait,)) for worker in workers]
        for ender in enders:  # all at once: an interpreter that holds torch takes its time
            ender.start()
        for ender in enders:
            ender.join()

    def _dispatch(self) -> None:
        """Give waiting calls to free processes; called with the lock held."""
        while self._free and self._waiting:
            call = self._waiting.popleft()
            if not call.future.set_running_or_notify_cancel():
                continue
            slot = self._free.pop(0)
            self._running[call.future] = slot
            try:
                inner = self._start(slot, call)
            except Exception as error:  # noqa: BLE001 - whatever the arguments' pickling raises
                self._end(call, slot, error, None)
                continue
            inner.add_done_callback(partial(self._ended, call, slot))

    def _start(self, slot: int, call: _Call) -> Future[Any]:
        if slot in self._workers:
            with suppress(BrokenExecutor):  # it died while it had nothing to do
                return self._workers[slot].submit(call)
        self._workers[slot] = _Worker(self._environments[slot])
        return self._workers[slot].submit(call)

    def _ended(self, call: _Call, slot: int, done: Future[Any]) -> None:
        if done.cancelled():
            self._end(call, slot, WorkerLostError("the worker process was ended"), None)
            return
        error = done.exception()
        self._end(call, slot, error, None if error else done.result())

    def _end(self, call: _Call, slot: int, error: BaseException | None, result: Any) -> None:
        with self._lock:
            del self._running[call.future]
            self._free.append(slot)
            self._free.sort()
            if _is_dead(error):
                assert error is not None
                self._workers.pop(slot, None)
                error = WorkerLostError(_cause(error))
            self._dispatch()
            self._idle.notify_all()
        if error is None:
            call.future.set_result(result)
        else:
            call.future.set_exception(error)


def _begin(parent: int, start_method: str | None) -> None:
    """Set a new worker process up; runs in it before anything else.

    Args:
        parent: the process whose end is to be its end.
        start_method: by which training code starts processes; None for the platform's.
    """
    use_start_method(start_method)  # loky leaves its own, which takes none but its processes
    send_by_value()
    end_pools_first()
    # A function, not SIG_IGN: programs that training code starts would inherit that.
    signal.signal(signal.SIGINT, lambda *_: None)
    take_signal(signal.SIGTERM, preempt_call)
    hangup = getattr(signal, "SIGHUP", None)  # a terminal that closes sends it to all; nohup none
    if hangup is not None and signal.getsignal(hangup) is not signal.SIG_IGN:
        take_signal(hangup, preempt_call)
    if STOP_SIGNAL is not None:
        take_signal(STOP_SIGNAL, interrupt_call)
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: int) -> None:
    """End this process once the one that started it is gone.

    A worker cannot tell by its pipe, of which it holds both ends, and would keep its GPU
    for good. The next agent finds the run's process gone and hands its point out again.
    """
    import psutil

    with suppress(psutil.NoSuchProcess):
        agent = psutil.Process(parent)
        while os.getppid() == parent and agent.is_running():  # Windows does not change the number
            time.sleep(PARENT_CHECK_S)
    os._exit(1)


def _is_dead(error: BaseException | None) -> bool:
    from loky.process_executor import ShutdownExecutorError

    return isinstance(error, (BrokenExecutor, ShutdownExecutorError))


def _cause(error: BaseException) -> str:
    """In one line how a worker process ended, from loky's words."""
    ending = re.search(r"\{(\w+)\((-?\d+)\)", str(error))
    if ending is None:
        return f"the worker process ended: {str(error).splitlines()[0] or type(error).__name__}"
    name, code = ending.groups()
    hint = ", by hand or by the system for lack of memory" if name == "SIGKILL" else ""
    shown = "" if name in ("EXIT", "UNKNOWN") else f" ({name}{hint})"
    return f"the worker process ended: exit code {code}{shown}"


def visible_devices(environment: Mapping[str, str] = os.environ) -> list[str]:
    """The CUDA devices that this process may use, as CUDA_VISIBLE_DEVICES spells them.

    Without the variable, what ``nvidia-smi -L`` lists: numbers, or UUIDs where a GPU is
    divided (MIG). Empty without a GPU; torch is not imported.
    """
    named = environment.get("CUDA_VISIBLE_DEVICES")
    if named is not None:
        devices = [device.strip() for device in named.split(",") if device.strip()]
        return devices[: devices.index("-1")] if "-1" in devices else devices
    program = shutil.which("nvidia-smi")
    if program is None:
        return []
    try:
        listing = subprocess.run(
            [program, "-L"],
            capture_output=True,
            text=True,
            timeout=NVIDIA_SMI_TIMEOUT_S,
            check=False,
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return []
    return _listed_devices(listing)


def _listed_devices(listing: str) -> list[str]:
    """Device names from the output of ``nvidia-smi -L``; parts of a GPU instead of the GPU."""
    parts = re.findall(r"^\s+MIG .*UUID: (MIG-[^)\s]+)", listing, flags=re.MULTILINE)
    return parts or re.findall(r"^GPU (\d+):", listing, flags=re.MULTILINE)


def assign_devices(
    devices: Sequence[str], workers: int, workers_per_gpu: int | None
) -> list[str | None]:
    """The device of each worker; None for all of them where there are no devices.

    Raises UsageError when `workers_per_gpu` leaves workers without a device.
    """
    if workers_per_gpu is not None and workers_per_gpu < 1:
        raise UsageError(
            f"workers_per_gpu={workers_per_gpu!r}: a whole number of at least 1 is needed."
        )
    if not devices:
        return [None] * workers
    if workers_per_gpu is not None and workers > len(devices) * workers_per_gpu:
        raise UsageError(
            f"workers={workers} are too many for the GPUs {', '.join(devices)} with "
            f"workers_per_gpu={workers_per_gpu}. Pass workers={len(devices) * workers_per_gpu} or "
            f"workers_per_gpu={-(-workers // len(devices))}."
        )
    return [devices[number % len(devices)] for number in range(workers)]
