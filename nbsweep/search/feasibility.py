"""Where runs succeed: the probability that a point gives a metric value at all.

Failed runs do not enter the surrogate of the metric: any imputed value would bend it
(Gelbart, Snoek & Adams 2014). They are the second class of a Gaussian process
classification by least squares (Rasmussen & Williams 2006, section 6.5): regression on
labels +1 for success and −1 for failure, read as P(success) = Φ(μ/σ). One fit of the
kernel that is there already, closed form, with a gradient.
"""

from __future__ import annotations

from typing import cast

import numpy as np
import numpy.typing as npt

from nbsweep.search.acquisition import log_probability_below
from nbsweep.search.gp import GaussianProcess, Prior, fit

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

# Success ends at an edge, which a smooth function follows only with slack; with less of
# it the fit takes a short length scale and learns nothing beyond single points. Where
# failures are bad luck, the fit raises the noise instead.
LABEL_PRIOR = Prior(lengthscale=0.6, lengthscale_log_sd=0.5, noise_variance=0.3, noise_log_sd=0.7)
EDGE = 0.02  # variance that is left where many runs agree


class Feasibility:
    """Probability of success, learned from where runs succeeded and failed.

    Args:
        x: shape (n, d), points of ended runs.
        succeeded: shape (n,), with at least one of either kind.
        is_category: shape (d,).
    """

    def __init__(self, x: Array, succeeded: Mask, is_category: Mask) -> None:
        labels = np.where(succeeded, 1.0, -1.0)
        # Far from every run the probability returns to the share that succeeded.
        self._mean = float(labels.mean())
        self._scale = float(labels.std()) or 1.0
        targets = -(labels - self._mean) / self._scale  # low is good, as for the metric
        hyperparameters, _ = fit(x, targets, is_category, prior=LABEL_PRIOR)
        self._gp = GaussianProcess(x, targets, is_category, hyperparameters)
        self._threshold = self._mean / self._scale

    def log_probability(self, x: Array) -> Array:
        """Return log P(success) at x (m, d), shape (m,)."""
        mean, sd = self._gp.posterior(x)
        return log_probability_below(mean[0], self._widened(sd[0]), self._threshold)[0]

    def log_probability_and_gradient(self, x: Array) -> tuple[Array, Array]:
        """`log_probability` and its gradient (m, d), 0 along categories."""
        posterior = self._gp.posterior_with_gradient(x)
        mean, sd, mean_gradient, sd_gradient = (each[0] for each in posterior)
        wide = self._widened(sd)
        value, by_mean, by_sd = log_probability_below(mean, wide, self._threshold)
        by_sd = by_sd * sd / wide
        gradient = by_mean[:, None] * mean_gradient + by_sd[:, None] * sd_gradient
        return value, cast(Array, gradient)

    def _widened(self, sd: Array) -> Array:
        return cast(Array, np.sqrt(sd * sd + EDGE))
