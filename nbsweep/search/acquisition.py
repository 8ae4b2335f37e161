"""How much a point is worth: log expected improvement, log probability of success.

Notation (everything is minimised, in the standardised units of the surrogate):

=================  =====================================================================
μ, σ               posterior mean and standard deviation at a point
best_f             the value to improve upon
z                  (best_f − μ) / σ
φ, Φ               density and distribution function of the standard normal
h(z)               φ(z) + z Φ(z), so that the expected improvement is σ h(z)
=================  =====================================================================
"""

from __future__ import annotations

import math
from typing import cast

import numpy as np
import numpy.typing as npt
from scipy.special import erfcx, log_ndtr

Array = npt.NDArray[np.float64]

LOG_SQRT_2PI = 0.5 * math.log(2.0 * math.pi)
SQRT_HALF_PI = math.sqrt(0.5 * math.pi)
FAR = -1e5  # below it 1 + z·(Mills ratio) has lost all digits; 1/z² is exact by then


def log_h(z: Array) -> Array:
    """log(φ(z) + z Φ(z)), stable for every z (Ament et al. 2023, eq. 9).

    Three branches: the definition for z > −1; log φ(z) + log(1 + z Φ(z)/φ(z)) with the
    scaled complementary error function down to −1e5; −2 log|z| for the bracket beyond.
    """
    near = z > -1.0
    if near.all():
        return _log_h_near(z)
    far = z <= FAR
    middle = ~(near | far)
    if middle.all():  # the usual case while climbing; masks cost more than the formula
        return _log_h_middle(z)
    out = np.empty_like(z)
    out[near] = _log_h_near(z[near])
    out[middle] = _log_h_middle(z[middle])
    out[far] = -0.5 * z[far] ** 2 - LOG_SQRT_2PI - 2.0 * np.log(-z[far])
    return out


def _log_h_near(z: Array) -> Array:
    density = np.exp(-0.5 * z * z - LOG_SQRT_2PI)
    return cast(Array, np.log(density + z * np.exp(log_ndtr(z))))


def _log_h_middle(z: Array) -> Array:
    bracket = 1.0 + z * SQRT_HALF_PI * erfcx(-z / math.sqrt(2.0))
    # For large |z| the bracket tends to 1/z²; rounding may take it a little below.
    bracket = np.where(z < -1e3, np.maximum(bracket, 0.9 / (z * z)), bracket)
    return cast(Array, -0.5 * z * z - LOG_SQRT_2PI + np.log(bracket))


def log_expected_improvement(mean: Array, sd: Array, best_f: Array | float) -> Array:
    """Log of the expected improvement below `best_f`, for minimisation.

    log E[max(best_f − f, 0)] with f ~ N(mean, sd²) = log σ + log h(z); stable far from
    the optimum, where plain EI rounds to 0 and its gradient vanishes (Ament et al. 2023).

    Args:
        mean: posterior mean, any shape.
        sd: posterior standard deviation, > 0, broadcastable to `mean`.
        best_f: value to improve upon, broadcastable to `mean`.

    Returns:
        The shape of `mean`.
    """
    z = (best_f - mean) / sd
    return cast(Array, np.log(sd) + log_h(z))


def log_expected_improvement_slopes(
    mean: Array, sd: Array, best_f: Array | float
) -> tuple[Array, Array, Array]:
    """`log_expected_improvement` and its derivatives with respect to mean and sd.

    ∂/∂μ = −Φ(z) / (σ h(z)),  ∂/∂σ = φ(z) / (σ h(z)); each quotient is the exponential
    of a difference of logarithms, so none overflows.
    """
    z = (best_f - mean) / sd
    log_value = log_h(z)
    by_mean = -np.exp(log_ndtr(z) - log_value) / sd
    by_sd = np.exp(-0.5 * z * z - LOG_SQRT_2PI - log_value) / sd
    return np.log(sd) + log_value, by_mean, by_sd


def log_novelty(sd: Array, noise_variance: Array | float) -> tuple[Array, Array]:
    """Log of the share of a run's surprise that is news, 1 − σ/√(sd² + σ²), and its slope.

    The factor of augmented expected improvement (Huang et al. 2006, eq. 14). Where the fit
    takes roughness for noise, plain EI would run the best point again and again; this
    sends the next run where the function is still unknown. Without noise it is 1.

    Args:
        sd: posterior standard deviation of the noise-free function, > 0, any shape.
        noise_variance: σ², > 0, broadcastable to sd.

    Returns:
        The value and its derivative with respect to sd, both of the shape of sd.
    """
    ratio = sd * sd / noise_variance
    root = np.sqrt(1.0 + ratio)
    # 1 − 1/root without the cancellation at small ratios.
    value = np.log(ratio) - np.log(root * (root + 1.0))
    slope = (2.0 - ratio / root * (1.0 / root + 1.0 / (root + 1.0))) / sd
    return value, slope


def log_mean_exp(values: Array, axis: int = -1) -> tuple[Array, Array]:
    """Take log of the mean of exp(values) along an axis, and the softmax weights of its terms."""
    top = np.max(values, axis=axis, keepdims=True)
    scaled = np.exp(values - top)
    total = scaled.sum(axis=axis, keepdims=True)
    result = np.squeeze(top + np.log(total / values.shape[axis]), axis=axis)
    return result, scaled / total


def log_probability_below(mean: Array, sd: Array, threshold: float) -> tuple[Array, Array, Array]:
    """Return log Φ((threshold − mean)/sd) and its derivatives with respect to mean and sd."""
    z = (threshold - mean) / sd
    value = log_ndtr(z)
    hazard = np.exp(-0.5 * z * z - LOG_SQRT_2PI - value)
    return value, -hazard / sd, -hazard * z / sd
