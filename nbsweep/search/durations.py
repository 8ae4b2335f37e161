"""How long a run takes, from its params: a surrogate of the log of the duration.

Notation: T_i is how long run i took in seconds, t_i = log(T_i + LEAST_S). t follows a
Gaussian process over the same points as the metric (Snoek, Larochelle & Adams 2012,
section 3.2: log duration, since it is positive and its factors multiply), with a prior on
longer length scales: durations grow steadily with a width or a number of epochs where a
metric bends.

What counts:

==============================  ============================================================
run                             its duration
==============================  ============================================================
finished                        as it is
stopped, killed or preempted,   scaled to the iterations that runs there have when they
with a curve                    finish, less what a run takes before its first iteration;
                                counts less the fewer iterations it did
failed, crashed                 left out: it ended for reasons of its own
without a duration, or of 0 s   left out: nobody measured it
==============================  ============================================================
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from nbsweep.records import Observation, RunState
from nbsweep.search.blas import one_blas_thread
from nbsweep.search.encoding import Encoding
from nbsweep.search.gp import GaussianProcess, Prior, fit
from nbsweep.space.seeds import without_seeds
from nbsweep.sweep_config import SweepConfig

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

MIN_KNOWN = 3  # durations; of fewer nothing can be said
LEAST_S = 0.05  # a run costs that much besides: below it, factors of duration mean nothing
LEAST_SPREAD = 0.05  # of t: no machine repeats itself to less than that
MIN_SKILL = 0.25  # of a model by which points are preferred; with less it may be chance
LEAST_EFFECT = 0.1  # spread of t over the known points that is worth looking at
MAX_FIT_POINTS = 24  # hyperparameters change little beyond
MAX_MODEL_POINTS = 100
FIT_ITERATIONS = 8  # a prediction that is a little off costs little
DURATION_PRIOR = Prior(lengthscale=1.0, noise_variance=1e-2)
PARTIAL_VARIANCE = 0.05  # of t, for a run that did half of its iterations
ALIKE = 1.2  # ratio of the largest to the smallest number of iterations that count as one


def predicted_seconds(
    config: SweepConfig,
    observations: Sequence[Observation],
    params: Sequence[Mapping[str, Any]],
    quantile: float = 0.5,
) -> Array | None:
    """How long runs with some params would take to their full length, in seconds.

    Args:
        config: the sweep; any method.
        observations: ended runs, in any order.
        params: one flat mapping for each of m runs.
        quantile: 0.5 for the median; 0.9 for a time that nine in ten such runs keep.

    Returns:
        Shape (m,), ≥ 0; None while fewer than MIN_KNOWN durations are known.
    """
    with np.errstate(all="ignore"), one_blas_thread():
        encoding = Encoding(without_seeds(config.space))
        durations = Durations.of(encoding, observations)
        if durations is None:
            return None
        x = np.array([encoding.encode(each)[0] for each in params], dtype=float)
        return durations.seconds(x.reshape(len(params), len(encoding)), quantile)


class Durations:
    """The surrogate of the log of a run's duration.

    Args:
        x: points, shape (n, d).
        t: log(seconds + LEAST_S) there, shape (n,).
        extra: variance of single ones beyond the noise that all have, shape (n,).
        is_category: shape (d,).
    """

    def __init__(self, x: Array, t: Array, extra: Array, is_category: Mask) -> None:
        self._smooth = _Smooth(x, t, extra, is_category)

    @classmethod
    def of(cls, encoding: Encoding, observations: Sequence[Observation]) -> Durations | None:
        """Learn from ended runs; None while fewer than MIN_KNOWN durations are known."""
        rows = _timed(encoding, observations)
        if len(rows) < MIN_KNOWN:
            return None
        x = np.array([row.x for row in rows]).reshape(len(rows), len(encoding))
        t = np.array([row.t for row in rows])
        extra = np.array([row.extra for row in rows])
        return cls(x, t, extra, encoding.is_category)

    def seconds(self, x: Array, quantile: float = 0.5) -> Array:
        """Seconds at points x (m, d) that a run keeps with this probability, shape (m,)."""
        mean, sd = self._smooth.predict(x)
        t = mean + float(ndtri(quantile)) * sd
        return cast(Array, np.maximum(np.exp(t) - LEAST_S, 0.0))

    @property
    def follows_params(self) -> bool:
        """Whether runs with some params take longer than with others, as far as can be told."""
        return self._smooth.skill > MIN_SKILL and self._smooth.fitted_spread > LEAST_EFFECT

    def log_seconds(self, x: Array) -> tuple[Array, Array]:
        """Mean and standard deviation of one run's t at points x (m, d), each (m,)."""
        return self._smooth.predict(x)

    def log_seconds_with_gradient(self, x: Array) -> tuple[Array, Array, Array, Array]:
        """`log_seconds`, and the gradients (m, d) of both; 0 along categories."""
        return self._smooth.predict_with_gradient(x)


