"""Where files lie: beside a SQLite store, else in the folder where the process began its work."""

from __future__ import annotations

from pathlib import Path

from nbsweep.runs import session
from nbsweep.store.base import Store


def base_folder(store: Store) -> Path:
    """The folder that holds the runs' folders and the index of artifacts."""
    prefix = "sqlite:///"
    beside = Path(store.url[len(prefix) :]).parent if store.url.startswith(prefix) else None
    return beside or session.home() / ".nbsweep"


def run_folder(store: Store, run_id: str) -> str:
    """A run's own folder for files; may not exist yet."""
    return str(base_folder(store) / "runs" / run_id)
