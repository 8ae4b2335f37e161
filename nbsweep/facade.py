"""W&B's functions with W&B's signatures: sweep, agent, init, log, finish and their kin."""

from __future__ import annotations

import functools
import os
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, overload

from nbsweep import sweep_config
from nbsweep.control.agent import Agent
from nbsweep.control.controller import is_lost
from nbsweep.control.creation import create_sweep
from nbsweep.control.failures import FailurePolicy
from nbsweep.errors import UsageError
from nbsweep.executors import program as command
from nbsweep.handles.agent import AgentHandle
from nbsweep.handles.sweep import Sweep
from nbsweep.records import RunState, SweepState
from nbsweep.runs import session, start
from nbsweep.runs.current import current_run, require_run
from nbsweep.runs.defined_metrics import DefinedMetric
from nbsweep.runs.folders import run_folder
from nbsweep.runs.run import Run
from nbsweep.runs.settings import Settings, as_settings
from nbsweep.search.custom_search import SearchFunction
from nbsweep.sweep_config import SweepConfig
from nbsweep.view.console import say
from nbsweep.view.live import LiveView, in_kernel

if TYPE_CHECKING:
    from nbsweep.panel.widget import Panel

SHOWS = (True, False, "panel", "static")
NEWEST_LOOKED_AT = 5  # sweeps, for one that a kernel left unfinished


def sweep(
    sweep: Mapping[str, Any] | Callable[[], Mapping[str, Any]],
    entity: str | None = None,
    project: str | None = None,
    prior_runs: Sequence[str] | None = None,
) -> str:
    """Create a sweep from its config and return its id.

    Args:
        sweep: the sweep config, or a function that returns it; see docs/sweep-config.md.
        entity: W&B's, ignored.
        project: label to file the sweep and its runs under; default: the config's.
        prior_runs: ids of earlier runs, of any sweep or of none: `bayes` and schedulers
            learn from them, a grid leaves out what they have tried.

    Raises:
        ConfigError: with all that is wrong in the config.
        MissingDependencyError: the scheduler's engine is not installed.
        NotFoundError: there is no run of such an id.

    Example:
        >>> sweep_id = nbsweep.sweep({
        ...     "method": "random",
        ...     "metric": {"name": "loss", "goal": "minimize"},
        ...     "parameters": {"learning_rate": {"min": 0.0, "max": 0.1}},
        ... })
    """
    del entity
    sweep_id, notes = new_sweep(sweep, project, prior_runs)
    if not session.silent():
        for note in notes:
            say(f"Note: {note}")
        say(f"Create sweep with ID: {sweep_id}")
    return sweep_id


def new_sweep(
    given: Mapping[str, Any] | Callable[[], Mapping[str, Any]],
    project: str | None,
    prior_runs: Sequence[str] | None,
) -> tuple[str, list[str]]:
    """`sweep` without a word: the id, and what there is to tell a person."""
    config = sweep_config.parse(given() if callable(given) else given)
    session.use_project(project or config.project)
    sweep_id, notes = create_sweep(session.store(), config, session.project(), prior_runs or ())
    return sweep_id, [*config.notes, *notes, *_unfinished(sweep_id)]


def _unfinished(new_id: str) -> list[str]:
    """Mentions, once a process and store, the sweep that an earlier kernel left unfinished."""
    store, now = session.store(), time.time()
    if not session.first_use_of(store.url):
        return []
    left = [s for s in store.sweeps() if s.state is SweepState.RUNNING and s.id != new_id]
    for sweep in left[: -NEWEST_LOOKED_AT - 1 : -1]:
        runs = store.snapshot(sweep.id).runs
        if runs and (runs[-1].state is RunState.CRASHED or any(is_lost(r, now) for r in runs)):
            name = f"{sweep.name} ({sweep.id})" if sweep.name else sweep.id
            return [
                f"sweep {name} was left unfinished in run {runs[-1].number}. "
                f"nbsweep.resume({sweep.id!r}, train) continues it."
            ]
    return []


