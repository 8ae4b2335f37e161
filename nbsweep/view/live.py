"""One display that follows a sweep while its agent works, and stays when it ends.

In a notebook it is a cell output that is updated in place; at the end it becomes the
static HTML that is saved with the notebook. Elsewhere it is a line for each run that
starts or ends and a table at the end.

Who does what: the thread that runs the agent calls `start`, `message` and `stop`; a
thread of the view's own calls `step` in between; where none can be started, whoever logs
does (see `nbsweep.threads`). Both publish under one lock, so the last word is `stop`'s.
"""

from __future__ import annotations

import functools
import logging
import secrets
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from nbsweep import threads
from nbsweep.analysis.front import LeadFinder
from nbsweep.errors import StoreError
from nbsweep.records import Snapshot
from nbsweep.store.patience import patient
from nbsweep.sweep_config import SweepConfig, current
from nbsweep.view.console import say
from nbsweep.view.content import run_line
from nbsweep.view.findings import with_findings
from nbsweep.view.kernel import in_kernel
from nbsweep.view.model import Picture
from nbsweep.view.picture import RowCache, expected_total, picture
from nbsweep.view.render import bundle, drawn_plots
from nbsweep.wording import plural

if TYPE_CHECKING:
    from nbsweep.view.drawing import Plot

SHORTEST_S = 0.25  # between two updates: four a second look live and cost the page little
LONGEST_S = 5.0
SHARE = 0.01  # of the time, that the view's thread may spend computing
CLOCK_S = 1.0  # between two updates in which only the clock has moved
THREAD_GRACE_S = 2.0

# Sends (mime bundle, display id, whether it replaces an output that is there).
Publish = Callable[[dict[str, Any], str, bool], None]

_log = logging.getLogger(__name__)


class Display(Protocol):
    """Where a view is shown. Calls never overlap, but come from several threads."""

    def begin(self, picture: Picture) -> None:
        """Show the first picture."""
        ...

    def update(self, picture: Picture) -> None:
        """Show a later picture instead."""
        ...

    def message(self, text: str) -> None:
        """Show a sentence that is not part of any picture yet."""
        ...

    def end(self, picture: Picture, plots: Callable[[], Sequence[Plot]]) -> None:
        """Show the last picture for good; `plots` draws what goes below it, if that is wanted."""
        ...


class Ahead(NamedTuple):
    """What the agents of this process that work on a sweep will still do.

    Attributes:
        left: runs with params of their own that they will take, beside those that there are;
            None for no limit, or where no agent is at work.
        workers: runs that they may have under way at once, 0 where none is at work.
        is_stopping: whether all were told to end, so that nothing new begins.
    """

    left: int | None = None
    workers: int = 0
    is_stopping: bool = False


