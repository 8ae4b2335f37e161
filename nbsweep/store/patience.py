"""How long calls of a store wait out a fault of the machine, and who hears of it.

By default a call fails after a second or a minute, depending on the fault: a person waits
for it. Whoever works for hours (an agent, the end of a run) asks for `LONGEST_S` with
`patient`, for the calls of its own context and of the threads that inherit that.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from nbsweep.errors import StoreError
from nbsweep.store.base import Store

LONGEST_S = 600.0  # then whoever waits gives up, and the point is handed out again later
WORTH_TELLING_S = 1.0  # what is over before that, as most locks are, is nobody's business
FORGOTTEN_AFTER_S = 60.0  # without another failure
SLICE_S = 0.25  # how often a waiting call looks around


class PassingError(StoreError):
    """The machine is at fault: the same call may well work later.

    Attributes:
        text: the database's own words, without ours.
        in_doubt: True when the commit was under way, so that the transaction may have
            happened although nobody said so.
        is_lock: somebody else holds the file, which is no trouble for a second or two.
        needs_reopening: what is open may be useless: open it anew for the next try.
    """

    is_lock = False
    needs_reopening = False

    def __init__(self, message: str, *, text: str = "", in_doubt: bool = False) -> None:
        self.text = text or message
        self.in_doubt = in_doubt
        super().__init__(message)


def _nothing() -> None:
    """Do nothing."""


def _never() -> bool:
    """Never give up before the time is over."""
    return False


@dataclass(frozen=True)
class Patience:
    """How calls of the store wait.

    Attributes:
        limit_s: seconds; None: what suits the fault when a person waits.
        while_waiting: called several times a second on the waiting thread.
        gives_up: whether to raise at once instead of waiting on.
    """

    limit_s: float | None = None
    while_waiting: Callable[[], None] = _nothing
    gives_up: Callable[[], bool] = _never

    @property
    def is_heard(self) -> bool:
        """Whether somebody tells the user that it waits."""
        return self.while_waiting is not _nothing

    def pause(self, seconds: float) -> None:
        """Wait, looking around meanwhile."""
        until = time.monotonic() + seconds
        while not self.gives_up():
            self.while_waiting()
            left_s = until - time.monotonic()
            if left_s <= 0:
                return
            time.sleep(min(left_s, SLICE_S))


_USUAL = Patience()
_patience: ContextVar[Patience] = ContextVar("nbsweep_patience", default=_USUAL)


def current() -> Patience:
    """How the calls of this context wait."""
    return _patience.get()


@contextmanager
def patient(
    limit_s: float,
    while_waiting: Callable[[], None] = _nothing,
    gives_up: Callable[[], bool] = _never,
) -> Iterator[None]:
    """Have the calls within the block wait like this; see `Patience`."""
    before = _patience.set(Patience(limit_s, while_waiting, gives_up))
    try:
        yield
    finally:
        _patience.reset(before)


@contextmanager
def lasting() -> Iterator[None]:
    """Have the calls within the block wait for `LONGEST_S`, or as somebody around it said."""
    if _patience.get().limit_s is not None:
        yield
        return
    with patient(LONGEST_S):
        yield


# What ails the stores of this process


@dataclass(frozen=True)
class Trouble:
    """A store that fails now.

    Attributes:
        verb: what it cannot be: "read" or "written".
        text: what the database says.
        place: the store, as its user knows it.
        since: monotonic seconds, of the first failure.
        seen: of the last one.
    """

    verb: str
    text: str
    place: str
    since: float
    seen: float


_lock = threading.Lock()
_troubles: dict[tuple[str, str], Trouble] = {}  # by URL and verb


def note_trouble(url: str, verb: str, text: str, place: str) -> None:
    """Remember that a call of a store failed."""
    now = time.monotonic()
    with _lock:
        before = _troubles.get((url, verb))
        since = before.since if before and now - before.seen < FORGOTTEN_AFTER_S else now
        _troubles[url, verb] = Trouble(verb, text, place, since, now)


def note_recovery(url: str, verb: str) -> None:
    """Remember that such calls work again."""
    if _troubles:
        with _lock:
            _troubles.pop((url, verb), None)


def trouble_of(store: Store) -> Trouble | None:
    """What ails a store now; its writes matter more than its reads."""
    if not _troubles:
        return None
    url = getattr(store, "url", "")
    trouble = _troubles.get((url, "written")) or _troubles.get((url, "read"))
    if trouble is None or time.monotonic() - trouble.seen > FORGOTTEN_AFTER_S:
        return None  # whoever failed gave up, and nobody has tried since
    return trouble


def worth_telling(store: Store) -> Trouble | None:
    """What ails a store and has done so for a while."""
    trouble = trouble_of(store)
    if trouble is None or time.monotonic() - trouble.since < WORTH_TELLING_S:
        return None
    return trouble


def _after_fork() -> None:
    global _lock  # noqa: PLW0603 - the parent's may be held by a thread that is not here
    _lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
