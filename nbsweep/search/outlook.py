"""What the next runs of a sweep may still gain: the surrogate's answer, or why it has none.

The question is put to the surrogate of `bayes_search` whatever method the sweep has: the
points that the method would try next are drawn, the joint posterior at them is sampled,
and each sample tells how far the best of them lies below the best run so far. Pure: the
same inputs give the same answer.

An answer needs ground. Without enough runs, or where the surrogate does not predict a run
from the others (`Model.predicts`), there is none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np
import numpy.typing as npt

from nbsweep.records import Metric, Observation, Suggestion
from nbsweep.search import grid_search
from nbsweep.search.acquisition import log_expected_improvement
from nbsweep.search.blas import one_blas_thread
from nbsweep.search.encoding import Encoding
from nbsweep.search.known_points import KnownPoints
from nbsweep.search.maximize import mutate
from nbsweep.search.past import with_past
from nbsweep.search.surrogate import Model
from nbsweep.space.seeds import without_seeds
from nbsweep.sweep_config import SweepConfig

Array = npt.NDArray[np.float64]

NEXT = 10  # runs that are asked about
MIN_RUNS = 10  # with a value; below that any model fits
PARENTS = 5  # best points, around which half of the pool lies
POOL = 500  # points that a model-guided search chooses among
BATCHES = 12  # of random draws
GRID_SEEN = 5000  # points of a grid that are looked at
GRID_POINTS = 200  # of these, that stand for all that are left
SAMPLES = 1000  # of the posterior, for each batch
LITTLE = 0.01  # of the way from the median run to the best: not worth ten more


@dataclass(frozen=True)
class Outlook:
    """What the next runs may gain; all values in the metric's units.

    Attributes:
        next_runs: how many runs it is about.
        gain: expected improvement over the best run so far, ≥ 0.
        low, high: the improvement is between them with 80 % probability.
        chance: that they improve on the best run by more than `little`.
        little: an improvement too small to matter: a hundredth of the distance between the
            median run and the best one.
        based_on: runs with a value that the surrogate learned from.
        rest_runs: of a grid, how many points are left after these; 0 else.
        rest_gain: expected improvement of all points that are left.
    """

    next_runs: int
    gain: float
    low: float
    high: float
    chance: float
    little: float
    based_on: int
    rest_runs: int = 0
    rest_gain: float = 0.0

    @property
    def is_worth_it(self) -> bool:
        """Whether more than a little is to be expected, of a grid also from its later points."""
        return max(self.gain, self.rest_gain) > self.little


@dataclass(frozen=True)
class NoOutlook:
    """That nothing can be said of the next runs.

    Attributes:
        reason: why, and what helps, in sentences.
        is_done: whether nothing is left to try.
    """

    reason: str
    is_done: bool = False


def outlook(
    config: SweepConfig,
    observations: Sequence[Observation],
    pending: Sequence[Suggestion],
    rng: np.random.Generator,
) -> Outlook | NoOutlook:
    """What the next NEXT runs may gain, or why nobody can say.

    Args:
        config: the sweep.
        observations: ended runs.
        pending: suggestions whose runs are under way.
        rng: source of draws and samples.
    """
    if config.metric is None:
        return NoOutlook(
            "No forecast: the sweep has no metric. Name one in the config, such as "
            '"metric": {"name": "loss", "goal": "minimize"}.'
        )
    try:
        with np.errstate(all="ignore"), one_blas_thread():
            return _outlook(config, config.metric, observations, pending, rng)
    except (ArithmeticError, np.linalg.LinAlgError):  # a matrix that cannot be factored
        return NoOutlook(
            f"No forecast: the values of {config.metric.name} are too large, or too far apart, to "
            "learn from. Where runs diverge, log its logarithm or a bounded value."
        )


def _outlook(
    config: SweepConfig,
    metric: Metric,
    observations: Sequence[Observation],
    pending: Sequence[Suggestion],
    rng: np.random.Generator,
) -> Outlook | NoOutlook:
    encoding = Encoding(without_seeds(config.space))
    known = KnownPoints.of(encoding, metric, observations, pending)
    n = len(known.values)
    if not len(encoding):
        return NoOutlook("No forecast: no parameter varies, so all runs try the same.")
    if n < MIN_RUNS:
        have = f"{n} {'has' if n == 1 else 'have'} a value of {metric.name} so far"
        return NoOutlook(
            f"Too early to say whether more runs are worth it: that takes {MIN_RUNS} runs, {have}."
        )
    model, _ = with_past(
        Model.of(known, encoding.is_category, encoding.may_bend), encoding, metric, observations
    )
    if model.transform.is_constant:
        return NoOutlook(
            f"No forecast: all {n} runs have the same {metric.name}. Check that the parameters "
            "reach the training code, and what is logged."
        )
    if not model.predicts:
        return NoOutlook(
            f"No forecast: in these {n} runs the parameters do not tell which {metric.name} comes "
            "out. More runs may show it, or wider ranges, or other parameters."
        )
    if config.method == "grid":
        left = _left(config, encoding, observations, pending)
        if not len(left):
            return NoOutlook(
                "Nothing is left to try: all points of the grid have a run.", is_done=True
            )
        next_runs = _gain(model, known, [left[:NEXT]], rng)
        if len(left) <= NEXT:
            return next_runs
        few = left[np.linspace(0, len(left) - 1, min(len(left), GRID_POINTS)).astype(int)]
        rest = _gain(model, known, [few], rng)
        return replace(next_runs, rest_runs=len(left) - NEXT, rest_gain=rest.gain)
    if config.method == "random":
        batches = [encoding.sample(NEXT, rng) for _ in range(BATCHES)]
    else:
        batches = [_most_promising(encoding, known, model, rng)]
    return _gain(model, known, batches, rng)


def _left(
    config: SweepConfig,
    encoding: Encoding,
    observations: Sequence[Observation],
    pending: Sequence[Suggestion],
) -> Array:
    """The points (m, d) of a grid that are left, in order; the first GRID_SEEN of them."""
    left = islice(grid_search.remaining(config, observations, pending), GRID_SEEN)
    points = [encoding.encode(suggestion.params)[0] for suggestion in left]
    return np.array(points).reshape(len(points), len(encoding))


def _most_promising(
    encoding: Encoding, known: KnownPoints, model: Model, rng: np.random.Generator
) -> Array:
    """NEXT points of high expected improvement, without what later results would teach.

    Each is chosen as the search would: as if the runs before it gave what is expected.
    """
    parents = encoding.snap(known.best(PARENTS))
    pool = np.vstack([encoding.sample(POOL // 2, rng), mutate(encoding, parents, POOL // 2, rng)])
    best_f = float(model.gp.posterior(model.x)[0].min())
    chosen: list[int] = []
    for _ in range(min(NEXT, len(pool))):
        believed = np.vstack([known.x_pending, pool[chosen]])
        mean, sd = model.with_pending(model.gp, believed).posterior(pool)
        score = log_expected_improvement(mean[0], sd[0], best_f)
        score[chosen] = -np.inf
        chosen.append(int(np.argmax(score)))
    return pool[chosen]


def _gain(
    model: Model, known: KnownPoints, batches: Sequence[Array], rng: np.random.Generator
) -> Outlook:
    """What batches of points (m, d), alike in size, may gain over the best run so far."""
    gains = []
    # The posterior mean: what a lucky draw of noise is ahead cannot be gained again.
    lowest_mean = model.gp.posterior(model.x)[0].min()
    best = float(model.transform.inverse(np.array([lowest_mean]))[0])
    for x in batches:
        mean, covariance = model.gp.joint(x)
        # Not Cholesky: where many runs agree, rounding takes small eigenvalues below 0.
        variances, axes = np.linalg.eigh(covariance[0])
        factor = axes * np.sqrt(np.maximum(variances, 0.0))
        drawn = mean[0] + rng.normal(size=(SAMPLES, len(x))) @ factor.T
        lowest = model.transform.inverse(drawn.min(axis=1))
        gains.append(np.maximum(best - lowest, 0.0))
    gain = np.concatenate(gains)
    little = LITTLE * float(np.median(known.values) - known.values.min())
    low, high = np.quantile(gain, [0.1, 0.9])
    return Outlook(
        next_runs=len(batches[0]),
        gain=float(gain.mean()),
        low=float(low),
        high=float(high),
        chance=float((gain > little).mean()),
        little=little,
        based_on=len(known.values),
    )
