"""The text of the training code, kept once for each version beside the store.

Runs know a version by its hash only; the text is there so that two runs can be compared. It
lies in ``code/HASH.py`` in the folder that holds the runs' folders.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable
from pathlib import Path

from nbsweep.runs.folders import base_folder
from nbsweep.store.base import Store

_VERSION = re.compile(r"[0-9a-zA-Z_-]{4,64}")


def keep(store: Store, version: str | None, text: Callable[[], str | None]) -> None:
    """Keep the text of a version of the code; what cannot be read or written is left out.

    A store in memory has no place beside it, and what is kept already is not read again.

    Args:
        store: of the runs.
        version: the hash of the code, None when unknown.
        text: gives the text, None when unknown.
    """
    place = _place(store, version)
    if place is None or place.exists():
        return
    with contextlib.suppress(OSError):
        found = text()
        if found is None:
            return
        place.parent.mkdir(parents=True, exist_ok=True)
        fresh = place.with_suffix(".part")
        fresh.write_text(f"{found.rstrip()}\n", encoding="utf-8", errors="replace")
        fresh.replace(place)


def kept(store: Store, version: str | None) -> str | None:
    """The text of a version of the code; None where it is not kept on this machine."""
    place = _place(store, version)
    try:
        return None if place is None else place.read_text(encoding="utf-8")
    except OSError:
        return None


def _place(store: Store, version: str | None) -> Path | None:
    if version is None or not _VERSION.fullmatch(version) or store.url.startswith("memory:"):
        return None
    return base_folder(store) / "code" / f"{version}.py"
