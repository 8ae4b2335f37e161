"""Takes over signals of the process for as long as an agent works."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from nbsweep.runs.forks import give_back_signal, take_signal


class Signals:
    """Hands signals to functions instead of raising, so that none breaks a step in two.

    Only the main thread can take signals over; elsewhere, and where training code on
    the main thread should get its KeyboardInterrupt, it does nothing.

    Args:
        calls: signal to what it calls.
        enabled: whether to take them over.
    """

    def __init__(self, calls: Mapping[int, Callable[[], None]], *, enabled: bool) -> None:
        self._calls = calls if enabled else {}
        self._before: dict[int, Any] = {}

    def __enter__(self) -> None:
        if threading.current_thread() is threading.main_thread():
            for number, call in self._calls.items():
                self._before[number] = take_signal(number, partial(_without_arguments, call))

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            give_back_signal(number, handler)


def _without_arguments(call: Callable[[], None], *_: object) -> None:
    call()
