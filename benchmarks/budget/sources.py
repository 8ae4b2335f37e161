"""What is trained in the simulation: recorded tables, and functions that break assumptions.

A source answers with a whole curve for any params of its space. A table answers with the
mean of the NEAREST recorded curves, those that most trees of a forest put into the same
leaf, weighted by how many: near in what matters to the outcome, and with the luck of a
single training averaged as over several seeds. Where the nearest diverged, so does this.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from benchmarks.budget.tables import FOLDER, Table, load
from benchmarks.budget.tasks import TASKS
from benchmarks.search.peers import config_of
from nbsweep.sweep_config import parse

Params = dict[str, Any]
TREES = 60
NEAREST = 6
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
        optimum: the best value that is known, times `sign`.
        mode: of the metric: "best" where training on may make a run worse, and what is kept
            is its best epoch; None for W&B's default, the last.
    """

    name: str
    family: str
    parameters: dict[str, Any]
    epochs: int
    goal: str
    trainings: Callable[[Sequence[Params]], list[Training]]
    optimum: float
    mode: str | None = None

    @property
    def sign(self) -> float:
        """Times it, low values are the good ones."""
        return 1.0 if self.goal == "minimize" else -1.0

    def config(self, method: str, **more: Any) -> dict[str, Any]:
        """A sweep config of it; `metric` adds to the metric's block."""
        metric = more.pop("metric", {})
        found = config_of(self.parameters, method)
        mode = {} if self.mode is None else {"mode": self.mode}
        found["metric"] = {"name": "loss", "goal": self.goal, **mode, **metric}
        return found | more

    def value(self, shown: Sequence[float]) -> float:
        """What a run that has shown these values came to, in the metric's own sign."""
        if self.mode is None:
            return shown[-1]
        found = [self.sign * value for value in shown if math.isfinite(value)]
        return self.sign * min(found, default=math.inf)

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
        return float(min(max((value - self.optimum) / scale, 0.0), 1.0))


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
        self._whole = np.isfinite(found.values).all(axis=1)
        usual = np.nanmedian(found.seconds, axis=1)[:, None]
        self._seconds = LONGER * np.where(np.isfinite(found.seconds), found.seconds, usual)

    def __call__(self, params: Sequence[Params]) -> list[Training]:
        x = np.array([_columns(self._space, each) for each in params])
        found = []
        for point, leaves in zip(x, self._apply(x), strict=True):
            shared = (self._leaves == leaves).sum(axis=1)
            far = np.abs(self._rows - point).sum(axis=1)
            nearest = np.lexsort((far, -shared))[:NEAREST]
            if not self._whole[nearest[0]]:
                nearest = nearest[:1]
            nearest = nearest[self._whole[nearest] | ~self._whole[nearest[0]]]
            weights = shared[nearest] + 1e-9
            weights /= weights.sum()
            values = weights @ self._table.values[nearest]
            seconds = weights @ self._seconds[nearest]
            found.append(Training(values, values, seconds, tuple(nearest.tolist())))
        return found

    def _apply(self, x: np.ndarray) -> np.ndarray:
        """The leaf of each point in each tree, (n, trees)."""
        return np.stack([tree.apply(x.astype(np.float32)) for tree in self._trees], axis=1)


def of_table(found: Table) -> Source:
    """The source that answers with the curves of a table."""
    task = found.task
    sign = 1.0 if task.goal == "minimize" else -1.0
    family = "held out" if task.judges else "design"
    recorded = Recorded(found)
    own = np.array([training.true for training in recorded(found.params)])
    optimum = float((sign * own[np.isfinite(own)]).min())
    parts = (task.name, family, task.parameters, task.epochs, task.goal, recorded)
    source = Source(*parts, optimum, "best")
    return replace(source, optimum=min(optimum, float(source.sampled.min())))


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
