"""What a problem is, and what problems are made of: axes, and cross-validated models."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

Params = dict[str, Any]


@dataclass(frozen=True)
class Problem:
    """One thing to tune.

    Attributes:
        name: unique, such as ``svm_wine``.
        family: problems of one kind are averaged together.
        parameters: W&B's `parameters` block.
        value: params to the noise-free metric, None for a run that crashes.
        noise: standard deviation of what is added to it; heavy-tailed with `spikes`.
        spikes: share of runs whose metric comes out ten times worse.
        table: whether its values are looked up in a table that has to be made.
    """

    name: str
    family: str
    parameters: dict[str, Any]
    value: Callable[[Params], float | None]
    noise: float = 0.0
    spikes: float = 0.0
    table: bool = False

    def evaluate(self, params: Params, rng: np.random.Generator) -> float | None:
        """What a run with these params reports."""
        value = self.value(params)
        if value is None:
            return None
        value += self.noise * float(rng.normal())
        return value + 10.0 * abs(value) if rng.random() < self.spikes else value


def uniform(low: float, high: float) -> dict[str, Any]:
    return {"distribution": "uniform", "min": low, "max": high}


def log(low: float, high: float) -> dict[str, Any]:
    return {"distribution": "log_uniform_values", "min": low, "max": high}


def ints(low: int, high: int) -> dict[str, Any]:
    return {"distribution": "int_uniform", "min": low, "max": high}


def steps(low: float, high: float, q: float) -> dict[str, Any]:
    return {"distribution": "q_uniform", "min": low, "max": high, "q": q}


def values(*found: Any) -> dict[str, Any]:
    return {"values": list(found)}


@functools.cache
def dataset(name: str) -> tuple[np.ndarray, np.ndarray]:
    from sklearn import datasets

    x, y = getattr(datasets, f"load_{name}")(return_X_y=True)
    keep = np.random.default_rng(0).permutation(len(x))[:450]
    return x[keep], y[keep]


def cross_validated(name: str, model: Any, scoring: str, scale: bool = True) -> float | None:
    """Minus the mean score of three folds; None where the model cannot be fitted."""
    import warnings

    from sklearn.model_selection import cross_val_score
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    x, y = dataset(name)
    pipeline = make_pipeline(StandardScaler(), model) if scale else model
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        score = cross_val_score(pipeline, x, y, cv=3, scoring=scoring, error_score=np.nan).mean()
    return None if not math.isfinite(score) else -float(score)
