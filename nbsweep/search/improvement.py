"""The acquisition function: log expected improvement, and what else a run is chosen by.

Terms are added to the log of the expected improvement, each the log of a factor: novelty
(`acquisition.log_novelty`), the chance of success (`feasibility`), a prior on where people
put the ends of their ranges, and under a deadline the chance of ending in time (`run_cost`).
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from nbsweep.search.acquisition import (
    log_expected_improvement,
    log_expected_improvement_slopes,
    log_mean_exp,
    log_novelty,
)
from nbsweep.search.feasibility import Feasibility
from nbsweep.search.gp import GaussianProcess
from nbsweep.search.run_cost import RunCost
from nbsweep.search.warp import warp, warp_slope

Array = npt.NDArray[np.float64]

EDGE_ODDS = 3.0  # how much likelier the optimum is in the middle than at an end, by axis
CAUTION = 2.0  # weight of log P(success): people mind a crash more than a lost run


class LogImprovement:
    """The acquisition function of a surrogate, whose sets of hyperparameters share the say.

    The log of the expected improvement, times its novelty, averaged over the sets (Snoek
    et al. 2012, section 3.2), plus CAUTION · log P(success) and the log prior that the
    optimum is there.

    Args:
        gp: the posterior, with h sets of hyperparameters.
        best_f: what each of them has to improve upon, shape (h,).
        feasibility: None while no run has failed.
        cost: None where no deadline has to be kept, or nothing is known of durations.
        bend: shape (d,), the scale of each axis (`warp`) on which its middle and its ends
            are; straight when omitted.
    """

    def __init__(
        self,
        gp: GaussianProcess,
        best_f: Array,
        feasibility: Feasibility | None,
        cost: RunCost | None = None,
        bend: Array | None = None,
    ) -> None:
        self._gp = gp
        self._best_f = best_f[:, None]
        self._noise_variance = gp.noise_variance[:, None]
        self._feasibility = feasibility
        self._cost = cost
        self._numeric = ~gp.is_category
        bend = np.zeros(len(gp.is_category)) if bend is None else bend
        self._bends = np.flatnonzero(bend)
        self._bend = bend[self._bends]

    def value(self, x: Array) -> Array:
        """Values (m,) at points x (m, d)."""
        mean, sd = self._gp.posterior(x)
        novelty, _ = log_novelty(sd, self._noise_variance)
        each = log_expected_improvement(mean, sd, self._best_f) + novelty
        total = log_mean_exp(each, axis=0)[0] + self._inwardness(x)[0]
        if self._feasibility is not None:
            total = total + CAUTION * self._feasibility.log_probability(x)
        if self._cost is not None:
            total = total + self._cost.log_in_time(x)
        return total

    def value_and_gradient(self, x: Array) -> tuple[Array, Array]:
        """Values (m,) and gradients (m, d), 0 along categories."""
        mean, sd, mean_gradient, sd_gradient = self._gp.posterior_with_gradient(x)
        each, by_mean, by_sd = log_expected_improvement_slopes(mean, sd, self._best_f)
        novelty, by_sd_too = log_novelty(sd, self._noise_variance)
        total, weights = log_mean_exp(each + novelty, axis=0)
        by_mean, by_sd = weights * by_mean, weights * (by_sd + by_sd_too)
        gradient = np.einsum("hm,hmd->md", by_mean, mean_gradient)
        gradient += np.einsum("hm,hmd->md", by_sd, sd_gradient)
        inward, inward_gradient = self._inwardness(x)
        total, gradient = total + inward, gradient + inward_gradient
        if self._feasibility is not None:
            log_p, log_p_gradient = self._feasibility.log_probability_and_gradient(x)
            total, gradient = total + CAUTION * log_p, gradient + CAUTION * log_p_gradient
        if self._cost is not None:
            log_p, log_p_gradient = self._cost.log_in_time_with_gradient(x)
            total, gradient = total + log_p, gradient + log_p_gradient
        return total, gradient

    def _inwardness(self, x: Array) -> tuple[Array, Array]:
        """Log prior that the optimum is here, and its gradient: less towards edges and corners.

        A stationary surrogate is least certain in the 2^d corners, and would spend every
        exploring run there. People choose ranges so that the best is seldom at an end: a
        parabola over each axis, EDGE_ODDS between its middle and its ends (a prior on the
        optimum as in Hvarfner et al. 2022, πBO). A steep one near the ends alone only
        moves the exploring runs to its rim, and holds back more from an optimum at the end.
        The parabola lies on the scale that was learned: where the runs show that what
        counts is in the lowest per cents of an axis, its middle is there as well.
        """
        at, scale = self._bends, math.log(EDGE_ODDS)
        signed = np.where(self._numeric, 2.0 * x - 1.0, 0.0)
        signed[:, at] = 2.0 * warp(x[:, at], self._bend) - 1.0
        gradient = -4.0 * scale * signed
        gradient[:, at] *= warp_slope(x[:, at], self._bend)
        return -scale * np.square(signed).sum(axis=1), gradient
