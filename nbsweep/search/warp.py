"""Axes that bend: a logarithmic scale towards either end, learned from the runs.

People write `learning_rate: uniform, 0 to 0.1` where what a run gives depends on the decade
of the value. On such an axis the response is nearly a step at one end, which a stationary
kernel cannot follow; on a bent one it is smooth (input warping: Snoek, Swersky, Zemel &
Adams 2014; with a GP on the bent axes also in HEBO, Cowen-Rivers et al. 2022). Their
Kumaraswamy distribution has two parameters and a slope of infinity at the ends; here one is
enough:

    w(x; t) = log(1 + x (eᵗ − 1)) / t,        w(x; 0) = x

It maps [0, 1] onto itself, is monotone in x and analytic in t. With t > 0 it is a logarithmic
scale that resolves x down to e⁻ᵗ, with t < 0 the same from the other end, since
w(1 − x; −t) = 1 − w(x; t), and w(·; t) has an inverse of the same kind, (eᵗʷ − 1)/(eᵗ − 1).

All functions are elementwise over numeric coordinates in [0, 1], and broadcast.
"""

from __future__ import annotations

from typing import cast

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

SMALL = 1e-6  # a smaller |t| counts as this one, which moves nothing by more than 2e-7


def warp(x: Array, t: Array) -> Array:
    """w(x; t), in [0, 1]."""
    t = _away_from_zero(t)
    return cast(Array, np.log1p(x * np.expm1(t)) / t)


def unwarp(w: Array, t: Array) -> Array:
    """The x at which w(x; t) is w, in [0, 1] for a w in it."""
    t = _away_from_zero(t)
    # Rounding must not lead beyond the ends: what is there cannot be run.
    return cast(Array, np.clip(np.expm1(t * w) / np.expm1(t), 0.0, 1.0))


def warp_slope(x: Array, t: Array) -> Array:
    """∂w/∂x = (eᵗ − 1) / (t (1 + x (eᵗ − 1))), > 0."""
    t = _away_from_zero(t)
    stretch = np.expm1(t)
    return cast(Array, (stretch / t) / (1.0 + x * stretch))


def warp_by_parameter(x: Array, t: Array) -> Array:
    """∂w/∂t = (x eᵗ / (1 + x (eᵗ − 1)) − w) / t, which tends to x (1 − x) / 2 for t → 0."""
    t = _away_from_zero(t)
    grown = x * np.expm1(t)
    return cast(Array, ((grown + x) / (1.0 + grown) - np.log1p(grown) / t) / t)


def _away_from_zero(t: Array) -> Array:
    """The formulas have a hole at 0, over which they are smooth."""
    return cast(Array, np.where(np.abs(t) < SMALL, SMALL, t))
