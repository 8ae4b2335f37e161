"""Recorded learning curves: what each config of a task reached, epoch by epoch.

A file holds the params as JSON, the values and the seconds. Values keep 11 bits of their
mantissa (three digits) and seconds three bits less, which is what makes the files small.
"""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.budget.tasks import TASKS, Task

FOLDER = Path(__file__).parent / "tables"
VALUE_BITS = 11
SECOND_BITS = 6


@dataclass(frozen=True, eq=False)
class Table:
    """The curves of n configs.

    Attributes:
        task: what was trained.
        params: of each config.
        values: (n, epochs), the metric after each epoch; NaN once it diverged.
        seconds: (n, epochs), what each epoch took; NaN where none was trained.
    """

    task: Task
    params: list[dict[str, Any]]
    values: np.ndarray
    seconds: np.ndarray


def rounded(array: np.ndarray, bits: int) -> np.ndarray:
    """As float32 with that many bits of mantissa, so that it compresses."""
    whole = np.asarray(array, np.float32)
    drop = 23 - bits
    raw = whole.view(np.uint32).copy()
    number = np.isfinite(whole)
    raw[number] = (raw[number] + np.uint32(1 << (drop - 1))) >> np.uint32(drop) << np.uint32(drop)
    return raw.view(np.float32)


def save(table: Table, folder: Path = FOLDER) -> int:
    """Write it to ``<task>.npz`` in that folder; its size in bytes."""
    path = folder / f"{table.task.name}.npz"
    values = rounded(table.values, VALUE_BITS)
    seconds = rounded(table.seconds, SECOND_BITS)
    np.savez_compressed(
        path,
        params=np.frombuffer(json.dumps(table.params).encode(), np.uint8),
        # Bytes of one significance beside each other: twice as small.
        values=values.view(np.uint8).reshape(*values.shape, 4)[..., ::-1].transpose(2, 0, 1),
        seconds=seconds.view(np.uint8).reshape(*seconds.shape, 4)[..., ::-1].transpose(2, 0, 1),
    )
    return path.stat().st_size


def _unpacked(array: np.ndarray) -> np.ndarray:
    back = np.ascontiguousarray(array.transpose(1, 2, 0)[..., ::-1])
    return back.view(np.float32)[..., 0].astype(float)


def load(task: Task, folder: Path = FOLDER) -> Table:
    with np.load(folder / f"{task.name}.npz") as file:
        params = json.loads(file["params"].tobytes())
        return Table(task, params, _unpacked(file["values"]), _unpacked(file["seconds"]))


@functools.cache
def table(name: str) -> Table:
    """The committed table of that task."""
    return load(next(task for task in TASKS if task.name == name))
