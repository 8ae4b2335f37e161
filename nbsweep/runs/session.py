"""The only process-wide state: default store and project, and the current run.

A context variable gives each agent thread its own run. Two facts make more than that
necessary: threads that training code starts itself do not inherit the variable, and
one ipykernel release lost context variables between cells. So the session also keeps
the list of live runs, and a lookup without a variable falls back to the only one.
"""

from __future__ import annotations

import atexit
import os
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any, NamedTuple, Protocol
from weakref import WeakSet

from nbsweep.errors import UsageError
from nbsweep.records import RunState, Snapshot
from nbsweep.runs.streams import Held, Streams
from nbsweep.runs.writer import Channel, Row, Writer
from nbsweep.store import default_url, full_url, has_default, open_store
from nbsweep.store.base import Store
from nbsweep.store.patience import patient


class LiveRun(Protocol):
    """What the session asks of a run; see `nbsweep.runs.run`."""

    id: str
    sweep_id: str | None
    number: int
    forked: bool

    @property
    def echo(self) -> bool:
        """Whether what it prints is also shown where it runs."""
        ...

    @property
    def name(self) -> str:
        """Display name."""
        ...

    @property
    def parent(self) -> LiveRun | None:
        """The run of which it is a part."""
        ...

    @property
    def is_open(self) -> bool:
        """Whether `log` works."""
        ...

    def write_console(self, text: str) -> None:
        """Keep printed text with the run."""
        ...

    def request_stop(self, reason: str, state: RunState) -> None:
        """Make the next `log` of this run end it."""
        ...

    def end(self, state: RunState, error: str | None = None) -> None:
        """Write the end of the run."""
        ...

    def end_at_exit(self, exit_code: int) -> None:
        """The process ends: end the run when nobody else does."""
        ...

    @property
    def has_unwritten_rows(self) -> bool:
        """Whether rows of it wait for the writer."""
        ...

    def after_fork(self) -> None:
        """In a forked child: share it with the parent process, which ends it."""
        ...


class RunJudge(Protocol):
    """What a run asks of its sweep's judge; see `nbsweep.runs.judge`."""

    def watch(self, channel: Channel) -> Callable[[Row], None]:
        """What takes the rows of `channel` from now on."""
        ...


class LocalController(Protocol):
    """What agents ask of a controller in their process; see `nbsweep.controller`."""

    @property
    def search_function(self) -> Callable[..., Any] | None:
        """Suggests params, for a sweep with a search function of the user's."""
        ...

    def look(self) -> None:
        """Stop runs that are to stop; called several times a second."""
        ...


class Listener(Protocol):
    """Who shows what the runs of a sweep print; see `nbsweep.panel.log`."""

    @property
    def takes(self) -> bool:
        """Whether it need not be shown where the runs are."""
        ...

    def write(self, run_id: str, number: int, text: str, *, in_cell: bool) -> None:
        """A run printed this; `in_cell`: it is shown where the run is as well."""
        ...


class WorkingAgent(Protocol):
    """What panels ask of an agent at work in their process; see `nbsweep.handles.agent`."""

    @property
    def workers(self) -> int:
        """Runs that it may have under way at once."""
        ...

    @property
    def is_stopping(self) -> bool:
        """Whether it was told to end."""
        ...

    def new_runs_left(self, snapshot: Snapshot) -> int | None:
        """How many runs with params of their own it will still take; None for no limit."""
        ...

    @property
    def left(self) -> int | None:
        """How many runs it will still take; None for no limit."""
        ...

    @property
    def unavailable(self) -> frozenset[str]:
        """The buttons of a panel that would do nothing for it."""
        ...

    def stop(self, now: bool = False) -> None:
        """End it, after the runs under way or with them."""
        ...

    def extend(self, count: int) -> None:
        """Have it take so many runs more."""
        ...


class _Choice(NamedTuple):
    """The default store of this process.

    Attributes:
        asked: what it follows from: the URL given to `use_store`, the environment's.
        url: its URL, good in any working folder.
        folder: the working folder then.
    """

    asked: tuple[str | None, ...]
    url: str
    folder: Path


DEFAULT_PROJECT = "uncategorized"
EXIT_PATIENCE_S = 10.0  # for a store that fails while the interpreter ends
STORE_VARIABLES = ("NBSWEEP_STORE", "NBSWEEP_DIR")
LONGEST_WAIT_S = 0.25  # of a fork, for a store that is slow

_current: ContextVar[LiveRun | None] = ContextVar("nbsweep_run", default=None)
_assigned: ContextVar[LiveRun | None] = ContextVar("nbsweep_assigned_run", default=None)
_lock = threading.Lock()
_live: dict[str, LiveRun] = {}
_store_url: str | None = None
_chosen: _Choice | None = None
_home: Path | None = None
_project: str | None = None
_used: set[str] = set()
_judges: deque[tuple[Store, str, RunJudge]] = deque(maxlen=4)
_controllers: dict[str, LocalController] = {}
_listeners: dict[str, WeakSet[Listener]] = {}
_agents: dict[str, tuple[WorkingAgent, ...]] = {}
_writer = Writer()
_forked = False  # from a process in which runs were under way


