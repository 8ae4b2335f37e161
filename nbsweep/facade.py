"""W&B's functions with W&B's signatures: sweep, agent, init, log, finish and the like."""

from __future__ import annotations

import inspect
import os
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, overload

from nbsweep import sweep_config
from nbsweep.control.creation import create_sweep
from nbsweep.control.lost_runs import looks_left
from nbsweep.control.options import AgentOptions
from nbsweep.errors import UsageError
from nbsweep.handles.agent import AgentHandle
from nbsweep.handles.launch import launch
from nbsweep.handles.sweep import Sweep
from nbsweep.records import RunState, SweepState
from nbsweep.runs import session, start
from nbsweep.runs.current import current_run, require_run
from nbsweep.runs.defined_metrics import DefinedMetric
from nbsweep.runs.run import Run
from nbsweep.runs.settings import Settings, as_settings
from nbsweep.search.custom_search import SearchFunction
from nbsweep.view.console import say
from nbsweep.wording import closest, did_you_mean

if TYPE_CHECKING:
    from nbsweep.panel.widget import Panel

MODES = ("online", "offline", "disabled", "shared", "dryrun", "run")  # the last two are old names
IGNORED = frozenset(  # arguments of W&B's init, present and former
    "anonymous fork_from magic monitor_gym resume_from save_code sync_tensorboard "
    "tensorboard".split()
)
NEWEST_LOOKED_AT = 5  # sweeps, for one that a kernel left unfinished


def sweep(
    sweep: Mapping[str, Any] | Callable[[], Mapping[str, Any]],
    entity: str | None = None,
    project: str | None = None,
    prior_runs: Sequence[str] | None = None,
    prior: str | Sequence[str] | None = None,
) -> str:
    """Create a sweep from its config and return its id.

    Args:
        sweep: the sweep config, or a function that returns it; see docs/sweep-config.md.
        entity: W&B's, ignored.
        project: label to file the sweep and its runs under; default: the config's.
        prior_runs: ids of earlier runs, of any sweep or of none: `bayes` and schedulers
            learn from them, a grid leaves out what they have tried.
        prior: "auto", "none" or ids of earlier sweeps, instead of the config's `prior`: `bayes`
            lets sweeps of similar tasks tell what to expect; see docs/earlier-sweeps.md.

    Raises:
        ConfigError: with all that is wrong in the config.
        MissingDependencyError: the scheduler's engine is not installed.
        NotFoundError: there is no run, or no earlier sweep, with such an id.

    Example:
        >>> sweep_id = nbsweep.sweep({
        ...     "method": "random",
        ...     "metric": {"name": "loss", "goal": "minimize"},
        ...     "parameters": {"learning_rate": {"min": 0.0, "max": 0.1}},
        ... })
    """
    del entity
    sweep_id, notes = new_sweep(sweep, project, prior_runs, prior)
    if not session.silent():
        for note in notes:
            say(f"Note: {note}")
        say(f"Create sweep with ID: {sweep_id}")
    return sweep_id


def new_sweep(
    config: Mapping[str, Any] | Callable[[], Mapping[str, Any]],
    project: str | None,
    prior_runs: Sequence[str] | None,
    prior: str | Sequence[str] | None = None,
) -> tuple[str, list[str]]:
    """`sweep` that prints nothing: the id, and the notes for the user."""
    given = config() if callable(config) else config
    if prior is not None and isinstance(given, Mapping):
        given = {**given, "prior": prior}
    checked = sweep_config.parse(given)
    session.use_project(project or checked.project)
    sweep_id, notes = create_sweep(session.store(), checked, session.project(), prior_runs or ())
    return sweep_id, [*checked.notes, *notes, *_unfinished(sweep_id)]


