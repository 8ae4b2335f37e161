"""The last checkpoint of a run: written whole or not at all, and found again.

``<run's folder>/checkpoint/<n>/`` holds ``files/``, what the training code wrote, and
``checkpoint.json``: step, version of the code, time, and the size of each file. Such a folder is
written under another name beside it, synced to the disk and renamed; only then the one before is
removed. Whatever ends the process, the last whole checkpoint is there.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbsweep.errors import NotFoundError, UsageError
from nbsweep.records import RunRecord
from nbsweep.runs.identity import Vital, this_process, vital
from nbsweep.store.base import Store

FOLDER = "checkpoint"  # of the run's own
FILES = "files"
NOTE = "checkpoint.json"
WRITING = "writing+"  # then the process that writes it, with + in place of :
TRIES = 5  # at a number for a checkpoint, which another process of the run may take first

logger = logging.getLogger("nbsweep")


@dataclass(frozen=True)
class Checkpoint:
    """A whole checkpoint of a run.

    Attributes:
        folder: what the training code wrote.
        step: the step that the run would have written next.
        code_hash: version of the training code that wrote it, None when unknown.
        saved_at: unix time in seconds.
    """

    folder: Path
    step: int
    code_hash: str | None = None
    saved_at: float = 0.0


def last_checkpoint(run_folder: Path) -> tuple[Checkpoint | None, str]:
    """The last whole checkpoint in a run's folder; None, and why, when there is none.

    The reason is empty when nothing was ever written there.
    """
    problem = ""
    for place in sorted(_numbered(run_folder / FOLDER), reverse=True):
        folder = run_folder / FOLDER / str(place)
        try:
            return _read(folder), ""
        except OSError as error:
            problem = problem or f"{folder} cannot be read ({error.strerror or error})"
        except (ValueError, KeyError, TypeError) as error:
            problem = problem or f"{folder} is not whole ({error})"
    return None, problem


def trail(store: Store, run: RunRecord) -> list[RunRecord]:
    """A run and the attempts before it, each of which was cut off; the latest first."""
    runs = [run]
    with suppress(NotFoundError):
        while "predecessor" in runs[-1].origin:
            runs.append(store.run(str(runs[-1].origin["predecessor"])))
    return runs


def _read(folder: Path) -> Checkpoint:
    note = json.loads((folder / NOTE).read_text(encoding="utf-8"))
    for name, size in dict(note["files"]).items():
        file = folder / FILES / name
        if not file.is_file():
            raise ValueError(f"{name} is missing")
        if file.stat().st_size != size:
            raise ValueError(f"{name} has {file.stat().st_size} bytes in place of {size}")
    code = note.get("code_hash")
    saved_at = float(note["time"])
    return Checkpoint(folder / FILES, int(note["step"]), code if code else None, saved_at)


class Keeper:
    """Writes the checkpoints of one run, and keeps the last one.

    Args:
        run_folder: the run's own.
        clock: unix time in seconds.
        elapsed: monotonic, in seconds.
    """

    def __init__(
        self,
        run_folder: Path,
        clock: Callable[[], float] = time.time,
        elapsed: Callable[[], float] = time.monotonic,
    ) -> None:
        self._top = run_folder / FOLDER
        self._clock = clock
        self._elapsed = elapsed
        self._saved: float | None = None  # when, by `elapsed`
        self._lock = threading.Lock()
        self._pid: int | None = None

    def is_due(self, every_s: float | None) -> bool:
        """Whether so many seconds have passed since this process saved the last one."""
        return every_s is None or self._saved is None or self._elapsed() - self._saved >= every_s

    def save(self, save: Callable[[Path], Any], step: int, code_hash: str | None) -> bool:
        """Have `save` write a checkpoint, and keep it in place of the one before.

        Args:
            save: gets a fresh folder and writes there.
            step: the step that the run writes next.
            code_hash: version of the training code.

        Returns:
            False, and a warning, when the disk did not take it: the one before stays.

        Raises:
            UsageError: `save` wrote nothing.
        """
        with self._lock:
            try:
                fresh = self._fresh()
                try:
                    save(fresh / FILES)
                    self._note(fresh, step, code_hash)
                    place = self._put(fresh)
                except BaseException:
                    shutil.rmtree(fresh, ignore_errors=True)
                    raise
                self._remove_all_but(place)
            except OSError as error:
                logger.warning(
                    "checkpoint: %s cannot be written (%s). The training goes on, with the "
                    "checkpoint before, if there is one.",
                    *(self._top, error.strerror or error),
                )
                return False
            finally:
                self._saved = self._elapsed()
            return True

    def _fresh(self) -> Path:
        folder = self._top / (WRITING + this_process().replace(":", "+"))
        shutil.rmtree(folder, ignore_errors=True)
        (folder / FILES).mkdir(parents=True)
        return folder

    def _note(self, folder: Path, step: int, code_hash: str | None) -> None:
        files = {
            file.relative_to(folder / FILES).as_posix(): file.stat().st_size
            for file in _files(folder / FILES)
        }
        if not files:
            raise UsageError(
                "checkpoint: save wrote no file into the folder that it was given. Write the state "
                'there: run.checkpoint(lambda folder: torch.save(state, folder / "state.pt")).'
            )
        note = {"step": step, "code_hash": code_hash, "time": self._clock(), "files": files}
        (folder / NOTE).write_text(json.dumps(note), encoding="utf-8")
        for path in (*_files(folder), *_folders(folder)):
            _sync(path)

    def _put(self, fresh: Path) -> int:
        """Give a checkpoint its number, from which on it is there."""
        for last in range(TRIES):
            place = 1 + max(_numbered(self._top), default=0)
            try:
                fresh.rename(self._top / str(place))
            except OSError:  # another process of the run took the number
                if last == TRIES - 1 or not (self._top / str(place)).exists():
                    raise
            else:
                _sync(self._top)
                return place
        raise AssertionError

    def _remove_all_but(self, place: int) -> None:
        for entry in self._top.iterdir():
            number = _number(entry.name)
            left = entry.name.startswith(WRITING) and number is None
            if left and vital(entry.name.removeprefix(WRITING).replace("+", ":")) is not Vital.DEAD:
                continue
            if left or (number is not None and number < place):
                shutil.rmtree(entry, ignore_errors=True)


def _numbered(top: Path) -> list[int]:
    with suppress(OSError):
        return [n for path in top.iterdir() if (n := _number(path.name)) is not None]
    return []


def _number(name: str) -> int | None:
    return int(name) if name.isascii() and name.isdecimal() else None


def _files(top: Path) -> Iterator[Path]:
    return (path for path in sorted(top.rglob("*")) if path.is_file())


def _folders(top: Path) -> Iterator[Path]:
    yield top
    yield from (path for path in top.rglob("*") if path.is_dir())


def _sync(path: Path) -> None:
    """Have a file or a folder on the disk, as far as the system can be asked for that."""
    if os.name == "nt" and path.is_dir():
        return
    number = os.open(path, os.O_RDWR if os.name == "nt" else os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