def writer() -> Writer:
    """The process's writer thread."""
    return _writer


def store() -> Store:
    """The default store; chosen, opened (and made) at first use.

    It stays the same wherever the working folder moves, until `use_store` or the
    environment names another one. None is made anew while an agent works.
    """
    return open_store(_choice().url, anew=not _writer.is_held)


def store_is_there() -> bool:
    """Whether there is a default store to read from; asking makes none."""
    if _store_url is not None or _chosen is not None:
        return True
    return has_default(os.environ, Path.cwd())


def use_store(url: str | None) -> None:
    """Make `url` the default store of this process; None goes back to the environment's.

    Raises:
        StoreError: the URL is not understood.
    """
    global _store_url, _chosen  # noqa: PLW0603 - this module owns the process-wide state
    _store_url = full_url(url) if url else None
    _chosen = None


def home() -> Path:
    """The working folder at the time when the store was chosen."""
    global _home  # noqa: PLW0603 - this module owns the process-wide state
    _home = _chosen.folder if _chosen is not None else _home or Path.cwd()
    return _home


def _choice() -> _Choice:
    """The store of this process, chosen anew when what it follows from has changed."""
    global _chosen  # noqa: PLW0603 - this module owns the process-wide state
    if _chosen is None or _chosen.asked != (_store_url, *_asked_by_environment()):
        folder = Path.cwd()
        url = full_url(_store_url or default_url(os.environ, folder))
        _make_absolute(folder, url)
        _chosen = _Choice((_store_url, *_asked_by_environment()), url, folder)
    return _chosen


def _asked_by_environment() -> tuple[str | None, ...]:
    return tuple(os.environ.get(name) for name in STORE_VARIABLES)


def _make_absolute(folder: Path, url: str) -> None:
    """Have child processes find the same store, whatever folder they work in."""
    if _store_url is None and os.environ.get("NBSWEEP_STORE", "").startswith("sqlite:"):
        os.environ["NBSWEEP_STORE"] = url
    if os.environ.get("NBSWEEP_DIR"):
        os.environ["NBSWEEP_DIR"] = str(folder / Path(os.environ["NBSWEEP_DIR"]).expanduser())


def project(name: str | None = None) -> str:
    """The project to file things under: the given one, the last `sweep`'s, the environment's."""
    environment = os.environ.get("NBSWEEP_PROJECT") or os.environ.get("WANDB_PROJECT")
    return name or _project or environment or DEFAULT_PROJECT


def use_project(name: str | None) -> None:
    """Make `name` the default project of this process."""
    global _project  # noqa: PLW0603 - this module owns the process-wide state
    _project = name


def first_use_of(url: str) -> bool:
    """Whether this process asks for the first time about the store at `url`."""
    with _lock:
        first = url not in _used
        _used.add(url)
        return first


def judge(store: Store, sweep_id: str, make: Callable[[], RunJudge]) -> RunJudge:
    """Who ends runs of a sweep early in this process; kept, since it has read their curves.

    Args:
        store: where the sweep is.
        sweep_id: the sweep.
        make: makes the judge where there is none yet.
    """
    with _lock:
        for its_store, its_sweep, known in _judges:
            if its_store is store and its_sweep == sweep_id:
                return known
        made = make()
        _judges.appendleft((store, sweep_id, made))
        return made


def attach_controller(sweep_id: str, controller: LocalController) -> None:
    """From now on this process's agents of a sweep ask its controller."""
    with _lock:
        _controllers[sweep_id] = controller


def attached_controller(sweep_id: str) -> LocalController | None:
    """The controller of a sweep in this process, or None."""
    with _lock:
        return _controllers.get(sweep_id)


def begin_agent(sweep_id: str, agent: WorkingAgent) -> None:
    """An agent of this process begins to work on a sweep."""
    with _lock:
        _agents[sweep_id] = (*_agents.get(sweep_id, ()), agent)


def end_agent(sweep_id: str, agent: WorkingAgent) -> None:
    """It works no more."""
    with _lock:
        _agents[sweep_id] = tuple(each for each in _agents.get(sweep_id, ()) if each is not agent)


def agents_at_work(sweep_id: str) -> tuple[WorkingAgent, ...]:
    """The agents of this process that work on a sweep, in the order in which they began."""
    return _agents.get(sweep_id, ())


def silent() -> bool:
    """Whether NBSWEEP_SILENT or WANDB_SILENT asks for no output."""
    values = (os.environ.get("NBSWEEP_SILENT"), os.environ.get("WANDB_SILENT"))
    return any(value is not None and value.lower() in ("1", "true", "yes") for value in values)


def enter(run: LiveRun) -> None:
    """Make `run` the current run of this context and a live run of the process."""
    keep(run)
    _current.set(run)


