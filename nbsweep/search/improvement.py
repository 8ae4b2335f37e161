"""The acquisition function: log expected improvement, and what else a run is chosen by.

Three terms are added to the log of the expected improvement, each the log of a factor:
novelty (`acquisition.log_novelty`), the chance of success (`feasibility`), and a prior on
where people put the ends of their ranges.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

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

Array = npt.NDArray[np.float64]

EDGE = 0.1  # of an axis, at either end
EDGE_ODDS = 3.0  # how much likelier the optimum is inside than at an end, by axis
CAUTION = 2.0  # weight of log P(success): people mind a crash more than a lost run


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
