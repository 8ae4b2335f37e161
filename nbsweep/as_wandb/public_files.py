"""A file of a run as W&B's public API shows it."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import IO, Any

from nbsweep.as_wandb.cells import ShownAsHtml
from nbsweep.as_wandb.compatibility import missing_member
from nbsweep.errors import UsageError
from nbsweep.runs.files import inside

SHOWN_BYTES = 4000  # of its content, in a cell


class PublicFile(ShownAsHtml):
    """A file of a run.

    Attributes:
        name: as W&B names it.
        size: in bytes.
        url: None.
    """

    def __init__(self, name: str, content: Path | bytes) -> None:
        self.name = name
        self.url = None
        self._content = content

    def __getattr__(self, name: str) -> Any:
        raise missing_member(self, name, "apis.public.File")

    def __repr__(self) -> str:
        return f"<File {self.name} ({self.size} bytes)>"

    @property
    def size(self) -> int:
        """In bytes."""
        if isinstance(self._content, bytes):
            return len(self._content)
        return self._content.stat().st_size

    @property
    def path_uri(self) -> str:
        """Where it lies; empty for what is kept in the store."""
        return "" if isinstance(self._content, bytes) else self._content.as_uri()

    def download(
        self, root: str | Path = ".", replace: bool = False, exist_ok: bool = False, **ignored: Any
    ) -> IO[Any]:
        """Copy it below `root` and open the copy.

        Args:
            root: the folder.
            replace: overwrite a file that is there.
            exist_ok: leave a file that is there as it is.
            ignored: W&B's remaining arguments.

        Raises:
            UsageError: there is such a file, and neither of the two is set.
        """
        del ignored
        inside(Path(root), self.name, "download")
        target = Path(root) / self.name
        if target.exists() and not (replace or exist_ok):
            raise UsageError(
                f"download: {target} is there already. replace=True overwrites it, exist_ok=True "
                "leaves it."
            )
        if replace or not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(self._read())
        return target.open(encoding="utf-8", errors="surrogateescape")

    def to_html(self, height: int = 420, hidden: bool = False) -> str:
        """Its beginning as HTML."""
        del height, hidden
        return f"<pre>{escape(self._read()[:SHOWN_BYTES].decode('utf-8', 'replace'))}</pre>"

    def _read(self) -> bytes:
        content = self._content
        return content if isinstance(content, bytes) else content.read_bytes()