@overload
def agent(
    sweep_id: str | Sweep,
    function: Callable[[], Any] | None = None,
    entity: str | None = None,
    project: str | None = None,
    count: int | None = None,
    forward_signals: bool = False,
    term_timeout: float | None = None,
    max_consecutive_failed_runs: int | None = None,
    *,
    workers: int = 1,
    executor: object = "threads",
    workers_per_gpu: int | None = None,
    timeout_s: float | None = None,
    search: SearchFunction | None = None,
    background: Literal[False] = False,
    show: bool | str = True,
) -> None: ...


@overload
def agent(
    sweep_id: str | Sweep,
    function: Callable[[], Any] | None = None,
    entity: str | None = None,
    project: str | None = None,
    count: int | None = None,
    forward_signals: bool = False,
    term_timeout: float | None = None,
    max_consecutive_failed_runs: int | None = None,
    *,
    workers: int = 1,
    executor: object = "threads",
    workers_per_gpu: int | None = None,
    timeout_s: float | None = None,
    search: SearchFunction | None = None,
    background: Literal[True],
    show: bool | str = True,
) -> AgentHandle: ...


def agent(
    sweep_id: str | Sweep,
    function: Callable[[], Any] | None = None,
    entity: str | None = None,
    project: str | None = None,
    count: int | None = None,
    forward_signals: bool = False,
    term_timeout: float | None = None,
    max_consecutive_failed_runs: int | None = None,
    *,
    workers: int = 1,
    executor: object = "threads",
    workers_per_gpu: int | None = None,
    timeout_s: float | None = None,
    search: SearchFunction | None = None,
    background: bool = False,
    show: bool | str = True,
) -> AgentHandle | None:
    """Run the training function again and again with params that the sweep suggests.

    Blocks until `count` runs are done or the sweep has nothing left to hand out. An
    interrupt ends the runs under way and returns; calling `agent` again continues the
    sweep, also in a new kernel.

    Args:
        sweep_id: from `sweep`; ``project/id`` and ``entity/project/id`` work too.
        function: called without arguments for each run. Without one the program or
            command of the sweep config runs as a child process (docs/command-line.md).
        entity: W&B's, ignored.
        project: W&B's, ignored: the sweep knows its project.
        count: number of runs to take, failed ones included; None or 0 for no limit.
        forward_signals: pass an interrupt on to child processes at once.
        term_timeout: seconds that a child process that has to stop gets after SIGTERM
            before it is killed; default 10.
        max_consecutive_failed_runs: give up after so many failed runs in a row.
        workers: runs under way at once.
        executor: "threads" trains beside the main thread; "inline" on it, for code
            that needs the main thread (then an interrupt goes to the training code);
            "processes" for all cores and GPUs, a crash costing one run; "ray"; a Dask
            client; or any concurrent.futures.Executor.
        workers_per_gpu: how many process workers share a GPU; default: evenly.
        timeout_s: a run that takes longer fails, at its next `log` or soon after;
            default: the variable NBSWEEP_TIMEOUT_S, else no limit.
        search: for method "custom": ``(config, observations, pending, rng)`` → the next
            params as a dict, or None when nothing is left to try.
        background: return at once, with a handle to wait for and to steer.
        show: draw the runs as they progress: in a notebook as a live panel with buttons
            and brushes, or with "static" as plain HTML without a widget; False for nothing.

    Returns:
        None, or the handle of a background agent.

    Raises:
        NotFoundError: there is no such sweep.
        UsageError: the sweep has ended, `count` or `workers` makes no sense, or there
            is neither a function nor a program to run.
    """
    del entity, project
    _check_agent_arguments(function, count, workers, max_consecutive_failed_runs)
    sweep = sweep_id if isinstance(sweep_id, Sweep) else Sweep(sweep_id)
    local = session.attached_controller(sweep.id)
    if local is not None and search is None:
        search = local.search_function
    if function is None:
        function, executor = program_of(sweep, executor, forward_signals, term_timeout)
    handle = prepare(
        sweep,
        function,
        count=count or None,
        workers=workers,
        executor=executor,
        workers_per_gpu=workers_per_gpu,
        timeout_s=_seconds(timeout_s),
        search=search,
        in_a_row=max_consecutive_failed_runs,
        show=show,
        echo=not background and workers == 1,
    )
    if local is not None:
        handle.while_waiting(local.look)
    if background:
        return handle.start()
    handle.run()
    return None


