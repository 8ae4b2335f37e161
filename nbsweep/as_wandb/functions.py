"""W&B's other functions at the top: for the current run, or without any meaning here."""

from __future__ import annotations

import enum
import functools
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from nbsweep.errors import UnsupportedError
from nbsweep.media.documents import box3d
from nbsweep.runs import files as run_files
from nbsweep.runs import session
from nbsweep.runs.current import current_run, live_runs, require_run
from nbsweep.runs.folders import run_folder
from nbsweep.view.console import say

if TYPE_CHECKING:
    from nbsweep.artifacts.artifact import Artifact
    from nbsweep.media.charts import CustomChart
    from nbsweep.runs.run import Run

__all__ = ["AlertLevel", "ArtifactTTL", "box3d"]

PREFIX = "nbsweep: "


class AlertLevel(enum.Enum):
    """How urgent an alert is."""

    INFO = "INFO"
    WARN = "WARN"
    ERROR = "ERROR"


class ArtifactTTL(enum.Enum):
    """W&B's, for artifacts that are deleted after a time: here none are."""

    INHERIT = 0


def save(
    glob_str: str | Path | None = None,
    base_path: str | Path | None = None,
    policy: str = "live",
    glob: bool = True,
) -> list[str]:
    """Copy files into the current run's folder and return their paths there.

    Args:
        glob_str: a path or a pattern; None does nothing.
        base_path: the names kept are relative to it; default: the working folder for
            relative paths, else the file's own folder.
        policy: "live", "now" or "end": they are copied at once with each.
        glob: False takes `glob_str` for a path, whatever characters it has.

    Raises:
        UsageError: there is no such file, or its path leaves its folder.
    """
    return require_run("save()").save(glob_str, base_path, policy, glob)


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
    if run is not None or run_path is None:
        return require_run("restore()").restore(name, run_path, replace, root)
    record = session.store().run(run_path.rpartition("/")[2])
    return run_files.restore(Path(run_folder(session.store(), record.id)), name, root, replace)


def watch(
    models: Any,
    criterion: Any = None,
    log: str | None = "gradients",
    log_freq: int = 1000,
    idx: int | None = None,
    log_graph: bool = False,
) -> None:
    """Log histograms of a torch model's gradients or parameters with the current run.

    Args:
        models: a torch module, or several.
        criterion: W&B's, ignored.
        log: "gradients", "parameters", "all", or None for nothing.
        log_freq: every so many batches.
        idx: number of the first model in the names of several.
        log_graph: keep the model's modules in the summary, as ``graph_0`` and so on.

    Raises:
        UsageError: no run, an unknown `log`, or a model that is watched already.
        TypeError: a model is no torch module.
    """
    require_run("watch()").watch(models, criterion, log, log_freq, idx, log_graph)


def unwatch(models: Any = None) -> None:
    """Watch these models no longer; without any, none."""
    require_run("unwatch()").unwatch(models)


def alert(title: str, text: str, level: Any = None, wait_duration: Any = None) -> None:
    """Say something urgent where the current run prints; see Run.alert."""
    require_run("alert()").alert(title, text, level, wait_duration)


def log_artifact(
    artifact_or_path: Artifact | str | Path,
    name: str | None = None,
    type: str | None = None,  # noqa: A002 - W&B's name
    aliases: Sequence[str] | None = None,
    tags: Sequence[str] | None = None,
) -> Artifact:
    """Keep an artifact with the current run as a new version; see Run.log_artifact."""
    run = require_run("log_artifact()")
    return run.log_artifact(artifact_or_path, name, type, aliases, tags)


def use_artifact(
    artifact_or_name: Artifact | str,
    type: str | None = None,  # noqa: A002 - W&B's name
    aliases: Sequence[str] | None = None,
    use_as: str | None = None,
) -> Artifact:
    """An artifact that some run logged, for the current run; see Run.use_artifact."""
    run = require_run("use_artifact()")
    return run.use_artifact(artifact_or_name, type, aliases, use_as)


def link_artifact(
    artifact: Artifact, target_path: str, aliases: Sequence[str] | None = None
) -> Artifact:
    """Give a version a place in another collection as well; see Run.link_artifact."""
    return require_run("link_artifact()").link_artifact(artifact, target_path, aliases)


def log_model(
    path: str | Path, name: str | None = None, aliases: Sequence[str] | None = None
) -> Artifact:
    """Keep a model file or folder with the current run; see Run.log_model."""
    return require_run("log_model()").log_model(path, name, aliases)


def use_model(name: str) -> str:
    """The path of a model that some run logged; see Run.use_model."""
    return require_run("use_model()").use_model(name)


def link_model(
    path: str | Path,
    registered_model_name: str,
    name: str | None = None,
    aliases: Sequence[str] | None = None,
) -> Artifact:
    """Keep a model and give it a place in a collection; see Run.link_model."""
    run = require_run("link_model()")
    return run.link_model(path, registered_model_name, name, aliases)


def log_code(root: str | None = ".", *args: Any, **kwargs: Any) -> Artifact | None:
    """Keep the source files of a folder with the current run; see Run.log_code."""
    return require_run("log_code()").log_code(root, *args, **kwargs)


def plot_table(*args: Any, **kwargs: Any) -> CustomChart:
    """A chart of one's own from a table; see nbsweep.plot.plot_table."""
    from nbsweep.media.charts import plot_table as chart

    return chart(*args, **kwargs)


def visualize(*args: Any, **kwargs: Any) -> CustomChart:
    """Old form of `plot_table`."""
    from nbsweep.media.charts import visualize as chart

    return chart(*args, **kwargs)


def teardown(exit_code: int | None = None) -> None:
    """Finish the runs of this process that the caller opened; those of an agent go on."""
    for run in live_runs():
        if run.is_open and run is not session.assigned_run():
            run.finish(exit_code)


def attach(
    attach_id: str | None = None, run_id: str | None = None, *, run: Run | None = None
) -> Run | None:
    """Make a run of this process the current one.

    Args:
        attach_id: its id.
        run_id: likewise.
        run: the run itself.

    Raises:
        UnsupportedError: no run of that id is open in this process.
    """
    wanted = run.id if run is not None else (attach_id or run_id or "")
    found = next((live for live in live_runs() if live.id == wanted), None)
    if found is None:
        raise UnsupportedError(
            f"attach({wanted!r}): no run of that id is open in this process. Workers of "
            "nbsweep.agent(…, executor='processes') get runs of their own from init()."
        )
    session.enter(found)
    return found


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
