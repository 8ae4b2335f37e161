"""Ranks, correlation ratios, and how likely correlations are by chance."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


def ranks(values: Floats) -> Floats:
    """Ranks from 1, equal values sharing the mean of theirs; NaN stays NaN."""
    found = np.full(len(values), np.nan)
    present = ~np.isnan(values)
    _, inverse, counts = np.unique(values[present], return_inverse=True, return_counts=True)
    found[present] = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    return found


def p_of_r(r: float, n: int) -> float:
    """Two-sided p-value of a correlation of n pairs, by Student's t with n - 2 degrees of freedom.

    1 for fewer than three pairs.
    """
    from scipy.special import betainc

    return float(betainc((n - 2) / 2, 0.5, max(0.0, 1 - r**2))) if n > 2 else 1.0


class Explained(NamedTuple):
    """What categories explain of numbers.

    Attributes:
        share: of the variance, 0 to 1: η².
        n: values.
        n_categories: among them.
    """

    share: float
    n: int
    n_categories: int

    @property
    def ratio(self) -> float:
        """η corrected for chance: √ε², ε² = 1 - (1 - η²)(n - 1) / (n - g) (Kelley 1935)."""
        n, g = self.n, self.n_categories
        return math.sqrt(max(0.0, 1 - (1 - self.share) * (n - 1) / (n - g)))

    @property
    def p_value(self) -> float:
        """Of the F test that all categories have the same mean."""
        from scipy.special import betainc

        n, g = self.n, self.n_categories
        return float(betainc((n - g) / 2, (g - 1) / 2, max(0.0, 1 - self.share)))


def explained_by(codes: Floats, y: Floats) -> Explained | None:
    """What categories explain of y; None where each value is a category of its own.

    None also for a single category, and where y does not vary.

    Args:
        codes: shape (n,), the category of each.
        y: shape (n,).
    """
    seen, inverse, counts = np.unique(codes, return_inverse=True, return_counts=True)
    n, g = len(y), len(seen)
    if g < 2 or n <= g or np.ptp(y) == 0:
        return None
    means = np.bincount(inverse, weights=y) / counts
    within = float(np.sum((y - means[inverse]) ** 2))
    return Explained(1 - within / float(np.sum((y - y.mean()) ** 2)), n, g)