def _unfinished(new_id: str) -> list[str]:
    """A note about a sweep that an earlier kernel left unfinished, once a process and store."""
    store, now = session.store(), time.time()
    if not session.first_use_of(store.url):
        return []
    running = [s for s in store.sweeps() if s.state is SweepState.RUNNING and s.id != new_id]
    for sweep in running[: -NEWEST_LOOKED_AT - 1 : -1]:
        runs = store.snapshot(sweep.id).runs
        if runs and (runs[-1].state is RunState.CRASHED or any(looks_left(r, now) for r in runs)):
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
    minutes: float | None = None,
    deadline: datetime | str | float | None = None,
    search: SearchFunction | None = None,
    background: Literal[False] = False,
    show: bool | str = True,
    console: str = "panel",
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
    minutes: float | None = None,
    deadline: datetime | str | float | None = None,
    search: SearchFunction | None = None,
    background: Literal[True],
    show: bool | str = True,
    console: str = "panel",
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
    minutes: float | None = None,
    deadline: datetime | str | float | None = None,
    search: SearchFunction | None = None,
    background: bool = False,
    show: bool | str = True,
    console: str = "panel",
) -> AgentHandle | None:
    """Run the training function again and again with params that the sweep suggests.

    Blocks until `count` runs are done or the sweep has nothing left to hand out. An
    interrupt ends the runs under way and returns; calling `agent` again continues the
    sweep, also in a new kernel. Where nothing is left, or the sweep was stopped or
    canceled, it says so and returns.

    Args:
        sweep_id: from `sweep`; ``project/id`` and ``entity/project/id`` work too.
        function: called without arguments for each run. Without one the program or
            command of the sweep config runs as a child process (docs/command-line.md).
        entity: W&B's, ignored.
        project: W&B's, ignored: the sweep knows its project.
        count: number of runs to take, failed ones, retries and runs that a person wants to go on
            included, but not those that early termination lets go on (`thaw`), nor what a
            person asks for while it works; None or 0 for no limit.
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
        minutes: all runs have ended when so many minutes have passed: no run is begun that
            would not end in time, and what is under way stops (see docs/deadlines.md).
        deadline: the same until a moment: a time of day such as "17:30", a datetime (local
            time without a zone), its ISO text, or unix time in seconds.
        search: for method "custom": ``(config, observations, pending, rng)`` → the next
            params as a dict, or None when nothing is left to try.
        background: return at once, with a handle to wait for and to steer.
        show: draw the runs as they progress: in a notebook as a live panel with buttons
            and brushes, or with "static" as plain HTML without a widget; False for nothing.
        console: where to show what the runs print: in the live panel while a page shows it,
            or with "cell" in the output of the cell as well.

    Returns:
        None, or the handle of a background agent.

    Raises:
        NotFoundError: there is no such sweep.
        UsageError: `count`, `minutes` or the like makes no sense, or there is neither a function
            nor a program to run.
    """
    del entity, project
    options = AgentOptions(
        function=function,
        count=count,
        forward_signals=forward_signals,
        term_timeout=term_timeout,
        max_consecutive_failed_runs=max_consecutive_failed_runs,
        workers=workers,
        executor=executor,
        workers_per_gpu=workers_per_gpu,
        timeout_s=timeout_s,
        minutes=minutes,
        deadline=deadline,
        search=search,
        background=background,
        show=show,
        console=console,
    )
    return _work_on(sweep_id, options)


def _work_on(sweep: str | Sweep, options: AgentOptions) -> AgentHandle | None:
    handle = launch(_handle(sweep), options)
    if options.background:
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
    options = AgentOptions.of(function=function, count=count, **arguments)
    sweep = _handle(_newest("resume") if sweep_id is None else sweep_id)
    sweep.resume()
    return _work_on(sweep, options)


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
    del entity, project
    options = AgentOptions.of(function=function, count=count, background=True, **arguments)
    await launch(_handle(sweep_id), options).start()


