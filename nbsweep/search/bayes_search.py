"""Bayesian search: a start-up design, then surrogate and acquisition function.

The way of a suggestion: observations → points and targets (`encoding`, `targets`) →
surrogate (`gp`) and chance of success (`feasibility`) → log expected improvement
(`acquisition`), maximised over the mixed space (`maximize`) → natural values. A pure
function: the same inputs give the same suggestion, whatever the order of observations.

`Suggestion.origin` says why, in JSON values and in the metric's own units:

==========================  ==============================================================
method                      "bayes"
why                         "start-up": space-filling, too little is known to fit;
                            "model": maximises the expected improvement;
                            "exploration": the model cannot tell points apart
observations                ended runs with a value that the suggestion rests on
pending                     runs under way that it reckons with
predicted_mean              median of the prediction, None at start-up
predicted_sd                half of the central 68 % interval, None at start-up
expected_improvement        over the best value so far, ≥ 0, None at start-up
probability_of_improvement  over the best value so far, None at start-up
probability_of_success      that a run there gives a value, None while no run has failed
==========================  ==============================================================
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri

from nbsweep.records import Observation, RunState, Suggestion, is_number
from nbsweep.search.acquisition import (
    log_expected_improvement,
    log_expected_improvement_slopes,
    log_mean_exp,
    log_novelty,
)
from nbsweep.search.blas import one_blas_thread
from nbsweep.search.encoding import Encoding
from nbsweep.search.feasibility import Feasibility
from nbsweep.search.gp import GaussianProcess, fit, sample_hyperparameters
from nbsweep.search.maximize import maximize, mutate
from nbsweep.search.startup import startup_point
from nbsweep.search.targets import TargetTransform
from nbsweep.sweep_config import SweepConfig

Array = npt.NDArray[np.float64]

MAX_STARTUP = 8
MAX_FIT_POINTS = 80  # hyperparameters change little beyond
MAX_MODEL_POINTS = 300  # of the posterior; the best and a thinned rest
MAX_FAILURE_POINTS = 200
DRAWN = 400  # candidates from the whole space
MUTATED = 400  # candidates around the best points
PARENTS = 6
CLIMBS = 3
MAX_SAMPLED_POINTS = 40  # with more, the best hyperparameters are the only likely ones
DRAWS = 1  # surrogates beside the most likely one
ENUMERABLE = 2000  # finite spaces up to this size are searched whole
COUNTABLE = 200_000  # and up to this one their end is found by enumeration
QUANTILES = 64  # of the prediction, for the expected improvement that is told
EDGE = 0.1  # of an axis, at either end
EDGE_ODDS = 3.0  # how much likelier the optimum is inside than at an end, by axis
CAUTION = 2.0  # weight of log P(success): people mind a crash more than a lost run
NEAR = 1e-3  # of the cube: closer continuous points count as one
PARTIAL_NOISE = 0.1  # variance, standardised: stopped early, or params no longer in the space


@dataclass(frozen=True)
class Evidence:
    """What the runs so far say, as points and values to be minimised.

    Attributes:
        x: shape (n, d), points with a value, in an order that depends on them alone.
        values: shape (n,), in the metric's sign turned so that low is good.
        extra_noise: shape (n,), for runs that count less.
        x_failed: shape (f, d), points of runs that gave no value.
        x_pending: shape (p, d), points of runs under way.
        x_seen: shape (s, d), all of these and those that say nothing (killed).
    """

    x: Array
    values: Array
    extra_noise: Array
    x_failed: Array
    x_pending: Array
    x_seen: Array


def suggest(
    config: SweepConfig,
    observations: Sequence[Observation],
    pending: Sequence[Suggestion],
    rng: np.random.Generator,
) -> Suggestion | None:
    """The params of the next run, or None when a finite space is exhausted.

    Args:
        config: with a metric; see `sweep_config`.
        observations: ended runs, in any order; without a value when they gave none.
        pending: suggestions whose runs are under way.
        rng: every random choice follows from it.
    """
    with np.errstate(all="ignore"), one_blas_thread():
        encoding = Encoding(config.space)
        sign = -1.0 if config.metric is not None and config.metric.goal == "maximize" else 1.0
        keep_failed = config.metric is not None and config.metric.impute in ("best", "latest")
        evidence = gather(encoding, observations, pending, sign, keep_failed)
        if not len(encoding):
            done = bool(observations or pending)
            return None if done else Suggestion(encoding.decode(np.empty(0)), _origin(evidence))
        unseen = _unseen(encoding, evidence.x_seen)
        if unseen is not None and not len(unseen):
            return None
        if len(evidence.values) < _planned(encoding, evidence):
            return _start(encoding, evidence, unseen, rng)
        return _from_model(encoding, evidence, unseen, sign, rng)


def gather(
    encoding: Encoding,
    observations: Sequence[Observation],
    pending: Sequence[Suggestion],
    sign: float,
    keep_failed: bool = False,
) -> Evidence:
    """Sort the runs into those with a value, those that failed, and those under way.

    A run that failed or crashed counts as a failure even when it logged values before
    (unless `keep_failed`, W&B's impute: best and latest); a finished one without a finite
    value does too. Killed and preempted runs without a value say nothing: a person or a
    machine ended them.
    """
    d = len(encoding)
    valued: list[tuple[Array, float, float]] = []
    failed: list[Array] = []
    silent: list[Array] = []
    for observation in observations:
        x, fits = encoding.encode(observation.params)
        value, state = observation.value, observation.state
        broken = state in (RunState.FAILED, RunState.CRASHED)
        if value is not None and is_number(value) and not (broken and not keep_failed):
            partial = not fits or state is not RunState.FINISHED
            valued.append((x, sign * float(value), PARTIAL_NOISE if partial else 0.0))
        elif broken or state in (RunState.FINISHED, RunState.STOPPED):
            failed.append(x)
        else:
            silent.append(x)
    x = _rows([x for x, _, _ in valued], d)
    values = np.array([value for _, value, _ in valued])
    extra = np.array([noise for _, _, noise in valued])
    order = np.lexsort((extra, values, *x.T)) if len(x) else np.empty(0, dtype=int)
    x_failed = _sorted_rows(_rows(failed, d))
    x_pending = _sorted_rows(_rows([encoding.encode(p.params)[0] for p in pending], d))
    x_seen = np.vstack([x[order], x_failed, x_pending, _sorted_rows(_rows(silent, d))])
    return Evidence(x[order], values[order], extra[order], x_failed, x_pending, x_seen)


class LogImprovement:
    """The acquisition function of one surrogate or of several that share the say.

    The log of the expected improvement, times its novelty, averaged over surrogates, plus
    CAUTION · log P(success) and the log prior that the optimum is there.

    Args:
        members: each a posterior with k target vectors and, shape (k,), what each of
            them has to improve upon.
        feasibility: None while no run has failed.
    """

    def __init__(
        self,
        members: Sequence[tuple[GaussianProcess, Array]],
        feasibility: Feasibility | None,
    ) -> None:
        self._members = members
        self._feasibility = feasibility
        self._numeric = ~members[0][0].is_category

    def value(self, x: Array) -> Array:
        """Values (m,) at points x (m, d)."""
        columns = []
        for gp, best_f in self._members:
            mean, sd = gp.posterior(x)
            novelty, _ = log_novelty(sd, gp.hyperparameters.noise_variance)
            columns.append(log_expected_improvement(mean, sd[:, None], best_f) + novelty[:, None])
        total = log_mean_exp(np.hstack(columns))[0] + self._inwardness(x)[0]
        if self._feasibility is not None:
            total = total + CAUTION * self._feasibility.log_probability(x)
        return total

    def value_and_gradient(self, x: Array) -> tuple[Array, Array]:
        """Values (m,) and gradients (m, d), 0 along categories."""
        columns, gradients = [], []
        for gp, best_f in self._members:
            mean, sd, mean_gradient, sd_gradient = gp.posterior_with_gradient(x)
            values, by_mean, by_sd = log_expected_improvement_slopes(mean, sd[:, None], best_f)
            novelty, by_sd_too = log_novelty(sd, gp.hyperparameters.noise_variance)
            columns.append(values + novelty[:, None])
            by_sd = by_sd + by_sd_too[:, None]
            gradients.append(
                by_mean[:, :, None] * mean_gradient + by_sd[:, :, None] * sd_gradient[:, None, :]
            )
        total, weights = log_mean_exp(np.hstack(columns))
        gradient = np.einsum("mk,mkd->md", weights, np.concatenate(gradients, axis=1))
        inward, inward_gradient = self._inwardness(x)
        total, gradient = total + inward, gradient + inward_gradient
        if self._feasibility is not None:
            log_p, log_p_gradient = self._feasibility.log_probability_and_gradient(x)
            total, gradient = total + CAUTION * log_p, gradient + CAUTION * log_p_gradient
        return total, gradient

    def _inwardness(self, x: Array) -> tuple[Array, Array]:
        """Log prior that the optimum is here, and its gradient: less in edges and corners.

        A stationary surrogate is least certain in the 2^d corners, and would spend every
        exploring run there. People choose ranges so that the best is seldom at an end:
        each coordinate in the outer EDGE of its axis costs up to log EDGE_ODDS (a prior
        on the optimum as in Hvarfner et al. 2022, πBO).
        """
        signed = 2.0 * x - 1.0
        outer = np.maximum(np.abs(signed) - (1.0 - 2.0 * EDGE), 0.0) / (2.0 * EDGE)
        outer = np.where(self._numeric, outer, 0.0)
        scale = math.log(EDGE_ODDS)
        return (
            -scale * np.square(outer).sum(axis=1),
            -scale * 2.0 * outer * np.sign(signed) / EDGE,
        )


def _planned(encoding: Encoding, evidence: Evidence) -> int:
    """How many values are wanted before the first fit.

    d/2 + 3, at most MAX_STARTUP: every start-up run is a run not guided. Where most runs
    fail, two values are enough once twice as many runs have been spent.
    """
    wanted = min(3 + len(encoding) // 2, MAX_STARTUP)
    if len(evidence.values) >= 2 and len(evidence.values) + len(evidence.x_failed) >= 2 * wanted:
        return 2
    return wanted


def _start(
    encoding: Encoding, evidence: Evidence, unseen: Array | None, rng: np.random.Generator
) -> Suggestion:
    planned = _planned(encoding, evidence)
    point = startup_point(encoding, evidence.x_seen, planned, rng)
    chosen = _first_new(encoding, point[None, :], evidence.x_seen)
    if chosen is None:
        chosen = _any_new(encoding, evidence.x_seen, unseen, rng)
    return Suggestion(encoding.decode(chosen), _origin(evidence))


def _from_model(
    encoding: Encoding,
    evidence: Evidence,
    unseen: Array | None,
    sign: float,
    rng: np.random.Generator,
) -> Suggestion:
    transform = TargetTransform.of(evidence.values)
    kept = representatives(evidence.values, MAX_MODEL_POINTS)
    x, extra = evidence.x[kept], evidence.extra_noise[kept]
    y = transform.forward(evidence.values[kept])
    few = representatives(y, MAX_FIT_POINTS)
    hyperparameters, _ = fit(x[few], y[few], encoding.is_category, extra[few])
    gp = GaussianProcess(x, y, encoding.is_category, hyperparameters, extra)
    feasibility = _feasibility(encoding, evidence)
    fitted, _ = gp.posterior(x)
    surrogates = [gp]
    if len(few) <= MAX_SAMPLED_POINTS:
        surrogates += [
            GaussianProcess(x, y, encoding.is_category, drawn, extra)
            for drawn in sample_hyperparameters(
                x[few], y[few], encoding.is_category, hyperparameters, DRAWS, rng, extra[few]
            )
        ]
    if len(evidence.x_pending):
        surrogates = [_with_pending(each, x, y, extra, evidence.x_pending) for each in surrogates]
    # To improve upon: the posterior mean, since a lucky draw of noise is no optimum.
    members = [(each, each.posterior(each.x_train)[0].min(axis=0)) for each in surrogates]
    objective = LogImprovement(members, feasibility)

    if unseen is not None and len(unseen) <= ENUMERABLE:
        values = objective.value(unseen)
        ranked = unseen[np.argsort(-values, kind="stable")]
    else:
        parents = x[np.argsort(fitted[:, 0], kind="stable")[:PARENTS]]
        parents = encoding.snap(parents)
        candidates = np.vstack(
            [encoding.sample(DRAWN, rng), mutate(encoding, parents, MUTATED, rng)]
        )
        ranked = maximize(objective, encoding, candidates, CLIMBS, rng).x
    chosen = _first_new(encoding, ranked, evidence.x_seen)
    if chosen is None:
        chosen = _any_new(encoding, evidence.x_seen, unseen, rng)
    params = encoding.decode(chosen)
    origin = _origin(evidence)
    origin |= _prediction(
        gp, transform, encoding.encode(params)[0], float(evidence.values.min()), sign
    )
    if feasibility is not None:
        log_p = float(feasibility.log_probability(chosen[None, :])[0])
        origin["probability_of_success"] = math.exp(log_p)
    return Suggestion(params, origin)


def _feasibility(encoding: Encoding, evidence: Evidence) -> Feasibility | None:
    if not len(evidence.x_failed):
        return None
    # Runs with a value are many and alike; failures carry the information.
    failed = evidence.x_failed[-MAX_FAILURE_POINTS // 2 :]
    good = evidence.x[representatives(evidence.values, MAX_FAILURE_POINTS - len(failed))]
    x = np.vstack([good, failed])
    return Feasibility(x, np.arange(len(x)) < len(good), encoding.is_category)


def _with_pending(
    gp: GaussianProcess, x: Array, y: Array, extra: Array, x_pending: Array
) -> GaussianProcess:
    """The surrogate as if each pending run gave what is expected of it.

    Kriging believer (Ginsbourger, Le Riche & Carraro 2010): the mean stays as it is and
    the uncertainty around pending points goes, so that the next run goes elsewhere.
    Averaging over samples of what they may give came out behind it in the benchmark.
    """
    believed, _ = gp.posterior(x_pending)
    return GaussianProcess(
        np.vstack([x, x_pending]),
        np.append(y, believed[:, 0]),
        gp.is_category,
        gp.hyperparameters,
        np.append(extra, np.zeros(len(x_pending))),
    )


def _prediction(
    gp: GaussianProcess, transform: TargetTransform, x: Array, best: float, sign: float
) -> dict[str, Any]:
    """The origin's numbers, in the metric's own sign and units."""
    mean, sd = gp.posterior(x[None, :])
    centre, width = float(mean[0, 0]), float(sd[0])
    quantiles = ndtri((np.arange(QUANTILES) + 0.5) / QUANTILES)
    gain = np.maximum(best - transform.inverse(centre + width * quantiles), 0.0)
    low, middle, high = transform.inverse(centre + width * np.array([-1.0, 0.0, 1.0]))
    z = (float(transform.forward(np.array([best]))[0]) - centre) / width
    numbers = {
        "predicted_mean": sign * float(middle),
        "predicted_sd": float(high - low) / 2,
        "expected_improvement": float(gain.mean()),
        "probability_of_improvement": float(ndtr(z)),
    }
    told: dict[str, Any] = {k: v if math.isfinite(v) else None for k, v in numbers.items()}
    told["why"] = "exploration" if transform.is_constant else "model"
    return told


def _origin(evidence: Evidence) -> dict[str, Any]:
    return {
        "method": "bayes",
        "why": "start-up",
        "observations": len(evidence.values),
        "pending": len(evidence.x_pending),
        "predicted_mean": None,
        "predicted_sd": None,
        "expected_improvement": None,
        "probability_of_improvement": None,
        "probability_of_success": None,
    }


def representatives(values: Array, most: int) -> npt.NDArray[np.intp]:
    """Indices of at most `most` values: the better half of them the best, the rest spread.

    The spread ones are taken evenly in order of value, so that the surrogate keeps the
    whole range; where n ≤ most, all in their own order.
    """
    n = len(values)
    if n <= most:
        return np.arange(n)
    order = np.argsort(values, kind="stable")
    best = most // 2
    spread = np.linspace(best, n - 1, most - best).astype(int)
    return cast("npt.NDArray[np.intp]", np.sort(np.concatenate([order[:best], order[spread]])))


def _rows(points: Sequence[Array], d: int) -> Array:
    return np.array(points, dtype=float).reshape(len(points), d)


def _sorted_rows(x: Array) -> Array:
    return x[np.lexsort(x.T)] if x.size else x


def _unseen(encoding: Encoding, x_seen: Array) -> Array | None:
    """The points of a finite space that no run has tried; None while that is not in doubt."""
    if encoding.size is None or encoding.size > COUNTABLE:
        return None
    if encoding.size > ENUMERABLE and 4 * len(x_seen) < encoding.size:
        return None
    seen = {row.tobytes() for row in x_seen}
    points = encoding.enumerate()
    return points[[row.tobytes() not in seen for row in points]]


def _first_new(encoding: Encoding, ranked: Array, x_seen: Array) -> Array | None:
    """The first of the ranked points (m, d) that no run has tried; None if all have been."""
    for x in ranked:
        point = encoding.encode(encoding.decode(x))[0]  # what would really be run
        delta = np.abs(x_seen - point)
        near = np.where(encoding.is_continuous, delta < NEAR, delta < 1e-12)
        if not near.all(axis=1).any():
            return point
    return None


def _any_new(
    encoding: Encoding, x_seen: Array, unseen: Array | None, rng: np.random.Generator
) -> Array:
    """A random point that no run has tried; in the last resort one that has been."""
    if unseen is not None:
        return cast(Array, unseen[int(rng.integers(len(unseen)))])
    points = encoding.sample(DRAWN, rng)
    chosen = _first_new(encoding, points, x_seen)
    return points[0] if chosen is None else chosen
