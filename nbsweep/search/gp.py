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
r² (n, m)               Σ_j Δ_j² / ℓ_j², with Δ_j = x_j − x'_j, or 1[x_j ≠ x'_j] for a category
K (n, n)                s·κ(r²) + diag(σ² + extra_noise)
κ(r²)                   Matérn-5/2: (1 + √5 r + 5/3 r²)·exp(−√5 r)
======================  ==================================================================

Choices and their sources:

- Matérn-5/2 with a length scale each: Snoek, Larochelle & Adams 2012, section 3.2.
- Categories enter r² by mismatch (a Hamming kernel with its own scale, multiplied into
  the numeric one as in Ru et al. 2020, CoCaBO), so that order in a list means nothing.
- log ℓ_j ~ N(log ℓ₀ + ½ ln d, …): distances grow like √d, and so do plausible length scales
  (Hvarfner, Hellsten & Nardi 2024). Works from 1 to 100 dimensions without overfitting.
- Maximum a posteriori by L-BFGS-B on the log of each hyperparameter, analytic gradients
  (Rasmussen & Williams 2006, eq. 5.9).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import numpy.typing as npt
from scipy.linalg import lapack
from scipy.optimize import minimize

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

LENGTHSCALE_BOUNDS = (0.02, 100.0)
SIGNAL_BOUNDS = (0.05, 20.0)
NOISE_BOUNDS = (1e-6, 2.0)  # the lower one keeps K well conditioned with duplicates
MAX_FIT_ITERATIONS = 25
STEPS_PER_DRAW = 6
MAX_SHRINKS = 20
JITTERS = (0.0, 1e-8, 1e-6, 1e-4, 1e-2)
MIN_VARIANCE = 1e-12


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
    """

    lengthscale: float = 0.35
    lengthscale_log_sd: float = 1.0
    signal_log_sd: float = 1.0
    noise_variance: float = 1e-3
    noise_log_sd: float = 1.4

    def mode(self, d: int) -> Hyperparameters:
        """The hyperparameters that the prior alone prefers in d dimensions."""
        lengthscale = self.lengthscale * math.sqrt(max(d, 1))
        return Hyperparameters(np.full(d, lengthscale), 1.0, self.noise_variance)

    def log_sd(self, d: int) -> Array:
        """Standard deviations of the log-hyperparameters, shape (d + 2,)."""
        return np.append(
            np.full(d, self.lengthscale_log_sd), [self.signal_log_sd, self.noise_log_sd]
        )

    def log_density(self, theta: Array) -> tuple[float, Array]:
        """Log density of log-hyperparameters, up to a constant, and its gradient (d + 2,)."""
        d = len(theta) - 2
        sd = self.log_sd(d)
        z = (theta - self.mode(d).to_vector()) / sd
        return -0.5 * float(z @ z), -z / sd


DEFAULT_PRIOR = Prior()


@dataclass(frozen=True)
class Hyperparameters:
    """Kernel hyperparameters in standardised units; see the notation table.

    Attributes:
        lengthscale: shape (d,).
        signal_variance: prior variance of the function.
        noise_variance: variance of one ordinary observation.
    """

    lengthscale: Array
    signal_variance: float = 1.0
    noise_variance: float = 1e-3

    def to_vector(self) -> Array:
        """Logarithms, shape (d + 2,): length scales, signal variance, noise variance."""
        values = np.append(self.lengthscale, [self.signal_variance, self.noise_variance])
        return cast(Array, np.log(values))

    @classmethod
    def from_vector(cls, theta: Array) -> Hyperparameters:
        """Inverse of `to_vector`."""
        values = np.exp(theta)
        return cls(values[:-2], float(values[-2]), float(values[-1]))


def matern52(r2: Array) -> tuple[Array, Array]:
    """Matérn-5/2 correlation κ(r²) and −2 dκ/d(r²), both of the shape of r².

    dκ/d(r²) = −5/6 (1 + √5 r) exp(−√5 r), finite at r = 0, which is why everything here
    is written in r² rather than r.
    """
    scaled = np.sqrt(5.0 * r2)
    decay = np.exp(-scaled)
    scaled += 1.0
    scaled *= decay
    decay *= r2
    slope = (5.0 / 3.0) * scaled
    decay *= 5.0 / 3.0
    return scaled + decay, slope


def squared_differences(x: Array, is_category: Mask) -> Array:
    """Δ_j² between all pairs of rows, shape (d, n·n): one row a dimension."""
    n, d = x.shape
    delta = x.T[:, :, None] - x.T[:, None, :]
    delta[is_category] = delta[is_category] != 0.0
    return np.square(delta).reshape(d, n * n)


class Distances:
    """r² from any points to the rows of b (n, d), at h vectors of length scales (h, d) at once.

    What depends on b alone is computed once.
    """

    def __init__(self, b: Array, is_category: Mask, lengthscale: Array) -> None:
        self._inverse_square = np.where(is_category, 0.0, lengthscale**-2.0)
        self._minus_twice = -2.0 * np.swapaxes(b * self._inverse_square[:, None, :], 1, 2)
        self._square = (self._inverse_square @ np.square(b).T)[:, None, :]
        self._categories = [
            (int(j), b[:, j], lengthscale[:, j, None, None] ** -2.0)
            for j in np.flatnonzero(is_category)
        ]

    def __call__(self, a: Array) -> Array:
        """r², shape (h, m, n), from the rows of a (m, d)."""
        r2 = a @ self._minus_twice
        r2 += (self._inverse_square @ np.square(a).T)[:, :, None]
        r2 += self._square
        np.maximum(r2, 0.0, out=r2)
        for j, column, weight in self._categories:
            r2 += weight * (a[:, j, None] != column)
        return cast(Array, r2)


def cholesky(matrix: Array) -> Array:
    """Lower Cholesky factor of a symmetric matrix; adds the least jitter that is needed.

    LAPACK directly: the checks of scipy.linalg.cholesky cost more than the
    factorisation of the small matrices here.

    Raises:
        ArithmeticError: not positive definite even with jitter, or not finite.
    """
    scale = float(np.mean(np.diag(matrix)))
    for jitter in JITTERS:
        trial = matrix.copy()
        trial[np.diag_indices_from(trial)] += jitter * scale
        # The transpose of a symmetric C-ordered matrix is what Fortran wants, uncopied.
        factor, info = lapack.dpotrf(trial.T, lower=1, overwrite_a=1, clean=1)
        if info == 0 and np.isfinite(factor[-1, -1]):
            return np.asarray(factor)
    raise ArithmeticError("kernel matrix is not positive definite")


def inverse_from_cholesky(factor: Array) -> Array:
    """(L Lᵀ)⁻¹, full symmetric, from the lower factor L."""
    inverse, _ = lapack.dpotri(factor, lower=1)
    return np.asarray(inverse + np.tril(inverse, -1).T)


def negative_log_posterior(
    theta: Array,
    differences: Array,
    y: Array,
    extra_noise: Array,
    prior: Prior = DEFAULT_PRIOR,
) -> tuple[float, Array]:
    """−log p(y | θ) − log p(θ) and its gradient with respect to θ.

    ∂/∂θ_i = ½ tr((K⁻¹ − ααᵀ) ∂K/∂θ_i), α = K⁻¹y (Rasmussen & Williams 2006, eq. 5.9).

    Args:
        theta: log-hyperparameters, shape (d + 2,), as `Hyperparameters.to_vector`.
        differences: Δ_j², shape (d, n·n), from `squared_differences`.
        y: targets, shape (n,).
        extra_noise: shape (n,).
        prior: of the hyperparameters.

    Returns:
        The value, and the gradient of shape (d + 2,). A matrix that cannot be factored
        gives a large value with a zero gradient, from which the line search turns back.
    """
    n, d = len(y), len(theta) - 2
    inverse_square = np.exp(-2.0 * theta[:d])
    signal, noise = math.exp(theta[d]), math.exp(theta[d + 1])
    r2 = (inverse_square @ differences).reshape(n, n)
    correlation, slope = matern52(r2)
    kernel = signal * correlation
    covariance = kernel.copy()
    covariance[np.diag_indices(n)] += noise + extra_noise
    try:
        factor = cholesky(covariance)
    except ArithmeticError:
        return 1e10, np.zeros_like(theta)
    inverse = inverse_from_cholesky(factor)
    alpha = inverse @ y
    weight = inverse - np.outer(alpha, alpha)
    value = 0.5 * float(y @ alpha) + float(np.log(np.diag(factor)).sum())
    gradient = np.empty(d + 2)
    gradient[:d] = 0.5 * signal * inverse_square * (differences @ (weight * slope).reshape(n * n))
    gradient[d] = 0.5 * float(np.vdot(weight, kernel))
    gradient[d + 1] = 0.5 * noise * float(np.trace(weight))
    log_density, slope_of_prior = prior.log_density(theta)
    return value - log_density, gradient - slope_of_prior


def _log_bounds(d: int) -> tuple[Array, Array]:
    bounds = np.log([LENGTHSCALE_BOUNDS] * d + [SIGNAL_BOUNDS, NOISE_BOUNDS])
    return bounds[:, 0], bounds[:, 1]


def fit(
    x: Array,
    y: Array,
    is_category: Mask,
    extra_noise: Array | None = None,
    starts: Sequence[Hyperparameters] = (),
    prior: Prior = DEFAULT_PRIOR,
    iterations: int = MAX_FIT_ITERATIONS,
) -> tuple[Hyperparameters, float]:
    """The hyperparameters of highest posterior density, and minus the log of it.

    Args:
        x: shape (n, d), n ≥ 1.
        y: shape (n,), standardised and finite.
        is_category: shape (d,).
        extra_noise: shape (n,); zeros when omitted.
        starts: where L-BFGS-B starts beside the mode of the prior.
        prior: of the hyperparameters.
        iterations: of L-BFGS-B, at most.
    """
    d = x.shape[1]
    extra = np.zeros(len(y)) if extra_noise is None else extra_noise
    differences = squared_differences(x, is_category)
    low, high = _log_bounds(d)
    best_theta = prior.mode(d).to_vector()
    best_value = math.inf
    for start in (prior.mode(d), *starts):
        result = minimize(
            negative_log_posterior,
            np.clip(start.to_vector(), low, high),
            args=(differences, y, extra, prior),
            jac=True,
            method="L-BFGS-B",
            bounds=np.column_stack([low, high]),
            options={"maxiter": iterations, "ftol": 1e-5, "gtol": 1e-2},
        )
        if result.fun < best_value and np.all(np.isfinite(result.x)):
            best_value, best_theta = float(result.fun), result.x
    return Hyperparameters.from_vector(best_theta), best_value


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
    differences = squared_differences(x, is_category)
    low, high = _log_bounds(d)
    centre, spread = prior.mode(d).to_vector(), prior.log_sd(d)
    state = start.to_vector()
    level = log_likelihood(state, differences, y, extra)
    draws = []
    for step in range(count * STEPS_PER_DRAW):
        other = spread * rng.normal(size=d + 2)
        threshold = level + math.log(max(rng.random(), 1e-300))
        angle = 2.0 * math.pi * rng.random()
        lower, upper = angle - 2.0 * math.pi, angle
        for _ in range(MAX_SHRINKS):
            trial = centre + (state - centre) * math.cos(angle) + other * math.sin(angle)
            if np.all(trial >= low) and np.all(trial <= high):
                likelihood = log_likelihood(trial, differences, y, extra)
                if likelihood > threshold:
                    state, level = trial, likelihood
                    break
            if angle < 0.0:
                lower = angle
            else:
                upper = angle
            angle = lower + (upper - lower) * rng.random()
        if (step + 1) % STEPS_PER_DRAW == 0:
            draws.append(Hyperparameters.from_vector(state))
    return draws


def log_likelihood(theta: Array, differences: Array, y: Array, extra_noise: Array) -> float:
    """Log p(y | θ) up to a constant; −inf for a matrix that cannot be factored."""
    n, d = len(y), len(theta) - 2
    r2 = (np.exp(-2.0 * theta[:d]) @ differences).reshape(n, n)
    covariance = math.exp(theta[d]) * matern52(r2)[0]
    covariance[np.diag_indices(n)] += math.exp(theta[d + 1]) + extra_noise
    try:
        factor = cholesky(covariance)
    except ArithmeticError:
        return -math.inf
    solved, _ = lapack.dtrtrs(factor, y, lower=1)
    return -0.5 * float(solved @ solved) - float(np.log(np.diag(factor)).sum())


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
        self._distances = Distances(x_train, is_category, self._lengthscale)
        covariance = self._kernel(x_train)[0]
        at = np.arange(len(x_train))
        covariance[:, at, at] += self.noise_variance[:, None] + (
            0.0 if extra_noise is None else extra_noise
        )
        self._inverse = np.array([inverse_from_cholesky(cholesky(each)) for each in covariance])
        self.y = np.broadcast_to(y, (len(self._inverse), len(x_train)))
        self._alpha = (self._inverse @ self.y[:, :, None])[:, :, 0]  # (h, n)

    def posterior(self, x: Array) -> tuple[Array, Array]:
        """Mean and standard deviation of the noise-free function at x (m, d), each (h, m)."""
        kernel, _ = self._kernel(x)
        return self._mean(kernel), self._sd(kernel, kernel @ self._inverse)

    def joint(self, x: Array) -> tuple[Array, Array]:
        """Mean (h, m) and covariance (h, m, m) of the noise-free function at x (m, d)."""
        kernel, _ = self._kernel(x)
        correlation, _ = matern52(Distances(x, self.is_category, self._lengthscale)(x))
        explained = kernel @ self._inverse @ np.swapaxes(kernel, 1, 2)
        return self._mean(kernel), cast(Array, self._signal * correlation - explained)

    def leave_one_out(self) -> Array:
        """What the others predict for each training point, shape (h, n).

        y_i − α_i / (K⁻¹)_ii, without a refit (Rasmussen & Williams 2006, eq. 5.12).
        """
        return cast(Array, self.y - self._alpha / np.einsum("hnn->hn", self._inverse))

    def posterior_with_gradient(self, x: Array) -> tuple[Array, Array, Array, Array]:
        """`posterior` and its gradients with respect to the numeric coordinates of x.

        Returns:
            mean (h, m), sd (h, m), gradient of the mean (h, m, d), of the sd (h, m, d);
            gradients are 0 along categories.
        """
        kernel, slope = self._kernel(x)
        solved = kernel @ self._inverse  # rows k(x)ᵀ K⁻¹, shape (h, m, n)
        sd = self._sd(kernel, solved)
        # ∂k(x, x_i)/∂x_j = −s·slope_i·(x_j − x_ij)/ℓ_j². Summed over i with weights w_i
        # that is −(x_j Σ w_i − Σ w_i x_ij)/ℓ_j²: two products, no tensor (h, m, n, d).
        slope *= self._signal
        mean_gradient = self._weighted_difference(x, slope * self._alpha[:, None, :])
        sd_gradient = -self._weighted_difference(x, slope * solved) / sd[:, :, None]
        return self._mean(kernel), sd, mean_gradient, sd_gradient

    def _weighted_difference(self, x: Array, weights: Array) -> Array:
        """−Σ_i w_i (x − x_i)/ℓ² over the last axis of weights (h, m, n); 0 along categories."""
        total = weights.sum(axis=-1)[:, :, None]
        return cast(Array, (weights @ self.x_train - total * x) * self._inverse_square)

    def _kernel(self, x: Array) -> tuple[Array, Array]:
        """Kernel and −2/s times its slope in r², of x (m, d) and the training points: (h, m, n)."""
        correlation, slope = matern52(self._distances(x))
        correlation *= self._signal
        return correlation, slope

    def _mean(self, kernel: Array) -> Array:
        return cast(Array, (kernel @ self._alpha[:, :, None])[:, :, 0])

    def _sd(self, kernel: Array, solved: Array) -> Array:
        explained = np.einsum("hmn,hmn->hm", kernel, solved)
        variance = self._signal[:, :, 0] - explained
        return cast(Array, np.sqrt(np.maximum(variance, MIN_VARIANCE)))
