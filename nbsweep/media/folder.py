"""Keeps the files of media: in a run's folder, or in memory."""

from __future__ import annotations

import hashlib
import warnings
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from nbsweep.media.base import HASH_CHARACTERS, Media, safe_name, write_whole
from nbsweep.media.plain import plain


class FileKeeper(ABC):
    """A Keeper that also makes references of the values that become media."""

    @abstractmethod
    def keep(self, kind: str, suffix: str, content: bytes) -> dict[str, Any]:
        """Write a file; see Keeper."""

    def plain(self, value: Any) -> Any:
        """A value as JSON holds it; media, figures and data frames in it become references."""
        return plain(value, self._refer)

    def _refer(self, value: Any) -> dict[str, Any] | None:
        media = as_media(value)
        return None if media is None else media.keep(self)


def as_media(value: Any) -> Media | None:
    """The media that a value is or becomes; None for all others.

    Lists of images become one value, matplotlib figures (and pyplot itself) pictures,
    plotly figures Plotly, pandas data frames tables. Libraries are told by module names,
    never imported.
    """
    if isinstance(value, Media):
        return value
    if isinstance(value, (list, tuple)):
        return _picture_group(value)
    kind = type(value)
    module = value.__name__ if isinstance(value, ModuleType) else kind.__module__
    library = module.partition(".")[0]
    if library == "matplotlib":
        return _of_matplotlib(value)
    if library == "plotly" and hasattr(value, "to_plotly_json"):
        from nbsweep.media.documents import Plotly

        return Plotly(value)
    if library == "pandas" and kind.__name__ == "DataFrame":
        from nbsweep.media.table import Table

        return Table(dataframe=value)
    if library == "PIL" and hasattr(value, "convert"):
        from nbsweep.media.image import Image

        return Image(value)
    return None


def _picture_group(values: Sequence[Any]) -> Media | None:
    """A list of images as one value; None for other lists."""
    if not values or not isinstance(values[0], Media):
        return None
    from nbsweep.media.image import Image, PictureGroup

    return PictureGroup(values) if all(isinstance(v, Image) for v in values) else None


def _of_matplotlib(value: Any) -> Media | None:
    from nbsweep.media.image import Image

    if hasattr(value, "gcf"):  # pyplot itself
        value = value.gcf()
    elif not hasattr(value, "savefig"):  # axes, or whatever is drawn in them
        value = getattr(value, "figure", None)
    return Image(value) if hasattr(value, "savefig") else None


class Folder(FileKeeper):
    """Keeps the files of one value below a folder, under names made of their content.

    Args:
        top: the run's own folder; made at the first file (plain values need none).
        key: what the value is logged as.
        step: of the history row.
    """

    def __init__(self, top: Path, key: str, step: int) -> None:
        self._top, self._key, self._step = top, key, step

    def keep(self, kind: str, suffix: str, content: bytes) -> dict[str, Any]:
        """Write a file; see Keeper.

        A disk that takes none costs the file, with a warning, and not the run.
        """
        digest = hashlib.sha256(content).hexdigest()
        stem = f"{safe_name(self._key)}_{self._step}_{digest[:HASH_CHARACTERS]}"
        path = f"media/{kind}/{stem}{suffix}"
        target = self._top / path
        try:
            _write(target, content)
        except OSError as error:
            warnings.warn(
                f"log: {self._key!r} of step {self._step} is stored without its file: {target} "
                f"cannot be written ({error.strerror or error}).",
                stacklevel=2,
            )
        return {"path": path, "sha256": digest, "size": len(content)}


def _write(target: Path, content: bytes) -> None:
    """Write a file that is not there yet; an error that does not come back is no error."""
    for is_last in (False, True):
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            if not target.exists():
                write_whole(target, content)
            return
        except OSError:
            if is_last:
                raise


class InMemory(FileKeeper):
    """Keeps files in a dict: for media that are shown and not logged."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}

    def keep(self, kind: str, suffix: str, content: bytes) -> dict[str, Any]:
        """Keep a file; see Keeper."""
        path = f"media/{kind}/{len(self.files)}{suffix}"
        self.files[path] = content
        return {"path": path, "sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}
