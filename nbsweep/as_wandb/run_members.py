"""What W&B's Run offers besides logging: files, artifacts, watching, links, its page."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

from nbsweep.as_wandb.cells import ShownAsHtml
from nbsweep.as_wandb.compatibility import missing_member
from nbsweep.errors import UnsupportedError, UsageError
from nbsweep.extension import mixed_into
from nbsweep.runs import run as core
from nbsweep.runs.files import RunFiles
from nbsweep.runs.folders import run_folder
from nbsweep.store.base import Store

if TYPE_CHECKING:
    from nbsweep.artifacts.run_artifacts import RunArtifacts
    from nbsweep.as_wandb.artifact_members import Artifact

LEVELS = ("INFO", "WARN", "ERROR")

logger = logging.getLogger("nbsweep")


@mixed_into(core.Run)
class Run(core.Run):
    """The members that are added to `nbsweep.Run`."""

    if TYPE_CHECKING:

        def __enter__(self) -> Run: ...

    def __getattr__(self, name: str) -> Any:
        raise missing_member(self, name)

    # Files

    def save(
        self,
        glob_str: str | Path | None = None,
        base_path: str | Path | None = None,
        policy: str = "live",
        glob: bool = True,
    ) -> list[str]:
        """Copy files into the run's folder and return their paths there.

        Args:
            glob_str: a path or a pattern; None does nothing.
            base_path: the names kept are relative to it; default: the working folder for
                relative paths (or `dir`, for files that are there), else the file's own
                folder.
            policy: "live", "now" or "end": they are copied at once with each.
            glob: False takes `glob_str` for a path, whatever characters it has.

        Returns:
            None of them, and a warning, when there is no such file; the training goes on.

        Raises:
            UsageError: its path leaves its folder, or the policy is not known.
        """
        if glob_str is None:  # W&B's old form: there is nothing to flush here
            return []
        return RunFiles(self._folder).save(glob_str, base_path, policy, glob)

    def restore(
        self,
        name: str,
        run_path: str | None = None,
        replace: bool = False,
        root: str | Path | None = None,
    ) -> IO[Any]:
        """A file that a run saved: copied to the working folder, and open to read.

        A run that goes on, or is tried again after it was cut off, also finds what was saved
        before, and what its checkpoint holds.

        Args:
            name: as it was saved.
            run_path: the run, as ``id``, ``project/id`` or ``entity/project/id``; default: this
                one.
            replace: overwrite a file that is there.
            root: where to put it; default: the working folder.

        Raises:
            NotFoundError: there is no such run.
            UsageError: the run has no such file; the message lists those it has.
        """
        own = run_path is None
        files = self.file_to_restore(name) if own else files_of(self.store, run_path or "")
        return files.restore(name, root, replace)

    def log_code(
        self,
        root: str | None = ".",
        name: str | None = None,
        include_fn: Callable[..., bool] | None = None,
        exclude_fn: Callable[..., bool] | None = None,
    ) -> Artifact | None:
        """Keep the source files of a folder as an artifact of type "code".

        Args:
            root: the folder.
            name: of the artifact.
            include_fn: which files, from a path (and root); default: those ending in .py.
            exclude_fn: which of these not.

        Returns:
            The artifact; None when there are no such files.
        """
        artifact = self._artifacts.log_code(root, name, include_fn, exclude_fn)
        return cast("Artifact | None", artifact)

    # Artifacts

    @property
    def _artifacts(self) -> RunArtifacts:
        from nbsweep.artifacts.run_artifacts import RunArtifacts

        return RunArtifacts(self.id, self.project, self._folder, self.check_ours)

    def log_artifact(
        self,
        artifact_or_path: Artifact | str | Path,
        name: str | None = None,
        type: str | None = None,  # noqa: A002 - W&B's name
        aliases: Sequence[str] | None = None,
        tags: Sequence[str] | None = None,
    ) -> Artifact:
        """Keep an artifact, or a file or folder as one, in the run's folder as a new version.

        Args:
            artifact_or_path: what to keep.
            name: of the artifact that a path becomes; default: from run id and file name.
            type: likewise; default "unspecified".
            aliases: names of this version besides "latest".
            tags: labels.

        Raises:
            UsageError: no such file; a name or type that does not fit.
        """
        artifact = self._artifacts.log(artifact_or_path, name, type, aliases, tags)
        return cast("Artifact", artifact)

    def use_artifact(
        self,
        artifact_or_name: Artifact | str,
        type: str | None = None,  # noqa: A002 - W&B's name
        aliases: Sequence[str] | None = None,
        use_as: str | None = None,
    ) -> Artifact:
        """An artifact that some run logged; notes that this run uses it.

        Args:
            artifact_or_name: ``name:version``, ``name:alias`` or ``project/name:…``.
            type: the type that it has to have.
            aliases: W&B's, for an artifact that is not logged yet.
            use_as: W&B's, ignored.

        Raises:
            NotFoundError: there is none; the message lists those there are.
            UsageError: it has another type, or the name is not that of an artifact.
        """
        del use_as
        return cast("Artifact", self._artifacts.use(artifact_or_name, type, aliases))

    def link_artifact(
        self, artifact: Artifact, target_path: str, aliases: Sequence[str] | None = None
    ) -> Artifact:
        """Give a version a place in another collection, ``[project/]name``, as well."""
        return self.log_artifact(artifact).link(target_path, aliases)

    def upsert_artifact(self, *args: Any, **kwargs: Any) -> Artifact:
        """W&B's, for an artifact that several runs fill together: refused."""
        del args, kwargs
        raise UnsupportedError(
            "upsert_artifact: an artifact is filled by one run here. Let each run log_artifact its "
            "part under a name of its own, or log the whole from one run."
        )

    def finish_artifact(
        self,
        artifact_or_path: Artifact | str | Path,
        name: str | None = None,
        type: str | None = None,  # noqa: A002 - W&B's name
        aliases: Sequence[str] | None = None,
        distributed_id: str | None = None,
    ) -> Artifact:
        """`log_artifact`; W&B's end of an artifact that several runs fill."""
        del distributed_id
        return self.log_artifact(artifact_or_path, name, type, aliases)

    def log_model(
        self, path: str | Path, name: str | None = None, aliases: Sequence[str] | None = None
    ) -> Artifact:
        """Keep a model file or folder as an artifact of type "model"."""
        return self.log_artifact(path, name, "model", aliases)

    def use_model(self, name: str) -> str:
        """The path of a model that some run logged: its file, or its folder when it has several."""
        artifact = self.use_artifact(name)
        if "model" not in artifact.type:
            raise UsageError(f"use_model: {artifact.name} has type {artifact.type!r}, not 'model'.")
        return artifact.file() if artifact.file_count == 1 else artifact.download()

    def link_model(
        self,
        path: str | Path,
        registered_model_name: str,
        name: str | None = None,
        aliases: Sequence[str] | None = None,
    ) -> Artifact:
        """`log_model`, and a place for it in the collection `registered_model_name`."""
        return self.log_model(path, name).link(registered_model_name, aliases)

    def logged_artifacts(self) -> list[Artifact]:
        """The artifacts that this run logged."""
        return cast("list[Artifact]", self._artifacts.noted("logged"))

    def used_artifacts(self) -> list[Artifact]:
        """The artifacts that this run used."""
        return cast("list[Artifact]", self._artifacts.noted("used"))

    # Watch and tell

    def watch(
        self,
        models: Any,
        criterion: Any = None,
        log: str | None = "gradients",
        log_freq: int = 1000,
        idx: int | None = None,
        log_graph: bool = False,
    ) -> None:
        """Log histograms of a torch model's gradients or parameters with the run.

        Args:
            models: a torch module, or several.
            criterion: W&B's, ignored.
            log: "gradients", "parameters", "all", or None for nothing.
            log_freq: every so many batches.
            idx: number of the first model in the names of several.
            log_graph: keep the model's modules in the summary, as ``graph_0`` and so on.

        Raises:
            UsageError: an unknown `log`, or a model that is watched already.
            TypeError: a model is not a torch module.
        """
        del criterion
        from nbsweep.media.documents import Graph

        first = self.watcher.watch(models, log, log_freq, idx)
        several = models if isinstance(models, (list, tuple)) else [models]
        for number, model in enumerate(several if log_graph else (), start=first):
            self.summary[f"graph_{number}"] = Graph.from_torch(model)

    def unwatch(self, models: Any = None) -> None:
        """Watch these models no longer; without any, none."""
        self.watcher.unwatch(models)

    def alert(
        self,
        title: str,
        text: str,
        level: Any = None,
        wait_duration: float | timedelta | None = None,
    ) -> None:
        """Say something urgent where the run prints; nobody is sent anything.

        Args:
            title: in a few words.
            text: the whole.
            level: AlertLevel or its name: INFO (default), WARN, ERROR.
            wait_duration: seconds during which the same title is not said again.

        Raises:
            UsageError: an unknown level.
        """
        name = str(getattr(level, "value", level) or "INFO").upper()
        if name not in LEVELS:
            raise UsageError(f"alert(level={level!r}): accepted are {', '.join(LEVELS)}.")
        wait_s = wait_duration or 0.0
        wait_s = wait_s.total_seconds() if isinstance(wait_s, timedelta) else float(wait_s)
        now = time.monotonic()
        said: dict[str, float] = vars(self).setdefault("_alerts", {})  # title -> when
        if now - said.get(title, float("-inf")) >= wait_s:
            said[title] = now
            logger.warning("Alert (%s) of run %s: %s: %s", name, self._record.name, title, text)

    def write_logs(self, text: str) -> None:
        """Keep a line with what the run printed."""
        self.write_console(text if text.endswith("\n") else text + "\n")

    def pin_config_keys(self, keys: Sequence[str] = ()) -> None:
        """W&B's, for its web page: does nothing."""

    def _label(self, *_: Any, **__: Any) -> None:
        """W&B's telemetry, which libraries call; it goes nowhere."""

    def join(self, exit_code: int | None = None) -> None:
        """Old name of `finish`."""
        self.finish(exit_code)

    # What W&B's Run tells of itself

    @property
    def path(self) -> str:
        """``project/id``."""
        return f"{self.project}/{self.id}"

    @property
    def config_static(self) -> Mapping[str, Any]:
        """A copy of the config that does not change."""
        return self.config.as_dict()

    @property
    def starting_step(self) -> int:
        """The first step of this run: 0, but for one that goes on where it was before."""
        return self._first_step

    @property
    def sync_dir(self) -> str:
        """The run's own folder."""
        return str(self._folder)

    @property
    def url(self) -> None:
        """None: nothing is sent anywhere, so there is no page to link to. So are the other URLs."""
        return

    project_url = sweep_url = url

    def get_url(self) -> None:
        """Old form of `url`: None. So are the other two."""

    get_project_url = get_sweep_url = get_url

    def project_name(self) -> str:
        """Old form of `project`."""
        return self.project

    def status(self) -> RunStatus:
        """How far writing is: always done, or within a quarter of a second."""
        return RunStatus()

    # Show

    def to_html(self, height: int = 420, hidden: bool = False) -> str:
        """The run as HTML: summary, media, config."""
        del height, hidden
        from nbsweep.media.run_page import run_page

        return run_page(self.as_record(), RunFiles(self._folder).read)

    display = ShownAsHtml.display

    def _repr_html_(self) -> str:
        return self.to_html()


class RunStatus:
    """W&B's answer to `run.status()`.

    Attributes:
        sync_items_total, sync_items_pending: nothing is ever sent.
        sync_time: None.
    """

    sync_items_total = 0
    sync_items_pending = 0
    sync_time = None


def files_of(store: Store, run_path: str) -> RunFiles:
    """The files of a run that is named as ``id``, ``project/id`` or ``entity/project/id``."""
    record = store.run(run_path.rpartition("/")[2])
    return RunFiles(Path(run_folder(store, record.id)))
