"""The way of history rows from the training loop into the store.

`Channel.append` runs on the training loop's thread and only appends to a list. One
daemon thread per process flushes all channels every `FLUSH_INTERVAL_S`; the store's
reply to a flush carries a stop request back, which the next `log` raises. After rows of
a sweep with early termination the same thread has them judged. Where no thread can be
started, `log` itself does that when it is time (see `nbsweep.threads`).

A loop that logs faster than the store takes it waits once `MAX_BACKLOG` rows are
buffered, so that memory stays bounded and a stop arrives in time. Nobody waits for a
store that fails: the rows are kept and written when it works again, and every second of
the oldest ones is given up from `MAX_HELD` rows on.
"""

from __future__ import annotations

import copy
import logging
import math
import threading
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

from nbsweep import threads
from nbsweep.errors import OwnershipError, StoreError, StoreGoneError
from nbsweep.records import HistoryRow, RunState
from nbsweep.runs.memory import resident_bytes
from nbsweep.runs.streams import ConsoleBuffer
from nbsweep.store.base import Store
from nbsweep.store.patience import trouble_of

FLUSH_INTERVAL_S = 0.25  # kill -9 loses at most this much history, plus one write
HEARTBEAT_INTERVAL_S = 2.0  # without rows; a run is stale after many of these
MAX_BACKOFF_S = 5.0
MAX_BACKLOG = 50_000  # rows of one run, about half a second of writing and 20 MB
MAX_HELD = 4 * MAX_BACKLOG  # while the store fails: hours at the pace of most trainings
GLANCE_S = 0.02  # of a waiting loop, at whether the store fails meanwhile
STUCK_AFTER_S = 1.0  # a flush that takes longer has met a server that is silent
ENDED_ELSEWHERE = "the run was ended by another process"

logger = logging.getLogger("nbsweep")

Row = tuple[int, float, Mapping[str, Any]]


class Unwritten(NamedTuple):
    """What a closed channel hands over to the end of its run.

    Attributes:
        rows: history rows.
        changes: fields of the run record.
        console: printed text.
    """

    rows: list[HistoryRow]
    changes: dict[str, Any]
    console: str