class LiveView:
    """Shows a sweep from `start` to `stop`.

    Its thread computes at most 1 % of the time: after a step that took t seconds of
    processor time it sleeps 100 t, at least 0.25 s and at most 5 s.

    Args:
        read: takes a snapshot with curves; called from the view's thread as well.
        config: the sweep's config.
        ahead: what the agents will still do, beside the runs of a snapshot.
        display: where to show it; by default the cell's output, or the terminal.
        clock: unix time in seconds.
        timer: processor seconds of the calling thread.
    """

    def __init__(
        self,
        read: Callable[[], Snapshot],
        config: SweepConfig,
        *,
        ahead: Callable[[Snapshot], Ahead] = lambda _: Ahead(),
        display: Display | None = None,
        clock: Callable[[], float] = time.time,
        timer: Callable[[], float] = threads.cpu_time,
    ) -> None:
        self._read = read
        self._config = config
        self._ahead = ahead
        self._display = display or (CellDisplay() if in_kernel() else TextDisplay())
        self._clock = clock
        self._timer = timer
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._woken = threading.Event()
        self._thread_ended = threading.Event()
        self._turns: threads.Turns | None = None
        self._rows: RowCache = {}
        self._leaders: LeadFinder | None = None
        self._message: str | None = None
        self._kept = ""
        self._started_at = clock()
        self._last: Snapshot | None = None
        self._shown: tuple[int, str | None, str] | None = None  # version, message, what is kept
        self._shown_at = 0.0
        self._final: tuple[Picture, Callable[[], Sequence[Plot]]] | None = None

    def start(self) -> None:
        """Show the sweep and keep the display fresh from a thread of its own."""
        # The first display belongs to this cell because this thread sends it; with the
        # copied context ipykernel 7 knows the cell in the new thread too.
        self._started_at = self._clock()
        self._last = self._read()
        self._display.begin(self._draw(self._last))
        if threads.begin(self._follow, "nbsweep-view") is None:
            self._turns = threads.Turns(self.step, SHORTEST_S, "nbsweep-view")
            self._thread_ended.set()

    def message(self, text: str) -> None:
        """Show a sentence beside the sweep's state, until the next one or the end."""
        with self._lock:
            self._message = text
            self._display.message(text)

    def keep_saying(self, text: str) -> None:
        """Show a sentence beside the progress from the next picture on, without a line for it.

        It takes the place of the one before. For what changes by and by, such as what still
        fits before a deadline; `message` is for news, and need not say the same once more.
        """
        with self._lock:
            if self._message == self._kept:
                self._message = None
            self._kept = text

    def stop(self, reason: str = "") -> None:
        """Show the final state for good; `reason` says why the agent ended."""
        self._stopped.set()
        self._woken.set()
        if self._turns is not None:
            self._turns.end()
        with self._lock:
            try:
                with patient(0.0):
                    self._last = self._read()
            except StoreError as error:
                reason = reason or f"the store could not be read: {error}"
            snapshot = self._last
            assert snapshot is not None, "start comes before stop"
            self._message = reason or None
            plots = functools.cache(lambda: self._plots(snapshot))
            drawn = with_findings(self._draw(snapshot, live=False), snapshot, self._config)
            self._final = (drawn, plots)
            self._display.end(*self._final)
        # Not Thread.join: interrupted on the main thread, it takes the thread for ended.
        self._thread_ended.wait(THREAD_GRACE_S)

    def repeat(self) -> None:
        """Show the final state once more, from the cell that runs now.

        Programs that execute notebooks (nbclient, nbconvert) take an update of an
        output only while a cell runs, and the end of a background agent may have come
        between two cells.
        """
        with self._lock:
            if self._final is not None and not isinstance(self._display, TextDisplay):
                self._display.end(*self._final)

    def wake(self) -> None:
        """Have the next picture at once: somebody steered, which the store need not show."""
        self._shown = None
        self._woken.set()

    def step(self) -> float:
        """Show what is new, if anything is; returns the seconds to wait for the next step."""
        began = self._timer()
        with self._lock:
            if not self._stopped.is_set():
                self._refresh()
        cost_s = self._timer() - began
        return min(max(cost_s / SHARE, SHORTEST_S), LONGEST_S)

    def _follow(self) -> None:
        try:
            wait_s = SHORTEST_S
            while not self._stopped.is_set():
                self._woken.wait(wait_s)
                self._woken.clear()
                wait_s = self.step()
        finally:
            self._thread_ended.set()

    def _refresh(self) -> None:
        try:
            with patient(0.0):  # a sentence of the agent waits for the end of this
                snapshot = self._last = self._read()
        except StoreError as error:  # such as a locked file; the agent will say if it lasts
            _log.debug("view: %s", error)
            if self._last is None:
                return
            snapshot = self._last
        unchanged = self._shown == (snapshot.version, self._message, self._kept)
        if unchanged and abs(self._clock() - self._shown_at) < CLOCK_S:  # it may be set back
            return
        self._display.update(self._draw(snapshot))

    def _draw(self, snapshot: Snapshot, *, live: bool = True) -> Picture:
        self._shown = snapshot.version, self._message, self._kept
        self._shown_at = now = self._clock()
        ahead = self._ahead(snapshot)
        config = current(self._config, snapshot.sweep)
        if config is not self._config:  # somebody edited the search space: other columns
            self._config = config
            self._rows.clear()
        self._leaders = self._leaders or LeadFinder(config.metrics)
        return picture(
            snapshot,
            self._config,
            total=expected_total(snapshot, self._config, ahead.left),
            now=now,
            started_at=self._started_at,
            workers=max(1, ahead.workers),
            is_stopping=ahead.is_stopping,
            live=live,
            message=None if self._message == self._kept else self._message,
            plan=self._kept.removesuffix(".") if live else "",
            rows=self._rows,
            leaders=self._leaders,
        )

    def _plots(self, snapshot: Snapshot) -> Sequence[Plot]:
        return drawn_plots(snapshot, self._config)


