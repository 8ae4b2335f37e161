"""The kernel of the Gaussian processes: distances between mixed points, Matérn-5/2, factors.

The notation is that of `gp`. Numeric coordinates may be warped before distances are taken
(`warp`); categories enter by mismatch.
"""

from __future__ import annotations

from typing import cast

import numpy as np
import numpy.typing as npt
from scipy.linalg import lapack

from nbsweep.search.warp import warp, warp_by_parameter

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

JITTERS = (0.0, 1e-8, 1e-6, 1e-4, 1e-2)


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


class Pairs:
    """r² between all pairs of some points, at changing length scales and warps.

    Args:
        x: shape (n, d).
        is_category: shape (d,).
    """

    def __init__(self, x: Array, is_category: Mask) -> None:
        self.n, self.d = x.shape
        self._x = x[:, ~is_category]
        self._differences = squared_differences(x, is_category)
        self._numeric = np.flatnonzero(~is_category)
        self._categories = np.flatnonzero(is_category)

    def squared(self, inverse_square: Array, bend: Array | None = None) -> Array:
        """r², shape (n, n).

        Args:
            inverse_square: 1/ℓ_j², shape (d,).
            bend: t_j, shape (d,); None for straight axes.
        """
        if bend is None:
            return (inverse_square @ self._differences).reshape(self.n, self.n)
        z = self._bent(bend) * np.sqrt(inverse_square[self._numeric])
        norm = np.einsum("ij,ij->i", z, z)
        r2 = (-2.0 * z) @ z.T
        r2 += norm[:, None]
        r2 += norm
        np.maximum(r2, 0.0, out=r2)
        r2.flat[:: self.n + 1] = 0.0
        if len(self._categories):
            mismatch = inverse_square[self._categories] @ self._differences[self._categories]
            r2 += mismatch.reshape(self.n, self.n)
        return r2

    def weighted(
        self, weight: Array, inverse_square: Array, bend: Array | None = None
    ) -> tuple[Array, Array]:
        """½ Σ w_ab Δ_j²/ℓ_j² and −¼ Σ w_ab ∂(Δ_j²)/∂t_j /ℓ_j² over all pairs, each (d,).

        With (z_a − z_b)(g_a − g_b) written out, both are products of (n, n) and (n, d)
        matrices; g = ∂z/∂t.

        Args:
            weight: symmetric, shape (n, n).
            inverse_square: shape (d,).
            bend: as in `squared`; without it the second is 0.
        """
        if bend is None:
            summed = self._differences @ weight.reshape(-1)
            return 0.5 * inverse_square * summed, np.zeros(self.d)
        by_scale, by_bend = np.zeros(self.d), np.zeros(self.d)
        at = self._numeric
        z, slope = self._bent(bend), warp_by_parameter(self._x, bend[at])
        spread = weight.sum(axis=1)[:, None] * z - weight @ z
        by_scale[at] = inverse_square[at] * (spread * z).sum(axis=0)
        by_bend[at] = -inverse_square[at] * (spread * slope).sum(axis=0)
        if len(self._categories):
            summed = self._differences[self._categories] @ weight.reshape(-1)
            by_scale[self._categories] = 0.5 * inverse_square[self._categories] * summed
        return by_scale, by_bend

    def _bent(self, bend: Array) -> Array:
        """Warped numeric coordinates, shape (n, number of numeric axes)."""
        return warp(self._x, bend[self._numeric])


class Distances:
    """r² from any points to the rows of b, at h vectors of length scales (h, d) at once.

    Points are (n, d), or (h, n, d) where each vector of length scales has its own.
    What depends on b alone is computed once.
    """

    def __init__(self, b: Array, is_category: Mask, lengthscale: Array) -> None:
        self._inverse_square = np.where(is_category, 0.0, lengthscale**-2.0)
        self._minus_twice = -2.0 * np.swapaxes(b * self._inverse_square[:, None, :], 1, 2)
        self._square = self._norm(b)[:, None, :]
        self._categories = [
            (int(j), b[..., None, :, j], lengthscale[:, j, None, None] ** -2.0)
            for j in np.flatnonzero(is_category)
        ]

    def __call__(self, a: Array) -> Array:
        """r², shape (h, m, n), from the rows of a (m, d) or (h, m, d)."""
        r2 = a @ self._minus_twice
        r2 += self._norm(a)[:, :, None]
        r2 += self._square
        np.maximum(r2, 0.0, out=r2)
        for j, column, weight in self._categories:
            r2 += weight * (a[..., j, None] != column)
        return cast(Array, r2)

    def _norm(self, a: Array) -> Array:
        """Σ_j a_j²/ℓ_j² over numeric coordinates, shape (h, m)."""
        if a.ndim == 2:
            return cast(Array, self._inverse_square @ np.square(a).T)
        return cast(Array, (np.square(a) @ self._inverse_square[:, :, None])[:, :, 0])


def cholesky(matrix: Array) -> Array:
    """Lower Cholesky factor of a symmetric matrix; adds the least jitter that is needed.

    LAPACK directly: the checks of scipy.linalg.cholesky cost more than the
    factorisation of the small matrices here.

    Raises:
        ArithmeticError: not positive definite even with jitter, or not finite.
    """
    for jitter in JITTERS:
        trial = matrix.copy()
        if jitter:
            trial.flat[:: len(trial) + 1] += jitter * float(np.mean(np.diag(matrix)))
        # The transpose of a symmetric C-ordered matrix is what Fortran wants, uncopied.
        factor, info = lapack.dpotrf(trial.T, lower=1, overwrite_a=1, clean=1)
        if info == 0 and np.isfinite(factor[-1, -1]):
            return np.asarray(factor)
    raise ArithmeticError("kernel matrix is not positive definite")


def inverse_from_cholesky(factor: Array) -> Array:
    """(L Lᵀ)⁻¹, full symmetric, from the lower factor L."""
    inverse, _ = lapack.dpotri(factor, lower=1)
    return np.asarray(inverse + np.tril(inverse, -1).T)
