"""What the next runs of a sweep may still gain: the surrogate's answer, or why it has none.

The question is put to the surrogate of `bayes_search` whatever method the sweep has: the
points that the method would try next are drawn, the joint posterior at them is sampled,
and each sample tells how far the best of them lies below the best run so far. Pure: the
same inputs give the same answer.

An answer needs ground. Without enough runs, or where a model of them does not predict a
run from the others (leave-one-out, Rasmussen & Williams 2006, eq. 5.12), there is none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import cast

import numpy as np
import numpy.typing as npt

from nbsweep.records import Observation, Suggestion
from nbsweep.search import grid_search
from nbsweep.search.acquisition import log_expected_improvement
from nbsweep.search.bayes_search import Evidence, gather
from nbsweep.search.blas import one_blas_thread
from nbsweep.search.encoding import Encoding
from nbsweep.search.gp import GaussianProcess, cholesky, fit
from nbsweep.search.maximize import mutate
from nbsweep.search.surrogate import representatives
from nbsweep.search.targets import TargetTransform
from nbsweep.sweep_config import SweepConfig

Array = npt.NDArray[np.float64]

NEXT = 10  # runs that are asked about
MIN_RUNS = 10  # with a value; below that any model fits
MIN_SKILL = 0.1  # share of the spread that leave-one-out predictions explain
MAX_POINTS = 120  # of the surrogate; the best and a thinned rest
POOL = 500  # points that a model-guided search chooses among
BATCHES = 12  # of random draws
GRID_SEEN = 5000  # points of a grid that are looked at
GRID_POINTS = 200  # of these, that stand for all that are left
SAMPLES = 1000  # of the posterior, for each batch
LITTLE = 0.01  # of the way from a middling run to the best: not worth ten more


@dataclass(frozen=True)
class Outlook:
    """What the next runs may gain; all values in the metric's units.

    Attributes:
        next_runs: how many runs it is about.
        gain: expected improvement over the best run so far, ≥ 0.
        low, high: the improvement is between them with 80 % probability.
        chance: that they improve on the best run by more than `little`.
        little: an improvement that is none to speak of: a hundredth of the distance
            between the median run and the best one.
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


def outlook(
    config: SweepConfig,
    observations: Sequence[Observation],
    pending: Sequence[Suggestion],
    rng: np.random.Generator,
) -> Outlook | str:
    """What the next NEXT runs may gain, or in words why nobody can say.

    Args:
        config: the sweep.
        observations: ended runs.
        pending: suggestions whose runs are under way.
        rng: source of draws and samples.
    """
    if config.metric is None:
        return "the sweep has no metric"
    sign = config.metric.sign
    try:
        return _answer(config, observations, pending, sign, rng)
    except ArithmeticError:  # a kernel matrix that cannot be factored
        return "its values are too extreme for a model"


def _answer(
    config: SweepConfig,
    observations: Sequence[Observation],
    pending: Sequence[Suggestion],
    sign: float,
    rng: np.random.Generator,
) -> Outlook | str:
    assert config.metric is not None
    with np.errstate(all="ignore"), one_blas_thread():
        encoding = Encoding(config.space)
        evidence = gather(encoding, observations, pending, sign)
        n = len(evidence.values)
        if not len(encoding):
            return "nothing is searched"
        if n < MIN_RUNS:
            have = f"{n} {'run has' if n == 1 else 'runs have'} a value of {config.metric.name}"
            return f"{have}, {MIN_RUNS} are needed"
        transform = TargetTransform.of(evidence.values)
        if transform.is_constant:
            return f"all {n} runs gave the same {config.metric.name}"
        surrogate = _fitted(encoding, evidence, transform)
        if _skill(surrogate) < MIN_SKILL:
            return f"a model of the {n} runs predicts {config.metric.name} no better than its mean"
        if config.method == "grid":
            left = _left(config, encoding, observations, pending)
            if not len(left):
                return "nothing is left to try"
            found = _judge(surrogate, transform, evidence.values, [left[:NEXT]], rng)
            if len(left) <= NEXT:
                return found
            few = left[np.linspace(0, len(left) - 1, min(len(left), GRID_POINTS)).astype(int)]
            rest = _judge(surrogate, transform, evidence.values, [few], rng)
            return replace(found, rest_runs=len(left) - NEXT, rest_gain=rest.gain)
        batches = [_chosen(encoding, evidence, surrogate, rng)]
        if config.method == "random":
            batches = [encoding.sample(NEXT, rng) for _ in range(BATCHES)]
        return _judge(surrogate, transform, evidence.values, batches, rng)


