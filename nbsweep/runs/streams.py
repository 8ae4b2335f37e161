"""What training code prints, kept with the run that printed it.

While runs are under way `sys.stdout` and `sys.stderr` are proxies that look up the run
of the present context: text of a run goes to that run, everything else where it went
before. Unlike `ipywidgets.Output` this keeps parallel runs apart.

Not caught: logging handlers that hold the old stream, threads that training code
starts itself (they see no context), and C code that writes to the file descriptor.
"""

from __future__ import annotations

import io
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any, TextIO

# Of each run; a progress bar's thousand states count once. The end says why a run ended.
MAX_CHARACTERS = 200_000  # written as they come
MAX_AT_END = 100_000  # of what comes after them, the last ones

Write = Callable[[str], None]


class ConsoleBuffer:
    """Collects the text of one run between two flushes.

    Carriage returns overwrite the line under way, as on a terminal, so that a progress
    bar leaves its last state only. Any thread may call it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lines: list[str] = []
        self._line = ""
        self._left = MAX_CHARACTERS
        self._end: deque[str] = deque()  # of what came after the first characters
        self._beyond = self._end_length = 0  # how much came, and how much of it is in _end

    def after_fork(self) -> None:
        """Drop what the parent process will write; called in a forked child."""
        self._lock = threading.Lock()
        self._lines, self._line = [], ""

    def write(self, text: str) -> None:
        """Add text as it was printed."""
        with self._lock:
            *complete, rest = (self._line + text).split("\n")
            self._lines += [_shown(line) + "\n" for line in complete]
            self._line = _shown(rest, keep_return=True)

    def take(self, *, last: bool = False) -> str:
        """The complete lines since the last call; with `last` also the line under way.

        Of a run that prints more than `MAX_CHARACTERS` the end comes with `last`.
        """
        with self._lock:
            lines, self._lines = self._lines, []
            if last and self._line:
                lines.append(_shown(self._line))
                self._line = ""
            text = "".join(lines)
            kept, beyond = text[: self._left], text[self._left :]
            self._left -= len(kept)
            if beyond:
                if not self._beyond:
                    kept += _note(
                        f"only the last {MAX_AT_END:,} characters of what follows are kept"
                    )
                self._keep_end(beyond)
            return kept + self._take_end() if last else kept

    def _keep_end(self, text: str) -> None:
        self._end.append(text)
        self._beyond += len(text)
        self._end_length += len(text)
        while self._end_length - len(self._end[0]) >= MAX_AT_END:
            self._end_length -= len(self._end.popleft())

    def _take_end(self) -> str:
        text = "".join(self._end)[-MAX_AT_END:]
        left_out = self._beyond - len(text)
        self._end.clear()
        self._beyond = self._end_length = 0
        return _note(f"{left_out:,} characters are left out here") + text if left_out else text


def _note(text: str) -> str:
    return f"\n… {text} …\n"


def _shown(line: str, *, keep_return: bool = False) -> str:
    """What a terminal shows of a line with carriage returns in it."""
    if "\r" not in line:
        return line
    parts = line.split("\r")
    if keep_return and not parts[-1]:  # a bar that ends each state with the return
        return parts[-2] + "\r" if parts[-2] else line[-1:]
    return next((part for part in reversed(parts) if part), "")


class _Proxy(io.TextIOBase):
    """A text stream that asks `route` for each piece of text where it belongs."""

    def __init__(self, original: TextIO, route: Callable[[], tuple[Write, bool] | None]) -> None:
        self.original = original
        self._route = route

    def write(self, text: str) -> int:
        destination = self._route()
        if destination is not None:
            keep, echo = destination
            keep(text)
            if not echo:
                return len(text)
        return self.original.write(text)

    def writelines(self, lines: Iterable[str]) -> None:  # type: ignore[override]
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        self.original.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.original, name)

    # TextIOBase answers these itself, so they never reach __getattr__.
    def isatty(self) -> bool:
        return self.original.isatty()

    def fileno(self) -> int:
        return self.original.fileno()

    def writable(self) -> bool:
        return True

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self.original.encoding


class Streams:
    """Puts the proxies in place for as long as somebody holds them.

    Args:
        route: for the calling context, where text goes and whether it is echoed to the
            stream as well; None for text of no run.
    """

    def __init__(self, route: Callable[[], tuple[Write, bool] | None]) -> None:
        self._route = route
        self._lock = threading.Lock()
        self._holders = 0
        self._proxies: dict[str, _Proxy] = {}

    def __enter__(self) -> None:
        with self._lock:
            self._holders += 1
            if self._holders == 1:
                for name in ("stdout", "stderr"):
                    self._proxies[name] = _Proxy(getattr(sys, name), self._route)
                    setattr(sys, name, self._proxies[name])

    def after_fork(self) -> None:
        """Renew the lock in a forked child: its holder may not exist there."""
        self._lock = threading.Lock()

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._holders -= 1
            if self._holders == 0:
                for name, proxy in self._proxies.items():
                    if getattr(sys, name) is proxy:  # else somebody put another stream there
                        setattr(sys, name, proxy.original)