def resume(
    sweep_id: str | Sweep | None,
    function: Callable[[], Any] | None = None,
    count: int | None = None,
    **arguments: Any,
) -> AgentHandle | None:
    """Continue a sweep that stopped, in this kernel or an earlier one.

    Opens an ended or paused sweep again and runs what is missing: params of crashed
    runs first, then new ones.

    Args:
        sweep_id: the sweep; None for the newest one of the store.
        function: as for `agent`.
        count: as for `agent`.
        arguments: `agent`'s other arguments.

    Raises:
        NotFoundError: there is no such sweep.
    """
    handle = _sweep_of(sweep_id, "resume")
    handle.resume()
    again: AgentHandle | None = agent(handle, function, count=count, **arguments)
    return again


async def agent_async(
    sweep_id: str | Sweep,
    function: Callable[[], Any] | None = None,
    entity: str | None = None,
    project: str | None = None,
    count: int | None = None,
    **arguments: Any,
) -> None:
    """`agent` for ``await``: other cells and widgets stay responsive while it works.

    A cancelled wait stops the runs under way.

    Args:
        sweep_id: as for `agent`.
        function: as for `agent`.
        entity: W&B's, ignored.
        project: W&B's, ignored.
        count: as for `agent`.
        arguments: `agent`'s other arguments, but for `background`.

    Raises:
        UsageError, NotFoundError: as `agent` does, and what ended the agent.
    """
    if "background" in arguments:
        raise UsageError(
            "agent_async(background=...): it always works in the background. For a handle call "
            "agent(..., background=True), which can be awaited too."
        )
    handle = agent(sweep_id, function, entity, project, count, background=True, **arguments)
    await handle


def program_of(
    sweep: Sweep,
    executor: object = "threads",
    forward_signals: bool = False,
    term_timeout: float | None = None,
    *,
    labelled: bool = False,
) -> tuple[Callable[[], Any], object]:
    """What runs a sweep's program as child processes: a function and its executor.

    Args:
        sweep: whose config names the program.
        executor: what the caller of `agent` asked for.
        forward_signals: see `agent`.
        term_timeout: see `agent`.
        labelled: show what all runs print, each line with its run's number.

    Raises:
        UsageError: the config names no program, or it is not there.
    """
    config = sweep_config.parse(sweep.config)
    if executor != "threads":
        raise UsageError(
            f"executor={executor!r}: a program always runs as a child process of its own, workers "
            "at a time. Leave executor out, or pass a training function."
        )
    items = command.check(config, sweep.id, sweep.store.url)
    if not session.silent():
        for remark in command.remarks(config.command):
            say(f"Note: {remark}")
    children = command.CommandExecutor()
    wait_s = command.TERM_TIMEOUT_S if term_timeout is None else float(term_timeout)
    program = command.Command(
        items, config.program, sweep.store, children, forward_signals, wait_s, labelled
    )
    return program, children


def prepare(
    sweep: Sweep,
    function: Callable[[], Any],
    *,
    count: int | None,
    workers: int,
    executor: object,
    in_a_row: int | None,
    workers_per_gpu: int | None = None,
    timeout_s: float | None = None,
    search: SearchFunction | None = None,
    show: bool | str,
    echo: bool = False,
) -> AgentHandle:
    """An agent with its display, ready to begin."""
    if show not in SHOWS:
        raise UsageError(
            f'agent(show={show!r}): use True or "panel" for a live panel, "static" for plain '
            "HTML, False for nothing."
        )
    worker = Agent(
        sweep.store,
        sweep.id,
        function,
        folder=functools.partial(run_folder, sweep.store),
        count=count,
        executor=executor,
        workers=workers,
        workers_per_gpu=workers_per_gpu,
        timeout_s=timeout_s,
        search=search,
        policy=FailurePolicy.from_environment(os.environ, in_a_row),
        echo=echo,
    )
    handle = AgentHandle(worker, sweep)
    if show and not session.silent():
        handle.show_in(_view(handle, worker.controller.config, count, workers, show))
    return handle


