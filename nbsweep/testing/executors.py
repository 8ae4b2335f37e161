"""The contract of an executor: `concurrent.futures.Executor`, as the agent uses it."""

from __future__ import annotations

import threading
from concurrent.futures import Executor, Future, wait
from typing import Any

from nbsweep.errors import RunStopped


def _double(value: int) -> int:
    return 2 * value


def _fail() -> None:
    raise ValueError("a message")


def _stop() -> None:
    raise RunStopped("run", "enough")


class ExecutorContract:
    """Inherit from it and define `executor()`; pytest runs the tests below.

    Example:
        >>> class TestThreads(ExecutorContract):
        ...     def executor(self):
        ...         return ThreadExecutor()
    """

    def executor(self) -> Executor:
        """A fresh executor."""
        raise NotImplementedError

    def test_result_arrives(self) -> None:
        """What the function returns is the future's result."""
        with self.executor() as executor:
            assert executor.submit(_double, 21).result(timeout=30) == 42

    def test_error_arrives_and_the_executor_goes_on(self) -> None:
        """An exception belongs to its future, whatever it derives from."""
        with self.executor() as executor:
            error = executor.submit(_fail).exception(timeout=30)
            assert isinstance(error, ValueError)
            assert str(error) == "a message"
            assert isinstance(executor.submit(_stop).exception(timeout=30), RunStopped)
            assert executor.submit(_double, 1).result(timeout=30) == 2

    def test_many_calls_all_end(self) -> None:
        """Each of many futures ends with its own result, whatever the order."""
        with self.executor() as executor:
            futures = [executor.submit(_double, n) for n in range(50)]
            done, pending = wait(futures, timeout=60)
            assert not pending
            assert sorted(future.result() for future in done) == [2 * n for n in range(50)]

    def test_callback_is_called_once_when_the_future_ends(self) -> None:
        """The agent waits for callbacks, not for futures."""
        seen: list[Any] = []
        called = threading.Event()
        with self.executor() as executor:

            def note(ended: Future[int]) -> None:
                seen.append(ended.result())
                called.set()

            executor.submit(_double, 3).add_done_callback(note)
            assert called.wait(30)
        assert seen == [6]
