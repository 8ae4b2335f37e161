"""The versions of artifacts on disk: ``artifacts/PROJECT/NAME/v0/manifest.json``.

Making the folder of a version claims its number, so that processes that log at once get
different ones; the manifest appears whole. An alias is a file ``aliases/NAME`` that holds
a version. The content lies in the folder of the run that logged it, under its hash.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from nbsweep.errors import NotFoundError, UsageError
from nbsweep.media.base import write_whole

VERSION = re.compile(r"v\d+")
NAME = re.compile(r"[\w.-]+")
SHOWN = 8
MAX_NAME = 128


class ArtifactId(NamedTuple):
    """What names one version.

    Attributes:
        project: it is filed under; None for that of whoever asks.
        name: of the artifact.
        version: "v0", an alias, or "latest".
    """

    project: str | None
    name: str
    version: str


def parse_id(text: str, what: str) -> ArtifactId:
    """``name:version``, ``project/name:version`` or ``entity/project/name:version``."""
    text = text.removeprefix("wandb-artifact://")
    path, _, version = text.partition(":")
    parts = path.split("/")
    if not 1 <= len(parts) <= 3 or not all(NAME.fullmatch(part) for part in parts if part):
        raise UsageError(
            f"{what}({text!r}): an artifact is named 'name:version', such as 'model:v0' or "
            "'model:latest', with 'project/' before it for one of another project."
        )
    project = parts[-2] if len(parts) > 1 else None
    return ArtifactId(project or None, parts[-1], version or "latest")


def check_name(name: str, what: str) -> str:
    """`name`, if it can be that of an artifact or alias; raises UsageError."""
    if not isinstance(name, str) or not NAME.fullmatch(name) or set(name) == {"."}:
        raise UsageError(
            f"{what} {name!r}: only letters, digits, '-', '_' and '.' make a name. "
            "nbsweep.util.make_artifact_name_safe(name) replaces the others."
        )
    return name


def safe_artifact_name(name: str) -> str:
    """`name` with "_" for what the name of an artifact cannot have; at most 128 characters.

    Longer names keep beginning and end around "..".
    """
    cleaned = re.sub(r"[^a-zA-Z0-9_\-.]", "_", name)
    return cleaned if len(cleaned) <= MAX_NAME else f"{cleaned[:63]}..{cleaned[-63:]}"


class ArtifactIndex:
    """Finds and adds versions below a folder; several processes may at once.

    Args:
        base: the store's folder, see `folders.base_folder`.
    """

    def __init__(self, base: Path) -> None:
        self.base = base

    def names(self, project: str) -> list[str]:
        """Names of the project's artifacts."""
        return sorted(folder.name for folder in self._folder(project).glob("*") if folder.is_dir())

    def versions(self, project: str, name: str) -> list[dict[str, Any]]:
        """Manifests of an artifact, oldest first; each with its aliases of now."""
        folder = self._folder(project) / name
        manifests = [self._read(path) for path in folder.glob("v*/manifest.json")]
        return sorted(manifests, key=lambda manifest: int(manifest["version"][1:]))

    def find(self, wanted: ArtifactId, project: str, what: str) -> dict[str, Any]:
        """The manifest of one version.

        Raises:
            NotFoundError: there is none; the message lists those there are.
        """
        project = wanted.project or project
        folder = self._folder(project) / wanted.name
        version = wanted.version
        if not VERSION.fullmatch(version) and NAME.fullmatch(version):
            with contextlib.suppress(OSError):
                version = (folder / "aliases" / version).read_text()
        path = folder / version / "manifest.json"
        if VERSION.fullmatch(version) and path.is_file():
            return self._read(path)
        label = f"{wanted.name}:{wanted.version}"
        there = [
            f"{v['version']} ({', '.join(v['aliases'])})"
            for v in self.versions(project, wanted.name)
        ]
        if there:
            hint = f"There is: {', '.join(there[-SHOWN:])}."
        else:
            hint = f"Artifacts there: {', '.join(self.names(project)[:SHOWN]) or 'none'}."
        raise NotFoundError(f"{what}: project {project!r} has no artifact {label!r}. {hint}", label)

    def add(
        self, project: str, name: str, fields: Mapping[str, Any], aliases: Sequence[str]
    ) -> dict[str, Any]:
        """Add a version, or take the newest when it has the same content; set aliases."""
        folder = self._folder(project) / name
        versions = self.versions(project, name)
        if versions and versions[-1]["type"] != fields["type"]:
            raise UsageError(
                f"Artifact {name!r} has type {versions[-1]['type']!r} in project {project!r}, not "
                f"{fields['type']!r}. Use that type, or another name."
            )
        if versions and versions[-1]["digest"] == fields["digest"]:
            version = str(versions[-1]["version"])
        else:
            version = self._claim(folder, int(versions[-1]["version"][1:]) + 1 if versions else 0)
            manifest = {**fields, "project": project, "name": name, "version": version}
            content = json.dumps(manifest, indent=1).encode()
            write_whole(folder / version / "manifest.json", content)
        self.set_aliases(project, name, version, ["latest", *aliases])
        return self._read(folder / version / "manifest.json")

    def set_aliases(
        self, project: str, name: str, version: str, add: Sequence[str], remove: Sequence[str] = ()
    ) -> None:
        """Point aliases to a version; take others away from it."""
        folder = self._folder(project) / name / "aliases"
        folder.mkdir(parents=True, exist_ok=True)
        for alias in add:
            write_whole(folder / check_name(alias, "alias"), version.encode())
        for alias in remove:
            path = folder / check_name(alias, "alias")
            with contextlib.suppress(OSError):
                if path.read_text() == version:
                    path.unlink()

    def remove(self, project: str, name: str, version: str) -> None:
        """Take a version out; its content stays with its run."""
        folder = self._folder(project) / name
        manifest = self._read(folder / version / "manifest.json")
        self.set_aliases(project, name, version, (), manifest["aliases"])
        (folder / version / "manifest.json").unlink()

    def note(self, run_folder: Path, kind: str, project: str, name: str, version: str) -> None:
        """Keep with a run that it "logged" or "used" a version."""
        path = run_folder / "artifacts" / f"{kind}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        line = f"{project}/{name}:{version}"
        if line not in self.noted(run_folder, kind):
            with path.open("a") as file:
                file.write(line + "\n")

    def noted(self, run_folder: Path, kind: str) -> list[str]:
        """What a run logged or used, as ``project/name:version``."""
        path = run_folder / "artifacts" / f"{kind}.txt"
        return path.read_text().splitlines() if path.is_file() else []

    def users(self, qualified_name: str) -> list[str]:
        """Ids of the runs that used a version."""
        return [
            path.parents[1].name
            for path in sorted(self.base.glob("runs/*/artifacts/used.txt"))
            if qualified_name in path.read_text().splitlines()
        ]

    def _folder(self, project: str) -> Path:
        return self.base / "artifacts" / re.sub(r"[^\w.-]+", "_", project)

    def _claim(self, folder: Path, number: int) -> str:
        folder.mkdir(parents=True, exist_ok=True)
        while True:
            try:
                (folder / f"v{number}").mkdir()
            except FileExistsError:
                number += 1
            else:
                return f"v{number}"

    def _read(self, path: Path) -> dict[str, Any]:
        manifest: dict[str, Any] = json.loads(path.read_text())
        folder = path.parents[1] / "aliases"
        manifest["aliases"] = sorted(
            file.name
            for file in folder.glob("*")
            if not file.name.startswith(".") and file.read_text() == manifest["version"]
        )
        return manifest