def show(sweep_id: str | Sweep | None = None) -> Panel:
    """A live panel of a sweep, to be the last line of a cell.

    Args:
        sweep_id: the sweep; None for the newest one of the store.

    Raises:
        NotFoundError: there is no such sweep.
        UsageError: there is no sweep at all.
    """
    return _handle(_newest("show") if sweep_id is None else sweep_id).panel


def _handle(sweep: str | Sweep) -> Sweep:
    return sweep if isinstance(sweep, Sweep) else Sweep(sweep)


def _newest(caller: str) -> str:
    """The id of the store's newest sweep."""
    sweeps = session.store().sweeps() if session.store_is_there() else []
    if not sweeps:
        raise UsageError(f"{caller}: there is no sweep yet. nbsweep.sweep(config) makes one.")
    return sweeps[-1].id


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
    resume: bool | str | None = None,
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
        allow_val_change: whether keys of `config` may get another value later. By default
            they may in a sweep and in a notebook; in a script it takes
            ``config.update(…, allow_val_change=True)``.
        group: label.
        job_type: label.
        mode: "disabled" keeps a run outside of a sweep in memory only; "online",
            "offline" and "shared" are the same here, as nothing is ever sent.
        force: W&B's, ignored.
        reinit: what to do about an open run: "finish_previous" (default in
            notebooks), "return_previous" (default in scripts), "create_new", which leaves
            `nbsweep.run` as it is.
        settings: W&B's Settings; those that stand for an argument of `init` count
            where the argument is left out.
        resume: go on with the run of that `id`, its steps, summary and config: "allow", when
            it is there; "must"; "never" refuses it; True or "auto", with the last run begun
            so, unless it finished. In a sweep it means nothing.
        ignored: W&B's remaining arguments (sync_tensorboard, monitor_gym, save_code,
            anonymous, magic, …), accepted and ignored.

    Raises:
        UsageError: an argument, or a value of one, that is not known; a run that cannot go
            on.
    """
    del entity, dir, force
    for word in ignored:
        if word not in IGNORED:
            raise _unknown_argument(word)
    chosen = as_settings(settings)
    meant = chosen.arguments()
    mode = _mode(mode, meant)
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
        resume=meant.get("resume") if resume is None else resume,
        allow_val_change=bool(allow_val_change),
        disabled=mode == "disabled",
    )
    run.settings.update(**vars(chosen))
    return run


def _mode(mode: str | None, meant: Mapping[str, Any]) -> str | None:
    """What `init` was told, by its argument, by the settings or by the environment."""
    given = (
        ("init(mode={!r})", mode),
        ("init(settings=Settings(mode={!r}))", meant.get("mode")),
        ("WANDB_MODE={}", os.environ.get("WANDB_MODE")),
    )
    for where, value in given:
        if value:
            word = str(value).lower()
            if word in MODES:
                return word
            guess = did_you_mean(closest(word, MODES))
            raise UsageError(f"{where.format(value)}: accepted are {', '.join(MODES)}.{guess}")
    return None


def _unknown_argument(word: str) -> UsageError:
    known = [name for name in inspect.signature(init).parameters if name != "ignored"]
    guess = did_you_mean(closest(word, known), "'")
    return UsageError(
        f"init({word}=…): there is no such argument.{guess} There are {', '.join(known)}."
    )


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


def checkpoint(save: Callable[[Path], Any], every_s: float | None = None) -> bool:
    """Save what the training of the current run can go on from; see `Run.checkpoint`."""
    return require_run("checkpoint()").checkpoint(save, every_s)


def login(*args: Any, **kwargs: Any) -> bool:
    """Say that no account is needed and return True; accepts W&B's arguments."""
    del args, kwargs
    if not session.silent():
        say("nbsweep needs no account: everything stays on this machine.")
    return True


def setup(store: str | Settings | None = None, settings: Any = None) -> None:
    """Choose the store of this process by URL; None restores the default.

    W&B's `setup(settings)` is accepted too and changes nothing.
    """
    if settings is None and not isinstance(store, Settings):
        session.use_store(store)
