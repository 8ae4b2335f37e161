"""Training functions that are no plain functions: coroutines are run, generators refused."""

from __future__ import annotations

import asyncio
import functools
import inspect
import sys
import threading
from collections.abc import Awaitable, Callable
from types import FunctionType, MethodType, TracebackType
from typing import Any

from nbsweep import threads
from nbsweep.errors import UsageError

WAKE_S = 0.1  # how often the waiting thread looks whether its run was stopped


def complete(function: Callable[[], Any]) -> Any:
    """Call a training function to its end; a coroutine in an event loop of its own thread.

    Raises:
        UsageError: it is a generator, of which nothing would be executed.
    """
    result = function()
    if inspect.isawaitable(result):
        result = _Loop(result).result()
    if _is_generator(result):
        raise UsageError(_refusal(_name(function)))
    return result


def refuse_generators(function: Callable[[], Any]) -> None:
    """Raise UsageError for a function that calling does not execute."""
    for called in (function, vars(type(_unwrapped(function))).get("__call__")):
        plain = _unwrapped(called)
        if inspect.isgeneratorfunction(plain) or inspect.isasyncgenfunction(plain):
            raise UsageError(_refusal(_name(function)))


def is_uncalled(result: Any) -> bool:
    """Whether a training function gave a function, as one does that only makes one."""
    return isinstance(result, (FunctionType, MethodType, functools.partial))


def _refusal(name: str) -> str:
    return (
        f"agent: {name} is a generator (it has a yield), so that calling it executes nothing of "
        "it. Pass a function without yield, or one that uses it up: "
        f"lambda: [None for _ in {name}()]."
    )


def _result_here(awaitable: Awaitable[Any]) -> Any:
    """The result of a coroutine where no thread can be started for it.

    An event loop that runs in this thread, as a browser's always does, cannot be waited for,
    but for pyodide's, in a browser that lets Python wait.

    Raises:
        UsageError: there is such a loop.
    """

    async def result() -> Any:
        return await awaitable

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(result())
    browser = sys.modules.get("pyodide.ffi")
    if browser is not None and browser.can_run_sync():
        return browser.run_sync(result())
    if inspect.iscoroutine(awaitable):
        awaitable.close()
    raise UsageError(
        "agent: the training function is a coroutine, and where no thread can be started none can "
        "be waited for while an event loop runs. Pass a plain function (def, not async def)."
    )


def _is_generator(value: Any) -> bool:
    kept = getattr(value, "gen", None)  # what @contextmanager makes of a generator
    return any(inspect.isgenerator(it) or inspect.isasyncgen(it) for it in (value, kept))


def _unwrapped(function: Any) -> Any:
    while isinstance(function, (functools.partial, MethodType)):
        function = function.func if isinstance(function, functools.partial) else function.__func__
    return function


def _name(function: Any) -> str:
    plain = _unwrapped(function)
    return str(getattr(plain, "__name__", None) or type(plain).__name__)


class _Loop:
    """An event loop in a thread of its own: the calling one may have a loop that runs.

    The calling thread only waits, so that a stop, which is raised in it, comes through at
    once; it cancels the coroutine then.
    """

    def __init__(self, awaitable: Awaitable[Any]) -> None:
        self._awaitable = awaitable
        self._done = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[Any] | None = None
        self._cancelled = False
        self._value: Any = None
        self._error: BaseException | None = None
        self._trace: TracebackType | None = None

    def result(self) -> Any:
        if threads.begin(self._run, "nbsweep-async") is None:
            return _result_here(self._awaitable)
        try:
            self._wait()
        except BaseException:
            self._cancel()
            self._wait()
            raise
        if self._error is not None:
            raise self._error.with_traceback(self._trace)
        return self._value

    def _wait(self) -> None:
        while not self._done.wait(WAKE_S):
            pass

    def _run(self) -> None:
        try:
            asyncio.run(self._main())
        except BaseException as error:  # noqa: BLE001 - raised in the thread that waits
            self._error = self._error or error
        finally:
            self._done.set()

    async def _main(self) -> None:
        self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
        if self._cancelled:
            return
        try:
            self._value = await self._awaitable
        except BaseException as error:
            self._error = error
            self._trace = error.__traceback__.tb_next if error.__traceback__ else None
            raise

    def _cancel(self) -> None:
        self._cancelled = True
        if self._loop is not None and self._task is not None and not self._done.is_set():
            try:
                self._loop.call_soon_threadsafe(self._task.cancel)
            except RuntimeError:  # it has ended meanwhile
                return
