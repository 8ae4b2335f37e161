"""What the runs of a sweep print, as one list of lines for the panel's pane.

Runs of this process tell it each piece of text as they print it; what runs elsewhere
print is read from the store while a page shows the pane. A line that changes, as a
progress bar's does, keeps its number, so that the page shows it in its place.
"""

from __future__ import annotations

import gzip
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from nbsweep import threads
from nbsweep.errors import StoreError
from nbsweep.records import RunRecord
from nbsweep.view.screen import Screen
from nbsweep.wording import without_surrogates

KEPT = 2_000  # lines
SCREENS = 100  # runs that printed last, whose lines may still change
SEND_S = 0.25  # between two messages to the page
READ_S = 0.5  # between two looks into the store
SHARE = 0.02  # of the time, that these looks may take
ENDED_READ = 20  # runs that had ended before anybody asked, whose output is read
SAVED_LINES = 200  # in a saved output
SAVED_CHARACTERS = 16_000
SAVED_BYTES = 6_000  # compressed

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class LogLine:
    """A line of the log.

    Attributes:
        number: its place among all lines.
        run: the number of the run that printed it.
        text: what it shows.
        changed: which change of the log was the last one of this line.
        in_cell: whether the cell's output has it too.
    """

    number: int
    run: int
    text: str
    changed: int
    in_cell: bool


class Cell(Protocol):
    """The way of prints to the cell; see `nbsweep.runs.streams.Held`."""

    def drop(self) -> bool:
        """Forget what was kept back; whether that is all that was printed."""
        ...

    def release(self) -> None:
        """Print what was kept back."""
        ...


class RunLog:
    """The last lines that the runs of a sweep printed; `write` may be called on any thread.

    Args:
        tell: sends a message to the page.
        printed: what a run printed as far as the store has it, by its id.
        runs: the sweep's runs.
        clock: seconds.

    Attributes:
        takes: whether what runs print need not be shown in the cell, since a page shows it.
    """

    def __init__(
        self,
        tell: Callable[[dict[str, Any]], None],
        printed: Callable[[str], str],
        runs: Callable[[], Sequence[RunRecord]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._tell = tell
        self._printed = printed
        self._runs = runs
        self._clock = clock
        self.takes = False
        self._cell: Cell | None = None
        self._lock = threading.Lock()
        self._lines: deque[LogLine] = deque()
        self._n = self._changes = self._sent = 0
        self._screens: dict[str, Screen[LogLine]] = {}
        self._heard: set[str] = set()  # runs of this process, and what is through
        self._read: dict[str, int] = {}  # characters of the others
        self._writes = (0, False)  # number of the run that prints just now, in the cell too
        self._wanted = 0  # lines that the page shows
        self._read_at = -1e9
        self._is_followed = False
        self._turns: threads.Turns | None = None
        self._news = threading.Event()
        self._is_open = True

    def write(self, run_id: str, number: int, text: str, *, in_cell: bool = False) -> None:
        """Add what a run of this process prints."""
        with self._lock:
            self._heard.add(run_id)
            self._show(run_id, number, text, in_cell)
        if self._wanted:
            self._news.set()

    def take_from(self, cell: Cell) -> None:
        """Take the prints away from the cell as soon as a page shows them here."""
        self._cell = cell

    def show(self, lines: int) -> None:
        """A page shows the last `lines` lines from now on; all of these are sent at once."""
        self._wanted = max(1, min(lines, KEPT))
        if self._cell is not None and self._is_open and not self.takes:
            self.takes = True
            if self._cell.drop():
                with self._lock:
                    for line in self._lines:
                        line.in_cell = False
        self._read_store()
        self._send(whole=True)
        if self._is_open and not self._is_followed:
            self._start()

    def close(self) -> None:
        """The sweep's agent has ended: what was printed stays, and nothing is followed."""
        self._is_open = self.takes = False
        if self._cell is not None:
            self._cell.release()
        if self._turns is not None:
            self._turns.end()
        self._news.set()

    def saved(self) -> list[tuple[int, str]]:
        """The run and the text of the last lines, for a saved output; not those of the cell."""
        with self._lock:
            lines = [(line.run, line.text) for line in self._lines if not line.in_cell]
        lines = lines[-SAVED_LINES:]
        size = 0
        for i in range(len(lines) - 1, -1, -1):
            size += len(lines[i][1]) + 8
            if size > SAVED_CHARACTERS:
                lines = lines[i + 1 :]
                break
        while len(gzip.compress("\n".join(text for _, text in lines).encode())) > SAVED_BYTES:
            lines = lines[len(lines) // 4 + 1 :]
        return lines

    # Inside; the lock is held by `_show`, `_new` and `_changed`.

    def _show(self, run_id: str, number: int, text: str, in_cell: bool) -> None:
        self._writes = number, in_cell
        screen = self._screens.pop(run_id, None) or Screen(self._new, self._changed)
        self._screens[run_id] = screen  # the last of them
        if len(self._screens) > SCREENS:
            del self._screens[next(iter(self._screens))]
        screen.write(without_surrogates(text))

    def _new(self) -> LogLine:
        self._n += 1
        self._changes += 1
        run, in_cell = self._writes
        line = LogLine(self._n, run, "", self._changes, in_cell)
        self._lines.append(line)
        if len(self._lines) > KEPT:
            self._lines.popleft()
        return line

    def _changed(self, line: LogLine) -> LogLine:
        if line.number < self._lines[0].number:  # others have printed a lot since
            text, line = line.text, self._new()
            line.text = text
        self._changes += 1
        line.changed = self._changes
        return line

    def _send(self, *, whole: bool = False) -> None:
        with self._lock:
            since = 0 if whole else self._sent
            lines = [line for line in self._lines if line.changed > since]
            self._sent = self._changes
            first = self._lines[0].number if self._lines else 0
            told = [[line.number, line.run, line.text] for line in lines[-self._wanted :]]
        if told or whole:
            self._tell({"kind": "log", "first": first, "lines": told})

    def _start(self) -> None:
        self._is_followed = True
        if threads.begin(self._follow, "nbsweep-log") is None:
            self._turns = threads.Turns(self._step, SEND_S, "nbsweep-log")

    def _follow(self) -> None:
        while self._is_open:
            self._news.wait(READ_S)
            self._news.clear()
            try:
                self._step()
            except Exception as error:  # noqa: BLE001 - a thread has no caller to tell
                _log.warning("panel: %s: %s", type(error).__name__, error)
            time.sleep(SEND_S)

    def _step(self) -> float:
        """Send what is new; returns the seconds until the next time."""
        self._read_store()
        self._send()
        return SEND_S

    def _read_store(self) -> None:
        """Take in what runs of other processes have printed."""
        began = self._clock()
        if began < self._read_at:
            return
        runs = self._runs()
        ended = [run for run in runs if run.state.ended and run.id not in self._heard]
        if not self._read:
            self._heard.update(run.id for run in ended[:-ENDED_READ])
        try:
            for run in runs:
                if run.id not in self._heard and run.started_at is not None:
                    self._read_run(run)
        except StoreError as error:  # such as a locked file
            _log.debug("panel: %s", error)
        self._read_at = self._clock() + max(READ_S, (self._clock() - began) / SHARE)

    def _read_run(self, run: RunRecord) -> None:
        text = self._printed(run.id)
        with self._lock:
            if run.id in self._heard:
                return
            seen = self._read.get(run.id, 0)
            self._read[run.id] = len(text)
            self._show(run.id, run.number, text[seen:], False)
            if run.state.ended:
                self._heard.add(run.id)
