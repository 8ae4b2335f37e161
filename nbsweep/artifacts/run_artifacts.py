"""The artifacts of one run: what it logs, and what it uses of others."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from nbsweep.artifacts.artifact import Artifact
from nbsweep.artifacts.index import ArtifactIndex, parse_id, safe_artifact_name
from nbsweep.errors import NotFoundError, UsageError

CODE_SUFFIX = ".py"
NOT_CODE = (".git", ".nbsweep", ".venv", "node_modules", "site-packages", "wandb", "__pycache__")


class RunArtifacts:
    """Logs and finds artifacts for one run.

    Args:
        run_id: the run.
        project: to file them under, and to look for names without a project in.
        folder: the run's own, below the folder that has the index.
        check: called before anything is logged; raises when the run must not any more.
    """

    def __init__(
        self,
        run_id: str,
        project: str,
        folder: Path,
        check: Callable[[], None] = lambda: None,
    ) -> None:
        self._check = check
        self._run_id, self._project, self._folder = run_id, project, folder
        self._index = ArtifactIndex(folder.parents[1])

    def log(
        self,
        artifact_or_path: Artifact | str | Path,
        name: str | None = None,
        type: str | None = None,  # noqa: A002 - W&B's name
        aliases: Sequence[str] | None = None,
        tags: Sequence[str] | None = None,
    ) -> Artifact:
        """Keep an artifact, or a file or folder as one, as a new version; see Run.log_artifact."""
        self._check()
        if isinstance(artifact_or_path, Artifact):
            artifact = artifact_or_path
        else:
            path = Path(str(artifact_or_path).removeprefix("file://")).expanduser()
            label = name or safe_artifact_name(f"run-{self._run_id}-{path.name}")
            artifact = Artifact(label, type or "unspecified")
            if path.is_dir():
                artifact.add_dir(path)
            else:
                artifact.add_file(path)
        names = [aliases] if isinstance(aliases, str) else list(aliases or ())
        return artifact.log_to(self._index, self._run_id, self._project, names, list(tags or ()))

    def use(
        self,
        artifact_or_name: Artifact | str,
        type: str | None = None,  # noqa: A002 - W&B's name
        aliases: Sequence[str] | None = None,
    ) -> Artifact:
        """An artifact that some run logged; notes that this one uses it; see Run.use_artifact."""
        if isinstance(artifact_or_name, Artifact):
            artifact = self.log(artifact_or_name, aliases=aliases)
        else:
            artifact = self._find(artifact_or_name, self._project, "use_artifact")
        if type is not None and artifact.type != type:
            raise UsageError(
                f"use_artifact: {artifact.name} has type {artifact.type!r}, not {type!r}."
            )
        name, _, version = artifact.name.partition(":")
        self._index.note(self._folder, "used", artifact.project or self._project, name, version)
        return artifact

    def log_code(
        self,
        root: str | None,
        name: str | None,
        include: Callable[..., bool] | None,
        exclude: Callable[..., bool] | None,
    ) -> Artifact | None:
        """Keep the source files of a folder; None when there are no such files."""
        top = Path(root or ".").resolve()
        artifact = Artifact(safe_artifact_name(name or f"source-{self._project}"), "code")
        for file in _files_below(top):
            path = str(file)
            is_code = path.endswith(CODE_SUFFIX) if include is None else _ask(include, path, top)
            if is_code and not (exclude and _ask(exclude, path, top)):
                artifact.add_file(path, file.relative_to(top).as_posix())
        return self.log(artifact) if artifact.file_count else None

    def noted(self, kind: str) -> list[Artifact]:
        """What the run "logged" or "used", as far as it is still there."""
        artifacts = []
        for line in self._index.noted(self._folder, kind):
            try:
                artifacts.append(self._find(line, "", kind))
            except NotFoundError:
                continue
        return artifacts

    def _find(self, text: str, project: str, what: str) -> Artifact:
        manifest = self._index.find(parse_id(text, what), project, what)
        return Artifact.from_manifest(self._index, manifest)


def _files_below(top: Path) -> Iterator[Path]:
    for folder, folders, files in os.walk(top):
        folders[:] = [name for name in folders if name not in NOT_CODE]
        yield from (Path(folder, name) for name in sorted(files))


def _ask(function: Callable[..., bool], path: str, root: Path) -> bool:
    """W&B's filters take the path, or path and root."""
    try:
        return bool(function(path, str(root)))
    except TypeError:
        return bool(function(path))
