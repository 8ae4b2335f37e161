"""Where files lie: beside a SQLite store, else in the working folder."""

from __future__ import annotations

import os
from pathlib import Path

from nbsweep.store.base import Store


def base_folder(store: Store) -> Path:
    """The folder that holds the runs' folders and the index of artifacts."""
    return Path(_base(store))


def _base(store: Store) -> str:
    prefix = "sqlite:///"
    if store.url.startswith(prefix):
        return os.path.dirname(store.url[len(prefix) :])  # noqa: PTH120 - see run_folder
    return str(Path.cwd() / ".nbsweep")


def run_folder(store: Store, run_id: str) -> str:
    """A run's own folder for files; may not exist yet."""
    return os.path.join(_base(store), "runs", run_id)  # noqa: PTH118 - at each run, ten times as fast
