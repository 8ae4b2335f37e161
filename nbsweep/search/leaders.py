"""Which configurations of a sweep are the best, and how sure that is.

The best value of a noisy sweep is that of its luckiest run. Here configurations are ranked by
what the surrogate believes of their noise-free metric (`surrogate`), which knows their
replicates and their neighbours: by the posterior mean, worse by CAUTION standard deviations,
so that of two that look alike the one leads of which more is known. The chance of each to be
the best is its share of joint posterior draws in which it is (probability of being the best,
as in top-two and OCBA allocation: Russo 2020; Chen et al. 2000).

Pure: the same runs give the same answer. Curves play no part, so that a table which has them
and a handle which has not name the same run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple, cast

import numpy as np
import numpy.typing as npt

from nbsweep.objectives import judged
from nbsweep.records import Metric, Observation, Snapshot
from nbsweep.search import generator
from nbsweep.search.blas import one_blas_thread
from nbsweep.search.encoding import Encoding
from nbsweep.search.evidence import Evidence
from nbsweep.search.known_points import KnownPoints
from nbsweep.search.replicates import Configuration, configurations, seeds
from nbsweep.search.surrogate import Model
from nbsweep.space.seeds import without
from nbsweep.sweep_config import SweepConfig

Array = npt.NDArray[np.float64]

DRAWS = 4000  # of the joint posterior; a chance of 50 % is then known to ± 1 %
# In the benchmark (`benchmarks/search/confirmed.py`) the first by the mean alone lay a fifth
# farther from the best one that was tried.
CAUTION = 1.0
MOST = 300  # configurations that are compared; those of the best means
LIKE = 0.05  # chance of beating the first from which one cannot be told apart from it


@dataclass(frozen=True)
class Ranked:
    """A configuration, and what the surrogate believes of it.

    Attributes:
        configuration: with its runs, their mean and its error.
        expected: median of what another run of it would give without noise, metric's units.
        low, high: the noise-free metric is between them with 90 % probability.
        chance: that it is the best of all that were tried.
        beats_first: chance that it is better than the first of the ranking; 1 for the first.
    """

    configuration: Configuration
    expected: float
    low: float
    high: float
    chance: float
    beats_first: float

    @property
    def is_like_first(self) -> bool:
        """Whether it cannot be told apart from the first.

        The joint 90 % interval of its difference to the first then holds 0.
        """
        return self.beats_first >= LIKE


def ranked(snapshot: Snapshot, config: SweepConfig) -> tuple[Ranked, ...]:
    """The configurations of a sweep in the order in which the surrogate believes in them.

    At most MOST of them, and only those that keep the limits of the sweep's `metrics`, by the
    mean of their runs. Empty while no run has a value.

    Args:
        snapshot: of the sweep; with or without curves.
        config: the sweep's, with one objective.
    """
    now = {run.id: run for run in snapshot.runs}  # the answer may be from an earlier snapshot
    ranking = []
    for each in _ranked(_Question(snapshot, config)):
        runs = tuple(now[run.id] for run in each.configuration.runs)
        ranking.append(replace(each, configuration=replace(each.configuration, runs=runs)))
    return tuple(ranking)


class _Question:
    """A snapshot as far as its ranking goes: equal ones have the same answer.

    A live view asks for every picture, and most pictures differ in nothing that counts.
    """

    def __init__(self, snapshot: Snapshot, config: SweepConfig) -> None:
        self.snapshot = snapshot
        self.config = config
        metric = config.metric
        # Runs under way say nothing; those that broke or were killed say nothing of the metric.
        values = [(run.id, metric.counted(run)) for run in snapshot.runs] if metric else []
        known = tuple(pair for pair in values if pair[1] is not None)
        self._key = (snapshot.sweep.id, repr(config.source), known)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Question) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)


@lru_cache(maxsize=4)
def _ranked(question: _Question) -> tuple[Ranked, ...]:
    snapshot, config, metric = question.snapshot, question.config, question.config.metric
    if metric is None:
        return ()
    found = [
        each
        for each in configurations(snapshot.runs, metric, config.space)
        if not config.limits or _keeps_limits(each, config)
    ]
    found = sorted(found, key=lambda each: (metric.sign * each.mean, each.runs[0].number))[:MOST]
    if not found:
        return ()
    space = without(config.space, seeds(config.space, snapshot.runs))
    # Nothing is left out: what an edit of the space put outside was tried as well.
    sweep = replace(snapshot.sweep, edits=())
    observations = Evidence.of(replace(snapshot, sweep=sweep, curves={}), config).observations
    with np.errstate(all="ignore"), one_blas_thread():
        encoding = Encoding(space)
        belief = _belief(encoding, metric, observations, found, snapshot.sweep.seed)
        return tuple(_in_order(found, metric, *belief, generator(snapshot.sweep.seed, 0)))


class _Belief(NamedTuple):
    """What is believed of k configurations, in units in which low values are good.

    Attributes:
        mean: shape (h, k), for each of h sets of hyperparameters.
        covariance: shape (h, k, k).
        inverse: from those units to the metric times its sign.
    """

    mean: Array
    covariance: Array
    inverse: Callable[[Array], Array]


def _belief(
    encoding: Encoding,
    metric: Metric,
    observations: Sequence[Observation],
    found: Sequence[Configuration],
    seed: int,
) -> _Belief:
    """The surrogate's joint posterior of the noise-free metric at the configurations."""
    known = KnownPoints.of(encoding, metric, observations)
    if len(encoding) and len(known.values):
        try:
            model = Model.of(known, encoding.is_category, encoding.may_bend)
            gp = model.with_draws(generator(seed, 0))
            x = np.array([encoding.encode(each.params)[0] for each in found])
            return _Belief(*gp.joint(x), model.transform.inverse)
        except (ArithmeticError, np.linalg.LinAlgError):  # a matrix that cannot be factored
            pass
    mean = np.array([[metric.sign * each.mean for each in found]])
    errors = np.array([each.error or 0.0 for each in found])
    return _Belief(mean, np.diag(np.square(errors))[None], lambda values: values)


