"""Synthetic curves that break what a model of curves assumes; functions of params.

Each has a rate `lr`, a size and a category, ends that depend on all three, and a way of
getting there that misleads: see the functions. `noise` hangs on the params, so that the
same params give the same training.
"""

from __future__ import annotations

import functools
import hashlib
import itertools
import json
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from benchmarks.budget.sources import Params, Source, Training
from benchmarks.search.problems import ints, log, values

EPOCHS = 50
LOWEST = 0.1
SPACE: dict[str, Any] = {
    "lr": log(1e-4, 1.0),
    "size": ints(1, 64),
    "decay": log(1e-6, 1e-1),
    "kind": values("a", "b", "c"),
}
Shape = Callable[[Params, float, np.ndarray, np.random.Generator], np.ndarray]


def end_of(p: Params) -> float:
    """Where a training ends, without noise: from 0.1 up to about 1."""
    lr, size = math.log10(p["lr"]), math.log2(p["size"]) / 6
    best_lr = {"a": -2.2, "b": -1.6, "c": -3.0}[p["kind"]]
    end = LOWEST + {"a": 0.0, "b": 0.03, "c": 0.08}[p["kind"]]
    end += 0.16 * abs(lr - best_lr) ** 1.5
    end += 0.15 * (0.75 - size) ** 2 + 0.006 * (math.log10(p["decay"]) + 3.5) ** 2
    return min(end, 1.0)


def _decay(start: float, end: float, k: np.ndarray, pace: float, power: float = 1.0) -> np.ndarray:
    """A power law from about `start` at the first epoch to `end` at the last."""
    shape = (1 + k / pace) ** -power
    share = (shape - shape[-1]) / (shape[0] - shape[-1])
    return end + (start - end) * share


def crossing(p: Params, end: float, k: np.ndarray, _: np.random.Generator) -> np.ndarray:
    """Low rates start slowly and end well: nearly every pair of curves crosses."""
    quality = (1.0 - end) / 0.9
    return _decay(1.2, end, k, 0.5 + 12.0 * quality**2, 2.0)


def late_bloomers(p: Params, end: float, k: np.ndarray, _: np.random.Generator) -> np.ndarray:
    """The best configs show next to nothing until more than half of their time has gone."""
    good = end < 0.22
    start = 1.2
    if not good:
        return _decay(start, max(end, 0.3), k, 4.0)
    onset = EPOCHS * (0.55 + 0.2 * math.log2(p["size"]) / 6)
    drop = 1.0 / (1.0 + np.exp(-(k - onset) / 2.0))
    drop = (drop - drop[0]) / (drop[-1] - drop[0])
    plateau = start - 0.25 * (1 - np.exp(-k / 8.0))  # still a little better with time
    return plateau + (end - plateau) * drop


def warm_restarts(p: Params, end: float, k: np.ndarray, _: np.random.Generator) -> np.ndarray:
    """A jump up at every restart, gone before the next; stretches double, or are alike."""
    shares = np.array([0, 1, 3, 7]) / 7 if p["kind"] == "a" else np.arange(5) / 4
    edges = np.round(EPOCHS * shares).astype(int)
    bump = np.zeros_like(k)
    for start, stop in itertools.pairwise(edges[1:]):
        bump[start:stop] = 0.45 * np.linspace(1.0, 0.0, stop - start) ** 2
    return _decay(1.2, end, k, 5.0) + bump * (1.2 - end)


def double_descent(p: Params, end: float, k: np.ndarray, _: np.random.Generator) -> np.ndarray:
    """Down, up again in the middle, and down below the first valley; more so for large sizes."""
    height = 0.5 * math.log2(p["size"]) / 6
    hill = height * np.exp(-(((k - 0.4 * EPOCHS) / (0.15 * EPOCHS)) ** 2))
    return _decay(1.2, end, k, 3.0) + hill


def noisy(p: Params, end: float, k: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Noise as large as the differences of good configs, with spikes; see `_source`."""
    return _decay(1.2, end, k, 4.0)


def diverging(p: Params, end: float, k: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The best rates lie next to those that end in NaN, at any epoch."""
    curve = _decay(1.2, end, k, 4.0)
    limit = {"a": -1.9, "b": -1.3, "c": -2.7}[p["kind"]]
    if math.log10(p["lr"]) > limit:
        curve[int(rng.integers(0, EPOCHS)) :] = np.nan
    return curve


SHAPES: dict[str, tuple[Shape, float, float]] = {  # noise, share of spikes
    "crossing": (crossing, 0.003, 0.0),
    "late_bloomers": (late_bloomers, 0.005, 0.0),
    "warm_restarts": (warm_restarts, 0.003, 0.0),
    "double_descent": (double_descent, 0.003, 0.0),
    "noisy": (noisy, 0.04, 0.03),
    "diverging": (diverging, 0.003, 0.0),
}


def train(name: str, p: Params) -> Training:
    """One training of that family."""
    shape, noise, spikes = SHAPES[name]
    key = json.dumps(p, sort_keys=True, default=str)
    seed = int.from_bytes(hashlib.sha256(f"{name} {key}".encode()).digest()[:8], "big")
    rng = np.random.default_rng(seed)
    true = shape(p, end_of(p), np.arange(EPOCHS, dtype=float), rng)
    shown = true + noise * rng.normal(size=EPOCHS)
    shown = np.where(rng.random(EPOCHS) < spikes, 3.0 * np.abs(shown) + 1.0, shown)
    seconds = np.full(EPOCHS, 1.0 + p["size"] / 16.0)
    return Training(shown, true, seconds, key)


def _trainings(name: str, params: Sequence[Params]) -> list[Training]:
    return [train(name, p) for p in params]


def synthetic(names: Sequence[str] = ()) -> list[Source]:
    """One source for each of `SHAPES`."""
    return [
        Source(
            *(name, "synthetic", SPACE, EPOCHS, "minimize"),
            functools.partial(_trainings, name),
            LOWEST,
        )
        for name in SHAPES
        if not names or name in names
    ]
