"""The acquisition function for several objectives: log expected hypervolume improvement.

Notation (targets of the surrogates, everything minimised):

======================  ==================================================================
m, K                    objectives, boxes of what the front does not dominate (`boxes`)
h, p, d                 sets of hyperparameters, points, dimensions
μ_j, σ_j                posterior of objective j at a point
EI_j(a)                 E[max(a − f_j, 0)], 0 for a = −∞
EHVI                    Σ_k Π_j (EI_j(u_kj) − EI_j(l_kj)), exact for independent objectives
======================  ==================================================================

All in logarithms, so that there is a slope to climb where an improvement is unlikely (Ament
et al. 2023). The front is one of posterior means, pending runs included, so that a lucky draw
of noise is no part of it (cf. Daulton, Balandat & Bakshy 2021). With one objective there is
one box, and EHVI is the expected improvement.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from nbsweep.search.acquisition import (
    log_expected_improvement,
    log_expected_improvement_slopes,
    log_mean_exp,
    log_novelty,
)
from nbsweep.search.boxes import Boxes
from nbsweep.search.gp import GaussianProcess

Array = npt.NDArray[np.float64]
Places = npt.NDArray[np.intp]

NEARLY_ONE = 1.0 - 1e-12


class Term(NamedTuple):
    """What is added to the log of a gain, the log of a factor.

    Attributes:
        value: from points (p, d) to (p,).
        with_gradient: the same and its gradient (p, d).
        weight: of it.
    """

    value: Callable[[Array], Array]
    with_gradient: Callable[[Array], tuple[Array, Array]]
    weight: float = 1.0


class FrontImprovement:
    """The acquisition function of several surrogates: log EHVI, novelty, and further terms.

    Averaged over the sets of hyperparameters as `improvement.LogImprovement` is. A point is
    novel as far as it is so for the objectives on average.

    Args:
        gps: the posterior of each objective, with h sets of hyperparameters or with one.
        boxes: of what is not dominated; None where nothing is to be improved upon yet.
        terms: what else counts.
        log_weight: of each box, shape (K,): the log of what its volume counts.
    """

    def __init__(
        self,
        gps: Sequence[GaussianProcess],
        boxes: Boxes | None,
        terms: Sequence[Term],
        log_weight: Array | float = 0.0,
    ) -> None:
        self._gps = gps
        self._log_weight = log_weight
        self._terms = terms
        self._sides = [] if boxes is None else [_Side.of(boxes, j) for j in range(len(gps))]

    def value(self, x: Array) -> Array:
        """Values (p,) at points x (p, d)."""
        parts: list[Array] = []
        novelty = []
        for j, gp in enumerate(self._gps):
            mean, sd = gp.posterior(x)
            novelty.append(log_novelty(sd, gp.noise_variance[:, None])[0])
            if self._sides:
                parts.append(self._sides[j].log_part(mean, sd))
        total = log_mean_exp(np.stack(np.broadcast_arrays(*novelty)), axis=0)[0]
        if self._sides:
            total = total + self._log_gain(parts)[0]
        total = log_mean_exp(total, axis=0)[0]
        for term in self._terms:
            total = total + term.weight * term.value(x)
        return total

    def value_and_gradient(self, x: Array) -> tuple[Array, Array]:
        """Values (p,) and gradients (p, d), 0 along categories."""
        posteriors = [gp.posterior_with_gradient(x) for gp in self._gps]
        news = [
            log_novelty(sd, gp.noise_variance[:, None])
            for gp, (_, sd, *_) in zip(self._gps, posteriors, strict=True)
        ]
        novelty = np.stack(np.broadcast_arrays(*(value for value, _ in news)))
        each, of_objective = log_mean_exp(novelty, axis=0)
        slopes = []
        of_box: Array | float = 0.0
        if self._sides:
            cut = [
                side.log_part_slopes(mean, sd)
                for side, (mean, sd, *_) in zip(self._sides, posteriors, strict=True)
            ]
            log_gain, of_box = self._log_gain([part for part, *_ in cut])
            each = each + log_gain
            slopes = [(by_mean, by_sd) for _, by_mean, by_sd in cut]
        total, of_set = log_mean_exp(each, axis=0)
        gradient = np.zeros(x.shape)
        for j, (_, sd, mean_gradient, sd_gradient) in enumerate(posteriors):
            by_mean = np.zeros(of_set.shape)
            by_sd = of_objective[j] * news[j][1]
            if slopes:
                by_mean = (of_box * slopes[j][0]).sum(axis=2)
                by_sd = by_sd + (of_box * slopes[j][1]).sum(axis=2)
            # A surrogate with one set stands beside others with several: its slope is theirs.
            by_mean, by_sd = of_set * by_mean, of_set * by_sd
            if len(sd) < len(by_mean):
                by_mean, by_sd = (w.sum(axis=0, keepdims=True) for w in (by_mean, by_sd))
            gradient += np.einsum("hp,hpd->pd", by_mean, mean_gradient)
            gradient += np.einsum("hp,hpd->pd", by_sd, sd_gradient)
        for term in self._terms:
            value, slope = term.with_gradient(x)
            total, gradient = total + term.weight * value, gradient + term.weight * slope
        return total, gradient

    def _log_gain(self, parts: Sequence[Array]) -> tuple[Array, Array]:
        """Log EHVI (h, p) of what the objectives' sides of each box give, and its weights."""
        product: Array = functools.reduce(np.add, parts) + self._log_weight
        value, weights = log_mean_exp(product, axis=-1)
        return value + math.log(product.shape[-1]), weights


