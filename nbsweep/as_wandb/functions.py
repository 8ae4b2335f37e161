"""W&B's other functions at the top: for the current run, or without any effect."""

from __future__ import annotations

import enum
import functools
import inspect
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, Any, Concatenate, ParamSpec, TypeVar, cast

from nbsweep.as_wandb.run_members import Run, files_of
from nbsweep.errors import UnsupportedError
from nbsweep.media.charts import plot_table, visualize
from nbsweep.media.documents import box3d
from nbsweep.runs import session
from nbsweep.runs.current import current_run, live_runs, require_run
from nbsweep.view.console import say

__all__ = ["AlertLevel", "ArtifactTTL", "box3d", "plot_table", "visualize"]

PREFIX = "nbsweep: "

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


class AlertLevel(enum.Enum):
    """How urgent an alert is."""

    INFO = "INFO"
    WARN = "WARN"
    ERROR = "ERROR"


class ArtifactTTL(enum.Enum):
    """W&B's, for artifacts that are deleted after a time: here none are."""

    INHERIT = 0


def _of_current_run(
    method: Callable[Concatenate[Run, Arguments], Result],
) -> Callable[Arguments, Result]:
    """The function that calls this method of the current run."""
    name = method.__name__

    def call(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        return method(cast("Run", require_run(f"{name}()")), *args, **kwargs)

    call.__name__ = call.__qualname__ = name
    call.__doc__ = method.__doc__
    signature = inspect.signature(method)
    parameters = list(signature.parameters.values())[1:]
    call.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    return call


save = _of_current_run(Run.save)
watch = _of_current_run(Run.watch)
unwatch = _of_current_run(Run.unwatch)
alert = _of_current_run(Run.alert)
log_artifact = _of_current_run(Run.log_artifact)
use_artifact = _of_current_run(Run.use_artifact)
link_artifact = _of_current_run(Run.link_artifact)
log_model = _of_current_run(Run.log_model)
use_model = _of_current_run(Run.use_model)
link_model = _of_current_run(Run.link_model)
log_code = _of_current_run(Run.log_code)


def restore(
    name: str,
    run_path: str | None = None,
    replace: bool = False,
    root: str | Path | None = None,
) -> IO[Any]:
    """A file that a run saved: copied to the working folder, and open to read.

    Args:
        name: as it was saved.
        run_path: the run, as ``id``, ``project/id`` or ``entity/project/id``; default: the
            current one.
        replace: overwrite a file that is there.
        root: where to put it; default: the working folder.

    Raises:
        NotFoundError: there is no such run.
        UsageError: the run has no such file; the message lists those it has.
    """
    run = current_run()
    if run is None and run_path is not None:
        return files_of(session.store(), run_path).restore(name, root, replace)
    run = require_run("restore()")
    return cast("Run", run).restore(name, run_path, replace, root)


def teardown(exit_code: int | None = None) -> None:
    """Finish the runs of this process that the caller opened; those of an agent go on."""
    for run in live_runs():
        if run.is_open and run is not session.assigned_run():
            run.finish(exit_code)


def attach(
    attach_id: str | None = None, run_id: str | None = None, *, run: Run | None = None
) -> Run:
    """Make a run of this process the current one.

    Args:
        attach_id: its id.
        run_id: likewise.
        run: the run itself.

    Raises:
        UnsupportedError: no run of that id is open in this process.
    """
    wanted = run.id if run is not None else (attach_id or run_id or "")
    live = session.live_run(wanted)
    if live is None:
        raise UnsupportedError(
            f"attach({wanted!r}): no run of that id is open in this process. Workers of "
            "nbsweep.agent(…, executor='processes') get runs of their own from init()."
        )
    session.enter(live)
    return cast("Run", live)


def ensure_configured() -> None:
    """W&B's: reads its settings file; there is none here."""


def pin_config_keys(keys: Sequence[str] = ()) -> None:
    """W&B's, for its web page: does nothing."""
    del keys


@functools.cache
def _note_once(text: str) -> None:
    if not session.silent():
        say(f"Note: {text}")


def require(requirement: Any = None, experiment: Any = None) -> None:
    """W&B's, for features to come: ignored with a note."""
    what = requirement or experiment
    _note_once(f"require({what!r}) is about W&B's service and does nothing here.")


def termsetup(settings: Any = None, logger: Any = None) -> None:
    """W&B's: says where `termlog` prints; does nothing."""
    del settings, logger


def _term(level: str) -> Callable[..., None]:
    seen: set[str] = set()

    def write(
        string: str = "", newline: bool = True, repeat: bool = True, prefix: bool = True
    ) -> None:
        if session.silent() or (not repeat and string in seen):
            return
        seen.add(string)
        start = PREFIX if prefix else ""
        lines = "\n".join(f"{start}{level}{line}" for line in string.split("\n"))
        sys.stderr.write(lines + ("\n" if newline else ""))

    write.__doc__ = f"""Print a message{" with " + level.strip() if level else ""} on stderr.

    Args:
        string: the message.
        newline: end the line.
        repeat: False prints the same message once only.
        prefix: begin with the package's name.
    """
    return write


termlog = _term("")
termwarn = _term("WARNING ")
termerror = _term("ERROR ")
