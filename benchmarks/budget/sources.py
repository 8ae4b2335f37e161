"""What is trained in the simulation: recorded tables, and functions that break assumptions.

A source answers with a whole curve for any params of its space. A table answers with the
curve of one recorded config, the one that most trees of a forest put into the same leaf:
so near in what matters to the outcome, and a curve that was really trained.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from benchmarks.budget.tables import FOLDER, Table, load
from benchmarks.budget.tasks import TASKS
from benchmarks.search.peers import config_of
from nbsweep.sweep_config import parse

Params = dict[str, Any]
TREES = 60
POOL = 2000  # random configs that the level is measured with
LEVEL_RUNS = 30
LONGER = 100.0  # recorded seconds are multiplied by it: of trainings that one would wait for


class Training(NamedTuple):
    """One training, epoch by epoch.

    Attributes:
        shown: (epochs,) the metric in its own sign, as a run logs it; NaN where diverged.
        true: (epochs,) the same without noise, by which a search is judged.
        seconds: (epochs,) what each epoch takes.
        key: trainings with the same key are the same.
    """

    shown: np.ndarray
    true: np.ndarray
    seconds: np.ndarray
    key: Any


@dataclass(frozen=True, eq=False)
class Source:
    """Something to train.

    Attributes:
        name: unique.
        family: "design", "held out" or "synthetic".
        parameters: W&B's `parameters` block.
        epochs: of a whole training.
        goal: of the metric.
        trainings: params of n configs to n trainings.
        optimum: the best value that there is to find, times `sign`.
    """

    name: str
    family: str
    parameters: dict[str, Any]
    epochs: int
    goal: str
    trainings: Callable[[Sequence[Params]], list[Training]]
    optimum: float

    @property
    def sign(self) -> float:
        """Times it, low values are the good ones."""
        return 1.0 if self.goal == "minimize" else -1.0

    def config(self, method: str, **more: Any) -> dict[str, Any]:
        """A sweep config of it; `metric` adds to the metric's block."""
        metric = more.pop("metric", {})
        found = config_of(self.parameters, method)
        found["metric"] = {"name": "loss", "goal": self.goal, **metric}
        return found | more

    @functools.cached_property
    def sampled(self) -> np.ndarray:
        """The best of each of POOL random trainings at any epoch, times `sign`."""
        space = parse(config_of(self.parameters, "random")).space
        rng = np.random.default_rng(11)
        pool = [
            {p.name: p.distribution.quantile(float(rng.random())) for p in space}
            for _ in range(POOL)
        ]
        true = self.sign * np.array([training.true for training in self.trainings(pool)])
        return np.where(np.isfinite(true), true, np.inf).min(axis=1)

    @functools.cached_property
    def _random_searches(self) -> np.ndarray:
        return np.random.default_rng(12).choice(self.sampled, (2000, LEVEL_RUNS))

    def level(self, runs: int = LEVEL_RUNS) -> float:
        """What random search finds in so many trainings, by the median, times `sign`."""
        return float(np.median(self._random_searches[:, :runs].min(axis=1)))

    def regret(self, value: float) -> float:
        """Of a value times `sign`: 0 is the optimum, 1 the best of the median config; at most 1."""
        scale = float(np.median(self.sampled)) - self.optimum
        return float(min((value - self.optimum) / scale, 1.0))


class Recorded:
    """Answers with recorded curves.

    Args:
        found: the table.
    """

    def __init__(self, found: Table) -> None:
        self._space = parse(config_of(found.task.parameters, "random")).space
        self._table = found
        self._rows = np.array([_columns(self._space, params) for params in found.params])
        self._trees = [tree.tree_ for tree in _forest(found, self._rows).estimators_]
        self._leaves = self._apply(self._rows)
        usual = np.nanmedian(found.seconds, axis=1)[:, None]
        self._seconds = LONGER * np.where(np.isfinite(found.seconds), found.seconds, usual)

    def __call__(self, params: Sequence[Params]) -> list[Training]:
        x = np.array([_columns(self._space, each) for each in params])
        found = []
        for point, leaves in zip(x, self._apply(x), strict=True):
            shared = (self._leaves == leaves).sum(axis=1)
            far = np.abs(self._rows - point).sum(axis=1)
            row = int(np.lexsort((far, -shared))[0])
            values = self._table.values[row]
            found.append(Training(values, values, self._seconds[row], row))
        return found

    def _apply(self, x: np.ndarray) -> np.ndarray:
        """The leaf of each point in each tree, (n, trees)."""
        return np.stack([tree.apply(x.astype(np.float32)) for tree in self._trees], axis=1)


def of_table(found: Table) -> Source:
    """The source that answers with the curves of a table."""
    task = found.task
    sign = 1.0 if task.goal == "minimize" else -1.0
    values = found.values[np.isfinite(found.values)]
    family = "held out" if task.judges else "design"
    return Source(
        *(task.name, family, task.parameters, task.epochs, task.goal),
        Recorded(found),
        float((sign * values).min()),
    )


def _forest(found: Table, rows: np.ndarray) -> Any:
    """Trees on ranks of how it stands at three times and how long it took."""
    from scipy.stats import rankdata
    from sklearn.ensemble import ExtraTreesRegressor

    epochs = found.values.shape[1]
    worst = np.inf if found.task.goal == "minimize" else -np.inf
    values = np.where(np.isfinite(found.values), found.values, worst)
    aims = [values[:, k] for k in (epochs // 8, epochs // 3, epochs - 1)]
    aims.append(np.nanmean(found.seconds, axis=1))
    y = np.stack([rankdata(aim) / len(aim) for aim in aims], axis=1)
    forest = ExtraTreesRegressor(TREES, min_samples_leaf=2, random_state=0, n_jobs=1)
    return forest.fit(rows, y)


def _columns(space: Any, params: Params) -> list[float]:
    """A config in the unit cube; categories by a column each, order by their place."""
    columns: list[float] = []
    for parameter in space:
        law, value = parameter.distribution, params[parameter.name]
        if law.is_numeric:
            columns.append(float(law.cdf(value)))
        else:
            columns.extend(float(value == each) for each in law.support)
    return columns


def tabulated(names: tuple[str, ...] = ()) -> list[Source]:
    """Sources of the committed tables, in the order of their definition."""
    return [
        of_table(load(task))
        for task in TASKS
        if (not names or task.name in names) and (FOLDER / f"{task.name}.npz").exists()
    ]
