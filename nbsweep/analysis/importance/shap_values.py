"""SHAP values of a random forest: how far each parameter moves the prediction of each run.

Lundberg et al., "From local explanations to global understanding with explainable AI for
trees", Nature Machine Intelligence 2, 2020, computed by their package `shap`. The values of
a category's columns are summed before their sizes are taken, and of each run only the trees
count that did not see it. Their mean size is never 0, however little a parameter does; so
whether one stands out is told by the covariance of its values with y, as in `forest`
(Loecher, "Debiasing MDI feature importance and SHAP values in tree ensembles", 2022).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from nbsweep.analysis.importance.forest import Tree, grow, judged, r_squared, shares
from nbsweep.analysis.importance.matrix import Data, Measured
from nbsweep.errors import MissingDependencyError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_N_TREES = 64
_N_TREES_RESAMPLED = 3


def shap(data: Data, rng: np.random.Generator, n_bootstrap: int) -> Measured:
    """Shares of the mean size of the SHAP values of each parameter.

    Raises:
        MissingDependencyError: the package `shap` is not installed.
    """
    explainer = _explainer()
    n = len(data.y)
    everything = np.arange(n)
    resamples = [rng.integers(0, n, n) for _ in range(n_bootstrap)]
    sizes, gains, predicted = _sizes(data, everything, _N_TREES, rng, explainer)
    again = [_sizes(data, rows, _N_TREES_RESAMPLED, rng, explainer)[:2] for rows in resamples]
    score, is_ranked = r_squared(predicted, data.y)
    by_gain = judged(shares(gains), np.array([shares(gain) for _, gain in again]), score, is_ranked)
    by_size = judged(shares(sizes), np.array([shares(size) for size, _ in again]), score, is_ranked)
    return by_size._replace(stands_out=by_gain.stands_out)


def _sizes(
    data: Data, sample: NDArray[np.intp], n_trees: int, rng: np.random.Generator, explainer: Any
) -> tuple[Floats, Floats, Floats]:
    """(p,) mean sizes of the values and (p,) their covariances with y; (n,) predictions."""
    n, p = len(data.y), data.p
    values, votes = np.zeros((n, p)), np.zeros(n)
    # Which columns of X belong to a parameter, as a matrix that sums them.
    summed = (data.group[:, None] == np.arange(p)).astype(float)

    def gain(data: Data, tree: Tree) -> Floats:
        out = tree.out
        of_columns = explainer(tree.tree).shap_values(data.x[out], check_additivity=False)
        said = np.asarray(of_columns, dtype=float) @ summed
        values[out] += said
        votes[out] += 1
        return np.asarray(said * (data.y[out] - tree.mean)[:, None])

    gains, predicted = grow(data, sample, n_trees, rng, gain)
    seen = votes > 0
    copies = np.bincount(sample, minlength=n)[seen]
    mean = np.abs(values[seen] / votes[seen, None])
    return np.asarray(np.average(mean, axis=0, weights=copies)), gains, predicted


def _explainer() -> Any:
    try:
        from shap import TreeExplainer
    except ImportError:
        raise MissingDependencyError(
            'Importance by method "shap" needs an extra package: pip install shap'
        ) from None
    return TreeExplainer