class _Side(NamedTuple):
    """The boxes along one objective, as places in the distinct levels that bound them.

    Boxes share their bounds, so that EI is worked out for a level once.

    Attributes:
        levels: shape (L,), ascending.
        lower: shape (K,), place of l in (−∞, *levels).
        upper: shape (K,), place of u in the same.
    """

    levels: Array
    lower: Places
    upper: Places

    @classmethod
    def of(cls, boxes: Boxes, j: int) -> _Side:
        lower, upper = boxes.lower[:, j], boxes.upper[:, j]
        levels = np.unique(np.concatenate([lower[np.isfinite(lower)], upper]))
        places = np.append(-np.inf, levels)
        return cls(levels, np.searchsorted(places, lower), np.searchsorted(places, upper))

    def log_part(self, mean: Array, sd: Array) -> Array:
        """log(EI(u) − EI(l)) of each box, (h, p, K), for a posterior (h, p)."""
        known = log_expected_improvement(mean[..., None], sd[..., None], self.levels)
        log_ei = np.concatenate([np.full((*mean.shape, 1), -np.inf), known], axis=2)
        upper = log_ei[..., self.upper]
        share = np.minimum(np.exp(log_ei[..., self.lower] - upper), NEARLY_ONE)
        part: Array = upper + np.log1p(-share)
        return part

    def log_part_slopes(self, mean: Array, sd: Array) -> tuple[Array, Array, Array]:
        """`log_part` and its derivatives with respect to mean and sd, each (h, p, K)."""
        found = log_expected_improvement_slopes(mean[..., None], sd[..., None], self.levels)
        nothing = np.zeros((*mean.shape, 1))
        log_ei = np.concatenate([nothing - np.inf, found[0]], axis=2)
        upper = log_ei[..., self.upper]
        share = np.minimum(np.exp(log_ei[..., self.lower] - upper), NEARLY_ONE)
        slopes = []
        for each in found[1:]:
            slope = np.concatenate([nothing, each], axis=2)
            below = slope[..., self.lower]
            slopes.append((slope[..., self.upper] - share * below) / (1.0 - share))
        return upper + np.log1p(-share), slopes[0], slopes[1]
