"""Gaussian process regression on mixed coordinates: fit by MAP, posterior, gradients.

Notation (rows are points; a "mixed" point has numeric and categorical coordinates):

======================  ==================================================================
n, m, d                 training points, query points, dimensions
h                       sets of hyperparameters that are used side by side
x_train (n, d)          numeric coordinates in [0, 1]; categories as their index
y (n,)                  targets, standardised, to be minimised by whoever asks
is_category (d,)        which coordinates are categories
lengthscale (d,)        ℓ_j; one per dimension (automatic relevance determination)
signal_variance         s
noise_variance          σ²
extra_noise (n,)        variance added to σ² of single points (0 = an ordinary observation)
t_j                     how axis j bends (`warp`); z_j = w(x_j; t_j), and x_j where it is straight
r² (n, m)               Σ_j Δ_j² / ℓ_j², with Δ_j = z_j − z'_j, or 1[x_j ≠ x'_j] for a category
K (n, n)                s·κ(r²) + diag(σ² + extra_noise)
κ(r²)                   Matérn-5/2: (1 + √5 r + 5/3 r²)·exp(−√5 r)
======================  ==================================================================

Choices and their sources:

- Matérn-5/2 with a length scale each: Snoek, Larochelle & Adams 2012, section 3.2.
- Categories enter r² by mismatch (a Hamming kernel with its own scale, multiplied into
  the numeric one as in Ru et al. 2020, CoCaBO), so that order in a list means nothing.
- log ℓ_j ~ N(log ℓ₀ + ½ ln d, …): distances grow like √d, and so do plausible length scales
  (Hvarfner, Hellsten & Nardi 2024). Works from 1 to 100 dimensions without overfitting.
- Numeric axes may bend, by one parameter each: `warp`. Its prior is normal around 0, a straight
  axis, so that it is fitted and drawn with the logarithms of the others.
- Maximum a posteriori by L-BFGS-B on the log of each hyperparameter, analytic gradients
  (Rasmussen & Williams 2006, eq. 5.9).
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, cast

import numpy as np
import numpy.typing as npt
from scipy.linalg import lapack
from scipy.optimize import minimize

from nbsweep.search.kernel import Distances, Pairs, cholesky, inverse_from_cholesky, matern52
from nbsweep.search.warp import warp, warp_slope

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

LENGTHSCALE_BOUNDS = (0.02, 100.0)
SIGNAL_BOUNDS = (0.05, 20.0)
NOISE_BOUNDS = (1e-6, 2.0)  # the lower one keeps K well conditioned with duplicates
MAX_FIT_ITERATIONS = 25
STEPS_PER_DRAW = 6
MAX_SHRINKS = 20
MIN_VARIANCE = 1e-12
BEND_BOUNDS = (-8.0, 8.0)  # e⁻⁸ of an axis: finer than that, a range is not meant


@dataclass(frozen=True)
class Prior:
    """Independent normal laws of the logarithms of the hyperparameters.

    Attributes:
        lengthscale: median length scale at d = 1; it grows by √d. At 0.35 a response
            bends about three times over a range.
        lengthscale_log_sd: spread of log ℓ_j.
        signal_log_sd: spread of log s around 0, since targets are standardised.
        noise_variance: median noise: training is nearly repeatable unless data say
            otherwise.
        noise_log_sd: spread of log σ².
        bend_sd: spread of t_j around 0, a straight axis, one for each axis; one of 0 stays
            straight. Empty where all do.
    """

    lengthscale: float = 0.35
    lengthscale_log_sd: float = 1.0
    signal_log_sd: float = 1.0
    noise_variance: float = 1e-3
    noise_log_sd: float = 1.4
    bend_sd: tuple[float, ...] = ()

    def mode(self, d: int) -> Hyperparameters:
        """The hyperparameters that the prior alone prefers in d dimensions."""
        lengthscale = self.lengthscale * math.sqrt(max(d, 1))
        bend = np.zeros(d) if self.bend_sd else None
        return Hyperparameters(np.full(d, lengthscale), 1.0, self.noise_variance, bend)

    def log_sd(self, d: int) -> Array:
        """Standard deviations of what `Hyperparameters.to_vector` gives, of its shape."""
        sd = np.append(np.full(d, self.lengthscale_log_sd), [self.signal_log_sd, self.noise_log_sd])
        return np.append(sd, self.bend_sd)

    def log_density(self, theta: Array) -> tuple[float, Array]:
        """Log density of a vector of hyperparameters, up to a constant, and its gradient."""
        centre, sd = _normal(self, len(theta) - 2 - len(self.bend_sd))
        z = (theta - centre) / sd
        return -0.5 * float(z @ z), -z / sd


DEFAULT_PRIOR = Prior()


@functools.lru_cache(maxsize=32)  # a fit asks some thirty times
def _normal(prior: Prior, d: int) -> tuple[Array, Array]:
    """Means and standard deviations of `Prior.log_density`, each of the shape of theta."""
    sd = prior.log_sd(d)
    return prior.mode(d).to_vector(), np.where(sd > 0.0, sd, 1.0)  # what stays straight is at 0


@dataclass(frozen=True)
class Hyperparameters:
    """Kernel hyperparameters in standardised units; see the notation table.

    Attributes:
        lengthscale: shape (d,).
        signal_variance: prior variance of the function.
        noise_variance: variance of one ordinary observation.
        bend: shape (d,), the t of each axis (`warp`), without effect on categories; None
            where all are straight.
    """

    lengthscale: Array
    signal_variance: float = 1.0
    noise_variance: float = 1e-3
    bend: Array | None = None

    def to_vector(self) -> Array:
        """Log ℓ (d), log s, log σ², and where axes bend their t (d)."""
        values = np.append(self.lengthscale, [self.signal_variance, self.noise_variance])
        return cast(Array, np.append(np.log(values), [] if self.bend is None else self.bend))

    @classmethod
    def from_vector(cls, theta: Array, d: int | None = None) -> Hyperparameters:
        """Inverse of `to_vector`; d may be left out where no axis bends."""
        d = len(theta) - 2 if d is None else d
        values = np.exp(theta[: d + 2])
        bend = theta[d + 2 :].copy() if len(theta) > d + 2 else None
        return cls(values[:d], float(values[d]), float(values[d + 1]), bend)


def negative_log_posterior(
    theta: Array,
    pairs: Pairs,
    y: Array,
    extra_noise: Array,
    prior: Prior = DEFAULT_PRIOR,
) -> tuple[float, Array]:
    """−log p(y | θ) − log p(θ) and its gradient with respect to θ.

    ∂/∂θ_i = ½ tr((K⁻¹ − ααᵀ) ∂K/∂θ_i), α = K⁻¹y (Rasmussen & Williams 2006, eq. 5.9).

    Args:
        theta: as `Hyperparameters.to_vector`.
        pairs: of the n points.
        y: targets, shape (n,).
        extra_noise: shape (n,).
        prior: of the hyperparameters.

    Returns:
        The value, and the gradient of the shape of theta. A matrix that cannot be factored
        gives a large value with a zero gradient, from which the line search turns back.
    """
    n, d = pairs.n, pairs.d
    inverse_square, bend = _shape(theta, d)
    signal, noise = math.exp(theta[d]), math.exp(theta[d + 1])
    correlation, slope = matern52(pairs.squared(inverse_square, bend))
    kernel = signal * correlation
    covariance = kernel.copy()
    covariance.flat[:: n + 1] += noise + extra_noise
    try:
        factor = cholesky(covariance)
    except ArithmeticError:
        return 1e10, np.zeros_like(theta)
    inverse = inverse_from_cholesky(factor)
    alpha = inverse @ y
    weight = inverse - np.outer(alpha, alpha)
    value = 0.5 * float(y @ alpha) + float(np.log(np.diag(factor)).sum())
    slope *= weight
    slope *= signal
    by_scale, by_bend = pairs.weighted(slope, inverse_square, bend)
    gradient = np.empty_like(theta)
    gradient[:d] = by_scale
    gradient[d] = 0.5 * float(np.vdot(weight, kernel))
    gradient[d + 1] = 0.5 * noise * float(np.trace(weight))
    if bend is not None:
        gradient[d + 2 :] = by_bend
    log_density, slope_of_prior = prior.log_density(theta)
    return value - log_density, gradient - slope_of_prior


def _shape(theta: Array, d: int) -> tuple[Array, Array | None]:
    """1/ℓ² (d,), and t (d,) where axes bend."""
    return np.exp(-2.0 * theta[:d]), theta[d + 2 :] if len(theta) > d + 2 else None


def _bounds(d: int, prior: Prior) -> tuple[Array, Array]:
    bounds = np.log([LENGTHSCALE_BOUNDS] * d + [SIGNAL_BOUNDS, NOISE_BOUNDS])
    if prior.bend_sd:
        free = np.array(prior.bend_sd)[:, None] > 0.0
        bounds = np.vstack([bounds, free * np.array(BEND_BOUNDS)])
    return bounds[:, 0], bounds[:, 1]


def fit(
    x: Array,
    y: Array,
    is_category: Mask,
    extra_noise: Array | None = None,
    start: Hyperparameters | None = None,
    prior: Prior = DEFAULT_PRIOR,
    iterations: int = MAX_FIT_ITERATIONS,
) -> tuple[Hyperparameters, float]:
    """The hyperparameters of highest posterior density, and minus the log of it.

    Args:
        x: shape (n, d), n ≥ 1.
        y: shape (n,), standardised and finite.
        is_category: shape (d,).
        extra_noise: shape (n,); zeros when omitted.
        start: where L-BFGS-B starts; the mode of the prior when omitted.
        prior: of the hyperparameters.
        iterations: of L-BFGS-B, at most.
    """
    d = x.shape[1]
    extra = np.zeros(len(y)) if extra_noise is None else extra_noise
    pairs = Pairs(x, is_category)
    low, high = _bounds(d, prior)
    first = np.clip((start or prior.mode(d)).to_vector(), low, high)
    result = minimize(
        negative_log_posterior,
        first,
        args=(pairs, y, extra, prior),
        jac=True,
        method="L-BFGS-B",
        bounds=np.column_stack([low, high]),
        options={"maxiter": iterations, "ftol": 1e-5, "gtol": 1e-2},
    )
    if not (math.isfinite(result.fun) and np.all(np.isfinite(result.x))):
        return prior.mode(d), math.inf
    return Hyperparameters.from_vector(result.x, d), float(result.fun)


def sample_hyperparameters(
    x: Array,
    y: Array,
    is_category: Mask,
    start: Hyperparameters,
    count: int,
    rng: np.random.Generator,
    extra_noise: Array | None = None,
    prior: Prior = DEFAULT_PRIOR,
) -> list[Hyperparameters]:
    """Draws from the posterior of the hyperparameters, by elliptical slice sampling.

    With few points many length scales explain the data, and trusting the single best
    set explores too little (Snoek et al. 2012, section 3.1). The prior is normal, so the
    sampler needs no tuning: a point on the ellipse through the state and a draw from the
    prior, the angle shrinking until the likelihood exceeds its slice (Murray, Adams &
    MacKay 2010, figure 2).

    Args:
        x: points, shape (n, d).
        y: targets, shape (n,).
        is_category: shape (d,).
        start: where the chain starts, usually the maximum that `fit` found.
        count: number of draws, STEPS_PER_DRAW apart.
        rng: source of the chain.
        extra_noise: shape (n,); zeros when omitted.
        prior: of the hyperparameters.
    """
    d = x.shape[1]
    extra = np.zeros(len(y)) if extra_noise is None else extra_noise
    pairs = Pairs(x, is_category)
    low, high = _bounds(d, prior)
    centre, spread = prior.mode(d).to_vector(), prior.log_sd(d)
    state = start.to_vector()
    level = log_likelihood(state, pairs, y, extra)
    draws = []
    for step in range(count * STEPS_PER_DRAW):
        other = spread * rng.normal(size=len(spread))
        threshold = level + math.log(max(rng.random(), 1e-300))
        angle = 2.0 * math.pi * rng.random()
        lower, upper = angle - 2.0 * math.pi, angle
        for _ in range(MAX_SHRINKS):
            trial = centre + (state - centre) * math.cos(angle) + other * math.sin(angle)
            if np.all(trial >= low) and np.all(trial <= high):
                likelihood = log_likelihood(trial, pairs, y, extra)
                if likelihood > threshold:
                    state, level = trial, likelihood
                    break
            if angle < 0.0:
                lower = angle
            else:
                upper = angle
            angle = lower + (upper - lower) * rng.random()
        if (step + 1) % STEPS_PER_DRAW == 0:
            draws.append(Hyperparameters.from_vector(state, d))
    return draws


def log_likelihood(theta: Array, pairs: Pairs, y: Array, extra_noise: Array) -> float:
    """Log p(y | θ) up to a constant; −inf for a matrix that cannot be factored."""
    d = pairs.d
    covariance, _ = matern52(pairs.squared(*_shape(theta, d)))
    covariance *= math.exp(theta[d])
    covariance.flat[:: pairs.n + 1] += math.exp(theta[d + 1]) + extra_noise
    try:
        factor = cholesky(covariance)
    except ArithmeticError:
        return -math.inf
    solved, _ = lapack.dtrtrs(factor, y, lower=1)
    return -0.5 * float(solved @ solved) - float(np.log(np.diag(factor)).sum())


class Mean(Protocol):
    """A function that a process is expected to follow, in standardised units."""

    def value(self, x: Array) -> Array:
        """Values (m,) at points x (m, d)."""
        ...

    def value_and_gradient(self, x: Array) -> tuple[Array, Array]:
        """Values (m,) and gradients (m, d), 0 along categories."""
        ...


class GaussianProcess:
    """Posterior of a GP at fixed hyperparameters, or at h sets of them side by side.

    The sets share the training points, so that one array operation serves them all; with
    tens of points that costs little more than one set.

    Args:
        x_train: shape (n, d).
        y: shape (n,), or (h, n) where each set has its own targets.
        is_category: shape (d,).
        hyperparameters: one or several sets; one counts as h = 1.
        extra_noise: shape (n,); zeros when omitted.
        prior_mean: what is expected where no point is near; 0 when omitted.

    Attributes:
        x_train: shape (n, d).
        y: shape (h, n).
        is_category: shape (d,).
        hyperparameters: the h sets.
        noise_variance: shape (h,).
    """

    def __init__(
        self,
        x_train: Array,
        y: Array,
        is_category: Mask,
        hyperparameters: Hyperparameters | Sequence[Hyperparameters],
        extra_noise: Array | None = None,
        prior_mean: Mean | None = None,
    ) -> None:
        if isinstance(hyperparameters, Hyperparameters):
            hyperparameters = [hyperparameters]
        self.x_train = x_train
        self.is_category = is_category
        self.hyperparameters = tuple(hyperparameters)
        self.noise_variance = np.array([each.noise_variance for each in hyperparameters])
        self._signal = np.array([each.signal_variance for each in hyperparameters])[:, None, None]
        self._lengthscale = np.array([each.lengthscale for each in hyperparameters])
        self._inverse_square = np.where(is_category, 0.0, self._lengthscale**-2.0)[:, None, :]
        straight = np.zeros(x_train.shape[1])
        bend = np.array([straight if e.bend is None else e.bend for e in hyperparameters])
        self._bends = np.flatnonzero(np.any(bend != 0.0, axis=0) & ~is_category)
        self._bend = bend[:, None, self._bends]
        self._z_train = self._bent(x_train)
        self._distances = Distances(self._z_train, is_category, self._lengthscale)
        covariance = self._kernel(x_train)[0]
        at = np.arange(len(x_train))
        covariance[:, at, at] += self.noise_variance[:, None] + (
            0.0 if extra_noise is None else extra_noise
        )
        self._inverse = np.array([inverse_from_cholesky(cholesky(each)) for each in covariance])
        self.y = np.broadcast_to(y, (len(self._inverse), len(x_train)))
        self._prior_mean = prior_mean
        above = self.y if prior_mean is None else self.y - prior_mean.value(x_train)
        self._alpha = (self._inverse @ above[:, :, None])[:, :, 0]  # (h, n)

    def posterior(self, x: Array) -> tuple[Array, Array]:
        """Mean and standard deviation of the noise-free function at x (m, d), each (h, m)."""
        kernel, _ = self._kernel(x)
        return self._mean(x, kernel), self._sd(kernel, kernel @ self._inverse)

    def mean(self, x: Array) -> Array:
        """The mean alone at x (m, d), shape (h, m), at a fraction of the cost."""
        return self._mean(x, self._kernel(x)[0])

    def mean_with_gradient(self, x: Array) -> tuple[Array, Array]:
        """The mean (h, m), and its gradient (h, m, d), 0 along categories."""
        z = self._bent(x)
        kernel, slope = self._kernel_of(z)
        return self._mean(x, kernel), self._mean_gradient(x, z, slope)

    def joint(self, x: Array) -> tuple[Array, Array]:
        """Mean (h, m) and covariance (h, m, m) of the noise-free function at x (m, d)."""
        kernel, _ = self._kernel(x)
        z = self._bent(x)
        correlation, _ = matern52(Distances(z, self.is_category, self._lengthscale)(z))
        explained = kernel @ self._inverse @ np.swapaxes(kernel, 1, 2)
        return self._mean(x, kernel), cast(Array, self._signal * correlation - explained)

    def leave_one_out(self) -> Array:
        """What the others predict for each training point, shape (h, n).

        y_i − α_i / (K⁻¹)_ii, without a refit (Rasmussen & Williams 2006, eq. 5.12). Runs of
        the same point are left out together, else each would be predicted by its twins:
        y_B − (K⁻¹_BB)⁻¹ α_B for the rows B of a point.
        """
        predicted = self.y - self._alpha / np.einsum("hnn->hn", self._inverse)
        _, place, count = np.unique(self.x_train, axis=0, return_inverse=True, return_counts=True)
        for repeated in np.flatnonzero(count > 1):
            rows = np.flatnonzero(place.reshape(-1) == repeated)
            block = self._inverse[:, rows[:, None], rows]
            left = np.linalg.solve(block, self._alpha[:, rows, None])[:, :, 0]
            predicted[:, rows] = self.y[:, rows] - left
        return cast(Array, predicted)

    def posterior_with_gradient(self, x: Array) -> tuple[Array, Array, Array, Array]:
        """`posterior` and its gradients with respect to the numeric coordinates of x.

        Returns:
            mean (h, m), sd (h, m), gradient of the mean (h, m, d), of the sd (h, m, d);
            gradients are 0 along categories.
        """
        z = self._bent(x)
        kernel, slope = self._kernel_of(z)
        solved = kernel @ self._inverse  # rows k(x)ᵀ K⁻¹, shape (h, m, n)
        sd = self._sd(kernel, solved)
        # ∂k(x, x_i)/∂x_j = −s·slope_i·(x_j − x_ij)/ℓ_j². Summed over i with weights w_i
        # that is −(x_j Σ w_i − Σ w_i x_ij)/ℓ_j²: two products, no tensor (h, m, n, d).
        mean_gradient = self._mean_gradient(x, z, slope)
        sd_gradient = -self._weighted_difference(z, slope * solved) / sd[:, :, None]
        sd_gradient = self._by_x(x, sd_gradient)
        return self._mean(x, kernel), sd, mean_gradient, sd_gradient

    def _mean_gradient(self, x: Array, z: Array, slope: Array) -> Array:
        """Of the mean at x (m, d), shape (h, m, d); `slope` is multiplied by s in place."""
        slope *= self._signal
        gradient = self._by_x(x, self._weighted_difference(z, slope * self._alpha[:, None, :]))
        if self._prior_mean is not None:
            gradient += self._prior_mean.value_and_gradient(x)[1]
        return gradient

    def _by_x(self, x: Array, gradient: Array) -> Array:
        """A gradient (h, m, d) by z = w(x) as one by x, in place: ∂/∂x = w'(x) ∂/∂z."""
        if len(self._bends):
            gradient[:, :, self._bends] *= warp_slope(x[:, self._bends], self._bend)
        return gradient

    def _bent(self, x: Array) -> Array:
        """Points x (m, d) on the bent axes of each set, shape (h, m, d); x where none bends."""
        if not len(self._bends):
            return x
        z = np.repeat(x[None, :, :], len(self._bend), axis=0)
        z[:, :, self._bends] = warp(x[:, self._bends], self._bend)
        return z

    def _weighted_difference(self, z: Array, weights: Array) -> Array:
        """−Σ_i w_i (z − z_i)/ℓ² over the last axis of weights (h, m, n); 0 along categories."""
        total = weights.sum(axis=-1)[:, :, None]
        return cast(Array, (weights @ self._z_train - total * z) * self._inverse_square)

    def _kernel(self, x: Array) -> tuple[Array, Array]:
        """Kernel and −2/s times its slope in r², of x (m, d) and the training points: (h, m, n)."""
        return self._kernel_of(self._bent(x))

    def _kernel_of(self, z: Array) -> tuple[Array, Array]:
        correlation, slope = matern52(self._distances(z))
        correlation *= self._signal
        return correlation, slope

    def _mean(self, x: Array, kernel: Array) -> Array:
        mean = cast(Array, (kernel @ self._alpha[:, :, None])[:, :, 0])
        return mean if self._prior_mean is None else mean + self._prior_mean.value(x)

    def _sd(self, kernel: Array, solved: Array) -> Array:
        explained = np.einsum("hmn,hmn->hm", kernel, solved)
        variance = self._signal[:, :, 0] - explained
        return cast(Array, np.sqrt(np.maximum(variance, MIN_VARIANCE)))
