"""What W&B's Run offers beside logging: files, artifacts, watching, links, its page."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from nbsweep.as_wandb.names import missing_member
from nbsweep.errors import UnsupportedError, UsageError
from nbsweep.records import RunRecord, RunState
from nbsweep.runs import files as run_files
from nbsweep.runs.folders import base_folder, run_folder
from nbsweep.runs.settings import Settings
from nbsweep.store.base import Store

if TYPE_CHECKING:
    from nbsweep.artifacts.artifact import Artifact
    from nbsweep.runs.config import Config
    from nbsweep.runs.summary import Summary
    from nbsweep.runs.watch import Watcher

LEVELS = ("INFO", "WARN", "ERROR")
CODE_SUFFIX = ".py"
NOT_CODE = (".git", ".nbsweep", ".venv", "node_modules", "site-packages", "wandb", "__pycache__")

logger = logging.getLogger("nbsweep")


class RunSurface:
    """The part of a Run that keeps files; `live_run.Run` is the rest of it."""

    id: str
    project: str
    sweep_id: str | None
    config: Config
    _summary: Summary
    _folder: Path
    _lock: threading.Lock
    _record: RunRecord
    _store: Store
    _watched: dict[str, Any]
    _watcher: Watcher | None = None
    _settings: Settings | None = None
    _alerted: dict[str, float]
    ended_as: RunState | None
    write_console: Callable[[str], None]  # keeps printed text with the run
    as_record: Callable[[], RunRecord]  # as the store has it, with what is not written yet

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
        """Copy files into the run's folder; see `nbsweep.save`."""
        if glob_str is None:  # W&B's old form: there is nothing to flush here
            return []
        return run_files.save(self._folder, glob_str, base_path, policy, glob)

    def restore(
        self,
        name: str,
        run_path: str | None = None,
        replace: bool = False,
        root: str | Path | None = None,
    ) -> IO[Any]:
        """A file that a run saved, open to read; see `nbsweep.restore`."""
        folder = self._folder
        if run_path is not None:
            folder = Path(run_folder(self._store, self._store.run(run_path.rpartition("/")[2]).id))
        return run_files.restore(folder, name, root, replace)

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
        from nbsweep.artifacts.artifact import Artifact
        from nbsweep.artifacts.index import safe_artifact_name

        top = Path(root or ".").resolve()
        artifact = Artifact(safe_artifact_name(name or f"source-{self.project}"), "code")
        for folder, folders, files in os.walk(top):
            folders[:] = [one for one in folders if one not in NOT_CODE]
            for file in (Path(folder, one) for one in sorted(files)):
                path = str(file)
                if include_fn is None:
                    wanted = path.endswith(CODE_SUFFIX)
                else:
                    wanted = _ask(include_fn, path, str(top))
                if wanted and not (exclude_fn and _ask(exclude_fn, path, str(top))):
                    artifact.add_file(path, file.relative_to(top).as_posix())
        return self.log_artifact(artifact) if artifact.file_count else None

    # Artifacts

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
        from nbsweep.artifacts.artifact import Artifact
        from nbsweep.artifacts.index import ArtifactIndex, safe_artifact_name

        if not isinstance(artifact_or_path, Artifact):
            path = Path(str(artifact_or_path).removeprefix("file://")).expanduser()
            label = name or safe_artifact_name(f"run-{self.id}-{path.name}")
            artifact = Artifact(label, type or "unspecified")
            if path.is_dir():
                artifact.add_dir(path)
            else:
                artifact.add_file(path)
        else:
            artifact = artifact_or_path
        given = [aliases] if isinstance(aliases, str) else list(aliases or ())
        index = ArtifactIndex(self._folder.parents[1])
        return artifact.log_to(index, self.id, self.project, given, list(tags or ()))

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
            UsageError: it has another type, or the name is none of an artifact.
        """
        del use_as
        from nbsweep.artifacts.artifact import Artifact
        from nbsweep.artifacts.index import ArtifactIndex, parse_id

        index = ArtifactIndex(self._folder.parents[1])
        if isinstance(artifact_or_name, Artifact):
            artifact = self.log_artifact(artifact_or_name, aliases=aliases)
        else:
            wanted = parse_id(artifact_or_name, "use_artifact")
            artifact = Artifact.from_manifest(
                index, index.find(wanted, self.project, "use_artifact")
            )
        if type is not None and artifact.type != type:
            raise UsageError(
                f"use_artifact: {artifact.name} has type {artifact.type!r}, not {type!r}."
            )
        name, _, version = artifact.name.partition(":")
        index.note(self._folder, "used", artifact.project or self.project, name, version)
        return artifact

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
        return noted_artifacts(self._store, self.id, "logged")

    def used_artifacts(self) -> list[Artifact]:
        """The artifacts that this run used."""
        return noted_artifacts(self._store, self.id, "used")

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
        """Log histograms of a torch model's gradients or parameters; see `nbsweep.watch`."""
        del criterion
        from nbsweep.media.documents import Graph
        from nbsweep.runs.watch import Watcher

        if self._watcher is None:
            self._watcher = Watcher(self._note_watched)
        first = self._watcher.watch(models, log, log_freq, idx)
        several = models if isinstance(models, (list, tuple)) else [models]
        for number, model in enumerate(several if log_graph else (), start=first):
            self._summary[f"graph_{number}"] = Graph.from_torch(model)

    def unwatch(self, models: Any = None) -> None:
        """Watch these models no longer; without any, none."""
        if self._watcher is not None:
            self._watcher.unwatch(models)

    def _note_watched(self, values: dict[str, Any]) -> None:
        """Called from backward passes, on torch's threads too."""
        with self._lock:
            if self.ended_as is None:
                self._watched.update(values)

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
        if now - self._alerted.get(title, float("-inf")) >= wait_s:
            self._alerted[title] = now
            logger.warning("Alert (%s) of run %s: %s: %s", name, self._record.name, title, text)

    def write_logs(self, text: str) -> None:
        """Keep a line with what the run printed."""
        self.write_console(text if text.endswith("\n") else text + "\n")

    def pin_config_keys(self, keys: Sequence[str] = ()) -> None:
        """W&B's, for its web page: does nothing."""

    # What W&B's Run tells of itself

    @property
    def settings(self) -> Settings:
        """What `init(settings=…)` was given."""
        if self._settings is None:
            self._settings = Settings()
        return self._settings

    @property
    def config_static(self) -> Mapping[str, Any]:
        """A copy of the config that does not change."""
        return self.config.as_dict()

    @property
    def starting_step(self) -> int:
        """The first step of this run: 0, but for one that goes on after its agent."""
        return self._record.history_rows

    @property
    def sync_dir(self) -> str:
        """The run's own folder."""
        return str(self._folder)

    @property
    def project_url(self) -> None:
        """None: there is no page to link to. So are the other URLs."""
        return

    sweep_url = project_url

    def get_url(self) -> None:
        """Old form of `url`: None."""

    def get_project_url(self) -> None:
        """Old form of `project_url`: None."""

    def get_sweep_url(self) -> None:
        """Old form of `sweep_url`: None."""

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

        return run_page(self.as_record(), reader(self._folder))

    def display(self, height: int = 420, hidden: bool = False) -> bool:
        """Show the run in the cell; False where nothing can be shown."""
        try:
            from IPython.display import HTML, display
        except ImportError:
            return False
        display(HTML(self.to_html(height, hidden)))  # type: ignore[no-untyped-call]
        return True

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


def reader(folder: Path) -> Callable[[str], bytes | None]:
    """Reads files below a run's folder, for its page."""

    def read(path: str) -> bytes | None:
        try:
            return run_files.inside(folder, path, "page").read_bytes()
        except (OSError, UsageError):
            return None

    return read


def noted_artifacts(store: Store, run_id: str, kind: str) -> list[Artifact]:
    """What a run "logged" or "used", as far as it is still there."""
    from nbsweep.artifacts.artifact import Artifact
    from nbsweep.artifacts.index import ArtifactIndex, parse_id
    from nbsweep.errors import NotFoundError

    index, found = ArtifactIndex(base_folder(store)), []
    for line in index.noted(Path(run_folder(store, run_id)), kind):
        try:
            manifest = index.find(parse_id(line, kind), "", kind)
        except NotFoundError:
            continue
        found.append(Artifact.from_manifest(index, manifest))
    return found


def _ask(function: Callable[..., bool], path: str, root: str) -> bool:
    """W&B's filters take the path, or path and root."""
    try:
        return bool(function(path, root))
    except TypeError:
        return bool(function(path))
