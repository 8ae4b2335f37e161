"""Training functions that travel: pickled once, by value, and called in another process.

cloudpickle takes functions of a notebook along with what they refer to. The receiving
process keeps the function of its last run, so that module-like state and imports are
not repeated for every run.
"""

from __future__ import annotations

import hashlib
import inspect
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

from nbsweep.errors import RunStopped, UsageError
from nbsweep.executors import worker
from nbsweep.executors.base import WorkerLostError
from nbsweep.executors.coroutines import complete
from nbsweep.executors.offspring import may_have_children, send_by_value
from nbsweep.executors.seeding import seed_generators
from nbsweep.records import RunOutcome, RunState, WorkOrder
from nbsweep.runs import session
from nbsweep.store import open_store
from nbsweep.store.patience import lasting

MAX_DEPTH = 4  # calls followed when looking for what cannot be pickled


class PortableFunction:
    """A training function that pickles itself by value, at most once.

    Called in the process that made it, it is the function itself.
    """

    def __init__(self, function: Callable[[], Any]) -> None:
        self._function = function
        self._payload: bytes | None = None

    def __call__(self) -> Any:
        """Call the function."""
        return self._function()

    def pack(self) -> bytes:
        """The function as bytes.

        Raises UsageError when something that it refers to cannot be pickled.
        """
        if self._payload is None:
            import cloudpickle

            try:
                self._payload = cloudpickle.dumps(self._function)
            except Exception as error:  # __reduce__ of the user's objects may raise anything
                raise UsageError(_refusal(self._function, error)) from error
        return self._payload

    def __reduce__(self) -> tuple[Any, ...]:
        payload = self.pack()
        return _unpack, (hashlib.blake2b(payload, digest_size=16).digest(), payload)


@lasting()
def execute_once(order: WorkOrder, function: Callable[[], Any]) -> RunOutcome:
    """`worker.execute`, where the machinery in between may repeat a call by itself.

    Dask runs a task again when the worker that had it went away. The run of that order
    is lost then; the agent decides whether its point is tried again, as a new attempt.

    Raises:
        WorkerLostError: this order was begun before.
    """
    if whereabouts() != (order.run.host, order.run.pid):
        session.use_store(order.store_url)  # for nbsweep.Sweep(...) in the training code
    stored = open_store(order.store_url, existing=True).run(order.run.id)
    waits = stored.state is RunState.PENDING
    if not waits if order.run.continued else stored.started_at is not None:
        raise WorkerLostError("the worker process that had the run ended")
    if whereabouts() == (order.run.host, order.run.pid):  # threads of Dask, in this process
        return worker.execute(order, function)
    send_by_value()
    with may_have_children():
        return worker.execute(order, function)


def settle(
    function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[Any, BaseException | None]:
    """Call a function: its result and None, or None and what it raised.

    For machinery that hangs or wraps it when a task raises, RunStopped above all.
    """
    try:
        return function(*args, **kwargs), None
    except BaseException as error:  # noqa: BLE001 - handed to the caller's future as it is
        error.__traceback__ = None
        return None, error


def whereabouts() -> tuple[str, int]:
    """Host name and process id of whoever calls it."""
    return socket.gethostname(), os.getpid()


# In the process where the function arrives

_last: tuple[bytes, ArrivedFunction] | None = None
_interruptible = False


class ArrivedFunction:
    """A function that came from another process; seeds the generators before each call."""

    def __init__(self, function: Callable[[], Any]) -> None:
        self._function = function

    def __call__(self) -> Any:
        """Call the function; meanwhile `interrupt_call` may raise in it."""
        global _interruptible  # noqa: PLW0603 - signals reach the process, not an object
        if threading.current_thread() is not threading.main_thread():
            return complete(self._function)  # others beside it may share the generators
        seed_generators(getattr(session.assigned_run(), "seed", None))
        _interruptible = True
        try:
            return complete(self._function)
        finally:
            _interruptible = False


def _after_fork() -> None:
    global _interruptible  # noqa: PLW0603 - signals reach the process, not an object
    _interruptible = False  # a child that the function started is not the one to be stopped


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def interrupt_call(*_: object) -> None:
    """Signal handler: raise RunStopped in the training function, at most once a call.

    Outside of one, where a raise would break the storing of a run's end, it does nothing.
    """
    global _interruptible  # noqa: PLW0603 - signals reach the process, not an object
    if _interruptible:
        _interruptible = False
        raise RunStopped(reason="interrupted")


def preempt_call(number: int, _frame: object) -> None:
    """Signal handler: the process is being taken away; end the training function in order.

    Its run is handed out again. Outside of one, and the second time, the process ends.
    """
    global _interruptible  # noqa: PLW0603 - signals reach the process, not an object
    signal.signal(number, signal.SIG_DFL)
    if not _interruptible:
        signal.raise_signal(number)
    _interruptible = False
    raise RunStopped(reason="terminated", state=RunState.PREEMPTED)


def _unpack(digest: bytes, payload: bytes) -> ArrivedFunction:
    global _last  # noqa: PLW0603 - one function a process, so that its state and imports stay
    last = _last
    if last is not None and last[0] == digest:
        return last[1]
    try:
        function = ArrivedFunction(_loads(payload))
    except Exception as error:  # noqa: BLE001 - importing the user's modules may raise anything
        return ArrivedFunction(_Unloadable(error))
    _last = digest, function
    return function


def _loads(payload: bytes) -> Callable[[], Any]:
    import cloudpickle

    function: Callable[[], Any] = cloudpickle.loads(payload)
    return function


class _Unloadable:
    """Stands for a function that could not be loaded: its runs fail, with the reason."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def __call__(self) -> None:
        raise RuntimeError(
            "The training function could not be loaded in the worker process. The modules that "
            "it uses must be importable there too."
        ) from self._error


# What to say about a function that cannot travel


def _refusal(function: Callable[[], Any], error: Exception) -> str:
    name = getattr(function, "__name__", type(function).__name__)
    head = f"{name} cannot be sent to another process: "
    culprit = _culprit(function, MAX_DEPTH)
    if culprit is None:
        reason = f"{type(error).__name__}: {error}."
    else:
        path, value = culprit
        reason = f"it uses {path}, and a {type(value).__name__} cannot be pickled."
    return (
        f"{head}{reason} Make such objects (open files, locks, connections, generators) inside "
        f"{name}, or use executor='threads'."
    )


def _culprit(function: object, depth: int) -> tuple[str, object] | None:
    """The innermost thing a function refers to that cannot be pickled, and its path."""
    for name, value in _referred(function):
        if _can_be_pickled(value):
            continue
        inner = _culprit(value, depth - 1) if depth else None
        return (f"{name} → {inner[0]}", inner[1]) if inner else (name, value)
    return None


def _referred(function: object) -> Iterator[tuple[str, object]]:
    if inspect.ismethod(function):
        function = function.__func__
    if inspect.isfunction(function):
        variables = inspect.getclosurevars(function)
        yield from variables.nonlocals.items()
        yield from variables.globals.items()
        for number, default in enumerate(function.__defaults__ or ()):
            yield f"default {number + 1}", default
    elif not isinstance(function, type):
        yield from ((f".{key}", value) for key, value in getattr(function, "__dict__", {}).items())


def _can_be_pickled(value: object) -> bool:
    import cloudpickle

    try:
        cloudpickle.dumps(value)
    except Exception:  # noqa: BLE001 - __reduce__ of the user's objects may raise anything
        return False
    return True
