"""What W&B's Artifact offers besides its files: collections, links, its runs, other states."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbsweep.artifacts import artifact as core
from nbsweep.artifacts.index import ArtifactIndex, parse_id
from nbsweep.as_wandb.compatibility import missing_member
from nbsweep.errors import NotFoundError, UsageError
from nbsweep.extension import mixed_into
from nbsweep.records import RunRecord
from nbsweep.runs import session
from nbsweep.runs.current import require_run
from nbsweep.runs.files import inside


@dataclass(frozen=True)
class ArtifactCollection:
    """All versions of an artifact."""

    name: str
    type: str


@mixed_into(core.Artifact)
class Artifact(core.Artifact):
    """The members that are added to `nbsweep.Artifact`.

    Attributes:
        ttl: None: nothing is deleted by itself.
        entity: "": there are no accounts.
    """

    ttl: Any = None
    entity: str = ""

    def __getattr__(self, name: str) -> Any:
        raise missing_member(self, name)

    @property
    def id(self) -> str | None:
        """Names this version; None until it is logged."""
        return self.qualified_name if self.version else None

    @property
    def source_name(self) -> str:
        """Its name."""
        return self.name

    @property
    def source_qualified_name(self) -> str:
        """``project/name:version``."""
        return self.qualified_name

    @property
    def collection(self) -> ArtifactCollection:
        """What all its versions have in common: an object with `name` and `type`."""
        return ArtifactCollection(self._name, self.type)

    source_collection = collection

    @property
    def state(self) -> str:
        """COMMITTED once it is logged, before that PENDING."""
        return "COMMITTED" if self.version else "PENDING"

    def is_draft(self) -> bool:
        """Whether it is not logged yet."""
        return self.version is None

    def wait(self, timeout: int | None = None) -> Artifact:
        """Itself: logging is done when `log_artifact` returns."""
        del timeout
        return self

    def new_draft(self) -> Artifact:
        """A copy that is not logged yet, to change and log as the next version."""
        draft = Artifact(self._name, self.type, self.description, self.metadata)
        draft._entries = dict(self._entries)
        return draft

    def checkout(self, root: str | Path | None = None) -> str:
        """`download`, and take away what else is in that folder's files."""
        folder = self._root(root)
        known = {inside(folder, path, "checkout") for path in self._entries}
        for file in [path for path in folder.rglob("*") if path.is_file()]:
            if file.resolve() not in known:
                file.unlink()
        return self.download(root)

    def save(self, project: str | None = None, settings: Any = None) -> None:
        """W&B's: write changed description, metadata and aliases, or log it to the current run."""
        del settings, project
        if self._index is None:
            from nbsweep.artifacts.run_artifacts import RunArtifacts

            run = require_run("Artifact.save()")
            RunArtifacts(run.id, run.project, Path(run.dir), run.check_ours).log(self)
            return
        index, project, version = self._logged("save")
        before = index.find(parse_id(self.qualified_name, "save"), project, "save")
        gone = [alias for alias in before["aliases"] if alias not in self.aliases]
        index.set_aliases(project, self._name, version, self.aliases, gone)

    def delete(self, delete_aliases: bool = False) -> None:
        """Take this version out of the index.

        Raises UsageError when it has aliases besides "latest" and `delete_aliases` is False.
        """
        index, project, version = self._logged("delete")
        named = [alias for alias in self.aliases if alias != "latest"]
        if named and not delete_aliases:
            raise UsageError(
                f"delete: {self.name} has aliases ({', '.join(named)}). "
                "delete(delete_aliases=True) takes them away with it."
            )
        index.remove(project, self._name, version)

    def link(self, target_path: str, aliases: Sequence[str] | None = None) -> Artifact:
        """Give this version a place in another collection, ``[project/]name``, as well."""
        index, project, _ = self._logged("link")
        target = parse_id(target_path.removeprefix("wandb-registry-"), "link")
        fields = {**self._fields(index.base), "source": self.qualified_name}
        manifest = index.add(target.project or project, target.name, fields, list(aliases or ()))
        return Artifact.from_manifest(index, manifest)

    def logged_by(self) -> RunRecord | None:
        """The run that logged it, as the store has it."""
        return session.store().run(self._run_id) if self._run_id else None

    def used_by(self) -> list[RunRecord]:
        """The runs that used it, as the store has them."""
        index, _, _ = self._logged("used_by")
        runs = []
        for run_id in index.users(self.qualified_name):
            with suppress(NotFoundError):  # of another store in the same folder
                runs.append(session.store().run(run_id))
        return runs

    def _logged(self, what: str) -> tuple[ArtifactIndex, str, str]:
        if self._index is None or self.project is None or self.version is None:
            raise UsageError(f"{what}: artifact {self.name} is not logged yet. log_artifact first.")
        return self._index, self.project, self.version
