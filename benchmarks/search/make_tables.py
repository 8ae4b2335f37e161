"""Train what `tables` looks up: ``python -m benchmarks.search.make_tables gb_diabetes``.

ROWS random configs are trained and written to ``tables/gb_diabetes.json``.
"""

from __future__ import annotations

import json
import sys
import warnings
from typing import Any

import numpy as np

from benchmarks.search.peers import config_of
from benchmarks.search.problems import PROBLEMS, cross_validated
from benchmarks.search.tables import FOLDER
from nbsweep.sweep_config import parse

ROWS = 700


def train(name: str, p: dict[str, Any]) -> float | None:
    """The metric of one config, by three-fold cross-validation."""
    from sklearn.ensemble import GradientBoostingClassifier, GradientBoostingRegressor
    from sklearn.neural_network import MLPClassifier

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


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    for wanted in sys.argv[1:]:
        write(wanted)