def _in_order(
    found: Sequence[Configuration],
    metric: Metric,
    mean: Array,
    covariance: Array,
    inverse: Callable[[Array], Array],
    rng: np.random.Generator,
) -> Iterator[Ranked]:
    centre = mean.mean(axis=0)
    spread = np.sqrt(np.einsum("hkk->hk", covariance).mean(axis=0) + mean.var(axis=0))
    order = np.argsort(centre + CAUTION * spread, kind="stable")
    each = DRAWS // len(mean)
    laws = zip(mean, covariance, strict=True)
    draws = np.vstack([_draws(m, c, each, rng) for m, c in laws])
    chance = np.bincount(draws.argmin(axis=1), minlength=len(found)) / len(draws)
    first = draws[:, order[0]]
    for i in order:
        low, high = np.quantile(draws[:, i], [0.05, 0.95])
        ends = metric.sign * inverse(np.array([low, centre[i], high]))
        beats = 1.0 if i == order[0] else float((draws[:, i] < first).mean())
        yield Ranked(
            configuration=found[i],
            expected=float(ends[1]),
            low=float(min(ends[0], ends[2])),
            high=float(max(ends[0], ends[2])),
            chance=float(chance[i]),
            beats_first=beats,
        )


def _draws(mean: Array, covariance: Array, count: int, rng: np.random.Generator) -> Array:
    """Draws from a joint normal law, shape (count, k); equal configurations draw alike."""
    values, vectors = np.linalg.eigh(covariance)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    return cast(Array, mean + rng.standard_normal((count, len(mean))) @ root.T)


def _keeps_limits(configuration: Configuration, config: SweepConfig) -> bool:
    """Whether a configuration keeps the limits, each by the mean of its runs."""
    values = [judged(run, config.limits).values for run in configuration.runs]
    for metric, of_runs in zip(config.limits, zip(*values, strict=True), strict=True):
        known = [value for value in of_runs if value is not None]
        if len(known) < len(of_runs) or metric.beyond(sum(known) / len(known)) > 0:
            return False
    return True
