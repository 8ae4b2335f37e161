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


@dataclass(frozen=True)
class _Others:
    """What other parameters may do, as V = φφᵀ + diag(noise).

    Attributes:
        phi: φ, shape (n, number of landmarks).
        noise: shape (n,), with what the landmarks do not tell of f.
    """

    phi: Floats
    noise: Floats


def given_others(found: Features, j: int, z: Floats, *, drifts: bool = False) -> Given | None:
    """What is left of the claim j; None where no other parameter varied.

    Args:
        found: parts of the parameters over n runs.
        j: index of the claim's part.
        z: shape (n,), the result, centred and of length 1, without values that are far off.
        drifts: whether f may also depend on when a run was, as durations do on a machine
            that others use.
    """
    k = found.parts[j].k
    own = [j, *(i for i, part in enumerate(found.parts) if part.k == k)]
    return _given(found, (k,), z, found.x[:, own].astype(np.float64), drifts=drifts)


def pair_given_others(found: Features, pair: tuple[int, int], z: Floats, x: Floats) -> float:
    """T of a column x about two parameters; 0 where there is nothing to test.

    Beside it stands any function of all but the one, plus any of all but the other.

    Args:
        found: parts of the parameters over n runs.
        pair: indices of the parameters.
        z: as for `given_others`.
        x: shape (n,).
    """
    given = _given(found, pair, z, x[:, None])
    return given.t if given is not None else 0.0


def _given(
    found: Features, ks: tuple[int, ...], z: Floats, columns: Floats, *, drifts: bool = False
) -> Given | None:
    from nbsweep.search.blas import one_blas_thread  # scipy, only where there is a claim

    z = math.sqrt(len(z)) * z
    with one_blas_thread():
        others = [each for k in ks if (each := _others(found, k, z, drifts=drifts)) is not None]
        if not others:
            return None
        phi = np.hstack([each.phi for each in others]) / math.sqrt(len(others))
        noise = np.mean([each.noise for each in others], axis=0)
        return _least_squares(_Others(phi, noise), z, columns)


def _others(found: Features, k: int, z: Floats, *, drifts: bool) -> _Others | None:
    """V of all parameters but k, its length scales fitted; None where there is nothing."""
    from scipy.linalg import lapack

    from nbsweep.search.gp import Prior, fit
    from nbsweep.search.kernel import Distances, cholesky, matern52

    x, is_category = _places(found, k, z)
    if drifts:
        x = np.column_stack([x, np.linspace(0.0, 1.0, len(z))])
        is_category = np.append(is_category, False)
    if not len(is_category):
        return None
    few = _evenly(len(z), FITTED)
    prior = Prior(noise_variance=NOISE)
    law, _ = fit(x[few], z[few], is_category, prior=prior, iterations=ITERATIONS)
    at = np.unique(x[_evenly(len(z), LANDMARKS)], axis=0)
    distances = Distances(at[None], is_category, law.lengthscale[None])
    cross = law.signal_variance * matern52(distances(x)[0])[0]
    within = law.signal_variance * matern52(distances(at)[0])[0]
    phi = np.asarray(lapack.dtrtrs(cholesky(within), cross.T, lower=1)[0]).T
    missed = np.maximum(law.signal_variance - np.einsum("ij,ij->i", phi, phi), 0.0)
    return _Others(phi, missed + max(law.noise_variance, LEAST_NOISE))


def _places(found: Features, k: int, z: Floats) -> tuple[Floats, Mask]:
    """Places of the runs on all axes but one, shape (n, d), and which are categories, (d,).

    By rank, from 0 to 1: where a search has settled its runs lie close together.
    """
    strength: dict[int, float] = {}
    for part, r in zip(found.parts, np.abs(z @ found.x), strict=True):
        strength[part.k] = max(strength.get(part.k, 0.0), float(r))
    columns: list[Floats] = []
    is_category: list[bool] = []
    for other in sorted(range(found.numbers.shape[1]), key=lambda c: -strength.get(c, 0.0)):
        numbers = found.numbers[:, other]
        has = ~np.isnan(numbers)
        if len(columns) == MOST_OTHERS:
            break
        if other == k or np.all(numbers == numbers[0]) or not has.any():
            continue
        category = found.kinds[other] == "category"
        rank = numbers[has] if category else ranks(numbers[has])
        places = np.full(len(numbers), MISSING)
        places[has] = rank if category else rank / max(1.0, float(rank.max()))
        columns.append(places)
        is_category.append(category)
    return np.array(columns).T.reshape(len(found.numbers), -1), np.array(is_category, dtype=bool)


def _least_squares(others: _Others, z: Floats, columns: Floats) -> Given | None:
    """T of each column and the share of the first, V⁻¹ by Woodbury's identity."""
    from scipy.linalg import lapack

    from nbsweep.search.kernel import cholesky

    scaled = others.phi / others.noise[:, None]
    inner = scaled.T @ others.phi
    inner.flat[:: len(inner) + 1] += 1.0
    sides = np.column_stack([np.ones(len(z)), z, columns])
    half = np.asarray(lapack.dtrtrs(cholesky(inner), scaled.T @ sides, lower=1)[0])
    light = sides / others.noise[:, None]
    one, with_z = (light[:, i] @ sides - half[:, i] @ half for i in (0, 1))
    with_z = with_z - one * one[1] / one[0]  # the mean taken out
    squares = np.einsum("ij,ij->j", sides, light) - np.einsum("ij,ij->j", half, half)
    squares = (squares - one**2 / one[0])[2:]
    if with_z[1] <= 0.0 or squares[0] <= 0.0:
        return None
    spread = with_z[1] / (len(z) - 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        t = np.where(squares > 1e-9, with_z[2:] / np.sqrt(squares * spread), 0.0)
    plain = float(columns[:, 0] @ z)
    share = float(with_z[2] / squares[0]) / plain if plain else 0.0
    return Given(float(t[0]), float(np.abs(t).max()), share)


def _evenly(n: int, most: int) -> NDArray[np.intp]:
    """Indices of at most so many of n runs."""
    return np.unique(np.linspace(0, n - 1, min(n, most)).round().astype(np.intp))