class _Smooth:
    """A smooth function of points, known with noise: what `Durations` says of t.

    Args: as `Durations`.
    """

    def __init__(self, x: Array, t: Array, extra: Array, is_category: Mask) -> None:
        order = np.lexsort((extra, t, *x.T))
        x, t, extra = x[order], t[order], extra[order]
        kept = _spread(t, MAX_MODEL_POINTS)
        x, t, extra = x[kept], t[kept], extra[kept]
        self._centre = float(t.mean())
        self._scale = max(float(t.std()), LEAST_SPREAD)
        y, noise = (t - self._centre) / self._scale, extra / self._scale**2
        self._gp: GaussianProcess | None = None
        if x.shape[1]:
            few = _spread(t, MAX_FIT_POINTS)
            best, _ = fit(
                *(x[few], y[few], is_category, noise[few]),
                prior=DURATION_PRIOR,
                iterations=FIT_ITERATIONS,
            )
            self._gp = GaussianProcess(x, y, is_category, best, noise)

    def predict(self, x: Array) -> tuple[Array, Array]:
        """Mean and standard deviation of one run's t at points x (m, d), each (m,)."""
        if self._gp is None:
            return np.full(len(x), self._centre), np.full(len(x), self._scale)
        mean, sd = self._gp.posterior(x)
        deviation = self._scale * np.sqrt(sd[0] ** 2 + self._gp.noise_variance[0])
        return self._centre + self._scale * mean[0], np.maximum(deviation, LEAST_SPREAD)

    def predict_with_gradient(self, x: Array) -> tuple[Array, Array, Array, Array]:
        """`predict`, and the gradients (m, d) of mean and standard deviation."""
        if self._gp is None:
            return (*self.predict(x), np.zeros_like(x), np.zeros_like(x))
        posterior = self._gp.posterior_with_gradient(x)
        mean, sd, by_x, sd_by_x = (each[0] for each in posterior)
        unit = np.sqrt(sd**2 + self._gp.noise_variance[0])
        deviation = self._scale * unit
        slope = np.where(deviation > LEAST_SPREAD, self._scale * sd / unit, 0.0)
        return (
            self._centre + self._scale * mean,
            np.maximum(deviation, LEAST_SPREAD),
            self._scale * by_x,
            slope[:, None] * sd_by_x,
        )

    @cached_property
    def skill(self) -> float:
        """Q², the share of the variance that leave-one-out predictions explain, at most 1."""
        if self._gp is None:
            return 0.0
        y = self._gp.y[0]
        variance = float(y.var())
        error = float(np.square(self._gp.leave_one_out()[0] - y).mean())
        return 1.0 - error / variance if variance > 0 else 0.0

    @cached_property
    def fitted_spread(self) -> float:
        """Standard deviation of the mean over the points that are known."""
        if self._gp is None:
            return 0.0
        return self._scale * float(self._gp.posterior(self._gp.x_train)[0][0].std())


def measured(observation: Observation) -> float | None:
    """The seconds that a run took; None where nobody measured them."""
    seconds = observation.duration_s
    known = seconds is not None and math.isfinite(seconds) and seconds > 0
    return seconds if known else None


