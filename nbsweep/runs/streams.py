"""What training code prints, kept with the run that printed it.

While runs are under way `sys.stdout` and `sys.stderr` are proxies that look up the run
of the present context: text of a run goes to that run, everything else where it went
before. Unlike `ipywidgets.Output` this keeps parallel runs apart.

Logging handlers that hold the stream which was there before write to the proxy meanwhile.

Not caught: threads that training code starts itself (they see no context), and C code
that writes to the file descriptor.
"""

from __future__ import annotations

import io
import logging
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any, TextIO

from nbsweep.view.screen import overwritten

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
            self._lines += [overwritten(line) + "\n" for line in complete]
            self._line = overwritten(rest, keep_return=True)

    def take(self, *, last: bool = False) -> str:
        """The complete lines since the last call; with `last` also the line under way.

        Of a run that prints more than `MAX_CHARACTERS` the end comes with `last`.
        """
        with self._lock:
            lines, self._lines = self._lines, []
            if last and self._line:
                lines.append(overwritten(self._line))
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


class Held:
    """Text of runs on its way to the cell, kept back while a page may come to show it.

    A page that opens needs a moment to say that it is there; without this the first lines
    of a sweep would stand in the cell and all others in the panel. Any thread may call it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._texts: list[tuple[TextIO, str]] | None = None
        self._timer: threading.Timer | None = None

    def after_fork(self) -> None:
        """Keep nothing back in a forked child: the parent has it."""
        self._lock = threading.Lock()
        self._texts = self._timer = None

    def begin(self, longest_s: float) -> None:
        """Keep text back, for `longest_s` at most."""
        with self._lock:
            if self._texts is not None:
                return
            timer = threading.Timer(longest_s, self.release)
            timer.daemon = True
            try:
                timer.start()
            except RuntimeError:  # no threads here, and so no clicks either
                return
            self._timer, self._texts = timer, []

    def drop(self) -> bool:
        """A page shows the text: it need not go to the cell. Whether none of it has."""
        with self._lock:
            was_held, self._texts = self._texts is not None, None
            self._end_timer()
            return was_held

    def release(self) -> None:
        """Nobody came: the text goes to the cell."""
        with self._lock:  # until all is written, so that what comes meanwhile stands behind it
            for stream, text in self._texts or ():
                stream.write(text)
            self._texts = None
            self._end_timer()

    def write(self, stream: TextIO, text: str) -> None:
        """Write to the cell's stream, or keep it back."""
        if self._texts is not None:  # looked at without the lock: seldom so
            with self._lock:
                if self._texts is not None:
                    self._texts.append((stream, text))
                    return
        stream.write(text)

    def _end_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def _write_through(stream: TextIO, text: str) -> None:
    stream.write(text)


class _Proxy(io.TextIOBase):
    """A text stream that asks `route` for each piece of text where it belongs."""

    def __init__(
        self,
        original: TextIO,
        route: Callable[[], tuple[Write, bool] | None],
        echo: Callable[[TextIO, str], None],
    ) -> None:
        self.original = original
        self._route = route
        self._echo = echo

    def write(self, text: str) -> int:
        destination = self._route()
        if destination is None:
            return self.original.write(text)
        keep, is_echoed = destination
        keep(text)
        if is_echoed:
            self._echo(self.original, text)
        return len(text)

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
        echo: writes text of a run to the stream.
    """

    def __init__(
        self,
        route: Callable[[], tuple[Write, bool] | None],
        echo: Callable[[TextIO, str], None] = _write_through,
    ) -> None:
        self._route = route
        self._echo = echo
        self._lock = threading.Lock()
        self._holders = 0
        self._proxies: dict[str, _Proxy] = {}

    def __enter__(self) -> None:
        with self._lock:
            self._holders += 1
            if self._holders == 1:
                for name in ("stdout", "stderr"):
                    self._proxies[name] = _Proxy(getattr(sys, name), self._route, self._echo)
                    setattr(sys, name, self._proxies[name])
                    _hand_over(self._proxies[name].original, self._proxies[name])

    def after_fork(self) -> None:
        """Renew the lock in a forked child: its holder may not exist there."""
        self._lock = threading.Lock()

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._holders -= 1
            if self._holders == 0:
                for name, proxy in self._proxies.items():
                    _hand_over(proxy, proxy.original)
                    if getattr(sys, name) is proxy:  # else somebody put another stream there
                        setattr(sys, name, proxy.original)


def _hand_over(old: object, new: Any) -> None:
    """Have logging handlers that write to one stream write to another."""
    loggers = [logging.root, *logging.root.manager.loggerDict.values()]
    for logger in loggers:
        for handler in getattr(logger, "handlers", ()):
            if isinstance(handler, logging.StreamHandler) and handler.stream is old:
                handler.setStream(new)
