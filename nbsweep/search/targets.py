"""Metric values as a Gaussian process likes them: robust, roughly normal, standardised.

One diverged loss must not flatten the model, and a loss that spans decades needs its
resolution near the best value. Three monotone steps, each invertible, so that
predictions can be told in the metric's own units:

1. winsorise: values far above the median are cut to median + CUT spreads;
2. Yeo-Johnson with the power λ that makes them most normal (Yeo & Johnson 2000; used as
   in HEBO, Cowen-Rivers et al. 2022, but only λ ≤ 1: bad values may be squeezed, good
   ones never are);
3. standardise to mean 0 and standard deviation 1.

All steps commute with a positive affine change of the metric.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

CUT = 5.0  # spreads above the median; beyond it "bad" is all that matters
POWERS = np.linspace(-1.0, 1.0, 21)
TIED = 1e-9  # relative; values closer than this are equal
POWER_SD = 1.0  # of a normal prior around λ = 1, no transformation


@dataclass(frozen=True)
class TargetTransform:
    """The map from metric values (minimised) to standardised targets, and back.

    Attributes:
        centre: median of the values.
        spread: robust scale of the values, > 0.
        cut: upper end after the first step, in spreads above the centre.
        power: λ of Yeo-Johnson.
        mean: of the second step's results.
        sd: of the second step's results, > 0.
        is_constant: whether all values are equal.
    """

    centre: float = 0.0
    spread: float = 1.0
    cut: float = CUT
    power: float = 1.0
    mean: float = 0.0
    sd: float = 1.0
    is_constant: bool = True

    @classmethod
    def of(cls, values: Array) -> TargetTransform:
        """The transform that suits some values, shape (n,), n ≥ 1, finite."""
        centre = float(np.median(values))
        # Halved first: the difference of two huge floats of either sign overflows.
        deviation = np.abs(0.5 * values - 0.5 * centre)
        largest = float(deviation.max())
        if not largest > 1e-14 * abs(centre) or largest < 1e-300:
            return cls(centre=centre)
        # Good values set the scale; where more than half are tied, all of them do.
        low, middle = (float(np.quantile(deviation, q)) for q in (0.5, 0.75))
        spread = 2.0 * (low or middle or float((deviation / largest).mean()) * largest)
        if not np.isfinite(spread):
            spread = float(np.finfo(float).max) / 4
        z = np.minimum((values / spread) - (centre / spread), CUT)
        z = np.maximum(z, -1e3)
        power = _fitted_power(z)
        transformed = yeo_johnson(z, power)
        sd = float(transformed.std())
        return cls(centre, spread, CUT, power, float(transformed.mean()), sd or 1.0, not sd > 0.0)

    @property
    def worst(self) -> float:
        """The metric value at the cut; worse ones give the same target."""
        return self.centre if self.is_constant else self.centre + self.spread * self.cut

    def forward(self, values: Array) -> Array:
        """Targets of metric values, any shape."""
        if self.is_constant:
            return np.zeros_like(values)
        z = np.clip(values / self.spread - self.centre / self.spread, -1e3, self.cut)
        return (yeo_johnson(z, self.power) - self.mean) / self.sd

    def inverse(self, targets: Array) -> Array:
        """Metric values of targets, any shape; those above the cut give the cut."""
        if self.is_constant:
            return np.full_like(targets, self.centre)
        z = np.minimum(inverse_yeo_johnson(targets * self.sd + self.mean, self.power), self.cut)
        return self.centre + self.spread * z


def grain(values: Array) -> float:
    """The least step that improves a metric whose best value is tied; 0 where it is not.

    Accuracies on 400 examples and losses on a plateau come in steps, and many configs
    share the best one. Between them a surrogate expects gains of a thousandth of a step,
    for ever; an improvement that counts is a step. The step is the median gap of the
    distinct values in the better half.

    Args:
        values: of distinct points, shape (n,), n ≥ 1, to be minimised.
    """
    distinct = np.unique(values)
    # Means over folds repeat but for their last digits.
    distinct = distinct[np.append(True, np.diff(distinct) > TIED * np.abs(distinct[1:]))]
    tied = np.count_nonzero(values - distinct[0] <= TIED * abs(distinct[0]))
    if tied < 2 or len(distinct) < 2:
        return 0.0
    better = distinct[: max(2, (len(distinct) + 1) // 2)]
    return float(np.median(np.diff(better)))


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


def per_point(x: Array, values: Array) -> Array:
    """The values (n,), those of equal points (n, d) each replaced by their mean.

    By these the runs of a configuration are kept or left out together: a choice among them by
    value would keep the lucky ones.
    """
    _, place, count = np.unique(x, axis=0, return_inverse=True, return_counts=True)
    place = place.reshape(-1)  # of shape (n, 1) in numpy 2.0
    if len(count) == len(values):
        return values
    scale = np.bincount(place, weights=values / count[place], minlength=len(count))
    return cast(Array, np.where(count[place] == 1, values, scale[place]))


def yeo_johnson(z: Array, power: float) -> Array:
    """Yeo & Johnson's power transform; the identity for power 1, log1p(z) for z ≥ 0 at 0."""
    positive, negative = np.maximum(z, 0.0), np.maximum(-z, 0.0)
    up = np.log1p(positive) if power == 0.0 else ((1.0 + positive) ** power - 1.0) / power
    other = 2.0 - power
    down = np.log1p(negative) if other == 0.0 else ((1.0 + negative) ** other - 1.0) / other
    return cast(Array, np.where(z >= 0.0, up, -down))


def inverse_yeo_johnson(t: Array, power: float) -> Array:
    """Inverse of `yeo_johnson`; beyond its range (power < 0) a huge number."""
    positive, negative = np.maximum(t, 0.0), np.maximum(-t, 0.0)
    if power == 0.0:
        up = np.expm1(np.minimum(positive, 700.0))
    else:
        up = np.maximum(1.0 + power * positive, 1e-9) ** (1.0 / power) - 1.0
    other = 2.0 - power
    down = np.expm1(negative) if other == 0.0 else (1.0 + other * negative) ** (1.0 / other) - 1.0
    return cast(Array, np.where(t >= 0.0, up, -down))


def _fitted_power(z: Array) -> float:
    """λ of highest profile likelihood (Yeo & Johnson 2000, eq. 3.1), with a weak prior."""
    log_jacobian = float((np.sign(z) * np.log1p(np.abs(z))).sum())
    best, best_score = 1.0, -np.inf
    for power in POWERS:
        variance = float(yeo_johnson(z, float(power)).var())
        if not variance > 0.0:
            continue
        score = -0.5 * len(z) * np.log(variance) + (power - 1.0) * log_jacobian
        score -= 0.5 * ((power - 1.0) / POWER_SD) ** 2
        if score > best_score:
            best, best_score = float(power), score
    return best
