"""The acquisition function: log expected improvement, and what else a run is chosen by.

Terms are added to the log of the expected improvement, each the log of a factor: novelty
(`acquisition.log_novelty`), the chance of success (`feasibility`), a prior on where the
optimum is (`optimum_prior`), and under a deadline the chance of ending in time (`run_cost`).
"""

from __future__ import annotations

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
from nbsweep.search.optimum_prior import OptimumPrior
from nbsweep.search.run_cost import RunCost

Array = npt.NDArray[np.float64]

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
        prior: where the optimum is thought to be; in the middle of each axis when omitted.
    """

    def __init__(
        self,
        gp: GaussianProcess,
        best_f: Array,
        feasibility: Feasibility | None,
        cost: RunCost | None = None,
        bend: Array | None = None,
        prior: OptimumPrior | None = None,
    ) -> None:
        self._gp = gp
        self._best_f = best_f[:, None]
        self._noise_variance = gp.noise_variance[:, None]
        self._feasibility = feasibility
        self._cost = cost
        self._prior = OptimumPrior(~gp.is_category, bend) if prior is None else prior

    def value(self, x: Array) -> Array:
        """Values (m,) at points x (m, d)."""
        mean, sd = self._gp.posterior(x)
        novelty, _ = log_novelty(sd, self._noise_variance)
        each = log_expected_improvement(mean, sd, self._best_f) + novelty
        total = log_mean_exp(each, axis=0)[0] + self._prior.log_prior(x)
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
        inward, inward_gradient = self._prior.log_prior_and_gradient(x)
        total, gradient = total + inward, gradient + inward_gradient
        if self._feasibility is not None:
            log_p, log_p_gradient = self._feasibility.log_probability_and_gradient(x)
            total, gradient = total + CAUTION * log_p, gradient + CAUTION * log_p_gradient
        if self._cost is not None:
            log_p, log_p_gradient = self._cost.log_in_time_with_gradient(x)
            total, gradient = total + log_p, gradient + log_p_gradient
        return total, gradient
