"""What is expected of curves before one was seen: prior covariances along their way."""

from __future__ import annotations

from typing import cast

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

# Variances of the parts of B and M; targets have variance 1. On recorded curves of three
# kinds of model, half or twice as much LEVEL, DECAY or WANDER changed errors by 2 % at most.
LEVEL, DECAY, WANDER, END = 0.5, 1.5, 0.1, 0.003
MEAN_LEVEL, MEAN_DECAY, MEAN_WANDER, MEAN_END = 2.0, 9.0, 0.3, 0.1
BRIDGE = 0.1  # share of WANDER that is left between nodes; with all of it smooth curves lose
DECAY_TIME = 0.3  # of the horizon


def steps(covariance: Array) -> Array:
    """Variances of the steps from node to node, shape (t − 1,)."""
    return cast(Array, np.diff(np.diff(covariance, axis=0), axis=1).diagonal())


def _parts(log_k: Array) -> tuple[Array, Array, Array, Array]:
    """Correlations along the way: of a level, of what decays, wanders, is the end's alone."""
    k = np.exp(log_k)
    decay = 1.0 / (1.0 + (k[:, None] + k) / (DECAY_TIME * k[-1]))
    wander = np.minimum(log_k[:, None], log_k)
    end = np.zeros_like(decay)
    end[-1, -1] = 1.0
    return np.ones_like(decay), decay, wander, end


def curve_prior(log_k: Array) -> Array:
    """Covariance of a curve less the mean curve at the nodes, (t, t), from their log k (t,)."""
    level, decay, wander, end = _parts(log_k)
    return LEVEL * level + DECAY * decay + WANDER * wander + END * end


def mean_prior(log_k: Array) -> Array:
    """Covariance of the mean curve at the nodes, (t, t), from their log k (t,)."""
    level, decay, wander, end = _parts(log_k)
    return MEAN_LEVEL * level + MEAN_DECAY * decay + MEAN_WANDER * wander + MEAN_END * end