def _view(
    handle: AgentHandle, config: SweepConfig, count: int | None, workers: int, show: bool | str
) -> LiveView:
    """The display of an agent: a panel where there is a cell to put it, unless told otherwise."""
    read, display = handle.sweep.snapshots(curves=True), None
    if show != "static" and in_kernel():
        from nbsweep.panel import bridge
        from nbsweep.panel.display import PanelDisplay

        handle.while_waiting(bridge.poll)  # the only way for clicks on ipykernel 6
        panel = handle.sweep.new_panel(handle)
        read, display = panel.read, PanelDisplay(panel)
    return LiveView(read, config, count=count, workers=workers, display=display)


def show(sweep_id: str | Sweep | None = None) -> Panel:
    """A live panel of a sweep, to be the last line of a cell.

    Args:
        sweep_id: the sweep; None for the newest one of the store.

    Raises:
        NotFoundError: there is no such sweep.
        UsageError: there is no sweep at all.
    """
    return _sweep_of(sweep_id, "show").panel


def _sweep_of(sweep_id: str | Sweep | None, caller: str) -> Sweep:
    """The sweep that is meant: itself, that of an id, or the newest."""
    if sweep_id is None:
        sweeps = session.store().sweeps()
        if not sweeps:
            raise UsageError(f"{caller}: there is no sweep yet. nbsweep.sweep(config) makes one.")
        sweep_id = sweeps[-1].id
    return sweep_id if isinstance(sweep_id, Sweep) else Sweep(sweep_id)


def _seconds(timeout_s: float | None) -> float | None:
    """The time limit of a run, from the argument or the environment."""
    given = os.environ.get("NBSWEEP_TIMEOUT_S") if timeout_s is None else timeout_s
    if given is None or given == "":
        return None
    try:
        seconds = float(given)
    except (TypeError, ValueError):
        seconds = 0.0
    if not seconds > 0:
        raise UsageError(f"timeout_s={given!r}: a number of seconds above 0 is needed.")
    return seconds


def _check_agent_arguments(
    function: object, count: object, workers: object, in_a_row: object
) -> None:
    if function is not None and not callable(function):
        raise TypeError(
            f"agent: function must be callable, not {type(function).__name__}. Pass the training "
            "function itself, train, not its result, train()."
        )
    for name, value, least in (
        ("count", count, 0),
        ("workers", workers, 1),
        ("max_consecutive_failed_runs", in_a_row, 1),
    ):
        whole = isinstance(value, int) and not isinstance(value, bool)
        if value is not None and not (whole and value >= least):  # type: ignore[operator]
            raise UsageError(f"agent({name}={value!r}): a whole number of at least 1 is needed.")


def init(
    entity: str | None = None,
    project: str | None = None,
    dir: str | None = None,  # noqa: A002 - W&B's name
    id: str | None = None,  # noqa: A002 - W&B's name
    name: str | None = None,
    notes: str | None = None,
    tags: Sequence[str] | None = None,
    config: Any = None,
    config_exclude_keys: Sequence[str] | None = None,
    config_include_keys: Sequence[str] | None = None,
    allow_val_change: bool | None = None,
    group: str | None = None,
    job_type: str | None = None,
    mode: str | None = None,
    force: bool | None = None,
    reinit: bool | str | None = None,
    settings: Settings | Mapping[str, Any] | None = None,
    **ignored: Any,
) -> Run:
    """Begin a run, or take over the one that the agent handed to this thread.

    Use it as ``with nbsweep.init() as run:`` or plainly, with `finish()` at the end.

    Args:
        entity: W&B's, ignored.
        project: label for a run outside of a sweep; a sweep's run has the sweep's.
        dir: W&B's, ignored: files are kept beside the store.
        id: id for a run outside of a sweep.
        name: display name.
        notes: free text.
        tags: labels.
        config: dict, argparse Namespace or path of a YAML file; what the sweep
            suggests wins over it.
        config_exclude_keys: leave these out of `config`.
        config_include_keys: take only these of `config`.
        allow_val_change: W&B's, ignored: values outside the sweep may always change.
        group: label.
        job_type: label.
        mode: "disabled" keeps a run outside of a sweep in memory only; all other
            modes are the same here, as nothing is ever sent.
        force: W&B's, ignored.
        reinit: what to do about an open run: "finish_previous" (default in
            notebooks), "return_previous" (default in scripts), "create_new".
        settings: W&B's Settings; those that stand for an argument of `init` count
            where the argument is left out.
        ignored: W&B's remaining arguments (resume, sync_tensorboard, monitor_gym,
            save_code, anonymous, magic, …), accepted and ignored.
    """
    del entity, dir, allow_val_change, force, ignored
    chosen = as_settings(settings)
    meant = chosen.arguments()
    mode = mode or meant.get("mode") or os.environ.get("WANDB_MODE")
    reinit = meant.get("reinit") if reinit is None else reinit
    run = start.start_run(
        config=config,
        project=project or meant.get("project"),
        run_id=id or meant.get("id"),
        name=name or meant.get("name"),
        notes=notes or meant.get("notes"),
        tags=tags if tags is not None else meant.get("tags"),
        group=group or meant.get("group"),
        job_type=job_type or meant.get("job_type"),
        exclude=config_exclude_keys,
        include=config_include_keys,
        reinit="finish_previous" if reinit is True else reinit,
        disabled=mode == "disabled",
    )
    run.settings.update(**vars(chosen))
    return run


