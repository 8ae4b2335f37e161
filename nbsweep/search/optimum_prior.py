"""Where the optimum is thought to be before the runs say: a log prior over the unit cube."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

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
    """

    def __init__(self, is_numeric: npt.NDArray[np.bool_], bend: Array | None = None) -> None:
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
        return -scale * np.square(signed).sum(axis=1), gradient