def _fitted(encoding: Encoding, evidence: Evidence, transform: TargetTransform) -> GaussianProcess:
    kept = representatives(evidence.values, MAX_POINTS)
    x, extra = evidence.x[kept], evidence.extra_noise[kept]
    y = transform.forward(evidence.values[kept])
    likely, _ = fit(x, y, encoding.is_category, extra)
    return GaussianProcess(x, y, encoding.is_category, likely, extra)


def _skill(gp: GaussianProcess) -> float:
    """1 − Σ(y − leave-one-out prediction)² / Σ(y − mean of the others)²."""
    y = gp.y[0]
    n = len(y)
    errors = gp.leave_one_out()[0] - y
    naive = (y - y.mean()) * n / (n - 1)
    return 1.0 - float(errors @ errors) / max(float(naive @ naive), 1e-300)


def _joint(gp: GaussianProcess, x: Array) -> tuple[Array, Array]:
    """Posterior mean (m,) and covariance (m, m) of the noise-free function."""
    mean, covariance = gp.joint(x)
    return mean[0], covariance[0]


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


def _chosen(
    encoding: Encoding, evidence: Evidence, surrogate: GaussianProcess, rng: np.random.Generator
) -> Array:
    """NEXT points of high expected improvement, each chosen as if those before gave their mean.

    Kriging believer (Ginsbourger et al. 2010), without what later results would teach.
    """
    best = evidence.x[np.argsort(evidence.values, kind="stable")[:5]]
    parents = encoding.snap(best)
    pool = np.vstack([encoding.sample(POOL // 2, rng), mutate(encoding, parents, POOL // 2, rng)])
    mean, covariance = _joint(surrogate, pool)
    best_f = float(surrogate.posterior(surrogate.x_train)[0].min())
    noise = float(surrogate.noise_variance[0])
    chosen: list[int] = []
    for _ in range(NEXT):
        sd = np.sqrt(np.maximum(np.diag(covariance), 1e-12))
        score = log_expected_improvement(mean, sd, best_f)
        score[chosen] = -np.inf
        i = int(np.argmax(score))
        chosen.append(i)
        column = covariance[:, i].copy()
        covariance -= np.outer(column, column) / (column[i] + noise)
    return cast(Array, pool[chosen])


def _judge(
    surrogate: GaussianProcess,
    transform: TargetTransform,
    values: Array,
    batches: Sequence[Array],
    rng: np.random.Generator,
) -> Outlook:
    gains = []
    # The posterior mean: what a lucky draw of noise is ahead cannot be gained again.
    lowest_mean = surrogate.posterior(surrogate.x_train)[0].min()
    best = float(transform.inverse(np.array([lowest_mean]))[0])
    for x in batches:
        mean, covariance = _joint(surrogate, x)
        factor = cholesky(covariance + 1e-10 * np.eye(len(x)))
        drawn = mean + rng.normal(size=(SAMPLES, len(x))) @ factor.T
        lowest = transform.inverse(drawn.min(axis=1))
        gains.append(np.maximum(best - lowest, 0.0))
    gain = np.concatenate(gains)
    little = LITTLE * float(np.median(values) - values.min())
    low, high = np.quantile(gain, [0.1, 0.9])
    return Outlook(
        next_runs=len(batches[0]),
        gain=float(gain.mean()),
        low=float(low),
        high=float(high),
        chance=float((gain > little).mean()),
        little=little,
        based_on=len(values),
    )
