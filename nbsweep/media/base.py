"""What all media have in common, and the folder that keeps their files."""

from __future__ import annotations

import io
import os
import re
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, ClassVar, Protocol

from nbsweep.errors import MissingDependencyError, UsageError
from nbsweep.extension import extend

HASH_CHARACTERS = 20  # of a file's sha256, in its name


class Keeper(Protocol):
    """Where one `log` call keeps the files of its values."""

    def keep(self, kind: str, suffix: str, content: bytes) -> dict[str, Any]:
        """Write a file; `kind` is its folder. Gives path, sha256 and size."""
        ...

    def plain(self, value: Any) -> Any:
        """A value as JSON holds it, media inside of it kept as files."""
        ...


class Media:
    """A value that `log` keeps as a file of the run.

    Attributes:
        type_name: W&B's name of the type in references, ``_type``.
        caption: shown below it, or None.
    """

    type_name: ClassVar[str] = ""
    caption: str | None = None

    def keep(self, keeper: Keeper) -> dict[str, Any]:
        """Write what there is to write and return the reference for the history row."""
        del keeper
        raise TypeError(f"{type(self).__name__} cannot be logged by itself.")

    def _reference(self, kept: Mapping[str, Any], **fields: Any) -> dict[str, Any]:
        """The reference to a kept file; fields that are None are left out."""
        facts = {**fields, "caption": self.caption}
        stated = {key: value for key, value in facts.items() if value is not None}
        return {"_type": self.type_name, **kept, **stated}

    def __repr__(self) -> str:
        caption = f" {self.caption!r}" if self.caption else ""
        return f"<{type(self).__name__}{caption}>"


def write_whole(target: Path, content: bytes) -> None:
    """Write a file so that nobody ever sees half of it."""
    part = target.with_name(f".{target.name}.{os.getpid()}.{threading.get_ident()}.part")
    try:
        part.write_bytes(content)
        part.replace(target)
    except BaseException:
        with suppress(OSError):
            part.unlink()  # half of it would lie there for good
        raise


def safe_name(name: str) -> str:
    """`name` as a part of a file name, on any system."""
    return re.sub(r"[^\w.-]+", "_", name).strip("._")[:100] or "value"


def read_source(source: Any, what: str) -> bytes:
    """The bytes of a path or an open file.

    Raises:
        UsageError: there is no such file.
    """
    if hasattr(source, "read"):
        if hasattr(source, "seek"):
            source.seek(0)
        content = source.read()
        return content.encode() if isinstance(content, str) else bytes(content)
    path = Path(source).expanduser()
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(
            f"{what}({str(source)!r}): the file cannot be read ({error.strerror}). Give the path "
            "of a file, or the data itself."
        ) from error


def suffix_of(
    source: Any, allowed: tuple[str, ...], what: str, file_type: str | None = None
) -> str:
    """The file type of a path or open file, without its dot, if it is an allowed one."""
    default = source if isinstance(source, (str, Path)) else ""
    name = file_type or str(getattr(source, "name", default))
    suffix = name.rpartition(".")[2].lower()
    for known in sorted(allowed, key=len, reverse=True):
        if name.lower() == known or name.lower().endswith("." + known):
            return known
    raise UsageError(
        f"{what}: file type {suffix!r} is not understood. Accepted: {', '.join(allowed)}."
    )


def pillow(what: str) -> Any:
    """Pillow's Image module."""
    try:
        from PIL import Image
    except ImportError:
        raise MissingDependencyError(
            f'{what} of arrays needs an extra package: pip install "nbsweep[media]"'
        ) from None
    return Image


def array(value: Any) -> Any:
    """A numpy array from an array, list or tensor of any device."""
    import numpy as np

    if hasattr(value, "detach"):
        value = value.detach().cpu()
        if value.is_floating_point():
            value = value.float()
    if hasattr(value, "numpy") and callable(value.numpy):
        value = value.numpy()
    return np.asarray(value)


def to_bytes(save: Any) -> bytes:
    """What `save(file)` writes into a file."""
    buffer = io.BytesIO()
    save(buffer)
    return buffer.getvalue()


extend(__name__)
