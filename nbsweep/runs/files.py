"""Files of a run: `save` puts some there, `restore` gives them back."""

from __future__ import annotations

import glob as globbing
import logging
import shutil
from pathlib import Path
from typing import IO, Any

from nbsweep.errors import UsageError

FOLDER = "files"  # of the run's own, for what `save` keeps
POLICIES = ("live", "now", "end")

logger = logging.getLogger("nbsweep")


def inside(top: Path, name: str | Path, what: str) -> Path:
    """The path of `name` below `top`.

    Raises:
        UsageError: it lies outside; symbolic links are followed.
    """
    path = (top / name).resolve()
    if not path.is_relative_to(top.resolve()):
        raise UsageError(
            f"{what}({str(name)!r}): the path leaves its folder. Give a relative path without '..'."
        )
    return path


class RunFiles:
    """The files that a run saved.

    Args:
        folder: the run's own; what `save` keeps is below its "files".
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def save(
        self,
        glob_str: str | Path,
        base_path: str | Path | None = None,
        policy: str = "live",
        glob: bool = True,
    ) -> list[str]:
        """Copy files into the run's folder; returns their paths there.

        Files that are not there, or that cannot be copied, are left out with a warning:
        they are no reason for a training to end.

        Args:
            glob_str: a path or a pattern.
            base_path: the names kept are relative to it; default: the working folder for
                relative paths, and the run's own for what is only there; else the file's own
                folder.
            policy: "live", "now" or "end"; all copy at once.
            glob: False takes `glob_str` for a path, whatever characters it has.

        Raises:
            UsageError: `glob_str` is not below `base_path`, or the policy is not known.
        """
        if policy not in POLICIES:
            raise UsageError(f"save(policy={policy!r}): accepted are {', '.join(POLICIES)}.")
        pattern = Path(glob_str).expanduser()
        below = _base(pattern, base_path)
        paths = [str(pattern)]
        if glob:
            paths = globbing.glob(str(pattern), recursive=True)  # noqa: PTH207 - it may be absolute
        files = [Path(path) for path in sorted(paths) if Path(path).is_file()]
        if not files and base_path is None and not pattern.is_absolute():
            files, below = self._in_folder(pattern, glob), self.folder
        if not files:
            logger.warning(
                "save(%r): there is no such file, in %s or in the run's folder; nothing is saved.",
                str(glob_str),
                Path.cwd(),
            )
        kept = (self._keep(file.absolute(), below) for file in files)
        return [path for path in kept if path is not None]

    def _in_folder(self, pattern: Path, glob: bool) -> list[Path]:
        """Files of the run's folder: those that the training code put there."""
        files = sorted(self.folder.glob(str(pattern))) if glob else [self.folder / pattern]
        top = self.folder / FOLDER
        return [file for file in files if file.is_file() and not file.is_relative_to(top)]

    def restore(self, name: str, root: str | Path | None = None, replace: bool = False) -> IO[Any]:
        """A file that `save` kept, copied to the working folder (or `root`) and open to read.

        Args:
            name: as it was kept.
            root: where to put the copy.
            replace: whether to overwrite a file that is there.

        Raises:
            UsageError: there is no such file in the run; the message lists those there are.
        """
        source = inside(self.folder / FOLDER, name, "restore")
        if not source.is_file():
            there = ", ".join(self.names()[:10]) or "none"
            raise UsageError(f"restore({name!r}): the run has no such file. It has: {there}.")
        target = inside(Path(root or Path.cwd()), name, "restore")
        if replace or not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)
        return target.open(encoding="utf-8", errors="surrogateescape")

    def holds(self, name: str) -> bool:
        """Whether `save` kept a file of that name."""
        try:
            return inside(self.folder / FOLDER, name, "restore").is_file()
        except UsageError:
            return False

    def names(self) -> list[str]:
        """What `save` kept, as names below its folder."""
        folder = self.folder / FOLDER
        return sorted(
            file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()
        )

    def read(self, path: str) -> bytes | None:
        """Any file of the run's folder, for its page; None when it cannot be read."""
        try:
            return inside(self.folder, path, "page").read_bytes()
        except (OSError, UsageError):
            return None

    def _keep(self, source: Path, below: Path) -> str | None:
        """The path of the copy; None, and a warning, where there can be none."""
        top = self.folder / FOLDER
        if source.is_relative_to(top):  # it is kept already
            return str(source)
        target = inside(top, source.relative_to(below), "save")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)
        except OSError as error:
            logger.warning("save: %s is not saved (%s).", source, error.strerror or error)
            return None
        return str(target)


def _base(pattern: Path, base_path: str | Path | None) -> Path:
    if base_path is not None:
        base = Path(base_path).expanduser().absolute()
        if ".." in pattern.parts or not pattern.absolute().is_relative_to(base):
            raise UsageError(
                f"save({str(pattern)!r}, base_path={str(base_path)!r}): the file is not below "
                "base_path. Give a folder that holds it."
            )
        return base
    cwd = Path.cwd()
    if not pattern.is_absolute():
        if ".." in pattern.parts:
            raise UsageError(
                f"save({str(pattern)!r}): the path leaves its folder. Give a relative path without "
                "'..', or say with base_path below which folder names are kept."
            )
        return cwd
    fixed = [part for part in pattern.parts if not globbing.has_magic(part)]
    return Path(*pattern.parts[: len(fixed)]) if len(fixed) < len(pattern.parts) else pattern.parent