def log(
    data: Mapping[str, Any],
    step: int | None = None,
    commit: bool | None = None,
    sync: bool | None = None,
) -> None:
    """Log metrics to the current run; see Run.log."""
    require_run("log()").log(data, step, commit, sync)


def finish(exit_code: int | None = None, quiet: bool | None = None) -> None:
    """End the current run, if there is one."""
    run = current_run()
    if run is not None:
        run.finish(exit_code, quiet)


def join(exit_code: int | None = None) -> None:
    """Old name of `finish`."""
    finish(exit_code)


def define_metric(name: str, *args: Any, **kwargs: Any) -> DefinedMetric:
    """Say what the current run's summary keeps of a metric; see Run.define_metric."""
    return require_run("define_metric()").define_metric(name, *args, **kwargs)


def mark_preempting() -> None:
    """Say that the current run's machine is about to be taken away; see Run.mark_preempting."""
    require_run("mark_preempting()").mark_preempting()


def login(*args: Any, **kwargs: Any) -> bool:
    """Say that no account is needed and return True; takes whatever W&B's takes."""
    del args, kwargs
    if not session.silent():
        say("nbsweep needs no account: everything stays on this machine.")
    return True


def setup(store: str | Settings | None = None, settings: Any = None) -> None:
    """Choose the store of this process by URL; None goes back to the default.

    W&B's `setup(settings)` is taken too, and changes nothing.
    """
    if settings is None and not isinstance(store, Settings):
        session.use_store(store)


class _BeforeInit:
    """Stands for `config` and `summary` while there is no run; says so when used."""

    def __init__(self, name: str) -> None:
        object.__setattr__(self, "_name", name)

    def _refuse(self, *_: object) -> Any:
        # An empty session raises the one message that says what to do.
        require_run(self.__dict__["_name"])

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # introspection is not use
            raise AttributeError(name)
        return self._refuse()

    __setattr__ = __getitem__ = __setitem__ = __contains__ = __len__ = __iter__ = _refuse

    def __repr__(self) -> str:
        return f"<nbsweep.{self.__dict__['_name']}: no run; call nbsweep.init() first>"


def current(name: str) -> Any:
    """What the module attributes `run`, `config` and `summary` stand for right now."""
    run = current_run()
    if name == "run":
        return run
    return getattr(run, name) if run is not None else _BeforeInit(name)


def assign(name: str, value: Any) -> None:
    """``wandb.summary = {...}`` and ``wandb.config = {...}``, for the current run.

    In W&B the module's attribute becomes a dict that is recorded nowhere; here the run
    takes the values, and what the sweep suggested stays.
    """
    if name == "run":
        return  # `wandb.run = None` of old notebooks; finish() ends a run
    run = require_run(name)
    if name == "summary":
        run.summary = value
    else:
        run.config.update(value)