class Channel:
    """The buffer between one run and the store.

    `append` may be called from any thread of the training code; `flush` and `close`
    belong to the writer's thread and to the run's end.

    Attributes:
        console: what the run prints, until it is written.
        peak_memory_bytes: most memory the process was seen to use while the run was
            under way, sampled at each flush; None where the system does not tell.
        stop_reason: why the run has to stop, or None; set by a store reply or by
            `request_stop`, read by every `log`.
        stop_state: the state in which that stop is to end the run.
        judge: called after rows were written, to look at the sweep; or None.
        summary_before: the summary as it was last written; None replaces what is stored,
            also where other processes have changed it.
        config_before: likewise the config.
        on_use: called before something is to be written; or None.
        written: history rows written so far.
        in_turns: whether `log` has it flushed, in place of a thread.
    """

    def __init__(
        self,
        store: Store,
        run_id: str,
        agent_id: str,
        summary: Callable[[], Mapping[str, Any]],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.run_id = run_id
        self.console = ConsoleBuffer()
        self.peak_memory_bytes: int | None = None
        self.stop_reason: str | None = None
        self.stop_state = RunState.KILLED
        self.judge: Callable[[], None] | None = None
        self.summary_before: Mapping[str, Any] | None = None
        self.config_before: Mapping[str, Any] | None = None
        self.on_use: Callable[[], None] | None = None
        self.written = 0
        self.in_turns = False
        self._store = store
        self._agent_id = agent_id
        self._summary = summary
        self._clock = clock
        self._parent: Channel | None = None
        self._rows: list[Row] = []
        self._changes: dict[str, Any] = {}
        self._printed = ""  # taken from the console, not written yet
        self._flushing = threading.Lock()
        self._taking = threading.Lock()  # which rows are under way
        self._under_way = 0
        self._flush_began: float | None = None
        self._given_up = 0
        self._closed = False
        self._beat_at = clock()
        self._retry_at = 0.0
        self._backoff_s = FLUSH_INTERVAL_S
        self.append: Callable[[Row], None] = self._rows.append

    def request_stop(self, reason: str, state: RunState = RunState.KILLED) -> None:
        """Make the next `log` of this run raise RunStopped; the first request stays."""
        if self.stop_reason is None:
            self.stop_state = state  # first: `log` looks at the reason
            self.stop_reason = reason

    def change(self, **fields: Any) -> None:
        """Write these fields of the run record with the next flush."""
        self.use()
        self._changes = {**self._changes, **fields}

    def follow(self, parent: Channel) -> None:
        """Have the parent's stop requests looked for as often as rows of this run are written."""
        self._parent = parent

    def beat_soon(self) -> None:
        """Write a heartbeat with the next flush; its reply brings a stop request."""
        self.use()
        self._beat_at = -math.inf

    def print(self, text: str) -> None:
        """Keep printed text with the run."""
        self.use()
        self.console.write(text)

    def use(self) -> None:
        """Have it flushed from now on, where it was inherited by a forked process."""
        if self.on_use is not None:
            self.on_use()

    def after_fork(self, on_use: Callable[[], None]) -> None:
        """Drop what the parent process will write; called in a forked child."""
        del self._rows[:]  # in place: `append` is known elsewhere
        self._changes, self._printed = {}, ""
        self.console.after_fork()
        self._flushing, self._taking = threading.Lock(), threading.Lock()
        self._under_way, self._flush_began, self._retry_at = 0, None, 0.0
        self.summary_before = copy.deepcopy(self._summary())
        self.on_use = on_use

    @property
    def since(self) -> dict[str, Any]:
        """For the store: what changes of the config are changes of."""
        return {} if self.config_before is None else {"config_before": self.config_before}

    @property
    def has_rows(self) -> bool:
        """Whether rows wait to be written."""
        return bool(self._rows) and not (self._closed or self._retry_at or self.on_use)

    @property
    def waiting(self) -> int:
        """How many rows are not written yet."""
        return len(self._rows)

    @property
    def is_long(self) -> bool:
        """Whether it is worth asking if it `is_full`, or `log` does a thread's work."""
        return len(self._rows) >= MAX_BACKLOG or self.in_turns

    @property
    def is_failing(self) -> bool:
        """Whether the store fails, or keeps the flush under way waiting without a word."""
        began = self._flush_began
        stuck = began is not None and time.monotonic() - began > STUCK_AFTER_S
        return bool(self._retry_at) or stuck or trouble_of(self._store) is not None

    @property
    def is_full(self) -> bool:
        """Whether the training loop is to wait for the store; not while the store fails."""
        return (
            len(self._rows) >= MAX_BACKLOG
            and self.stop_reason is None
            and not (self._closed or self.is_failing)
        )

    def thin(self) -> None:
        """Bound what is held while the store fails: of the older half keep every second row."""
        if len(self._rows) < MAX_HELD:
            return
        with self._taking:
            begin = self._under_way
            end = begin + (len(self._rows) - begin) // 2
            kept = self._rows[begin:end:2]
            given_up = end - begin - len(kept)
            self._rows[begin:end] = kept
        if not self._given_up:
            logger.warning(
                "Run %s: %d rows wait for the store, as many as are held. Of the older ones only "
                "every second is kept from now on.",
                self.run_id,
                MAX_HELD,
            )
        self._given_up += given_up

    def flush(self, *, last: bool = False) -> bool:
        """Write what was logged since the last flush, or a heartbeat when one is due.

        A store that fails keeps its rows here; they are written when it works again.

        Args:
            last: write the summary and the line under way as well, whatever is due.

        Returns:
            Whether history rows were written.
        """
        with self._flushing:
            now = self._clock()
            self._sample_memory()
            changes = self._changes
            with self._taking:
                count = self._under_way = min(len(self._rows), MAX_BACKLOG)
            self._printed += self.console.take(last=last)
            beat = last or now - self._beat_at >= HEARTBEAT_INTERVAL_S
            due = count or changes or self._printed or beat
            if self._closed or not due or now < self._retry_at:
                return False
            rows = _records(self._rows[:count])
            summary = self._summary() if rows or last else None
            before = self.summary_before
            self._flush_began = time.monotonic()
            try:
                if changes:
                    self._store.update_run(self.run_id, self._agent_id, changes, **self.since)
                reply = self._store.append_history(
                    self.run_id,
                    self._agent_id,
                    rows,
                    summary=summary,
                    at=now,
                    console=self._printed,
                    **({} if before is None else {"summary_before": before}),
                )
            except OwnershipError:
                self._closed = True
                self.request_stop(ENDED_ELSEWHERE)
                return False
            except StoreGoneError as error:
                self._closed = True
                self.request_stop(str(error), RunState.CRASHED)
                return False
            except StoreError as error:
                self._retry_at = now + self._backoff_s
                self._backoff_s = min(MAX_BACKOFF_S, 2 * self._backoff_s)
                logger.warning("Run %s: %d rows wait for the store: %s", self.run_id, count, error)
                return False
            finally:
                self._flush_began = None
            with self._taking:
                del self._rows[:count]
                self._under_way = 0
            self._printed = ""
            self.written += count
            if before is not None and summary is not None:
                self.summary_before = copy.deepcopy(summary)
            if self.config_before is not None and "config" in changes:
                self.config_before = copy.deepcopy(changes["config"])
            if self._changes is changes:
                self._changes = {}
            self._beat_at, self._retry_at, self._backoff_s = now, 0.0, FLUSH_INTERVAL_S
            if reply is not None:
                self.request_stop(reply.reason, reply.state)
            if count and self._parent is not None:
                self._parent.beat_soon()
            return count > 0

    def logged(self) -> list[Mapping[str, Any]]:
        """The values of all rows so far, from the store where they are written."""
        with self._flushing:
            stored = [row.values for row in self._store.history(self.run_id)]
            return [*stored, *(values for _, _, values in self._rows)]

    def close(self) -> Unwritten:
        """Take what is not written yet; later flushes do nothing."""
        with self._flushing:
            self._closed = True
            self._sample_memory()
            printed = self._printed + self.console.take(last=True)
            return Unwritten(_records(self._rows), self._changes, printed)

    def _sample_memory(self) -> None:
        now = resident_bytes()
        if now is not None:
            self.peak_memory_bytes = max(now, self.peak_memory_bytes or 0)


class Writer:
    """One thread that flushes every open channel of the process.

    The thread lives while somebody holds the writer: each open channel does, and an
    agent does for as long as it works, so that short runs do not restart it. Where none can
    be started, it takes turns with the training loop.
    """

    def __init__(self, interval_s: float = FLUSH_INTERVAL_S) -> None:
        self._interval_s = interval_s
        self._lock = threading.Lock()
        self._channels: list[Channel] = []
        self._holders = 0
        self._stop = threading.Event()
        self._wake = threading.Event()
        self._waiting: list[threading.Event] = []
        self._thread: threading.Thread | None = None
        self._turns: threads.Turns | None = None

    @property
    def is_held(self) -> bool:
        """Whether an agent works or a run is open in this process."""
        return self._holders > 0

    def hold(self) -> None:
        """Keep the thread alive until as many `release` calls."""
        with self._lock:
            self._holders += 1
            if self._thread is None and self._turns is None:
                self._stop, self._wake = threading.Event(), threading.Event()
                loop = partial(self._loop, self._stop, self._wake)
                self._thread = threads.begin(loop, "nbsweep-writer")
                if self._thread is None:
                    self._turns = threads.Turns(self._turn, self._interval_s, "nbsweep-writer")

    def release(self) -> None:
        """Give up one hold; the thread ends with the last."""
        with self._lock:
            self._holders -= 1
            if self._holders:
                return
            thread, self._thread = self._thread, None
            if self._turns is not None:
                self._turns.end()
                self._turns = None
            self._stop.set()
            self._wake.set()
        if thread is not None and thread is not threading.current_thread():
            thread.join()

    def add(self, channel: Channel) -> None:
        """Flush a channel from now on."""
        with self._lock:
            self._channels.append(channel)
        self.hold()
        channel.in_turns = self._turns is not None

    def remove(self, channel: Channel) -> None:
        """Stop flushing a channel; unknown ones are ignored."""
        with self._lock:
            if channel not in self._channels:
                return
            self._channels.remove(channel)
        self.release()

    def flush_soon(self, wait_s: float = 0.0) -> bool:
        """Flush and judge now rather than at the next interval; any thread may call it.

        Args:
            wait_s: how long to wait at most until that is done; nobody waits for a store
                that fails.

        Returns:
            Whether it is.
        """
        if self._turns is not None:
            self._flush_all()
            return True
        done = threading.Event()
        with self._lock:
            self._waiting.append(done)
            self._wake.set()
            channels = list(self._channels)
        until = time.monotonic() + wait_s
        while not any(channel.is_failing for channel in channels):
            left_s = until - time.monotonic()
            if done.wait(min(left_s, GLANCE_S)) or left_s <= GLANCE_S:
                break
        return done.is_set()

    def make_room(self, channel: Channel) -> None:
        """Wait until a full channel has been written; at once where no thread writes.

        While the store fails nobody waits, and what is held is bounded.
        """
        threads.pass_by()
        while channel.is_full:
            thread = self._thread  # of the parent process, and dead, after a fork
            if self._turns is None and (thread is None or not thread.is_alive()):
                return
            self.flush_soon(self._interval_s)
        channel.thin()

    @property
    def waiting_rows(self) -> int:
        """How many rows of this process's runs are not written yet."""
        with self._lock:
            return sum(channel.waiting for channel in self._channels)

    def _loop(self, stop: threading.Event, wake: threading.Event) -> None:
        while True:
            wake.wait(self._interval_s)
            if stop.is_set():
                return
            self._flush_all(wake)

    def _turn(self) -> float:
        self._flush_all()
        return self._interval_s

    def _flush_all(self, wake: threading.Event | None = None) -> None:
        with self._lock:
            if wake is not None:
                wake.clear()
            channels = list(self._channels)
            waiting, self._waiting = self._waiting, []
        wrote = [channel for channel in channels if channel.flush()]
        for judge in {channel.judge for channel in wrote if channel.judge is not None}:
            judge()
        for done in waiting:
            done.set()


def _records(rows: list[Row]) -> list[HistoryRow]:
    return [HistoryRow(step, time_s, values) for step, time_s, values in rows]
