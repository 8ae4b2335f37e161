"""Where the optimum is thought to be before the runs say: a log prior over the unit cube.

People's ranges say something of it, and what they believe (`beliefs`) says more.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from nbsweep.search.beliefs import Beliefs
from nbsweep.search.warp import warp, warp_slope

Array = npt.NDArray[np.float64]

EDGE_ODDS = 3.0  # how much likelier the optimum is in the middle than at an end, by axis


class OptimumPrior:
    """Log prior that the optimum is at a point: less towards edges and corners.

    A stationary surrogate is least certain in the 2^d corners, and would spend every
    exploring run there. People choose ranges so that the best is seldom at an end: a
    parabola over each axis, EDGE_ODDS between its middle and its ends (a prior on the
    optimum as in Hvarfner et al. 2022, πBO). A steep one near the ends alone only
    moves the exploring runs to its rim, and holds back more from an optimum at the end.
    The parabola lies on the scale that was learned: where the runs show that what
    counts is in the lowest per cents of an axis, its middle is there as well.

    Args:
        is_numeric: shape (d,), False for categories, which have no ends.
        bend: shape (d,), the scale of each axis (`warp`); straight when omitted.
        beliefs: take the place of the parabola on their axes, as long as they are followed.
        n_runs: that have ended; each takes from the weight of beliefs.
    """

    def __init__(
        self,
        is_numeric: npt.NDArray[np.bool_],
        bend: Array | None = None,
        beliefs: Beliefs | None = None,
        n_runs: int = 0,
    ) -> None:
        self._beliefs = beliefs if beliefs is not None and beliefs.followed else None
        self._weight = 0.0
        if self._beliefs is not None:
            self._weight = self._beliefs.weight(n_runs)
            is_numeric = is_numeric.copy()
            is_numeric[[axis.place for axis in self._beliefs.followed]] = False
            bend = None if bend is None else np.where(is_numeric, bend, 0.0)
        self._numeric = is_numeric
        bend = np.zeros(len(is_numeric)) if bend is None else bend
        self._bends = np.flatnonzero(bend)
        self._bend = bend[self._bends]

    def log_prior(self, x: Array) -> Array:
        """Values (m,) at points x (m, d) of the unit cube, up to a constant."""
        return self.log_prior_and_gradient(x)[0]

    def log_prior_and_gradient(self, x: Array) -> tuple[Array, Array]:
        """Values (m,) and gradients (m, d), 0 along categories."""
        at, scale = self._bends, math.log(EDGE_ODDS)
        signed = np.where(self._numeric, 2.0 * x - 1.0, 0.0)
        signed[:, at] = 2.0 * warp(x[:, at], self._bend) - 1.0
        gradient = -4.0 * scale * signed
        gradient[:, at] *= warp_slope(x[:, at], self._bend)
        value = -scale * np.square(signed).sum(axis=1)
        if self._beliefs is None:
            return value, gradient
        believed, believed_gradient = self._beliefs.log_prior(x)
        return value + self._weight * believed, gradient + self._weight * believed_gradient