@dataclass(frozen=True)
class _Timed:
    """A run whose full duration is known, or can be worked out."""

    x: Array
    t: float
    extra: float = 0.0


def _timed(encoding: Encoding, observations: Sequence[Observation]) -> list[_Timed]:
    finished: list[tuple[Array, Observation, float]] = []
    partial: list[tuple[Array, int, float]] = []
    for observation in observations:
        seconds = measured(observation)
        if seconds is None or observation.state.broke:
            continue
        x = encoding.encode(observation.params)[0]
        if observation.state is RunState.FINISHED:
            finished.append((x, observation, seconds))
        elif observation.curve is not None and observation.curve.iterations:
            partial.append((x, observation.curve.iterations, seconds))
    rows = [_Timed(x, math.log(seconds + LEAST_S)) for x, _, seconds in finished]
    if not partial:
        return rows
    lengths = _lengths(encoding, finished, partial)
    shares = [
        min(done / max(n, 1.0), 1.0) for (_, done, _), n in zip(partial, lengths, strict=True)
    ]
    before = _seconds_before(encoding, rows, partial, shares)
    for (x, _, seconds), share in zip(partial, shares, strict=True):
        # Between the two extremes: all of the time at the start, all of it in iterations.
        whole = before + max(seconds - before, 0.1 * seconds) / share
        rows.append(_Timed(x, math.log(whole + LEAST_S), PARTIAL_VARIANCE * (1.0 / share - 1.0)))
    return rows


def _lengths(
    encoding: Encoding,
    finished: Sequence[tuple[Array, Observation, float]],
    partial: Sequence[tuple[Array, int, float]],
) -> Array:
    """How many iterations the runs that were cut off would have had, shape (len(partial),)."""
    known = [(x, o.curve.iterations) for x, o, _ in finished if o.curve and o.curve.iterations]
    if not known:
        return np.full(len(partial), float(max(done for _, done, _ in partial)))
    counts = np.array([float(count) for _, count in known])
    if len(known) < MIN_KNOWN or counts.max() <= ALIKE * counts.min() or not len(encoding):
        return np.full(len(partial), float(np.median(counts)))
    x = np.array([each for each, _ in known])
    model = _Smooth(x, np.log(counts), np.zeros(len(x)), encoding.is_category)
    mean, _ = model.predict(np.array([each for each, _, _ in partial]))
    return cast(Array, np.exp(mean))


def _seconds_before(
    encoding: Encoding,
    whole: Sequence[_Timed],
    partial: Sequence[tuple[Array, int, float]],
    shares: Sequence[float],
) -> float:
    """What a run takes before its first iteration: data to load, a network to build.

    A run that did a share r of its iterations in T seconds, where finished ones take D, had
    T = c + (D − c)·r, so c = (T − D·r)/(1 − r); the median of these.
    """
    if len(whole) < MIN_KNOWN:
        return 0.0
    model = _Smooth(
        np.array([row.x for row in whole]).reshape(len(whole), len(encoding)),
        np.array([row.t for row in whole]),
        np.zeros(len(whole)),
        encoding.is_category,
    )
    mean, _ = model.predict(np.array([x for x, _, _ in partial]).reshape(-1, len(encoding)))
    pairs = zip(partial, shares, np.exp(mean) - LEAST_S, strict=True)
    starts = [(seconds - d * r) / (1.0 - r) for (_, _, seconds), r, d in pairs if r < 0.9]
    return max(float(np.median(starts)), 0.0) if starts else 0.0


def _spread(t: Array, most: int) -> npt.NDArray[np.intp]:
    """Indices of at most `most` values, evenly in their order; all of them where n ≤ most."""
    if len(t) <= most:
        return np.arange(len(t))
    ranks = np.linspace(0, len(t) - 1, most).astype(int)
    return cast("npt.NDArray[np.intp]", np.sort(np.argsort(t, kind="stable")[ranks]))
