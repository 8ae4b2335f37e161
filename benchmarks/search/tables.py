"""Slow scikit-learn models, looked up: a table of trained configs and what it predicts.

`python -m benchmarks.search.tables gb_diabetes` trains ROWS random configs and writes
`tables/gb_diabetes.json`. `predict` is a forest of extremely randomised trees fitted on that table:
piecewise constant with ties, as such metrics are.
"""

from __future__ import annotations

import functools
import json
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np

FOLDER = Path(__file__).parent / "tables"
ROWS = 700


def has_table(name: str) -> bool:
    return (FOLDER / f"{name}.json").exists()


def train(name: str, p: dict[str, Any]) -> float | None:
    """The metric of one config, by three-fold cross-validation."""
    from sklearn.ensemble import GradientBoostingClassifier, GradientBoostingRegressor
    from sklearn.neural_network import MLPClassifier

    from benchmarks.search.problems import cross_validated

    model, _, data = name.partition("_")
    if model == "mlp":
        p = dict(p)
        hidden = (p.pop("hidden"),) * p.pop("layers")
        return cross_validated(
            data, MLPClassifier(hidden, max_iter=15, random_state=0, **p), "neg_log_loss"
        )
    kind = GradientBoostingRegressor if data == "diabetes" else GradientBoostingClassifier
    scoring = "neg_root_mean_squared_error" if data == "diabetes" else "neg_log_loss"
    return cross_validated(data, kind(random_state=0, **p), scoring, scale=False)


def write(name: str, rows: int = ROWS) -> None:
    from benchmarks.search.peers import config_of
    from benchmarks.search.problems import PROBLEMS
    from nbsweep.sweep_config import parse

    problem = next(p for p in PROBLEMS if p.name == name)
    space = parse(config_of(problem.parameters, "random")).space
    rng = np.random.default_rng(0)
    table = []
    for _ in range(rows):
        u = {p.name: round(float(rng.random()), 4) for p in space}
        params = {p.name: p.distribution.quantile(u[p.name]) for p in space}
        value = train(name, params)
        table.append([*u.values(), None if value is None else round(value, 5)])
    FOLDER.mkdir(exist_ok=True)
    lines = ",\n".join(json.dumps(row) for row in table)
    (FOLDER / f"{name}.json").write_text(f"[\n{lines}\n]\n")


@functools.cache
def _model(name: str) -> tuple[Any, Any]:
    from sklearn.ensemble import ExtraTreesRegressor

    from benchmarks.search.peers import config_of
    from benchmarks.search.problems import PROBLEMS
    from nbsweep.sweep_config import parse

    problem = next(p for p in PROBLEMS if p.name == name)
    space = parse(config_of(problem.parameters, "random")).space
    table = json.loads((FOLDER / f"{name}.json").read_text())
    rows = [row for row in table if row[-1] is not None]
    x = np.array([row[:-1] for row in rows])
    # Categories by their own column, so that their order in the list means nothing.
    y = np.array([row[-1] for row in rows])
    forest = ExtraTreesRegressor(60, min_samples_leaf=2, random_state=0, n_jobs=1)
    forest.fit(_columns(space, x), y)
    return space, forest


def _columns(space: Any, u: np.ndarray) -> np.ndarray:
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


def predict(name: str, params: dict[str, Any]) -> float:
    space, forest = _model(name)
    u = np.array([[p.distribution.cdf(params[p.name]) for p in space]])
    return float(forest.predict(_columns(space, u))[0])


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    for wanted in sys.argv[1:]:
        write(wanted)
