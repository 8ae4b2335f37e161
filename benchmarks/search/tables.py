"""Slow scikit-learn models, looked up: what a table of trained configs predicts.

`make_tables` writes the tables. It is a forest of extremely randomised trees fitted on
one: piecewise constant with ties, as such metrics are.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.search.peers import config_of
from nbsweep.space.search_space import SearchSpace
from nbsweep.sweep_config import parse

FOLDER = Path(__file__).parent / "tables"


def has_table(name: str) -> bool:
    return (FOLDER / f"{name}.json").exists()


def predictor(name: str, parameters: dict[str, Any]) -> Callable[[dict[str, Any]], float]:
    """What predicts the metric of a config, from the table of that name."""
    from sklearn.ensemble import ExtraTreesRegressor

    space = parse(config_of(parameters, "random")).space
    table = json.loads((FOLDER / f"{name}.json").read_text())
    rows = [row for row in table if row[-1] is not None]
    x = np.array([row[:-1] for row in rows])
    y = np.array([row[-1] for row in rows])
    forest = ExtraTreesRegressor(60, min_samples_leaf=2, random_state=0, n_jobs=1)
    forest.fit(_columns(space, x), y)

    def predict(params: dict[str, Any]) -> float:
        u = np.array([[p.distribution.cdf(params[p.name]) for p in space]])
        return float(forest.predict(_columns(space, u))[0])

    return predict


def _columns(space: SearchSpace, u: np.ndarray) -> np.ndarray:
    """Categories by their own column, so that their order in the list means nothing."""
    columns = []
    for j, parameter in enumerate(space):
        law = parameter.distribution
        if law.is_numeric:
            columns.append(u[:, j])
        else:
            count = len(law.support)
            place = np.minimum((u[:, j] * count).astype(int), count - 1)
            columns.extend((place == i).astype(float) for i in range(count))
    return np.column_stack(columns)
