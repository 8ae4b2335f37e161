"""Limits on metrics: how likely a run at a point keeps them.

Each limited metric has a surrogate of its own, of the values that runs gave, on a scale that is
fine near the limit (`LimitScale`). With independent surrogates the probability that a run keeps
all limits is the product over them, and its log a term of the acquisition function (Gelbart,
Snoek & Adams 2014; Gardner et al. 2014). An interval counts as its two ends: the product of
both probabilities is at least as small as that of the interval, and never 0.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, cast

import numpy as np
import numpy.typing as npt

from nbsweep.records import Metric
from nbsweep.search.acquisition import log_probability_below
from nbsweep.search.encoding import Encoding
from nbsweep.search.known_points import KnownPoints
from nbsweep.search.surrogate import Model
from nbsweep.search.targets import TargetTransform

Array = npt.NDArray[np.float64]

FAR = 700.0  # asinh of the largest float is below it


@dataclass(frozen=True)
class LimitScale(TargetTransform):
    """asinh((v − c) / s), standardised: c is the limit, s the median distance to it.

    Linear near the limit and logarithmic on either side of it, so that a latency of an hour
    does not hide the difference of 19 and 21 ms. `TargetTransform` would cut it off, and the
    limit as well where most runs are far below it. Of an interval c is the middle and s half
    of its length.
    """

    @classmethod
    def around(cls, values: Array, low: float, high: float) -> LimitScale:
        """The scale for values (n,), n ≥ 1, and a limit at low, at high, or at both if finite."""
        finite = [end for end in (low, high) if math.isfinite(end)]
        centre = sum(0.5 * end for end in finite) * (2 / len(finite))
        away = np.abs(0.5 * values - 0.5 * centre)
        spread = 2.0 * float(np.median(away)) or 2.0 * float(away.max()) or abs(centre) or 1.0
        if len(finite) == 2 and high > low:
            spread = 0.5 * high - 0.5 * low
        spread = min(max(spread, 1e-300), float(np.finfo(float).max))
        bent = np.arcsinh(values / spread - centre / spread)
        sd = float(bent.std())
        flat = not sd > 1e-12 * max(1.0, float(np.abs(bent).max()))
        return cls(centre, spread, math.inf, 1.0, float(bent.mean()), 1.0 if flat else sd, flat)

    @property
    def worst(self) -> float:
        """None is too bad to be told from others."""
        return math.inf

    def forward(self, values: Array) -> Array:
        """Targets of metric values, any shape."""
        bent = np.arcsinh(values / self.spread - self.centre / self.spread)
        return cast(Array, (bent - self.mean) / self.sd)

    def inverse(self, targets: Array) -> Array:
        """Metric values of targets, any shape."""
        bent = np.clip(targets * self.sd + self.mean, -FAR, FAR)
        return cast(Array, self.centre + self.spread * np.sinh(bent))


class _Side(NamedTuple):
    """One end: `sign` · target has to be below `sign` · threshold."""

    model: Model
    sign: float
    threshold: float


class KeptLimits:
    """The probability that runs keep the limits of a sweep.

    Args:
        limits: metrics that have a limit, at least one.
        known: of each of them, with at least one value.
        encoding: of the space.

    Attributes:
        models: the surrogate of each limit.
    """

    def __init__(
        self, limits: Sequence[Metric], known: Sequence[KnownPoints], encoding: Encoding
    ) -> None:
        self.models: list[Model] = []
        self._sides: list[_Side] = []
        for metric, points in zip(limits, known, strict=True):
            low, high = ends(metric)
            scale = LimitScale.around(points.values, low, high)
            model = Model.of(points, encoding.is_category, encoding.may_bend, scale)
            self.models.append(model)
            for sign, end in ((1.0, high), (-1.0, low)):
                if math.isfinite(end):
                    threshold = float(scale.forward(np.array([end]))[0])
                    self._sides.append(_Side(model, sign, sign * threshold))

    def log_probability(self, x: Array) -> Array:
        """Log of the probability that a run at x (m, d) keeps all limits, shape (m,)."""
        total = np.zeros(len(x))
        for side in self._sides:
            mean, sd = side.model.gp.posterior(x)
            wide = _widened(side, sd[0])
            total += log_probability_below(side.sign * mean[0], wide, side.threshold)[0]
        return total

    def log_probability_and_gradient(self, x: Array) -> tuple[Array, Array]:
        """`log_probability` and its gradient (m, d), 0 along categories."""
        total, gradient = np.zeros(len(x)), np.zeros(x.shape)
        for side in self._sides:
            posterior = side.model.gp.posterior_with_gradient(x)
            mean, sd, mean_gradient, sd_gradient = (each[0] for each in posterior)
            wide = _widened(side, sd)
            value, by_mean, by_sd = log_probability_below(side.sign * mean, wide, side.threshold)
            total += value
            gradient += (side.sign * by_mean)[:, None] * mean_gradient
            gradient += (by_sd * sd / wide)[:, None] * sd_gradient
        return total, gradient


def ends(metric: Metric) -> tuple[float, float]:
    """The lowest and the highest value that a metric may have, each times its sign; or ±∞."""
    low = -math.inf if metric.at_least is None else metric.at_least
    high = math.inf if metric.at_most is None else metric.at_most
    return (low, high) if metric.sign > 0 else (-high, -low)


def _widened(side: _Side, sd: Array) -> Array:
    """With the noise: a run is judged by the value that it gives."""
    return cast(Array, np.sqrt(sd * sd + side.model.gp.noise_variance[0]))