def keep(run: LiveRun) -> None:
    """Make `run` a live run of the process."""
    with _lock:
        if not _live:
            atexit.register(_finish_left_open)
        _live[run.id] = run


def leave(run: LiveRun) -> None:
    """Take a run that has ended out of the live runs."""
    with _lock:
        _live.pop(run.id, None)
        if not _live:
            atexit.unregister(_finish_left_open)
    if _current.get() is run:
        above = run.parent
        _current.set(above if above is not None and above.is_open else None)


@contextmanager
def assigned(run: LiveRun) -> Iterator[None]:
    """Within the block, `init()` gives this run instead of making one."""
    outer, before = _assigned.set(run), _current.set(None)
    with _lock:
        _live[run.id] = run
    try:
        yield
    finally:
        with _lock:
            _live.pop(run.id, None)
        _current.reset(before)
        _assigned.reset(outer)


def assign(run: LiveRun) -> None:
    """From now on `init()` gives this run: the whole process was started for it."""
    _assigned.set(run)
    with _lock:
        _live[run.id] = run


def resign(run: LiveRun) -> None:
    """From now on `init()` gives another run than this one, which has ended elsewhere."""
    leave(run)
    if _assigned.get() is run:
        _assigned.set(None)


def assigned_run() -> LiveRun | None:
    """The run that an agent handed to this context, or None."""
    run = _assigned.get()
    if run is None and _current.get() is None:
        # A thread that the training function started calls init(), or a process that
        # another thread forked: its only run is meant.
        handed_out = [live for live in live_runs() if live.sweep_id is not None]
        inside = _forked or threading.current_thread() is not threading.main_thread()
        if inside and len(handed_out) == 1:
            return handed_out[0]
    return run


def console_of_context() -> tuple[Callable[[str], None], bool] | None:
    """Where the calling context's prints go, and whether they are echoed; None: nowhere else."""
    run = _assigned.get()
    return None if run is None else (run.write_console, run.echo)


def listen(sweep_id: str, listener: Listener) -> None:
    """Tell a listener, as long as somebody holds it, what runs of a sweep print here."""
    with _lock:
        _listeners.setdefault(sweep_id, WeakSet()).add(listener)


def tell_listeners(run: LiveRun, text: str) -> None:
    """A run of this process printed `text`."""
    listeners = _listeners.get(run.sweep_id or "")
    if listeners:
        in_cell = run.echo
        for listener in tuple(listeners):
            listener.write(run.id, run.number, text, in_cell=in_cell)


def is_taken(sweep_id: str | None) -> bool:
    """Whether what runs of a sweep print is shown elsewhere than in the cell."""
    listeners = _listeners.get(sweep_id or "")
    return listeners is not None and any(listener.takes for listener in tuple(listeners))


held = Held()
_streams = Streams(console_of_context, held.write)


def streams() -> Streams:
    """Keeps what runs print apart while it is entered."""
    return _streams


def live_runs() -> list[LiveRun]:
    """Runs of this process that have not ended."""
    with _lock:
        return list(_live.values())


def live_run(run_id: str) -> LiveRun | None:
    """The live run of that id in this process."""
    with _lock:
        return _live.get(run_id)


def current_run() -> LiveRun | None:
    """The run of this context, else the process's only open one, else None.

    Raises UsageError when several runs are open and this thread belongs to none of them.
    """
    run = _current.get()
    if run is not None and run.is_open:
        return run
    candidates = [live for live in live_runs() if live.is_open]
    if len(candidates) > 1:
        names = ", ".join(live.name for live in candidates[:4])
        raise UsageError(
            f"{len(candidates)} runs are open in this process ({names}) and this thread belongs "
            "to none of them. Pass the run to the thread and call run.log(...), or start the "
            "thread with threading.Thread(target=contextvars.copy_context().run, args=(f,))."
        )
    return candidates[0] if candidates else None


def _finish_left_open() -> None:
    """At exit: runs outside agents that nobody finished end with the script's exit code."""
    failed = getattr(sys, "last_value", None) is not None and not hasattr(sys, "ps1")
    with patient(EXIT_PATIENCE_S):
        for run in live_runs():
            run.end_at_exit(1 if failed and "ipykernel" not in sys.modules else 0)


def _after_fork() -> None:
    """In a forked child: the writer's thread is not there, and locks may be held by nobody."""
    global _writer, _lock, _forked  # noqa: PLW0603 - this module owns the process-wide state
    _lock = threading.Lock()
    _writer = Writer()
    _streams.after_fork()
    held.after_fork()
    _listeners.clear()
    _forked = bool(_live)
    for run in _live.values():
        run.after_fork()


def _before_fork() -> None:
    """Write what runs have logged so far: its place is before what the child will log."""
    if any(run.has_unwritten_rows for run in live_runs()):
        _writer.flush_soon(LONGEST_WAIT_S)


def _after_fork_in_parent() -> None:
    for run in live_runs():
        run.forked = True


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_before_fork, after_in_parent=_after_fork_in_parent, after_in_child=_after_fork
    )