class CellDisplay:
    """One output of the cell that starts the agent, updated in place.

    Args:
        publish: sends (mime bundle, display id, whether it is an update).
    """

    def __init__(self, publish: Publish | None = None) -> None:
        self._publish = publish or publish_output
        self._id = f"nbsweep-{secrets.token_hex(8)}"
        self._is_open = True

    def begin(self, picture: Picture) -> None:
        """Make the output."""
        self._send(bundle(picture), update=False)

    def update(self, picture: Picture) -> None:
        """Replace it."""
        self._send(bundle(picture), update=True)

    def message(self, text: str) -> None:
        """Nothing: the next picture has it."""

    def end(self, picture: Picture, plots: Callable[[], Sequence[Plot]]) -> None:
        """Replace it at once, and again with plots: loading scikit-learn takes a second."""
        self._send(bundle(picture), update=True)
        if drawn := plots():
            self._send(bundle(picture, drawn), update=True)

    def _send(self, data: dict[str, str], *, update: bool) -> None:
        if not self._is_open:
            return
        try:
            self._publish(data, self._id, update)
        except closing_errors() as error:
            _log.debug("view: the kernel is closing: %s", error)
            self._is_open = False


def publish_output(
    data: dict[str, Any],
    display_id: str,
    update: bool,
    metadata: Mapping[str, Any] | None = None,
) -> None:
    """Display a mime bundle under an id, or replace what stands under it."""
    from IPython.display import display

    more = {"metadata": dict(metadata)} if metadata else {}
    display(data, raw=True, display_id=display_id, update=update, **more)  # type: ignore[no-untyped-call]


def closing_errors() -> tuple[type[BaseException], ...]:
    """What publishing raises while the kernel shuts down, which must not fail a run.

    OSError and ZMQError from a socket that is closed, RuntimeError from an event loop or
    a thread pool that takes no more work.
    """
    zmq = sys.modules.get("zmq")
    return (OSError, RuntimeError) if zmq is None else (OSError, RuntimeError, zmq.ZMQError)


class TextDisplay:
    """Lines for a terminal or a log file; nothing moves.

    Args:
        say: prints one line (or several joined by newlines).
    """

    def __init__(self, say: Callable[[str], None] = say) -> None:
        self._say = say
        self._known: dict[str, bool] = {}  # run id: whether it was active when last seen
        self._said: set[str] = set()  # errors and notes

    def begin(self, picture: Picture) -> None:
        """Say which sweep it is; runs of earlier agents are not news."""
        sweep, progress = picture["sweep"], picture["progress"]
        words = [f"Sweep {sweep['name'] or sweep['id']}", sweep["method"]]
        if progress["total"] is not None:
            words.append(f"{progress['done']:,} of {plural(progress['total'], 'run')} done")
        self._say(" · ".join(words))
        self._known = {row["id"]: row["active"] for row in picture["rows"]}
        self._said = {failure["text"] for failure in picture["failures"]}

    def update(self, picture: Picture) -> None:
        """A line for each run that started or ended; the traceback of each new error."""
        tracebacks = {failure["text"]: failure["traceback"] for failure in picture["failures"]}
        for row in picture["rows"]:
            if self._known.get(row["id"]) == row["active"]:
                continue
            self._known[row["id"]] = row["active"]
            self._say(run_line(picture, row))
            if not row["active"] and row["note"] in tracebacks and row["note"] not in self._said:
                self._said.add(row["note"])
                self._say(tracebacks[row["note"]])
        for note in picture["notes"]:
            if note not in self._said:
                self._said.add(note)
                self._say(f"Note: {note}")

    def message(self, text: str) -> None:
        """Print it."""
        self._say(text)

    def end(self, picture: Picture, plots: Callable[[], Sequence[Plot]]) -> None:
        """The runs that are still news, then the table."""
        del plots
        self.update(picture)
        from nbsweep.view import terminal

        if self._say is say:
            say("")
            terminal.print_picture(picture)
        else:
            self._say("\n" + terminal.to_text(picture))
