"""Whether a claim about one parameter still stands with all other parameters alike.

Notation:
    n       runs
    k       the parameter that the claim is about
    x       (n,) the claim's column, as in `claim_features`
    z       (n,) the result, standardised
    f       any function of all parameters but k
    V       (n, n) covariance of f at the runs, plus noise

A search that looks at results settles: from then on it hands out good values of what matters
along with some value of what does not, so that both differ between early and late runs, and
what does nothing looks as if it had helped. Shuffles do not tell, since they make parameters
and results independent, and no few columns say all that other parameters may do.

So the claim has to stand beside f, whatever that is: z = f + β x + noise with f a Gaussian
process, whose length scales are fitted without k (those of `search.gp`), and

    β = xᵀV⁻¹z / xᵀV⁻¹x,    T = xᵀV⁻¹z / √(xᵀV⁻¹x),

both with the mean taken out, is generalised least squares: the linear mixed model with which
genetics keeps apart what a gene does and what only comes along with a family (Kang et al.,
"Efficient control of population structure in model organism association mapping", 2008).
With many runs f is summed up by its values at `LANDMARKS` of them (FITC: Snelson &
Ghahramani, "Sparse Gaussian processes using pseudo-inputs", 2006).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from nbsweep.analysis.claim_features import Features, ranks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Mask = NDArray[np.bool_]

# Runs that length scales are fitted to, and that f is summed up by, at even distances in time.
FITTED, LANDMARKS = 80, 100
ITERATIONS = 20
# Other parameters that f may depend on, those that go most with the result.
MOST_OTHERS = 12
# Median of the noise's variance, as a share of all.
NOISE, LEAST_NOISE = 0.1, 1e-4
# Place of runs that lack a parameter: as far from all that have it as its ends are apart.
MISSING = -1.0


@dataclass(frozen=True)
class Given:
    """What is left of a claim with all other parameters alike.

    Attributes:
        t: T, about standard normal for a parameter that does nothing.
        most: the largest |T| of all parts of the parameter.
        share: β over what it is without looking at other parameters; 1 where nothing of the
            difference is due to them.
    """

    t: float
    most: float
    share: float


def given_others(found: Features, j: int, z: Floats, strength: Floats) -> Given | None:
    """What is left of the claim j; None where no other parameter varied.

    Args:
        found: parts of the parameters over n runs.
        j: index of the claim's part.
        z: shape (n,), the result, centred and of length 1, without values that are far off.
        strength: shape (m,), how strongly each part goes with the result.
    """
    x, is_category = _others(found, found.parts[j].k, strength)
    if not len(is_category):
        return None
    from nbsweep.search.blas import one_blas_thread  # scipy, only where there is a claim

    own = [j, *(i for i, part in enumerate(found.parts) if part.k == found.parts[j].k)]
    with one_blas_thread():
        return _tested(x, is_category, math.sqrt(len(z)) * z, found.x[:, own].astype(np.float64))


def _others(found: Features, k: int, strength: Floats) -> tuple[Floats, Mask]:
    """Places of the runs on the axes of the other parameters, shape (n, d); which are categories.

    By rank, from 0 to 1: where a search has settled its runs lie close together.
    """
    strongest: dict[int, float] = {}
    for part, t in zip(found.parts, np.abs(strength), strict=True):
        strongest[part.k] = max(strongest.get(part.k, 0.0), float(t))
    columns: list[Floats] = []
    is_category: list[bool] = []
    for other in sorted(range(found.numbers.shape[1]), key=lambda c: -strongest.get(c, 0.0)):
        numbers = found.numbers[:, other]
        has = ~np.isnan(numbers)
        if len(columns) == MOST_OTHERS:
            break
        if other == k or np.all(numbers == numbers[0]) or not has.any():
            continue
        places = np.full(len(numbers), MISSING)
        category = found.kinds[other] == "category"
        rank = numbers[has] if category else ranks(numbers[has])
        places[has] = rank if category else rank / max(1.0, float(rank.max()))
        columns.append(places)
        is_category.append(category)
    return np.array(columns).T.reshape(len(found.numbers), -1), np.array(is_category, dtype=bool)


def _tested(x: Floats, is_category: Mask, z: Floats, columns: Floats) -> Given | None:
    """T and β's share, V⁻¹ by Woodbury's identity from the landmarks."""
    from scipy.linalg import lapack

    from nbsweep.search.gp import Prior, fit
    from nbsweep.search.kernel import Distances, cholesky, matern52

    few = _evenly(len(z), FITTED)
    law, _ = fit(
        x[few], z[few], is_category, prior=Prior(noise_variance=NOISE), iterations=ITERATIONS
    )
    at = np.unique(x[_evenly(len(z), LANDMARKS)], axis=0)
    distances = Distances(at[None], is_category, law.lengthscale[None])
    cross = law.signal_variance * matern52(distances(x)[0])[0]
    within = law.signal_variance * matern52(distances(at)[0])[0]
    try:
        factor = cholesky(within)
        phi = lapack.dtrtrs(factor, cross.T, lower=1)[0].T
        missed = np.maximum(law.signal_variance - np.einsum("ij,ij->i", phi, phi), 0.0)
        noise = missed + max(law.noise_variance, LEAST_NOISE)
        scaled = phi / noise[:, None]
        inner = scaled.T @ phi
        inner.flat[:: len(inner) + 1] += 1.0
        root = cholesky(inner)
    except ArithmeticError:
        return None
    sides = np.column_stack([np.ones(len(z)), z, columns])
    half = lapack.dtrtrs(root, scaled.T @ sides, lower=1)[0]
    one, response = (_products(sides, half, noise, i) for i in (0, 1))
    across = response[1:] - one[1:] * one[1] / one[0]  # of z, with the mean taken out
    lengths = np.einsum("ij,ij->j", sides, sides / noise[:, None])
    lengths -= np.einsum("ij,ij->j", half, half) + one**2 / one[0]
    lengths = lengths[2:]
    if across[0] <= 0.0 or lengths[0] <= 0.0:
        return None
    spread = across[0] / (len(z) - 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        t = np.where(lengths > 1e-9, across[1:] / np.sqrt(lengths * spread), 0.0)
    plain = float(columns[:, 0] @ z)
    share = float(across[1] / lengths[0]) / plain if plain else 0.0
    return Given(float(t[0]), float(np.abs(t).max()), share)


def _products(sides: Floats, half: Floats, noise: Floats, i: int) -> Floats:
    """Of one side with all, by V⁻¹."""
    return np.asarray((sides[:, i] / noise) @ sides - half[:, i] @ half)


def _evenly(n: int, most: int) -> NDArray[np.intp]:
    """Indices of at most so many of n runs."""
    return np.unique(np.linspace(0, n - 1, min(n, most)).round().astype(np.intp))
