"""Artifacts: named, versioned sets of files, kept in the folder of the run that logs them."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
import threading
import time
import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from nbsweep.artifacts.index import ArtifactIndex, check_name
from nbsweep.errors import UsageError
from nbsweep.extension import extend
from nbsweep.media.base import Media
from nbsweep.media.folder import FileKeeper
from nbsweep.runs.files import inside

if TYPE_CHECKING:
    from typing import Self

CHUNK = 1 << 20


@dataclass(frozen=True)
class ArtifactEntry:
    """One file of an artifact.

    Attributes:
        path: its name within the artifact.
        digest: sha256 of its content, or the checksum given for a reference.
        size: in bytes.
        ref: the URI of a reference, or None.
        local: where its content lies.
    """

    path: str
    digest: str
    size: int
    ref: str | None = None
    local: str | None = None

    @property
    def name(self) -> str:
        """Its name within the artifact."""
        return self.path

    def ref_target(self) -> str:
        """The URI of a reference."""
        if self.ref is None:
            raise UsageError(f"{self.path} is a file, not a reference.")
        return self.ref

    def download(self, root: str | Path | None = None, **ignored: Any) -> str:
        """Copy it below `root` (default ``./artifacts``) and return the path of the copy."""
        del ignored
        if self.local is None:
            raise UsageError(f"{self.path} refers to {self.ref}; nothing of it is kept here.")
        folder = Path(root or "artifacts")
        inside(folder, self.path, "download")
        target = folder / self.path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(self.local, target)
        return str(target)


@dataclass(frozen=True)
class Manifest:
    """The files of an artifact by name."""

    entries: Mapping[str, ArtifactEntry]


class Artifact:
    """A named set of files with versions: data, models, results.

    Add files, then `log_artifact(artifact)`; the same content again makes no new version.

    Args:
        name: letters, digits, "-", "_" and ".".
        type: what it is, such as "model" or "dataset"; the same for all versions.
        description: free text.
        metadata: values about it.
        incremental: W&B's, ignored.
        use_as: W&B's, ignored.
        ignored: W&B's remaining arguments.

    Attributes:
        type, description: as given.
        metadata: a dict; may be changed until it is logged.
        version: "v0", "v1", …; None until it is logged.
        aliases: names of this version, such as "latest".
    """

    def __init__(
        self,
        name: str,
        type: str,  # noqa: A002 - W&B's name
        description: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        incremental: bool = False,
        use_as: str | None = None,
        **ignored: Any,
    ) -> None:
        del incremental, use_as, ignored
        self._name = check_name(name, "Artifact name")
        self.type = type
        self.description = description
        self.metadata: dict[str, Any] = dict(metadata or {})
        self.version: str | None = None
        self.aliases: list[str] = []
        self.tags: list[str] = []
        self.project: str | None = None
        self.created_at: str | None = None
        self._run_id: str | None = None
        self._source: str | None = None
        self._entries: dict[str, ArtifactEntry] = {}
        self._index: ArtifactIndex | None = None
        self._staging: Path | None = None
        self._final = False

    # What it is

    @property
    def name(self) -> str:
        """Its name; with its version once it is logged."""
        return f"{self._name}:{self.version}" if self.version else self._name

    @property
    def qualified_name(self) -> str:
        """``project/name:version``."""
        return f"{self.project}/{self.name}" if self.project else self.name

    @property
    def digest(self) -> str:
        """Hash of all its content: equal ones are the same."""
        lines = [f"{e.path}:{e.digest}" for _, e in sorted(self._entries.items())]
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()

    @property
    def size(self) -> int:
        """Bytes of all its files."""
        return sum(entry.size for entry in self._entries.values())

    @property
    def file_count(self) -> int:
        """Number of its files."""
        return len(self._entries)

    @property
    def manifest(self) -> Manifest:
        """Its files by name: ``artifact.manifest.entries``."""
        return Manifest(dict(self._entries))

    def __repr__(self) -> str:
        return f"<Artifact {self.qualified_name} ({self.type}, {self.file_count} files)>"

    # Fill

    def add_file(
        self,
        local_path: str | Path,
        name: str | None = None,
        is_tmp: bool | None = False,
        skip_cache: bool | None = False,
        policy: str | None = "mutable",
        overwrite: bool = False,
    ) -> ArtifactEntry:
        """Add a file; it is copied now, so later changes of it do not matter.

        Args:
            local_path: the file.
            name: within the artifact; default: the file's own.
            is_tmp: W&B's, ignored.
            skip_cache: W&B's, ignored.
            policy: "immutable" copies it only when the artifact is logged.
            overwrite: whether it may replace another content of that name.

        Raises:
            UsageError: there is no such file, or the name leaves the artifact.
        """
        del is_tmp, skip_cache
        source = Path(local_path).expanduser()
        if not source.is_file():
            raise UsageError(
                f"add_file({str(local_path)!r}): there is no such file. add_dir adds a folder."
            )
        return self._add(source, name or source.name, policy != "immutable", overwrite)

    def add_dir(
        self,
        local_path: str | Path,
        name: str | None = None,
        skip_cache: bool | None = False,
        policy: str | None = "mutable",
        merge: bool = False,
    ) -> None:
        """Add all files of a folder, under `name` when it is given; see `add_file`.

        Raises:
            UsageError: there is no such folder.
        """
        del skip_cache
        folder = Path(local_path).expanduser()
        if not folder.is_dir():
            raise UsageError(f"add_dir({str(local_path)!r}): there is no such folder.")
        for file in sorted(path for path in folder.rglob("*") if path.is_file()):
            below = file.relative_to(folder).as_posix()
            self._add(file, f"{name}/{below}" if name else below, policy != "immutable", merge)

    def add_reference(
        self,
        uri: Any,
        name: str | None = None,
        checksum: bool = True,
        max_objects: int | None = None,
    ) -> list[ArtifactEntry]:
        """Note a URI, without its content; nothing is fetched.

        Args:
            uri: such as ``s3://bucket/key``, or an entry of another artifact.
            name: within the artifact; default: the last part of the URI.
            checksum: W&B's, ignored.
            max_objects: W&B's, ignored.
        """
        del checksum, max_objects
        self._check_open()
        address = uri.local or uri.ref if isinstance(uri, ArtifactEntry) else str(uri)
        key = self._safe(name or str(address).rstrip("/").rpartition("/")[2])
        digest = hashlib.sha256(str(address).encode()).hexdigest()
        entry = ArtifactEntry(key, digest, 0, ref=str(address))
        self._entries[key] = entry
        return [entry]

    def add(self, obj: Media, name: str, overwrite: bool = False) -> ArtifactEntry:
        """Add a table, picture or other media object under a name."""
        if not isinstance(obj, Media):
            raise UsageError(
                f"Artifact.add takes media such as Table or Image, not {type(obj).__name__}. "
                "add_file adds a file, new_file writes one."
            )
        reference = obj.keep(_IntoArtifact(self))
        if reference.get("_type") == "table-file":
            with self.new_file(f"{name}.table.json", overwrite=overwrite) as file:
                file.write(Path(self._local(reference["path"])).read_text())
            del self._entries[reference["path"]]
            return self._entries[f"{name}.table.json"]
        with self.new_file(f"{name}.{reference['_type']}.json", overwrite=overwrite) as file:
            json.dump(reference, file)
        return self._entries[f"{name}.{reference['_type']}.json"]

    @contextmanager
    def new_file(
        self,
        name: str,
        mode: str = "x",
        encoding: str | None = None,
        overwrite: bool = False,
    ) -> Iterator[IO[Any]]:
        """A new file of the artifact, to be written inside a ``with`` block."""
        binary = "b" in mode
        part = self._stage() / "new"
        with part.open("wb" if binary else "w", encoding=None if binary else encoding) as file:
            yield file
        self._add(part, name, True, overwrite or "w" in mode)

    def remove(self, item: str | Path | ArtifactEntry) -> None:
        """Take a file, or all of a folder, out again."""
        self._check_open()
        key = item.path if isinstance(item, ArtifactEntry) else Path(item).as_posix()
        gone = [path for path in self._entries if path == key or path.startswith(key + "/")]
        if not gone:
            raise UsageError(f"remove({key!r}): the artifact has no such file. {self._there()}")
        for path in gone:
            del self._entries[path]

    def finalize(self) -> None:
        """Refuse later additions."""
        self._final = True

    # Read

    def get_entry(self, name: str | Path) -> ArtifactEntry:
        """A file of the artifact.

        Raises:
            UsageError: it has no such file; the message lists those it has.
        """
        key = Path(name).as_posix()
        if key not in self._entries:
            raise UsageError(f"Artifact {self.name} has no file {key!r}. {self._there()}")
        return self._entries[key]

    get_path = get_entry

    def get(self, name: str) -> Any:
        """What `add` put in: a Table or Image, else its reference; None if it is not there."""
        from nbsweep.media.image import Image
        from nbsweep.media.table import Table

        for key in (name, f"{name}.table.json"):
            if key in self._entries and key.endswith(".table.json"):
                content = json.loads(Path(self._local(key)).read_text())
                return Table(columns=content["columns"], data=content["data"])
        for key in self._entries:
            if key.startswith(f"{name}.") and key.endswith(".json"):
                reference = json.loads(Path(self._local(key)).read_text())
                if reference.get("_type") == "image-file":
                    path = Path(self._local(reference["path"]))
                    return Image(
                        path, caption=reference.get("caption"), file_type=reference["format"]
                    )
                return reference
        return None

    def files(self, names: Sequence[str] | None = None, per_page: int = 50) -> list[ArtifactEntry]:
        """Its files, or those of these names."""
        del per_page
        return [e for e in self._entries.values() if names is None or e.path in names]

    def file(self, root: str | Path | None = None) -> str:
        """Its only file, copied; see `download`.

        Raises UsageError when it has several.
        """
        if len(self._entries) != 1:
            raise UsageError(f"file(): artifact {self.name} has {self.file_count} files, not one.")
        return next(iter(self._entries.values())).download(self._root(root))

    def download(
        self, root: str | Path | None = None, path_prefix: str | None = None, **ignored: Any
    ) -> str:
        """Copy its files into a folder and return that folder.

        Args:
            root: the folder; default: ``./artifacts/name:version``.
            path_prefix: only files whose names begin with it.
            ignored: W&B's remaining arguments.
        """
        del ignored
        folder = self._root(root)
        folder.mkdir(parents=True, exist_ok=True)
        for entry in self._entries.values():
            if entry.path.startswith(str(path_prefix or "")) and entry.local is not None:
                entry.download(folder)
        return str(folder)

    def verify(self, root: str | Path | None = None) -> None:
        """Compare a downloaded folder with the artifact.

        Raises UsageError naming the first file that differs or is missing.
        """
        folder = self._root(root)
        for entry in self._entries.values():
            if entry.local is None:
                continue
            path = inside(folder, entry.path, "verify")
            if not path.is_file() or _sha256(path) != entry.digest:
                raise UsageError(f"verify: {path} is not what artifact {self.name} holds.")

    # Keep

    def log_to(
        self,
        index: ArtifactIndex,
        run_id: str,
        project: str,
        aliases: Sequence[str],
        tags: Sequence[str] = (),
    ) -> Artifact:
        """Keep its files in the folder of a run and give it a version; `log_artifact` does it."""
        if self.version is not None:
            return self
        self.metadata = _IntoArtifact(self).plain(self.metadata)
        folder = index.base / "runs" / run_id / "artifacts" / "content"
        for path, entry in self._entries.items():
            self._entries[path] = self._keep(entry, folder)
        self._run_id = run_id
        self.created_at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        self.tags = [*self.tags, *tags]
        manifest = index.add(project, self._name, self._fields(index.base), list(aliases))
        index.note(index.base / "runs" / run_id, "logged", project, self._name, manifest["version"])
        self._take(index, manifest)
        if self._staging is not None:
            shutil.rmtree(self._staging, ignore_errors=True)
        return self

    @classmethod
    def from_manifest(cls, index: ArtifactIndex, manifest: Mapping[str, Any]) -> Self:
        """A logged version."""
        artifact = cls(manifest["name"], manifest["type"])
        artifact._take(index, manifest)
        return artifact

    # Inside

    def _take(self, index: ArtifactIndex, manifest: Mapping[str, Any]) -> None:
        self._index = index
        self._final = True
        for field in ("version", "project", "description", "created_at"):
            setattr(self, field, manifest[field])
        self.aliases, self.tags = list(manifest["aliases"]), list(manifest["tags"])
        self.metadata = dict(manifest["metadata"])
        self._run_id = manifest["run_id"]
        self._source = manifest.get("source")
        self._entries = {
            file["path"]: ArtifactEntry(
                file["path"],
                file["sha256"],
                file["size"],
                file.get("ref"),
                str(index.base / file["kept"]) if file.get("kept") else None,
            )
            for file in manifest["files"]
        }

    def _fields(self, base: Path) -> dict[str, Any]:
        files = []
        for entry in self._entries.values():
            local = entry.local
            kept = None if local is None else Path(local).relative_to(base).as_posix()
            file = {"path": entry.path, "sha256": entry.digest, "size": entry.size}
            files.append({**file, "ref": entry.ref, "kept": kept})
        return {
            "type": self.type,
            "description": self.description,
            "metadata": self.metadata,
            "tags": self.tags,
            "digest": self.digest,
            "run_id": self._run_id,
            "created_at": self.created_at,
            "files": files,
        }

    def _keep(self, entry: ArtifactEntry, folder: Path) -> ArtifactEntry:
        """The entry with its content in the run's folder."""
        if entry.local is None:
            return entry
        target = folder / entry.digest[:2] / entry.digest
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            part = target.with_suffix(f".{os.getpid()}.{threading.get_ident()}.part")
            shutil.copyfile(entry.local, part)
            part.replace(target)
        return ArtifactEntry(entry.path, entry.digest, entry.size, None, str(target))

    def _add(self, source: Path, name: str, copy: bool, overwrite: bool) -> ArtifactEntry:
        self._check_open()
        key = self._safe(name)
        digest, size = _sha256(source), source.stat().st_size
        before = self._entries.get(key)
        if before is not None and before.digest != digest and not overwrite:
            raise UsageError(
                f"Artifact {self.name} has another file {key!r} already. Give another name, or "
                "overwrite=True."
            )
        local = source.resolve()
        if copy:
            local = self._stage() / digest
            shutil.copyfile(source, local)
        entry = ArtifactEntry(key, digest, size, None, str(local))
        self._entries[key] = entry
        return entry

    def _safe(self, name: str | Path) -> str:
        path = Path(name)
        if path.is_absolute() or ".." in path.parts or not path.parts or "\\" in str(name):
            raise UsageError(
                f"Artifact {self.name}: the name {str(name)!r} leaves its folder. Give a relative "
                "name without '..'."
            )
        return path.as_posix()

    def _check_open(self) -> None:
        if self._final:
            raise UsageError(
                f"Artifact {self.name} is final. new_draft() is a copy of it to change and log."
            )

    def _root(self, root: str | Path | None) -> Path:
        if root is not None:
            return Path(root)
        return Path("artifacts") / (self.name.replace(":", "-") if os.name == "nt" else self.name)

    def _local(self, path: str) -> str:
        local = self._entries[path].local
        assert local is not None
        return local

    def _stage(self) -> Path:
        if self._staging is None or not self._staging.is_dir():
            self._staging = Path(tempfile.mkdtemp(prefix="nbsweep-artifact-"))
            weakref.finalize(self, shutil.rmtree, self._staging, ignore_errors=True)
        return self._staging

    def _there(self) -> str:
        return f"It has: {', '.join(list(self._entries)[:8]) or 'none'}."


class _IntoArtifact(FileKeeper):
    """Keeps the files of media as files of the artifact."""

    def __init__(self, artifact: Artifact) -> None:
        self._artifact = artifact

    def keep(self, kind: str, suffix: str, content: bytes) -> dict[str, Any]:
        """See media.base.Keeper."""
        digest = hashlib.sha256(content).hexdigest()
        path = f"media/{kind}/{digest[:20]}{suffix}"
        with self._artifact.new_file(path, "wb") as file:
            file.write(content)
        return {"path": path, "sha256": digest, "size": len(content)}


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


extend(__name__)
