"""What processes that training code forked do otherwise than their parents: signals, and the end.

Signals that nbsweep takes over mean the process that has the run; its children get them as
they would without nbsweep, since pools end their workers by SIGTERM.

What a child logged is written before its end. It comes in ways that ``atexit`` does not
see: `os._exit`, as multiprocessing does, and SIGTERM.
"""

from __future__ import annotations

import atexit
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterable
from types import FrameType
from typing import Any, NoReturn

from nbsweep import threads

LAST_WORDS_S = 5.0  # a store that does not answer must not keep the process
HANDLER_GRACE_S = 1.0  # for the handler of a signal, which ends the process as it should

_taken: dict[int, list[tuple[Any, Any]]] = {}  # signal → handlers, each with the one before
_masks: dict[int, Iterable[int]] = {}  # thread → its signal mask, while it forks
_calls: list[Callable[[], None]] = []
_pid = 0  # of the process whose end is looked after
_ending: threading.Event | None = None  # set when it has been


def at_end(call: Callable[[], None]) -> None:
    """Call `call` when this process ends, unless SIGKILL ends it."""
    global _pid, _ending
    if _pid != os.getpid():
        _pid, _ending = os.getpid(), None
        _calls.clear()  # the parent's, if it has some, are not for its child to make
        atexit.register(_end)
        _before_exit()
        _before_termination()
    _calls.append(call)


def take_signal(number: int, handler: Callable[[int, FrameType | None], object]) -> Any:
    """Have `handler` take a signal in this process, and not in those that it forks.

    Called on the main thread. Returns the handler before, for `give_back_signal`.
    """
    before = signal.getsignal(number)
    signal.signal(number, handler)
    _taken.setdefault(number, []).append((handler, before))
    return before


def give_back_signal(number: int, before: Any) -> None:
    """Set the handler again that `take_signal` replaced."""
    signal.signal(number, before)
    handlers = _taken.get(number, [])
    del handlers[-1:]
    if not handlers:
        _taken.pop(number, None)


def _hold_signals() -> None:
    """Before a fork: Python forgets a signal that comes before the child is set up."""
    if _taken:
        _masks[threading.get_ident()] = signal.pthread_sigmask(signal.SIG_BLOCK, list(_taken))


def _let_signals_in() -> None:
    mask = _masks.pop(threading.get_ident(), None)
    if mask is not None:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)


def _return_signals() -> None:
    """In a forked child, whose only thread is the main one."""
    for number, handlers in _taken.items():
        if signal.getsignal(number) is handlers[-1][0]:
            signal.signal(number, handlers[0][1] or signal.SIG_DFL)
    _taken.clear()
    try:
        _let_signals_in()
    except BaseException as error:  # noqa: BLE001 - a handler's, of a signal that came meanwhile
        # Python would drop what is raised here, and the child would outlive its SIGTERM.
        leave(error)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_hold_signals,
        after_in_parent=_let_signals_in,
        after_in_child=_return_signals,
    )


def leave(error: BaseException | None) -> NoReturn:
    """End a forked child that came to the end of its training function.

    What comes then, the end of the run and the next one, is for its parent to do.
    """
    code: Any = 0
    if isinstance(error, SystemExit):
        code = error.code
        if code is not None and not isinstance(code, int):
            sys.stderr.write(f"{code}\n")
            code = 1
    elif error is not None:
        traceback.print_exception(type(error), error, error.__traceback__)
        code = 1
    _end()
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            code = code or 1
    os._exit(code or 0)


def _end() -> None:
    """Make the calls, once; whoever comes later waits until they are made.

    In a thread of its own: a signal may come in the middle of this, and what it interrupts
    may hold a lock that the calls need.
    """
    global _ending  # noqa: PLW0603 - a process ends once
    if _pid != os.getpid():
        return
    if _ending is None:
        _ending = threading.Event()
        try:
            threading.Thread(target=_call_all, args=(_ending,), daemon=True).start()
        except RuntimeError:  # too late for new threads
            _call_all(_ending)
    _ending.wait(LAST_WORDS_S)


def _call_all(done: threading.Event) -> None:
    try:
        for call in _calls:
            call()
    finally:
        done.set()


def _before_exit() -> None:
    exit_at_once: Callable[[int], NoReturn] = getattr(os._exit, "__wrapped__", os._exit)

    def exit_in_order(status: int) -> NoReturn:
        _end()
        exit_at_once(status)

    exit_in_order.__wrapped__ = exit_at_once  # type: ignore[attr-defined]
    os._exit = exit_in_order


def _before_termination() -> None:
    if threading.current_thread() is not threading.main_thread():
        return
    handler = signal.getsignal(signal.SIGTERM)
    if handler is signal.SIG_IGN or handler is None:
        return

    def terminate(number: int, frame: FrameType | None) -> None:
        _end()
        give_back_signal(number, handler)
        if callable(handler):
            handler(number, frame)
        else:
            signal.raise_signal(number)

    take_signal(signal.SIGTERM, terminate)
    if not callable(handler):  # else whose it is may have the process live on
        _insist_on_termination()


def _insist_on_termination() -> None:
    """See to it that SIGTERM ends this process even if Python never gets to the handler.

    A signal that comes just before the main thread blocks in C (a pool's worker on its
    queue's lock, say) does not wake it, and whoever sent it waits for good. The wake-up
    pipe is written at once all the same.
    """
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    before = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    if before != -1:  # an event loop's
        signal.set_wakeup_fd(before)
        os.close(reader)
        os.close(writer)
        return

    def watch() -> None:
        while signal.SIGTERM not in os.read(reader, 64):
            pass
        _end()
        time.sleep(HANDLER_GRACE_S)
        os.kill(os.getpid(), signal.SIGKILL)

    threads.begin(watch, "nbsweep-termination")
