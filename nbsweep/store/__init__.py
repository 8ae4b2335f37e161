"""Durable records: one contract, `base.Store`, and its implementations.

`open_store` is the door. SQLAlchemy is imported when it opens a database, not before.
"""

from __future__ import annotations

import atexit
import logging
import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from nbsweep.errors import StoreError, StoreGoneError
from nbsweep.store.base import Store

if TYPE_CHECKING:
    from nbsweep.store.memory import MemoryStore
    from nbsweep.store.sql import SqlStore

__all__ = ["Store", "default_url", "full_url", "has_default", "open_store"]

_DATABASE_NAME = "nbsweep.db"
_FOLDER_NAME = ".nbsweep"
_SQLITE = "sqlite:///"

_log = logging.getLogger("nbsweep")

# The stores of this process by URL, and the lock that guards the dict and the opening.
_stores: dict[str, SqlStore | MemoryStore] = {}
_lock = threading.Lock()


def open_store(url: str | None = None, *, existing: bool = False, anew: bool = True) -> Store:
    """The process's store at a URL, opened at the first call.

    Any thread may call it. A forked child gets connections of its own.

    Args:
        url: ``sqlite:///path/to/file.db`` (its folder is made when missing),
            ``postgresql+psycopg://user:password@host/database``, or ``memory://name``
            for tests. Without one: `default_url`.
        existing: it was made before, so that a file that is not there is an error.
        anew: whether a store whose file went away since this process opened it is made
            anew. Somebody who still writes to it would look for his runs there.

    Raises:
        StoreGoneError: its file went away, and it is not to be made anew.
        StoreError: the URL is not understood; the database cannot be opened, is
            damaged, or was made by a newer nbsweep. The message names the way out.
        MissingDependencyError: the PostgreSQL driver is not installed.
    """
    if url is None:
        url = default_url(os.environ, Path.cwd())
    if url not in _stores:
        url = full_url(url)
    with _lock:
        store = _stores.get(url)
        if store is None or not store.usable:
            gone = None if store is None else store.gone
            if gone is not None and (existing or not anew):
                raise StoreGoneError(gone)
            if existing:
                _check_there(url)
            if store is None and not _stores:
                atexit.register(_retire_all)
            elif store is not None:
                store.close()  # its file was deleted: no one else reads what it writes
            if gone is not None:
                _log.warning("%s A new store was made there.", gone)
            store = _stores[url] = _open(url)
        return store


def default_url(environ: Mapping[str, str], cwd: Path) -> str:
    """The URL of the store when none is named; makes its folder.

    ``NBSWEEP_STORE`` is a URL. Else the store is the SQLite file ``nbsweep.db`` in the
    folder ``NBSWEEP_DIR``, or in ``.nbsweep`` of the working folder. A folder that is
    made here ignores itself for git.

    Args:
        environ: environment variables.
        cwd: the working folder.

    Raises:
        StoreError: the folder cannot be made.
    """
    if environ.get("NBSWEEP_STORE"):
        return environ["NBSWEEP_STORE"]
    folder = default_folder(environ, cwd)
    try:
        if not folder.is_dir():
            folder.mkdir(parents=True, exist_ok=True)
            ignore = "# Made by nbsweep: results stay out of version control.\n*\n"
            (folder / ".gitignore").write_text(ignore, encoding="utf-8")
    except OSError as error:
        raise StoreError(
            f"The folder {folder} for results cannot be made ({error.strerror}). Name a folder "
            "that can be written in NBSWEEP_DIR."
        ) from error
    return f"sqlite:///{(folder / _DATABASE_NAME).as_posix()}"


def default_folder(environ: Mapping[str, str], cwd: Path) -> Path:
    """The folder of the default store where ``NBSWEEP_STORE`` names none; may not exist."""
    return cwd / Path(environ.get("NBSWEEP_DIR") or _FOLDER_NAME).expanduser()


def has_default(environ: Mapping[str, str], cwd: Path) -> bool:
    """Whether the default store is there, or one is named; looking makes none.

    Args:
        environ: environment variables.
        cwd: the working folder.
    """
    named = bool(environ.get("NBSWEEP_STORE"))
    return named or (default_folder(environ, cwd) / _DATABASE_NAME).is_file()


def full_url(url: str) -> str:
    """The one spelling of a store's URL, good in any working folder.

    Raises:
        StoreError: it is not understood; the message shows how one is written.
    """
    scheme, separator, rest = url.partition("://")
    if separator and scheme == "memory":
        return url
    if separator and scheme in ("postgresql", "postgres", "postgresql+psycopg"):
        return f"postgresql+psycopg://{rest}"
    if separator and scheme == "sqlite":
        path = rest[1:] if rest.startswith("/") else ""
        if path in ("", ":memory:"):
            raise StoreError(
                f"The store URL {url!r} names no file. Write sqlite:///path/to/file.db, or "
                "memory://name for a store that ends with the process."
            )
        return f"sqlite:///{(Path.cwd() / Path(path).expanduser()).as_posix()}"
    shown = f"{scheme}://…" if separator else repr(url)
    raise StoreError(
        f"The store URL {shown} is not understood. Write sqlite:///path/to/file.db, "
        "postgresql+psycopg://user:password@host/database, or memory://name."
    )


def _open(url: str) -> SqlStore | MemoryStore:
    if url.startswith("memory:"):
        from nbsweep.store.memory import MemoryStore

        return MemoryStore(url)
    from nbsweep.store.sql import SqlStore

    return SqlStore(url)


def _check_there(url: str) -> None:
    path = Path(url[len(_SQLITE) :])
    if url.startswith(_SQLITE) and not path.is_file():
        raise StoreGoneError(
            f"The store {path} is not there any more: nothing can be stored, and no new one was "
            "made in its place. Put the file back, or make a new sweep."
        )


def _retire_all() -> None:
    """Leave no connection open at exit; a writer that still has rows can write them."""
    for store in list(_stores.values()):
        store.retire()


def _after_fork() -> None:
    global _lock  # noqa: PLW0603 - the parent's may be held by a thread that is not here
    _lock = threading.Lock()
    for store in _stores.values():
        store.after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
